"""HM101 to HM107: hash manifests, that is RECORD compared with the wheel's actual content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pkgaudit.api import (
    AnomalyKind,
    Entry,
    EntryType,
    Location,
    Problem,
    Severity,
    Wheel,
    counted,
    quoted,
    rule,
)
from pkgaudit.rules._shared.index_words import ANNOUNCED, REFUSED, TRIPS, UNNOTICED
from pkgaudit.rules._shared.installer_words import harm, reaction
from pkgaudit.rules._shared.record import Record, Row, read_hash, read_record
from pkgaudit.rules._shared.repack import repack

_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
"""Signatures of RECORD, which RECORD does not list.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
"""


def _escaped(wheel: Wheel) -> set[str]:
    """Return the paths that are shown escaped, and so cannot be compared with the paths in RECORD."""
    return {each.member for each in wheel.anomalies_of(AnomalyKind.INVALID_NAME) if each.member}


def _record(wheel: Wheel) -> tuple[str, Record] | None:
    """Return RECORD and its path, None if RECORD is missing or was not read."""
    path = wheel.record_path
    if not wheel.is_readable or path is None or path in wheel.unread:
        return None
    return path, read_record(wheel.kept[path])


def _packed(wheel: Wheel) -> dict[str, Entry]:
    """Return the members that RECORD must list: all but folders, and members that the index reads as such."""
    return {
        path: entry
        for path, entry in wheel.by_path.items()
        if entry.type is not EntryType.DIRECTORY and not path.endswith("\\")
    }


def _signatures(wheel: Wheel) -> set[str]:
    """Return the paths of signatures, which RECORD does not list, because they are made after it."""
    return {f"{wheel.dist_info}/{name}" for name in _SIGNATURES}


def _outcome(wheel: Wheel, record: Record) -> str:
    """Return how the index reacts to RECORD, of which it reads only the paths."""
    if record.index is not None:
        return record.index
    return UNNOTICED if record.paths == _packed(wheel).keys() - _signatures(wheel) else ANNOUNCED


def _matches(wheel: Wheel) -> Iterator[tuple[str, Row, Entry]]:
    """Yield RECORD's path, a row and its file, for each row whose file was read."""
    found = _record(wheel)
    if found is None or found[1].fault is not None:
        return
    path, record = found
    for row in record.rows:
        entry = wheel.files.get(row.path) or wheel.files.get(row.normal_path)
        if entry is not None and entry.path not in wheel.unread:
            yield path, row, entry


def _data(rows: list[Row]) -> dict[str, str | int | list[str]]:
    """Return the data of a problem with rows: their paths and their number."""
    return {"paths": [row.path for row in rows], "count": len(rows)}


def _all(rows: list[Row], one: str, several: str) -> str:
    """Return the first row, the number of others, and the verb: ``one`` for one row, else ``several``."""
    first = quoted(rows[0].path)
    return f"{first} {one}" if len(rows) == 1 else f"{first} and {len(rows) - 1:,} more {several}"


