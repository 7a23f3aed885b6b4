"""Shell completion of options and arguments.

Rules are read from the source of their modules and not imported, because completion has to be quick and must
not run plug-ins.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    Items = list[CompletionItem[str]]

_LEVELS = ("error", "warning", "info")
"""The severities, repeated here because completion has to be quick and should not import them."""


def paths(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete a path, which the shell does itself."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def rule(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete a code, a prefix of codes, or a name."""
    return _items(_selectors(incomplete))


def rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete the last rule of a comma-separated list."""
    head, comma, last = incomplete.rpartition(",")
    given = head.split(",")
    words = [(word, about) for word, about in _selectors(last) if word not in given]
    return _items(words, before=head + comma)


def severities(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete ``RULE=LEVEL``."""
    selector, equals, level = incomplete.rpartition("=")
    if not equals:
        return _items((f"{word}=", about) for word, about in _selectors(incomplete))
    return _items(((each, "") for each in _LEVELS if each.startswith(level)), before=f"{selector}=")


def scoped(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete the rules of ``GLOB=RULES``."""
    glob, equals, selectors = incomplete.rpartition("=")
    if not equals:
        return []
    found = rules(ctx, param, selectors)
    for each in found:
        each.value = f"{glob}={each.value}"
    return found


def formats(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete the name of a format."""
    from pkgaudit.report.result import formats as known

    return _items((each, "") for each in known() if each.startswith(incomplete))


def outputs(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete ``[FORMAT=]FILE``."""
    found = [] if "=" in incomplete else formats(ctx, param, incomplete)
    for each in found:
        each.value += "="
    return [*found, *paths(ctx, param, incomplete)]


def _items(words: Iterable[tuple[str, str]], before: str = "") -> Items:
    from click.shell_completion import CompletionItem

    return [CompletionItem(f"{before}{word}", help=about or None) for word, about in words]


def _selectors(incomplete: str) -> list[tuple[str, str]]:
    """Return the selectors that begin with a text, with descriptions; codes match in any case.

    For an empty text the list has codes only, because names would double its length.
    """
    known = sorted({*read_rules()})
    words = {"ALL": "all rules"}
    words |= {code[:length]: f"all {code[:length]}…" for code, _, _ in known for length in (2, 3)}
    words |= {code: f"{name}: {summary}" for code, name, summary in reversed(known)}
    words = dict(sorted(words.items()))
    if incomplete:
        words |= {name: f"{code}: {summary}" for code, name, summary in known}
    return [
        (word, about)
        for word, about in words.items()
        if word.startswith(incomplete) or (word.isupper() and word.startswith(incomplete.upper()))
    ]


def read_rules() -> Iterator[tuple[str, str, str]]:
    """Yield code, name and summary of all rules, read from the sources of their modules."""
    from importlib.metadata import entry_points

    from pkgaudit.rule_modules import GROUP

    for point in entry_points(group=GROUP):
        try:
            for source in _sources(point.module):
                yield from _rules_in(ast.parse(source))
        except Exception:  # an audit reports the error of a plug-in; completion skips it
            continue


def _sources(module: str) -> Iterator[str]:
    """Yield the source of a module and, if it is a package, of its modules with rules."""
    from importlib.util import find_spec

    from pkgaudit.rule_modules import rule_modules

    spec = find_spec(module)
    if spec is not None and spec.loader is not None:
        yield spec.loader.get_source(module) or ""  # type: ignore[attr-defined]
        for name in rule_modules(module, spec.submodule_search_locations or ()):
            yield from _sources(name)


def _rules_in(module: ast.Module) -> Iterator[tuple[str, str, str]]:
    for node in module.body:
        for call in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            match call:
                case ast.Call(
                    func=ast.Name(id="rule") | ast.Attribute(attr="rule"),
                    args=[ast.Constant(value=str(code)), ast.Constant(value=str(name)), *_],
                ):
                    assert isinstance(node, ast.FunctionDef)
                    summary = (ast.get_docstring(node) or "").partition("\n\n")[0]
                    yield code, name, " ".join(summary.split()).removesuffix(".")
