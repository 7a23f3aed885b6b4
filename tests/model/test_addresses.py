"""Addresses of indexes, and how they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgaudit.model.addresses import Address, index_of, known_indexes


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("https://packages.example.com", "https://packages.example.com/"),
        ("HTTPS://Packages.EXAMPLE.com:443/Team/", "https://packages.example.com/Team/"),
        ("  http://packages.example.com:80/  ", "http://packages.example.com/"),
        ("http://packages.example.com:443/", "http://packages.example.com:443/"),
        ("https://me:word@packages.example.com./", "https://packages.example.com/"),
        ("https://packages.example.com/a%20b/?x=1#y", "https://packages.example.com/a b/"),
        ("https://packages.example.com/a/./b/../c/", "https://packages.example.com/a/c/"),
        ("https://packages.example.com/../../a", "https://packages.example.com/a"),
        ("https://packages.example.com/a/%2e%2e/b", "https://packages.example.com/b"),
        ("https://[2001:DB8:0::1]:8080/", "https://[2001:db8::1]:8080/"),
        ("http://[::1%25lo]/", "http://[::1]/"),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://packages%2Eexample.com/", "https://packages.example.com/"),
    ],
)
def test_plain_form(text: str, plain: str) -> None:
    assert str(Address.parse(text)) == plain
    assert Address.parse(plain) == Address.parse(str(Address.parse(plain)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with https:// or http://"),
        ("packages.example.com", "does not begin with https:// or http://"),
        ("ftp://packages.example.com/", "does not begin with https:// or http://"),
        ("https:packages.example.com", "has no host"),
        ("https:///path", "has no host"),
        ("https://user:word@/", "has no host"),
        ("https://packages example.com/", "has no host"),
        ("https://packages.example.com:0/", "the port"),
        ("https://packages.example.com:65536/", "the port"),
        ("https://packages.example.com:x/", "the port"),
        ("https://[::1/", "the host of the address is not valid"),
        ("https://[x]/", "the host of the address is not valid"),
        (r"https://packages.example.com\@other.example.com/", "the host of the address is not valid"),
        ("https://packages.example.com%2F.other.example.com/", "the host of the address is not valid"),
        (f"https://{'ü' * 80}.example/", "the host of the address is not valid"),
    ],
)
def test_malformed(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        Address.parse(text)
    assert "word" not in str(caught.value)
    assert "example" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "other", "is_within"),
    [
        ("https://packages.example.com/team/prod/", "https://packages.example.com/", True),
        ("https://packages.example.com/team/", "https://packages.example.com/team", True),
        ("https://packages.example.com/teams/", "https://packages.example.com/team", False),
        ("https://packages.example.com/Team/", "https://packages.example.com/team", False),
        ("https://packages.example.com/team/../other", "https://packages.example.com/team", False),
        ("https://packages.example.com/", "https://packages.example.com/team", False),
        ("http://packages.example.com/", "https://packages.example.com/", False),
        ("https://packages.example.com:8443/", "https://packages.example.com/", False),
        ("https://packages.example.com.other.example/", "https://packages.example.com/", False),
        ("https://packages.example.com@other.example/", "https://packages.example.com/", False),
    ],
)
def test_is_within(text: str, other: str, is_within: bool) -> None:
    assert Address.parse(text).is_within(Address.parse(other)) is is_within


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("index.localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("[::1]", True),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("0.0.0.0", False),  # all addresses of this machine, but not only for it
        ("10.0.0.1", False),
        ("[2001:db8::1]", False),
    ],
)
def test_is_loopback(host: str, is_loopback: bool) -> None:
    assert Address.parse(f"http://{host}:8080/").is_loopback is is_loopback


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://upload.pypi.org/legacy/", "pypi"),
        ("https://upload.pypi.org/legacy", "pypi"),
        ("http://UPLOAD.pypi.org/", "pypi"),
        ("https://pypi.org/legacy/", "pypi"),
        ("https://pypi.python.org/pypi", "pypi"),
        ("https://test.pypi.org/legacy/", "testpypi"),
        ("https://packages.example.com/pypi.org/", None),
        ("https://pypi.org.example.com/", None),
    ],
)
def test_index(text: str, name: str | None) -> None:
    found = index_of(Address.parse(text))
    assert (None if found is None else found.name) == name


def test_known_indexes_have_valid_addresses() -> None:
    for each in known_indexes().values():
        for text in (each.upload, each.simple, *each.former_uploads):
            assert index_of(Address.parse(text)) == each


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text(host: str, path: str) -> None:
    """Any text is an address or an error, and an address means the same when it is read again."""
    try:
        made = Address.parse(f"https://{host}/{path}")
    except ValueError:
        return
    assert made.scheme == "https"
    assert Address.parse(f"https://{host}/{path}").is_within(made)
