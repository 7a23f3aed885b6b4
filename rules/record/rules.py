"""HM101 to HM106: hash manifests, that is RECORD against what the wheel really holds."""

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
from pkgaudit.rules._shared.record import Record, Row, read_hash, read_record
from pkgaudit.rules._shared.repack import repack

_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
"""Signatures of RECORD, which it does not list.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
"""


def _escaped(wheel: Wheel) -> set[str]:
    """Return the paths that could not be shown as they are, and so cannot be compared with RECORD's."""
    return {each.member for each in wheel.anomalies_of(AnomalyKind.INVALID_NAME) if each.member}


def _record(wheel: Wheel) -> tuple[str, Record] | None:
    """Return RECORD and its path, None where there is none that was read."""
    path = wheel.record_path
    if not wheel.is_readable or path is None or path in wheel.unread:
        return None
    return path, read_record(wheel.kept[path])


def _packed(wheel: Wheel) -> dict[str, Entry]:
    """Return the members that RECORD has to list: all but folders, and what the index takes for one."""
    return {
        path: entry
        for path, entry in wheel.by_path.items()
        if entry.type is not EntryType.DIRECTORY and not path.endswith("\\")
    }


def _signatures(wheel: Wheel) -> set[str]:
    """Return the paths of what RECORD does not list: it is made after RECORD, to sign it."""
    return {f"{wheel.dist_info}/{name}" for name in _SIGNATURES}


def _outcome(wheel: Wheel, record: Record) -> str:
    """Return what the index does about RECORD: it reads no more of it than the paths."""
    if record.index is not None:
        return record.index
    return UNNOTICED if record.paths == _packed(wheel).keys() - _signatures(wheel) else ANNOUNCED


def _matches(wheel: Wheel) -> Iterator[tuple[str, Row, Entry]]:
    """Yield RECORD's path, a row and the file that it is about, for rows about a file that was read."""
    found = _record(wheel)
    if found is None or found[1].fault is not None:
        return
    path, record = found
    for row in record.rows:
        entry = wheel.files.get(row.path) or wheel.files.get(row.normal_path)
        if entry is not None and entry.path not in wheel.unread:
            yield path, row, entry


def _data(rows: list[Row]) -> dict[str, str | int | list[str]]:
    """Return the data of a problem with rows: their paths, and how many there are."""
    return {"paths": [row.path for row in rows], "count": len(rows)}


def _all(rows: list[Row], what: str) -> str:
    """Say of how many rows something is true, and which is the first."""
    first = quoted(rows[0].path)
    return f"{first} {what}" if len(rows) == 1 else f"{first} and {len(rows) - 1:,} more {what}"


