"""Find passwords in Python modules by the names to which the code assigns them: SE105.

The bytes are searched first. A tree is only requested if a string after the name of a credential looks like a
password, which is one of a hundred modules.
"""

from __future__ import annotations

import ast
import base64
import binascii
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice, pairwise

from pkgaudit.api import PythonFile, Window
from pkgaudit.late import lazy
from pkgaudit.rules.secrets.assignments import assignment, is_credential
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.found import Secret
from pkgaudit.rules.secrets.logins.model import Entry, names_credential
from pkgaudit.rules.secrets.logins.read import read_json
from pkgaudit.rules.secrets.place import is_code

_WORDS = (b"pass", b"pwd", b"pw", b"secret", b"auth", b"login")
"""Parts of names in lower case; one of them is before every password that is found."""

_REACH = 300
"""Bytes after a name that are searched for its value: the longest value and the code before it."""

# A string that goes on in the next one, after a plus or without it.
_JOINT = lazy(rb"[\"'][\s\\]*\+?[\s\\]*[bBrRuU]{0,2}[\"']")
# A text without blanks and with a digit between two quotes, or after an equals sign. The quotes are not
# consumed, because a name that is itself quoted ends with one.
_VALUE = lazy(
    rb"(?<=[\"'])(?=[^\"'\s]{0,199}[0-9])[^\"'\s]{8,200}(?=[\"'])"
    rb"|(?<=d=)(?=[^\"'\s;]{0,199}[0-9])[^\"'\s;]{8,200}"
)

_SEARCHED_PER_STEP = 1000
"""Bytes after names that are searched in a step, see `Member.spend`."""

_BYTES_PER_STEP = 250
"""Bytes of a module whose tree is read in a step."""


def find_in_module(content: Content) -> Iterator[Secret]:
    """Yield the passwords in the code of a module or notebook, outside of tests and documents."""
    member = content.view.member
    if member.suffix not in _SUFFIXES or not is_code(content.view) or not _may_contain(content):
        return
    if not member.spend(len(content.data) // _BYTES_PER_STEP):
        return
    if member.suffix == ".ipynb":
        yield from _find_in_notebook(content)
        return
    python = content.view.window.view(PythonFile, member)
    tree = python.tree if python is not None else None
    for key, value, node in _credentials(tree) if tree is not None else ():
        first, last = node.lineno, node.end_lineno or node.lineno
        start, end = _place_of(content, value, first, last, node.col_offset, node.end_col_offset)
        yield assignment(content, start, end, key, value)


_SUFFIXES = frozenset({".py", ".pyw", ".ipynb"})
"""Files with code that runs; stubs (`.pyi`) do not."""

_MAGIC = lazy(r"^([ \t]*)[%!?].*$", re.MULTILINE)
"""Commands of IPython, which are not Python."""


def _find_in_notebook(content: Content) -> Iterator[Secret]:
    """Yield the passwords in the code cells of a notebook.

    Source: https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    sources: dict[str, list[Entry]] = {}
    kinds: dict[str, str] = {}
    for entry in read_json(content.decode(0, len(content.data))):
        if entry.path[:1] == ("cells",) and entry.path[2:3] == ("source",):
            sources.setdefault(entry.path[1], []).append(entry)
        elif entry.path[:1] == ("cells",) and entry.path[2:] == ("cell_type",):
            kinds[entry.path[1]] = entry.value
    for number, lines in sources.items():
        if kinds.get(number) != "code":
            continue
        source = _MAGIC.sub(r"\1pass", "".join(each.value for each in lines))
        tree = PythonFile(content.view.member, Window(source.encode("utf-8", "surrogatepass"))).tree
        for key, value, node in _credentials(tree) if tree is not None else ():
            line = lines[min(node.lineno, len(lines)) - 1].line
            yield assignment(content, *_place_of(content, value, line, line), key, value)


def _may_contain(content: Content) -> bool:
    """Return whether a text that looks like a password follows the name of a credential."""
    lower = content.data.lower()
    for word in _WORDS:
        for start, end in _after(lower, word):
            if not content.view.member.spend((end - start) // _SEARCHED_PER_STEP):
                return False
            text = _JOINT.sub(b"", content.data[start:end])
            if any(_is_real("password", match[0].decode("latin-1")) for match in _VALUE.finditer(text)):
                return True
    return False


def _after(lower: bytes, word: bytes) -> Iterator[tuple[int, int]]:
    """Yield the ranges within reach of a word; the ranges of words that are close together are one."""
    start = end = -1
    at = lower.find(word)
    while at >= 0:
        if word != b"pass" or _NO_NAME.match(lower, at - 1) is None:
            if at > end >= 0:
                yield start, end
            start, end = (at if at > end else start), at + _REACH
        at = lower.find(word, at + 1)
    if end >= 0:
        yield start, end


_NO_NAME = lazy(rb"[^_\"']pass(?:\s|e|i|\Z)")
"""The statement, and words such as "passed"."""

_FOR_TESTS = frozenset({"demo", "dummy", "example", "fake", "mock", "sample", "test", "testing", "tests"})
"""Words in names of passwords that protect nothing. Chosen."""

_PASSWORD = lazy(
    r"pass|pwd|(?:\b|_)pw|secret_key|(?:cookie|default|jwt|server|session|shared|signing)_secret"
)
"""Names of passwords and of the secrets of servers.

API keys, tokens and the secrets of clients are left out, because programs contain those of public web pages.
In 1,289 popular distributions, one package had 39 of them, and the six others were names.
"""

# Names of variables and of classes, which code sets as values too.
_CODE_NAME = lazy(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Za-z]?[a-z]+(?:[A-Z][a-z]+)+[0-9]{0,3}")


def _credentials(tree: ast.Module) -> Iterator[tuple[str, str, ast.expr]]:
    """Yield the names, values and places of passwords, each place once."""
    seen: set[int] = set()
    for node in _nodes(tree):
        if isinstance(node, ast.Constant):
            text = _folded(node) if id(node) not in seen else ""
            for match in islice(_PARAMETER.finditer(text), _MOST_PARAMETERS if "=" in text else 0):
                if _is_real(match[1], match[2]):
                    yield match[1], match[2], node
            continue
        if isinstance(node, ast.Expr):
            seen.add(id(node.value))  # a docstring, or a text that the code does not use
        for key, expression in _named(node) if isinstance(node, _NAMING) else ():
            if not _is_password(key):
                continue
            for value, constant in _texts(expression):
                if id(constant) not in seen and _is_real(key, value):
                    seen.add(id(constant))
                    yield key, value, constant


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes in the order of `ast.walk`, without those that hold no text: half of a usual tree."""
    waiting: deque[ast.AST] = deque([tree])
    while waiting:
        node = waiting.popleft()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, ast.AST) and not isinstance(child, _IDLE):
                    waiting.append(child)


