"""Rules, their parts, and the registry that finds them.

A rule is a generator function with the `rule` decorator. The annotation of its first parameter names
its subject (see `Subject`); further parameters are its options (a frozen dataclass whose fields all have
defaults) and the summaries that it needs (``Summaries[T]``). Rules with the same class of options share a
table of the configuration if the class names one (``table: ClassVar[str]``).
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from pkgaudit.config.table import nearest
from pkgaudit.errors import PkgauditError
from pkgaudit.finding import Problem, Severity
from pkgaudit.late import entry_points, is_dataclass
from pkgaudit.model.distribution import Distribution, Release, Summaries, Update, Upload
from pkgaudit.model.files import ALL, Files
from pkgaudit.model.member import Member, View
from pkgaudit.model.subject import RunSubject
from pkgaudit.rule_modules import GROUP, rule_modules

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

RESERVED = frozenset(
    {
        "against",
        "allow",
        "baseline",
        "cache",
        "extend-select",
        "fail-on",
        "gate",
        "ignore",
        "inline-ignores",
        "limits",
        "pedantic",
        "per-distribution-ignores",
        "per-file-ignores",
        "preview",
        "profile",
        "select",
        "severity",
        "try",
        "vulndb",
    }
)
"""The keys of the configuration that do not name a table of rule options."""

Subject = (
    type[Member]
    | type[View]
    | type[Distribution]
    | type[Release]
    | type[Update]
    | type[Upload]
    | type[RunSubject]
)
"""The subjects that a rule may visit: each member, each file of a kind, each distribution, each release, each
release beside its predecessor, all distributions together, or something else that exists once in a run."""

Function = TypeVar("Function", bound=Callable[..., Any])

Redaction = Callable[[str], str]
"""A function that removes secrets from a text."""

_RULE = "__pkgaudit_rule__"
_MADE = "__pkgaudit_made_rule__"
_SUMMARY = "__pkgaudit_summary__"
_REDACTION = "__pkgaudit_redaction__"
_CONFIDENTIAL = "__pkgaudit_confidential__"

_CODE = re.compile(r"[A-Z]{2}[0-9]{3}")
_PREFIX = re.compile(r"[A-Za-z]{2}[0-9]{0,3}")
_FORMER = re.compile(r"[A-Z]{2}[0-9]{3}(?:/[a-z0-9-]+)?|[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class RuleError(PkgauditError):
    """A rule, or a module with rules, is malformed."""


@dataclass(frozen=True)
class Summary:
    """A pure function from a view to a small value, which is kept after the content is discarded."""

    function: Callable[[Any], Any]
    subject: type[View]
    result: Any
    files: Files = ALL


@dataclass(frozen=True)
class Confidential:
    """A pure function from a view to the texts in it that no report may show."""

    function: Callable[[Any], Iterable[str]]
    subject: type[View]


@dataclass(frozen=True)
class Rule:
    """A rule: its identity, its severity and the function that finds problems.

    ``index``: the errors of the rule predict a rejection by PyPI. ``pypi_only``: PyPI forbids the fault, but
    a private index may allow it. ``pedantic``: the rule runs only if it is selected, or with pedantic
    rules enabled. ``preview``: the rule is new, and runs only if it is selected, or with preview rules
    enabled. ``confidential``: reports show only the key, not the value, of the lines that the rule names.
    ``since`` is the version of its package that added the rule. ``formerly`` are its former codes and names,
    which still select it. ``files``: a rule on members or views is only called on these. ``only_with`` is the
    field of the options without which the rule finds nothing: it is not called while that is None.
    """

    code: str
    name: str
    severity: Severity
    function: Callable[..., Iterator[Problem]]
    subject: Subject
    index: bool = False
    pypi_only: bool = False
    pedantic: bool = False
    preview: bool = False
    confidential: bool = False
    since: str | None = None
    formerly: tuple[str, ...] = ()
    files: Files = ALL
    only_with: str | None = None
    options: type[Any] | None = None
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def family(self) -> str:
        """The first two letters of the code."""
        return self.code[:2]

    @property
    def first_code(self) -> str:
        """The first code of the rule; fingerprints contain it, so baselines stay valid."""
        return next(filter(_CODE.fullmatch, self.formerly), self.code)

    @cached_property
    def table(self) -> str:
        """The configuration table with its options: the table that their class names, or the rule's own."""
        return _shared_table(self.options) or self.name

    @cached_property
    def former_tables(self) -> tuple[str, ...]:
        """The tables of its options under its former names."""
        return tuple(_names(self.formerly)) if self.table == self.name else ()

    @cached_property
    def documentation(self) -> str:
        """The docstring in Markdown, which is the rule's documentation for users."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @property
    def summary(self) -> str:
        """The first sentence of the documentation, without a final full stop."""
        return " ".join(self.documentation.partition("\n\n")[0].split()).removesuffix(".")

    def works_with(self, options: Any) -> bool:
        """Return whether the rule can find anything with these options."""
        return self.only_with is None or getattr(options, self.only_with) is not None

    @cached_property
    def needs(self) -> tuple[Any, ...]:
        """The types of the summaries that the rule needs."""
        return tuple(
            typing.get_args(annotation)[0]
            for _, annotation in self.arguments
            if typing.get_origin(annotation) is Summaries
        )


def rule(
    code: str,
    name: str,
    severity: Severity,
    *,
    index: bool = False,
    pypi_only: bool = False,
    pedantic: bool = False,
    preview: bool = False,
    confidential: bool = False,
    since: str | None = None,
    formerly: Iterable[str] = (),
    files: Files = ALL,
    only_with: str | None = None,
) -> Callable[[Function], Function]:
    """Make a generator function a rule.

    ``code`` is two letters for the family and three digits; ``name`` is a kebab-case noun for the fault. The
    other arguments are documented in `Rule`. The function itself stays callable.
    """

    def decorate(function: Function) -> Function:
        identity = {"code": code, "name": name, "severity": severity, "function": function}
        marks = {"index": index, "pypi_only": pypi_only, "pedantic": pedantic, "preview": preview}
        former = (formerly,) if isinstance(formerly, str) else tuple(formerly)
        history = {"since": since, "formerly": former}
        others = {"confidential": confidential, "files": files, "only_with": only_with}
        setattr(function, _RULE, {**identity, **marks, **history, **others})
        return function

    return decorate


@typing.overload
def summary(function: Function, /) -> Function: ...
@typing.overload
def summary(*, files: Files) -> Callable[[Function], Function]: ...
def summary(function: Any = None, /, *, files: Files = ALL) -> Any:
    """Make a summary of a function that takes a view and returns a small picklable value.

    A rule requests all values of a type with a parameter annotated ``Summaries[ThatType]``. The function may
    return None for a file without a value. A member over the limit is summarized window by window: the first
    value is kept, unless its class has a method ``joined`` that merges it with a later one. ``files`` are the
    files with values, such as ``@summary(files=Files(suffixes=(".rs",)))``.
    """

    def decorate(function: Function) -> Function:
        setattr(function, _SUMMARY, files)
        return function

    return decorate if function is None else decorate(function)


def redaction(function: Function) -> Function:
    """Make a redaction of a function that takes a text and returns it without secrets.

    The engine applies it to the messages and remedies of all rules, whichever rules are selected. Applied
    twice, it should give the same text as applied once.
    """
    setattr(function, _REDACTION, True)
    return function


def confidential(function: Function) -> Function:
    """Make a function that takes a view and yields the texts in it that no report may show, such as secrets.

    A redaction only sees the text of a rule. If the rule cut, escaped or normalized a value, nothing
    recognizes the secret in it. The engine calls this function on every file, whichever rules are selected,
    and masks the texts that it yields in the messages, remedies, values and excerpts of all rules.
    """
    setattr(function, _CONFIDENTIAL, True)
    return function


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception as error:  # text annotations are evaluated: any expression of a plug-in
        raise RuleError(f"{function.__qualname__}: its annotations cannot be read: {error}") from error


def _is_subject(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(
        annotation, (Member, View, Distribution, Release, Update, Upload, RunSubject)
    )


def _shared_table(options: type[Any] | None) -> str | None:
    """Return the table that a class of options names for all of its rules, or None."""
    if options is None or not hasattr(options, "table"):
        return None  # without a look at the fields, which completes the class
    is_field = any(each.name == "table" for each in dataclasses.fields(options))
    return None if is_field else options.table


def _rule_of(function: Callable[..., Any]) -> Rule:
    """Return the rule of a function, made once for all registries of a process."""
    given, made = getattr(function, _RULE), getattr(function, _MADE, None)
    if made is None or made[0] is not given:
        made = given, _make_rule(function)
        setattr(function, _MADE, made)
    rule: Rule = made[1]
    return rule


def _make_rule(function: Callable[..., Any]) -> Rule:
    given: dict[str, Any] = getattr(function, _RULE)
    code, name = given["code"], given["name"]
    if not _CODE.fullmatch(code) or not _NAME.fullmatch(name):
        raise RuleError(f"{code} {name}: a code must be two letters and three digits, a name kebab-case")
    for former in given["formerly"]:
        if not _FORMER.fullmatch(former) or former in RESERVED:
            raise RuleError(f"{code} {name}: {former!r} in formerly is neither a code nor a rule name")
    hints = _hints(function)
    parameters = list(inspect.signature(function).parameters)
    if not parameters or not _is_subject(hints.get(parameters[0])):
        raise RuleError(f"{code}: the annotation of the first parameter must name the subject of the rule")
    options: type[Any] | None = None
    arguments: list[tuple[str, Any]] = []
    for parameter in parameters[1:]:
        annotation = hints.get(parameter)
        if typing.get_origin(annotation) is Summaries:
            if issubclass(hints[parameters[0]], (Member, View, RunSubject)):
                raise RuleError(
                    f"{code}: only a rule over a distribution, a release, an update or an upload may use "
                    "summaries"
                )
        elif isinstance(annotation, type) and is_dataclass(annotation) and options is None:
            options = annotation
        else:
            raise RuleError(f"{code}: parameter {parameter!r} is neither options nor Summaries[…]")
        arguments.append((parameter, annotation))
    table = _shared_table(options)
    if table is not None and not (isinstance(table, str) and _NAME.fullmatch(table)):
        raise RuleError(f"{code}: the table of its options must have a kebab-case name, not {table!r}")
    wanted = given["only_with"]
    if wanted is not None and (
        options is None or wanted not in [each.name for each in dataclasses.fields(options)]
    ):
        raise RuleError(f"{code}: only_with must name a field of the options, not {wanted!r}")
    if given["files"] != ALL and not issubclass(hints[parameters[0]], (Member, View)):
        raise RuleError(f"{code}: only a rule on members or views may name files")
    if given["files"].have_signs and issubclass(hints[parameters[0]], Member):
        raise RuleError(f"{code}: a rule on members has no content in which it may name bytes")
    return Rule(**given, subject=hints[parameters[0]], options=options, arguments=tuple(arguments))


def _make_summary(function: Callable[..., Any]) -> Summary:
    hints = _hints(function)
    parameters = list(inspect.signature(function).parameters)
    subject = hints.get(parameters[0]) if parameters else None
    if not (isinstance(subject, type) and issubclass(subject, View)):
        raise RuleError(f"summary {function.__qualname__}: the annotation of its parameter must be a view")
    result = hints.get("return")
    found = [each for each in typing.get_args(result) or (result,) if each is not type(None)]
    if len(found) != 1 or not isinstance(found[0], type):
        raise RuleError(f"summary {function.__qualname__}: its return annotation must be one class")
    return Summary(function, subject, found[0], getattr(function, _SUMMARY))


def _make_confidential(function: Callable[..., Any]) -> Confidential:
    hints = _hints(function)
    parameters = list(inspect.signature(function).parameters)
    subject = hints.get(parameters[0]) if len(parameters) == 1 else None
    if not (isinstance(subject, type) and issubclass(subject, View)):
        raise RuleError(f"confidential {function.__qualname__}: it must take one view, which is annotated")
    return Confidential(function, subject)


def _check_redaction(function: Callable[..., Any]) -> None:
    hints = _hints(function)
    parameters = list(inspect.signature(function).parameters)
    if len(parameters) != 1 or hints.get(parameters[0]) is not str or hints.get("return") is not str:
        raise RuleError(f"redaction {function.__qualname__}: it must take one text (str) and return one")


class Registry:
    """All rules by name, and all other functions that are marked; `add_module` adds those of a module."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.summaries: dict[Any, Summary] = {}
        self.redactions: list[Redaction] = []
        self.confidential: list[Confidential] = []
        self._modules: set[str] = set()
        self._words: defaultdict[str, list[Rule]] = defaultdict(list)

    def add_module(self, module: ModuleType) -> None:
        """Add the rules and the other marked functions that a module defines.

        If the module is a package, its modules with rules are imported and added too (see `rule_modules`).

        Raises:
            RuleError: a rule is malformed, or another rule has its code or name.
        """
        if module.__name__ in self._modules:
            return
        self._modules.add(module.__name__)
        for name in rule_modules(module.__name__, getattr(module, "__path__", ())):
            self.add_module(import_module(name))
        for value in vars(module).values():
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if hasattr(value, _RULE):
                self._add(_rule_of(value))
            elif hasattr(value, _SUMMARY):
                made = _make_summary(value)
                self.summaries[made.result] = made
            elif hasattr(value, _REDACTION) and value not in self.redactions:
                _check_redaction(value)
                self.redactions.append(value)
            elif hasattr(value, _CONFIDENTIAL):
                made_confidential = _make_confidential(value)
                if made_confidential not in self.confidential:
                    self.confidential.append(made_confidential)

    def _add(self, new: Rule) -> None:
        names, codes = {new.name, *_names(new.formerly)}, {new.code, *new.formerly}
        words = dict.fromkeys((new.code, new.name, new.table, *new.formerly))
        # Only with these rules can it collide; to compare it with all others would take half of the time.
        for old in {each.name: each for word in words for each in self._words[word]}.values():
            # Within one package, a code that two rules shared may continue with one of them.
            is_taken = old.code == new.code or (
                not codes.isdisjoint((old.code, *old.formerly)) and _package_name(old) != _package_name(new)
            )
            if is_taken or not names.isdisjoint((old.name, *old.formerly)):
                raise RuleError(
                    f"{new.code} {new.name}: the code or the name is taken by {old.code} {old.name}"
                )
            self._judge_table(new, old)
        if taken := sorted(RESERVED.intersection((new.name, new.table))):
            raise RuleError(f"{new.code} {new.name}: {taken[0]!r} is a key of the configuration")
        self.rules[new.name] = new
        for word in words:
            self._words[word].append(new)

    @staticmethod
    def _judge_table(new: Rule, old: Rule) -> None:
        """Reject a table that could contain the options of either rule."""
        if new.options is not None and new.options is old.options and new.table == old.table:
            return
        if old.name == new.table or new.name == old.table:
            table = new.name if new.name == old.table else old.name
        elif new.table == old.table and new.options is not old.options:
            table = new.table
        else:
            return
        raise RuleError(f"{new.code} {new.name}: the table {table!r} is taken by {old.code} {old.name}")

    def __iter__(self) -> Iterator[Rule]:
        return iter(sorted(self.rules.values(), key=lambda each: (each.code, each.name)))

    def find(self, selector: str) -> list[Rule]:
        """Return the rules that a code, a code prefix, a name or ``ALL`` selects."""
        if selector == "ALL":
            return list(self)
        return [each for each in self if weight_of(selector, each) is not None]

    def find_former(self, selector: str) -> list[Rule]:
        """Return the rules that a selector selects only by a former code or name."""
        if selector == "ALL":
            return []
        return [
            each
            for each in self.find(selector)
            if selector != each.name and not each.code.startswith(selector.upper())
        ]

    def words(self) -> list[str]:
        """Return everything that selects at least one rule, for completion."""
        codes = {each.code[:length] for each in self for length in (2, 3, 5)}
        return ["ALL", *sorted(codes), *sorted(each.name for each in self)]

    def nearest(self, selector: str) -> str:
        """Return "; did you mean …?" with the most similar selector, nothing if none is similar."""
        # A short prefix resembles every word with its two letters.
        words = [each for each in self.words() if len(each) >= min(len(selector), 5)]
        return nearest(selector, words, least=0.6)


