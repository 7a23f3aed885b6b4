"""WH124, WH125: what a wheel has every start of Python run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pkgaudit.api import (
    BinaryFile,
    Entry,
    Exclude,
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
from pkgaudit.rules.wheel.layout_editable import is_editable
from pkgaudit.rules.wheel.startup_code import StartCode, summarize
from pkgaudit.rules.wheel.startup_files import SUFFIXES, StartFile, at_the_root, read_start_file
from pkgaudit.rules.wheel.startup_judge import Judged, judge

# At least 16 digits, as many as reports show of a content.
_DIGEST = re.compile(r"sha256:([0-9a-f]{16,64})")
_ALLOWED = {"additionalProperties": {"type": "string", "pattern": f"^{_DIGEST.pattern}$"}}
"""What editors know of the values of ``allow``."""
# The two names that `site` imports, as a module of any kind that the import system finds.
_HOOK = re.compile(r"(sitecustomize|usercustomize)(?:\.(?:py|pyc|pyw|(?:[^/]+\.)?(?:so|pyd|dll)))?")


@dataclass(frozen=True)
class PathFiles:
    """Which files are meant: the name of each, and the digest of its content as ``sha256:…``."""

    allow: Mapping[str, str] = field(default_factory=dict, metadata={"schema": _ALLOWED})

    def __post_init__(self) -> None:
        for name, digest in self.allow.items():
            if not _DIGEST.fullmatch(digest):
                raise ValueError(f"allow: {name}: {digest!r} is not 'sha256:' and 16 to 64 hex digits")

    def allows(self, entry: Entry) -> bool | None:
        """Return whether a file is one that is meant, None if nothing is said of its name."""
        digest = self.allow.get(entry.path.rpartition("/")[2])
        return None if digest is None else entry.sha256.startswith(digest.removeprefix("sha256:"))


@summary
def start_file(file: BinaryFile) -> StartFile | None:
    """Return what a ``.pth`` or ``.start`` file says."""
    return read_start_file(file) if file.member.suffix in SUFFIXES else None


@summary
def start_code(file: PythonFile) -> StartCode | None:
    """Return what a module does that would matter if a start of Python ran it."""
    return summarize(file)


@rule("WH124", "path-file", Severity.ERROR, since="0.1.0")
def path_file(
    wheel: Wheel, files: Summaries[StartFile], codes: Summaries[StartCode], options: PathFiles
) -> Iterator[Problem]:
    """The wheel installs a file that every start of Python reads.

    A `.pth` file in site-packages adds folders to the path of imports, and each of its lines that begins with
    `import` is run; each line of a `.start` file names a function that Python 3.15 calls.

    - One that only adds folders of the wheel is an info.
    - One that runs code, or adds a folder elsewhere, is a warning.
    - It is an error if what it runs opens the network, starts processes, decodes data, builds objects from
      data, loads native code, runs a text that is not in it as it stands, is no Python, or is a line longer
      than 1,000 characters; and if a `.start` file names no function, or one of a module that is not there.

    Looked at are the lines themselves, texts in `exec` in turn, what the wheel's own modules do on the
    import, and the functions that are called of them. Modules that those import in their turn, and
    those of other projects, are not.

    ## Why it matters
    Whoever installs the wheel runs this code whenever any Python starts in the environment: the program that
    uses the project, pip, an editor, a job of another user. It slows down all of them, and it fails
    where nobody looks for it. It is also how stolen releases take over a machine without being imported
    once, so that scanners and users distrust it. From Python 3.18 on, lines that begin with `import`
    will be ignored.

    ## How to fix it
    Leave it out if it is not meant; an absolute path in it comes from an editable installation. Do the work
    when the project is imported, or by an entry point. If the file must be there, allow it with its content,
    so that any other content is an error:

        [tool.pkgaudit.path-file]
        allow = { "sample.pth" = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" }

    ## References
    - <https://docs.python.org/3/library/site.html>
    - <https://peps.python.org/pep-0829/>
    """
    for path, entry in at_the_root(wheel).items():
        name = path.rpartition("/")[2]
        if not name.endswith(SUFFIXES) or is_editable(name) or path in wheel.unread:
            continue
        allowed = options.allows(entry)
        told = files.get(path)
        if allowed or told is None:
            continue
        found = judge(wheel, name, told, codes)
        if allowed is False:
            message = f"{quoted(name)} is not the file that the configuration allows under this name"
            if found is not None:
                message = f"{message}: it {found.what}"
            data = found.data if found else {}
            found = Judged(Severity.ERROR, found.line if found else None, message, data)
        elif found is not None:
            found = Judged(found.severity, found.line, f"{quoted(name)} {found.what}", found.data)
        if found is not None:
            yield Problem(
                found.what,
                Location(path, found.line),
                _fix(entry, found),
                found.severity,
                key=name,
                data={"path": path, **found.data},
            )


def _fix(entry: Entry, found: Judged) -> str | Exclude:
    if found.severity is Severity.ERROR:
        return Exclude(entry.path, "find out who put it there")
    name = entry.path.rpartition("/")[2]
    if found.severity is Severity.INFO or not re.fullmatch(r"[\w.+-]+", name):
        return Exclude(entry.path)
    return (
        f"leave it out, or if it is meant allow it with this content:\n"
        f'[tool.pkgaudit.path-file]\nallow = {{ "{name}" = "sha256:{entry.sha256}" }}'
    )


@rule("WH125", "interpreter-hook", Severity.ERROR, since="0.1.0")
def interpreter_hook(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs `sitecustomize` or `usercustomize` as a top-level module.

    The same names inside a package are fine: programs put the folder of such a module on the path
    of the processes that they watch.

    ## Why it matters
    Python imports these two modules at every start. They belong to whoever runs the machine or
    the environment: there can be only one of each, so that the wheel's hides or overwrites another, or is
    never run, and whatever it does happens to every program of the environment.

    ## How to fix it
    Leave the module out. What must be done before a program starts can be done by a command of the project
    that starts it, or by a function that the program calls.

    ## References
    - <https://docs.python.org/3/library/site.html#module-sitecustomize>
    - <https://docs.python.org/3/library/site.html#module-usercustomize>
    """
    found: dict[str, str] = {}
    for path in at_the_root(wheel):
        match = _HOOK.fullmatch(path.rpartition("/")[2])
        if match is not None:
            found.setdefault(match[1], path)
    for path in wheel.files:
        match = _PACKAGE.fullmatch(path)
        if match is not None and _is_at_the_root(wheel, match["above"] or ""):
            found.setdefault(match["name"], f"{match['above'] or ''}{match['name']}")
    for name, path in found.items():
        yield Problem(
            f"{quoted(name)} is installed as a top-level module, which Python imports at every start",
            Location(path),
            Exclude(path),
            key=name,
            data={"module": name, "path": path},
        )


# The same as packages; 9 folders above bound the time, as `.data/data/lib/python3.13/site-packages` takes
# five.
_PACKAGE = re.compile(
    r"(?P<above>(?:[^/]+/){0,9})(?P<name>sitecustomize|usercustomize)/__init__\.(?:py|pyc|(?:[^/]+\.)?(?:so|pyd))"
)


def _is_at_the_root(wheel: Wheel, above: str) -> bool:
    data = f"{wheel.data_directory}/" if wheel.data_directory else None
    if not above or (data and above in (f"{data}purelib/", f"{data}platlib/")):
        return True
    inside = data is not None and above.startswith(f"{data}data/")
    return inside and above.casefold().endswith(("/site-packages/", "/dist-packages/"))
