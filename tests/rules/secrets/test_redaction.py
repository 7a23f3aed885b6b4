"""No rule, of whatever family, prints a secret that the audited file holds where the rule quotes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import tokens
from fixtures.builders import Metadata, Wheel, record_file, sample_metadata
from pkgaudit.api import ArchiveKind, BinaryFile, Entry, EntryType, Member, Window, quoted
from pkgaudit.rules.secrets import redaction
from pkgaudit.rules.secrets.place import mask
from pkgaudit.rules.secrets.redaction import secrets_in
from pkgaudit.rules.secrets.rules import without_secrets
from tests.support import audit, run
from tests.timing import is_linear, seconds

PASSWORD = tokens.random_text("password", 20)
TOKEN = tokens.checked_token("ghp")


def password(number: int) -> str:
    return tokens.random_text(f"password {number}", 20)


def pieces(secret: str, size: int = 8) -> set[str]:
    return {secret[at : at + size] for at in range(len(secret) - size + 1)}


@pytest.fixture
def leaky(tmp_path: Path) -> tuple[Path, list[str]]:
    """A wheel whose metadata and RECORD are full of secrets, and the secrets."""
    logins = [password(number) for number in range(6)]
    issued = [tokens.checked_token("ghp", f"token {number}") for number in range(6)]
    metadata: Metadata = sample_metadata()
    wheel, add = Wheel(metadata=metadata), metadata.add
    add("Requires-Dist", f"foo @ https://bot:{logins[0]}@git.acme-corp.io/foo.whl")
    add("Requires-Dist", f"bar @ git+https://{issued[0]}@github.com/a/b")
    add("Requires-Dist", f"baz @@ https://bot:{logins[1]}@git.acme-corp.io/baz.whl; [")
    add("Requires-Dist", f"long @ https://bot:{logins[2]}@git.acme-corp.io/{'folder/' * 20}long.whl")
    add("Requires-Dist", f"{'long-name' * 5} @ https://bot:{logins[3]}@git.acme-corp.io/{'folder/' * 9}x.whl")
    add("Project-URL", f"Internal Home, ftp://bot:{logins[4]}@git.acme-corp.io/foo")
    add("Download-URL", f"git://bot:{logins[5]}@git.acme-corp.io/foo.whl")
    add("Author-email", f"Bot {issued[1]} <bot@@acme-corp..io>")
    add("Classifier", f"Private :: {issued[2]}")
    add("License-Expression", issued[3])
    row = (f"sample/{issued[4]}", "md5=x", "many")
    wheel.record = record_file([*wheel.rows(), row, (f"sample/{issued[5]}.py", "", "")])
    return wheel.build().write(tmp_path), logins + issued


def test_nothing_is_told(leaky: tuple[Path, list[str]], tmp_path: Path) -> None:
    path, secrets = leaky
    baseline = tmp_path / "baseline.json"
    shown = [
        run(path, "--no-config", *arguments).output
        for arguments in ((), ("-v",), ("--format", "json"), ("--select", "MD,HM", "--format", "json"))
    ]
    run("baseline", path, "--no-config", "--output", baseline)
    shown.append(baseline.read_text())
    codes = {each["code"] for each in json.loads(shown[3])["findings"]}
    assert {"MD104", "MD110", "MD111", "HM105"} <= codes
    for secret in secrets:
        for text in shown:
            told = {piece for piece in pieces(secret) if piece in text}
            assert not told, (told, secret)


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            "Requires-Dist 'foo @ git+https://github.com/a/b@v1.0.0'",
            "ssh://git@github.com:22/a/b@main",
            "https://host.example.org:8080/path@1.2 and me@example.org",
            "https://bot:${PASSWORD}@host https://bot:<password>@host https://bot:***@host https://bot:%s@host",
            "https://x.org/?token=${TOKEN}&page=2#egg=sample",
            "revoke the token at https://github.com/settings/tokens first, then remove it",
            "'some/long/path/to/a/folder/of/files/and/then/some…file.cpython-312.so' is not in RECORD",
            f"GitHub token {mask(TOKEN)} (sha256 0123456789ab)",
            f"https://bot:{mask(PASSWORD)}@host https://{mask(TOKEN)}@host",
            "",
        ],
    )
    def test_what_is_no_secret_stays(self, text: str) -> None:
        assert without_secrets(text) == text

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            (f"foo @ https://bot:{PASSWORD}@host/x", f"foo @ https://bot:{mask(PASSWORD)}@host/x"),
            ("redis://:weak@host", "redis://:…@host"),
            ("https://bot:a/b#c@d@host/x", "https://bot:…@host/x"),
            ("https://me@acme.org:secret99@host", "https://me@acme.org:s…@host"),
            (f"git+https://{TOKEN}@github.com/a", f"git+https://{mask(TOKEN)}@github.com/a"),
            (f"https://{PASSWORD}@host", f"https://{mask(PASSWORD)}@host"),
            (f"https://{PASSWORD}:@host", f"https://{mask(PASSWORD)}:@host"),
            (
                f"six @ git+https://x.org/a#token={PASSWORD}",
                f"six @ git+https://x.org/a#token={mask(PASSWORD)}",
            ),
            (f"https://x.org/?a=1&api_key={PASSWORD}&b", f"https://x.org/?a=1&api_key={mask(PASSWORD)}&b"),
            (f"é {TOKEN} ü {TOKEN}", f"é {mask(TOKEN)} ü {mask(TOKEN)}"),
        ],
    )
    def test_what_is_one_is_masked(self, text: str, shown: str) -> None:
        assert without_secrets(text) == shown

    @given(st.integers(0, 120), st.integers(0, 120), st.sampled_from([TOKEN, tokens.pypi_token()]))
    def test_a_token_that_was_cut(self, before: int, behind: int, token: str) -> None:
        shown = without_secrets(quoted(f"{'a ' * before}{token}{' b' * behind}"))
        assert not [piece for piece in pieces(token[20:]) if piece in shown]

    @given(st.integers(0, 120), st.integers(0, 120))
    def test_a_password_that_was_cut(self, before: int, behind: int) -> None:
        text = quoted(f"{'a' * before} @ https://bot:{PASSWORD}@acme.io/{'b' * behind}")
        assert not [piece for piece in pieces(PASSWORD) if piece in without_secrets(text)]

    @given(st.text())
    def test_any_text_is_taken_and_once_is_enough(self, text: str) -> None:
        shown = without_secrets(text)
        assert without_secrets(shown) == shown

    @given(st.text(alphabet=":/@…a1 '", max_size=60))
    def test_any_url_is_taken_and_once_is_enough(self, text: str) -> None:
        shown = without_secrets(text)
        assert without_secrets(shown) == shown

    def test_both_halves_of_an_aws_key(self) -> None:
        key, secret = tokens.aws_pair()
        shown = without_secrets(f"{key}:{secret}")
        assert key not in shown
        assert not [piece for piece in pieces(secret) if piece in shown]

    def test_a_look_that_fails_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        failure = {"SE101": LookupError(TOKEN)}
        monkeypatch.setattr(redaction, "first_layer", lambda _: ([], failure))
        with pytest.raises(LookupError):
            without_secrets("text")


def in_file(text: str) -> list[str]:
    member = Member(Entry("sample/a.txt", EntryType.FILE), ArchiveKind.WHEEL)
    return list(secrets_in(BinaryFile(member, Window(text.encode()))))


class TestFile:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            (f"x = {TOKEN}", [TOKEN]),
            (f"https://bot:{PASSWORD}@intranet/x", [PASSWORD]),
            (f"https://{PASSWORD}:@intranet/x", [PASSWORD]),
            (f"https://intranet/x?api_key={PASSWORD}&page=2", [PASSWORD]),
            ("https://bot:${PASSWORD}@host https://bot:password@host https://bot:short@host", []),
            ("https://example.org:8080/path@1.2 git+https://github.com/a/b@v1.0.0", []),
            ("ssh://git@github.com:organization/repository2@main", []),
        ],
    )
    def test_what_is_masked_everywhere(self, text: str, found: list[str]) -> None:
        assert in_file(f"{text}\n") == found

    def test_a_private_key_as_it_is_written(self) -> None:
        key = tokens.armored("RSA ", tokens.rsa_key())
        assert any(key[100:200] in text for text in in_file(key))

    def test_time_is_linear(self) -> None:
        def measure(size: int) -> float:
            text = f"https://{'a1' * 1500}/@?a=1&{'token' * 100}\n" * size
            return seconds(lambda: in_file(text))

        assert is_linear(measure, 25, 100, factor=2, enough=0.2)


def test_secrets_mask_their_own_messages_alone(tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += f"# {TOKEN}\n# postgres://bot:{PASSWORD}@db.acme-corp.io/x\n".encode()
    messages = [each.message for each in audit(tmp_path, wheel.build()) if each.code.startswith("SE")]
    assert len(messages) == 2
    assert any(f"{mask(TOKEN)} (sha256 " in each for each in messages)
    assert any(f"({mask(PASSWORD)}, sha256 " in each for each in messages)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("runs \"os.environ['PASSWORD']='pthpassw34'\"", "runs \"os.environ['PASSWORD']='p…'\""),
        ('x(api_key = "correct horse")', 'x(api_key = "co…")'),
        ("{'db_password': 'hunter2'}", "{'db_password': '…'}"),
        ("TOKEN = '${TOKEN}'", "TOKEN = '${TOKEN}'"),
        (
            "the keys 'token', 'other' and 'name' = 'sample'",
            "the keys 'token', 'other' and 'name' = 'sample'",
        ),
    ],
)
def test_text_that_quoted_code_assigns_to_the_name_of_a_secret(text: str, expected: str) -> None:
    assert redaction.redact(text) == expected
    assert redaction.redact(expected) == expected
