"""Advice about files, end to end: projects are built, audited, mended as advised, and built again."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tarfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli

from fixtures.builders import BACKENDS
from fixtures.faulty import (
    STRAYS,
    commit,
    write_faulty_project,
    write_incomplete_project,
)
from pkgaudit.advice.exclude import exclude
from pkgaudit.advice.include import include
from pkgaudit.finding import Exclude, Include
from pkgaudit.model.distribution import Sdist
from tests.advice.test_advice import build, listing, read
from tests.programs import need_backend
from tests.support import registry, run_json

pytestmark = pytest.mark.once

MODULES = {"sample/__init__.py", "sample/core.py", "sample/py.typed"}
NAMESAKES = {"sample/tests/__init__.py", "sample/sitecustomize.py"}
"""What bears the name of something at the top level that is to go, and is to stay."""

WHEEL = "sample-1.0-py3-none-any.whl"
CODES = sorted({stray.code for stray in STRAYS} & {rule.code for rule in registry()})

Table = dict[str, Any]


def merged(old: Any, new: Any) -> Any:
    """Return two values of TOML as one: tables are joined, lists get what they lack."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: merged(old.get(key), new.get(key)) for key in (*old, *(set(new) - set(old)))}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(each for each in new if each not in old)]
    return old if new is None else new


