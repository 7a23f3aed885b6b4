"""Record the runs in the README and on the site, so they stay true.

A page has ``<!-- recorded: ARGUMENTS -->`` before a ``console`` block; the script replaces the block by the
output of ``pkgaudit ARGUMENTS`` in a folder whose ``dist/`` contains a small release with three faults.
``python -m tools.record_runs`` rewrites the pages; tests/project/test_recorded.py compares them.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fixtures import tokens
from fixtures.builders import Sdist, Wheel

ROOT = Path(__file__).parent.parent

PAGES = ("README.md", "docs/start.md", "docs/tree.md")

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


def record(arguments: str, folder: Path) -> str:
    """Return the console output of a run in a folder: the command, and its output."""
    words = [
        word
        for given in shlex.split(arguments)
        for word in ([each.relative_to(folder).as_posix() for each in sorted(folder.glob(given))] or [given])
    ]
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
