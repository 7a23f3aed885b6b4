"""Every token of the catalogue is found in whatever it is written in, and near misses are no errors."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from fixtures import tokens
from fixtures.builders import Sdist, Wheel
from pkgaudit.api import ArchiveKind, BinaryFile, Entry, EntryType, Member, Severity, Token
from pkgaudit.model.member import Window
from pkgaudit.rules.secrets.catalogue.code_hosts import TOKENS
from pkgaudit.rules.secrets.found import Placed
from pkgaudit.rules.secrets.scan import look
from tests.support import audit

SAMPLES = [(token, sample) for token in TOKENS for sample in token.samples]
DECOYS = [(token, sample) for token in TOKENS for sample in token.decoys]


def label(value: object) -> str | None:
    """Return what a test is called by."""
    return value.name.replace(" ", "-") if isinstance(value, Token) else None


def _notebook(text: str) -> bytes:
    cell = {"cell_type": "code", "source": [f"token = {text!r}\n"], "outputs": []}
    return json.dumps({"cells": [cell], "nbformat": 4}).encode()


def _database(text: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table settings (name text, value text)")
    connection.execute("insert into settings values ('token', ?)", (text,))
    connection.commit()
    return connection.serialize() if hasattr(connection, "serialize") else text.encode()


@cache
def _library() -> bytes:
    """Return a real shared object: an extension module of the running Python."""
    import _ctypes

    place = getattr(_ctypes, "__file__", None) or sys.executable
    return Path(os.path.realpath(place)).read_bytes()[: 1 << 20]


def _inside(library: bytes, text: bytes) -> bytes:
    middle = len(library) // 2
    return library[:middle] + b"\0" + text + b"\0" + library[middle:]


SPELLINGS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "assignment": ("core.py", lambda text: f'"""Module."""\n\nTOKEN = "{text}"\n'.encode()),
    "call": ("core.py", lambda text: f'client = Client(host, token="{text}", retries=3)\n'.encode()),
    "single quotes": ("core.py", lambda text: f"connect('{text}')\n".encode()),
    "bytes": ("core.py", lambda text: f'KEYS = [b"{text}"]\n'.encode()),
    "index": ("core.py", lambda text: f'settings["token"]["{text}"] = 1\n'.encode()),
    "environment": ("service.env", lambda text: f"export TOKEN={text}\n".encode()),
    "shell": ("run.sh", lambda text: f"curl -H 'Authorization: Bearer {text}' -d x=1 $HOST\n".encode()),
    "yaml": ("config.yaml", lambda text: f"service:\n  token: {text}\n".encode()),
    "toml": ("config.toml", lambda text: f'[service]\ntoken = "{text}"\n'.encode()),
    "ini": ("config.ini", lambda text: f"[service]\r\ntoken={text}\r\n".encode()),
    "json": ("config.json", lambda text: json.dumps({"token": text, "next": 1}).encode()),
    "minified": ("main.js", lambda text: b"x" * 5000 + f'e={{t:"{text}",u:1}}'.encode() + b"y" * 5000),
    "notebook": ("example.ipynb", _notebook),
    "markdown": ("guide.txt", lambda text: f"Use `{text}` to log in.\n".encode()),
    "xml": ("config.xml", lambda text: f"<token>{text}</token>\n".encode()),
    "html": ("page.html", lambda text: f"<a href='/?a=1&amp;t={text}&amp;b=2'>x</a>".encode()),
    "escaped": ("data.json", lambda text: json.dumps({"script": f"set -e\n{text}\necho"}).encode()),
    "utf-16": ("notes.txt", lambda text: f"token = {text}\r\n".encode("utf-16")),
    "utf-16 big": ("notes.txt", lambda text: b"\xfe\xff" + f"token = {text}\r\n".encode("utf-16-be")),
    "utf-8 with mark": ("notes.txt", lambda text: f"token = {text}\r\n".encode("utf-8-sig")),
    "latin-1": ("notes.txt", lambda text: f"cl\xe9 = {text}\n".encode("latin-1")),
    "no extension": ("TOKEN", lambda text: text.encode()),
    "lock file": ("poetry.lock", lambda text: f'token = "{text}"\n'.encode()),
    "stylesheet": ("main.css.map", lambda text: json.dumps({"sourcesContent": [f"/* {text} */"]}).encode()),
    "swagger": ("swagger/api.json", lambda text: json.dumps({"x": text}).encode()),
    "database": ("data.sqlite3", _database),
    "shared object": ("core.so", lambda text: _inside(_library(), text.encode())),
    "windows library": ("core.pyd", lambda text: b"MZ" + _inside(_library(), text.encode("utf-16-le"))),
    "odd utf-16": ("core.dll", lambda text: b"MZ\0" + _inside(_library(), b"\0" + text.encode("utf-16-le"))),
}


def look_at(data: bytes, path: str) -> tuple[Placed, ...]:
    member = Member(Entry(path, EntryType.FILE), ArchiveKind.WHEEL)
    view = BinaryFile.of(member, Window(data))
    assert view is not None
    found = look(view, "fast")
    assert not found.errors
    return found.secrets


def names(found: tuple[Placed, ...]) -> str:
    return "; ".join(f"{each.secret.code} {each.secret.message}" for each in found)


def is_found(token: Token, found: tuple[Placed, ...]) -> bool:
    """Whether the kind is told, by its name and not as something milder than its samples are."""
    return any(
        each.secret.message.startswith(f"the {token.name} ") and each.secret.code is not None
        for each in found
    )


@pytest.mark.parametrize(("token", "sample"), SAMPLES, ids=label)
def test_is_found(token: Token, sample: str) -> None:
    """In every spelling; those in which it is not are named."""
    missed = {}
    for spelling, (name, write) in SPELLINGS.items():
        found = look_at(write(tokens.expand(sample, spelling)), f"sample/{name}")
        if not is_found(token, found):
            missed[spelling] = names(found)
    assert missed == {}


@pytest.mark.parametrize(("token", "sample"), DECOYS, ids=label)
def test_a_near_miss_is_no_error(token: Token, sample: str) -> None:
    """In no spelling; those in which it is one are named."""
    errors = {}
    for spelling in ("assignment", "call", "environment", "json", "shared object", "utf-16"):
        name, write = SPELLINGS[spelling]
        found = look_at(write(tokens.expand(sample, spelling)), f"sample/{name}")
        if any(each.secret.severity is Severity.ERROR for each in found):
            errors[spelling] = names(found)
    assert errors == {}


def _pythons() -> list[str]:
    """Return the paths of every CPython at hand."""
    known = {os.path.realpath(sys.executable): sys.executable}
    for minor in (*range(8, 20), "2.7"):
        name = f"python3.{minor}" if isinstance(minor, int) else f"python{minor}"
        if path := shutil.which(name):
            known.setdefault(os.path.realpath(path), path)
    for folder in (os.environ.get("PYENV_ROOT"), Path.home() / ".pyenv"):
        if folder:
            for found in sorted(Path(folder, "versions").glob("*/bin/python")):
                known.setdefault(os.path.realpath(found), str(found))
    return [*known.values()]


SHAPES = (
    "TOKEN = {!r}\n",
    "def login(client):\n    return client.login(user='me', token={!r})\n",
    "class Settings:\n    token = b{!r}\n    other = ('a', 'b')\n",
    "HEADERS = {{'Authorization': 'Bearer ' + {!r}, 'Accept': '*/*'}}\n",
)

COMPILE = """
import json, sys, py_compile, io
for source, target in json.load(open(sys.argv[1])):
    py_compile.compile(source, cfile=target, doraise=True)
