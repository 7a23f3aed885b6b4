"""The versions of the standard library: the script that makes the data, and the data beside this Python."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

from pkgaudit.rules._shared.library import has, is_module, latest, part, parts
from pkgaudit.rules.data.loader import load
from tools.refresh_library import Interpreter, history

RUNNING = sys.version_info[:2]


def python(minor: int, modules: dict[str, set[str]], *listed: str, native: bool = True) -> Interpreter:
    """Return an interpreter with modules that it can import, and others that it only lists."""

    def run(code: str) -> Any:
        raise AssertionError(code)

    return Interpreter((3, minor), native, run, frozenset({*modules, *listed}), modules)


def test_history_of_modules_and_names() -> None:
    made = history(
        [
            python(8, {"json": {"load"}, "imp": {"reload"}, "late": {"a"}}),
            python(9, {"json": {"load", "pp"}, "imp": {"reload"}}, "winreg"),
            python(13, {"json": {"load", "pp"}, "imp": set(), "tomllib": {"loads"}, "late": {"a"}}, "winreg"),
            python(13, {"json": {"load"}, "imp": {"reload"}}, native=False),
            python(14, {"json": {"load", "new"}, "compression.zstd": {"open"}, "imp": set()}, native=False),
            python(15, {"json": {"new"}, "compression.zstd": {"open"}}, native=False),
        ]
    )
    assert (made["oldest"], made["latest"]) == ("3.8", "3.15")
    assert made["names"] == ["imp", "json", "late", "tomllib", "winreg"]
    # Pyodide has no tomllib, winreg is of another system, and "late" came, went and came again.
    assert made["added"] == {"compression.zstd": "3.14", "tomllib": "3.13"}
    assert made["removed"] == {"imp": "3.15"}
    assert made["names_added"] == {"json": {"3.9": "pp", "3.14": "new"}}
    assert made["names_removed"] == {"imp": {"3.13": "reload"}, "json": {"3.15": "load"}}


def test_parts_of_an_import() -> None:
    assert [each.path for each in parts("compression.zstd", ["open"])] == ["compression"]
    assert [each.path for each in parts("typing", ["Self", "List"])] == ["typing.Self"]
    assert [each.path for each in parts("importlib", ["metadata", "util"])] == ["importlib.metadata"]
    assert [each.path for each in parts("distutils.core", ["setup"])] == ["distutils"]
    assert list(parts("json", ["load"])) == []


def test_modules_of_a_version() -> None:
    assert has("tomllib", (3, 11))
    assert not has("tomllib", (3, 10))
    assert has("imp", (3, 11))
    assert not has("imp", (3, 12))
    assert has("json", (3, 20))
    assert not is_module("requests")


@pytest.mark.skipif(latest() < RUNNING, reason="the data does not know this Python")
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other names")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_this_python_agrees() -> None:
    values = load("library_versions").values
    public = {each for each in sys.stdlib_module_names if not each.startswith("_")}
    assert {each for each in values["names"] if has(each, RUNNING)} >= public - {"xxlimited", "xxsubtype"}
    wrong = []
    for kind in ("names_added", "names_removed"):
        for module, changes in values[kind].items():
            try:
                loaded = importlib.import_module(module)
            except ImportError:
                continue  # of another version or system
            for name in " ".join(changes.values()).split():
                found = part(module, name)
                assert found is not None
                is_new_enough = found.first is None or found.first <= RUNNING
                expected = is_new_enough and (found.end is None or found.end > RUNNING)
                if hasattr(loaded, name) is not expected:
                    wrong.append(found)
    assert wrong == []
