"""``pkgaudit try`` on wheels that are installed into real environments."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, Wheel
from pkgaudit.trying import environments
from pkgaudit.trying.attempt import Trying
from tests.programs import need
from tests.support import run

OWN = str(sys._base_executable)  # type: ignore[attr-defined]  # all supported Pythons have it

WARNING = "pkgaudit try runs code: "


@pytest.fixture(autouse=True)
def uv(monkeypatch: pytest.MonkeyPatch) -> str:
    """Have uv found, which makes environments in a fraction of the time that pip takes."""
    program = str(need("uv").find_uv_bin())
    monkeypatch.setattr("pkgaudit.trying.session.find_uv", lambda: program)
    monkeypatch.setenv("UV_OFFLINE", "1")
    return program


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tried(folder: Path, *built: Wheel | Sdist, options: tuple[str, ...] = ()) -> dict[str, Any]:
    """Try distributions with this Python, and return the report; nothing is left behind."""
    paths = [each.build().write(folder) for each in built]
    done = run("try", "--python", OWN, "--format", "json", *options, *paths)
    assert done.stderr.startswith(WARNING)
    assert os.listdir(folder / "temporary") == []
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (2 if report["errors"] else int(report["verdict"] == "fail"))
    return report


def said(report: dict[str, Any]) -> dict[str, str]:
    """Return the codes and messages of the trials."""
    return {each["code"]: each["message"] for each in report["findings"] if each["code"].startswith("TR")}


COMMANDS = b"[console_scripts]\ngood = sample.cli:good\nbad = sample.cli:bad\nnone = sample.cli:none\n"
CLI = b"""import argparse

def good():
    argparse.ArgumentParser().parse_args()

def bad():
    raise KeyError("x")
"""


def test_a_good_wheel(folder: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/data.json"] = b"{}"
    report = tried(folder, wheel)
    assert said(report) == {}
    assert report["errors"] == []


def test_everything_at_once(folder: Path) -> None:
    wheel = Wheel()
    wheel.files |= {
        "sample/cli.py": CLI,
        "sample/config.py": b"from sample import lost\n",
        "sample/left.py": b"this is no Python\n",
        "sample/script.py": b"import sys\nsys.exit()\n",
        "sample/waits.py": b"import time\ntime.sleep(60)\n",
        "sample/writes.py": b"open(__file__ + '.cache', 'w').close()\n",
        "sample/tests/test_it.py": b"import nothing_of_that_name\n",
        "sample/_private.py": b"import nothing_of_that_name\n",
        "sample/templates/new.py": b"{{ no Python }}\n",
        f"{wheel.dist_info}/entry_points.txt": COMMANDS,
    }
    (folder / "pkgaudit.toml").write_text(
        '[try]\nmodule-seconds = 2\nleave-out = { "sample.left" = "is a template" }\n'
    )
    report = tried(folder, wheel)
    found = said(report)
    name = f"CPython {sys.version_info[0]}.{sys.version_info[1]}"
    assert found["TR103"] == (
        f"importing 'sample.config' fails with {name}: ImportError: cannot import name 'lost' from 'sample' "
        "(sample/__init__.py); WH110 foresees it"
    )
    assert found["TR104"].startswith("importing 'sample.script' ends the interpreter with status 0")
    assert found["TR105"].startswith("importing 'sample.waits' does not end within 2 s")
    assert found["TR106"].startswith("the entry point 'console_scripts: none' cannot be loaded")
    assert found["TR107"].startswith("'bad --help' crashes with ")
    assert found["TR107"].endswith("KeyError: 'x'")
    assert found["TR108"].startswith("'good --version' exits with status 2")
    assert "sample/writes.py.cache" in found["TR110"]
    assert len(found) == 7

    codes = [each["code"] for each in report["findings"]]
    assert "WH110" not in codes  # the trial reports it, with both
    assert "WH122" not in codes
    (first,) = [each for each in report["findings"] if each["code"] == "TR103"]
    assert (first["member"], first["line"]) == ("sample/config.py", 1)
    assert first["data"]["rules"] == ["WH110"]
    assert "sample/lost.py" in first["fix"]
    assert first["excerpt"]["text"].splitlines()[-2:] == [
        "    from sample import lost",
        "ImportError: cannot import name 'lost' from 'sample' (sample/__init__.py)",
    ]
    assert {each["reason"] for each in report["skipped"]} == {"left out: is a template"}


def test_a_secret_in_a_traceback_is_masked(folder: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    wheel = Wheel(files={"sample/__init__.py": f"raise ValueError('password={token}')\n".encode()})
    report = tried(folder, wheel)
    assert "TR103" in said(report)
    assert token not in json.dumps(report)


def test_dependencies(folder: Path) -> None:
    needs = Wheel("other")
    assert needs.metadata is not None
    needs.files = {"other/__init__.py": b"import sample\n"}
    needs.metadata.add("Requires-Dist", "sample>=2")
    Wheel(files={"sample/__init__.py": b""}).build().write(folder)
    found = said(tried(folder, needs, options=("--find-links", str(folder))))
    assert set(found) == {"TR101"}
    assert "Because only sample==1.0 is available and other==1.0 depends on sample>=2" in found["TR101"]
    report = tried(folder, needs, options=("--no-deps",))
    assert said(report) == {}
    assert {each["reason"] for each in report["skipped"]} == {
        "'other' needs sample, and --no-deps leaves out dependencies"
    }


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    Wheel().build().write(tmp_path)
    done = run("try", str(tmp_path), "--find-links", str(tmp_path / "lost"))
    assert done.exit_code == 2
    assert "lost: there is no such file or folder" in done.stderr


def test_the_lowest_version(folder: Path) -> None:
    needs = Wheel("other", files={"other/__init__.py": b"import sample\nassert sample.NUMBER == 1\n"})
    assert needs.metadata is not None
    needs.metadata.add("Requires-Dist", "sample>=1")
    for number in (1, 2):
        made = Wheel("sample", f"{number}.0", files={"sample/__init__.py": f"NUMBER = {number}\n".encode()})
        made.build().write(folder)
    links = ("--find-links", str(folder))
    assert said(tried(folder, needs, options=(*links, "--lowest"))) == {}
    assert "AssertionError" in said(tried(folder, needs, options=links))["TR103"]


def test_the_time_begins_with_the_attempt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Trying.__init__

    def late(self: Trying, *given: Any) -> None:
        begun(self, *given)
        time.sleep(1.2)  # as an attempt waits for a free thread

    monkeypatch.setattr(Trying, "__init__", late)
    (folder / "pkgaudit.toml").write_text("[try]\nwheel-seconds = 1\n")
    report = tried(folder, Wheel(files={"sample/__init__.py": b"import time\ntime.sleep(60)\n"}))
    assert report["errors"] == []
    assert [each["reason"] for each in report["skipped"]] == [
        "a part was not tried, because its time was over"
    ]


def test_no_python_fits(folder: Path) -> None:
    wheel = Wheel(tag="cp27-cp27m-win32")
    report = tried(folder, wheel)
    (error,) = report["errors"]
    assert error["message"].startswith("nothing was tried: not tried: it")
    assert any(each["reason"].startswith("not tried: ") for each in report["skipped"])


def test_a_project_is_not_built(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("")
    done = run("try", folder)
    assert done.exit_code == 2
    assert "is a project; build it first" in done.output


BACKEND = b"""
import os, shutil, zipfile