@rule("HM101", "invalid-record", Severity.ERROR, index=True, since="0.1.0")
def invalid_record(wheel: Wheel) -> Iterator[Problem]:
    """The wheel's RECORD is missing or malformed.

    RECORD is a CSV table in UTF-8 with three columns: path, hash and size. Every file of the wheel
    has one row; folders have none.

    ## Why it matters
    Installers read RECORD to find the files to install, to check them, and to remove them later.
    PyPI rejects a wheel whose RECORD is missing, is not UTF-8, or has a field of more than 131,072
    characters. If RECORD has a blank line, the upload fails with a server error. PyPI announced that
    it will reject rows for paths that are not files of the wheel from 2026-02-01; in August 2026 it
    still accepted them with a warning e-mail. PyPI checks only the paths. If two rows of a path
    contradict each other, nobody can say which of them describes the file. Two equal rows are a warning.

    ## How to fix it
    Let the build backend write RECORD after all other steps that change the wheel, and rebuild the
    wheel. If you cannot rebuild it, unpack it and pack it with the tool `wheel`, which regenerates
    RECORD. (`wheel unpack` does not unpack a wheel whose RECORD is wrong.)

        unzip -d folder sample-1.0-py3-none-any.whl
        wheel pack folder

    Then delete the folder, and the old wheel if the new one has another name. Without
    `unzip`, use `python -m zipfile -e sample-1.0-py3-none-any.whl folder`, which does not keep the
    permissions of executable files.

    ## References
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-dist-info-directory>
    - <https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/>
    """
    if not wheel.is_readable or wheel.dist_info is None:
        return
    expected = f"{wheel.dist_info}/RECORD"
    entry = wheel.by_path.get(expected)
    if entry is None or entry.type is EntryType.DIRECTORY:
        what = "is a folder, not a file" if entry else "is missing"
        message = f"{quoted(expected)} {what}; {REFUSED}"
        yield Problem(message, fix=repack(wheel), key="missing", data={"path": expected})
        return
    if entry.type is EntryType.SYMLINK:
        message = f"RECORD is a symbolic link, so it lists no files; {ANNOUNCED}"
        yield Problem(message, Location(expected), repack(wheel), key="link")
        return
    found = _record(wheel)
    if found is None:
        return
    path, record = found
    if record.fault is not None:
        message = f"RECORD {record.fault}; {_outcome(wheel, record)}"
        yield Problem(message, Location(path, record.fault_line), repack(wheel), key="unreadable")
        return
    if record.blank:
        yield Problem(
            f"RECORD has {counted(len(record.blank), 'blank line')}; {TRIPS}",
            Location(path, record.blank[0]),
            repack(wheel),
            key="blank",
            data={"count": len(record.blank), "line": record.blank[0]},
        )
    yield from _malformed_rows(wheel, path, record.rows)
    yield from _repeated_rows(wheel, path, record.rows)


def _malformed_rows(wheel: Wheel, path: str, rows: list[Row]) -> Iterator[Problem]:
    packed = _packed(wheel)
    directories = wheel.by_path.keys() - packed
    folders = [
        row for row in rows if row.fields == 3 and row.path and (row.is_directory or row.path in directories)
    ]
    odd = [
        row
        for row in rows
        if row.path not in packed and not row.is_directory and row.path and row.normal_path in packed
    ]
    nameless = [row for row in rows if row.fields == 3 and not row.path]
    fix = repack(wheel)
    if nameless:
        message = f"RECORD has a row without a path; {ANNOUNCED}"
        yield Problem(message, Location(path, nameless[0].line), fix, key="nameless")
    if folders:
        yield Problem(
            f"{_all(folders, 'is a folder', 'are folders')}, but RECORD must list only files; {ANNOUNCED}",
            Location(path, folders[0].line),
            fix,
            key="folders",
            data=_data(folders),
        )
    if odd:
        yield Problem(
            f"{_all(odd, 'is', 'are')} spelled differently in the archive ({quoted(odd[0].normal_path)}); "
            f"{ANNOUNCED}",
            Location(path, odd[0].line),
            fix,
            key="paths",
            data=_data(odd) | {"expected": odd[0].normal_path},
        )


def _repeated_rows(wheel: Wheel, path: str, rows: list[Row]) -> Iterator[Problem]:
    seen: dict[str, Row] = {}
    repeated: dict[bool, list[Row]] = defaultdict(list)
    for row in rows:
        first = seen.setdefault(row.path, row)
        if first is not row:
            repeated[(first.hash, first.size) == (row.hash, row.size)].append(row)
    fix = repack(wheel)
    if repeated[False]:
        again = repeated[False]
        yield Problem(
            f"{_all(again, 'has', 'have')} several rows that contradict each other; "
            f"{reaction('record-contradiction')}; {UNNOTICED}",
            Location(path, again[0].line),
            fix,
            key="contradictory",
            data=_data(again),
        )
    if repeated[True]:
        again = repeated[True]
        yield Problem(
            f"{_all(again, 'has', 'have')} several equal rows",
            Location(path, again[0].line),
            fix,
            Severity.WARNING,
            key="repeated",
            data=_data(again),
        )


