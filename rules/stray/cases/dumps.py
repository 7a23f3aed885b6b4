"""Cases of SF207 and SF208: dumps, logs and settings of tools."""

from __future__ import annotations

import json
import sqlite3

from fixtures.builders import Built
from fixtures.cases import bad, good
from fixtures.samples import LAYOUT, SECRETS, sdist, wheel

OTHERS = (*SECRETS, "SF101", "SF108", "SF201", "PV103")


def database(*statements: str) -> bytes:
    """Return an SQLite database, or what is enough of one where Python cannot make it in memory."""
    connection = sqlite3.connect(":memory:")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    if hasattr(connection, "serialize"):
        return bytes(connection.serialize())
    return b"SQLite format 3\0" + bytes(100) + "\n".join(statements).encode()


SQL_DUMP = b"""--
-- PostgreSQL database dump
--

CREATE TABLE person (name text);
COPY public.person (name) FROM stdin;
Ada
\\.
"""

NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "source": ["1 + 1"], "outputs": [{"data": {"text/plain": ["2"]}}]},
        {"cell_type": "markdown", "source": ["# Title"]},
    ],
    "nbformat": 4,
}


@bad("SF207", at="sample-1.0/backup.sql", also=OTHERS, says="is a database dump with rows")
def dump() -> Built:
    return sdist({"backup.sql": SQL_DUMP})


@bad("SF207", at="sample/data/full.SQL", also=OTHERS)
def dump_of_mysql() -> Built:
    rows = b"-- MySQL dump 10.13  Distrib 8.0\n--\nINSERT INTO `person` VALUES (1,'Ada');\n"
    return wheel({"sample/data/full.SQL": rows})


ROWS = b"""CREATE TABLE users (id int, name text, email text);
INSERT INTO users (id, name, email)
  VALUES (1, 'Ottilie', 'ottilie@kowalski.net');
"""


@bad("SF207", at="sample/data/backup.sql", also=OTHERS, says="is a database dump with rows")
def backup_without_a_header_in_a_package() -> Built:
    return wheel({"sample/data/backup.sql": b"insert into users values (1, 'Ada');\n"})


@bad("SF207", at="sample/data/people.sql", also=OTHERS, says="contains personal data (in the table 'users')")
def rows_of_users_in_a_package() -> Built:
    return wheel({"sample/data/people.sql": ROWS})


@bad("SF207", at="sample-1.0/tools/all.sql", also=OTHERS, says="'Customers'")
def rows_as_sql_server_scripts_them() -> Built:
    hashed = b"$2b$12$" + b"abcdefghijklmnopqrstuv" * 2
    return sdist(
        {"tools/all.sql": b"INSERT [dbo].[Customers] ([Id], [Hash]) VALUES (1, N'" + hashed + b"')\n"}
    )


@bad("SF207", at="sample-1.0/all.dump", also=OTHERS)
def packed_dump() -> Built:
    return sdist({"all.dump": b"PGDMP\x01\x0e\x00"})


@bad("SF207", at="sample/db.sqlite3", also=OTHERS, says="'auth_user'")
def database_of_an_application() -> Built:
    return wheel({"sample/db.sqlite3": database('CREATE TABLE "auth_user" ("id" integer)')})


@bad("SF207", at="sample-1.0/data.db", also=OTHERS, says="is a database")
def database_in_root_folder() -> Built:
    return sdist({"data.db": database("CREATE TABLE a (b)")})


@bad("SF207", at=("sample-1.0/debug.log", "sample-1.0/sub/nohup.out"), also=OTHERS)
def logs() -> Built:
    return sdist({"debug.log": b"2023-11-14 started\n", "sub/nohup.out": b"started\n"})


@bad("SF207", at="sample/run.log", severity="info", also=OTHERS)
def log_in_package() -> Built:
    return wheel({"sample/run.log": b"2023-11-14 started\n"})


