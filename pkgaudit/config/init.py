"""A first configuration for the project in a folder, made without running any of its code.

Settings that fit the project are set; other suggestions are comments that become settings without their "#".
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from pkgaudit.advice.backend import backend_of_project, read_pyproject, table_in
from pkgaudit.config.config import ConfigError, parse_config
from pkgaudit.errors import PkgauditError
from pkgaudit.late import dataclass
from pkgaudit.pages.site import docs_url
from pkgaudit.rule import Registry
from pkgaudit.whole import write_whole

MOST = 20_000
"""Number of files of a project that are listed; chosen: suggestions do not need all of a large project."""

OWN = "pkgaudit.toml"
PROJECT = "pyproject.toml"

_HIDDEN = re.compile(r"\.(?!github$|gitlab$)")
_OTHERS = {"build", "dist", "env", "node_modules", "site-packages", "target", "venv"}
"""Folders that builds, environments and package managers leave, Cargo's ``target`` among them."""

_TESTS = {"test", "testing", "tests"}
"""The usual names of test folders; a suggestion need not find unusual ones."""

# Private keys, which the rules on secrets report: by suffix, or by the filename that ssh-keygen uses.
_KEYS = re.compile(r"(?i).*\.(?:pem|key|p12|pfx|jks|ppk|keystore)|id_(?:rsa|dsa|ecdsa|ed25519)")
_NATIVE = {".c", ".cc", ".cpp", ".cu", ".cxx", ".f90", ".pyx", ".rs"}
"""Suffixes of the sources of extension modules; a project with such a file builds platform wheels."""

_ROOTS = ("src/", "lib/", "python/", "")
"""Folders that contain packages and are not part of their names; ``python/`` is usual with maturin."""

_PLAIN = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*", re.ASCII)


class InitError(PkgauditError):
    """A configuration that cannot be written. The message names the file and the remedy."""


@dataclass
class Project:
    """The facts about a project that suggestions need; paths of lists are relative to its folder."""

    pyproject: dict[str, Any] = field(default_factory=dict)
    backend: str | None = None
    private: bool = False
    own_index: bool = False
    native: bool = False
    tests: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    secrets_baseline: bool = False
    pipeline: str | None = None
    pre_commit: bool = False
    capabilities: list[str] | None = None
    """The capabilities of the wheels in its ``dist``, None without such a wheel."""


def look(folder: Path) -> Project:
    """Return the facts about the project in a folder.

    Raises:
        InitError: its pyproject.toml cannot be read or is not valid.
    """
    seen = Project()
    path = folder / PROJECT
    if path.is_file():
        data = _read(path)
        pyproject = read_pyproject(data)
        if pyproject is None:
            raise InitError(f"{path}: is not valid TOML; fix it first")
        seen.pyproject = pyproject
        seen.backend = backend_of_project(data)
    elif (folder / "setup.py").is_file() or (folder / "setup.cfg").is_file():
        seen.backend = "setuptools"
    for classifiers in (
        table_in(seen.pyproject, "project").get("classifiers"),
        table_in(seen.pyproject, "tool", "poetry").get("classifiers"),
    ):
        named = classifiers if isinstance(classifiers, list) else []
        seen.private = seen.private or any(str(each).startswith("Private ::") for each in named)
    seen.own_index = _names_an_index(seen.pyproject)
    for each in _files(folder):
        _look_at(each, seen)
    return seen


def _names_an_index(pyproject: dict[str, Any]) -> bool:
    """Whether the settings of a tool name an index to publish to."""
    uv = table_in(pyproject, "tool", "uv")
    indexes = uv.get("index")
    named = [uv, *(indexes if isinstance(indexes, list) else [])]
    hatch = table_in(pyproject, "tool", "hatch", "publish", "index", "repos")
    return bool(hatch) or any(isinstance(each, dict) and "publish-url" in each for each in named)


def _files(folder: Path) -> Iterator[str]:
    """Yield the files of a project, with slashes, without those of builds, environments and tools."""
    number = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in _OTHERS and not _HIDDEN.match(each))
        inside = Path(parent).relative_to(folder).as_posix()
        for name in sorted(files):
            number += 1
            if number > MOST:
                return
            path = name if inside == "." else f"{inside}/{name}"
            if _PLAIN.fullmatch(path):  # a path that needs quotes is not worth a suggestion
                yield path