@rule("HM102", "hash-mismatch", Severity.ERROR, since="0.1.0")
def hash_mismatch(wheel: Wheel) -> Iterator[Problem]:
    """A file of the wheel does not have the hash that RECORD gives.

    The rule computes only sha256. Other hashes in RECORD are reported at info level.

    ## Why it matters
    The file is not the one that the build packed: it was changed afterwards (stripped, signed,
    patched, given other line endings, or tampered with), or RECORD was written too early. PyPI does
    not compare hashes, and installers compare them only if they are asked to, as in
    `python -m installer --validate-record all`. So every user gets the changed file, although the
    specification tells installers to reject the wheel. A hash of RECORD in RECORD is a warning: it
    cannot be correct, but it hides nothing.

    ## How to fix it
    Change files before the build, and rebuild the wheel. If none of your tools changes the wheel,
    find out who did. To accept an intended change, unpack the wheel and pack it again, which
    regenerates RECORD: `unzip -d folder NAME.whl`, then `wheel pack folder`. (`wheel unpack` does not
    unpack a wheel whose hashes are wrong.)

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-dist-info-directory>
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>
    """
    fix = repack(wheel)
    unchecked: list[tuple[str, Row, str]] = []
    for path, row, entry in _matches(wheel):
        if entry.path == path:
            if row.hash:
                yield Problem(
                    f"RECORD gives a hash of itself, which cannot be correct; {reaction('record-own-hash')}",
                    Location(path, row.line),
                    fix,
                    harm("record-own-hash"),
                    key=row.path,
                )
            continue
        given = read_hash(row.hash)
        if given.sha256 is None:
            if given.fault is None:
                unchecked.append((path, row, given.algorithm))
        elif given.sha256 != entry.sha256:
            # Sixteen digits are enough to compare two hashes by eye; `data` contains the whole hashes.
            sizes = f", and {entry.size:,} bytes, not {row.size}" if _other_size(row, entry) else ""
            yield Problem(
                f"{quoted(row.path)} has the sha256 {entry.sha256[:16]}…, "
                f"but RECORD gives {given.sha256[:16]}… (both in hex){sizes}",
                Location(path, row.line),
                fix,
                key=row.path,
                data={
                    "path": row.path,
                    "algorithm": "sha256",
                    "actual": entry.sha256,
                    "expected": given.sha256,
                },
            )
    if unchecked:
        path, row, algorithm = unchecked[0]
        others = f" and of {counted(len(unchecked) - 1, 'more file')}" if len(unchecked) > 1 else ""
        yield Problem(
            f"the {algorithm} of {quoted(row.path)}{others} was not checked",
            Location(path, row.line),
            "use sha256, which every tool checks",
            Severity.INFO,
            key="unchecked",
            data={"algorithm": algorithm, **_data([each for _, each, _ in unchecked])},
        )


def _other_size(row: Row, entry: Entry) -> bool:
    return row.size.isascii() and row.size.isdecimal() and row.size.lstrip("0") != str(entry.size).lstrip("0")


@rule("HM103", "size-mismatch", Severity.ERROR, since="0.1.0")
def size_mismatch(wheel: Wheel) -> Iterator[Problem]:
    """A file of the wheel does not have the size that RECORD gives.

    A missing size is a warning. If the hash differs too, HM102 reports both.

    ## Why it matters
    The tool that packed the file did not write the row, so the rest of RECORD may be wrong too. PyPI
    does not compare sizes, and installers do so only if they are asked to. But some of them stop at a
    size that is not a number.

    ## How to fix it
    Let the build backend write RECORD, and rebuild the wheel; or unpack it with
    `unzip -d folder NAME.whl` and pack it with `wheel pack folder`, which regenerates RECORD.

    ## References
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>
    """
    fix = repack(wheel)
    without: list[tuple[str, Row]] = []
    for path, row, entry in _matches(wheel):
        if entry.path == path or row.fields < 3:
            continue
        given = read_hash(row.hash)
        if given.sha256 is not None and given.sha256 != entry.sha256:
            continue
        if not row.size:
            if row.hash:  # HM106 reports a row without hash and size
                without.append((path, row))
        elif not (row.size.isascii() and row.size.isdecimal()):
            what = f"the size of {quoted(row.path)} is {quoted(row.size)}, not a number of bytes"
            message = f"{what}; {reaction('record-odd-size')}"
            data: dict[str, str | int] = {"path": row.path, "actual": entry.size, "expected": row.size}
            yield Problem(message, Location(path, row.line), fix, key=row.path, data=data)
        elif _other_size(row, entry):
            message = f"{quoted(row.path)} has {entry.size:,} bytes, but RECORD gives {quoted(row.size)}"
            data = {"path": row.path, "actual": entry.size, "expected": row.size}
            yield Problem(message, Location(path, row.line), fix, key=row.path, data=data)
    if without:
        path, row = without[0]
        rows = [each for _, each in without]
        message = f"{_all(rows, 'has', 'have')} no size in RECORD"
        place = Location(path, row.line)
        yield Problem(message, place, fix, Severity.WARNING, key="missing", data=_data(rows))


