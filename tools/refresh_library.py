"""Regenerate rules/data/library_versions.json: the standard library of each version of Python.

    npm install pyodide@0.29.4                 # CPython 3.13; in a folder of its own, like the next ones
    npm install pyodide@314.0.7                # 3.14
    npm install pyodide@315.0.0-alpha.2        # 3.15
    python -m tools.refresh_library --python ~/.pyenv/versions/3.*/bin/python --pyodide FOLDER FOLDER FOLDER

The facts come from the interpreters themselves: each one lists its modules, imports them, and is asked for
every name that any of them has. `dir` is not enough, because modules compute names. Pyodide, which needs
Node.js, stands in for versions that are not installed. It lacks modules, so it is compared only with Pyodide
of the version before: without that one, nothing counts as removed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.refresh_data import RefreshError, write

Version = tuple[int, int]

NO_MODULES = frozenset({"lib", "test", "xxlimited", "xxsubtype"})
"""Names in the lists that are not for import: tests of the interpreter, and a folder on Windows."""

SINCE: Version = (3, 8)
"""The first version whose changes to names in modules are kept: few wheels support older Pythons."""

LIST_MODULES = r"""
import json, os, pkgutil, sys, sysconfig
folder = sysconfig.get_path("stdlib") if sys.platform != "emscripten" else None
folders = [folder, os.path.join(folder, "lib-dynload")] if folder else sys.path
folders = [os.path.realpath(f) for f in folders]
SKIPPED = ("test", "idlelib", "turtledemo", "lib2to3", "encodings", "tkinter", "site-packages", "ensurepip")
names = {n for n in sys.builtin_module_names} | set(getattr(sys, "stdlib_module_names", ()))
def visit(folders, prefix, depth):
    for each in pkgutil.iter_modules(folders, prefix):
        last = each.name.rpartition(".")[2]
        if last.startswith("_"):
            continue
        names.add(each.name)
        if each.ispkg and depth < 4 and each.name.partition(".")[0] not in SKIPPED:
            inner = [os.path.join(f, last) for f in folders]
            visit(inner, each.name + ".", depth + 1)
visit(folders, "", 0)
print("\n" + json.dumps(sorted(n for n in names if not any(p.startswith("_") for p in n.split(".")))))
"""

LIST_NAMES = r"""
import contextlib, importlib, io, json, sys, types, warnings
warnings.simplefilter("ignore")
asked = json.loads(ASKED)
found = {}
SYSTEM = ("curses", "errno", "os", "resource", "select", "signal", "socket", "ssl", "termios")
for module, names in asked.items():
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            loaded = importlib.import_module(module)
    except BaseException:
        continue
    if names:
        has = [n for n in names if hasattr(loaded, n)]
    else:
        own = (module, "_" + module)
        has = [n for n in dir(loaded) if getattr(getattr(loaded, n, None), "__module__", None) in own]
        has = [n for n in {*has, *getattr(loaded, "__all__", ())} if not n.startswith("_")]
        values = {n: getattr(loaded, n, None) for n in has}
        # Which numbers there are depends on the system.
        kinds = (types.ModuleType, int) if module in SYSTEM else types.ModuleType
        has = [n for n in has if not isinstance(values[n], kinds)]
    found[module] = sorted(set(has))
