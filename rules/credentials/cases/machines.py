"""Cases of CR: machines with credential files, variables and workflows. The tokens are made when needed."""

from __future__ import annotations

import base64
from typing import Any

from fixtures import tokens
from fixtures.cases import bad, good
from pkgaudit.model.machine import Keyring, Machine, Store, StoredFile, Workflow

PASSWORD = tokens.random_text("credentials", 20)
PROJECT = tokens.pypi_token([[1, ["sample"]]])
ACCOUNT = tokens.pypi_token([[3, tokens.random_uuid("user")]])
TEST = tokens.pypi_token([[1, ["sample"]]], "test.pypi.org")
NOW = 1_800_000_000.0


def file(path: str, store: Store, text: str | None, **more: Any) -> StoredFile:
    """Return a file that only its owner can read."""
    return StoredFile(path, store, text, **{"mode": 0o600, **more})


def machine(*stored: StoredFile, **more: Any) -> Machine:
    """Return a machine with files."""
    return Machine([*stored], now=NOW, **more)


def pypirc(text: str, **more: Any) -> StoredFile:
    """Return a ``.pypirc``."""
    return file("~/.pypirc", Store.PYPIRC, text, **more)


# CR101


@bad("CR101", at=":3", says="a PyPI token (pypi-…")
def token_in_pypirc() -> Machine:
    return machine(pypirc(f"[pypi]\nusername = __token__\npassword = {PROJECT}\n"))


@bad("CR101", at=":3", says="'corp'", also=["CR107"])
def password_of_poetry() -> Machine:
    text = f'[http-basic.corp]\nusername = "ada"\npassword = "{PASSWORD}"\n'
    return machine(file("~/.config/pypoetry/auth.toml", Store.POETRY, text))


@bad("CR101", at=":3", also=["CR107"])
def login_in_the_address_of_pip() -> Machine:
    text = f"[global]\nindex-url =\n    https://ada:{PASSWORD}@pypi.corp.net/simple\n"
    return machine(file("~/.config/pip/pip.conf", Store.PIP, text))


@bad("CR101", at=[":3", ":4"])
def credentials_of_uv() -> Machine:
    text = f'[[credential]]\nservice = "upload.pypi.org"\nscheme = "bearer"\ntoken = "{PROJECT}"\n'
    uv = f'[[index]]\nname = "corp"\nurl = "https://{PASSWORD}@pypi.corp.net/simple"\n'
    return machine(
        file("~/.local/share/uv/credentials/credentials.toml", Store.UV_CREDENTIALS, text),
        file("~/.config/uv/uv.toml", Store.UV, uv),
    )


@bad("CR101", at=[":3", ":4"], also=["CR107"])
def tokens_of_pdm_and_hatch() -> Machine:
    pdm = f'[repository.pypi]\nusername = "__token__"\npassword = "{PROJECT}"\n'
    hatch = f'[publish.index]\nrepo = "corp"\nuser = "ada"\nauth = "{PASSWORD}"\n'
    return machine(
        file("~/.config/pdm/config.toml", Store.PDM, pdm),
        file("~/.config/hatch/config.toml", Store.HATCH, hatch),
    )


@bad("CR101", at=[":3", ":6"])
def keyring_in_a_file() -> Machine:
    value = base64.b64encode(PROJECT.encode()).decode()
    text = f"[https_3A_2F_2Fupload_2Epypi_2Eorg_2Flegacy_2F]\n__token__ =\n\t{value}\n"
    text += f"[pdm_2Drepository_2Dcorp]\nada = \n\t{value}\n[mail_2Ecorp]\nada =\n\t{value}\n"
    return machine(file("~/.local/share/python_keyring/keyring_pass.cfg", Store.KEYRING, text))


