"""Dumps, logs and notebooks, told by their content where names cannot tell."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pkgaudit.api import BinaryFile

_HEAD = 1 << 16
"""Bytes of a file that are looked at to tell what it is."""

_LARGEST_NOTEBOOK = 32 << 20
"""Bytes of a notebook that is parsed: chosen, as JSON takes several times its size in memory. Outputs are an
info."""

_MOST_CELLS = 10_000
"""Cells of a notebook that are looked at: a bound on hostile files, since people scroll through some
hundred."""

# Suffixes that SQLite and the frameworks around it use. Of these and the next ones the content decides: a
# `.db` may be anything, and a `.sql` is mostly a schema or a migration, which belongs to the program.
_DATABASES = (".db", ".db3", ".sqlite", ".sqlite3")
# Suffixes that dump programs of databases write, or people give to what they write.
_SQL = (".sql", ".dump", ".bak", ".backup", ".pgdump", ".pgsql", ".mysql")

# The first lines that pg_dump, mysqldump, phpMyAdmin, Adminer, `sqlite3 .dump` and SQL Server write. A
# schema may come from them too, so rows count besides.
_SQL_DUMP = re.compile(
    rb"^-- (?:PostgreSQL database (?:cluster )?dump|(?:MySQL|MariaDB) dump|phpMyAdmin SQL Dump"
    rb"|Adminer |Host: .{0,200}Database: |Dumped (?:from|by))|^PRAGMA foreign_keys=OFF;\s*BEGIN TRANSACTION;"
    rb"|^/\*!40101 SET |^/\*{6} Object: ",
    re.MULTILINE | re.IGNORECASE,
)
_ROWS = re.compile(
    rb"^[ \t]{0,80}(?:INSERT|REPLACE) (?:(?:IGNORE|OR \w{1,20}) )?(?:INTO |\[)"
    rb"|^COPY [^\n]{1,2000} FROM stdin",
    re.MULTILINE | re.IGNORECASE,
)
_ROWS_OF = re.compile(
    rb"^[ \t]{0,80}(?:INSERT|REPLACE) (?:(?:IGNORE|OR \w{1,20}) )?(?:INTO )?(?P<table>[\w.\"`\[\]-]{1,200})"
    rb"(?=[\s(])[^;]{0,1000}?\bVALUES\b",
    re.MULTILINE | re.IGNORECASE,
)
"""The beginning of rows, with the table that they are of."""

# What people call a copy of a database; schemas, migrations and the first rows of a program have other names.
_COPY = re.compile(
    r"(?:.*[^a-z])?(?:backups?|bak|dump(?:ed|s)?|export(?:s|ed)?|snapshot|prod|production|live)(?:[^a-z].*)?"
)
# The last part of the name of a table with rows about people.
_PEOPLE = re.compile(
    rb"(?:\w*_)?(?:users?|accounts?|customers?|clients?|members?|persons?|people|employees?|patients?|students?"
    rb"|contacts?|subscribers?|logins?|credentials?|sessions?|orders?|payments?|invoices?)",
    re.IGNORECASE,
)
# An address of somebody, or the hash of a password: bcrypt, crypt, Argon2, Django. Those at the domains of
# RFC 2606 are made up.
_PERSONAL = re.compile(
    rb"[\w.+-]{1,64}@(?![\w.-]{0,99}\bexample\b)(?!test\.|localhost)[\w-]{1,63}\.[a-z]{2,}|\$2[aby]\$\d\d\$"
    rb"|\$(?:1|5|6|y|argon2\w{1,2})\$|pbkdf2_sha",
    re.IGNORECASE,
)
_OF_PROGRAM = re.compile(
    r"(?:.*/)?(?:migrations?|seeds?|seeders?|alembic|flyway|liquibase)/.*|.*(?:seed|schema|init)[^/]*",
    re.DOTALL,
)
"""Paths of what a program itself writes into a new database."""
_MOST_ROWS = 500
"""How many statements are looked at. Chosen: the rows of a table are alike. It bounds the time."""
_ROW = 4_096
"""Bytes behind the beginning of rows that may have an address. Chosen: some rows. It bounds the time."""

# Tables of Django, Alembic, Flask and browsers (`moz_`, `urls` of Chrome): a database that has them is one in
# use, while others in a package are taken for its data.
_TABLES_OF_APPLICATIONS = re.compile(
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
    """What a file is, and whether that alone tells that it was not meant to be packed.

    ``what`` is the end of the sentence, ``kind`` the noun for programs; ``table`` is what shows that a
    database is in use.
    """

    what: str
    kind: str
    is_sure: bool = True
    table: str | None = None


def find_dump(file: BinaryFile) -> Dump | None:
    """Return what a file is if it is a dump, a database, a capture or a log; else None."""
    if file.window.offset:
        return None
    suffix = file.member.suffix
    name = file.member.name.casefold()
    data = file.data
    if data.startswith(_ELF):
        type_ = int.from_bytes(data[16:18], "big" if data[5:6] == b"\2" else "little")
        return Dump("is the core of a program that crashed", "core dump") if type_ == _ET_CORE else None
    if suffix in _DATABASES or name in ("db.sqlite3", "dump.rdb"):
        return _database(data)
    if suffix in _SQL:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as shells of Windows redirect
            data = data.decode("utf-16", "ignore").encode("utf-8", "ignore")
        return _sql(data, file.path.casefold())
    if suffix == ".har":
        head = data[:_HEAD]
        return (
            Dump("is a recording of a browser, with cookies", "browser recording")
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
            Dump("is the memory of a program that crashed", "crash dump")
            if data.startswith(b"MDMP")
            else None
        )
    if suffix == ".hprof":
        return (
            Dump("is the memory of a Java program", "heap dump") if data.startswith(b"JAVA PROFILE") else None
        )
    if suffix == ".pid":
        # Process numbers have at most seven digits on Linux (PID_MAX_LIMIT is 2²²); nine leave place for
        # others.
        return (
            Dump("is the number of a process", "process ID")
            if re.fullmatch(rb"\s*\d{1,9}\s*", data[:64])
            else None
        )
    return None


def _sql(data: bytes, path: str) -> Dump | None:
    """Return whether SQL is a copy of a database; schemas, migrations and first rows belong to a program."""
    dump = Dump("is the dump of a database with its rows", "database dump")
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
            return Dump(f"contains rows of people (in the table {said!r})", "database dump", table=said)
    return None


def _database(data: bytes) -> Dump | None:
    if data.startswith(b"REDIS0"):
        return Dump("is the dump of a database", "database dump")
    if not data.startswith(b"SQLite format 3\0"):
        return None
    # The schema begins on the first page, which has at most 64 KiB: https://www.sqlite.org/fileformat.html
    if match := _TABLES_OF_APPLICATIONS.search(data[: 4 * _HEAD]):
        table = match[0].split()[-1].strip(b"\"'`[").decode("ascii", "replace")
        return Dump(
            f"is the database of an application in use (it has a table {table!r})", "database", table=table
        )
    return Dump("is a database", "database", is_sure=False)


@dataclass(frozen=True)
class Outputs:
    """How many cells of a notebook have outputs, and how many bytes these are."""

    cells: int
    size: int


def find_outputs(file: BinaryFile) -> Outputs | None:
    """Return what a notebook has of outputs, None if it has none."""
    if file.member.suffix != ".ipynb" or not file.window.whole or len(file.data) > _LARGEST_NOTEBOOK:
        return None
    if b'"outputs"' not in file.data:
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
    sheets = notebook.get("worksheets")  # nbformat 3; since 4 the cells are at the top
    groups = (
        [notebook.get("cells"), *(each.get("cells") for each in sheets if isinstance(each, dict))]
        if isinstance(sheets, list)
        else [notebook.get("cells")]
    )
    for group in groups:
        if isinstance(group, list):
            yield from (cell for cell in group[:_MOST_CELLS] if isinstance(cell, dict))


def _size_of(outputs: list[Any]) -> int:
    """Return how many characters the strings of outputs have."""
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
