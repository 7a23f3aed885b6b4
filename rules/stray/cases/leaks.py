"""Cases of SF: stray files."""

from __future__ import annotations

import gzip
import re

from fixtures import logins
from fixtures.builders import Built, tar_archive, tar_info, zip_archive
from fixtures.cases import bad, good
from fixtures.samples import LAYOUT, SECRETS, sdist, wheel

# SF101


def _case(sample: logins.Sample, line_ends: bytes = b"\n") -> None:
    """Make a case of a file for credentials that holds some."""

    def build() -> Built:
        data = sample.data if sample.line is None else sample.data.replace(b"\n", line_ends)
        return sdist({f"home/{sample.path}": data})

    build.__name__ = re.sub(r"\W+", "_", sample.path).strip("_") + ("_dos" if line_ends != b"\n" else "")
    place = f"sample-1.0/home/{sample.path}" + (f":{sample.line}" if sample.line else "")
    severity = "warning" if sample.weak else "error"
    bad("SF101", at=place, also=(*SECRETS, *LAYOUT, "SF103", "SF110"), severity=severity)(build)


for each in logins.CREDENTIALS:
    _case(each)
    if each.path in (".pypirc", ".netrc", ".npmrc", "main.tfstate", "kubeconfig", "a/.bash_history"):
        _case(each, b"\r\n")


@bad("SF101", at="sample-1.0/.pypirc:5", also=SECRETS, says="contains a password for pypi (line 5, x6V…VW)")
def pypirc_in_utf_16() -> Built:
    return sdist({".pypirc": logins.CREDENTIALS[0].data.decode().encode("utf-16")})


@bad("SF101", at="sample/.pypirc:3", also=SECRETS)
def damaged_pypirc() -> Built:
    return wheel({"sample/.pypirc": f"]][\n[pypi\npassword={logins.PASSWORD}\n\0\xff".encode("latin-1")})


@bad("SF101", at="sample/.docker/config.json:1", also=SECRETS)
def damaged_docker_login() -> Built:
    return wheel({"sample/.docker/config.json": f'{{"auths": {{"a": {{"auth": "{logins.BASIC}"'.encode()})


@bad("SF101", at="sample/kubeconfig:3", also=SECRETS)
def damaged_kubeconfig() -> Built:
    text = f"users: [\n- user:\n    token: {logins.PASSWORD}\n  {{% if x %}}\n"
    return wheel({"sample/kubeconfig": text.encode()})


@bad("SF101", at="sample-1.0/.npmrc:2", also=SECRETS, says=" and 1 more")
def several_tokens() -> Built:
    lines = ("# two", f"//a.org/:_authToken={logins.PASSWORD}", f"//b.org/:_authToken={logins.OTHER}", "")
    return sdist({".npmrc": "\n".join(lines).encode()})


@bad("SF101", at="sample/Signing.P12", also=SECRETS)
def key_store_in_capitals() -> Built:
    return wheel({"sample/Signing.P12": logins.pkcs12()})


@bad("SF101", at="sample/data/backup.zip!/home/.netrc:1", also=SECRETS)
def netrc_in_nested_archive() -> Built:
    login = f"machine pypi.python.org login ada password {logins.PASSWORD}\n".encode()
    return wheel({"sample/data/backup.zip": zip_archive({"home/.netrc": login})})


@bad("SF101", at="sample-1.0/tests/data/server.pfx", also=SECRETS, severity="warning")
def key_store_of_tests() -> Built:
    return sdist({"tests/data/server.pfx": logins.pkcs12()})


@bad("SF101", at="sample-1.0/tests/data/debug.keystore", also=SECRETS, severity="info")
def debug_key_store_of_tests() -> Built:
    return sdist({"tests/data/debug.keystore": logins.java_store(alias=b"androiddebugkey")})


@bad("SF101", at="sample-1.0/db/.my.cnf:2", also=SECRETS, severity="warning")
def default_password() -> Built:
    return sdist({"db/.my.cnf": b"[client]\npassword = root\n"})


@bad(
    "SF101",
    at="sample/my.login",
    also=SECRETS,
    config={"credential-file": {"extend": ["*.login"]}},
)
def pattern_of_the_user() -> Built:
    return wheel({"sample/my.login": b"x\n"})


@good("SF101")
def configuration_without_credentials() -> Built:
    return sdist(
        {
            "web/.npmrc": b"save-exact=true\n//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n",
            "pip.conf": b"[global]\nindex-url = https://pypi.org/simple\n",
            "web/.docker/config.json": b'{"credsStore": "desktop"}\n',
            "id_rsa.pub": b"ssh-rsa AAAAB3NzaC1yc2E ada\n",
            "infra/main.tfvars": b'region = "eu-west-1"\n',
            "infra/empty.tfstate": b'{"version": 4, "resources": []}\n',
        }
    )


@good("SF101")
def templates_of_credential_files() -> Built:
    made = {}
    for number, slot in enumerate(logins.SLOTS):
        for sample in logins.CREDENTIALS:
            text = logins.blanked(sample, slot)
            if text is not None and ".git/" not in sample.path and ".pfx" not in sample.path:
                made[f"home/{number}/{sample.path}"] = text
    return sdist(made)


