"""Advice about files, end to end: projects are built, audited, mended as advised, and built again."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tarfile
from collections import defaultdict
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
from pkgaudit.advice import in_words
from pkgaudit.finding import Exclude, Include
from pkgaudit.model.distribution import Sdist
from tests.advice.pasting import paste_block, write_toml
from tests.advice.test_advice import build, listing, read
from tests.programs import need_backend
from tests.support import registry, run_json

pytestmark = pytest.mark.once

MODULES = {"sample/__init__.py", "sample/core.py", "sample/py.typed"}
NAMESAKES = {"sample/tests/__init__.py", "sample/sitecustomize.py"}
"""What bears the name of something at the top level that is to go, and is to stay."""

WHEEL = "sample-1.0-py3-none-any.whl"
CODES = sorted({stray.code for stray in STRAYS} & {rule.code for rule in registry()})


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


def paste(project: Path, fix: str, about: str) -> None:
    """Do what a fix says: its first line names the file, all others go into it."""
    head, _, snippet = fix.partition("\n")
    if "from `wheel.packages`" in head:
        path = project / "pyproject.toml"
        path.write_text(path.read_text("utf-8").replace(f', "src/{about}"', ""), "utf-8")
    elif "from `packages` of `[tool.poetry]`" in head:
        path = project / "pyproject.toml"
        table = tomli.loads(path.read_text("utf-8"))
        poetry = table["tool"]["poetry"]
        poetry["packages"] = [each for each in poetry["packages"] if each["include"] != about]
        write_toml(path, table)
    elif re.search(r"\b(?:in|to) meson\.build", head):
        paste_meson(project / "meson.build", snippet, about)
    else:
        paste_block(project, fix)


def paste_all(project: Path, pastes: list[dict[str, Any]]) -> None:
    """Do what the remedies of all findings write, file by file."""
    for each in pastes:
        if each["file"] != "meson.build":
            paste_block(project, f"in {each['file']}:\n{each['text']}")
            continue
        # Each call is named above its arguments, unless there is one.
        calls = re.split(r"^# in the install_subdir of (.+):\n", each["text"], flags=re.MULTILINE)
        for folder, text in zip(calls[1::2] or ["sample"], calls[2::2] or calls, strict=True):
            for line in text.splitlines():
                paste_meson(project / "meson.build", line, folder)


def inside(finding: dict[str, Any]) -> str:
    """Return the path of a finding in the wheel, or below the root folder of the sdist."""
    member: str = finding["member"]
    return member.partition("/")[2] if finding["distribution"].endswith(".gz") else member


def report_on(folder: Path) -> dict[str, Any]:
    report = run_json(folder, "--select", ",".join(CODES), "--jobs", "1")
    assert report["errors"] == []
    return report


def audited(folder: Path) -> list[dict[str, Any]]:
    return [{**each, "sdist": each["distribution"].endswith(".gz")} for each in report_on(folder)["findings"]]


def in_any_order(value: Any) -> Any:
    """Return a value of TOML with its lists sorted."""
    if isinstance(value, dict):
        return {key: in_any_order(each) for key, each in value.items()}
    return sorted(map(in_any_order, value), key=str) if isinstance(value, list) else value


def settings_of(project: Path) -> dict[str, Any]:
    """Return what the files that remedies write to contain, whatever the order of keys, values and lines."""
    files = [project / name for name in ("pyproject.toml", "MANIFEST.in", ".gitattributes", "meson.build")]
    settings: dict[str, Any] = {}
    for path in files:
        if not path.exists():
            continue
        text = path.read_text("utf-8")
        if path.suffix == ".toml":
            settings[path.name] = in_any_order(tomli.loads(text))
        else:
            settings[path.name] = sorted(part.strip() for part in re.split("[\n,]", text))
    return settings


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
    report = report_on(tmp_path / "old")
    found = defaultdict(set)
    for each in report["findings"]:
        found[each["distribution"].endswith(".gz")].add(each["code"])
    assert len(found[True]) > 5
    assert len(found[False]) > 5

    project = write_faulty_project(tmp_path / "project", backend)
    alone = write_faulty_project(tmp_path / "alone", backend)
    # SD107 proposes no setting for a binary of a package; here SF110 reports the same file.
    findings = [each for each in report["findings"] if "per-file-ignores" not in each["fix"]]
    fixes = [(each["fix"], inside(each)) for each in findings]
    paste_all(project, report["pastes"])
    for fix, about in fixes * 2:  # to paste it twice does no harm
        paste(alone, fix, about)
        if "\n" not in fix:
            paste(project, fix, about)
    assert settings_of(project) == settings_of(alone)
    old = read(next((tmp_path / "old").glob("*.whl")))
    if "tests" in {path.partition("/")[0] for path in old.files}:
        sdist = read(next((tmp_path / "old").glob("*.tar.gz")))
        assert isinstance(sdist, Sdist)
        paste(project, in_words(Exclude("tests"), old, sdist), "tests")
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
        fix = in_words(Include(prefix + path), distribution)
        head, _, snippet = fix.partition("\n")
        if snippet.startswith("git add"):
            commit(project, everything=False)
            subprocess.run(shlex.split(snippet), cwd=project, check=True)
        elif snippet:
            paste(project, fix, path)
        else:
            assert path not in missing, fix
            assert "which is packed completely" in head
    commit(project, everything=False)
    new = tmp_path / "new"
    built(project, backend, new, kind)
    assert listing(next(new.glob("*.*"))) >= wanted | {f"{inside}{name}" for name in MODULES}
    if kind == "wheel" and backend != "meson-python":
        built(project, backend, tmp_path / "both", "sdist")
        wheel = from_sdist(tmp_path / "both", backend, tmp_path / "unpacked")
        assert listing(wheel) >= wanted | MODULES
