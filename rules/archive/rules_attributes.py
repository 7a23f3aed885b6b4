"""AR401 to AR403: modes, times and owners of members, and what makes two builds of one source differ."""

from __future__ import annotations

import datetime
import stat
from collections.abc import Iterator

from pkgaudit.api import (
    Distribution,
    Entry,
    EntryType,
    Location,
    Problem,
    Sdist,
    Severity,
    Wheel,
    counted,
    quoted,
    rule,
)
from pkgaudit.rules.archive.path_names import is_in_documents, is_in_tests
from pkgaudit.rules.archive.times import impossible_time

_SPECIAL = stat.S_ISUID | stat.S_ISGID
"""The bits that give the rights of owner or group; the sticky bit gives none, so it is not among them."""


@rule("AR401", "unsafe-mode", Severity.WARNING, since="0.1.0")
def unsafe_mode(distribution: Distribution) -> Iterator[Problem]:
    """A member can be changed by everybody, read by its owner alone, or runs with the rights of its owner.

    Of an sdist: files and folders that are writable for all, that others cannot read, and files with the
    setuid or setgid bit. Files in folders of tests and of documentation that others cannot read are
    not a problem (ssh demands it of keys). Of a wheel, whose modes installers replace but for the
    executable bit: setuid and setgid a warning, writable for all an info. Members without a mode, as zips
    made on Windows have, are not looked at, nor are the libraries that delvewheel copies into a wheel.

    ## Why it matters
    Whoever unpacks the sdist as root gets files that every user of the machine can change, or that
    no user but root can read: packagers of Linux distributions find out when what they
    installed cannot be imported. A bit that hands on the rights of the owner is never needed.

    ## How to fix it
    Set the modes before building (`chmod -R u+rwX,go+rX,go-w .`) with a umask of 022, or build
    from a fresh clone: git knows no modes but 644 and 755. On Windows, where all files seem writable,
    build in CI.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-features>
    - <https://docs.python.org/3/library/tarfile.html#tarfile.data_filter>
    - <https://reproducible-builds.org/docs/archives/>
    """
    is_wheel = isinstance(distribution, Wheel)
    # delvewheel gives what it copies such a mode whatever the umask is, and installers replace it.
    is_delved = is_wheel and any(path.endswith(".dist-info/DELVEWHEEL") for path in distribution.files)
    special, writable, unreadable = [], [], []
    for entry in distribution.entries:
        if entry.mode is None or entry.type not in (EntryType.FILE, EntryType.DIRECTORY):
            continue
        mode = stat.S_IMODE(entry.mode)
        is_folder = entry.type is EntryType.DIRECTORY
        if mode & _SPECIAL and not is_folder:
            special.append(entry)
        elif mode & stat.S_IWOTH and not (is_folder and mode & stat.S_ISVTX):
            if not (is_delved and entry.path.lower().endswith(".dll")):
                writable.append(entry)
        elif not is_wheel and _is_unreadable(mode, is_folder) and not _is_aside(entry, distribution):
            unreadable.append(entry)
    if special:
        yield _problem(
            special, "gives whoever runs it the rights of its owner or group (setuid, setgid)", None
        )
    if writable:
        yield _problem(writable, "lets everybody change it", Severity.INFO if is_wheel else None)
    if unreadable:
        yield _problem(unreadable, "does not let everybody read it", None)


def _is_unreadable(mode: int, is_folder: bool) -> bool:
    needed = stat.S_IROTH | (stat.S_IXOTH if is_folder else 0)
    return mode & needed != needed


def _is_aside(entry: Entry, distribution: Distribution) -> bool:
    return is_in_tests(entry.path, distribution) or is_in_documents(entry.path)


def _problem(entries: list[Entry], what: str, severity: Severity | None) -> Problem:
    first = entries[0]
    mode = stat.S_IMODE(first.mode or 0)
    more = f", and so it is with {counted(len(entries) - 1, 'more member')}" if len(entries) > 1 else ""
    return Problem(
        f"the mode {mode:o} of {quoted(first.path)} {what}{more}",
        Location(first.path),
        "build from a fresh clone with a umask of 022, so that modes are 644 and 755",
        severity,
        key=what,
        data={"path": first.path, "mode": f"{mode:o}", "count": len(entries)},
    )


