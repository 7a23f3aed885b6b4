"""Private keys are found however they are written, and what only looks like one is not."""

from __future__ import annotations

import base64
import html
import json
import quopri
import time
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import tokens
from pkgaudit.rules.secrets.keys import LITERALS, find_der_key, find_keys

PLAIN = {
    "PKCS #1": tokens.armored("RSA ", tokens.rsa_key()),
    "PKCS #8": tokens.armored("", tokens.pkcs8_key()),
    "EC": tokens.armored("EC ", tokens.ec_key()),
    "DSA": tokens.armored("DSA ", tokens.dsa_key()),
    "OpenSSH": tokens.armored("OPENSSH ", tokens.openssh_key()),
    "OpenPGP": tokens.armored("PGP ", tokens.pgp_key(), "Version: GnuPG v2\n\n"),
}
ENCRYPTED = {
    "PKCS #8": tokens.armored("ENCRYPTED ", tokens.encrypted_key()),
    "old": tokens.armored(
        "RSA ", tokens.random_bytes("e", 608), "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"
    ),
    "OpenSSH": tokens.armored("OPENSSH ", tokens.openssh_key("aes256-ctr")),
    "OpenPGP": tokens.armored("PGP ", tokens.pgp_key(254)),
    "PuTTY": tokens.putty_key("aes256-cbc"),
}


def _lines(text: str, before: str, behind: str) -> str:
    return "".join(f"{before}{line}{behind}\n" for line in text.splitlines())


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "DOS line ends": lambda text: text.replace("\n", "\r\n"),
    "old line ends": lambda text: text.replace("\n", "\r"),
    "JSON": lambda text: json.dumps({"private_key": text}),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"private_key": text})),
    "JSON with escaped slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON for HTML": lambda text: json.dumps(text).replace("+", "\\u002b").replace("=", "\\u003d"),
    "indented": lambda text: "key: |\n" + _lines(text, "    ", ""),
    "folded": lambda text: "key: >\n" + _lines(text, "  ", "\n"),
    "string literals": lambda text: "K = (\n" + _lines(text, '    b"', '\\n"') + ")",
    "joined string literals": lambda text: _lines(text, "    '", "\\n' +"),
    "joined by dots": lambda text: _lines(text, "    '", "' ."),
    "commented": lambda text: _lines(text, "# ", ""),
    "commented as in C": lambda text: _lines(text, "// ", ""),
    "added": lambda text: "@@ -1 +1 @@\n" + _lines(text, "+", ""),
    "removed": lambda text: "@@ -1 +1 @@\n" + _lines(text, "-", ""),
    "added and indented": lambda text: _lines(text, "+    ", ""),
    "added string literals": lambda text: _lines(text, "+    '", "\\n'"),
    "added, in JSON": lambda text: json.dumps({"patch": _lines(text, "+", "")}),
    "base64": _encode,
    "base64 without padding": lambda text: _encode(text).rstrip("=") + "\nNAME=value",
    "base64 on lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 in a block": lambda text: "k: |\n" + _lines(base64.encodebytes(text.encode()).decode(), "  ", ""),
    "base64 on lines in JSON": lambda text: json.dumps(base64.encodebytes(text.encode()).decode()),
    "in a block comment": lambda text: _lines(text, " * ", ""),
    "cited": lambda text: _lines(text, "> ", ""),
    "URL": lambda text: urllib.parse.quote(text),
    "form": lambda text: urllib.parse.quote_plus(text),
    "HTML": lambda text: html.escape(text).replace("\n", "&#10;").replace("+", "&#43;"),
    "HTML with breaks": lambda text: text.replace("\n", "<br/>"),
    "mail": lambda text: quopri.encodestring(text.encode()).decode(),
    "one line": lambda text: text.replace("\n", "\\n"),
}
ONE_LINE = {"PKCS #1", "PKCS #8", "EC", "DSA", "OpenSSH"}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", PLAIN)
def test_spellings(name: str, spelling: str) -> None:
    text = SPELLINGS[spelling](PLAIN[name])
    (key,) = find_keys(f"before\n{text}\nbehind")
    assert not key.encrypted
    assert key.data == next(find_keys(PLAIN[name])).data
    assert any(literal in text.encode() for literal in LITERALS)


@pytest.mark.parametrize("name", sorted(ONE_LINE))
def test_with_spaces_for_line_ends(name: str) -> None:
    assert len(list(find_keys(PLAIN[name].replace("\n", " ")))) == 1


