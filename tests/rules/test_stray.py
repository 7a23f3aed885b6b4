"""What counts as a stray file, beyond the cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.cases.stray import sdist, wheel
from pkgaudit.config import ConfigError, parse_config
from pkgaudit.rules._logins import find_login, is_placeholder, judge_settings
from tests.support import audit, registry


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (".pypirc", "[pypi]\nusername = ada\npassword: Zm9v\n", 3),
        (".pypirc", "[pypi]\nusername = ada\n", None),
        (".pypirc", "[distutils]\nrepository = https://ada:Zm9v@pypi.python.org\n", 2),
        (".netrc", "machine a\n  login b\n  password Zm9v\n", 3),
        (".netrc", "machine a login b\n", None),
        (".npmrc", "//r.python.org/:_authToken=npm_Zm9v\n", 1),
        (".npmrc", "_auth=Zm9vYmFy\n", 1),
        (".npmrc", "//r.python.org/:_authToken=${TOKEN}\n", None),
        (".npmrc", "# _authToken=npm_Zm9v\nregistry=https://registry.npmjs.org\n", None),
        (".yarnrc.yml", "npmAuthToken: Zm9vYmFy\n", 1),
        ("pip.conf", "[global]\nextra-index-url = https://a:Zm9v@pypi.python.org/simple\n", 2),
        (
            "pip.conf",
            "[global]\nextra-index-url = https://${USER}:${PASSWORD}@pypi.python.org/simple\n",
            None,
        ),
        ("pip.ini", "[global]\r\ntimeout = 60\r\n", None),
        (".git-credentials", "https://ada:Zm9v@git.python.org\n", 1),
        ("config.json", '{"auths": {"a": {"auth": "YTpi"}}}', 1),
        ("config.json", '{"auths": {"a": {}}, "credsStore": "desktop"}', None),
        ("credentials", "[default]\naws_access_key_id = A\naws_secret_access_key = Zm9v/bar\n", 3),
        ("kubeconfig", "users:\n- user:\n    client-key-data: Zm9v\n", 3),
        ("kubeconfig", "clusters: []\n", None),
        ("id_rsa", "-----BEGIN RSA PRIVATE KEY-----\n", 1),
        ("id_rsa", "see the vault\n", None),
        (".htpasswd", "ada:$apr1$Zm9v$YmFyYmF6\n", 1),
        (".htpasswd", "", None),
        ("service-account.json", '{"type": "x",\n"private_key": "-----BEGIN PRIVATE KEY-----"}', 2),
        ("service_account.json", '{"type": "x"}', None),
        ("credentials.json", '{"installed": {"client_secret": "Zm9vYmFy"}}', 1),
        ("main.tfvars", 'region = "a"\ndb_password = "Zm9v"\n', 2),
        ("main.tfstate", '{"resources": []}', None),
        (".terraformrc", 'credentials "a" {\n  token = "Zm9vYmFy"\n}\n', 2),
        (".vault-token", "hvs.Zm9vYmFy\n", 1),
        (".pgpass", "# host\nlocalhost:5432:*:ada:Zm9v\n", 2),
        (".my.cnf", "[client]\npassword=Zm9v\n", 2),
        ("README.md", "password = Zm9v", None),
    ],
)
def test_login(name: str, text: str, line: int | None) -> None:
    found = find_login(name, text.encode())
    assert (found.line if found else None) == line


@pytest.mark.parametrize(
    "value", ["${TOKEN}", "<token>", "your-token", "changeme", "xxxxxxxx", "password", "****", "''"]
)
def test_placeholder(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("PYTHONPATH=src\n", None),
        ("# nothing\n\n", None),
        ("VITE_API=https://api.python.org\nDEBUG=true\nPORT='8000'\n", None),
        ("API_KEY=\nAPI_TOKEN=your-token\n", None),
        ("A=1\nAPI_KEY=Zm9v\n", "API_KEY"),
        ("export DATABASE_URL=postgres://a:b@c/d\n", "DATABASE_URL"),
        ("a line of something else\n", ""),
    ],
)
def test_settings(text: str, variable: str | None) -> None:
    assert judge_settings(text.encode()).variable == variable


@given(
    st.binary(max_size=300),
    st.sampled_from([".pypirc", ".npmrc", "config.json", "a.tfvars", ".env", "id_rsa"]),
)
def test_any_text_is_read(data: bytes, name: str) -> None:
    find_login(name, data)
    judge_settings(data)


@pytest.mark.parametrize(
    "name", [".pypirc", ".npmrc", "pip.conf", "config.json", "a.tfvars", ".pgpass", ".htpasswd", "a.tfstate"]
)
@pytest.mark.parametrize(
    "text",
    [
        b" " * 200_000,
        b"\n" * 200_000,
        b"a" * 200_000,
        b":" * 200_000,
        b"password" * 30_000,
        b'"auth" ' * 30_000,
    ],
)
def test_long_text_is_read_in_time(name: str, text: bytes) -> None:
    find_login(name, text)
    judge_settings(text)


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        (rule.name, key)
        for rule in registry()
        if rule.code.startswith(("SF1", "SF2")) and rule.options
        for key in ("extend", "allow")
    ],
)
def test_every_rule_takes_patterns(rule: str, key: str) -> None:
    parse_config({rule: {key: ["*.x"]}}, "test").validate(registry())


def test_bad_pattern_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"\[cache\]"):
        parse_config({"cache": {"extend": ["!"]}}, "test").validate(registry())


@pytest.mark.parametrize(
    ("rule", "code", "name"),
    [
        ("cache", "SF201", ".mycache"),
        ("bytecode", "SF104", "x.bytecode"),
        ("build-leftover", "SF206", "libx.a"),
        ("own-artifact", "SF106", "other-1.0-py3-none-any.whl"),
        ("agent-file", "SF205", "NOTES.agent"),
    ],
)
def test_patterns_of_the_user_count(rule: str, code: str, name: str, tmp_path: Path) -> None:
    table: dict[str, Any] = {rule: {"extend": [name]}, "select": [code]}
    (finding,) = audit(tmp_path, wheel({f"sample/{name}": b"x\n"}), table)
    assert finding.location.member == f"sample/{name}"


def test_patterns_can_be_replaced(tmp_path: Path) -> None:
    table = {"cache": {"patterns": [".mine/"]}, "select": ["SF201"]}
    found = audit(tmp_path, sdist({".mine/x": b"x\n", ".tox/y": b"y\n"}), table)
    assert [finding.location.member for finding in found] == ["sample-1.0/.mine"]


def test_folder_is_one_finding_with_its_size(tmp_path: Path) -> None:
    files = {f".git/objects/{number:02}": b"x" * 1000 for number in range(500)}
    (finding,) = audit(tmp_path, sdist(files), {"select": ["SF"]})
    assert finding.message == "'.git/' (500 files, 500.0 kB) belongs to version control"
    assert finding.fix is not None
    assert finding.fix.endswith("prune .git")


def test_environment_is_one_finding(tmp_path: Path) -> None:
    files = {
        ".venv/pyvenv.cfg": b"home = /usr/bin\n",
        ".venv/lib/python3.11/site-packages/pip-26.0.dist-info/INSTALLER": b"pip\n",
        ".venv/lib/python3.11/site-packages/env/bin/activate": b"#\n",
    }
    (finding,) = audit(tmp_path, sdist(files), {"select": ["SF105"]})
    assert finding.location.member == "sample-1.0/.venv"
