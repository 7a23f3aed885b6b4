"""The programs that the pages of ``docs/howto`` name know each command line, and do what the page says."""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Wheel
from fixtures.projects import flit_folder, write_project, write_quick_project
from tests.howto import commands, snippets
from tests.programs import need, need_backend
from tests.worktree import build_wheel

pytestmark = pytest.mark.once
BIN = Path(sys.executable).parent
LINKS = {"UV_LINK_MODE": "symlink"}
"""Installs no copies of files: nothing here changes one, which would change the cache of uv too."""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the programs of others that the pages name, and return the folder that they are in."""
    need("uv")
    folder = tmp_path_factory.mktemp("tools")
    uv = [sys.executable, "-m", "uv"]
    env = os.environ | LINKS
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, folder / "venv"], check=True)
    bin = folder / "venv" / BIN.name
    packages = ["build", "cibuildwheel", "nox", "pip", "pre-commit", "tox", "tox-uv", "twine", "uv"]
    subprocess.run([*uv, "pip", "install", "-q", "--python", bin / "python", *packages], env=env, check=True)
    # Those who share libraries of which they want different versions have an environment each.
    env |= {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(bin)}
    for package in ("flit", "hatch", "pdm[locked]", "pipx", "poetry"):
        subprocess.run(
            [*uv, "tool", "install", "-q", "--python", sys.executable, package], env=env, check=True
        )
    return bin


PLAIN = (
    "python -m pip install",
    "python -m build",
    "python -m cibuildwheel",
    "python -m venv",
    "cibuildwheel",
    "nox",
    "uvx",
)
"""Commands whose help is not that of their first two words."""


def others() -> list[tuple[str, ...]]:
    """Return the command lines of other programs."""
    found = {(Path(words[0]).name, *words[1:]): None for _, words in commands()}
    for words in [each for each in found if each[:2] == ("pipx", "run")]:
        del found[words]
        found[words[:3]] = None  # the rest are arguments of the program that it runs
    # The shell has cd and export, a server of devpi is another installation, and the help of curl is short.
    return [words for words in found if words[0] not in {"cd", "curl", "devpi", "export", "rm", "pkgaudit"}]


@cache
def help_of(command: tuple[str, ...], path: str) -> str:
    """Return the help of a command, which there must be."""
    program = shutil.which(command[0], path=path) or shutil.which(command[0])
    if program is None and command[0] == "docker":
        pytest.skip("docker is not installed")
    assert program, f"{command[0]} is not installed"
    env = os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("words", others(), ids=" ".join)
def test_each_command_line_of_others_has_a_program_that_knows_it(words: tuple[str, ...], tools: Path) -> None:
    line = " ".join(words)
    command = next((tuple(shlex.split(name)) for name in PLAIN if line.startswith(name)), words[:2])
    text = help_of((*command, "--help"), str(tools))
    own = words[len(command) : words.index("--") if "--" in words else None]
    for option in own:
        if option.startswith("-"):
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), option


# The pages of those who build and publish, from first line to last, against an index on this machine.


@dataclass
class Index:
    """What was uploaded, as SHA-256 by file name, to an index that takes everything."""

    url: str = ""
    uploads: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def index() -> Iterator[Index]:
    """An index as uploaders know it: a form with the file, by POST."""
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"]) if "Content-Length" in self.headers else None
            body = self.rfile.read(length) if length is not None else b"".join(self.chunks())
            head = b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n"
            form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
            for part in form.iter_parts():
                name, data = part.get_filename(), part.get_payload(decode=True)
                if name:
                    assert isinstance(data, bytes)
                    index.uploads[name] = hashlib.sha256(data).hexdigest()
            self.answer(200)

        def chunks(self) -> Iterator[bytes]:
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def do_GET(self) -> None:
            self.answer(404)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        # The argument is how many seconds a shutdown waits at most.
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        index.url = f"http://127.0.0.1:{server.server_port}/"
        yield index
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of our own wheel, for those who install pkgaudit by its name."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def environment(tools: Path, url: str, wheel: Path, home: Path) -> dict[str, str]:
    """Return an environment in which all uploaders know the index and none knows who runs the tests."""
    login = {
        f"{prefix}_{key}": value
        for prefix in ("TWINE", "UV_PUBLISH", "PDM_PUBLISH", "POETRY_HTTP_BASIC_LOCAL")
        for key, value in (("USERNAME", "ada"), ("PASSWORD", "none"))
    }
    return (
        {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
        | login
        | {
            "PATH": os.pathsep.join([str(BIN), str(tools), os.environ["PATH"]]),
            "FLIT": flit_folder(),
            "FLIT_NO_NETWORK": "1",
            "NOX_DEFAULT_VENV_BACKEND": "uv",
            "HATCH_INDEX_REPO": url,
            "HATCH_INDEX_USER": "ada",
            "HATCH_INDEX_AUTH": "none",
            "HATCH_CACHE_DIR": str(home),
            "HATCH_DATA_DIR": str(home),
            "PDM_PUBLISH_REPO": url,
            "POETRY_REPOSITORIES_LOCAL_URL": url,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "TWINE_REPOSITORY_URL": url,
            "UV_FIND_LINKS": str(wheel),
            **LINKS,
            "XDG_STATE_HOME": str(home),
            "UV_PUBLISH_URL": url,
            "PIP_FIND_LINKS": " ".join(filter(None, [str(wheel), os.environ.get("PIP_FIND_LINKS")])),
        }
    )


BACKEND = {
    "uv": "uv",
    "hatch": "hatchling",
    "flit": "flit",
    "poetry": "poetry",
    "pdm": "pdm",
}


def write(folder: Path, page: str) -> Path:
    """Write a project for the commands of a page."""
    # build would install any backend for each distribution anew.
    if page != "twine":
        return write_project(folder, BACKEND[page])
    need_backend("flit")
    return write_quick_project(folder)


def release(page: str, project: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the first block of a page, as a script that stops at the first command that fails."""
    block = next(each for each in snippets() if Path(each.page).stem == page and each.language == "sh")
    # The one uploader that can be given no other index from outside.
    script = block.text.replace("poetry publish", "poetry publish --repository local")
    command = [shutil.which("bash") or "bash", "-e", "-c", script]
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", ["twine", *BACKEND])
def test_a_good_release_is_published_as_it_was_audited(
    page: str, tools: Path, index: Index, wheel: Path, tmp_path: Path
) -> None:
    project = write(tmp_path / "project", page)
    done = release(page, project, environment(tools, index.url, wheel, tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stderr
    files = [each for each in (project / "dist").iterdir() if each.suffix in {".gz", ".whl"}]
    assert len(files) == 2
    assert index.uploads == {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


@pytest.mark.parametrize("page", ["twine", *BACKEND])
def test_a_bad_release_is_not_published(
    page: str, tools: Path, index: Index, wheel: Path, tmp_path: Path
) -> None:
    project = write(tmp_path / "project", page)
    (project / "src/sample/.env").write_text("DATABASE_PASSWORD=correct-horse-battery-staple\n")
    done = release(page, project, environment(tools, index.url, wheel, tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "SF102 environment-file" in done.stderr
    assert index.uploads == {}


@pytest.mark.parametrize("runner", ["tox", "nox"])
def test_tox_and_nox_audit_the_project_and_what_they_are_given(
    runner: str, tools: Path, wheel: Path, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", "flit")
    (project / "dist").mkdir()
    bad = Wheel()
    bad.files["sample/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    bad.build().write(project / "dist")
    page = [each for each in snippets() if Path(each.page).stem == "tox-nox"]
    for each in page:
        if each.file:
            (project / each.file).write_text(each.text)
    good, given = [
        line
        for each in page
        for line in each.text.splitlines()
        if line.startswith((f"{runner} run", f"{runner} --"))
    ]
    env = environment(tools, "", wheel, tmp_path)
    verdicts = []
    for line in (good, given):
        command = shlex.split(line)
        program = shutil.which(command[0], path=env["PATH"])
        assert program
        done = subprocess.run(
            [program, *command[1:]], cwd=project, env=env, capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        verdicts.append((done.returncode, re.findall(r"^(PASS|FAIL)$", output, re.MULTILINE), output))
    assert [each[:2] for each in verdicts] == [(0, ["PASS"]), (1, ["FAIL"])], verdicts