@rule("HM104", "unlisted-file", Severity.ERROR, index=True, since="0.1.0")
def unlisted_file(wheel: Wheel) -> Iterator[Problem]:
    """A file of the wheel is not listed in RECORD.

    RECORD must list itself, but not `RECORD.jws` and `RECORD.p7s`. Readers treat a backslash in
    RECORD as a slash, so RECORD cannot list a member with a backslash in its path.

    ## Why it matters
    Somebody added the file after the build, or RECORD belongs to another wheel. pex installs only the
    files that RECORD lists, Poetry warns about others, and pip and uv install them. The specification
    tells installers to reject such a wheel. PyPI announced that it will reject it from 2026-02-01; in
    August 2026 it still accepted it with a warning e-mail. The profile `pypi` counts it as rejected.

    ## How to fix it
    Add files before the build, and rebuild the wheel; or unpack the wheel with
    `unzip -d folder NAME.whl` and pack it with `wheel pack folder`, which regenerates RECORD.
    (`wheel unpack` does not unpack a wheel with files that RECORD does not list.)

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-dist-info-directory>
    - <https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/>
    """
    found = _record(wheel)
    if found is None or found[1].fault is not None:
        return
    path, record = found
    fix = repack(wheel)
    listed = {row.path for row in record.rows} | {row.normal_path for row in record.rows}
    listed |= _signatures(wheel) | _escaped(wheel)
    for member in _packed(wheel):
        if member in listed:
            continue
        what = "does not list itself" if member == path else "is not listed in RECORD"
        if "\\" in member and member.replace("\\", "/") in listed:
            what = "has a backslash in its path, but RECORD can list it only with a slash"
        message = f"{quoted(member)} {what}; {ANNOUNCED}"
        yield Problem(message, Location(member), fix, data={"path": member})


@rule("HM105", "listed-file-missing", Severity.ERROR, index=True, since="0.1.0")
def listed_file_missing(wheel: Wheel) -> Iterator[Problem]:
    """RECORD lists a file that is missing from the wheel, or one of its own signatures.

    ## Why it matters
    Somebody removed the file from the wheel after the build, or RECORD belongs to another wheel. The
    installed package then lacks a file. If the path is absolute, removing the package may delete a
    file outside it. PyPI announced that it will reject such wheels from 2026-02-01; in August 2026 it
    still accepted them with a warning e-mail. The profile `pypi` counts them as rejected.

    ## How to fix it
    Exclude files from the build instead of deleting them from the wheel, and rebuild it; or unpack
    the wheel with `unzip -d folder NAME.whl` and pack it with `wheel pack folder`, which regenerates
    RECORD.

    ## References
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>
    - <https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/>
    """
    found = _record(wheel)
    if found is None or found[1].fault is not None:
        return
    path, record = found
    fix = repack(wheel)
    signatures = _signatures(wheel)
    members = {each.replace("\\", "/") for each in wheel.by_path} - signatures
    escaped = _escaped(wheel)
    for row in _once(record.rows):
        if escaped and not row.path.isprintable():
            continue
        if row.path and not row.is_directory and not {row.path, row.normal_path} & members:
            kind = ", an absolute path," if row.is_absolute else ""
            what = "is listed in RECORD but missing from the wheel"
            if row.path in signatures and row.path in wheel.by_path:
                what = "is listed in RECORD, but it is a signature, which is made after RECORD"
            message = f"{quoted(row.path)}{kind} {what}; {ANNOUNCED}"
            yield Problem(message, Location(path, row.line), fix, key=row.path, data={"path": row.path})


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    seen: set[str] = set()
    for row in rows:
        if row.path not in seen:
            seen.add(row.path)
            yield row