@pytest.mark.parametrize("name", ENCRYPTED)
def test_encrypted(name: str) -> None:
    (key,) = find_keys(ENCRYPTED[name])
    assert key.encrypted


@pytest.mark.parametrize("version", [2, 3])
def test_putty(version: int) -> None:
    text = tokens.putty_key(version=version)
    (key,) = find_keys(text.replace("\n", "\r\n"))
    assert key.kind == "PuTTY private key"
    assert not list(find_keys(text.replace("Comment: me", "Comment: you")))


@pytest.mark.parametrize(
    "spelling",
    [
        "JSON",
        "JSON in JSON",
        "indented",
        "string literals",
        "commented",
        "cited",
        "added",
        "removed",
        "DOS line ends",
    ],
)
@pytest.mark.parametrize("encryption", ["none", "aes256-cbc"])
def test_putty_spellings(spelling: str, encryption: str) -> None:
    plain = tokens.putty_key(encryption)
    text = SPELLINGS[spelling](plain)
    (key,) = find_keys(f"before\n{text}\nbehind")
    assert key.encrypted == (encryption != "none")
    assert key.data == next(find_keys(plain)).data


def test_putty_in_a_list_of_lines() -> None:
    lines = tokens.putty_key().splitlines()
    for text in (json.dumps(lines), json.dumps(lines, indent=2), repr(lines)):
        assert len(list(find_keys(text))) == 1


def test_where_an_encoded_key_is() -> None:
    for name in PLAIN:
        encoded = _encode(PLAIN[name])
        (key,) = find_keys(f"tls.key: {encoded}\ntype: Opaque\n")
        assert (key.start, key.end) == (9, 9 + len(encoded))
        assert key.kind == next(find_keys(PLAIN[name])).kind
    public = PLAIN["EC"].replace("PRIVATE", "PUBLIC")
    assert not list(find_keys(_encode(public)))
    assert [key.kind for key in find_keys(_encode(public + PLAIN["EC"]))] == ["EC private key"]
    assert not list(find_keys(_encode("x" * 70_000 + PLAIN["EC"])))


def test_encoded_and_encrypted() -> None:
    for name, text in ENCRYPTED.items():
        if name != "PuTTY":
            (key,) = find_keys(_encode(text))
            assert key.encrypted


@pytest.mark.parametrize(
    ("data", "kind", "encrypted"),
    [
        (tokens.rsa_key(), "RSA private key", False),
        (tokens.pkcs8_key(), "PKCS #8 private key", False),
        (tokens.ec_key(), "EC private key", False),
        (tokens.dsa_key(), "DSA private key", False),
        (tokens.encrypted_key(), "PKCS #8 private key", True),
    ],
)
def test_a_file_in_der(data: bytes, kind: str, encrypted: bool) -> None:
    key = find_der_key(data)
    assert key is not None
    assert (key.kind, key.start, key.end, key.data, key.encrypted) == (kind, 0, len(data), data, encrypted)
    for size in range(len(data)):
        assert find_der_key(data[:size]) is None
    assert find_der_key(data + b"\0") is None
    assert find_der_key(data + data) is None


def test_what_is_like_a_key_in_der() -> None:
    sha256 = tokens.sequence(bytes.fromhex("0609608648016503040201"), b"\5\0")
    message = bytes.fromhex("a00b0201010201000201003000")
    for data in (
        tokens.sequence(sha256, tokens.octets(tokens.random_bytes("digest", 32))),
        tokens.sequence(tokens.integer(b"\1"), tokens.octets(b"community of a network"), message),
        tokens.sequence(tokens.integer(b"\1"), tokens.octets(bytes(32))),
        tokens.sequence(tokens.integer(b"\0"), sha256, tokens.octets(b"\xff" * 40)),
        tokens.sequence(*(tokens.integer(b"\0" + bytes([1]) * 5000) for _ in range(9))),
        b"",
        b"0",
    ):
        assert find_der_key(data) is None


@given(st.binary(max_size=300))
def test_random_bytes_are_no_file_in_der(data: bytes) -> None:
    assert find_der_key(data) is None
    assert find_der_key(b"\x30" + data) is None
    if len(data) > 127:
        assert find_der_key(b"\x30\x82" + len(data).to_bytes(2, "big") + data) is None