@good("CR101")
def files_without_a_credential() -> Machine:
    return machine(
        pypirc(
            "[distutils]\nindex-servers =\n    pypi\n    corp\n\n[pypi]\nusername = __token__\n"
            f"# password = {PROJECT}\n; password = {PROJECT}\n"
            "[corp]\nrepository = https://pypi.corp.net/legacy/\nusername = ada\npassword =\n"
        ),
        file(
            "~/.config/pip/pip.conf",
            Store.PIP,
            "[global]\nindex-url = https://${USER}:${PASS}@pypi.corp.net/simple\n",
        ),
        file("~/.config/pypoetry/auth.toml", Store.POETRY, '[pypi-token]\npypi = "<your-token>"\n'),
        file("~/.config/pypoetry/config.toml", Store.POETRY, "[virtualenvs]\nin-project = true\n"),
        file(
            "/etc/pip.conf",
            Store.PIP,
            "[global]\nextra-index-url = https://oauth2accesstoken@europe-python.pkg.dev/p/r/simple\n",
        ),
        file("~/.config/pdm/config.toml", Store.PDM, '[repository.pypi]\npassword = "pypi-<token>"\n'),
        file("~/.netrc", Store.NETRC, f"machine mail.corp.net login ada password {PASSWORD}\n"),
        file("~/.config/hatch/config.toml", Store.HATCH, '[publish.index]\nrepo = "main"\nauth = ""\n'),
        file("~/.config/uv/uv.toml", Store.UV, "index-url = 'https://pypi.corp.net/simple'\n"),
    )


@bad("CR101", at=[":2", ":4"], also=["CR115"])
def password_in_a_section_that_is_there_twice() -> Machine:
    return machine(pypirc(f"[corp]\npassword = {PASSWORD}\n[corp]\npassword = {PASSWORD[::-1]}\n"))


# CR102


@bad("CR102", says="mode 644", also=["CR101"])
def configuration_of_pdm_for_everybody() -> Machine:
    text = f'[repository.pypi]\nusername = "__token__"\npassword = "{PROJECT}"\n'
    return machine(file("~/.config/pdm/config.toml", Store.PDM, text, mode=0o644))


@bad("CR102", says="another account", also=["CR101"])
def file_of_another_account() -> Machine:
    return machine(pypirc(f"[pypi]\npassword = {PROJECT}\n", is_foreign=True))


@good("CR102")
def readable_file_without_a_credential() -> Machine:
    return machine(pypirc("[pypi]\nusername = __token__\n", mode=0o644))


# CR103


@bad("CR103", at=":2", says="git does not ignore the file")
def token_in_the_settings_of_pdm() -> Machine:
    text = f'[repository.pypi]\npassword = "{PROJECT}"\n'
    return machine(file("pdm.toml", Store.PDM, text, in_checkout=True))


@bad("CR103", at=":2", severity="warning", says="git ignores the file")
def variable_of_an_uploader_in_an_ignored_file() -> Machine:
    text = f"DEBUG=1\nexport TWINE_PASSWORD={PROJECT}\n"
    return machine(file(".envrc", Store.VARIABLES, text, in_checkout=True, is_ignored=True))


@bad("CR103", at=":1", severity="warning", says="git cannot tell whether it ignores the file")
def token_in_a_checkout_that_git_refuses() -> Machine:
    text = f"UV_PUBLISH_TOKEN={PROJECT}\n"
    return machine(file(".env", Store.VARIABLES, text, in_checkout=True, is_ignored=None))


@bad("CR103", at=":1", says="GitHub personal access token")
def token_of_another_provider_in_an_environment_file() -> Machine:
    text = f'SERVICE="{tokens.checked_token("ghp")}"\n'
    return machine(file(".env", Store.VARIABLES, text, in_checkout=True))


@bad("CR103", at=":3", says="'url'", also=["CR107"])
def login_in_pyproject() -> Machine:
    text = f'[[tool.poetry.source]]\nname = "corp"\nurl = "https://ada:{PASSWORD}@pypi.corp.net/simple"\n'
    return machine(file("pyproject.toml", Store.PROJECT, text, in_checkout=True))