def build_wheel(folder, settings=None, metadata=None):
    name = "sample-1.0-py3-none-any.whl"
    shutil.copy("built.whl", os.path.join(folder, name))
    return name
"""


def sdist(folder: Path, wheel: Wheel) -> Sdist:
    """Return an sdist of which a backend without requirements builds a wheel."""
    project = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    project += b'[project]\nname = "sample"\nversion = "1.0"\n'
    made = Sdist()
    made.files |= {"pyproject.toml": project, "backend.py": BACKEND, "built.whl": wheel.build().data}
    return made


class TestSdists:
    def test_the_wheel_is_the_same(self, folder: Path) -> None:
        wheel = Wheel()
        assert said(tried(folder, sdist(folder, wheel), wheel)) == {}

    def test_the_wheel_differs(self, folder: Path) -> None:
        wheel = Wheel()
        wheel.files["sample/data.json"] = b"{}"
        found = said(tried(folder, sdist(folder, Wheel()), wheel))
        assert found == {
            "TR112": "the wheel built from the sdist differs from 'sample-1.0-py3-none-any.whl': "
            "'sample/data.json' is missing"
        }

    def test_without_a_wheel_it_is_tried(self, folder: Path) -> None:
        wheel = Wheel(files={"sample/__init__.py": b"import sample.lost\n"})
        report = tried(folder, sdist(folder, wheel))
        assert "No module named 'sample.lost'" in said(report)["TR103"]

    def test_the_build_fails(self, folder: Path) -> None:
        made = sdist(folder, Wheel())
        del made.files["built.whl"]
        report = tried(folder, made)
        assert "TR111" in said(report)
        (finding,) = [each for each in report["findings"] if each["code"] == "TR111"]
        assert "built.whl" in finding["excerpt"]["text"]


@pytest.mark.once
@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing(folder: Path, uv: str, number: int) -> None:
    wheel = Wheel(
        files={"sample/__init__.py": b"import time\nopen('started', 'w').close()\ntime.sleep(60)\n"}
    )
    path = wheel.build().write(folder)
    temporary = folder / "temporary"
    environment = {**os.environ, "TMPDIR": str(temporary), "PATH": f"{Path(uv).parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "pkgaudit", "try", "--no-config", "--python", OWN, str(path)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 30
        while not list(temporary.glob("*/*/work/*/started")) and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(number)
        status = process.wait(10)
    assert status == 128 + number
    assert list(temporary.iterdir()) == []


@pytest.mark.once
def test_with_pip(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.trying.session.find_uv", lambda: None)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheel = Wheel(files={"sample/__init__.py": b"import sample.lost\n"})
    found = said(tried(folder, wheel))
    assert "No module named 'sample.lost'" in found.pop("TR103")
    assert found == {}
    done = run("try", "--lowest", "--python", OWN, *folder.glob("*.whl"))
    assert done.exit_code == 2
    assert "--lowest needs uv" in done.output


def test_uv_is_not_taken_from_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: "uv")
    assert environments.find_uv() is None


@pytest.mark.once
def test_real_packages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The static rules say of released wheels what happens: `PKGAUDIT_TRY_WHEELS` names a folder of them."""
    given = os.environ.get("PKGAUDIT_TRY_WHEELS")
    if not given:
        pytest.skip("PKGAUDIT_TRY_WHEELS names no folder of wheels")
    monkeypatch.delenv("UV_OFFLINE")
    done = run("try", "--no-config", "--python", OWN, "--format", "json", given)
    report = json.loads(done.stdout)
    errors = [each for each in report["findings"] if each["severity"] == "error"]
    unforeseen = [each for each in errors if each["code"].startswith("TR") and "rules" not in each["data"]]
    unconfirmed = [each for each in errors if each["code"] in ("WH109", "WH110", "WH116", "WH122")]
    lines = [
        f"{each['distribution']}: {each['code']} {each['message']}" for each in (*unforeseen, *unconfirmed)
    ]
    assert not lines, "\n".join(lines)
