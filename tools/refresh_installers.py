"""Regenerate rules/data/installers.json: what installers and uploaders do with odd wheels.

    python -m tools.refresh_installers                                 # needs the index for the set-up
    python -m tools.refresh_installers --keys tag-in-capitals two-commands   # writes only these rows
    python -m tools.refresh_installers --only uv                       # prints the outcomes, writes nothing

The script installs the current release of each installer in an environment of its own. Then, offline, each of
them installs each wheel of ``fixtures/odd_wheels.py`` into an empty environment, and the script looks whether
the files are there, and whether the package, its metadata and its command work. It also asks the current
release of twine, and the last one of the major version before, which metadata versions they reject.

An outcome is "rejects" if the installer fails, "breaks" if it succeeds and something is missing or does not
work, and "warns" if it prints more warnings than for the sound wheel. All other outcomes are left out.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from fixtures.builders import Built, Wheel, sample_metadata
from fixtures.odd_wheels import ODD, OUTPUT, sound
from tools.refresh_data import RefreshError, read, write

OFFLINE = {
    **dict.fromkeys(
        ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"
    ),
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "UV_OFFLINE": "1",
    "PDM_CHECK_UPDATE": "0",
    "NO_COLOR": "1",
}
"""Settings that let no installer reach an index; port 9 discards what it gets."""

TIMEOUT = 120
"""The seconds that an installation may take; a slow one takes five."""

CHECK = """
import importlib.metadata, json, pathlib, sys
asked = json.loads(sys.argv[1])
root = pathlib.Path(sys.prefix)
names = {path.name for path in root.rglob("*") if path.is_file()}
faults = [name for name in asked if name not in names]
try:
    import sample.core
    assert sample.answer() == 42
except Exception as error:
    faults.append(f"import: {error!r}")
try:
    assert importlib.metadata.version("sample") == "1.0"
except Exception as error:
    faults.append(f"metadata: {error!r}")
print(json.dumps(faults))
"""
"""A program that the environment with the wheel runs: prints the missing files and the faults."""


@dataclass(frozen=True)
class Environment:
    """An empty environment inside a project folder, and the wheel to install."""

    project: Path
    wheel: Path

    @property
    def folder(self) -> Path:
        """The environment, where Poetry and PDM look for it."""
        return self.project / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.folder / "bin/python"


@dataclass(frozen=True)
class Installer:
    """An installer: what to install from the index, and its command for an environment.

    ``command`` gets the folder with the installer's programs, and the environment.
    """

    requirements: tuple[str, ...]
    command: Callable[[Path, Environment], list[str]]
    settings: Callable[[Path], Mapping[str, str]] = lambda programs: {}


def beside(programs: Path) -> dict[str, str]:
    """Return settings that let another Python import what is installed beside some programs."""
    packages = next(programs.parent.glob("lib/python*/site-packages"))
    return {"PYTHONPATH": str(packages)}


INSTALLERS: dict[str, Installer] = {
    "pip": Installer(
        ("pip",),
        lambda at, to: [f"{at}/pip", "--python", str(to.python), "install", "--no-deps", str(to.wheel)],
    ),
    "uv": Installer(
        ("uv",), lambda at, to: [f"{at}/uv", "pip", "install", "--python", str(to.python), str(to.wheel)]
    ),
    "installer": Installer(
        ("installer",), lambda at, to: [str(to.python), "-m", "installer", str(to.wheel)], beside
    ),
    "validation": Installer(
        ("installer",),
        lambda at, to: [str(to.python), "-m", "installer", "--validate-record", "all", str(to.wheel)],
        beside,
    ),
    "poetry": Installer(("poetry",), lambda at, to: [f"{at}/poetry", "add", "-n", str(to.wheel)]),
    # hishel 2 removed a name that pdm 2.29 imports.
    "pdm": Installer(("pdm", "hishel<2"), lambda at, to: [f"{at}/pdm", "add", "--no-self", str(to.wheel)]),
    "pex": Installer(
        ("pex",),
        lambda at, to: [
            f"{at}/pex3",
            "venv",
            "create",
            "--force",
            "--no-pypi",
            "-d",
            str(to.folder),
            str(to.wheel),
        ],
    ),
}
"""The installers, in the order in which messages name them. `installer` validates RECORD only on request."""

PROJECT = """[project]
name = "consumer"
version = "1.0"
requires-python = ">={version}"

[tool.poetry]
package-mode = false
"""
"""The project to which Poetry and PDM add the wheel."""


def run(
    command: list[str], settings: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command with additional environment variables."""
    home = str(folder) if folder else os.environ.get("HOME", "/")
    environment = {"PATH": os.environ["PATH"], "HOME": home, **settings}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        check=False,
    )


def set_up(requirements: Iterable[str], folder: Path) -> Path:
    """Install programs from the index, and return the folder with their commands.

    Raises:
        RefreshError: this fails.
    """
    programs = folder / "bin"
    commands = (
        [sys.executable, "-m", "venv", str(folder)],
        [f"{programs}/python", "-m", "pip", "install", "-q", "--upgrade", *requirements],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RefreshError(f"{' '.join(command)} failed: {done.stderr[-500:]}")
    return programs


def version_of(name: str, programs: Path) -> str:
    """Return the version of a package that is installed beside some programs."""
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    done = run([f"{programs}/python", "-c", code], {})
    if done.returncode:
        raise RefreshError(f"{name} is not installed: {done.stderr[-500:]}")
    return done.stdout.strip()


def environment(built: Built, folder: Path) -> Environment:
    """Return an empty environment for a wheel, in a new folder."""
    folder.mkdir()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "pyproject.toml").write_text(PROJECT.format(version=version), "utf-8")
    to = Environment(folder, built.write(folder))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(to.folder)], check=True)
    return to