_IDLE = (ast.Name, ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop, ast.alias)


_MOST_PARAMETERS = 10
"""Passwords of a text that are read: the text of a connection has one."""

_PARAMETER = lazy(r"(?:^|[\s;])(password|passwd|pwd)=([^\s;'\"]{8,200})", re.IGNORECASE)
"""A password in the text of a connection, such as `host=db user=ada password=…`."""


def _is_real(key: str, value: str) -> bool:
    return is_credential(key, value) and _CODE_NAME.fullmatch(value) is None


_CAPITAL = lazy(r"([a-z])([A-Z])")


_PART = re.compile("pass|pwd|pw|secret", re.IGNORECASE)
"""Each name of a password contains one of these, which is quicker to see."""


def _is_password(key: str) -> bool:
    if _PART.search(key) is None:
        return False
    lower = _CAPITAL.sub(r"\1_\2", key).lower()
    return (
        _PASSWORD.search(lower) is not None
        and names_credential(key)
        and _FOR_TESTS.isdisjoint(re.split(r"[_.-]", lower))
    )


_NAMING = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Dict, ast.keyword, ast.arguments, ast.Call, ast.BoolOp),
    ast.Compare,
)


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names and the expressions to which a node of a tree sets or compares them."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _assigned(target, node.value)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        if node.value is not None:
            yield from _assigned(node.target, node.value)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield from _given(_text(key), value)
    elif isinstance(node, ast.keyword):
        yield from _given(node.arg or "", node.value)
    elif isinstance(node, ast.arguments):
        arguments = (*node.posonlyargs, *node.args)
        if node.defaults:
            for argument, default in zip(arguments[-len(node.defaults) :], node.defaults, strict=True):
                yield argument.arg, default
        for argument, fallback in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            if fallback is not None:
                yield argument.arg, fallback
    elif isinstance(node, ast.Call):
        yield from _passed(node)
    elif isinstance(node, ast.BoolOp):  # `os.environ.get("PASSWORD") or "…"`
        for call, value in pairwise(node.values):
            if isinstance(call, ast.Call) and call.args:
                yield _text(call.args[-1]), value
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        left, right = node.left, node.comparators[0]
        yield _name(left), right
        yield _name(right), left


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _given(_name(one), other)
    else:
        yield from _given(_name(target), value)