@rule("AR402", "impossible-timestamp", Severity.WARNING, since="0.1.0")
def impossible_timestamp(distribution: Distribution) -> Iterator[Problem]:
    """A member was changed at a time that cannot be: before 1980, or days after the audit.

    The beginning of 1970, which stands for "no time", is fine in a tar, and the beginning of 1980 in a
    zip. Two days ahead are allowed, since zones are unknown and clocks differ.

    ## Why it matters
    zip archives have no dates before 1980: a tool that builds a wheel from such a file of an sdist stops with
    "ZIP does not support timestamps before 1980". A file of the future makes `make` build again and again.
    Either shows that the clock of the machine was wrong, or the tool.

    ## How to fix it
    Set the clock, touch the files, or set `SOURCE_DATE_EPOCH` to the time of the last commit:

        SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) python -m build

    ## References
    - <https://reproducible-builds.org/docs/source-date-epoch/>
    - <https://docs.python.org/3/library/zipfile.html#zipfile.ZipInfo>
    """
    is_zip = any(entry.packed_size is not None for entry in distribution.entries)
    today = distribution.today
    found = [
        (entry, fault) for entry in distribution.entries if (fault := impossible_time(entry, is_zip, today))
    ]
    if found:
        entry, fault = found[0]
        more = f", and so are those of {counted(len(found) - 1, 'more member')}" if len(found) > 1 else ""
        yield Problem(
            f"the time of {quoted(entry.path)}, {_when(entry.mtime or 0)}, is {fault}{more}",
            Location(entry.path),
            "set the clock of the machine, or SOURCE_DATE_EPOCH, and build again",
            key="time",
            data={"path": entry.path, "date": _when(entry.mtime or 0), "count": len(found)},
        )


def _when(mtime: float) -> str:
    try:
        return datetime.datetime.fromtimestamp(mtime, datetime.timezone.utc).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return f"{mtime:.0f} seconds from 1970"


@rule("AR403", "irreproducible-metadata", Severity.INFO, pedantic=True, since="0.1.0")
def irreproducible_metadata(distribution: Distribution) -> Iterator[Problem]:
    """The archive has attributes that differ from build to build.

    Names or numbers of owners, several times of modification, members that are not sorted, a file
    name or a time in the header of gzip.

    ## Why it matters
    Two builds of one source are not equal, though all files are: nobody can check that
    what is on the index was made from the sources that are shown.

    ## How to fix it
    Set `SOURCE_DATE_EPOCH` and use a backend that heeds it: flit, hatchling, pdm-backend and poetry-core do
    for sdists and wheels, setuptools for wheels alone.

    ## References
    - <https://reproducible-builds.org/docs/archives/>
    - <https://reproducible-builds.org/docs/source-date-epoch/>
    """
    reasons = dict(_reasons(distribution))
    if reasons and distribution.is_readable:
        yield Problem(
            f"the archive differs from build to build: {'; '.join(reasons)}",
            fix="set SOURCE_DATE_EPOCH, and use a backend that heeds it and leaves owners out",
            key="irreproducible",
            data={key: value for data in reasons.values() for key, value in data.items()},
        )


def _reasons(distribution: Distribution) -> Iterator[tuple[str, dict[str, str | int]]]:
    """Yield why the archive differs from build to build, and the values that the reason names."""
    entries = distribution.entries
    owner = next((each.owner for each in entries if each.owner and (each.owner.uid or each.owner.gid)), None)
    if owner is not None:
        name = f"{owner.user or owner.uid}:{owner.group or owner.gid}"
        yield f"members belong to {quoted(name)}", {"owner": name}
    times = {entry.mtime for entry in entries if entry.mtime is not None}
    if len(times) > 1:
        yield f"members have {len(times):,} times of modification", {"count": len(times)}
    if not _is_sorted(distribution):
        yield "members are not sorted", {}
    header = distribution.gzip_header
    if header is not None and header.name:
        yield f"the header of gzip has the file name {quoted(header.name)}", {"name": header.name}
    if header is not None and header.mtime and header.mtime not in times:
        when = _when(float(header.mtime))
        yield f"the header of gzip has the time {when}", {"date": when}


def _is_sorted(distribution: Distribution) -> bool:
    """Whether the files of each folder come in the order of their names.

    In which order folders come is left to the backend, and so is what it puts first or last: the
    files at the root, and those of ``.dist-info``.
    """
    last: dict[str, str] = {}
    for entry in distribution.entries:
        folder, _, name = entry.path.rpartition("/")
        if "/" not in folder and (isinstance(distribution, Sdist) or folder.endswith(".dist-info")):
            continue
        if entry.type is EntryType.FILE and last.setdefault(folder, name) > name:
            return False
        last[folder] = name
    return True
