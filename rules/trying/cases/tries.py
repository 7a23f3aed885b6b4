"""Cases of TR: what happened to files that only exist by name."""

from __future__ import annotations

from typing import Any

from fixtures.cases import bad, good
from pkgaudit.finding import Finding, Location, Severity
from pkgaudit.model.tries import Fate, Step, Trial, Tries

WHEEL = "dist/sample-1.0-py3-none-any.whl"
SDIST = "dist/sample-1.0.tar.gz"
OLD = "CPython 3.9"
NEW = "CPython 3.13"


def tried(step: Step, name: str, fate: Fate = Fate.FAILED, path: str = WHEEL, **facts: Any) -> Tries:
    """Return a run in which one thing did not succeed."""
    facts.setdefault("pythons", (OLD,))
    return Tries([WHEEL, SDIST], [Trial(path, step, fate, name, **facts)])


def missing(name: str = "sample", **facts: Any) -> Tries:
    """Return a run in which an import misses a module."""
    error = "ModuleNotFoundError: No module named 'tomli'"
    return tried(
        Step.IMPORT,
        name,
        error=error,
        kind="ModuleNotFoundError",
        missing="tomli",
        needs_other=True,
        member="sample/config.py",
        line=3,
        lines=('  File "sample/config.py", line 3, in <module>', "    import tomli", error),
        **facts,
    )


@good(*(f"TR{number}" for number in range(101, 113)))
def everything_works() -> Tries:
    return Tries([WHEEL, SDIST])


@bad("TR101", says="uv cannot install the distribution with CPython 3.9; it works with CPython 3.13")
def no_solution() -> Tries:
    lines = ("No solution found when resolving dependencies:", "only other>=2 is available")
    return tried(Step.INSTALL, "uv", lines=lines, fine=(NEW,))


@bad("TR101", severity="warning", says="failed to build")
def dependency_without_a_wheel() -> Tries:
    return tried(Step.INSTALL, "pip", error="failed to build other", is_certain=False)


@bad("TR102", says="sample requires other>=2")
def inconsistent() -> Tries:
    return tried(Step.CHECK, "sample requires other>=2", error="sample requires other>=2, but 1 is installed")


@bad("TR102", severity="warning", says="one requires two")
def inconsistent_dependencies() -> Tries:
    return tried(Step.CHECK, "one requires two", error="one requires two", is_certain=False)


@bad("TR103", at="sample/config.py:3", says="importing 'sample' fails with CPython 3.9: ModuleNotFoundError")
def import_package_fails() -> Tries:
    return missing(is_main=True, fine=(NEW,))


@bad(
    "TR103",
    at="sample/config.py:3",
    severity="warning",
    says="'sample.cli', 'sample.x', 'sample.y' and 1 more",
)
def another_module_fails() -> Tries:
    others = ("sample.cli", "sample.x", "sample.y", "sample.z")
    return tried(
        Step.IMPORT,
        "sample.config",
        others=others,
        member="sample/config.py",
        line=3,
        error="NameError: name 'unicode' is not defined",
    )


@bad("TR103", at="sample/config.py:3", severity="info", says="importing 'sample.config' fails")
def optional_integration() -> Tries:
    return missing("sample.config", extra="toml")


@bad("TR103", at="sample/config.py:3", severity="warning", says="WH111 foresees it")
def foreseen() -> Tries:
    made = missing("sample.config")
    where = Location("sample/config.py", 3)
    static = ("WH111", "undeclared-dependency", Severity.WARNING, WHEEL, where, "imports 'tomli'")
    made.findings.append(Finding(*static, "require tomli", "0" * 32))
    return made


@bad("TR104", says="ends the interpreter with status 0")
def ends_with_success() -> Tries:
    return tried(Step.IMPORT, "sample", Fate.EXITED, status=0, is_main=True)


