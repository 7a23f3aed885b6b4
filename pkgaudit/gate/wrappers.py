"""Finds the uploader on a command line, behind the programs that only start another one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pkgaudit.gate.arguments import Syntax
from pkgaudit.gate.settings import SettingsError, Surroundings, read_toml, table

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*[tw]*|py")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)

_VERSION = re.compile(r"\s*[\[@=<>!~;].*", re.DOTALL)
"""A version or extras after the name of a program that is installed for the run."""

_DEEPEST = 8
"""How many wrappers are looked through. Chosen: nobody nests more than three."""


@dataclass(frozen=True)
class Program:
    """A program on a command line.

    ``name`` is that of the program without its folder, version and suffix; its arguments begin at ``start``.
    ``opaque`` says why its environment or its settings are not known.
    """

    name: str
    start: int
    surroundings: Surroundings
    opaque: str | None = None


Unwrap = Callable[[Sequence[str], Program], Program | None]
"""A function that returns the program that a wrapper starts, None if it is not used as one."""


def find_program(words: Sequence[str], surroundings: Surroundings, at: int = 0) -> Program:
    """Return the program that does the work: the first one from a position that starts no other."""
    program = Program(_name_of(words[at]), at + 1, surroundings)
    for _ in range(_DEEPEST):
        unwrap = _WRAPPERS.get("python" if _PYTHON.fullmatch(program.name) else program.name)
        inner = unwrap(words, program) if unwrap else None
        if inner is None:
            break
        program = inner
    return program


def _name_of(word: str) -> str:
    return os.path.basename(word.replace("\\", "/")).lower().removesuffix(".exe")


def _at(words: Sequence[str], at: int, program: Program) -> Program | None:
    """Return the program at a position, None at the end."""
    if at < len(words) and words[at] == "--":
        at += 1
    if at >= len(words):
        return None
    return replace(program, name=_name_of(words[at]), start=at + 1)


def _installed(words: Sequence[str], at: int, program: Program) -> Program | None:
    """Return the program at a position, which is installed for the run and may have a version."""
    inner = _at(words, at, program)
    return inner and replace(inner, name=_VERSION.sub("", inner.name))


def _with(program: Program, variables: Mapping[str, str] | None = None, folder: str | None = None) -> Program:
    """Return the program with further variables, or in another folder."""
    here = program.surroundings
    environ = {**here.environ, **variables} if variables else here.environ
    return replace(program, surroundings=Surroundings(environ, here.folder / (folder or "")))


def _python(words: Sequence[str], program: Program) -> Program | None:
    syntax = Syntax("-m=", "-c=", "-X=", "-W=", "--check-hash-based-pycs=")
    options = syntax.read(words, program.start, whole=False)
    module = options.value("m")
    if module is None:
        return None
    at = next(each.at for each in options.words if each.option == "m" and each.value is not None)
    # The words after the module belong to it, even options.
    return replace(program, name=module.removesuffix(".__main__").lower(), start=at + 1)


def _env(words: Sequence[str], program: Program) -> Program | None:
    syntax = Syntax(
        "-i --ignore-environment",
        "-u --unset=",
        "-C --chdir=",
        "-S --split-string=",
        "-0 --null",
        "-v --debug",
        abbreviates=True,
        has_equals=False,
    )
    options = syntax.read(words, program.start, whole=False)
    environ = {} if options.has("ignore-environment") else dict(program.surroundings.environ)
    for each in options.values("unset"):
        environ.pop(each, None)
    at = options.rest or program.start
    if list(words[at : at + 1]) == ["-"]:
        environ, at = {}, at + 1
    while at < len(words) and (assigned := _ASSIGNMENT.fullmatch(words[at])):
        environ[assigned[1]] = assigned[2]
        at += 1
    folder = program.surroundings.folder / (options.value("chdir") or "")
    made = replace(program, surroundings=Surroundings(environ, folder))
    if options.has("split-string"):
        return None
    return _at(words, at, made)


def _prefix(arguments: int, *options: str) -> Unwrap:
    """Return a function for a program with some arguments of its own before those of the other program."""
    syntax = Syntax(*options, abbreviates=True)

    def unwrap(words: Sequence[str], program: Program) -> Program | None:
        found = syntax.read(words, program.start, whole=False)
        return _at(words, (found.rest or program.start) + arguments, program)

    return unwrap


OF_UV = (
    "-q --quiet",
    "-v --verbose",
    "-n --no-cache",
    "-h --help",
    "-V --version",
    "--offline",
    "--no-progress",
    "--native-tls",
    "--system-certs",
    "--no-config",
    "--no-color",
    "--show-settings",
    "--managed-python",
    "--no-managed-python",
    "--no-python-downloads",
    "--preview",
    "--no-preview",
    "--preview-features=",
    "--python-preference=",
    "--color=",
    "--cache-dir=",
    "--allow-insecure-host=",
    "--directory=",
    "--project=",
    "--config-file=",
)
"""The options of every command of uv."""

_OF_UV_RUN = (
    *OF_UV,
    "-p --python=",
    "--from=",
    "-w --with=",
    "--with-editable=",
    "--with-requirements=",
    "-c --constraints=",
    "-b --build-constraints=",
    "--overrides=",
    "--env-file=",
    "--no-env-file",
    "--index=",
    "--default-index=",
    "-i --index-url=",
    "--extra-index-url=",
    "-f --find-links=",
    "-U --upgrade",
    "-P --upgrade-package=",
    "--upgrade-group=",
    "--reinstall-package=",
    "--refresh-package=",
    "--index-strategy=",
    "--keyring-provider=",
    "--resolution=",
    "--prerelease=",
    "--prerelease-package=",
    "--fork-strategy=",
    "--exclude-newer=",
    "--exclude-newer-package=",
    "--no-sources-package=",
    "--link-mode=",
    "-C --config-setting=",
    "--config-settings-package=",
    "--no-build-isolation-package=",
    "--no-build-package=",
    "--no-binary-package=",
    "--no-editable-package=",
    "--python-platform=",
    "--torch-backend=",
    "--extra=",
    "--no-extra=",
    "--group=",
    "--no-group=",
    "--only-group=",
    "--package=",
    "-m --module",
    "-s --script",
)
"""The options of ``uv run`` and ``uv tool run``."""


def folder_of_uv(surroundings: Surroundings, named: str | None) -> Path:
    """Return the folder in which uv works, if an option names one or none."""
    found = named or surroundings.get("UV_WORKING_DIR") or surroundings.get("UV_WORKING_DIRECTORY")
    return surroundings.folder / (found or "")


def _uvx(
    words: Sequence[str], program: Program, start: int | None = None, directory: str | None = None
) -> Program | None:
    start = program.start if start is None else start
    options = Syntax(*_OF_UV_RUN).read(words, start, whole=False)
    here = program.surroundings
    made = _with(program, folder=str(folder_of_uv(here, options.value("directory") or directory)))
    files = options.value("env-file") or here.get("UV_ENV_FILE")
    if files and not (options.has("no-env-file") or here.get("UV_NO_ENV_FILE") in ("1", "true")):
        made = replace(made, opaque="the environment file of uv may set another index")
    return _installed(words, options.rest or start, made)


def _uv(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax(*OF_UV).read(words, program.start, whole=False)
    at = first.rest or program.start
    directory = first.value("directory")
    if list(words[at : at + 2]) in (["tool", "run"], ["tool", "uvx"]):
        return _uvx(words, program, at + 2, directory)
    return _uvx(words, program, at + 1, directory) if list(words[at : at + 1]) == ["run"] else None


def _pipx(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax("--verbose", "--quiet").read(words, program.start, whole=False)
    at = first.rest or program.start
    if list(words[at : at + 1]) != ["run"]:
        return None
    options = Syntax(
        "--spec=", "--python=", "--with=", "--pip-args=", "-i --index-url=", "--backend=", abbreviates=True
    ).read(words, at + 1, whole=False)
    return _installed(words, options.rest or at + 1, program)


def _hatch(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax("-e --env=", "-p --project=", "--data-dir=", "--cache-dir=", "--config=").read(
        words, program.start, whole=False
    )
    at = first.rest or program.start
    if list(words[at : at + 1]) != ["run"]:
        return None
    # Words like `+py=3.12` select environments; `ENV:COMMAND` names one.
    at += 1
    while at < len(words) and words[at][:1] in ("+", "-") and words[at] != "--":
        at += 1
    inner = _at(words, at, program)
    if inner is None:
        return None
    environments = [
        each
        for folder in program.surroundings.upwards()
        for file, keys in (("pyproject.toml", ("tool", "hatch", "envs")), ("hatch.toml", ("envs",)))
        for each in _tables(folder / file, *keys).values()
    ]
    name = inner.name.rpartition(":")[2]
    if any(name in table(each, "scripts") for each in environments if isinstance(each, dict)):
        return replace(inner, name=f"the script {name}")
    sets = any(table(each, "env-vars") for each in environments if isinstance(each, dict))
    opaque = "the environment of hatch sets variables" if sets else inner.opaque
    return replace(inner, name=name, opaque=opaque)


def _poetry(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax("-C --directory=", "-P --project=", "-v", "-q --quiet", "-n --no-interaction").read(
        words, program.start, whole=False
    )
    at = first.rest or program.start
    if list(words[at : at + 1]) != ["run"]:
        return None
    made = _with(program, folder=first.value("directory"))
    inner = _at(words, at + 1, made)
    scripts = (
        table(values, *keys)
        for folder in made.surroundings.upwards(made.surroundings.folder / (first.value("project") or ""))
        for values in (_tables(folder / "pyproject.toml"),)
        for keys in (("tool", "poetry", "scripts"), ("project", "scripts"))
    )
    if inner is not None and any(inner.name in each for each in scripts):
        return replace(inner, name=f"the script {inner.name}")
    return inner


def _pdm(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax("-c --config=", "-v --verbose", "-q --quiet").read(words, program.start, whole=False)
    at = first.rest or program.start
    if list(words[at : at + 1]) != ["run"]:
        return None
    options = Syntax(
        "-p --project=",
        "-k --skip=",
        "--venv=",
        "--env=",
        "--env-file=",
        "--working-dir=",
        "-g --global",
        "-s --site-packages",
        abbreviates=True,
    ).read(words, at + 1, whole=False)
    variables = dict(each.partition("=")[::2] for each in options.values("env"))
    made = _with(program, variables, options.value("working-dir"))
    inner = _at(words, options.rest or at + 1, made)
    if inner is None:
        return None
    project = options.value("project") or program.surroundings.get("PDM_PROJECT") or ""
    for folder in program.surroundings.upwards(program.surroundings.folder / project):
        scripts = _tables(folder / "pyproject.toml", "tool", "pdm", "scripts")
        if inner.name in scripts:
            return replace(inner, name=f"the script {inner.name}")
        if options.has("env-file") or {"env", "env_file"} & table(scripts, "_").keys():
            return replace(inner, opaque="the settings of pdm set variables")
    return inner


def _tables(path: Path, *keys: str) -> dict[str, Any]:
    """Return a table of a file, an empty one if the file cannot be read: then the wrapper stops too."""
    try:
        return table(read_toml(path), *keys)
    except SettingsError:
        return {}


_WRAPPERS: dict[str, Unwrap] = {
    "python": _python,
    "env": _env,
    "nice": _prefix(0, "-n --adjustment="),
    "nohup": _prefix(0),
    "time": _prefix(0, "-f --format=", "-o --output=", "-a --append", "-p --portability", "-v --verbose"),
    "timeout": _prefix(1, "-k --kill-after=", "-s --signal=", "-v --verbose"),
    "uvx": _uvx,
    "uv": _uv,
    "pipx": _pipx,
    "hatch": _hatch,
    "poetry": _poetry,
    "pdm": _pdm,
}
"""The programs that start another one, by their names."""
