"""Whatever a command line is: it is read without an error, and an uploader never gets a working file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgaudit.config.gate import GateSettings
from pkgaudit.gate.command import prepare
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.settings import Surroundings
from pkgaudit.gate.uploaders import UPLOADERS
from pkgaudit.gate.wrappers import find_program
from tests.gate.targets import PYPROJECT

UPLOADS = [
    "twine upload",
    "uv publish",
    "hatch publish",
    "pdm publish --no-build",
    "poetry publish",
    "maturin upload",
]

WRAPPERS = [
    "",
    "env",
    "env A=1",
    "python -m",
    "uvx",
    "uv run --",
    "hatch run",
    "pdm run",
    "pipx run",
    "poetry run",
]

WORDS = st.sampled_from(
    [
        *(
            "dist/sample-1.0.tar.gz",
            "dist/old-0.9.tar.gz",
            "dist/*",
            "dist",
            ".",
            "dist/notes.txt",
            "dist/none.whl",
        ),
        *(
            "--",
            "-",
            "-r",
            "-rx",
            "--repository",
            "--repo",
            "--repository-url",
            "--publish-url=x",
            "-p",
            "-u",
            "-v",
        ),
        *(
            "--dest",
            "--dist-dir",
            "--dist-dir=dist",
            "-d",
            "-ddist",
            "--dest=dist",
            "--directory",
            "--project",
            "-C",
        ),
        *(
            "--skip-existing",
            "--token",
            "--index",
            "--nothing",
            "-x",
            "{files}",
            "{dist}",
            "{dist}/*",
            "publish",
            "",
        ),
    ]
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Copies]]:
    """Return a project with an audited file and an older one, and the copies of the first."""
    root = tmp_path_factory.mktemp("project")
    (root / "dist").mkdir()
    (root / "pyproject.toml").write_text(PYPROJECT)
    for each in ("sample-1.0.tar.gz", "old-0.9.tar.gz", "notes.txt"):
        (root / "dist" / each).write_bytes(b"")
    with Copies() as copies:
        copies.add([str(root / "dist" / "sample-1.0.tar.gz")])
        yield root, copies


@given(st.sampled_from(WRAPPERS), st.sampled_from(UPLOADS), st.lists(WORDS, max_size=6))
@settings(max_examples=300)
def test_uploader_gets_only_copies(
    project: tuple[Path, Copies], wrapper: str, upload: str, more: list[str]
) -> None:
    root, copies = project
    here = Surroundings({"HOME": str(root / "home")}, root)
    made = prepare([*wrapper.split(), *upload.split(), *more], copies, GateSettings(), here)
    if made.refusal is not None:
        return
    program = find_program(made.words, here)
    assert program.name == upload.split()[0]
    call = UPLOADERS[program.name].call(made.words, program)
    assert call is not None
    if program.name in ("pdm", "poetry"):
        assert call.value("dest" if program.name == "pdm" else "dist-dir") == str(copies.folder)
    else:
        assert [each.text for each in call.files]
        assert {Path(each.text).parent for each in call.files} == {copies.folder}


@given(
    st.lists(
        st.one_of(WORDS, st.text(st.characters(exclude_characters="\0"), max_size=8)), min_size=1, max_size=6
    )
)
def test_any_command(project: tuple[Path, Copies], words: list[str]) -> None:
    root, copies = project
    here = Surroundings({"HOME": str(root / "home")}, root)
    made = prepare(words, copies, GateSettings(), here)
    assert made.refusal is not None or made.handover.handed
