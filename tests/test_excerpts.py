"""The lines that findings are on: the right ones, with a caret at the right place, and no secret in them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from fixtures import tokens
from fixtures.builders import Sdist, Wheel
from pkgaudit.config.config import Config
from pkgaudit.excerpts import LONGEST, Lines
from pkgaudit.finding import Excerpt, Finding, Location
from pkgaudit.model.entry import ArchiveKind, Entry, EntryType
from pkgaudit.model.member import Member, TextFile, Window
from tests.support import audit_paths

PASSWORD = "rA9vK2" + "mQ7xLp3TzW"


def excerpt(line: str, column: int | None = None, *, secret: bool = False) -> Excerpt | None:
    """Return the excerpt of the second of three lines."""
    member = Member(Entry("a.txt", EntryType.FILE), ArchiveKind.SDIST)
    lines = Lines()
    place = Location("a.txt", 2, column)
    lines.keep(TextFile.of(member, Window(f"first\n{line}\nlast\n".encode())), place)
    return lines.excerpt(place, lambda text: text.replace("TOKEN", "TO…"), secret)


def findings(folder: Path, built: Wheel | Sdist) -> list[Finding]:
    [*audits] = audit_paths([built.build().write(folder)], Config())
    return [finding for audit in audits for finding in audit.findings]


class TestLine:
    def test_indentation_is_left_out(self) -> None:
        assert excerpt("    import six  ", 12) == Excerpt("import six", 8)

    def test_tabs(self) -> None:
        assert excerpt("\ta\tb", 4) == Excerpt("a    b", 6)

    def test_empty(self) -> None:
        assert excerpt("   ") is None

    @pytest.mark.parametrize("column", [1, 80, 81, 500, 100_000, 199_999])
    def test_long_line(self, column: int) -> None:
        line = "." * (column - 1) + "X" + "." * (200_000 - column)
        found = excerpt(line, column)
        assert found is not None
        assert found.column is not None
        assert found.text[found.column - 1] == "X"
        assert len(found.text) <= LONGEST + 2

    def test_column_behind_the_end(self) -> None:
        found = excerpt("short", 400)
        assert found is not None
        assert found.text.endswith("short") or found.text == "…"


class TestMasks:
    def test_what_a_redaction_knows(self) -> None:
        assert excerpt("run TOKEN now", 11) == Excerpt("run TO… now", 9)

    @pytest.mark.parametrize(
        "line",
        [
            f"password = {PASSWORD}",
            f"{{'api_key': '{PASSWORD}'}}",
            f'DB_PASSWORD="{PASSWORD}" DEBUG=1',
            f"secret: {PASSWORD}",
            f"--token={PASSWORD}",
        ],
    )
    def test_values_under_telling_names(self, line: str) -> None:
        found = excerpt(line)
        assert found is not None
        assert PASSWORD not in found.text
        assert found.text.startswith(line[:4])

    @pytest.mark.parametrize("secret", [PASSWORD.lower(), "three words 12", "p@ss\"w0rd'x", "a;bcd,e:f/g"])
    @pytest.mark.parametrize(
        "line",
        [
            "passwd {}",
            "machine h login a password {}",
            "Authorization: Bearer {}",
            "Cookie: id={}; path=/",
            "mysql -u ada -p{} db",
            "mysql -p {} db",
            "curl -u ada:{} https://example.org",
            "twine upload --password {}",
            "IDENTIFIED BY '{}'",
            "<password>{}</password>",
            '<add key="Password" value="{}"/>',
            'os.environ["API_KEY"] = "{}"',
            'password = os.getenv("X", "{}")',
            'password: str = "{}"',
            '"password" : ["{}"]',
            '{{\\"password\\": \\"{}\\"}}',
            "DB_PASS={}",
            "encryption_key: !vault {}",
            "Server=x;Uid=sa;Pwd={};",
            "postgres://ada:{}@db.example.org/x",
            'credentials("ada", "{}")',
            "six @ git+https://example.org/six#token={}",
        ],
    )
    def test_passwords_of_any_look(self, line: str, secret: str) -> None:
        found = excerpt(line.format(secret))
        assert found is not None
        assert secret not in found.text
        assert not {"words", "w0rd", PASSWORD.lower()} & set(re.findall(r"\w+", found.text))

    @pytest.mark.parametrize(
        "line",
        [
            "from google.auth.credentials import Credentials, TokenState",
            "import secrets, tokenize",
            "Requires-Dist: google-auth>=2.0; extra == 'tokens'",
            "Requires-Dist: token-bucket (>=1.0)",
            "Author-email: Ada <ada@example.org>",
            "KeyError: 'HOME_OF_ADA'",
            "See [authentication](docs/auth.md) and the key ideas.",
        ],
    )
    def test_telling_words_that_tell_nothing(self, line: str) -> None:
        assert excerpt(line) == Excerpt(line)

    @pytest.mark.parametrize(
        "run", ["0123456789abcdef" * 2, "aB3dE5gH7jK9mN1pQ3sT5", "Zm9v+/Zm9vYmFy123456Ab==", "uye7Di6epzrDQ"]
    )
    def test_what_looks_random(self, run: str) -> None:
        assert excerpt(f"x {run} y") == Excerpt("x … y")

    @pytest.mark.parametrize(
        "line",
        [
            "from package.subpackage import some_long_name",
            "internationalization_of_names",
        ],
    )
    def test_words_stay(self, line: str) -> None:
        assert excerpt(line) == Excerpt(line)

    def test_redaction_that_fails_leaves_nothing(self) -> None:
        member = Member(Entry("a.txt", EntryType.FILE), ArchiveKind.SDIST)
        lines = Lines()
        lines.keep(TextFile.of(member, Window(b"text")), Location("a.txt", 1))
        assert lines.excerpt(Location("a.txt", 1), lambda _: None, False) is None


class TestSecretLines:
    """Of a line that holds a secret no more is shown than the name that it is given."""

    @pytest.mark.parametrize(
        ("line", "shown"),
        [
            ("DATABASE_PASSWORD=hunter-two", "DATABASE_PASSWORD=…"),
            ("export KEY = 'x y z'", "export KEY = …"),
            ('  "auth": "abc def",', '"auth": …'),
            ("- token: abc", "- token: …"),
            ("-----BEGIN " + "RSA PRIVATE KEY-----", "-----BEGIN " + "RSA PRIVATE KEY-----"),
        ],
    )
    def test_name_alone(self, line: str, shown: str) -> None:
        found = excerpt(line, secret=True)
        assert found is not None
        assert found.text == shown

    @pytest.mark.parametrize(("column", "shown"), [(1, 1), (7, 7), (8, 7), (9, 7), (99, 7)])
    def test_caret_is_under_what_is_left_out(self, column: int, shown: int) -> None:
        assert excerpt("KEY = 'abc'", column, secret=True) == Excerpt("KEY = …", shown)

    @pytest.mark.parametrize(
        "line",
        [
            "hunter-two",
            "machine example.org login bob password hunter-two",
            "aHVudGVyLXR3bw==",
            "aHVudGVyLXR3bw=",
            "hunter two: the password",
            "//host/:_authToken=abc",
        ],
    )
    def test_nothing_where_there_is_no_name(self, line: str) -> None:
        assert excerpt(line, secret=True) is None

    def test_other_findings_on_the_line(self, tmp_path: Path) -> None:
        """What is said of the same line by a rule that knows nothing of secrets shows no more of it."""
        sdist = Sdist()
        home = "/ho" + "me/alice/project/x.py"
        sdist.files[".env"] = f"DATABASE_URL=postgres://app:{PASSWORD}@db.internal/{home}\n".encode()
        found = findings(tmp_path, sdist)
        assert {each.code for each in found} & {"SF102", "SE104"}
        assert PASSWORD not in repr(found)

    def test_other_lines_of_a_file_for_credentials(self, tmp_path: Path) -> None:
        """The rule that knows such files names the gravest line, others may name another."""
        sdist = Sdist()
        host = "url = https://pypi.corp.inter" + "nal/simple hunter-two\n"
        sdist.files["pip.conf"] = f"[global]\nindex-url = https://a:{PASSWORD}@pypi.org/\n{host}".encode()
        found = [each for each in findings(tmp_path, sdist) if each.location.line == 3]
        assert {each.code for each in found} == {"PV103"}
        assert [each.excerpt for each in found] == [Excerpt("url = …")]

    def test_every_kind_of_token(self, tmp_path: Path) -> None:
        sdist = Sdist()
        values = {
            name: value for name, value in vars(tokens).items() if isinstance(value, str) and len(value) > 20
        }
        key = tokens.armored("RSA ", tokens.rsa_key())
        body = max(key.splitlines(), key=len)
        lines = [f"x = {value!r}" for value in values.values()]
        sdist.files["sample/made.py"] = "\n".join([*lines, json.dumps({"key": key}), key]).encode()
        found = findings(tmp_path, sdist)
        assert any(each.excerpt for each in found)
        assert body not in repr(found)


class TestRulesOverTheWhole:
    """They name lines of members whose content is gone: these are read once more."""

    def test_in_an_sdist(self, tmp_path: Path) -> None:
        sdist = Sdist()
        sdist.files["deploy/.env"] = f"A=1\n\nDATABASE_PASSWORD={PASSWORD}\n".encode()
        [found] = [each for each in findings(tmp_path, sdist) if each.code == "SF102"]
        assert found.location.line == 3
        assert found.excerpt == Excerpt("DATABASE_PASSWORD=…")

    def test_in_kept_metadata(self, tmp_path: Path) -> None:
        wheel = Wheel()
        assert wheel.metadata is not None
        wheel.metadata.set("Requires-Dist", "six @ https://example.org/six.zip")
        [found] = [each for each in findings(tmp_path, wheel) if each.code == "MD111"]
        assert found.excerpt == Excerpt("Requires-Dist: six @ https://example.org/six.zip")

    def test_in_an_archive_inside(self, tmp_path: Path) -> None:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("a/.env", f"DATABASE_PASSWORD={PASSWORD}\n")
        sdist = Sdist()
        sdist.files["data/inner.zip"] = inner.getvalue()
        found = [each for each in findings(tmp_path, sdist) if "!/" in (each.location.member or "")]
        assert [each.excerpt for each in found if each.code == "SF102"] == [Excerpt("DATABASE_PASSWORD=…")]
