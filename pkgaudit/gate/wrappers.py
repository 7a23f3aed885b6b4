"""Finds the uploader on a command line, behind the programs that only start another one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pkgaudit.gate.arguments import Arguments, Syntax
from pkgaudit.gate.settings import Surroundings

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*w?|py")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)

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


def find_program(words: Sequence[str], surroundings: Surroundings) -> Program:
    """Return the program that does the work: the first one that no wrapper starts."""
    program = Program(_name_of(words[0]), 1, surroundings)
    for _ in range(_DEEPEST):
        unwrap = _WRAPPERS.get("python" if _PYTHON.fullmatch(program.name) else program.name)
        inner = unwrap(words, program) if unwrap else None
        if inner is None:
            break
        program = inner
    return program


def _name_of(word: str) -> str:
    name = os.path.basename(word.replace("\\", "/")).lower()
    return name.removesuffix(".exe").partition("@")[0]


def _at(words: Sequence[str], at: int, program: Program) -> Program | None:
    """Return the program at a position, None at the end."""
    if at < len(words) and words[at] == "--":
        at += 1
    if at >= len(words):
        return None
    return replace(program, name=_name_of(words[at]), start=at + 1)


def _with_file(program: Program, options: Arguments, *files: str) -> Program:
    """Note an option that reads environment variables from a file."""
    named = next((each for each in files if options.has(each)), None)
    return replace(program, opaque=f"--{named} sets variables") if named else program


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
    while at < len(words) and (assigned := _ASSIGNMENT.fullmatch(words[at])):
        environ[assigned[1]] = assigned[2]
        at += 1
    folder = program.surroundings.folder / (options.value("chdir") or "")
    made = replace(program, surroundings=Surroundings(environ, folder))
    if options.has("split-string"):
        return None
    return _at(words, at, made)


OF_UV = (
    "-q --quiet",
    "-v --verbose",
    "-n --no-cache",
    "--offline",
    "--no-progress",
    "--native-tls",
    "--system-certs",
    "--no-config",
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
    "--index=",
    "--default-index=",
    "-i --index-url=",
    "--extra-index-url=",
    "-f --find-links=",
    "-P --upgrade-package=",
    "--reinstall-package=",
    "--refresh-package=",
    "--index-strategy=",
    "--keyring-provider=",
    "--resolution=",
    "--prerelease=",
    "--fork-strategy=",
    "--exclude-newer=",
    "--exclude-newer-package=",
    "--link-mode=",
    "-C --config-setting=",
    "--no-build-isolation-package=",
    "--no-build-package=",
    "--no-binary-package=",
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


def _uvx(words: Sequence[str], program: Program, start: int | None = None) -> Program | None:
    options = Syntax(*_OF_UV_RUN).read(words, program.start if start is None else start, whole=False)
    made = _with_file(_in_folder(program, options), options, "env-file")
    return _at(words, options.rest or (program.start if start is None else start), made)


def _uv(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax(*OF_UV).read(words, program.start, whole=False)
    at = first.rest or program.start
    made = _in_folder(program, first)
    if list(words[at : at + 2]) == ["tool", "run"]:
        return _uvx(words, made, at + 2)
    return _uvx(words, made, at + 1) if list(words[at : at + 1]) == ["run"] else None


def _in_folder(program: Program, options: Arguments) -> Program:
    """Apply the option with which uv changes the working directory."""
    named = options.value("directory")
    here = program.surroundings
    return (
        replace(program, surroundings=Surroundings(here.environ, here.folder / named)) if named else program
    )


def _pipx(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax("--verbose", "--quiet").read(words, program.start, whole=False)
    at = first.rest or program.start
    if list(words[at : at + 1]) != ["run"]:
        return None
    options = Syntax(
        "--spec=", "--python=", "--with=", "--pip-args=", "-i --index-url=", "--backend=", abbreviates=True
    ).read(words, at + 1, whole=False)
    return _at(words, options.rest or at + 1, program)


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
    return inner and replace(inner, name=inner.name.rpartition(":")[2])


def _poetry(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax("-C --directory=", "-P --project=", "-v", "-q --quiet", "-n --no-interaction").read(
        words, program.start, whole=False
    )
    at = first.rest or program.start
    here = program.surroundings
    if folder := first.value("directory"):
        program = replace(program, surroundings=Surroundings(here.environ, here.folder / folder))
    return _at(words, at + 1, program) if list(words[at : at + 1]) == ["run"] else None


def _pdm(words: Sequence[str], program: Program) -> Program | None:
    first = Syntax("-c --config=", "-v --verbose", "-q --quiet").read(words, program.start, whole=False)
    at = first.rest or program.start
    if list(words[at : at + 1]) != ["run"]:
        return None
    options = Syntax("-p --project=", "--venv=", "--site-packages", "-s", abbreviates=True).read(
        words, at + 1, whole=False
    )
    # The settings of a project may contain a script of this name, and variables for it.
    return _at(words, options.rest or at + 1, program)


Unwrap = Callable[[Sequence[str], Program], Program | None]
"""A function that returns the program that a wrapper starts, None if it is not used as one."""

_WRAPPERS: dict[str, Unwrap] = {
    "python": _python,
    "env": _env,
    "uvx": _uvx,
    "uv": _uv,
    "pipx": _pipx,
    "hatch": _hatch,
    "poetry": _poetry,
    "pdm": _pdm,
}
"""The programs that start another one, by their names."""