def _look_at(path: str, seen: Project) -> None:
    folders, name = path.split("/")[:-1], path.rpartition("/")[2]
    suffix = os.path.splitext(name)[1].lower()
    at = next((number for number, each in enumerate(folders, 1) if each in _TESTS), 0)
    if at:
        _add(seen.tests, "/".join(folders[:at]))
        if _KEYS.fullmatch(name):
            _add(seen.keys, "/".join(folders))
        return
    if suffix in _NATIVE or path == "Cargo.toml":
        seen.native = True
    elif name == "py.typed" and folders:
        root = next(each for each in _ROOTS if path.startswith(each))
        _add(seen.typed, path.removeprefix(root))
    elif path == ".secrets.baseline":
        seen.secrets_baseline = True
    elif path == ".pre-commit-config.yaml":
        seen.pre_commit = True
    elif path.startswith(".github/workflows/"):
        seen.pipeline = "GitHub"
    elif path == ".gitlab-ci.yml":
        seen.pipeline = seen.pipeline or "GitLab"


def _add(found: list[str], new: str) -> None:
    if new not in found:
        found.append(new)


def write(seen: Project, header: bool) -> str:
    """Return the configuration as TOML, with ``header`` in the table ``[tool.pkgaudit]``."""
    parts = ["[tool.pkgaudit]"] if header else []
    parts += _about(seen)
    for paragraph in _paragraphs(seen):
        parts += ["", *paragraph]
    text = "\n".join(parts) + "\n"
    return text if header else text.lstrip("\n")


def _about(seen: Project) -> Iterator[str]:
    kind = "a project with native code" if seen.native else "a pure Python project"
    built = f" built with {seen.backend}" if seen.backend else ""
    yield f"# For {kind}{built}. To try it, run 'pkgaudit .' or 'pkgaudit dist/*'."
    yield f"# All keys: {docs_url('configuration.html')}"
    yield "# 'pkgaudit rules' lists the rules, 'pkgaudit explain RULE' explains one."


def _paragraphs(seen: Project) -> Iterator[list[str]]:
    yield [
        "# The lowest severity that makes the audit fail: error, warning or info.",
        'fail-on = "error"',
    ]
    yield list(_which_rules(seen))
    yield list(_files_wanted(seen))
    yield list(_sizes(seen))
    yield list(_capabilities(seen))
    yield list(_accepted(seen))
    hints = list(_hints(seen))
    if hints:
        yield hints


def _which_rules(seen: Project) -> Iterator[str]:
    yield "# All rules run except pedantic ones; 'private' skips rules that apply to PyPI only."
    if seen.private:
        yield 'profile = "private"  # because a classifier marks the project as private'
    elif seen.own_index:
        yield '# profile = "private"  # if the index named in this file is not PyPI'
    else:
        yield '# profile = "private"'
    yield "# pedantic = true"
    yield '# ignore = ["RM"]  # codes, code prefixes or names of rules that should not run'


def _files_wanted(seen: Project) -> Iterator[str]:
    yield "# Files that a distribution must or must not contain, as gitignore patterns."
    if seen.typed:
        listed = ", ".join(f'"{each}"' for each in seen.typed[:4])
        yield f"files.required-in-wheel = [{listed}]  # type checkers need it to use the types"
    else:
        yield '# files.required-in-wheel = ["*.json"]  # data that the package reads'
    top = [each for each in seen.tests if "/" not in each] or seen.tests[:1] or ["tests"]
    yield f'# files.required-in-sdist = ["/{top[0]}/"]  # for people who build and test from the sdist'
    yield f'# files.forbidden-in-wheel = ["{top[0].rpartition("/")[2]}/"]  # users do not run the tests'


def _sizes(seen: Project) -> Iterator[str]:
    yield "# The largest allowed size of a distribution; 'pkgaudit tree --kinds dist/*' shows today's."
    yield '# over-budget.archive = "5 MB"' if not seen.native else '# over-budget.archive = "50 MB"'
    if seen.native:
        yield '# over-budget.kinds.native = "40 MB"'
        yield '# external-library.exclude = ["libcuda.so.*"]  # libraries that users have installed'