@good("CR103")
def settings_that_only_look_like_credentials() -> Machine:
    project = (
        '[project]\nname = "sample"\n[project.scripts]\ntoken = "sample:token"\n[tool.poetry.dependencies]\n'
        'password = "^1.0"\n[tool.pdm.scripts]\nauth = "python auth.py"\n[tool.uv.sources]\n'
        'sample = { url = "https://pypi.corp.net/sample.whl" }\n'
    )
    environment = "SECRET_KEY=5f0c9d2b7e4a41d8\nTWINE_PASSWORD=$PYPI_TOKEN\n# UV_PUBLISH_TOKEN=pypi-x\n"
    script = 'export UV_PUBLISH_TOKEN=`pass show pypi/token`\nexport PYPI_TOKEN="`op read x`"\n'
    script += "export TWINE_PASSWORD=pypi-$TOKEN\nexport PYPI_PASSWORD=$(pass show pypi)\n"
    example = f"[pypi]\npassword = {PROJECT}\n"
    return machine(
        file("pyproject.toml", Store.PROJECT, project, in_checkout=True),
        file(".env", Store.VARIABLES, environment, in_checkout=True),
        file(".envrc", Store.VARIABLES, script, in_checkout=True),
        file("tests/data/.pypirc", Store.PYPIRC, example, in_checkout=True, folders=("tests", "data")),
    )


# CR104 and CR105


@bad("CR104", at=[":2", ":4"], says="all projects of its owner on PyPI", also=["CR101"])
def token_for_the_whole_account() -> Machine:
    old = tokens.pypi_token([{"version": 1, "permissions": "user"}])
    return machine(pypirc(f"[pypi]\npassword = {ACCOUNT}\n[server-login]\npassword = {old}\n"))


@good("CR104", "CR105", "CR106", also=["CR101"])
def tokens_that_do_not_tell_or_are_narrow() -> Machine:
    caveats: tuple[list[object], ...] = (
        [],
        [[1, ["sample"]]],
        [[3, tokens.random_uuid("user")], [1, ["sample"]]],
        [[3, tokens.random_uuid("user")], [9, "new"]],
        [[2, [tokens.random_uuid("project")]], [0, tokens.FAR, 1]],
        [{"version": 1, "permissions": {"projects": ["sample"]}}],
    )
    made = [tokens.pypi_token(each, seed=str(number)) for number, each in enumerate(caveats)]
    made += [ACCOUNT[:60], f"{ACCOUNT}!", "pypi-MDAxY2xvY2F0aW9uIHB5cGkub3Jn", "pypi-"]
    text = "".join(f"[table{number}]\npassword = {each}\n" for number, each in enumerate(made))
    return machine(pypirc(text))


@bad("CR105", at=":2", says="2017-07-14", also=["CR101"])
def token_of_a_former_upload() -> Machine:
    token = tokens.pypi_token([[2, [tokens.random_uuid("project")]], [0, 1_500_000_000, 1_499_999_100]])
    return machine(pypirc(f"[pypi]\npassword = {token}\n"))


# CR106


@bad("CR106", at=":2", says="a token of TestPyPI, but sends it to PyPI", also=["CR101"])
def token_of_the_test_index_for_pypi() -> Machine:
    return machine(pypirc(f"[pypi]\npassword = {TEST}\n"))


@bad("CR106", at=":3", says="sends it to pypi.corp.net", also=["CR101"])
def token_of_pypi_for_a_private_index() -> Machine:
    return machine(pypirc(f"[corp]\nrepository = https://pypi.corp.net/legacy/\npassword = {PROJECT}\n"))


@bad("CR106", at=":2", says="a GitLab", also=["CR101"])
def token_of_gitlab_for_pypi() -> Machine:
    text = f'[pypi-token]\npypi = "{tokens.gitlab_token()}"\n'
    return machine(file("~/.config/pypoetry/auth.toml", Store.POETRY, text))


@good("CR106", also=["CR101"])
def tokens_of_the_right_index() -> Machine:
    other = tokens.pypi_token([[1, ["sample"]]], "pypi.corp.net")
    return machine(
        pypirc(
            f"[pypi]\npassword = {PROJECT}\n[testpypi]\npassword = {TEST}\n"
            f"[old]\nrepository = https://pypi.org/legacy/\npassword = {PROJECT}\n"
            f"[corp]\nrepository = https://pypi.corp.net/legacy/\npassword = {other}\n"
            f"[gitlab]\nrepository = https://gitlab.corp.net/api/v4/projects/1/packages/pypi\n"
            f"username = ada\npassword = {tokens.gitlab_token()}\n"
            f"[local]\nrepository = http://localhost:8080/\npassword = {PROJECT}\n"
        )
    )


