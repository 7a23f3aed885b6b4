"""Find the declarations and texts that Cython needs to translate a source and the sdist lacks.

Each case was translated with Cython 3.3. A module in a `.pyx` file does not replace its `.pxd` file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice

from pkgaudit.api import Location, Severity, Summaries, TextFile, quoted
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree, effect_of, missing

_READ = 100_000
"""The characters of a source that are searched, because cimports are at its beginning. Chosen."""

_MOST = 200
"""The most cimports of a source, and names in one, that are kept: more than in real ones."""

_HIDDEN = lazy(r"#[^\n]*|\"\"\"(?s:.*?)(?:\"\"\"|\Z)|'''(?s:.*?)(?:'''|\Z)")
"""Comments and texts of several lines, which may contain words like those of statements."""

_STATEMENT = lazy(
    r"^(?:include[ \t]+['\"](?P<include>[^'\"\n]{1,300})['\"]|cimport[ \t]+(?P<whole>[^\n;]{1,300})"
    r"|from[ \t]+(?P<module>[\w.]{1,300})[ \t]+cimport[ \t]+(?P<names>\([^)]{1,3000}\)|[^\n;(]{1,300}))",
    re.MULTILINE,
)
"""Statements outside of blocks; in a condition, Cython may ignore them."""

_TEMPLATES = ("", ".in", ".tp", ".src", ".j2", ".jinja", ".jinja2", ".mako", ".template", ".tmpl")
"""Suffixes of files from which a build may make a file of Cython."""


@dataclass(frozen=True)
class Needed:
    """A text that Cython includes, if ``module`` is "", or names from a module; ``line`` is in the source."""

    module: str
    names: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class CythonNeeds:
    """The texts and declarations that a source of Cython always needs."""

    needed: tuple[Needed, ...]


def cython_needs(file: TextFile) -> CythonNeeds | None:
    """Return the needs of a source of Cython in an sdist, None if there are none."""
    found = tuple(islice(needs_in(file.text[:_READ]), _MOST))
    return CythonNeeds(found) if found else None


def needs_in(text: str) -> Iterator[Needed]:
    """Yield the texts and declarations that a text of Cython always needs."""
    plain = _HIDDEN.sub(lambda match: "\n" * match[0].count("\n"), text)
    line = 1
    last = 0
    for match in _STATEMENT.finditer(plain):
        line += plain.count("\n", last, match.start())
        last = match.start()
        if match["include"]:
            yield Needed("", (match["include"],), line)
        elif match["whole"]:
            for each in _names(match["whole"]):
                yield Needed(each, (), line)
        else:
            yield Needed(match["module"], tuple(_names(match["names"])), line)


def _names(text: str) -> Iterator[str]:
    for each in text.strip("() \t\n").split(",")[:_MOST]:
        name = each.split()[0] if each.split() else ""
        if re.fullmatch(r"[\w.]+", name):
            yield name


def cython_inputs(
    root: str, tree: Tree, sources: Iterable[str], found: Summaries[CythonNeeds], severity: Severity
) -> Iterator[Missing]:
    """Yield the needs of sources that Cython translates, which are in no folder of the sdist."""
    if tree.links:
        return
    for source in dict.fromkeys(_expanded(root, sources, found)):
        stem = source.removesuffix(".pyx")
        if stem == source or tree.is_file(f"{stem}.c") or tree.is_file(f"{stem}.cpp"):
            continue  # Cython does not translate a source that is older than the result
        for path in (source, f"{stem}.pxd"):
            needs = found.get(f"{root}/{path}")
            for each in needs.needed if needs is not None else ():
                yield from _lost(root, tree, path, each, severity)


_MOST_PATTERNS = 20
"""Patterns of sources that are expanded. Chosen: real scripts have one or two."""


def _expanded(root: str, sources: Iterable[str], found: Summaries[CythonNeeds]) -> Iterator[str]:
    """Yield the sources, and the files with needs that match a pattern such as ``src/*.pyx``."""
    patterns = []
    for each in sources:
        if "*" in each:
            patterns.append(each)
        else:
            yield each
    for pattern in patterns[:_MOST_PATTERNS]:
        for path in found:
            local = path.removeprefix(f"{root}/")
            # Only two stars match folders.
            is_level = "**" in pattern or local.count("/") == pattern.count("/")
            if is_level and fnmatchcase(local, pattern):
                yield local


def _lost(root: str, tree: Tree, source: str, needed: Needed, severity: Severity) -> Iterator[Missing]:
    folder = posixpath.dirname(source)
    for name in _files(tree, needed):
        plain = posixpath.basename(name)
        if tree.ends_with(*(f"{plain}{suffix}" for suffix in _TEMPLATES)):
            continue
        path = tree.local(posixpath.join(folder, name))
        if path is None:
            continue
        verb = "cimports from" if needed.module else "includes"
        if needed.module[:1] not in ("", "."):
            severity = Severity.WARNING  # other projects may extend the package
        message = f"{quoted(source)} {verb} {quoted(plain)}, which is not in the sdist, {effect_of(severity)}"
        yield missing(tree, path, message, Location(f"{root}/{source}", needed.line), severity, needs=name)


def _files(tree: Tree, needed: Needed) -> Iterator[str]:
    """Yield the files that a statement needs, relative to the folder of its source.

    The folder of another package is not known, so its files are as if beside the source.
    """
    if not needed.module:
        yield from needed.names
        return
    module = needed.module.lstrip(".")
    level = len(needed.module) - len(module)
    parts = module.split(".") if module else []
    if not level:
        top = parts[0]
        if not any(tree.is_file(f"{each}{top}/__init__.py") for each in ("", "src/")):
            return  # of another project, or a namespace that others share
        if len(parts) == 1 and not needed.names:
            return
    above = "../" * (level - 1)
    if len(parts) > (0 if level else 1):
        names: tuple[str, ...] = ("/".join(parts) if level else parts[-1],)
    else:
        names = needed.names if not tree.ends_with("__init__.pxd") else ()
    yield from (f"{above}{each}.pxd" for each in names if not _is_folder(tree, posixpath.basename(each)))


def _is_folder(tree: Tree, name: str) -> bool:
    return any(posixpath.basename(each) == name for each in tree.folders)