@bad(
    "SF207",
    at="sample-1.0/core",
    also=("SD107", *OTHERS, *LAYOUT),
    says="is a core dump of a crashed program",
)
def core() -> Built:
    return sdist({"core": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x04\x00>\x00" + bytes(44)})


@bad(
    "SF207",
    at=(
        "sample-1.0/a.har",
        "sample-1.0/b.pcap",
        "sample-1.0/c.pid",
        "sample-1.0/d.dmp",
        "sample-1.0/e.hprof",
    ),
    also=OTHERS,
)
def recordings() -> Built:
    return sdist(
        {
            "a.har": b'{"log": {"version": "1.2", "entries": []}}\n',
            "b.pcap": b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(16),
            "c.pid": b"4242\n",
            "d.dmp": b"MDMP\x93\xa7",
            "e.hprof": b"JAVA PROFILE 1.0.2\0",
        }
    )


@bad(
    "SF207",
    at="sample-1.0/docs/a.ipynb",
    severity="info",
    also=OTHERS,
    says="2 notebooks with outputs (2 cells",
)
def notebooks() -> Built:
    data = json.dumps(NOTEBOOK).encode()
    return sdist({"docs/a.ipynb": data, "docs/b.ipynb": data + b"\n", "tests/c.ipynb": data + b"\n\n"})


@bad("SF207", at="sample-1.0/old.ipynb", severity="info", also=OTHERS)
def notebook_of_an_old_format() -> Built:
    return sdist({"old.ipynb": json.dumps({"worksheets": [NOTEBOOK], "nbformat": 3}).encode()})


@bad("SF207", at="sample/a.trace", also=OTHERS, config={"dump-or-log": {"extend": ["*.trace"]}})
def pattern_of_the_user() -> Built:
    return wheel({"sample/a.trace": b"x\n"})


@good("SF207")
def what_belongs_there() -> Built:
    schema = b"-- PostgreSQL database dump\nCREATE TABLE person (name text);\n"
    return sdist(
        {
            "sample/schema.sql": schema,
            "sample/migrations/0001.sql": b"INSERT INTO version VALUES (1);\n" + ROWS,
            "sample/seed.sql": ROWS,
            "sample/roles.sql": b"INSERT INTO users VALUES (1, 'admin', 'admin@example.com');\n",
            "sample/queries.sql": b"INSERT INTO users (email) SELECT email FROM people;\n-- a@kowalski.net\n",
            "sample/backup_tables.sql": b"CREATE TABLE backup (id int);\n",
            "sample/places.db": database("CREATE TABLE places (name text)"),
            "sample/core.json": b"{}\n",
            "sample/vocabularies/core": b'{"$id": "core"}\n',
            "sample/a.dump": b"dumped\n",
            "sample/log.py": b'"""Logs."""\n',
            "changes.log": b"1.0: first\n",
            "empty.log": b"",
            "tests/data/run.log": b"started\n",
            "tests/data/a.sqlite3": database("CREATE TABLE auth_user (id)"),
            "docs/clear.ipynb": b'{"cells": [{"cell_type": "code", "outputs": []}]}\n',
            "docs/broken.ipynb": b'{"outputs": [' * 9,
        }
    )


@good("SF207", config={"dump-or-log": {"allow": ["*.sql", "*.log", "*.ipynb"]}})
def allowed_dump() -> Built:
    return sdist({"demo.sql": SQL_DUMP, "a.log": b"x\n", "a.ipynb": json.dumps(NOTEBOOK).encode()})


# SF208


@bad("SF208", at=("sample/.github", "sample/.gitignore", "sample/tox.ini"), also=LAYOUT, says="(2 files")
def workflows() -> Built:
    return wheel(
        {
            "sample/.github/workflows/a.yml": b"on: push\n",
            "sample/.github/workflows/b.yml": b"on: push\n",
            "sample/.gitignore": b"*.log\n",
            "sample/tox.ini": b"[tox]\n",
        }
    )


@bad("SF208", at="sample-1.0.data/purelib/sample/.Flake8", also=LAYOUT)
def settings_in_data() -> Built:
    return wheel({"sample-1.0.data/purelib/sample/.Flake8": b"[flake8]\n"})


@good("SF208")
def settings_in_sdist() -> Built:
    return sdist({".github/workflows/a.yml": b"on: push\n", "tox.ini": b"[tox]\n", ".gitignore": b"*.log\n"})


@good("SF208")
def settings_in_templates() -> Built:
    return wheel(
        {
            "sample/templates/project/.gitignore": b"*.log\n",
            "sample/templates/project/noxfile.py": b'"""Sessions."""\n',
            "sample/project_skeleton/.gitignore": b"*.log\n",
            "sample/{{name}}/.gitignore": b"*.log\n",
            "sample/static/.gitkeep": b"",
        }
    )


@good("SF208", config={"project-tooling": {"allow": ["sample/starter/"]}})
def allowed_skeleton() -> Built:
    return wheel({"sample/starter/.gitignore": b"*.log\n"})
