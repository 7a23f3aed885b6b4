"""What tokens say of themselves, and which index an account is for."""

from __future__ import annotations

import pytest

from fixtures.homes import kinds
from pkgaudit.model.machine import Machine, Store, StoredFile
from pkgaudit.rules.credentials.accounts import accounts_of, links_of
from pkgaudit.rules.credentials.words import described
from pkgaudit.rules.secrets.proof import Scope, read_index_token

SCOPES = {
    "account": Scope.ACCOUNT,
    "legacy account": Scope.ACCOUNT,
    "none": Scope.UNKNOWN,
    "unknown": Scope.UNKNOWN,
}
"""The scopes of the kinds that are not limited."""


@pytest.mark.parametrize(("name", "token"), kinds().items(), ids=str.split)
def test_kinds_of_tokens(name: str, token: str) -> None:
    read = read_index_token(token)
    if name == "version 1":
        assert read is None
        return
    assert read is not None
    assert read.scope is SCOPES.get(name, Scope.LIMITED)
    assert read.site == ("test.pypi.org" if name == "test index" else "pypi.org")
    assert (read.expires is not None) == (name in ("trusted publishing", "legacy time"))
    assert ("sample" in read.projects) == (
        name in ("project", "two projects", "legacy project", "narrowed", "test index")
    )


def test_description_has_no_part_of_the_value() -> None:
    for value in (*kinds().values(), "pypi-", "x" * 5_000, "pypi-" + "é" * 40):
        text = described(value).replace("pypi-", "")
        assert f"{len(value):,} character" in text
        assert not [value[at : at + 4] for at in range(5, len(value) - 4) if value[at : at + 4] in text]


def only(*files: tuple[Store, str], **variables: str) -> str:
    """Return the address of the last account in files with these texts."""
    stored = [StoredFile(f"~/{number}", store, text) for number, (store, text) in enumerate(files)]
    return str(accounts_of(Machine(stored, variables))[-1].target)


class TestTarget:
    @pytest.mark.parametrize(
        ("store", "text", "target"),
        [
            (Store.PYPIRC, "[pypi]\npassword: a1\n", "https://upload.pypi.org/legacy/"),
            (Store.PYPIRC, "[server-login]\npassword: a1\n", "https://upload.pypi.org/legacy/"),
            (Store.PYPIRC, "[testpypi]\npassword: a1\n", "https://test.pypi.org/legacy/"),
            (Store.PYPIRC, "[corp]\npassword: a1\n", "None"),
            (Store.PYPIRC, "[pypi]\nrepository: https://A.net:443/b/\npassword: a1\n", "https://a.net/b/"),
            (Store.PYPIRC, "[pypi]\nrepository: ${URL}\npassword: a1\n", "None"),
            (Store.POETRY, '[pypi-token]\npypi = "a1"\n', "https://upload.pypi.org/legacy/"),
            (Store.POETRY, '[pypi-token]\ntestpypi = "a1"\n', "None"),
            (Store.PDM, '[repository.testpypi]\npassword = "a1"\n', "https://test.pypi.org/legacy/"),
            (Store.PDM, '[repository.pypi]\nurl = "https://a.net"\npassword = "a1"\n', "https://a.net/"),
            (Store.HATCH, '[publish.index]\nauth = "a1"\n', "https://upload.pypi.org/legacy/"),
            (Store.HATCH, '[publish.index]\nrepo = "test"\nauth = "a1"\n', "https://test.pypi.org/legacy/"),
            (Store.HATCH, '[publish.index]\nrepo = "https://a.net"\nauth = "a1"\n', "https://a.net/"),
            (
                Store.HATCH,
                '[publish.index]\nrepo = "b"\nauth = "a1"\n[publish.index.repos]\nb = "https://b.net"\n',
                "https://b.net/",
            ),
            (
                Store.HATCH,
                '[publish.index.repos.b]\nurl = "https://b.net"\nauth = "a1"\n',
                "https://b.net/",
            ),
            (Store.UV_CREDENTIALS, '[[credential]]\nservice = "a.net"\ntoken = "a1"\n', "https://a.net/"),
            (Store.PIP, "[global]\nfind-links = https:" + "//a:b1c2@a.net/x\n", "https://a.net/x"),
            (Store.NETRC, "machine test.pypi.org login a password b1", "https://test.pypi.org/"),
        ],
    )
    def test_of_a_file(self, store: Store, text: str, target: str) -> None:
        assert only((store, text)) == target

    def test_of_poetry_is_in_another_file(self) -> None:
        names = (Store.POETRY, '[repositories.corp]\nurl = "https://corp.net/"\n')
        assert only((Store.POETRY, '[http-basic.corp]\npassword = "a1"\n'), names) == "https://corp.net/"

    def test_of_a_variable(self) -> None:
        assert only(TWINE_PASSWORD="a1") == "None"
        assert only(TWINE_PASSWORD="a1", TWINE_REPOSITORY_URL="https://a.net/") == "https://a.net/"

    def test_upload_addresses(self) -> None:
        names = ("HATCH_INDEX_REPO", "FLIT_INDEX_URL", "UV_PUBLISH_URL", "PIP_INDEX_URL", "UV_INDEX")
        links = links_of(Machine(variables=dict.fromkeys(names, "https://a.net/")))
        assert [each.key for each in links if each.for_upload] == list(names[:3])

    @pytest.mark.parametrize("sign", ["/", "#", "?"])
    @pytest.mark.parametrize("before", ["", "ada:x@"])
    def test_part_of_a_password_is_no_host(self, before: str, sign: str) -> None:
        text = "[a]\nindex-url = http:" + f"//{before}QWxhZGRpbjpv{sign}cGVuc2VzYW1l@a.net/\n"
        assert links_of(Machine([StoredFile("a", Store.PIP, text)])) == []
        feed = "[a]\nindex-url = https://pkgs.dev.azure.com/o/_packaging/feed@Local/pypi/simple/\n"
        assert len(links_of(Machine([StoredFile("a", Store.PIP, feed)]))) == 1

    def test_user_and_password_of_an_address_are_decoded(self) -> None:
        text = "[a]\nindex-url = https:" + "//ada%40corp:p%40ss1@a.net/\n"
        (account,) = accounts_of(Machine([StoredFile("a", Store.PIP, text)]))
        assert (account.user, account.value) == ("ada@corp", "p@ss1")
