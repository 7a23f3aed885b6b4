"""Programs that only start another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgaudit.gate.settings import Surroundings
from pkgaudit.gate.wrappers import Program, find_program

HERE = Path("/project")


def find(line: str, environ: dict[str, str] | None = None, folder: Path = HERE) -> Program:
    return find_program(line.split(), Surroundings(environ or {}, folder))


@pytest.mark.parametrize(
    "line",
    [
        "twine upload",
        "/usr/bin/twine upload",
        r"C:\Tools\Twine.EXE upload",
        "python -m twine upload",
        "python3.11 -m twine upload",
        "/venv/bin/python -Im twine upload",
        "python -mtwine upload",
        "python -X dev -W error -m twine upload",
        "py -3 -m twine.__main__ upload",
        "pypy3 -m twine upload",
        "uvx twine upload",
        "uvx twine@6.1.0 upload",
        "uvx twine==6.1.0 upload",
        "uvx -p 3.12 --with keyring twine upload",
        "uvx --from twine==6.1 twine upload",
        "uvx --upgrade --upgrade-group x --no-sources-package y twine upload",
        "uv tool run --offline twine upload",
        "uv --quiet tool run twine upload",
        "uv run twine upload",
        "uv run --group release --no-sync -- twine upload",
        "uv run --with twine -m twine upload",
        "uv run python -m twine upload",
        "pipx run twine upload",
        "pipx run --spec twine==6 twine upload",
        "pipx run twine==6.1.0 upload",
        "env TWINE_USERNAME=me twine upload",
        "env -u TWINE_USERNAME -- twine upload",
        "env -i A=1 uvx twine upload",
        "env - A=1 twine upload",
        "hatch run twine upload",
        "hatch -e release run twine upload",
        "hatch run +py=3.12 release:twine upload",
        "hatch run release:twine upload",
        "poetry run twine upload",
        "poetry -C sub run -- twine upload",
        "pdm run twine upload",
        "pdm run -p sub --env A=1 twine upload",
        "env A=1 pdm run python -m twine upload",
        "timeout -k 5 --signal=TERM 60 twine upload",
        "nice -n 5 nohup twine upload",
        "/usr/bin/time -v -o times twine upload",
        "python3.13t -m twine upload",
    ],
)
def test_finds_the_uploader(line: str) -> None:
    found = find(line)
    assert found.name == "twine"
    assert line.split()[found.start] == "upload"
    assert found.opaque is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("uv publish", "uv"),
        ("python -m uv publish", "uv"),
        ("hatch publish", "hatch"),
        ("poetry publish", "poetry"),
        ("pdm publish", "pdm"),
        ("pipx install twine", "pipx"),
        ("python upload.py", "python"),
        ("python -c twine", "python"),
        ("uv run", "uv"),
        ("env", "env"),
        ("env -S twine", "env"),
        ("python -m", "python"),
        ("make upload", "make"),
    ],
)
def test_is_no_wrapper(line: str, name: str) -> None:
    assert find(line).name == name


def test_variables_of_env() -> None:
    environ = {"TWINE_REPOSITORY_URL": "https://packages.example.com/", "KEPT": "1"}
    assert find("env -u TWINE_REPOSITORY_URL twine", environ).surroundings.environ == {"KEPT": "1"}
    assert find("env -i TWINE_REPOSITORY=x twine", environ).surroundings.environ == {"TWINE_REPOSITORY": "x"}
    assert find("env - twine", environ).surroundings.environ == {}
    assert find("env A=1 env B=2 twine").surroundings.environ == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    "line",
    [
        "env -C sub twine",
        "env --chdir=sub twine",
        "uvx --directory sub twine",
        "uv --directory sub run twine",
        "poetry -C sub run twine",
        "pdm run --working-dir sub twine",
    ],
)
def test_folder(line: str) -> None:
    assert find(line).surroundings.folder == HERE / "sub"


@pytest.mark.parametrize(
    ("line", "environ"),
    [
        ("uvx --env-file .env twine upload", {}),
        ("uv run --env-file=.env twine upload", {}),
        ("uv run twine upload", {"UV_ENV_FILE": ".env"}),
    ],
)
def test_file_of_variables(line: str, environ: dict[str, str]) -> None:
    assert find(line, environ).opaque == "the environment file of uv may set another index"


@pytest.mark.parametrize("variable", ["UV_WORKING_DIR", "UV_WORKING_DIRECTORY"])
def test_folder_of_uv(variable: str) -> None:
    for line in ("uvx twine", "uv run twine", "uv tool run twine"):
        assert find(line, {variable: "sub"}).surroundings.folder == HERE / "sub"
    assert find("uv --directory x run twine", {variable: "sub"}).surroundings.folder == HERE / "x"
    assert find("uv --directory x run --directory y twine").surroundings.folder == HERE / "y"


def test_file_of_variables_is_off() -> None:
    assert find("uv run twine", {"UV_ENV_FILE": ".env", "UV_NO_ENV_FILE": "1"}).opaque is None
    assert find("uv run --no-env-file twine", {"UV_ENV_FILE": ".env"}).opaque is None


@pytest.mark.parametrize(
    ("file", "text", "line", "name", "is_opaque"),
    [
        ("pyproject.toml", '[tool.pdm.scripts]\ntwine = "echo"', "pdm run twine", "the script twine", False),
        ("pyproject.toml", '[tool.pdm.scripts._]\nenv_file = ".env"', "pdm run twine", "twine", True),
        ("pyproject.toml", '[tool.pdm.scripts]\nother = "echo"', "pdm run twine", "twine", False),
        ("pyproject.toml", '[project.scripts]\ntwine = "x:y"', "poetry run twine", "the script twine", False),
        (
            "pyproject.toml",
            '[tool.poetry.scripts]\ntwine = "x:y"',
            "poetry -P . run twine",
            "the script twine",
            False,
        ),
        ("hatch.toml", '[envs.x.scripts]\ntwine = "echo"', "hatch run x:twine", "the script twine", False),
        ("hatch.toml", '[envs.x.env-vars]\nTWINE_REPOSITORY = "x"', "hatch run twine", "twine", True),
        ("pyproject.toml", '[tool.hatch.envs.x.env-vars]\nA = "x"', "hatch run twine", "twine", True),
        ("pyproject.toml", "[tool.hatch.envs.x]\nskip-install = true", "hatch run twine", "twine", False),
        ("pyproject.toml", "[", "hatch run twine", "twine", False),
    ],
)
def test_settings_of_the_wrapper(
    file: str, text: str, line: str, name: str, is_opaque: bool, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(text)
    (tmp_path / "sub").mkdir()
    found = find(line, folder=tmp_path / "sub")
    assert found.name == name
    assert (found.opaque is not None) is is_opaque


def test_pdm_sets_variables() -> None:
    found = find("pdm run --env TWINE_REPOSITORY=x twine")
    assert found.surroundings.environ == {"TWINE_REPOSITORY": "x"}


def test_depth() -> None:
    assert find("env " * 6 + "twine upload").name == "twine"


def test_scripts_of_another_project(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "pyproject.toml").write_text('[tool.pdm.scripts]\ntwine = "echo"')
    assert find("pdm run -p other twine", folder=tmp_path).name == "the script twine"
    assert find("pdm run twine", {"PDM_PROJECT": "other"}, tmp_path).name == "the script twine"
    assert find("pdm run twine", folder=tmp_path).name == "twine"
