"""What the readers of credential formats promise beside the cases: nothing missed, told, raised or slow."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fixtures import logins, tokens
from pkgaudit.rules._shared.patterns import compile_patterns
from pkgaudit.rules.secrets.index_urls import find_index_urls
from pkgaudit.rules.secrets.logins import manifests
from pkgaudit.rules.secrets.logins.env import judge_settings, read_environment
from pkgaudit.rules.secrets.logins.formats import CREDENTIAL_FILES, find_credentials, find_login, format_of
from pkgaudit.rules.secrets.logins.manifests import find_manifest_secrets
from pkgaudit.rules.secrets.logins.model import decode, is_placeholder, names_credential
from pkgaudit.rules.secrets.logins.read import read_ini, read_json, read_toml, read_yaml_lines
from pkgaudit.rules.secrets.logins.yaml import read_yaml
from pkgaudit.rules.secrets.place import mask
from tests.timing import seconds

IDS = [each.path for each in logins.CREDENTIALS]
TEXTS = [each for each in logins.CREDENTIALS if isinstance(each.text, str)]
PATHS = sorted(
    {each.path for each in logins.CREDENTIALS} | {".m2/settings.xml", ".htdigest", ".gem/credentials"}
)

SYNTAXES = (
    *(
        ".pypirc",
        ".npmrc",
        "uv.toml",
        ".yarnrc",
        ".yarnrc.yml",
        ".netrc",
        ".git/config",
        ".docker/config.json",
    ),
    *("kubeconfig", "id_rsa", ".htpasswd", "x.tfstate", "x.tfvars", ".vault-token", ".pgpass", ".my.cnf"),
    *(".m2/settings.xml", "x.p12", "x.jks", ".bash_history", ".cargo/credentials", "pip.conf"),
)
"""A file for each way of reading."""


@pytest.mark.parametrize("sample", logins.CREDENTIALS, ids=IDS)
class TestCredentials:
    def test_is_found(self, sample: logins.Sample) -> None:
        found = find_login(f"a/b/{sample.path}", sample.data)
        assert found is not None
        assert (found.line, found.weak) == (sample.line, sample.weak)

    def test_names_are_patterns(self, sample: logins.Sample) -> None:
        assert compile_patterns(CREDENTIAL_FILES).match(f"a/b/{sample.path}")
        assert format_of(sample.path.upper()) is not None
        assert format_of(f"x.zip!/{sample.path}") is not None

    def test_is_not_told(self, sample: logins.Sample) -> None:
        """What is kept, printed and put into tracebacks has no part of the secret but its mask."""
        found = find_login(sample.path, sample.data)
        assert found is not None
        kept = (
            repr(found) + repr(pickle.dumps(found)) + repr(list(find_credentials(sample.path, sample.data)))
        )
        for secret in (logins.PASSWORD, logins.OTHER, logins.BASIC):
            assert secret not in kept
            assert secret[:8] not in kept

    def test_placeholders_are_none(self, sample: logins.Sample) -> None:
        for slot in logins.SLOTS:
            text = logins.blanked(sample, slot)
            assert text is None or find_login(sample.path, text) is None, slot


@pytest.mark.parametrize("sample", TEXTS, ids=[each.path for each in TEXTS])
class TestTexts:
    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_encodings(self, sample: logins.Sample, encoding: str) -> None:
        found = find_login(sample.path, sample.data.decode().encode(encoding))
        assert found is not None
        assert found.line == sample.line

    @pytest.mark.parametrize("ends", ["\r\n", "\r"])
    def test_line_ends(self, sample: logins.Sample, ends: str) -> None:
        found = find_login(sample.path, sample.data.decode().replace("\n", ends).encode())
        assert found is not None
        assert found.line == sample.line


ENDS_WITH_IT = (".vault-token", "main.tfstate", "service-account.json")
"""What is looked for is the last thing in these files, and so it is in files of keys."""

MORE = [each for each in TEXTS if each.path not in ENDS_WITH_IT and "PRIVATE" not in str(each.text)]


@pytest.mark.parametrize("sample", MORE, ids=[each.path for each in MORE])
def test_damage_at_the_end(sample: logins.Sample) -> None:
    text = sample.data.decode().rstrip("\n\"'}] ;")
    for tail in ("", "\n]]]}}\n", "\n\0\0\xff", '\n"', "\n{% endif %}\n[["):
        found = find_login(sample.path, (text + tail).encode())
        assert found is not None, tail
        assert found.line == sample.line


LARGE = 300_000
"""More characters than any format is parsed as a whole with."""

LONGER = [each for each in TEXTS if each.path != ".vault-token"]  # that one is a single word


@pytest.mark.parametrize("sample", LONGER, ids=[each.path for each in LONGER])
def test_in_a_large_file(sample: logins.Sample) -> None:
    line = "// x\n" if sample.data[:1] == b"{" else "# x\n" if "history" not in sample.path else "ls\n"
    found = find_login(sample.path, (line * (LARGE // len(line))).encode() + sample.data)
    assert found is not None
    assert found.what


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        (".pypirc", "[pypi]\n  username = a\n  password = Zm9v\n", "a password for pypi"),
        (".pypirc", "[pypi]\nusername = a\n  password = Zm9v\n", "a password for pypi"),
        (".pypirc", "[pypi]\nusername = a\n# password = Zm9v\n", None),
        (".pypirc", "[pypi]\npassword = $ecret99!\n", "a password for pypi"),
        ("keyring_pass.cfg", "[my_2Dhost]\nada = \n\tdHIwdWI0\n\tZG9yOXg=\n", "a password for my-host"),
        ("keyring_pass.cfg", "[keyring_2Dsetting]\nscheme = \n\tUEJLREYy\n", None),
        ("keyring_pass.cfg", "[a]\nada = \n[b]\nada = no base64!\n", None),
        ("crypted_pass.cfg", "[keyring_2Dsetting]\nversion = \n\teyJhIjogMX0=\n", None),
        (".envrc", "export DB_PASSWORD='tr0ub4dor-Horse9'\n", "a secret (DB_PASSWORD)"),
        (
            ".envrc",
            "export DB_PASSWORD=postgres1\nexport TOKEN=$(pass show pypi1)\nexport A_ID=Ab3-xY9zQ8\n",
            None,
        ),
        (".envrc", "use flake\nexport PYPI_TOKEN_FILE=/run/Ab3-xY9zQ8\n", None),
        (".envrc", "export TWINE_PASSWORD='four plain words'\n", "a secret (TWINE_PASSWORD)"),
        (".envrc", "export TWINE_PASSWORD=$(pass show pypi)\nexport UV_PUBLISH_TOKEN=\n", None),
        ("hatch/config.toml", '[publish.index]\nuser = "a"\nauth = "Zm9v"\n', "a token for index"),
        ("hatch/config.toml", '[project]\nauth = "Zm9v"\n[publish.index]\nauth = ""\n', None),
        ("auth.toml", '[http-basic.a]\npassword = "Zm9v"\n', "a credential (http-basic.a.password)"),
        ("auth.toml", '[pypi-token]\na = "Zm9v"\n', "a credential (pypi-token.a)"),
        ("auth.toml", '[reset]\npassword = "Choose a password"\ntoken = "none"\n', None),
        ("credentials.toml", '[[credential]]\ntoken = "Zm9v"\n', "a credential (credential.0.token)"),
        ("credentials.toml", '[registries.a]\ntoken = "Zm9v"\n', "a credential (registries.a.token)"),
        ("credentials.toml", '[db]\npassword = "Ab3-xY9zQ8w"\n', "a secret (db.password)"),
        ("credentials.toml", '[db]\npassword = "localhost"\nuser = "Ab3-xY9zQ8w"\n', None),
        (".cargo/credentials.toml", '[db]\npassword = "Zm9v"\n', "a secret (db.password)"),
        (
            "pip.conf",
            "[global]\nindex-url = https:" + "//a:Zm9v@corp/simple\n",
            "a URL with a password for corp",
        ),
        (".netrc", "machine a login anonymous password a@b.org\n", None),
        (".netrc", 'machine a login b password "Zm 9v"\n', "a password for a"),
        (".netrc", "machine\na\nlogin\nb\npassword\nZm9v\n", "a password for a"),
        (".netrc", "# machine a login b password Zm9v\n", None),
        (".npmrc", "//a.org/:_authToken=${T}\n//b.org/:username=ada\n", None),
        (".npmrc", "_auth=" + base64.b64encode(b"ada:${P}").decode(), None),
        (
            ".git/config",
            '[credential "https://a:Zm9v@b.org"]\n\thelper = store\n',
            "a URL with a password for b.org",
        ),
        (".git/config", '[remote "a"]\n\turl = git@github.com:a/b.git\n', None),
        (".git/config", '[remote "a"]\n\turl = https://ada@github.com/a/b.git\n', None),
        (".docker/config.json", '{"auths": {"a": {}}, "credsStore": "desktop"}', None),
        (".kube/config", "users:\n- user: {client-key-data: REDACTED, token: DATA+OMITTED}\n", None),
        (".kube/config", "a: &a [*a, *a]\nusers: [{user: {password: Zm9vYmFy}}]", "a password for a cluster"),
        (".my.cnf", "[client]\npassword\nuser=a\n", None),
        (".pgpass", "a:1:b:c:d\\:e\\\\f\n", "a password for a"),
        ("x.tfvars", 'password = var.x\nname = "a"\n', None),
        (
            "x.tfstate",
            '{"outputs": {"db_password": {"value": "Zm9v"}}}',
            "a credential (db_password of an output)",
        ),
        ("x.tfstate", '{"resources": [], "outputs": {"key_name": {"value": "Zm9v"}}}', None),
        (".gem/credentials", "---\n:rubygems_api_key: rubygems_Zm9v\n", "a key for a gem server"),
        (".m2/settings.xml", "<server><password>Zm9v</password></server>", "a password"),
        (".m2/settings.xml", "<server><password>${env.P}</password></server>", None),
        (".htdigest", "ada:realm:" + "0123456789abcdef" * 2, "a password hash"),
        (".htpasswd", "", None),
        ("id_rsa", "-----BEGIN RSA PRIVATE" + " KEY-----\n", None),
        ("service_account.json", '{"private_key": "-----BEGIN PRIVATE' + ' KEY-----"}', None),
        ("credentials.json", '{"client_id": "a", "auth_uri": "https://a.org"}', None),
        (".bash_history", "", None),
        (".bash_history", "echo $PASSWORD\nexport TOKEN=$(pass show a)\n", "a history of typed commands"),
        ("README.md", "password = Zm9v", None),
        ("config.json", '{"auth": "Zm9vOmJhcg=="}', None),
        ("credentials", "aws_secret_access_key = Zm9v", None),
    ],
)
def test_formats(path: str, text: str, what: str | None) -> None:
    found = find_login(path, text.encode())
    assert (found.what if found else None) == what


def test_names_of_registries_are_masked() -> None:
    login = f"https://ada:{logins.PASSWORD}@r.org"
    for path, text in (
        (".git/config", f'[credential "{login}"]\n\tpassword = {logins.OTHER}\n'),
        (".docker/config.json", f'{{"auths": {{"{login}": {{"auth": "{logins.BASIC}"}}}}}}'),
        (".npmrc", f"//ada:{logins.PASSWORD}@r.org/:_authToken={logins.OTHER}\n"),
        (".pypirc", f"[{login}]\npassword = {logins.OTHER}\n"),
    ):
        assert logins.PASSWORD not in repr(find_login(path, text.encode()))


@pytest.mark.parametrize(
    "slot",
    [*logins.SLOTS, "${A}-${B}", "!vault |", "op://a/b", "REDACTED", "(sensitive value)", "pypi-", "pypi-$T"],
)
def test_placeholder(slot: str) -> None:
    assert is_placeholder(slot)


@pytest.mark.parametrize("value", ["Zm9v", "hunter3", "correct horse", logins.PASSWORD, tokens.pypi_token()])
def test_no_placeholder(value: str) -> None:
    assert not is_placeholder(value)


def test_names_of_credentials() -> None:
    yes = "password dbPassword secret_key api-key client_secret authToken private_key_pem PGPASSWORD"
    no = "token_type secret_name key_name private_key_id password_length public_key secret_arn bypass key"
    assert [each for each in yes.split() if not names_credential(each)] == []
    assert [each for each in no.split() if names_credential(each)] == []


class TestReaders:
    def test_json(self) -> None:
        table = {"a": [{"b": "x"}, "y", 3], "c": {"d": 'e"\n', "f": None}}
        for text in (json.dumps(table), json.dumps(table, indent=2)):
            assert [(each.path, each.value) for each in read_json(text)] == [
                (("a", "0", "b"), "x"),
                (("a", "1"), "y"),
                (("c", "d"), 'e"\n'),
            ]

    def test_yaml_and_its_lines_agree(self) -> None:
        text = "a:\n  b: x\n  c:\n  - d: 'y'\n    e: z # f\n---\ng: |\n  h\n  i\n"
        parsed = [(each.key, each.value.strip(), each.line) for each in read_yaml(text)]
        assert parsed == [("b", "x", 2), ("d", "y", 4), ("e", "z", 5), ("g", "h\ni", 8)]
        assert [(each.key, each.value.strip(), each.line) for each in read_yaml_lines(text)] == parsed

    def test_yaml_with_slots(self) -> None:
        text = "a: {{ .Values.a }}\nb:\n  {{- if x }}\n  password: Zm9v\n"
        assert ("password", "Zm9v", 4) in [(each.key, each.value, each.line) for each in read_yaml(text)]

    def test_yaml_aliases(self) -> None:
        bomb = "a: &a [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1 or ''}, *a]\n" for i in range(1, 30))
        assert len(list(read_yaml(bomb))) < 1000
        assert [each.value for each in read_yaml("a: &x Zm9v\nb: *x\n")] == ["Zm9v", "Zm9v"]

    def test_toml(self) -> None:
        text = 'a = "x"\n[b]\na = "y"\nc = ["z", """\nw"""]\n'
        assert [(each.path, each.value, each.line) for each in read_toml(text)] == [
            (("a",), "x", 1),
            (("b", "a"), "y", 3),
            (("b", "c", "0"), "z", 4),
            (("b", "c", "1"), "w", 5),
        ]

    def test_toml_that_is_damaged(self) -> None:
        assert [(each.path, each.value) for each in read_toml('[a]\nb = "x"\n]]]')] == [(("a", "b"), "x")]

    def test_ini(self) -> None:
        text = "[a]\nb: c\n  d\n;e = f\ng = 'h' ; i\n[j]k = l"
        assert [(each.path, each.value, each.line) for each in read_ini(text)] == [
            (("a", "b"), "c", 2),
            (("a", "b"), "d", 3),
            (("a", "g"), "h", 5),
            (("j", "k"), "l", 6),
        ]

    def test_environment(self) -> None:
        text = "A=1\nexport B = 'x # y' # z\nC=\"two\nlines\"\nD=a#b # c\nE=\n#F=1\nG=`x`\n H=it's\n"
        assert [(each.path[0], each.value, each.line) for each in read_environment(text)] == [
            ("A", "1", 1),
            ("B", "x # y", 2),
            ("C", "two\nlines", 3),
            ("D", "a#b", 5),
            ("E", "", 6),
            ("G", "x", 8),
            ("H", "it's", 9),
        ]

    def test_commands_in_a_script(self) -> None:
        text = "A=`pass a`\nB=\"`pass b`\"\nC='`c`'\nD=$(pass d)\n"
        assert [each.value for each in read_environment(text, is_script=True)] == [
            "$(pass a)",
            "$(`pass b`)",
            "`c`",
            "$(pass d)",
        ]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1"])
    def test_decode(self, encoding: str) -> None:
        assert decode("password = abcdefgh\r\n".encode(encoding)) == "password = abcdefgh\n"


class TestSettings:
    @pytest.mark.parametrize(
        ("text", "variable", "line"),
        [
            ("PYTHONPATH=src\n", None, None),
            ("# nothing\n\n", None, None),
            ("VITE_API=https://api.python.org\nDEBUG=true\nPORT='8000'\n", None, None),
            ("API_KEY=\nAPI_TOKEN=your-token\nB=${A}\n", None, None),
            ("A=1\nNAME=ada x\nAPI_KEY=Zm9v\n", "API_KEY", 3),
            ("export DATABASE_URL=postgres://a:Zm9v@c/d\n", "DATABASE_URL", 1),
            ("KEY='a\nb'\nDEBUG=1\n", "KEY", 1),
            ("a line of something else\n", "", None),
        ],
    )
    def test_variable(self, text: str, variable: str | None, line: int | None) -> None:
        found = judge_settings(text.encode())
        assert (found.variable, found.line) == (variable, line)

    def test_value_is_not_told(self) -> None:
        found = judge_settings(f"API_KEY={logins.PASSWORD}\n".encode())
        assert found.masked == mask(logins.PASSWORD)
        assert found.value_digest
        assert logins.PASSWORD not in repr(found)


def _secret(data: dict[str, str], kind: str = "data", name: str = "Secret") -> bytes:
    lines = "".join(f"  {key}: {value}\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: {name}\nmetadata:\n  name: a\n{kind}:\n{lines}".encode()


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class TestManifests:
    def test_values_are_decoded(self) -> None:
        data = b"a: b\n---\n" + _secret({"username": _encoded("ada"), "password": _encoded(logins.PASSWORD)})
        (found,) = find_manifest_secrets(data)
        assert (found.key, found.value, found.line, found.weak) == ("password", logins.PASSWORD, 9, False)
        assert logins.PASSWORD not in repr(found)

    @pytest.mark.parametrize(
        "kind",
        [
            *("kind: Secret", '"kind" : "Secret"', "kind: !!str 'Secret'", "kind: # text\n  Secret"),
            *("? kind\n: Secret", "x: &s Secret\nkind: *s"),
        ],
    )
    def test_kinds(self, kind: str) -> None:
        data = f"{kind}\ndata:\n  password: {_encoded(logins.PASSWORD)}\n".encode()
        (found,) = find_manifest_secrets(data)
        assert found.value == logins.PASSWORD

    @pytest.mark.parametrize("text", ["kind: SecretList\n", f"kind: List\n{'#' * 300} Secret\n"])
    def test_other_kinds_are_not_parsed(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(manifests, "read_yaml", None)
        assert list(find_manifest_secrets(text.encode())) == []

    def test_string_data(self) -> None:
        (found,) = find_manifest_secrets(_secret({"token": logins.PASSWORD, "user": "a"}, "stringData"))
        assert found.value == logins.PASSWORD

    def test_login_of_a_registry(self) -> None:
        inner = json.dumps({"auths": {"r.org": {"auth": logins.BASIC}}})
        (found,) = find_manifest_secrets(_secret({".dockerconfigjson": _encoded(inner)}))
        assert (found.what, found.value) == ("a login for r.org", logins.PASSWORD)

    def test_private_key(self) -> None:
        made = {"tls.crt": _encoded("-----BEGIN CERTIFICATE-----"), "tls.key": _encoded(logins.RSA)}
        (found,) = find_manifest_secrets(_secret(made))
        assert found.what == "an unencrypted RSA private key"

    def test_list_json_and_encodings(self) -> None:
        item = {"kind": "Secret", "data": {"password": _encoded(logins.PASSWORD)}}
        text = json.dumps({"kind": "List", "items": [{"kind": "Pod"}, item]}, indent=1)
        for encoding in ("utf-8", "utf-16"):
            (found,) = find_manifest_secrets(text.encode(encoding))
            assert found.value == logins.PASSWORD

    def test_template_with_a_value(self) -> None:
        data = _secret({"password": _encoded(logins.PASSWORD), "other": "{{ .Values.x | b64enc }}"})
        (found,) = find_manifest_secrets(data + b"{{- end }}\n")
        assert found.value == logins.PASSWORD

    @pytest.mark.parametrize("slot", [*logins.SLOTS, "1f2d1e2e67df", "true", "5432"])
    def test_placeholders_are_none(self, slot: str) -> None:
        assert list(find_manifest_secrets(_secret({"password": _encoded(slot)}))) == []
        assert list(find_manifest_secrets(_secret({"password": json.dumps(slot)}, "stringData"))) == []

    @pytest.mark.parametrize("name", ["SealedSecret", "ConfigMap", "SecretList", "ExternalSecret"])
    def test_other_kinds(self, name: str) -> None:
        assert list(find_manifest_secrets(_secret({"password": _encoded(logins.PASSWORD)}, name=name))) == []

    def test_default_password_is_weak(self) -> None:
        (found,) = find_manifest_secrets(_secret({"password": _encoded("admin")}))
        assert found.weak


class TestIndexUrls:
    def test_places_are_bytes(self) -> None:
        text = f"# ä€\n--index-url https://ä:{logins.PASSWORD}@pypi.python.org/simple\n".encode()
        (found,) = find_index_urls(text, "requirements.txt")
        assert text[found.start : found.end].decode() == found.value == logins.PASSWORD
        assert (found.line, found.what, found.weak) == (2, "pypi.python.org", False)
        assert logins.PASSWORD not in repr(found)

    def test_token_as_the_user(self) -> None:
        for login in (logins.PASSWORD, f"{logins.PASSWORD}:", f"{logins.PASSWORD}:x-oauth-basic"):
            (found,) = find_index_urls(f"-i https://{login}@pypi.fury.io/me/\n".encode(), "r.txt")
            assert found.value == logins.PASSWORD

    @pytest.mark.parametrize(
        "text", ["proxy = {}", "curl {}", "git clone {}", "x -input {}", "my_url = {}", "x@y.org {}"]
    )
    def test_other_urls(self, text: str) -> None:
        url = f"{logins.LINK}a.python.org/b"
        assert list(find_index_urls(text.format(url).encode(), "a.txt")) == []


HOSTILE = {
    "spaces": b" ",
    "lines": b"\n",
    "letters": b"a",
    "digits": b"7",
    "quotes": b'"',
    "single quotes": b"'",
    "escapes": b'"\\',
    "escaped quotes": b'\\"',
    "brackets": b"[",
    "braces": b'{"a":',
    "lists": b"- ",
    "colons": b":",
    "equals": b"=",
    "password": b"password",
    "assignments": b"password=x1 ",
    "keys": b'"auth": ',
    "values": b'"auth": "YWRhOlptOXY=", ',
    "lines of passwords": b"password = Zm9v%d\n",
    "tables": b"[a.b]\n",
    "dotted": b"a.",
    "anchors": b"&a [*a, ",
    "blocks": b"a: |\n ",
    "nested": b"a:\n ",
    "documents": b"---\nkind: Secret\n",
    "manifests": b"---\nkind: Secret\ndata:\n  password: Wm05dlltRnk=\n",
    "urls": b"https://a:Zm9vYmFy9@b.org ",
    "index urls": b"-i https:" + b"//a:Zm9vYmFy9@b.org/simple -i ",
    "index words": b"a= --index -i = --index-url ",
    "at signs": b"://a@",
    "machines": b"machine a login b password c4 ",
    "macros": b"macdef a\n",
    "options": b"mysql -u a ",
    "export": b"export A='",
    "begin": b"-----BEGIN RSA PRIVATE" + b" KEY-----\n",
    "certificates": b"\xfe\xed\xfe\xed\0\0\0\2\xff\xff\xff\xff\0\0\0\2",
    "zeros": b"\0",
    "wide": b"a\0",
    "high": b"\xff",
}


def _read(data: bytes) -> None:
    for path in PATHS:
        find_login(path, data)
    judge_settings(data)
    list(find_manifest_secrets(data))
    list(find_manifest_secrets(b"kind: Secret\n" + data))
    for name in ("a.txt", "pyproject.toml", "Pipfile.lock"):
        list(find_index_urls(data, name))


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([*HOSTILE.values(), b"\n", b"  "]), max_size=30).map(b"".join)
)
@example(b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1")
@example(b"0\x82\x01")
@example(b"\xef\xbb\xbf\xff")
@settings(deadline=None, max_examples=60)
def test_any_bytes_are_read(data: bytes) -> None:
    _read(data)


@given(st.sampled_from(TEXTS), st.data())
@settings(deadline=None, max_examples=200)
def test_any_damage_is_read(sample: logins.Sample, draw: st.DataObject) -> None:
    data = sample.data
    start = draw.draw(st.integers(0, len(data)))
    stop = draw.draw(st.integers(start, len(data)))
    find_login(sample.path, data[:start] + draw.draw(st.binary(max_size=8)) + data[stop:])


FINDERS: dict[str, Callable[[bytes], object]] = {
    **{path: partial(find_login, path) for path in SYNTAXES},
    "environment": judge_settings,
    "manifest": lambda data: list(find_manifest_secrets(b"kind: Secret\n" + data)),
    "index": lambda data: list(find_index_urls(data, "pyproject.toml")),
}


@pytest.mark.once
@pytest.mark.parametrize("name", HOSTILE)
def test_a_quarter_of_a_megabyte_is_read_in_time(name: str) -> None:
    """A third of it takes so little that even time which grew with the cube of the size would be in time.

    What is larger is never parsed as a whole, only read line by line.
    """
    part = HOSTILE[name]
    third, whole = (part * (size // len(part)) for size in (83_000, 250_000))
    little = 1 / (len(whole) / len(third)) ** 3
    for each, find in FINDERS.items():
        if seconds(lambda: find(third)) >= little:  # noqa: B023 - called at once
            assert seconds(lambda: find(whole)) < 1, each  # noqa: B023