@good("SF101")
def stores_without_keys() -> Built:
    return sdist(
        {
            "data/trust.p12": logins.pkcs12(key=False),
            "data/roots.jks": logins.java_store(tag=2),
            "data/site.keystore": b"keys = 1\n",
            "data/notes.ppk": b"see the vault\n",
            "data/empty.jks": b"",
        }
    )


@good("SF101", config={"credential-file": {"allow": ["data/demo.p12"]}})
def allowed_key_store() -> Built:
    return sdist({"data/demo.p12": logins.pkcs12()})


# SF102


@bad("SF102", at="sample-1.0/.env:2", also=SECRETS, says="'DATABASE'")
def environment_in_sdist() -> Built:
    return sdist({".env": b"DEBUG=1\nDATABASE=postgres://db/sample\n", ".env.example": b"DATABASE=\n"})


@bad("SF102", at="sample/settings/.env.local:1", also=SECRETS)
def environment_in_wheel() -> Built:
    return wheel({"sample/settings/.env.local": b"export SENTRY='abc def'\n"})


@bad("SF102", at="sample/data/a.zip!/.ENV:1", also=SECRETS)
def environment_in_nested_archive() -> Built:
    return wheel({"sample/data/a.zip": zip_archive({".ENV": b"NAME=ada lovelace\n"})})


@bad("SF102", at="sample-1.0/.env", severity="warning")
def harmless_environment() -> Built:
    return sdist({".env": b"# for the editor\nPYTHONPATH=src\nPORT=8000\n"})


@bad("SF102", at="sample-1.0/.env:3", also=SECRETS, says="credential (x6V…VW)")
def environment_with_a_password() -> Built:
    return sdist({".env": f"# mine\nNAME=sample app\nexport DB_PASSWORD='{logins.PASSWORD}'\n".encode()})


@bad("SF102", at="sample-1.0/.env:2", also=(*SECRETS, "SF110"), says="'API_KEY'")
def environment_in_utf_16() -> Built:
    return sdist({".env": f"PORT=1\r\nAPI_KEY={logins.PASSWORD}\r\n".encode("utf-16")})


@bad("SF102", at="sample-1.0/tests/test_apps/.env:1", severity="info", also=LAYOUT)
def environment_of_an_app_in_tests() -> Built:
    return sdist({"tests/test_apps/.env": b"FOO=env\nSPAM=1\nEGGS=2\n"})


@bad("SF102", at="sample-1.0/examples/shop/.env:1", severity="info", also=LAYOUT)
def environment_of_an_example() -> Built:
    return sdist({"examples/shop/.env": b"TITLE=My shop\n"})


@bad("SF102", at="sample-1.0/tests/app/.env:1", severity="warning", also=(*SECRETS, *LAYOUT))
def password_in_an_environment_of_tests() -> Built:
    return sdist({"tests/app/.env": f"DB_PASSWORD='{logins.PASSWORD}'\n".encode()})


@good("SF102")
def environment_templates() -> Built:
    names = (".env.example", ".env.sample", ".env.template", ".env.dist", ".env.test", ".env.local.example")
    return sdist({**dict.fromkeys(names, b"DATABASE=postgres://db/sample\n"), "docs/env": b"A=b c\n"})


@good("SF102", config={"environment-file": {"allow": ["*.env.ci"]}})
def allowed_environment() -> Built:
    return sdist({".env.ci": b"DATABASE=postgres://db/sample\n"})


@good("SF102", "SF105")
def package_called_env() -> Built:
    return wheel(
        {"sample/env/__init__.py": b'"""Environments."""\n', "sample/env/bin.py": b'"""Programs."""\n'}
    )


# SF103

GIT = {
    ".git/HEAD": b"ref: refs/heads/main\n",
    ".git/config": b"[core]\n\tbare = false\n",
    ".git/objects/aa/bb": b"x",
}


@bad("SF103", at="sample-1.0/.git", also=LAYOUT, says="3 files")
def git_folder() -> Built:
    return sdist(GIT)


@bad("SF103", at="sample-1.0/.git", also=LAYOUT, says="3 files")
def git_folder_with_entries() -> Built:
    return sdist(GIT, folders=(".git", ".git/objects", ".git/objects/aa"))


@bad("SF103", at="sample/CVS", also=LAYOUT)
def cvs_folder() -> Built:
    return wheel({f"sample/CVS/{name}": b"x\n" for name in ("Entries", "Repository", "Root")})


@bad("SF103", at="sample/data/a.zip!/old/.svn", also=LAYOUT)
def svn_folder_in_nested_archive() -> Built:
    return wheel({"sample/data/a.zip": zip_archive({"old/.svn/entries": b"12\n"})})


@bad("SF103", at="sample-1.0/vendor/lib/.git", also=LAYOUT, severity="info")
def file_of_submodule() -> Built:
    return sdist({"vendor/lib/.git": b"gitdir: ../../.git/modules/vendor/lib\n"})


