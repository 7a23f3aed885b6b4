"""A project with a release, an index on this machine, and the gate between them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from fixtures.builders import Sdist, Wheel
from tests.gate.index import Index, serving
from tests.gate.targets import PYPROJECT
from tests.gate.tools import environment
from tests.support import run


@dataclass
class Release:
    """A project with a wheel and an sdist in ``dist``; ``temporary`` is the folder for temporary files."""

    root: Path
    temporary: Path
    home: Path
    index: Index

    def files(self, folder: str = "dist") -> list[str]:
        """Return the paths of the files as a shell expands ``dist/*``."""
        return sorted(os.path.join(folder, each) for each in os.listdir(folder) if not each.startswith("."))

    @property
    def hashes(self) -> dict[str, str]:
        """The sha256 of the distributions by their names."""
        return {
            each.name: hashlib.sha256(each.read_bytes()).hexdigest()
            for each in (self.root / "dist").iterdir()
            if each.name.endswith((".whl", ".tar.gz"))
        }

    def gate(
        self, *words: object, options: tuple[str, ...] = (), env: Mapping[str, str] | None = None
    ) -> Result:
        """Run the gate in this process on all files of ``dist``, with a command."""
        folder = os.path.relpath(self.root / "dist")
        arguments = ["gate", "--no-config", "--quiet", *options, *self.files(folder), "--", *words]
        return run(*arguments, env={"TWINE_REPOSITORY_URL": self.index.url(), **(env or {})})

    @property
    def leftovers(self) -> list[str]:
        """The private folders that still exist."""
        return [each for each in os.listdir(self.temporary) if each.startswith("pkgaudit-gate-")]


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Release]:
    """Return a release in the working directory; afterwards, no private folder exists."""
    root, temporary, home = (tmp_path / each for each in ("project", "temporary", "home"))
    for each in (root / "dist", temporary, home):
        each.mkdir(parents=True)
    (root / "pyproject.toml").write_text(PYPROJECT)
    Wheel().build().write(root / "dist")
    Sdist().build().write(root / "dist")
    for name in os.environ.keys() - (wanted := environment(home)).keys():
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.chdir(root)
    with serving() as index:
        made = Release(root, temporary, home, index)
        yield made
    assert not made.leftovers


def last_line(result: Result) -> str:
    """Return the last line on standard error."""
    return result.stderr.rstrip("\n").rpartition("\n")[2]