# CR107


@bad("CR107", at=":3", severity="error", says="which PyPI rejects", also=["CR101"])
def password_for_pypi() -> Machine:
    return machine(pypirc(f"[pypi]\nusername = ada\npassword = {PASSWORD}%(x\n"))


@bad("CR107", at=":4", also=["CR101"])
def password_for_another_index() -> Machine:
    return machine(
        pypirc(f"[corp]\nrepository = https://pypi.corp.net/\nusername = ada\npassword = {PASSWORD}\n")
    )


@good("CR107", also=["CR108"])
def tokens_of_private_indexes_in_variables() -> Machine:
    names = ("UV_PUBLISH_TOKEN", "MATURIN_PYPI_TOKEN", "POETRY_PYPI_TOKEN_CORP", "PYPI_TOKEN")
    return machine(variables=dict.fromkeys(names, PASSWORD))


@good("CR107", also=["CR101"])
def tokens_with_other_user_names() -> Machine:
    text = (
        f"[pypi]\nusername = ada\npassword = {PROJECT}\n"
        f"[gitlab]\nrepository = https://gitlab.corp.net/\nusername = oauth2\npassword = {PASSWORD}\n"
        f"[long]\nrepository = https://pypi.corp.net/\nusername = ada\n"
        f"password = {tokens.random_text('long', 40)}\n"
        f"[local]\nrepository = http://127.0.0.1:3141/\nusername = ada\npassword = {PASSWORD}\n"
    )
    return machine(pypirc(text))


# CR108 and CR109


@bad("CR108", at=["", "", ""])
def exported_tokens() -> Machine:
    return machine(
        variables={
            "TWINE_USERNAME": "__token__",
            "TWINE_PASSWORD": PROJECT,
            "POETRY_PYPI_TOKEN_PYPI": PROJECT,
            "UV_INDEX_URL": f"https://{PASSWORD}@pypi.corp.net/simple",
        }
    )


@bad("CR108", severity="info")
def token_in_ci() -> Machine:
    return machine(variables={"UV_PUBLISH_TOKEN": PROJECT}, in_ci=True)


@good("CR108")
def variables_without_a_secret() -> Machine:
    names = ("TWINE_REPOSITORY_URL", "UV_PUBLISH_URL")
    return machine(
        variables={
            **dict.fromkeys(names, "https://pypi.corp.net/legacy/"),
            "TWINE_PASSWORD": "",
            "UV_PUBLISH_TOKEN": "<token>",
            "PYPI_TOKEN": "pypi-",
            "HATCH_INDEX_AUTH": "xxx",
            "UV_CACHE_DIR": "/tmp/uv1",
        }
    )


@bad("CR109", says="in plain text")
def keyring_in_plain_text() -> Machine:
    return machine(keyring=Keyring("keyrings.alt.file.PlaintextKeyring", "the machine has no desktop"))


@bad("CR109", severity="info", says="no back end")
def no_keyring() -> Machine:
    return machine(keyring=Keyring("keyring.backends.fail.Keyring", "the machine has no desktop"))


@bad("CR109", says="no back end", also=["CR101"])
def no_keyring_and_a_token_in_a_file() -> Machine:
    keyring = Keyring("keyring.backends.fail.Keyring", "the machine has no desktop")
    return machine(pypirc(f"[pypi]\nusername = __token__\npassword = {PROJECT}\n"), keyring=keyring)


@good("CR109")
def keyring_of_the_desktop() -> Machine:
    return machine(keyring=Keyring("keyring.backends.SecretService.Keyring", "the configuration names it"))


@good("CR109")
def keyring_that_cannot_be_told() -> Machine:
    return machine(keyring=Keyring(reason="keyring is not installed beside pkgaudit"))


# CR110