def faults_of(to: Environment) -> list[str]:
    """Return what is missing from an environment or does not work, after an installation."""
    with ZipFile(to.wheel) as archive:
        paths = [each for each in archive.namelist() if ".dist-info/" not in each and not each.endswith("/")]
    names = sorted({path.rpartition("/")[2] for path in paths})
    done = run([str(to.python), "-I", "-c", CHECK, json.dumps(names)], {}, to.project)
    faults: list[str] = json.loads(done.stdout) if done.returncode == 0 else [done.stderr[-200:]]
    try:
        done = run([f"{to.folder}/bin/sample"], {}, to.project)
    except OSError as error:  # there is no command, or no interpreter for it
        return [*faults, f"command: {error}"]
    return faults if done.stdout.strip() == OUTPUT else [*faults, f"command: {done.stderr[-200:]}"]


def warnings_of(done: subprocess.CompletedProcess[str]) -> int:
    """Return how many warnings an installer printed."""
    return len(re.findall(r"\bwarn", f"{done.stdout}\n{done.stderr}", re.IGNORECASE))


def outcome(installer: Installer, programs: Path, to: Environment, usual: int = 0) -> tuple[str, str, int]:
    """Install a wheel; return the outcome, its details, and how many warnings there were."""
    # Some installers prepare their cache for seconds, so all environments share one.
    settings = {**OFFLINE, **installer.settings(programs), "HOME": str(to.project.parent)}
    try:
        done = run(installer.command(programs, to), settings, to.project)
    except subprocess.TimeoutExpired:
        return "rejects", "too slow", 0
    if done.returncode:
        return "rejects", f"{done.stdout[-300:]}{done.stderr[-600:]}", 0
    faults = faults_of(to)
    if faults:
        return "breaks", "; ".join(faults), 0
    count = warnings_of(done)
    return ("warns" if count > usual else "ok"), f"{done.stdout}{done.stderr}"[-400:], count


def measure(
    only: Iterable[str], wheels: Mapping[str, Callable[[], Built]], folder: Path
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the versions of the installers, and the outcomes of all wheels.

    Raises:
        RefreshError: an installer cannot install the sound wheel.
    """
    versions: dict[str, str] = {}
    outcomes: dict[str, dict[str, str]] = {key: {} for key in wheels}
    for name in only:
        installer = INSTALLERS[name]
        programs = folder / installer.requirements[0] / "bin"
        if not programs.exists():
            set_up(installer.requirements, programs.parent)
        versions[name] = version_of(installer.requirements[0], programs)
        what, details, usual = outcome(installer, programs, environment(sound(), folder / f"{name}-sound"))
        if what in ("rejects", "breaks"):
            raise RefreshError(f"{name} {versions[name]} does not install the sound wheel: {details}")
        for key, make in wheels.items():
            what, details, _ = outcome(
                installer, programs, environment(make(), folder / f"{name}-{key}"), usual
            )
            print(
                f"{name} {versions[name]}: {key}: {what}" + (f" ({details!r})" if what != "ok" else ""),
                flush=True,
            )
            if what != "ok":
                outcomes[key][name] = what
    return versions, outcomes


def uploaders(folder: Path) -> dict[str, list[str]]:
    """Return the metadata versions of the index that releases of twine reject, by release, oldest first."""
    newest = set_up(["twine"], folder / "twine")
    version = version_of("twine", newest)
    before = set_up([f"twine<{version.partition('.')[0]}"], folder / "twine-before")
    found = {}
    for programs in (before, newest):
        found[version_of("twine", programs)] = [
            each for each in read("index")["values"]["metadata_versions"] if not sends(programs, each, folder)
        ]
    return found


def sends(programs: Path, metadata_version: str, folder: Path) -> bool:
    """Return whether a release of twine accepts a metadata version; it checks a file before it sends it."""
    metadata = sample_metadata()
    # Fields that older versions do not have, such as License-Expression, would be rejected for themselves.
    metadata.headers = [
        each for each in metadata.headers if each[0] in ("Metadata-Version", "Name", "Version")
    ]
    metadata.set("Metadata-Version", metadata_version)
    wheel = Wheel(metadata=metadata, licenses={}).build().write(folder)
    return run([f"{programs}/twine", "check", str(wheel)], OFFLINE, folder).returncode == 0


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.refresh_installers", description="Regenerate the outcomes of installations."
    )
    add = parser.add_argument
    add("--only", nargs="+", choices=INSTALLERS, metavar="NAME", help="installers to run; writes nothing")
    add("--keys", nargs="+", choices=ODD, metavar="KEY", help="wheels to install; the other rows stay")
    add("--date", help="date of the data (YYYY-MM-DD); default: today")
    options = parser.parse_args()
    wheels = {key: make for key, make in ODD.items() if not options.keys or key in options.keys}
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            versions, outcomes = measure(options.only or INSTALLERS, wheels, folder)
            if options.only:
                return 0
            values: dict[str, Any] = {"installers": versions, "wheels": outcomes}
            if options.keys:
                old = read("installers")["values"]
                if old["installers"] != versions:
                    raise RefreshError("there are new releases of installers: run all wheels")
                values["wheels"] = {key: (old["wheels"] | outcomes)[key] for key in ODD}
            values["uploaders"] = uploaders(folder)
        write("installers", options.date or datetime.date.today().isoformat(), values)
    except (RefreshError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