def _capabilities(seen: Project) -> Iterator[str]:
    yield "# The capabilities that the wheels may have; 'pkgaudit --verbose dist/*' shows their places."
    names = ["NETWORK", "ENV"] if seen.capabilities is None else seen.capabilities
    reason = "for example" if seen.capabilities is None else "those of the wheels in dist today"
    listed = ", ".join(f'"{each}"' for each in names)
    yield f"# capability.allow = [{listed}]  # {reason}"


def _accepted(seen: Project) -> Iterator[str]:
    yield "# Accept known findings: in some files, with a reason and optionally 'until = 2030-12-31',"
    folders = seen.keys[:3] or ["tests/data"]
    for folder in folders:
        yield f'# per-file-ignores."{folder}/" = {{ rules = ["SE", "SF1"], reason = "test keys" }}'
    yield "# or all current findings, which 'pkgaudit baseline' writes to a file."
    if seen.secrets_baseline:
        yield '# baseline = ".secrets.baseline"  # a baseline of detect-secrets works too'
    else:
        yield '# baseline = "pkgaudit-baseline.json"'


def _hints(seen: Project) -> Iterator[str]:
    if seen.pipeline == "GitHub":
        yield "# In GitHub Actions, pkgaudit shows findings as annotations:"
        yield f"# {docs_url('howto/github.html')}"
    elif seen.pipeline == "GitLab":
        yield "# In GitLab CI, merge requests can show the findings:"
        yield f"# {docs_url('howto/gitlab.html')}"
    if seen.pre_commit:
        yield "# The pre-commit hook audits before each push:"
        yield f"# {docs_url('howto/pre-commit.html')}"


def target_of(folder: Path, output: Path | None) -> Path:
    """Return the file to write to: ``output``, else pyproject.toml if it exists, else pkgaudit.toml.

    Raises:
        InitError: a configuration exists already.
    """
    project, own = folder / PROJECT, folder / OWN
    target = output or (project if project.is_file() else own)
    for other in (own, target):
        if other.name != PROJECT and os.path.lexists(other):
            raise InitError(f"{other} exists already; edit it, or see 'pkgaudit init --print'")
    table = target.parent / PROJECT
    if target.name in (PROJECT, OWN) and table.is_file():
        text = _read(table)
        if "pkgaudit" in table_in(read_pyproject(text), "tool"):
            lines = text.decode("utf-8").splitlines()
            line = next(
                (at for at, each in enumerate(lines, 1) if re.match(r"\s*\[+tool\.pkgaudit\b", each)), 0
            )
            place = f"{table}:{line}" if line else f"{table}"
            raise InitError(
                f"{place}: [tool.pkgaudit] exists already; edit it, or see 'pkgaudit init --print'"
            )
    return target


def add(target: Path, seen: Project, registry: Registry) -> None:
    """Write the configuration to a new file, or append it to a pyproject.toml, whose bytes do not change.

    Raises:
        InitError: the table cannot be appended, or the file cannot be written.
    """
    import tomli

    is_project = target.name == PROJECT
    before = _read(target) if is_project and target.is_file() else b""
    text = write(seen, header=is_project)
    if before:
        text = ("\n" if before.endswith(b"\n") else "\n\n") + text
    end = "\r\n" if b"\r\n" in before else "\n"
    added = text.replace("\n", end).encode()
    try:
        old, new = tomli.loads(before.decode("utf-8")), tomli.loads((before + added).decode("utf-8"))
        if is_project and not isinstance(new["tool"], dict):
            raise ConfigError("'tool' is a list")
        table = new["tool"].pop("pkgaudit") if is_project else new
        parse_config(table, str(target)).validate(registry)
        if is_project and {**new, "tool": new["tool"]} != {**old, "tool": old.get("tool", {})}:
            raise ConfigError("other settings would change")
    except (ValueError, RecursionError, ConfigError) as error:
        raise InitError(f"{target}: the table cannot be appended ({error}); use --output {OWN}") from None
    try:
        write_whole(target, (before + added).decode("utf-8"))
    except OSError as error:
        raise InitError(f"{target}: cannot be written: {error.strerror}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InitError(f"{path}: cannot be read: {error.strerror}") from None