@bad("CR110", at=["", "", ":2", ":2", ":2", ":4"])
def indexes_without_encryption() -> Machine:
    pip = "[global]\nextra-index-url = http://pypi.corp.net/simple\ntrusted-host =\n    pypi.corp.net\n"
    pdm = '[repository.corp]\nurl = "http://pypi.corp.net/"\n'
    return machine(
        file("~/.config/pip/pip.conf", Store.PIP, pip),
        file("~/.config/pdm/config.toml", Store.PDM, pdm),
        pypirc("[corp]\nrepository: http://10.0.0.1:8080/\n"),
        variables={
            "TWINE_REPOSITORY_URL": "http://pypi.corp.net/",
            "UV_INDEX": "corp=http://packages.corp.net/simple",
        },
    )


@good("CR110")
def indexes_of_this_machine() -> Machine:
    pip = "[global]\nindex-url = http://localhost:3141/root/pypi\ntrusted-host = localhost\n    127.0.0.1\n"
    project = (
        '[project.urls]\nhome = "http://sample.net"\n[[tool.uv.index]]\nurl = "http://[::1]:8080/simple"\n'
    )
    return machine(
        file("~/.config/pip/pip.conf", Store.PIP, pip),
        file("pyproject.toml", Store.PROJECT, project, in_checkout=True),
        pypirc("[corp]\nrepository = https://pypi.corp.net/\n# repository = http://pypi.corp.net/\n"),
    )


# CR111 and CR112


def workflow(text: str, service: str = "github") -> Machine:
    """Return a machine with a workflow."""
    path = ".gitlab-ci.yml" if service == "gitlab" else ".github/workflows/release.yml"
    return machine(workflows=[Workflow(path, service, text)])


ACTION = """\
on: push
jobs:
  publish:
    runs-on: ubuntu-latest{permissions}
    steps:
      - uses: actions/checkout@v4
      - uses: pypa/gh-action-pypi-publish@release/v1
        with:
          password: ${{{{ secrets.PYPI_TOKEN }}}}
"""


@bad("CR111", at=":9", says="'publish' uploads to PyPI")
def action_with_a_password() -> Machine:
    return workflow(ACTION.format(permissions=""))


@bad("CR111", at=":8", says="poetry publish")
def command_with_a_stored_secret() -> Machine:
    return workflow(
        "on: push\njobs:\n  release:\n    runs-on: ubuntu-latest\n    steps:\n      - name: upload\n"
        "        env:\n          POETRY_PYPI_TOKEN_PYPI: ${{ secrets.TOKEN }}\n"
        "        run: |\n          poetry install\n          poetry publish --build\n"
    )


@bad("CR111", at=[":5", ":9"], says="uploads to PyPI")
def commands_that_are_configured_before() -> Machine:
    return workflow(
        "on: push\njobs:\n  release:\n    steps:\n"
        "      - run: poetry config pypi-token.pypi ${{ secrets.TOKEN }}\n      - run: poetry publish\n"
        "      - env: {X: y}\n        run: |\n          export TWINE_PASSWORD=${{ secrets.TOKEN }}\n"
        "          twine upload dist/*\n"
    )


@bad("CR111", at=":12", says="maturin upload")
def action_of_maturin() -> Machine:
    action = ACTION.format(permissions="").replace(
        "pypa/gh-action-pypi-publish@release/v1", "PyO3/maturin-action@v1"
    )
    settings = "command: upload\n          args: --skip-existing\n        env:\n          MATURIN_PYPI_TOKEN"
    return workflow(action.replace("password", settings))


@bad("CR111", at=":4", says="twine upload")
def job_of_gitlab_with_a_variable() -> Machine:
    return workflow(
        "stages: [build, release]\nrelease:\n  variables:\n    TWINE_PASSWORD: $PYPI_TOKEN\n"
        "  script:\n    - pip install twine\n    - twine upload dist/*\n",
        "gitlab",
    )


@bad("CR111", at=[":3", ":7"], says="twine upload")
def jobs_of_gitlab_that_set_a_variable_in_their_script() -> Machine:
    return workflow(
        "one:\n  script:\n    - TWINE_PASSWORD=$PYPI_TOKEN twine upload dist/*\n"
        'two:\n  script:\n    - pip install twine\n    - export TWINE_PASSWORD="${PYPI_TOKEN}"\n'
        "    - twine upload dist/*\n",
        "gitlab",
    )


