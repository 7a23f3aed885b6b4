"""Recognize dumps, recordings and notebooks by their content."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pkgaudit.api import BinaryFile
from pkgaudit.late import dataclass, lazy

_HEAD = 1 << 16
"""Bytes at the beginning of a file that decide its kind."""

_LARGEST_NOTEBOOK = 32 << 20
"""Bytes of the largest notebook that is parsed: chosen, because JSON needs several times its size in memory
and outputs are only reported at info level."""

_MOST_CELLS = 10_000
"""Cells of a notebook that are read: a bound on hostile files, since real notebooks have at most a few
hundred."""

# Suffixes that SQLite and its frameworks use. For these suffixes and the next ones the content decides: a
# `.db` may be anything, and a `.sql` is mostly a schema or a migration, which belongs to the program.
_DATABASES = (".db", ".db3", ".sqlite", ".sqlite3")
# Suffixes of the files that database dump programs write, or that people give to such files.
_SQL = (".sql", ".dump", ".bak", ".backup", ".pgdump", ".pgsql", ".mysql")

# The first lines that pg_dump, mysqldump, phpMyAdmin, Adminer, `sqlite3 .dump` and SQL Server write. These
# programs also write schemas, so a dump must contain rows too.
_SQL_DUMP = lazy(
    rb"^-- (?:PostgreSQL database (?:cluster )?dump|(?:MySQL|MariaDB) dump|phpMyAdmin SQL Dump"
    rb"|Adminer |Host: .{0,200}Database: |Dumped (?:from|by))|^PRAGMA foreign_keys=OFF;\s*BEGIN TRANSACTION;"
    rb"|^/\*!40101 SET |^/\*{6} Object: ",
    re.MULTILINE | re.IGNORECASE,
)
_ROWS = lazy(
    rb"^[ \t]{0,80}(?:INSERT|REPLACE) (?:(?:IGNORE|OR \w{1,20}) )?(?:INTO |\[)"
    rb"|^COPY [^\n]{1,2000} FROM stdin",
    re.MULTILINE | re.IGNORECASE,
)
_ROWS_OF = lazy(
    rb"^[ \t]{0,80}(?:INSERT|REPLACE) (?:(?:IGNORE|OR \w{1,20}) )?(?:INTO )?(?P<table>[\w.\"`\[\]-]{1,200})"
    rb"(?=[\s(])[^;]{0,1000}?\bVALUES\b",
    re.MULTILINE | re.IGNORECASE,
)
"""The beginning of rows, with the name of their table."""

# Names that people give to copies of a database; schemas, migrations and initial rows have other names.
_COPY = lazy(
    r"(?:.*[^a-z])?(?:backups?|bak|dump(?:ed|s)?|export(?:s|ed)?|snapshot|prod|production|live)(?:[^a-z].*)?"
)
# The last part of the name of a table of people.
_PEOPLE = lazy(
    rb"(?:\w*_)?(?:users?|accounts?|customers?|clients?|members?|persons?|people|employees?|patients?|students?"
    rb"|contacts?|subscribers?|logins?|credentials?|sessions?|orders?|payments?|invoices?)",
    re.IGNORECASE,
)
# An e-mail address or a password hash: bcrypt, crypt, Argon2, Django. Addresses at the domains of RFC 2606
# are made up.
_PERSONAL = lazy(
    rb"[\w.+-]{1,64}@(?![\w.-]{0,99}\bexample\b)(?!test\.|localhost)[\w-]{1,63}\.[a-z]{2,}|\$2[aby]\$\d\d\$"
    rb"|\$(?:1|5|6|y|argon2\w{1,2})\$|pbkdf2_sha",
    re.IGNORECASE,
)
_OF_PROGRAM = lazy(
    r"(?:.*/)?(?:migrations?|seeds?|seeders?|alembic|flyway|liquibase)/.*|.*(?:seed|schema|init)[^/]*",
    re.DOTALL,
)
"""Paths of the SQL with which a program fills a new database."""

# Chosen: the rows of a table are alike, so a few hundred of them suffice. Both numbers bound the time.
_MOST_ROWS = 500
"""How many statements are searched."""
_ROW = 4_096
"""Bytes after the beginning of rows that are searched for an address."""

# Tables of Django, Alembic, Flask and browsers (`moz_`, `urls` of Chrome): an application uses a database
# that has them, while other databases in a package are considered its data.
_TABLES_OF_APPLICATIONS = lazy(
    rb"CREATE TABLE (?:IF NOT EXISTS )?[\"'`\[]?"
    rb"(?:django_(?:session|migrations|admin_log)|auth_user|alembic_version|flask_|sessions\b|moz_|urls\b)",
    re.IGNORECASE,
)

# Magic numbers of pcap in both orders, with microseconds and with nanoseconds, and of pcapng:
# https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
_CAPTURES = (
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x0a\x0d\x0d\x0a",
)
_ELF = b"\x7fELF"
_ET_CORE = 4  # e_type of a core file: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html


@dataclass(frozen=True)
class Dump:
    """The kind of a dump, and whether the kind is enough to show that the file is stray.

    ``what`` is the predicate of the message, ``kind`` the noun for programs, ``table`` the table that
    decided.
    """

    what: str
    kind: str
    is_sure: bool = True
    table: str | None = None


def find_dump(file: BinaryFile) -> Dump | None:
    """Return the kind of a file that is a dump, a database, a recording or a PID file; else None."""
    if file.window.offset:
        return None
    suffix = file.member.suffix
    name = file.member.name.casefold()
    data = file.data
    if data.startswith(_ELF):
        type_ = int.from_bytes(data[16:18], "big" if data[5:6] == b"\2" else "little")
        return Dump("is a core dump of a crashed program", "core dump") if type_ == _ET_CORE else None
    if suffix in _DATABASES or name in ("db.sqlite3", "dump.rdb"):
        return _database(data)
    if suffix in _SQL:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as PowerShell redirects output
            data = data.decode("utf-16", "ignore").encode("utf-8", "ignore")
        return _sql(data, file.path.casefold())
    if suffix == ".har":
        head = data[:_HEAD]
        return (
            Dump("is a browser recording with cookies", "browser recording")
            if b'"log"' in head and b'"entries"' in data
            else None
        )
    if suffix in (".pcap", ".pcapng", ".cap"):
        return (
            Dump("is a recording of network traffic", "network capture")
            if data.startswith(_CAPTURES)
            else None
        )
    if suffix in (".dmp", ".mdmp"):
        return (
            Dump("is a memory dump of a crashed program", "crash dump") if data.startswith(b"MDMP") else None
        )
    if suffix == ".hprof":
        return Dump("is a Java heap dump", "heap dump") if data.startswith(b"JAVA PROFILE") else None
    if suffix == ".pid":
        # Process IDs have at most seven digits on Linux (PID_MAX_LIMIT is 2²²); nine allow for other systems.
        return Dump("is a PID file", "process ID") if re.fullmatch(rb"\s*\d{1,9}\s*", data[:64]) else None
    return None


def _sql(data: bytes, path: str) -> Dump | None:
    """Return a copy of a database; schemas, migrations and initial rows belong to a program."""
    dump = Dump("is a database dump with rows", "database dump")
    if data.startswith(b"PGDMP"):
        return dump
    if _ROWS.search(data) is None:
        return None
    name = path.rpartition("/")[2][:255]  # NAME_MAX of the usual filesystems
    if _SQL_DUMP.search(data[:_HEAD]) is not None or _COPY.fullmatch(name):
        return dump
    if _OF_PROGRAM.fullmatch(path[-1_000:]):  # longer paths do not exist
        return None
    for match in islice(_ROWS_OF.finditer(data, 0, 4 * _HEAD), _MOST_ROWS):
        table = match["table"].rpartition(b".")[2].strip(b'"`[]')
        if _PEOPLE.fullmatch(table) and _PERSONAL.search(data, match.end(), match.end() + _ROW):
            said = table.decode("ascii", "replace")
            return Dump(f"contains personal data (in the table {said!r})", "database dump", table=said)
    return None


def _database(data: bytes) -> Dump | None:
    if data.startswith(b"REDIS0"):
        return Dump("is a database dump", "database dump")
    if not data.startswith(b"SQLite format 3\0"):
        return None
    # The schema begins on the first page, which has at most 64 KiB: https://www.sqlite.org/fileformat.html
    if match := _TABLES_OF_APPLICATIONS.search(data[: 4 * _HEAD]):
        table = match[0].split()[-1].strip(b"\"'`[").decode("ascii", "replace")
        return Dump(
            f"is the database of an application in use (with the table {table!r})", "database", table=table
        )
    return Dump("is a database", "database", is_sure=False)


@dataclass(frozen=True)
class Outputs:
    """How many cells of a notebook have outputs, and the size of the outputs in characters."""

    cells: int
    size: int


def find_outputs(file: BinaryFile) -> Outputs | None:
    """Return the outputs of a notebook, None if it has none."""
    if not file.window.whole or len(file.data) > _LARGEST_NOTEBOOK:
        return None
    try:
        notebook = json.loads(file.data)
    except (ValueError, RecursionError):
        return None
    cells, size = 0, 0
    for cell in _cells(notebook):
        outputs = cell.get("outputs")
        if isinstance(outputs, list) and outputs:
            cells += 1
            size += _size_of(outputs)
    return Outputs(cells, size) if cells else None


def _cells(notebook: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(notebook, dict):
        return
    sheets = notebook.get("worksheets")  # nbformat 3; since nbformat 4 the cells are at the top level
    groups = (
        [notebook.get("cells"), *(each.get("cells") for each in sheets if isinstance(each, dict))]
        if isinstance(sheets, list)
        else [notebook.get("cells")]
    )
    for group in groups:
        if isinstance(group, list):
            yield from (cell for cell in group[:_MOST_CELLS] if isinstance(cell, dict))


def _size_of(outputs: list[Any]) -> int:
    """Return the total length of all strings in outputs."""
    total = 0
    pending: list[Any] = [outputs]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            total += len(each)
        elif isinstance(each, list):
            pending += each
        elif isinstance(each, dict):
            pending += each.values()
    return total
