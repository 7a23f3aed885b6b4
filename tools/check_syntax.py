"""Ask real Pythons whether they compile the sources of fixtures/syntax.py as these say.

    python -m tools.check_syntax [PYTHON ...] [--pyodide FOLDER ...]

Without arguments, all CPython from 3.8 on that are found are asked. A FOLDER is one in which
`npm install pyodide` was run; with the newest versions of pyodide come Pythons that few systems have.
Nothing is run, only compiled.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from fixtures.syntax import FAULTS, NEWER, OLDER, REJECTED

_ASK = """
import json, sys, warnings
warnings.simplefilter("ignore")
said = []
for source in json.loads(SOURCES):
    try:
        compile(source, "a.py", "exec")
    except SyntaxError:
        said.append(False)
    else:
        said.append(True)
print(json.dumps([list(sys.version_info[:2]), said]))
"""
_NODE = """
const {loadPyodide} = require(process.argv[1] + "/node_modules/pyodide");
const code = require("fs").readFileSync(0, "utf8");
loadPyodide().then(python => {python.setStdout({batched: console.log}); python.runPython(code);});
"""

Versions = dict[tuple[int, int], str]


def find_pythons() -> Versions:
    """Return the commands of the installed Pythons from 3.8 on, by their versions."""
    found: Versions = {}
    for minor in range(8, 30):
        homes = sorted((Path.home() / ".pyenv/versions").glob(f"3.{minor}.*/bin/python"))
        command = shutil.which(f"python3.{minor}") or (str(homes[-1]) if homes else None)
        # A shim of pyenv is there for every version, and fails for those that are not switched on.
        if command is not None and "shims" in command:
            command = str(homes[-1]) if homes else None
        if command is not None:
            found[3, minor] = command
    return found


def ask(command: list[str], sources: list[str]) -> tuple[tuple[int, int], list[bool]]:
    """Return the version of a Python that reads its program from the input, and which sources it compiles."""
    program = f"SOURCES = {json.dumps(json.dumps(sources))}\n{_ASK}"
    done = subprocess.run(command, input=program, capture_output=True, encoding="utf-8", check=True)
    version, said = json.loads(done.stdout)
    return (version[0], version[1]), said


def differences(command: list[str]) -> list[str]:
    """Return the differences between what a Python and the snippets say."""
    snippets = [*NEWER, *OLDER, *FAULTS]
    version, said = ask(command, [*(each.source for each in snippets), *REJECTED])
    expected = [each.compiles(version) for each in snippets] + [False] * len(REJECTED)
    sources = [*(each.source for each in snippets), *REJECTED]
    return [
        f"Python {version[0]}.{version[1]} {'compiles' if told else 'rejects'} {source!r}"
        for source, told, wanted in zip(sources, said, expected, strict=True)
        if told is not wanted
    ]


def main() -> int:
    """Print all differences; return 1 if there are any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("python", nargs="*")
    parser.add_argument("--pyodide", action="append", default=[], metavar="FOLDER")
    given = parser.parse_args()
    pythons = given.python or ([] if given.pyodide else list(find_pythons().values()))
    commands = [[each, "-"] for each in pythons]
    commands += [["node", "-e", _NODE, str(Path(each).resolve())] for each in given.pyodide]
    found = [said for command in commands for said in differences(command)]
    print(*found, f"{len(commands)} asked, {len(found)} differences", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
