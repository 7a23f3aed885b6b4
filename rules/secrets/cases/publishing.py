"""Cases of SE105: passwords and tokens of package indexes. They are made when they are needed."""

from __future__ import annotations

from collections.abc import Callable

from fixtures import tokens
from fixtures.builders import Built, Sdist
from fixtures.cases import bad, good

SECRET = tokens.random_text("publishing", 24)
ALSO = ("SE106", "SF", "SD", "PV", "LC")
"""Rules that look at the same files."""


def sdist(files: dict[str, str]) -> Built:
    """Return the sample sdist with further files."""
    made = Sdist()
    made.files |= {path: text.encode() for path, text in files.items()}
    return made.build()


PLACES: dict[str, tuple[str, str]] = {
    "exported": ("upload.sh", f"#!/bin/sh\nexport TWINE_PASSWORD={SECRET}\n"),
    "in_a_makefile": ("Makefile", f"# release\nTWINE_PASSWORD ?= {SECRET}\n"),
    "in_tox": ("tox.ini", f"[testenv:upload]\nsetenv = TWINE_PASSWORD = {SECRET}\n"),
    "in_a_workflow": (".github/workflows/release.yml", f"env:\n  UV_PUBLISH_TOKEN: {SECRET}\n"),
    "in_a_container": ("deploy/job.yml", f"env: [{{name: HATCH_INDEX_AUTH,\n  value: {SECRET}}}]\n"),
    "in_a_dockerfile": ("Dockerfile", f"FROM python\nENV FLIT_PASSWORD {SECRET}\n"),
    "in_fish": ("upload.fish", f"#!/usr/bin/fish\nset -gx MATURIN_PYPI_TOKEN {SECRET}\n"),
    "in_powershell": ("upload.ps1", f'# release\n$env:PDM_PUBLISH_PASSWORD = "{SECRET}"\n'),
    "in_a_session": ("noxfile.py", f'"""Sessions."""\nENV = {{"POETRY_PYPI_TOKEN_PYPI": "{SECRET}"}}\n'),
    "of_a_task": ("tasks.toml", f'[tasks.upload]\nenv = {{ UV_INDEX_CORP_PASSWORD = "{SECRET}" }}\n'),
    "of_twine": ("justfile", f"upload:\n  uvx twine upload -u ada -p {SECRET} dist/*\n"),
    "of_twine_continued": ("upload.sh", f"twine upload --username ada \\\n  --password '{SECRET}' dist/*\n"),
    "of_twine_in_a_list": (
        "noxfile.py",
        f'"""Sessions."""\nrun("twine", "upload", "-u", "ada", "-p", "{SECRET}", "dist/*")\n',
    ),
    "of_uv": ("upload.sh", f"#!/bin/sh\nuv publish --token={SECRET}\n"),
    "of_hatch": ("upload.bat", f"@echo off\nhatch publish -u __token__ -a {SECRET}\n"),
    "of_maturin": ("upload.sh", f"#!/bin/sh\nmaturin publish --username ada --password {SECRET}\n"),
    "of_pdm": ("upload.sh", f"#!/bin/sh\npdm publish -P {SECRET}\n"),
    "configured_for_poetry": ("ci.sh", f"#!/bin/sh\npoetry config pypi-token.pypi {SECRET}\n"),
    "configured_for_a_source": ("ci.sh", f"#!/bin/sh\npoetry config http-basic.corp ada {SECRET}\n"),
    "configured_for_pdm": ("ci.sh", f"#!/bin/sh\npdm config repository.pypi.password {SECRET}\n"),
    "written_to_pypirc": ("ci.sh", f"#!/bin/sh\necho 'password = {SECRET}' >> ~/.pypirc\n"),
    "of_an_action": (
        ".github/workflows/release.yml",
        f"steps: [{{uses: pypa/gh-action-pypi-publish@v1, with: {{\n  password: {SECRET}}}}}]\n",
    ),
    "of_a_deployment": (".travis.yml", f"deploy: {{provider: pypi, user: ada,\n  password: {SECRET}}}\n"),
    "table_of_hatch": ("hatch.toml", f'[publish.index]\nauth = "{SECRET}"\n'),
    "table_of_hatch_config": ("config.toml", f'[publish.index.repos.main]\nauth = "{SECRET}"\n'),
    "table_of_poetry": ("deploy.toml", f'[pypi-token]\npypi = "{SECRET}"\n'),
    "table_of_poetry_source": ("deploy.toml", f'[http-basic.corp]\npassword = "{SECRET}"\n'),
    "table_of_uv": ("deploy.toml", f'[[credential]]\ntoken = "{SECRET}"\n'),
    "table_of_cargo": ("deploy.toml", f'[registries.corp]\ntoken = "{SECRET}"\n'),
}
"""For each way to give a password to an uploader, a file in which it is on the second line."""


def _builder(name: str, path: str, text: str) -> Callable[[], Built]:
    def build() -> Built:
        return sdist({path: text})

    build.__name__ = name
    return build


for _name, (_path, _text) in PLACES.items():
    _column = _text.split("\n")[1].index(SECRET) + 1
    bad("SE105", at=f"sample-1.0/{_path}:2:{_column}", severity="error", also=ALSO)(
        _builder(f"password_{_name}", _path, _text)
    )


@bad("SE105", at="sample-1.0/docs/release.md:1:19", severity="info", also=ALSO)
def password_of_an_uploader_in_the_documentation() -> Built:
    return sdist({"docs/release.md": f"``twine upload -p {SECRET} dist/*``\n"})


SLOTS = (
    "$TWINE_PASSWORD",
    "${PYPI_TOKEN_2}",
    "${{ secrets.PYPI_TOKEN_2 }}",
    "$(pass show pypi2)",
    "{env:TWINE_PASSWORD_2}",
    "%PYPI_TOKEN_2%",
    "<your-token-2>",
    "pypi-AgEIcHlwaS5vcmcCJDhk...",
    "your-password-2",
    "changeme1",
    "hunter2",
    "xxxxxxxx1A",
    "",
)
"""Texts in place of a password that is filled in elsewhere."""


@good("SE105")
def passwords_of_uploaders_that_are_filled_in() -> Built:
    return sdist(
        {
            f"{number}/{path}": text.replace(SECRET, slot)
            for number, slot in enumerate(SLOTS)
            for path, text in PLACES.values()
        }
    )


@good("SE105")
def other_words_beside_uploaders() -> Built:
    files = {
        "tox.ini": "[testenv]\npassenv = TWINE_PASSWORD, TWINE_USERNAME_2 UV_PUBLISH_TOKEN\n",
        "ci.sh": (
            f"export TWINE_PASSWORD_FILE=/run/{SECRET}\nexport TWINE_USERNAME={SECRET}\n"
            f"twine upload --repository {SECRET} dist/*\ntwine check -p {SECRET}\n"
            f"uv publish --index {SECRET}\n"
            f"twine upload dist/*\nmake -p {SECRET}\necho PYPI_TOKEN {SECRET}\n"
        ),
        "settings.toml": f'[publish.index]\nrepo = "{SECRET}"\n[other]\nbuild = "{SECRET}"\n',
        "notes.txt": f"[pypi-token]\nbuild = {SECRET}\n",
    }
    return sdist(files)
