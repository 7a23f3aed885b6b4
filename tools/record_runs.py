"""Record the runs in the README and on the site, so they stay true.

A page has ``<!-- recorded: ARGUMENTS -->`` before a ``console`` block; the script replaces the block by the
output of ``pkgaudit ARGUMENTS`` in a folder whose ``dist/`` contains a small release with three faults, and
whose ``project/`` is a project with five faults.
``python -m tools.record_runs`` rewrites the pages; tests/project/test_recorded.py compares them.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fixtures import tokens
from fixtures.builders import LICENSE, Sdist, Wheel, sample_sources
from fixtures.projects import write_files

ROOT = Path(__file__).parent.parent

PAGES = ("README.md", "docs/start.md", "docs/tree.md", "docs/fixing.md")

_BLOCK = re.compile(
    r"(<!-- recorded: (?P<arguments>.+?) -->\n```console\n)(?P<shown>.*?)(?=```\n)", re.DOTALL
)


def make_release(folder: Path) -> None:
    """Write a wheel that PyPI would reject, and an sdist that contains a key and a password."""
    wheel = Wheel()
    assert wheel.metadata is not None
    wheel.metadata.set("Requires-Dist", "six @ https://x.python.org/six.zip")
    sdist = Sdist()
    assert sdist.metadata is not None
    sdist.metadata.add("Dynamic", "Requires-Dist")  # so the dependency of the wheel contradicts nothing
    sdist.files[".env"] = b"DATABASE_PASSWORD=rA9vK2" + b"mQ7xLp3TzW\n"
    sdist.files["deploy/key.pem"] = tokens.armored("RSA ", tokens.rsa_key()).encode()
    for each in (wheel, sdist):
        each.build().write(folder)


PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "sample"
version = "1.0"
description = "A sample project"
readme = "README.md"
license = "Apache-2.0"
license-files = ["LICENSE"]
authors = [{ name = "Ada Lovelace", email = "ada@python.org" }]
classifiers = [
    "Programming Language :: Python :: 3.10",  # the oldest one that is tested
    "Natural Language :: Ukranian",
]
urls.Source = "https://git.python.org/sample"

[tool.setuptools]
packages = ["sample", "tests"]
package-dir = { "" = "src" }
package-data.sample = ["*", ".*"]
"""


def make_project(folder: Path) -> None:
    """Write a project with five faults, in place of one that is there."""
    shutil.rmtree(folder, ignore_errors=True)
    files = {
        "pyproject.toml": PYPROJECT.encode(),
        "README.md": b"# sample\n\nA sample project.\n",
        "LICENSE": LICENSE,
        **{f"src/{name}": data for name, data in sample_sources().items()},
        "src/sample/.env": b"DATABASE_PASSWORD=rA9vK2" + b"mQ7xLp3TzW\n",
        "src/sample/dump.sql": b"INSERT INTO users VALUES (1, 'ada');\n",
        "src/tests/__init__.py": b'"""Tests."""\n',
        "src/tests/test_core.py": b"from sample import answer\n\nassert answer() == 42\n",
    }
    write_files(folder, files)


def record(arguments: str, folder: Path) -> str:
    """Return the console output of a run in a folder: the command, and its output."""
    words = [
        word
        for given in shlex.split(arguments)
        for word in ([each.relative_to(folder).as_posix() for each in sorted(folder.glob(given))] or [given])
    ]
    if words[0] == "fix":
        make_project(folder / "project")
    command = [sys.executable, "-m", "pkgaudit", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env={}, check=False)
    assert done.returncode in (0, 1), done.stderr
    return f"$ pkgaudit {arguments}\n{done.stdout}"


def recorded(text: str, folder: Path) -> str:
    """Return a page with its runs recorded again, in a folder that contains the release in ``dist``.

    A run that differs only in values that vary from run to run is not changed.
    """

    def again(match: re.Match[str]) -> str:
        shown = record(match["arguments"], folder)
        return match[0] if normal(shown) == normal(match["shown"]) else match[1] + shown

    return _BLOCK.sub(again, text)


def normal(text: str) -> str:
    """Return a text without values that vary from run to run: times, the number of rules, packed sizes."""
    text = re.sub(r"\b\d+\.\d\d s\b", "0.00 s", text)
    text = re.sub(r"\b\d+ rules\b", "0 rules", text)
    return re.sub(r" *\b[\d.]+ k?B\b| *<?\d+%(?= )|\(\d+%\)", " …", text)


def main() -> None:
    """Rewrite all pages."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "dist").mkdir()
        make_release(folder / "dist")
        for page in PAGES:
            path = ROOT / page
            path.write_text(recorded(path.read_text("utf-8"), folder), "utf-8")


if __name__ == "__main__":
    main()
