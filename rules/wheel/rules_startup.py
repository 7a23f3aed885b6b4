"""WH124, WH125: code of a wheel that Python runs at every start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pkgaudit.api import (
    BinaryFile,
    Entry,
    Exclude,
    Files,
    Location,
    Problem,
    PythonFile,
    Severity,
    Summaries,
    Wheel,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.startup_lines import SUFFIXES
from pkgaudit.rules.wheel.imports import packages_of
from pkgaudit.rules.wheel.layout_editable import is_editable
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.startup_code import StartCode, summarize
from pkgaudit.rules.wheel.startup_files import StartFile, at_the_root, read_start_file
from pkgaudit.rules.wheel.startup_hooks import PathFiles, site_modules
from pkgaudit.rules.wheel.startup_judge import Judged, judge


@summary(files=Files(SUFFIXES, nested=False))
def start_file(file: BinaryFile) -> StartFile | None:
    """Return the parsed content of a ``.pth`` or ``.start`` file."""
    return read_start_file(file)


@summary
def start_code(file: PythonFile) -> StartCode | None:
    """Return the calls of a module that would be dangerous at a start of Python."""
    return summarize(file)


@rule("WH124", "path-file", Severity.ERROR, since="0.1.0")
def path_file(
    wheel: Wheel,
    files: Summaries[StartFile],
    codes: Summaries[StartCode],
    modules: Summaries[Module],
    options: PathFiles,
) -> Iterator[Problem]:
    """The wheel installs a file that Python reads at every start.

    A `.pth` file in site-packages adds folders to the import path, and Python runs each of its lines that
    begins with `import`, since Python 3.15 also after blanks. Each line of a `.start` file names a function
    that Python 3.15 calls.

    - A file that only adds folders in site-packages is reported at info level.
    - A file that runs code, or adds a folder outside site-packages, is a warning. A `.pth` file with code
      and a `.start` file of the same name are one hook, for old and new Pythons, and one finding. An empty
      `.start` file beside a `.pth` file with code is a warning too, because Python 3.15 ignores that code.
    - A file is an error if its code opens the network, starts processes, decodes data, deserializes objects,
      loads native code, runs computed code, is not valid Python, or has a line of more than 1,000
      characters. A `.start` file is also an error if a line does not name a function, or if the function or
      its module is missing.

    The rule reads the lines themselves, code in `exec`, the functions that the lines call, and the code that
    the wheel's own modules run on import, through three further imports or calls. It does not read modules of
    other projects; a function of another project is a warning that names the project, and an error if the
    wheel certainly does not require it. Python 3.13 and later do not read files whose names begin with a dot;
    the rule says so.

    ## Why it matters
    This code runs whenever any Python starts in the environment: for the program that uses the project, pip,
    an editor, or another user's job. It slows down all of them, and its failures are hard to trace. Hijacked
    releases use such files to take over a machine without ever being imported, so scanners and users
    distrust them. From Python 3.18 on, Python ignores lines that begin with `import`.

    ## How to fix it
    Leave the file out if it is an accident; an absolute path in it comes from an editable installation. Do
    the work when the project is imported, or in an entry point. If the wheel needs the file, allow its
    exact content; any other content is then an error:

        [tool.pkgaudit.path-file]
        allow = { "sample.pth" = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" }

    ## References
    - <https://docs.python.org/3/library/site.html>
    - <https://peps.python.org/pep-0829/>
    """
    entries = at_the_root(wheel)
    judged: dict[str, Judged] = {}
    for path, entry in entries.items():
        name = path.rpartition("/")[2]
        if not name.endswith(SUFFIXES) or is_editable(name) or path in wheel.unread:
            continue
        allowed = options.allows(entry)
        start = files.get(path)
        if allowed or start is None:
            continue
        found = judge(packages_of(wheel, modules), name, start, codes)
        if found is None and _silences(path, start, files):
            what = f"is empty, so Python 3.15 does not run the code of {quoted(f'{path[:-6]}.pth')}"
            found = Judged(Severity.WARNING, None, what)
        if allowed is False:
            message = f"{quoted(path)} is not the file that the configuration allows under this name"
            if found is not None:
                message = f"{message}: it {found.what}"
            data = found.data if found else {}
            found = Judged(Severity.ERROR, found.line if found else None, message, data)
        elif found is not None:
            found = Judged(found.severity, found.line, f"{quoted(path)} {found.what}", found.data)
        if found is not None:
            judged[path] = found
    for path, found in judged.items():
        other = _other_half(path, files)
        twin = judged.get(other) if other is not None else None
        if other is not None and twin is not None:
            if (found.severity, path.endswith(".pth")) < (twin.severity, other.endswith(".pth")):
                continue  # reported with the other file
            found = replace(found, what=f"{found.what}; {quoted(other)} is the same hook for other Pythons")
        both = [entries[path], *([entries[other]] if other is not None and twin is not None else ())]
        yield Problem(
            found.what,
            Location(path, found.line),
            _fix(both, found),
            found.severity,
            key=path.rpartition("/")[2],
            data={"path": path, **found.data},
        )


def _other_half(path: str, files: Mapping[str, StartFile]) -> str | None:
    """Return the file of the same name for other Pythons, if both files of a pair run code.

    Python 3.15 does not run the code of a `.pth` file beside a `.start` file of the same name.
    """
    stem, dot, suffix = path.rpartition(".")
    other = f"{stem}{dot}{'start' if suffix == 'pth' else 'pth'}"
    pair = files.get(path), files.get(other)
    return other if all(each is not None and each.count for each in pair) else None


def _silences(path: str, start: StartFile, files: Mapping[str, StartFile]) -> bool:
    """Return whether a file is an empty `.start` file beside a `.pth` file with code."""
    if not path.endswith(".start") or start.count or not start.is_text:
        return False
    other = files.get(f"{path.removesuffix('.start')}.pth")
    return other is not None and other.count > 0


def _fix(entries: list[Entry], found: Judged) -> str | Exclude:
    first = entries[0]
    if found.severity is Severity.ERROR:
        return Exclude(first.path, "find out how it got there")
    names = [each.path.rpartition("/")[2] for each in entries]
    if found.severity is Severity.INFO or not all(re.fullmatch(r"[\w.+-]+", each) for each in names):
        return Exclude(first.path)
    allowed = [f'"{name}" = "sha256:{each.sha256}"' for name, each in zip(names, entries, strict=True)]
    return (
        f"leave it out, or allow this content if the file is intended:\n"
        f"[tool.pkgaudit.path-file]\nallow = {{ {', '.join(allowed)} }}"
    )


@rule("WH125", "interpreter-hook", Severity.ERROR, since="0.1.0")
def interpreter_hook(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs `sitecustomize` or `usercustomize` as a top-level module.

    The same names inside a package are allowed: monitoring tools put the folder of such a module on the
    import path of the processes that they watch.

    ## Why it matters
    Python imports these two modules at every start. They belong to the administrator of the machine or
    the environment. Only one of each can be imported, so the wheel's module hides or overwrites another, or
    never runs; and its code affects every program in the environment.

    ## How to fix it
    Leave the module out. To run code before a program starts, offer a command that starts the program, or a
    function that the program calls.

    ## References
    - <https://docs.python.org/3/library/site.html#module-sitecustomize>
    - <https://docs.python.org/3/library/site.html#module-usercustomize>
    """
    for name, (path, _) in site_modules(wheel).items():
        yield Problem(
            f"{quoted(path)} is installed as a top-level module that Python imports at every start",
            Location(path),
            Exclude(path),
            key=name,
            data={"module": name, "path": path},
        )