"""


@pytest.mark.parametrize("python", _pythons(), ids=lambda path: Path(path).parts[-3])
def test_bytecode_of_every_python(python: str, tmp_path: Path) -> None:
    if subprocess.run([python, "-c", "import marshal"], capture_output=True).returncode:
        pytest.skip(f"{python} does not run")
    jobs: list[tuple[str, str]] = []
    written: list[tuple[Token, Path]] = []
    for number, (token, sample) in enumerate(SAMPLES):
        for shape_number, shape in enumerate(SHAPES):
            source = tmp_path / f"m{number}_{shape_number}.py"
            source.write_text(shape.format(tokens.expand(sample, f"bytecode {shape_number}")))
            jobs.append((str(source), f"{source}c"))
            written.append((token, Path(f"{source}c")))
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    subprocess.run([python, "-c", COMPILE, str(tmp_path / "jobs.json")], check=True, capture_output=True)
    missed = []
    for token, target in written:
        found = look_at(target.read_bytes(), f"sample/__pycache__/{target.name}")
        if not is_found(token, found):
            missed.append(f"{token.name} {target.name}: {names(found)}")
    assert not missed


def _zipped(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def _tarred(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


NESTED: dict[str, Callable[[bytes], tuple[str, bytes]]] = {
    "zip": lambda data: ("data.zip", _zipped("settings.py", data)),
    "wheel in wheel": lambda data: ("other-1.0-py3-none-any.whl", _zipped("other/settings.py", data)),
    "zip in zip": lambda data: ("data.zip", _zipped("inner.zip", _zipped("settings.py", data))),
    "gzip": lambda data: ("settings.json.gz", gzip.compress(data)),
    "tar": lambda data: ("data.tar.gz", _tarred("data/settings.py", data)),
}


@pytest.mark.parametrize("nesting", NESTED)
@pytest.mark.parametrize("kind", [Wheel, Sdist])
def test_nested_archives(kind: type[Wheel] | type[Sdist], nesting: str, tmp_path: Path) -> None:
    """Every kind at once: each in a file of its own in one inner archive."""
    for start in range(0, len(SAMPLES), 40):
        package = kind()
        wanted: list[tuple[str, Token]] = []
        for number, (token, sample) in enumerate(SAMPLES[start : start + 40]):
            name, data = NESTED[nesting](f'TOKEN = "{tokens.expand(sample, nesting)}"\n'.encode())
            package.files[f"sample/d{number}/{name}"] = data
            wanted.append((f"sample/d{number}/{name}", token))
        findings = audit(tmp_path, package.build(), {"select": ["SE"]})
        for path, token in wanted:
            mine = [each.message for each in findings if path in str(each.location)]
            assert any(each.startswith(f"the {token.name} ") for each in mine), (path, token.name, mine)


def test_base64_is_looked_into_where_a_format_says_so() -> None:
    """What is merely base64 anywhere is data; formats that encode passwords are read by name."""
    text = base64.b64encode(tokens.checked_token("ghp").encode()).decode()
    assert not look_at(f'DATA = "{text}"\n'.encode(), "sample/core.py")