NAMED = 5
"""The weight of a selector that names a single rule: the length of a code."""


def weight_of(selector: str, rule: Rule) -> int | None:
    """Return the weight of a selector for a rule, None if it does not select it. The highest weight wins.

    The weight of ``ALL`` is 0, that of a code prefix its length, that of a name or a code `NAMED`. Former
    codes and names have the same weight as current ones, so a configuration keeps its meaning.
    """
    if selector == "ALL":
        return 0
    if selector == rule.name or selector in rule.formerly:
        return NAMED
    if _PREFIX.fullmatch(selector) and _begins(selector, (rule.code, *rule.formerly)):
        return len(selector)
    return None


def _begins(prefix: str, words: Iterable[str]) -> bool:
    return any(word.startswith(prefix.upper()) for word in words)


def _names(words: Iterable[str]) -> Iterator[str]:
    """Yield the words that are names, not codes: a code may continue with one of the rules that shared it."""
    return (word for word in words if _NAME.fullmatch(word))


def _package_name(rule: Rule) -> str:
    return rule.function.__module__.partition(".")[0]


def load_registry() -> Registry:
    """Import every module of the entry-point group and return their rules.

    Raises:
        RuleError: a module cannot be imported, or one of its rules is malformed; the message names its
            package.
    """
    registry = Registry()
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.value):
        try:
            registry.add_module(point.load())
        except RuleError as error:
            raise RuleError(f"the rules of {_package_of(point)} ({point.value}): {error}") from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the code of a plug-in runs on import and must not end the audit
            raise RuleError(
                f"the rules of {_package_of(point)} ({point.value}) cannot be imported: "
                f"{type(error).__name__}: {error}"
            ) from error
    return registry


def _package_of(point: EntryPoint) -> str:
    """Return the name of the distribution of an entry point, from its metadata."""
    return point.dist.name if point.dist else "?"