@rule("HM101", "invalid-record", Severity.ERROR, index=True, since="0.1.0")
def invalid_record(wheel: Wheel) -> Iterator[Problem]:
    """The wheel's RECORD is missing or malformed.

    RECORD is a table in CSV, UTF-8, of three columns: path, hash, size. Every file of the wheel
    has one row, folders have none.

    ## Why it matters
    Installers read RECORD to know what to install, to check it and to remove it later. PyPI
    refuses a wheel whose RECORD is missing, is not UTF-8 or has a field over 131,072 characters.
    On a blank line its upload fails with a server error. Rows that name no member of the wheel,
    folders among them, it announced to refuse from 2026-02-01 on, and still took with a warning by
    mail in August 2026. It looks at nothing but the paths. Rows that contradict each other leave it
    to the installer which one holds. Two rows that say the same are a warning.

    ## How to fix it
    Let the build backend write RECORD, after everything that changes the content of the wheel, and
    build the wheel again. If that cannot be done, unpack it and pack it with the tool `wheel`, which
    writes RECORD anew. (`wheel unpack` does not unpack a wheel whose RECORD is wrong.)

        unzip -d folder sample-1.0-py3-none-any.whl
        wheel pack folder

    Where there is no `unzip`, `python -m zipfile -e sample-1.0-py3-none-any.whl folder` does the
    same, but for the permissions of programs.

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
        message = f"RECORD is a symbolic link, so that it lists nothing; {ANNOUNCED}"
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
    uneven = [row for row in rows if row.fields != 3]
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
    if uneven:
        fields = counted(uneven[0].fields, "field")
        yield Problem(
            f"{_all(uneven, 'does not have the three fields of a row')} (but {fields}); {UNNOTICED}",
            Location(path, uneven[0].line),
            fix,
            key="columns",
            data=_data(uneven),
        )
    if nameless:
        message = f"a row has no path; {ANNOUNCED}"
        yield Problem(message, Location(path, nameless[0].line), fix, key="nameless")
    if folders:
        yield Problem(
            f"{_all(folders, 'is a folder, and RECORD lists files only')}; {ANNOUNCED}",
            Location(path, folders[0].line),
            fix,
            key="folders",
            data=_data(folders),
        )
    if odd:
        yield Problem(
            f"{_all(odd, 'is not the path as the archive has it')} ({quoted(odd[0].normal_path)}); "
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
            f"{_all(again, 'has several rows that contradict each other')}; {UNNOTICED}",
            Location(path, again[0].line),
            fix,
            key="contradictory",
            data=_data(again),
        )
    if repeated[True]:
        again = repeated[True]
        yield Problem(
            _all(again, "has several rows that say the same"),
            Location(path, again[0].line),
            fix,
            Severity.WARNING,
            key="repeated",
            data=_data(again),
        )


@rule("HM102", "hash-mismatch", Severity.ERROR, since="0.1.0")
def hash_mismatch(wheel: Wheel) -> Iterator[Problem]:
    """A file of the wheel does not have the hash that RECORD gives.

    Hashes other than sha256 are not computed here; an info says so where RECORD has them.

    ## Why it matters
    The file is not the one that the build packed: it was changed afterwards (stripped, signed,
    patched, line ends converted, or tampered with), or RECORD was written too early. By the
    specification an installer must not install such a wheel, and those that check (`installer`,
    which Poetry and PDM build upon) say so to every user. PyPI does not compare hashes, so an
    upload will not show it.

    ## How to fix it
    Change files before the wheel is built, and build it again. If nothing of yours changes the wheel,
    find out who did. A change that is meant to be there can be entered into RECORD by unpacking the
    wheel and packing it again: `unzip -d folder NAME.whl`, then `wheel pack folder`. (`wheel unpack`
    does not unpack a wheel whose hashes are wrong.)

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
                    "RECORD gives a hash of itself, which cannot be right",
                    Location(path, row.line),
                    fix,
                    key=row.path,
                )
            continue
        given = read_hash(row.hash)
        if given.sha256 is None:
            if given.fault is None:
                unchecked.append((path, row, given.algorithm))
        elif given.sha256 != entry.sha256:
            # Sixteen digits are enough to compare two hashes by eye; the data have them whole.
            sizes = f", and {entry.size:,} bytes, not {row.size}" if _other_size(row, entry) else ""
            yield Problem(
                f"{quoted(row.path)} has the sha256 {entry.sha256[:16]}…, "
                f"RECORD gives {given.sha256[:16]}… (both in hex){sizes}",
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
        files = "file" if len(unchecked) == 1 else "files"
        yield Problem(
            f"the {algorithm} of {len(unchecked):,} {files}, the first {quoted(row.path)}, was not compared",
            Location(path, row.line),
            "use sha256, which every tool compares",
            Severity.INFO,
            key="unchecked",
            data={"algorithm": algorithm, **_data([each for _, each, _ in unchecked])},
        )


def _other_size(row: Row, entry: Entry) -> bool:
    return row.size.isascii() and row.size.isdecimal() and row.size.lstrip("0") != str(entry.size).lstrip("0")


@rule("HM103", "size-mismatch", Severity.ERROR, since="0.1.0")
def size_mismatch(wheel: Wheel) -> Iterator[Problem]:
    """A file of the wheel does not have the size that RECORD gives.

    It is a warning where RECORD gives no size at all. Where the hash differs too, HM102 says both.

    ## Why it matters
    The row was not written by what packed the file, so nothing else in RECORD can be relied upon.
    Installers that check RECORD refuse or complain. PyPI does not compare sizes.

    ## How to fix it
    Let the build backend write RECORD, and build the wheel again; or unpack it with
    `unzip -d folder NAME.whl` and pack it with `wheel pack folder`, which writes RECORD anew.

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
            if row.hash:  # a row with neither is a missing hash, which HM106 reports
                without.append((path, row))
        elif not (row.size.isascii() and row.size.isdecimal()):
            message = f"the size of {quoted(row.path)} is {quoted(row.size)}, not a number of bytes"
            data: dict[str, str | int] = {"path": row.path, "actual": entry.size, "expected": row.size}
            yield Problem(message, Location(path, row.line), fix, key=row.path, data=data)
        elif _other_size(row, entry):
            message = f"{quoted(row.path)} has {entry.size:,} bytes, RECORD gives {quoted(row.size)}"
            data = {"path": row.path, "actual": entry.size, "expected": row.size}
            yield Problem(message, Location(path, row.line), fix, key=row.path, data=data)
    if without:
        path, row = without[0]
        rows = [each for _, each in without]
        message = _all(rows, "has no size in RECORD")
        place = Location(path, row.line)
        yield Problem(message, place, fix, Severity.WARNING, key="missing", data=_data(rows))


@rule("HM104", "unlisted-file", Severity.ERROR, index=True, since="0.1.0")
def unlisted_file(wheel: Wheel) -> Iterator[Problem]:
    """A file of the wheel is not listed in RECORD.

    `RECORD.jws` and `RECORD.p7s` need not be, RECORD itself must. A backslash in a path of RECORD
    is read as a slash, so that a member whose path has one is never listed.

    ## Why it matters
    Somebody added the file after the build, or RECORD is not of this wheel. Whether it is
    installed depends on the installer, and it stays behind when the package is removed. By the
    specification an installer refuses such a wheel. PyPI announced to refuse it from 2026-02-01 on,
    and still took it with a warning by mail in August 2026; the profile `pypi` treats that as a
    refusal.

    ## How to fix it
    Add files before the wheel is built, and build it again; or unpack the wheel with
    `unzip -d folder NAME.whl` and pack it with `wheel pack folder`, which writes RECORD anew.
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
        what = "RECORD does not list itself" if member == path else "is not listed in RECORD"
        if "\\" in member and member.replace("\\", "/") in listed:
            what = "has a backslash in its path, and RECORD can only list it with a slash"
        yield Problem(f"{what}; {ANNOUNCED}", Location(member), fix, data={"path": member})


@rule("HM105", "listed-file-missing", Severity.ERROR, index=True, since="0.1.0")
def listed_file_missing(wheel: Wheel) -> Iterator[Problem]:
    """RECORD lists a file that the wheel does not hold, or one of its own signatures.

    ## Why it matters
    Something was taken out of the wheel after the build, or RECORD is not of this wheel. What is
    installed then lacks a file that was meant to be there, and an absolute path makes the
    removal of the package reach outside of it. PyPI announced to refuse such wheels from 2026-02-01
    on, and still took them with a warning by mail in August 2026; the profile `pypi` treats that as
    a refusal.

    ## How to fix it
    Leave files out of the build instead of deleting them from the wheel, and build it again; or
    unpack the wheel with `unzip -d folder NAME.whl` and pack it with `wheel pack folder`, which
    writes RECORD anew.

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
            what = "is listed in RECORD but not in the wheel"
            if row.path in signatures and row.path in wheel.by_path:
                what = "is listed in RECORD, which it signs and therefore comes after"
            message = f"{quoted(row.path)}{kind} {what}; {ANNOUNCED}"
            yield Problem(message, Location(path, row.line), fix, key=row.path, data={"path": row.path})


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    seen: set[str] = set()
    for row in rows:
        if row.path not in seen:
            seen.add(row.path)
            yield row


@rule("HM106", "weak-hash", Severity.ERROR, since="0.1.0")
def weak_hash(wheel: Wheel) -> Iterator[Problem]:
    """RECORD has files without a hash, with a weak one, or with one that is written wrongly.

    An algorithm that is at least as strong as sha256 is fine; one that no installer knows is a
    warning. So is a digest that is right but written in hex or padded: such wheels are published
    (gmsh 4.15.2 is one), and pip, which does not compare hashes, installs them.

    ## Why it matters
    The hash is what tells that a file is the one that was built. md5, sha1 and sha224 are not
    permitted in a wheel. Installers that check compare the digest as text, so that one which is
    padded, in the other base64 alphabet or in hex never matches. PyPI does not look at the
    hashes.

    ## How to fix it
    Let the build backend write RECORD: `sha256=` and the digest in URL-safe base64 without the `=`
    at its end. For a wheel that cannot be built again, `unzip -d folder NAME.whl` and then
    `wheel pack folder` write it anew.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#signed-wheel-files>
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>
    """
    faults: dict[tuple[str, bool], list[tuple[str, Row]]] = defaultdict(list)
    signatures = _signatures(wheel)
    for path, row, entry in _matches(wheel):
        if entry.path == path or entry.path in signatures or row.fields < 2:
            continue
        given = read_hash(row.hash)
        # Of a hash that is both written wrongly and wrong, the latter is the fault: HM102.
        if given.fault is not None and given.sha256 in (None, entry.sha256):
            faults[given.fault, given.mild].append((path, row))
    fix = repack(wheel)
    for (fault, mild), places in faults.items():
        path, row = places[0]
        others = f" and of {len(places) - 1:,} more" if len(places) > 1 else ""
        # A sha256 has 50 characters with its algorithm; longer ones are cut.
        value = f" ({quoted(row.hash, 60)})" if row.hash else ""
        yield Problem(
            f"the hash of {quoted(row.path)}{others} {fault}{value}",
            Location(path, row.line),
            fix,
            Severity.WARNING if mild else None,
            key=fault,
            data=_data([each for _, each in places]) | {"value": row.hash},
        )
