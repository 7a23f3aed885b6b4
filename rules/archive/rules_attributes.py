"""AR401 to AR403: modes, times and owners of members, and differences between two builds of one source."""

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
"""The bits that grant the rights of the owner or group; the sticky bit grants none, so it is left out."""


@rule("AR401", "unsafe-mode", Severity.WARNING, since="0.1.0")
def unsafe_mode(distribution: Distribution) -> Iterator[Problem]:
    """A member is writable by every user, unreadable by other users, or runs with the rights of its owner.

    In an sdist, the rule reports files and folders that every user can change or that other users cannot
    read, and files with the setuid or setgid bit. Files in folders of tests and documentation may be
    unreadable for others (ssh requires this of keys). In a wheel, installers replace all of the mode except
    the executable bit, so only setuid and setgid are a warning; files that every user can change are
    reported at info level. Members without a mode, as in zips made on Windows, are skipped, and so are the
    libraries that delvewheel copies into a wheel.

    ## Why it matters
    If root unpacks the sdist, every user of the machine can change its files, or only root can read
    them. Packagers of Linux distributions notice when the installed package cannot be imported. A
    Python package never needs the setuid or setgid bit.

    ## How to fix it
    Build from a fresh clone with a umask of 022: git only knows the modes 644 and 755. Or set the modes
    before the build: `chmod -R u+rwX,go+rX,go-w .`. On Windows, where all files appear writable, build in
    CI.

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
            special,
            "it runs with the rights of its owner or group (setuid or setgid)",
            "gives whoever runs it the rights of its owner or group (setuid, setgid)",
            None,
        )
    if writable:
        severity = Severity.INFO if is_wheel else None
        yield _problem(writable, "every user can change it", "lets everybody change it", severity)
    if unreadable:
        yield _problem(unreadable, "other users cannot read it", "does not let everybody read it", None)


def _is_unreadable(mode: int, is_folder: bool) -> bool:
    needed = stat.S_IROTH | (stat.S_IXOTH if is_folder else 0)
    return mode & needed != needed


def _is_aside(entry: Entry, distribution: Distribution) -> bool:
    return is_in_tests(entry.path, distribution) or is_in_documents(entry.path)


def _problem(entries: list[Entry], effect: str, key: str, severity: Severity | None) -> Problem:
    first = entries[0]
    mode = stat.S_IMODE(first.mode or 0)
    more = f" (and {counted(len(entries) - 1, 'more member')})" if len(entries) > 1 else ""
    return Problem(
        f"{quoted(first.path)} has the mode {mode:o}, so {effect}{more}",
        Location(first.path),
        "build from a fresh clone with a umask of 022, which makes the modes 644 and 755",
        severity,
        key=key,
        data={"path": first.path, "mode": f"{mode:o}", "count": len(entries)},
    )


@rule("AR402", "impossible-timestamp", Severity.WARNING, since="0.1.0")
def impossible_timestamp(distribution: Distribution) -> Iterator[Problem]:
    """The time of a member is impossible: before 1980, or days in the future.

    The first days of 1970, which mean "no time", are valid in a tar, and the first days of 1980 in a
    zip. Two days in the future are allowed, because time zones are unknown and clocks differ.

    ## Why it matters
    A zip cannot contain dates before 1980. A tool that builds a wheel from an sdist with such a file fails
    with "ZIP does not support timestamps before 1980". A file from the future makes `make` rebuild it each
    time. Both mean that the clock of the build machine, or the tool, was wrong.

    ## How to fix it
    Set the clock, `touch` the files, or set `SOURCE_DATE_EPOCH` to the time of the last commit:

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
        more = f" (and {counted(len(found) - 1, 'more member')})" if len(found) > 1 else ""
        yield Problem(
            f"{quoted(entry.path)} has the time {_when(entry.mtime or 0)}, which is {fault}{more}",
            Location(entry.path),
            "set the clock of the build machine, or SOURCE_DATE_EPOCH, and build again",
            key="time",
            data={"path": entry.path, "date": _when(entry.mtime or 0), "count": len(found)},
        )


def _when(mtime: float) -> str:
    try:
        return datetime.datetime.fromtimestamp(mtime, datetime.timezone.utc).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return f"{mtime:.0f} seconds after 1970"


@rule("AR403", "irreproducible-metadata", Severity.INFO, pedantic=True, since="0.1.0")
def irreproducible_metadata(distribution: Distribution) -> Iterator[Problem]:
    """The archive has attributes that differ from build to build.

    These are names or numbers of owners, different modification times, unsorted members, and a
    filename or time in the gzip header.

    ## Why it matters
    Two builds of the same source produce different archives with equal files. So nobody can verify
    that the file on the index was built from the published source.

    ## How to fix it
    Set `SOURCE_DATE_EPOCH` and use a backend that supports it: flit, hatchling, pdm-backend and poetry-core
    for sdists and wheels, setuptools only for wheels.

    ## References
    - <https://reproducible-builds.org/docs/archives/>
    - <https://reproducible-builds.org/docs/source-date-epoch/>
    """
    reasons = dict(_reasons(distribution))
    if reasons and distribution.is_readable:
        yield Problem(
            f"the archive differs from build to build: {'; '.join(reasons)}",
            fix="set SOURCE_DATE_EPOCH, and use a backend that supports it and omits owners",
            key="irreproducible",
            data={key: value for data in reasons.values() for key, value in data.items()},
        )


def _reasons(distribution: Distribution) -> Iterator[tuple[str, dict[str, str | int]]]:
    """Yield each reason why the archive differs from build to build, and the values in the reason."""
    entries = distribution.entries
    owner = next((each.owner for each in entries if each.owner and (each.owner.uid or each.owner.gid)), None)
    if owner is not None:
        name = f"{owner.user or owner.uid}:{owner.group or owner.gid}"
        yield f"members belong to {quoted(name)}", {"owner": name}
    times = {entry.mtime for entry in entries if entry.mtime is not None}
    if len(times) > 1:
        yield f"members have {len(times):,} modification times", {"count": len(times)}
    if not _is_sorted(distribution):
        yield "members are not sorted", {}
    header = distribution.gzip_header
    if header is not None and header.name:
        yield f"the gzip header has the filename {quoted(header.name)}", {"name": header.name}
    if header is not None and header.mtime and header.mtime not in times:
        when = _when(float(header.mtime))
        yield f"the gzip header has the time {when}", {"date": when}


def _is_sorted(distribution: Distribution) -> bool:
    """Return whether the files of each folder are in the order of their names.

    The order of folders is up to the backend, and so is the position of the files at the root and in
    ``.dist-info``.
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