print("\n" + json.dumps(found))
"""

NOT_IMPORTED = frozenset({"antigravity", "this", "turtle"})
"""Modules that open a browser or a window, or print, when they are imported."""

_ASIDE = re.compile(
    r"(?:.+\.tests?|xxlimited.*|pyodide.*|posix|posixpath|ntpath|genericpath|distutils)(?:\..+)?"
)
"""Modules without users: tests, and what other modules import."""

BACKPORTED = frozenset({"LinkFallbackError"})
"""Names that late releases of older versions have too, because they came with a correction of security."""

IN_PYODIDE = """
const {loadPyodide} = require("pyodide");
let text = "";
process.stdin.on("data", part => text += part).on("end", async () => {
  const python = await loadPyodide();
  python.runPython(text);
});
"""


@dataclass
class Interpreter:
    """A Python: its version, its modules, and the names of those that it can import."""

    version: Version
    is_native: bool
    run: Callable[[str], Any]
    modules: frozenset[str] = frozenset()
    names: dict[str, set[str]] = field(default_factory=dict)

    def ask(self, asked: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
        """Return the names that each module has: all of them, or those of the asked ones."""
        wanted = {
            module: sorted(names)
            for module, names in asked.items()
            if module in self.modules and module not in NOT_IMPORTED
        }
        found = self.run(f"ASKED = {json.dumps(wanted)!r}\n{LIST_NAMES}")
        return {module: set(names) for module, names in found.items()}


def native(path: Path) -> Interpreter:
    """Return an installed Python."""

    def run(code: str) -> Any:
        return answer([str(path), "-I", "-W", "ignore", "-"], code)

    return made(run, is_native=True)


def pyodide(folder: Path) -> Interpreter:
    """Return the Python of an installed Pyodide."""

    def run(code: str) -> Any:
        return answer(["node", "-e", IN_PYODIDE], code, folder)

    return made(run, is_native=False)


def made(run: Callable[[str], Any], *, is_native: bool) -> Interpreter:
    """Return an interpreter with the list of its modules."""
    major, minor = run('import sys\nprint("\\n[%d, %d]" % sys.version_info[:2])')
    return Interpreter((major, minor), is_native, run, frozenset(run(LIST_MODULES)))


def answer(command: list[str], code: str, folder: Path | None = None) -> Any:
    """Return the JSON in the last line that a program prints.

    Raises:
        RefreshError: the program fails.
    """
    done = subprocess.run(command, input=code, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RefreshError(f"{command[0]} failed: {done.stderr[-500:]}")
    return json.loads(done.stdout.strip().rpartition("\n")[2])


def history(interpreters: list[Interpreter]) -> dict[str, Any]:
    """Return the modules, and the versions that added or removed modules and names in modules."""
    everything = frozenset().union(*(each.modules for each in interpreters))
    tops = sorted(
        each for each in everything if "." not in each and each not in NO_MODULES and each != "pyodide"
    )
    added: dict[str, str] = {}
    removed: dict[str, str] = {}
    for module in sorted(everything):
        if module.partition(".")[0] in NO_MODULES or (_ASIDE.fullmatch(module) and module not in tops):
            continue
        here = [module in each.modules for each in interpreters]
        change(interpreters, here, module, added, removed)
        # The list of modules, which begins with 3.10, contains modules of other systems too.
        if "." not in module and not any(module in each.names for each in interpreters):
            added.pop(module, None)
    names_added: dict[str, dict[str, str]] = {}
    names_removed: dict[str, dict[str, str]] = {}
    for module in sorted(everything):
        holders = [each for each in interpreters if module in each.names]
        for name in sorted(set().union(*(each.names[module] for each in holders))):
            if f"{module}.{name}" in everything or name in BACKPORTED or _ASIDE.fullmatch(module):
                continue
            here = [name in each.names[module] for each in holders]
            new: dict[str, str] = {}
            gone: dict[str, str] = {}
            change(holders, here, name, new, gone)
            for which, into in ((new, names_added), (gone, names_removed)):
                if name in which and parsed(which[name]) >= SINCE:
                    names = into.setdefault(module, {})
                    names[which[name]] = f"{names.get(which[name], '')} {name}".lstrip()
    return {
        "oldest": said(interpreters[0].version),
        "latest": said(interpreters[-1].version),
        "names": tops,
        "added": {each: version for each, version in added.items() if matters(each, added)},
        "removed": {each: version for each, version in removed.items() if matters(each, removed)},
        "names_added": names_added,
        "names_removed": names_removed,
    }


def matters(module: str, changed: Mapping[str, str]) -> bool:
    """Return whether the change of a module does not follow from that of its package."""
    return changed.get(module.rpartition(".")[0]) != changed[module]


def change(
    interpreters: list[Interpreter],
    here: list[bool],
    name: str,
    added: dict[str, str],
    removed: dict[str, str],
) -> None:
    """Note the version in which something appeared or disappeared, if it did so once and for all."""
    pairs = list(zip(interpreters, here, strict=True))
    steps = []
    for number, (interpreter, is_here) in enumerate(pairs):
        if interpreter.is_native or not number:
            before = pairs[number - 1] if number else None
        else:
            earlier = [each for each in pairs[:number] if not each[0].is_native]
            # Pyodide lacks much; what it has is new only if no other Python before had it.
            before = earlier[-1] if earlier else None
            if is_here and any(was_here for _, was_here in pairs[:number]):
                before = None
        if before is not None and before[1] != is_here:
            steps.append((interpreter.version, is_here))
    steps = [each for number, each in enumerate(steps) if not number or steps[number - 1][1] != each[1]]
    if [is_here for _, is_here in steps] not in ([True], [False], [True, False]):
        return
    for version, is_here in steps:
        (added if is_here else removed)[name] = said(version)


def parsed(version: str) -> Version:
    """Return a version such as 3.10 as two numbers."""
    major, minor = version.split(".")
    return int(major), int(minor)


def said(version: Version) -> str:
    """Return a version as in 3.10."""
    return f"{version[0]}.{version[1]}"


def read_all(pythons: list[Path], folders: list[Path]) -> list[Interpreter]:
    """Return interpreters in the order of their versions, with the names that their modules have."""
    found = [*map(native, pythons), *map(pyodide, folders)]
    found.sort(key=lambda each: (each.version, not each.is_native))
    names: dict[str, set[str]] = {}
    for each in found:
        for module, theirs in each.ask(dict.fromkeys(each.modules, ())).items():
            names.setdefault(module, set()).update(theirs)
    for each in found:
        each.names = each.ask({module: theirs or {"__name__"} for module, theirs in names.items()})
    return found


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.refresh_library", description="Regenerate the versions of the standard library."
    )
    parser.add_argument(
        "--python", nargs="+", type=Path, default=[], metavar="PATH", help="installed Pythons"
    )
    parser.add_argument(
        "--pyodide", nargs="+", type=Path, default=[], metavar="FOLDER", help="folders with Pyodide"
    )
    parser.add_argument("--date", help="date of the data (YYYY-MM-DD); default: today")
    options = parser.parse_args()
    try:
        values = history(read_all(options.python, options.pyodide))
        write("library_versions", options.date or datetime.date.today().isoformat(), values)
    except (RefreshError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