def dumped(value: Any) -> str:
    """Return a value as TOML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {dumped(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumped, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def paste_toml(path: Path, snippet: str) -> None:
    table = merged(tomli.loads(path.read_text("utf-8")), tomli.loads(snippet))
    lines = [f"{json.dumps(key)} = {dumped(value)}\n" for key, value in table.items()]
    path.write_text("".join(lines), "utf-8")


def paste_lines(path: Path, snippet: str) -> None:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    path.write_text(
        "\n".join((*lines, *(each for each in snippet.splitlines() if each not in lines), "")), "utf-8"
    )


def paste_meson(path: Path, snippet: str, about: str) -> None:
    """Put a line into the call that installs a folder, add a call, or take out the one there is."""
    text = path.read_text("utf-8")
    if snippet.startswith("py.install_sources"):
        if snippet not in text:
            source = snippet.replace("('", "('src/", 1)
            path.write_text(f"{text}{source}\n", "utf-8")
        return
    text = re.sub(rf"py\.install_sources\('src/{re.escape(about)}'\)\n", "", text)
    call = re.search(rf"install_subdir\(\n  'src/{about.partition('/')[0]}',\n(?:  .*\n)*\)\n", text)
    if call is None:
        path.write_text(text, "utf-8")
        return
    key, _, value = snippet.partition(": [")
    there = re.search(rf"^  {key}: \[(.*)\],$", call[0], re.MULTILINE) if snippet else None
    if not snippet:
        changed = ""
    elif there is None:
        changed = call[0].removesuffix(")\n") + f"  {snippet}\n)\n"
    elif value.removesuffix("],") in there[1]:
        changed = call[0]
    else:
        changed = call[0].replace(there[0], f"  {key}: [{there[1]}, {value}")
    path.write_text(text.replace(call[0], changed), "utf-8")


PASTES: dict[str, Callable[[Path, str], None]] = {
    "pyproject.toml": paste_toml,
    "MANIFEST.in": paste_lines,
    ".gitattributes": paste_lines,
}


def paste(project: Path, fix: str, about: str) -> None:
    """Do what a fix says: its first line names the file, all others go into it."""
    head, _, snippet = fix.partition("\n")
    found = re.search(r"in (pyproject\.toml|MANIFEST\.in|\.gitattributes|meson\.build)\b", head)
    assert found, fix
    if "out of `wheel.packages`" in head:
        path = project / found[1]
        path.write_text(path.read_text("utf-8").replace(f', "src/{about}"', ""), "utf-8")
    elif found[1] == "meson.build":
        paste_meson(project / found[1], snippet, about)
    else:
        assert snippet, fix
        PASTES[found[1]](project / found[1], snippet)


def audited(folder: Path) -> list[dict[str, Any]]:
    report = run_json(folder, "--select", ",".join(CODES), "--jobs", "1")
    assert report["errors"] == []
    return [{**each, "sdist": each["distribution"].endswith(".gz")} for each in report["findings"]]


def built(project: Path, backend: str, out: Path, *kinds: str) -> None:
    if backend == "meson-python" and not (project / ".git").exists():
        commit(project)
    build(project, backend, out, *kinds)


def from_sdist(folder: Path, backend: str, work: Path) -> Path:
    """Build the wheel from the sdist in a folder, as build frontends do, and return its path."""
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(work)
    built(next(work.iterdir()), backend, folder / "wheel", "wheel")
    return next((folder / "wheel").iterdir())


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_files_are_gone_once_done_as_advised(backend: str, tmp_path: Path) -> None:
    need_backend(backend)
    before = write_faulty_project(tmp_path / "before", backend)
    built(before, backend, tmp_path / "old", "sdist", "wheel")
    findings = audited(tmp_path / "old")
    found = defaultdict(set)
    for each in findings:
        found[each["sdist"]].add(each["code"])
    assert len(found[True]) > 5
    assert len(found[False]) > 5

    project = write_faulty_project(tmp_path / "project", backend)
    fixes = [
        (each["fix"], each["member"].partition("/")[2] if each["sdist"] else each["member"])
        for each in findings
    ]
    old = read(next((tmp_path / "old").glob("*.whl")))
    if "tests" in {path.partition("/")[0] for path in old.files}:
        fixes.append((exclude(Exclude("tests"), old), "tests"))
    for fix, about in fixes * 2:  # to paste it twice does no harm
        paste(project, fix, about)
    if any("build the wheel from the sdist" in fix for fix, _ in fixes):
        built(project, backend, tmp_path / "new", "sdist")
        from_sdist(tmp_path / "new", backend, tmp_path / "unpacked").rename(tmp_path / "new" / WHEEL)
    else:
        built(project, backend, tmp_path / "new", "sdist", "wheel")

    left = [
        f"{each['code']} {each['distribution'][-20:]} {each['member']}" for each in audited(tmp_path / "new")
    ]
    assert left == []
    in_wheel = listing(next((tmp_path / "new").glob("*.whl")))
    assert in_wheel >= MODULES | NAMESAKES
    assert not [path for path in in_wheel if path.startswith("tests/")]
    in_sdist = listing(next((tmp_path / "new").glob("*.tar.gz")))
    assert in_sdist >= {f"src/{name}" for name in MODULES} | {"pyproject.toml", "PKG-INFO"}


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
@pytest.mark.parametrize("backend", list(BACKENDS))
def test_files_are_there_once_done_as_advised(backend: str, kind: str, tmp_path: Path) -> None:
    need_backend(backend)
    if shutil.which("git") is None:
        pytest.skip("needs git, which tells the backends what is ignored")
    project = write_incomplete_project(tmp_path / "project", backend)
    commit(project, everything=False)
    built(project, backend, tmp_path / "old", kind)
    distribution = read(next((tmp_path / "old").glob("*.*")))
    prefix = f"{distribution.root}/" if isinstance(distribution, Sdist) else ""
    inside = "src/" if kind == "sdist" else ""
    wanted = {f"{inside}sample/data/table.json", f"{inside}sample/data/a b.json"}
    wanted |= {"notes.txt"} if kind == "sdist" else set()
    missing = wanted - listing(Path(distribution.path))
    assert missing or backend in ("flit", "pdm", "uv")

    project = write_incomplete_project(tmp_path / "again", backend)
    for path in sorted(wanted):
        fix = include(Include(prefix + path), distribution)
        head, _, snippet = fix.partition("\n")
        if snippet.startswith("git add"):
            commit(project, everything=False)
            subprocess.run(shlex.split(snippet), cwd=project, check=True)
        elif snippet:
            paste(project, fix, path)
        else:
            assert path not in missing, fix
            assert "all of which is packed" in head
    commit(project, everything=False)
    new = tmp_path / "new"
    built(project, backend, new, kind)
    assert listing(next(new.glob("*.*"))) >= wanted | {f"{inside}{name}" for name in MODULES}
    if kind == "wheel" and backend != "meson-python":
        built(project, backend, tmp_path / "both", "sdist")
        wheel = from_sdist(tmp_path / "both", backend, tmp_path / "unpacked")
        assert listing(wheel) >= wanted | MODULES
