"""The interpreters at hand, and those that a wheel is for."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest
from packaging.tags import sys_tags
from packaging.version import Version

from pkgaudit.trying import pythons
from pkgaudit.trying.pythons import Python, PythonError, find_pythons, why_not

OWN = str(sys._base_executable)  # type: ignore[attr-defined]  # all supported Pythons have it


def python(version: str, **facts: object) -> Python:
    return Python(
        f"/opt/{version}/bin/python",
        Version(version),
        platform=sysconfig.get_platform(),
        **facts,  # type: ignore[arg-type]  # the names of fields are those of the class
    )


def test_the_tags_of_this_interpreter() -> None:
    (own,) = find_pythons([OWN])
    assert own.tags() == frozenset(sys_tags())
    assert own.version.release[:2] == sys.version_info[:2]


@pytest.mark.parametrize(
    ("version", "filename", "fits"),
    [
        ("3.7.16", "a-1-cp37-cp37m-any.whl", False),
        ("3.9.1", "a-1-py3-none-any.whl", True),
        ("3.9.1", "a-1-py39-none-any.whl", True),
        ("3.9.1", "a-1-py310-none-any.whl", False),
        ("3.9.1", "a-1-py2-none-any.whl", False),
        ("3.9.1", "a-1-cp39-none-any.whl", True),
        ("3.9.1", "a-1-py2.py3-none-win_amd64.whl", sysconfig.get_platform() == "win-amd64"),
        ("3.9.1", "a.whl", False),
    ],
)
def test_tags(version: str, filename: str, fits: bool) -> None:
    assert (why_not(python(version), filename, None) is None) is fits


def native(*tags: str) -> str:
    platform = next(iter(sys_tags())).platform
    return f"a-1-{'-'.join(tags)}-{platform}.whl"


def test_native_tags() -> None:
    assert why_not(python("3.7.16"), native("cp37", "cp37m"), None) is None
    assert why_not(python("3.13.0"), native("cp39", "abi3"), None) is None
    assert why_not(python("3.8.0"), native("cp39", "abi3"), None) is not None
    assert why_not(python("3.13.0", free_threaded=True), native("cp313", "cp313t"), None) is None
    assert why_not(python("3.13.0", free_threaded=True), native("cp39", "abi3"), None) is not None
    pypy = python("3.10.14", implementation="pypy", soabi="pypy310-pp73-x86_64-linux-gnu")
    assert why_not(pypy, native("pp310", "pypy310_pp73"), None) is None
    assert why_not(pypy, native("cp310", "cp310"), None) is not None


@pytest.mark.parametrize(
    ("requires", "fits"),
    [(">=3.9", True), (">=3.10", False), ("<3.9.2", True), ("nonsense", True), (None, True)],
)
def test_requires_python(requires: str | None, fits: bool) -> None:
    assert (why_not(python("3.9.1"), "a-1-py3-none-any.whl", requires) is None) is fits


def test_another_platform() -> None:
    other = Python("/x", Version("3.9.1"), platform="linux-riscv128")
    assert why_not(other, "a-1-py3-none-any.whl", None) == "the interpreter is for linux-riscv128"


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ("3.13", ["CPython 3.13"]),
        ("3.13.0", ["CPython 3.13"]),
        ("3.13t", ["CPython 3.13t"]),
        ("cpython3.9", ["CPython 3.9"]),
        ("python3.9", ["CPython 3.9"]),
        ("pypy", ["PyPy 3.10"]),
        ("pypy3.10", ["PyPy 3.10"]),
        ("3", ["CPython 3.9", "CPython 3.13"]),
        ("3.1", []),
    ],
)
def test_wishes(wish: str, names: list[str]) -> None:
    known = [
        python("3.9.1"),
        python("3.13.0"),
        python("3.13.0", free_threaded=True),
        python("3.10.1", implementation="pypy"),
    ]
    assert [each.name for each in known if each.is_wanted(wish)] == names


class TestSearch:
    @pytest.fixture(autouse=True)
    def _places(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        self.folder = tmp_path

    def interpreter(self, place: str, says: str) -> None:
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{says}\n")
        path.chmod(0o755)

    def told(self, version: list[int], path: str) -> str:
        facts = f'"implementation": "cpython", "version": {version}, "release": "final", "path": "{path}"'
        rest = '"free_threaded": false, "debug": false, "soabi": null, "platform": "x", "bits": true'
        return f"echo '{{{facts}, {rest}}}'"

    @pytest.mark.skipif(sys.platform == "win32", reason="the interpreters here are scripts for a shell")
    def test_the_newest_of_each_version(self) -> None:
        self.interpreter("pyenv/versions/3.6.1/bin/python", self.told([3, 6, 1], "a"))
        self.interpreter("pyenv/versions/3.6.9/bin/python", self.told([3, 6, 9], "b"))
        self.interpreter("pyenv/versions/2.7.18/bin/python", "echo unknown option -I >&2; exit 2")
        self.interpreter("bin/python3.5", self.told([3, 5, 1], "c"))
        self.interpreter("bin/pythonw-config", "exit 1")
        self.interpreter("shims/python3.7", self.told([3, 7, 0], "d"))
        found = find_pythons()
        assert [(each.path, str(each.version)) for each in found][:1] == [("b", "3.6.9")]
        assert [each.short for each in found[1:]] == ["{}.{}".format(*sys.version_info)]

    @pytest.mark.skipif(sys.platform == "win32", reason="the interpreters here are scripts for a shell")
    def test_the_path_that_the_user_gives(self) -> None:
        self.interpreter("old/python", self.told([3, 6, 1], str(self.folder / "old/python")))
        self.interpreter("pyenv/versions/3.6.9/bin/python", self.told([3, 6, 9], "b"))
        (found,) = find_pythons([str(self.folder / "old/python"), "3.6"])
        assert str(found.version) == "3.6.1"

    def test_one_that_is_not_there(self) -> None:
        with pytest.raises(
            PythonError, match=r"--python 3\.99: no such Python is at hand; there are: CPython"
        ):
            find_pythons(["3.99"])

    def test_those_of_uv(self, monkeypatch: pytest.MonkeyPatch) -> None:
        if sys.platform == "win32":
            pytest.skip("the programs here are scripts for a shell")
        self.interpreter("uv", f"echo {self.folder}/managed")
        self.interpreter("managed/cpython-3.6.2/bin/python", self.told([3, 6, 2], "u"))
        assert "3.6.2" in [str(each.version) for each in find_pythons((), str(self.folder / "uv"))]
        assert list(pythons._of_uv(str(self.folder / "missing"))) == []