@bad("TR104", severity="warning", says="ends the interpreter by signal 11")
def crashes() -> Tries:
    return tried(Step.IMPORT, "sample.fast", Fate.KILLED, status=11)


@bad("TR105", says="does not end within 30 s")
def waits() -> Tries:
    return tried(Step.IMPORT, "sample", Fate.TIMED_OUT, seconds=30.0, is_main=True)


@bad("TR105", severity="warning", says="'sample.server'")
def another_module_waits() -> Tries:
    return tried(Step.IMPORT, "sample.server", Fate.TIMED_OUT, seconds=30.0)


@bad("TR106", says="the entry point 'console_scripts: sample' cannot be loaded")
def command_without_object() -> Tries:
    error = "AttributeError: module 'sample' has no attribute 'main'"
    return tried(Step.LOAD, "console_scripts: sample", error=error, is_main=True)


@bad("TR106", severity="info", says="'pytest11: sample'")
def plugin_without_its_program() -> Tries:
    return tried(Step.LOAD, "pytest11: sample", missing="pytest", needs_other=True)


@bad("TR106", severity="warning", says="does not end")
def plugin_that_waits() -> Tries:
    return tried(Step.LOAD, "pytest11: sample", Fate.TIMED_OUT, seconds=2.0)


@bad("TR107", says="'sample --help' crashes")
def command_crashes() -> Tries:
    return tried(Step.RUN, "sample --help", error="KeyError: 'HOME'", is_main=True, is_certain=False)


@bad("TR107", severity="warning", says="'sample --version' crashes")
def command_crashes_with_version() -> Tries:
    return tried(Step.RUN, "sample --version", error="FileNotFoundError: '--version'", is_main=True)


@bad("TR107", says="signal 11 ends 'sample --help'")
def command_is_killed() -> Tries:
    return tried(Step.RUN, "sample --help", Fate.KILLED, status=11, is_main=True)


@bad("TR107", severity="warning", says="does not end within 30 s")
def command_is_a_server() -> Tries:
    return tried(Step.RUN, "sample --help", Fate.TIMED_OUT, seconds=30.0)


@bad("TR108", says="'sample --help' exits with status 2")
def command_rejects_help() -> Tries:
    lines = ("usage: sample FILE",)
    return tried(Step.RUN, "sample --help", Fate.EXITED, status=2, others=("sample --version",), lines=lines)


@bad("TR109", at="sample/data.json", says="PermissionError")
def data_file_without_permission() -> Tries:
    error = "PermissionError: [Errno 13] Permission denied"
    return tried(Step.OPEN, "sample/data.json", error=error, member="sample/data.json")


@bad("TR109", at="sample/data.json", severity="warning", says="TypeError")
def package_without_a_loader() -> Tries:
    error = "TypeError: 'object' is not a module"
    return tried(Step.OPEN, "sample/data.json", error=error, member="sample/data.json", is_certain=False)


@bad("TR110", says="2 files stay behind after uninstalling with CPython 3.9: 'a/b.txt' and 'a/c.txt'")
def files_stay() -> Tries:
    return tried(Step.UNINSTALL, "a/b.txt", others=("a/c.txt",), status=2)


@bad("TR110", says="'sample' cannot be uninstalled")
def uninstalling_fails() -> Tries:
    return tried(Step.UNINSTALL, "sample", lines=("error: RECORD is missing",))


@bad("TR111", says="the sdist cannot be built with CPython 3.9")
def build_fails() -> Tries:
    lines = ("FileNotFoundError: requirements.txt",)
    return tried(Step.BUILD, "", path=SDIST, error=lines[0], lines=lines)


@bad("TR112", says="differs from 'sample-1.0-py3-none-any.whl': 'sample/data.json' is missing and 1 more")
def wheel_differs() -> Tries:
    lines = ("'sample/data.json' is missing", "'sample/cli.py' is missing")
    return tried(Step.COMPARE, "sample-1.0-py3-none-any.whl", path=SDIST, lines=lines, status=2)