@rule("HM106", "weak-hash", Severity.WARNING, since="0.1.0")
def weak_hash(wheel: Wheel) -> Iterator[Problem]:
    """RECORD lists files without a hash, with a weak one, or with a malformed one.

    Algorithms as strong as sha256 are fine. Forms at which an installer stops are an error: an algorithm
    in capitals (`SHA256=`), after a space, or one that Python does not have, and a digest without an
    algorithm. A value that cannot be the digest of a file is an error too. Other faults are a warning,
    because every installer accepts them; a digest in hex occurs in published wheels (for example gmsh
    4.15.2).

    ## Why it matters
    The hash proves that a file is the one that was built. The specification forbids md5, sha1 and
    sha224 in a wheel. Whoever checks the hashes compares the digest as text, so a digest in hex, with
    padding, or in the other base64 alphabet never matches. PyPI does not check hashes.

    ## How to fix it
    Let the build backend write RECORD: `sha256=`, then the digest in URL-safe base64 without the `=`
    at its end. If you cannot rebuild the wheel, `unzip -d folder NAME.whl` and `wheel pack folder`
    regenerate RECORD.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#signed-wheel-files>
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>
    """
    faults: dict[tuple[str, str], list[tuple[str, Row]]] = defaultdict(list)
    signatures = _signatures(wheel)
    for path, row, entry in _matches(wheel):
        if entry.path == path or entry.path in signatures or row.fields < 2:
            continue
        given = read_hash(row.hash)
        # HM102 reports a wrong hash, but some installers stop at its form.
        is_wrong = given.sha256 not in (None, entry.sha256)
        if given.fault is not None and (not is_wrong or harm(given.outcome) is Severity.ERROR):
            faults[given.fault, given.outcome].append((path, row))
    fix = repack(wheel)
    for (fault, outcome), places in faults.items():
        path, row = places[0]
        others = f" and of {len(places) - 1:,} more" if len(places) > 1 else ""
        # A sha256 has 50 characters with its algorithm; longer values are shortened.
        value = f" ({quoted(row.hash, 60)})" if row.hash else ""
        # Installers that do not validate RECORD do not decode digests.
        effect = reaction(outcome or "record-wrong-hash")
        yield Problem(
            f"the hash of {quoted(row.path)}{others} {fault}{value}; {effect}",
            Location(path, row.line),
            fix,
            harm(outcome) if outcome else Severity.ERROR,
            key=fault,
            data=_data([each for _, each in places]) | {"value": row.hash},
        )


@rule("HM107", "unusual-record-row", Severity.ERROR, since="0.1.0")
def unusual_record_row(wheel: Wheel) -> Iterator[Problem]:
    """A row of RECORD has a form that PyPI accepts, and some installers do not.

    The row does not have exactly three fields, or its path is written with backslashes.

    ## Why it matters
    Some installers stop at a row without exactly three fields. pex installs the files that RECORD lists, and
    does not find paths that are written with backslashes. The message names the installers that were tried.

    ## How to fix it
    Let the build backend write RECORD after all other steps that change the wheel, and rebuild the wheel.
    Or unpack it with `unzip -d folder NAME.whl`, and pack it with `wheel pack folder`, which regenerates
    RECORD.

    ## References
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>
    """
    found = _record(wheel) if wheel.is_readable else None
    if found is None or found[1].fault is not None:
        return
    path, record = found
    packed = _packed(wheel)
    uneven = [row for row in record.rows if row.fields != 3]
    backslashed = [row for row in record.rows if row.has_backslash and row.path in packed]
    fix = repack(wheel)
    if backslashed:
        what = _all(backslashed, "is written with a backslash", "are written with backslashes")
        yield Problem(
            f"{what}; {reaction('record-backslashes', without='these files')}; {UNNOTICED}",
            Location(path, backslashed[0].line),
            fix,
            harm("record-backslashes"),
            key="backslashes",
            data=_data(backslashed),
        )
    if uneven:
        fields = counted(uneven[0].fields, "field")
        effect = reaction("record-two-columns" if uneven[0].fields < 3 else "record-four-columns")
        yield Problem(
            f"{_all(uneven, 'has', 'have')} a row without exactly three fields ({fields}); {effect}; "
            f"{UNNOTICED}",
            Location(path, uneven[0].line),
            fix,
            key="columns",
            data=_data(uneven),
        )