@good("SF103")
def names_like_version_control() -> Built:
    return sdist(
        {"sample/cvs/__init__.py": b'"""CVS."""\n', ".gitattributes": b"* text=auto\n", "docs/CVS": b"x\n"}
    )


# SF104


@bad("SF104", at="sample/__pycache__", also=LAYOUT, says="2 files")
def cache_in_wheel() -> Built:
    return wheel(
        {f"sample/__pycache__/{name}.cpython-311.pyc": b"\xa7\r\r\n" for name in ("core", "__init__")}
    )


@bad("SF104", at="sample/core.pyc", also=LAYOUT)
def bytecode_beside_source() -> Built:
    return wheel({"sample/core.pyc": b"\xa7\r\r\n"})


@bad("SF104", at="sample/hidden.pyc", also=(*LAYOUT, "SE107"), severity="warning")
def program_without_source() -> Built:
    return wheel({"sample/hidden.pyc": b"\xa7\r\r\n"})


@bad("SF104", at="sample-1.0/sample/__pycache__", also=LAYOUT, severity="warning")
def cache_in_sdist() -> Built:
    return sdist({"sample/__pycache__/core.cpython-311.pyc": b"\xa7\r\r\n"})


@good("SF104", config={"bytecode": {"allow": ["sample/data/"]}})
def allowed_bytecode() -> Built:
    return wheel({"sample/data/old.pyc": b"\xa7\r\r\n"})


@good("SF104")
def names_like_bytecode() -> Built:
    return wheel({"sample/pyc.py": b'"""Bytecode."""\n'})


# SF105


@bad("SF105", at="sample-1.0/.venv", also=LAYOUT, says="2 files")
def dotted_environment() -> Built:
    return sdist(
        {".venv/pyvenv.cfg": b"home = /usr/bin\n", ".venv/lib/python3.11/site-packages/x.py": b"x = 1\n"}
    )


@bad("SF105", at="sample-1.0/work", also=LAYOUT)
def environment_by_its_configuration() -> Built:
    return sdist({"work/pyvenv.cfg": b"home = /usr/bin\n", "work/bin/activate": b"# shell\n"})


@bad("SF105", at="sample-1.0/env", also=LAYOUT)
def environment_by_its_layout() -> Built:
    return sdist({"env/Lib/site-packages/x.py": b"x = 1\n", "env/Scripts/activate.bat": b"rem\n"})


@bad("SF105", at="sample-1.0/web/node_modules", also=LAYOUT)
def node_modules() -> Built:
    return sdist({"web/node_modules/left-pad/index.js": b"module.exports = 1\n", "web/package.json": b"{}\n"})


@bad("SF105", at="sample/runtime/node_modules", also=LAYOUT, severity="warning")
def node_modules_of_a_program() -> Built:
    return wheel({"sample/runtime/node_modules/npm/index.js": b"module.exports = 1\n"})


@bad("SF105", at="sample-1.0/other-2.0.dist-info", also=LAYOUT, severity="warning")
def installed_into_the_project() -> Built:
    return sdist(
        {"other-2.0.dist-info/INSTALLER": b"pip\n", "other-2.0.dist-info/METADATA": b"Name: other\n"}
    )


@good("SF105")
def vendored_project() -> Built:
    return sdist(
        {
            "sample/_vendor/other-2.0.dist-info/RECORD": b"",
            "sample/_vendor/other.py": b'"""Other."""\n',
            "tests/data/site-packages/other-2.0.dist-info/INSTALLER": b"pip\n",
            "sample/venv/__init__.py": b'"""Environments."""\n',
        }
    )


# SF106


@bad("SF106", at="sample-1.0/dist", also=LAYOUT, says="'sample-0.9.tar.gz'")
def folder_of_builds() -> Built:
    other = zip_archive({"sample/__init__.py": b""})
    return sdist({"dist/sample-0.9.tar.gz": b"x", "dist/Sample-0.9-py3-none-any.whl": other})


@bad("SF106", at="sample/data/sample-0.9-py3-none-any.whl", also=(*LAYOUT, "AR114"))
def own_wheel() -> Built:
    return wheel({"sample/data/sample-0.9-py3-none-any.whl": b"x"})


@good("SF106")
def wheels_of_others() -> Built:
    return wheel(
        {
            "sample/embed/pip-26.0-py3-none-any.whl": zip_archive({"pip/__init__.py": b""}),
            "sample/dist/bundle.js": b"let answer = 42\n",
        }
    )


@good("SF106")
def sources_of_a_library_with_the_name_of_its_bindings() -> Built:
    code = b"int main(void);\n"
    library = tar_archive([(tar_info("sample-1.8.2/main.c", len(code)), code)])
    return sdist({"deps/sample-1.8.2.tar.gz": gzip.compress(library, mtime=0)})


@good("SF106")
def own_wheel_as_data_of_tests() -> Built:
    return sdist({"tests/fixtures/sample-0.9-py3-none-any.whl": zip_archive({"sample/__init__.py": b""})})