_LOGIN = lazy(r"(?:.*_)?(?:auth|basic_auth|login|credentials?|creds)")
"""Names of a user and a password together."""


def _given(name: str, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == 2 and _LOGIN.fullmatch(name.lower()):
        yield "password", value.elts[1]
    else:
        yield name, value


_LOGS_IN = frozenset(
    {
        *("login", "authenticate", "check_password", "create_user", "create_superuser", "username_pw_set"),
        *("basicauth", "basic_auth", "httpbasicauth", "digestauth", "httpdigestauth", "httpproxyauth"),
        *("httpntlmauth", "plaincredentials"),
    }
)
"""Functions with a user and a password as arguments, of HTTP, mail, MQTT and AMQP clients and of Django."""

_FALLBACKS = frozenset({"default", "fallback", "initial", "value"})
"""Arguments for the value of an option, a setting or a field that nobody sets."""


def _passed(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield the passwords among the arguments of a call."""
    function = _name(node.func).lower()
    if (function in _LOGS_IN and len(node.args) > 1) or (function == "set_password" and node.args):
        yield "password", node.args[-1]
    elif function == "compare_digest" and len(node.args) == 2:
        yield _name(node.args[0]), node.args[1]
        yield _name(node.args[1]), node.args[0]
    names = [_text(each) for each in node.args]
    for name, (_, value) in zip(names, pairwise(node.args), strict=False):
        if name:
            yield name, value
    for keyword in node.keywords:
        if keyword.arg in _FALLBACKS:
            for name in names:
                yield name.lstrip("-"), keyword.value


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return _text(node.slice) if isinstance(node, ast.Subscript) else ""


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


_WRAPPERS = frozenset({"secret", "secretbytes", "secretstr", "bytes", "str", "field", "quote", "quote_plus"})
"""Functions whose first argument is the value, perhaps in another form."""

_DEEPEST = 20
"""Levels of an expression that are read. Chosen: a joined string has a few parts."""


def _texts(node: ast.expr, depth: int = 0) -> Iterator[tuple[str, ast.expr]]:
    """Yield the texts that an expression may have as its value."""
    if depth > _DEEPEST:
        return
    if isinstance(node, (ast.Constant, ast.BinOp, ast.JoinedStr)):
        text = _folded(node, depth)
        if text:
            yield text, node
    elif isinstance(node, ast.BoolOp):
        for each in node.values:
            yield from _texts(each, depth + 1)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, depth + 1)
        yield from _texts(node.orelse, depth + 1)
    elif isinstance(node, ast.Call):
        function = _name(node.func).lower()
        if isinstance(node.func, ast.Attribute) and function in ("encode", "decode", "strip"):
            yield from _texts(node.func.value, depth + 1)
        if function in ("get", "getenv", "setdefault", "pop"):
            for each in node.args[1:2]:
                yield from _texts(each, depth + 1)
        elif function in ("b64decode", "urlsafe_b64decode"):
            for each in node.args[:1]:
                for text, constant in _texts(each, depth + 1):
                    yield _decoded(text), constant
        elif function in _WRAPPERS:
            for each in node.args[:1]:
                yield from _texts(each, depth + 1)
        for keyword in node.keywords:
            if keyword.arg in _FALLBACKS:
                yield from _texts(keyword.value, depth + 1)


def _folded(node: ast.expr, depth: int = 0) -> str:
    """Return the text of a constant, or of constants that are joined; empty for other expressions."""
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bytes):
            return value.decode("ascii", "replace")
        return value if isinstance(value, str) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < _DEEPEST:
        left, right = _folded(node.left, depth + 1), _folded(node.right, depth + 1)
        return left + right if left and right else ""
    if isinstance(node, ast.JoinedStr):
        parts = [_text(each) for each in node.values]
        return "".join(parts) if all(parts) else ""
    return ""


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (ValueError, binascii.Error):
        return ""


def _place_of(
    content: Content, value: str, first: int, last: int, column: int = 0, end_column: int | None = None
) -> tuple[int, int]:
    """Return the range of a value in the bytes, or that of its expression if the code spells it otherwise."""
    lines = [*content.lines, len(content.data)]
    low = lines[min(first, len(lines) - 1) - 1]
    final, high = (lines[min(last, len(lines) - 1) - offset] for offset in (1, 0))
    sought = value.encode("utf-8", "surrogatepass")
    start = content.data.find(sought, low, high)
    if start >= 0:
        return start, start + len(sought)
    end = high if end_column is None else final + end_column
    return low + column, max(low + column, min(end, high))