SIGNED = "\n    permissions:\n      id-token: write"


@bad("CR111", at=":11")
def permission_for_a_signature_only() -> Machine:
    text = ACTION.format(permissions=SIGNED)
    return workflow(text + "      - uses: sigstore/gh-action-sigstore-python@v3\n")


@bad("CR111", at=[":11"] * 4)
def permission_for_another_purpose() -> Machine:
    action = ACTION.format(permissions="").replace("on: push", "on: push\npermissions:\n  id-token: write")
    others = (
        "      - uses: actions/deploy-pages@v4\n",
        "      - uses: rust-lang/crates-io-auth-action@v1\n",
        "      - run: npm publish --provenance\n",
        "  other:\n    uses: ./.github/workflows/provenance.yml\n",
    )
    texts = [action + each for each in others]
    return machine(workflows=[Workflow(f"{number}.yml", "github", each) for number, each in enumerate(texts)])


@good("CR111", "CR112")
def workflows_without_a_stored_secret() -> Machine:
    texts = (
        ACTION.format(permissions=SIGNED).partition("        with:")[0],
        ACTION.format(permissions="").replace("on: push", "on: [workflow_call]"),
        ACTION.format(permissions="").replace("on: push", "'on': [push, workflow_call]"),
        ACTION.format(permissions="").replace("on: push", "on:\n  workflow_call:\n    secrets: {}"),
        ACTION.format(permissions="") + "          repository-url: https://pypi.corp.net/legacy/\n",
        "jobs:\n  call:\n    uses: ./.github/workflows/release.yml\n    secrets: inherit\n",
        "jobs:\n  test:\n    env:\n      CODECOV_TOKEN: ${{ secrets.CODECOV_TOKEN }}\n    steps:\n"
        "      - run: |\n          # twine upload dist/*\n          echo twine upload dist/*\n"
        "          twine check dist/*\n",
        "jobs:\n  test:\n    env:\n      TWINE_PASSWORD: ${{ secrets.CORP }}\n"
        "      TWINE_REPOSITORY_URL: https://pypi.corp.net/\n    steps:\n      - run: twine upload dist/*\n",
        "jobs:\n  a:\n    permissions:\n      id-token: write\n    env:\n      UV_INDEX_CORP_PASSWORD: "
        "${{ secrets.CORP }}\n    steps:\n      - run: uv sync\n      - run: uv publish\n",
        "jobs:\n  a:\n    env:\n      POETRY_HTTP_BASIC_CORP_PASSWORD: ${{ secrets.CORP }}\n    steps:\n"
        "      - run: poetry install\n      - run: poetry publish\n",
        "jobs:\n  a:\n    env:\n      POETRY_PYPI_TOKEN_PYPI: ${{ secrets.PYPI }}\n    steps:\n"
        "      - run: poetry publish --dry-run\n",
        "jobs:\n  mint:\n    env:\n      TWINE_PASSWORD: ${{ steps.mint.outputs.token }}\n    steps:\n"
        "      - run: twine upload dist/*\n",
        "- not\n- a workflow\n",
        "jobs: {a: {steps: x}, b: y}\n",
    )
    found = [Workflow(f".github/workflows/{number}.yml", "github", each) for number, each in enumerate(texts)]
    gitlab = (
        "release:\n  variables:\n    TWINE_PASSWORD: $CI_JOB_TOKEN\n  script:\n    - twine upload dist/*\n"
        "deploy:\n  variables:\n    TWINE_PASSWORD: $CORP\n  script: twine upload --repository-url "
        "https://pypi.corp.net/ dist/*\ntrusted:\n  id_tokens:\n    PYPI_ID_TOKEN:\n      aud: pypi\n"
        "  script:\n    - uv publish\n"
        "own:\n  script:\n    - TWINE_PASSWORD=$CI_JOB_TOKEN VERSION=$CI_COMMIT_TAG twine upload dist/*\n"
        "both:\n  script:\n    - TWINE_PASSWORD=$CORP twine upload --repository-url "
        "https://pypi.corp.net/ dist/*\n    - twine upload dist/*\n"
    )
    return machine(workflows=[*found, Workflow(".gitlab-ci.yml", "gitlab", gitlab)])


