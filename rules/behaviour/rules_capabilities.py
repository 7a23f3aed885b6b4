"""BH201 to BH203: what a distribution is able to do, and what its project allows."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import ClassVar

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Location,
    Problem,
    Release,
    Sdist,
    Severity,
    Summaries,
    Wheel,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.model.capabilities import WORDS, Ability, Capabilities, check_names, total
from pkgaudit.rules._shared.allowed import listed
from pkgaudit.rules._shared.patterns import compile_patterns
from pkgaudit.rules._shared.requires_python import read_requires_python
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules.behaviour.capabilities import read_capabilities

_RUNNING = sys.version_info[:2]

_LEVELS = {"info": Severity.INFO, "error": Severity.ERROR}
"""The severities that ``unread`` may name."""


@summary
def capabilities(file: BinaryFile) -> Capabilities | None:
    """Return what a file is able to do."""
    return read_capabilities(file)


@dataclass(frozen=True)
class Budget:
    """The capabilities that a project allows its wheels, as in ``allow = ["NETWORK", "ENV"]``.

    Without ``allow``, all are allowed, and ``allow-at-import`` and ``per-path`` are rejected.
    ``allow-at-import`` limits what an import may do; without it, that is the same as ``allow``. ``per-path``
    allows further capabilities in the files of the wheel, so without ``src/``, that match a gitignore
    pattern, as in ``{ "sample/cli/" = ["EXEC"] }``. ``unread = "error"`` makes Python files that cannot be
    read an error.
    """

    table: ClassVar[str] = "capability"
    allow: tuple[str, ...] | None = None
    allow_at_import: tuple[str, ...] | None = None
    per_path: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: str = "info"

    def __post_init__(self) -> None:
        if self.allow is None and (self.allow_at_import is not None or self.per_path):
            key = "per-path" if self.allow_at_import is None else "allow-at-import"
            raise ValueError(f"{key} has no effect without allow; add allow with all that the project needs")
        check_names(self.allow or ())
        check_names(self.allow_at_import or ())
        for pattern, names in self.per_path.items():
            compile_patterns((pattern,)).spec  # noqa: B018 - raises if the line is not a pattern
            check_names(names)
        if self.unread not in _LEVELS:
            raise ValueError(f"unread: {self.unread!r} is neither 'info' nor 'error'")

    def at(self, path: str) -> frozenset[str]:
        """Return the capabilities that only files with some paths may have, and this one."""
        return frozenset(
            name
            for pattern, names in self.per_path.items()
            if compile_patterns((pattern,)).match(path)
            for name in names
        )


@rule("BH201", "capability-over-budget", Severity.ERROR, since="0.1.0", only_with="allow")
def capability_over_budget(
    wheel: Wheel, modules: Summaries[Capabilities], options: Budget
) -> Iterator[Problem]:
    """The wheel is able to do something that the project does not allow.

    The rule has no effect without `allow`. pkgaudit finds out what the files of a wheel are able to do from
    the calls in the Python files, after it resolved imports, other names of functions, `getattr` and
    `__import__`; from native libraries; and from files that Python runs at every start. Files of tests,
    examples, documentation and benchmarks do not count. `pkgaudit --verbose` shows the capabilities with
    their names and first places.

    ## Why it matters
    A library that never used the network, and now does, has changed in a way that its users care about. A
    hijacked release downloads programs, starts processes and reads variables; a list of what the project
    needs finds this in the file that is about to be uploaded. Code that an import runs is worse, because
    nobody has to call it.

    ## How to fix it
    If the project needs the capability, add it to the list, for all files or for some, and review that change
    as part of the release. Otherwise remove the code, or move what an import runs into a function.

        [tool.pkgaudit.capability]
        allow = ["NETWORK", "ENV"]
        allow-at-import = []
        per-path = { "sample/cli/" = ["EXEC"] }

    ## References
    - <https://docs.python.org/3/library/audit_events.html>
    """
    allow = options.allow or ()
    early = allow if options.allow_at_import is None else options.allow_at_import
    for name in WORDS:
        is_allowed = name in allow
        if is_allowed and name in early:
            continue
        over = {
            path: module.abilities[name]
            for path, module in modules.items()
            if name in module.abilities
            and not module.aside
            and name not in options.at(path)
            and (not is_allowed or module.abilities[name].at_import)
        }
        if over:
            yield _over_budget(name, over, "allow-at-import" if is_allowed else "allow")


def _over_budget(name: str, over: Mapping[str, Ability], key: str) -> Problem:
    is_early = key == "allow-at-import"
    count = sum(each.at_import if is_early else each.count for each in over.values())
    path = min(over, key=lambda each: (not over[each].at_import, each))
    use = over[path].uses[0]
    how = "" if path.endswith(use.name) else f" with {quoted(use.name)}"
    when = " when it is imported" if is_early else ""
    more = f" (and in {counted(count - 1, 'more place')})" if count > 1 else ""
    return Problem(
        f"{quoted(path)} is able to {WORDS[name]}{how}{when}{more}, but {key} does not list {name}",
        Location(path, use.line),
        f"{'call it later' if is_early else 'remove the code'}, or add {name} to {key} or per-path in "
        "[tool.pkgaudit.capability]",
        key=f"{name} {key}",
        data={"path": path, "call": use.name, "capability": name, "count": count, "paths": sorted(over)},
    )


@rule("BH203", "unused-capability", Severity.INFO, since="0.1.0", only_with="allow")
def unused_capability(
    release: Release, modules: Summaries[Capabilities], options: Budget
) -> Iterator[Problem]:
    """The project allows a capability that no wheel of the release uses.

    The rule judges releases whose wheels are all for every platform, because another wheel may use the
    capability.

    ## Why it matters
    A release that suddenly uses the capability is not reported, although the project does not need it.

    ## How to fix it
    Remove the name from `allow` or `allow-at-import`.

    ## References
    - <https://docs.python.org/3/library/audit_events.html>
    """
    wheels = release.wheels
    if not wheels or not all(each.is_for_all and each.is_readable for each in wheels):
        return
    starts = tuple(f"{each.path}/" for each in wheels)
    used = total({path: each for path, each in modules.items() if path.startswith(starts)})
    early = {name for name, each in used.items() if each.at_import}
    given = (("allow", options.allow, used), ("allow-at-import", options.allow_at_import, early))
    for key, names, present in given:
        unused = [each for each in dict.fromkeys(names or ()) if each not in present]
        if unused:
            yield Problem(
                f"{key} lists {', '.join(unused)}, which no wheel uses"
                f"{' when it is imported' if key != 'allow' else ''}",
                fix=f"remove the name from {key} in [tool.pkgaudit.capability]",
                key=key,
                distribution=wheels[0].path,
                data={"key": key, "names": unused},
            )


@rule("BH202", "unread-module", Severity.INFO, since="0.1.0")
def unread_module(distribution: Distribution, options: Budget) -> Iterator[Problem]:
    """The distribution has Python files that pkgaudit could not read.

    A file has a syntax error, is too large or nested too deeply, has an encoding that nobody knows, or uses
    syntax that is newer than Python 3.15. The rules read the syntax of Python 3.11 to 3.15 with any Python.
    The finding counts the files that a rule wanted to read: all modules of a wheel, and in an sdist those
    with words that matter. With `unread = "error"`, it is an error, unless all of the files are in folders of
    tests of an sdist, which contain such files on purpose.

    ## Why it matters
    The rules on code did not judge these files. A file that cannot be read could do anything, and an
    installed file with a syntax error fails when it is imported.

    ## How to fix it
    Correct the file, or leave it out. If the project needs a newer Python, run pkgaudit with that Python. To
    insist on a release that is read completely:

        [tool.pkgaudit.capability]
        unread = "error"

    ## References
    - <https://docs.python.org/3/reference/grammar.html>
    """
    paths = distribution.unparsed_files
    if not paths:
        return
    usual = paths
    if isinstance(distribution, Sdist):
        usual = [path for path in paths if not any(map(is_test_folder, path.split("/")[1:-1]))]
    first = (usual or paths)[0]
    newer = _newer_python(distribution)
    yield Problem(
        f"{counted(len(paths), 'Python file')} could not be read, so the rules on code did not judge "
        f"{'it' if len(paths) == 1 else 'them'}: {listed(paths)}"
        f"{f'; the project needs Python {newer}, which may read more' if newer else ''}",
        Location(first),
        f"run pkgaudit with Python {newer}" if newer else "correct the files, or leave them out",
        _LEVELS[options.unread] if usual else Severity.INFO,
        key="unread",
        data={"paths": list(paths), "count": len(paths), "python": newer},
    )


def _newer_python(distribution: Distribution) -> str | None:
    """Return the oldest Python that a project supports if it is newer than the running one."""
    metadata = distribution.metadata
    value = metadata.first("Requires-Python") if metadata is not None else None
    required = read_requires_python(value or "")
    if required is None or required.allows(*_RUNNING):
        return None
    newer = (minor for minor in range(_RUNNING[1] + 1, _LATEST + 1) if required.allows(3, minor))
    minor = next(newer, None)
    return None if minor is None else f"3.{minor}"


_LATEST = 20
"""The newest minor version that is tried. Chosen: Python 3.20 is years away."""