@pytest.mark.parametrize("kind", ["RSA", "EC", "OKP"])
def test_web_keys(kind: str) -> None:
    text = tokens.web_key(kind)
    for written in (
        text,
        json.dumps({"keys": [json.loads(text)]}, indent=1),
        json.dumps(text),
        repr(json.loads(text)),
    ):
        (key,) = find_keys(written)
        assert key.kind == "private JSON Web Key"
    public = {name: value for name, value in json.loads(text).items() if name not in ("d", "p", "q")}
    assert not list(find_keys(json.dumps(public)))
    assert not list(find_keys(json.dumps(json.loads(text) | {"d": "abc", "p": "AQAB"})))


def test_service_account() -> None:
    account = {"type": "service_account", "project_id": "sample", "private_key": PLAIN["PKCS #8"]}
    for text in (json.dumps(account), json.dumps(account, indent=2), json.dumps(json.dumps(account))):
        (key,) = find_keys(text)
        assert key.kind == "Google service account private key"
    (key,) = find_keys(json.dumps(account | {"type": "other"}))
    assert key.kind == "PKCS #8 private key"


@given(st.integers(1, 60), st.sampled_from(sorted(PLAIN)))
def test_a_cut_key_is_none(cut: int, name: str) -> None:
    (key,) = find_keys(PLAIN[name])
    label = PLAIN[name].partition("BEGIN ")[2].partition("PRIVATE")[0]
    assert not list(find_keys(tokens.armored(label, key.data[:-cut])))


@given(st.binary(max_size=300), st.sampled_from(["", "RSA ", "EC ", "OPENSSH ", "PGP ", "ENCRYPTED "]))
def test_random_bytes_are_no_key(data: bytes, label: str) -> None:
    for key in find_keys(tokens.armored(label, data)):
        assert label == "PGP "
        assert key.data[0] & 0x80


@given(st.text(alphabet="-BEGIN ENDPRIVATEKY\n=AM%20+\\&#;{}\"'kty:RSAd", max_size=400))
def test_any_text_is_read(text: str) -> None:
    mark = "-----BEGIN PRIVATE" + " KEY-----"
    list(find_keys(f"{mark}{text}-----END{text}{mark}"))
    list(find_keys(f'{{"kty":"RSA",{text}"d":"{text}"}}'))


@pytest.mark.parametrize(
    "part",
    [
        *(
            "-----BEGIN PRIVATE" + " KEY-----",
            "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIE\n",
            "BEGIN PRIVATE ",
        ),
        *(
            '{"kty":"RSA",',
            '"kty":"EC","d":"',
            "PuTTY-User" + "-Key-File-2: a\nEncryption: none\n",
            "-----END",
            "{",
        ),
        *("\n+", "\n-", "LS0tLS1C" + "RUdJTi", "LS0tLS1C" + "RUdJTi\n" + "A" * 999 + "!", "\\n  A", "\n  A "),
        *('" ', "'+", "\\n", "&#10;", "=\n", "# ", "----- BEGIN", "{'kty': 'OKP'}"),
    ],
)
def test_time_is_linear(part: str) -> None:
    begin = "-----BEGIN PRIVATE" + " KEY-----"
    text = begin + part * (600_000 // len(part)) + '-----END {"kty":"RSA"}'
    start = time.process_time()
    list(find_keys(text))
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "part",
    [
        "{" + '"kty":"EC"' * 810 + "}",
        '{"kty":"EC"' * 740 + "}",
        '{"kty":"EC",' + '"d":"AAAAA",' * 600 + "}",
        '"kty":"EC"',
        '"kty":"EC"}',
        '{"kty":"EC"',
        "{" * 4000 + '"kty":"EC"' + "}" * 4000,
    ],
)
def test_time_of_web_keys_is_linear(part: str) -> None:
    for size in (500_000, 2_000_000):
        text = part * (size // len(part)) + "}"
        start = time.process_time()
        assert not list(find_keys(text))
        assert time.process_time() - start < size / 1e6  # a second for a megabyte; it takes a fifth at most


def test_web_keys_side_by_side() -> None:
    keys = [json.loads(tokens.web_key("EC", seed)) for seed in "abc"]
    public = {"kty": "EC", "crv": "P-256", "x": "AAAAAA"}
    assert len(list(find_keys(json.dumps([public, *keys, public, keys[0]])))) == 4
    assert len(list(find_keys(json.dumps({"kty": "RSA", "of": keys})))) == 3
    assert len(list(find_keys(json.dumps({"kid": "{1}"} | keys[0] | {"more": {"a": 1}})))) == 1