@bad("CR112", at=":11", says="may use trusted publishing")
def password_beside_the_permission() -> Machine:
    return workflow(ACTION.format(permissions=SIGNED))


@bad("CR112", at=":8", says="twine upload")
def token_beside_an_id_token_of_all_jobs() -> Machine:
    return workflow(
        "default:\n  id_tokens:\n    PYPI_ID_TOKEN:\n      aud: [pypi, other]\nrelease:\n  script:\n"
        "    - python -m build\n    - twine upload -p $PYPI_TOKEN dist/*\n",
        "gitlab",
    )


@bad("CR112", at=":6", says="uv publish")
def token_beside_an_id_token() -> Machine:
    return workflow(
        "release:\n  id_tokens:\n    PYPI_ID_TOKEN:\n      aud: pypi\n  script:\n"
        "    - uv publish --token $PYPI_TOKEN\n",
        "gitlab",
    )


# CR113


@bad("CR113", at=[":1", ":4"], also=["CR101", "CR107"])
def netrc_with_upload_hosts() -> Machine:
    netrc = (
        f"machine upload.pypi.org login __token__ password {PROJECT}\n"
        f"machine pypi.corp.net\n  login ada\n  password {PASSWORD}\n"
        f"machine files.corp.net login ada password {PASSWORD}\n"
    )
    return machine(
        file("~/.netrc", Store.NETRC, netrc),
        pypirc("[corp]\nrepository = https://pypi.corp.net/\n"),
        file("~/.config/pip/pip.conf", Store.PIP, "[global]\nindex-url = https://files.corp.net/simple\n"),
    )


@good("CR113", "CR101")
def netrc_of_other_hosts() -> Machine:
    text = (
        f"machine github.com login ada password {PASSWORD}\n"
        f"# machine pypi.org login ada password {PASSWORD}\n"
        f"machine example.com login ada password {PASSWORD}\nmachine a:b:c login ada password {PASSWORD}\n"
        "machine pypi.org login ada password <token>\ndefault login anonymous password ada@corp.net\n"
    )
    return machine(file("~/.netrc", Store.NETRC, text))


# CR114


@bad("CR114", says="'requirements.txt'")
def hashes_that_pip_does_not_require() -> Machine:
    pip = "[global]\ntimeout = 60\n"
    return machine(file("~/.config/pip/pip.conf", Store.PIP, pip), locked=["requirements.txt"])


@good("CR114")
def hashes_that_pip_requires() -> Machine:
    pip = "[install]\nrequire-hashes = true\n"
    return machine(file("~/.config/pip/pip.conf", Store.PIP, pip), locked=["requirements.txt"])


@good("CR114")
def hashes_without_a_configuration_of_pip() -> Machine:
    return machine(locked=["requirements.txt"])


# CR115


@bad("CR115", at=["", "", ":1", ":1", ":2", ":3", ":3"])
def files_that_their_tools_cannot_read() -> Machine:
    return machine(
        pypirc("[pypi]\nusername = a\n[pypi]\nusername = b\n"),
        file("a/pip.conf", Store.PIP, "index-url = https://pypi.corp.net/simple\n"),
        file("b/pip.conf", Store.PIP, "[global]\nindex-url = a\nindex-url = b\n"),
        file("c/pip.conf", Store.PIP, "[global]\nno value at all\n"),
        file("~/.config/uv/uv.toml", Store.UV, "index-url = \n"),
        file("~/.config/pdm/config.toml", Store.PDM, None, reason="is not UTF-8"),
        file("~/.config/hatch/config.toml", Store.HATCH, "a = " + "[" * 500 + "]" * 500 + "\n"),
    )


@good("CR115")
def files_with_odd_but_valid_texts() -> Machine:
    return machine(
        pypirc("[distutils]\nindex-servers =\n    pypi\n[pypi]\nusername = 100%\ncomment: a % b %(c)s\n"),
        file("~/.config/uv/uv.toml", Store.UV, ""),
        file("~/.netrc", Store.NETRC, "machine a\n\tlogin b\n"),
        file(".env", Store.VARIABLES, "no assignment at all\n", in_checkout=True),
    )
