"""What the search for passwords in modules, headers and calls of uploaders promises beside the cases."""

from __future__ import annotations

import ast

import pytest

from fixtures import tokens
from pkgaudit.api import ArchiveKind, BinaryFile, Entry, EntryType, Member, PythonFile, Window
from pkgaudit.rules.secrets import modules
from pkgaudit.rules.secrets.cases.passwords import BASIC, ENCODED, LINES, OTHERWISE, SECRET
from pkgaudit.rules.secrets.cases.publishing import PLACES
from pkgaudit.rules.secrets.redaction import secrets_in
from pkgaudit.rules.secrets.scan import look
from tests.timing import seconds


def _file(data: bytes, path: str = "sample/settings.py") -> BinaryFile:
    member = Member(Entry(path, EntryType.FILE), ArchiveKind.WHEEL, project="sample")
    return BinaryFile(member, Window(data))


def _places(file: BinaryFile) -> list[str]:
    found = look(file, "fast")
    assert not found.errors
    return [f"{each.secret.code}:{each.location.line}:{each.location.column}" for each in found.secrets]


def test_idle_nodes_are_skipped() -> None:
    tree = ast.parse("import os\nif not os.a + 1 == b'':\n    x = y = {'k': f(v, p='s')}\n")
    kept = [each for each in ast.walk(tree) if not isinstance(each, modules._IDLE)]
    assert list(modules._nodes(tree)) == kept
    assert len(kept) <= len(list(ast.walk(tree))) / 2


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_password_is_confidential(line: str) -> None:
    assert SECRET in set(secrets_in(_file(line.encode())))


def test_other_spellings_are_confidential() -> None:
    assert set(secrets_in(_file(LINES["in_a_header"].encode()))) == {SECRET, BASIC}
    (shown,) = set(secrets_in(_file(OTHERWISE["in_base64"].encode()))) - {SECRET}
    assert ENCODED in shown


@pytest.mark.parametrize(("path", "text"), PLACES.values(), ids=PLACES)
def test_no_message_shows_the_password_of_an_uploader(path: str, text: str) -> None:
    (placed,) = look(_file(text.encode(), path), "default").secrets
    value = placed.secret.text
    assert value not in repr(placed)
    assert value[:8] not in placed.secret.message + str(placed.secret.fix)


@pytest.mark.parametrize(
    ("before", "place"), [("\ufeff", "1:13"), ("# é\r\n", "2:13"), ("# coding: latin-1\n# é\n", "3:13")]
)
def test_places(before: str, place: str) -> None:
    encoding = "latin-1" if "latin" in before else "utf-8"
    data = f'{before}PASSWORD = "{SECRET}"\n'.encode(encoding)
    assert _places(_file(data)) == [f"SE105:{place}"]


def test_a_token_is_reported_as_a_token() -> None:
    token = tokens.checked_token("ghp")
    assert _places(_file(f'password = "{token}"\n'.encode())) == ["SE101:1:13"]
    assert _places(_file(f"TWINE_PASSWORD={tokens.pypi_token()}\n".encode(), "a.sh")) == ["SE101:1:16"]


@pytest.mark.parametrize(
    "text",
    [
        "def password(): pass\n",
        f"NAME = '{SECRET}'\n",
        f"class Client2:\n    pass\n\n\nNAME = '{SECRET}'\n",
        "PASSWORDS = ['PasswordV2Client', 'DB_PASSWORD_2']\n",
        "password = getpass('Password: ')\n",
    ],
)
def test_a_module_without_candidates_is_not_parsed(text: str) -> None:
    file = _file(text.encode())
    assert _places(file) == []
    python = file.window.view(PythonFile, file.member)
    assert python is not None
    assert "_parsed" not in vars(python)


def test_sources_that_cannot_be_parsed() -> None:
    assert _places(_file(f'password = "{SECRET}"\nprint "a"\n'.encode())) == []


@pytest.mark.parametrize(
    "text",
    [
        f'password = "{SECRET}"' + ' + "a"' * 500,
        "password = " + "str(" * 50 + f'"{SECRET}"' + ")" * 50,
        "password = " + "a or " * 900 + f'"{SECRET}"',
    ],
)
def test_deep_expressions(text: str) -> None:
    assert set(_places(_file(f"{text}\n".encode()))) <= {"SE105:1:4512"}


@pytest.mark.parametrize("name", ["sample/settings.py", "sample/run.ipynb", "sample/upload.sh"])
@pytest.mark.parametrize(
    "part",
    ["password='", "_pass ", "TWINE_PASSWORD=", "twine upload -p ", ".pypirc ", "Basic ", "Basic QUJD"],
)
def test_time(name: str, part: str) -> None:
    file = _file((part * (100_000 // len(part))).encode(), name)
    assert seconds(lambda: look(file, "default")) < 1
