"""Numbers with more digits than Python reads (4,300) crash no rule, wherever they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Sdist, Wheel
from tests.support import run_json

BIG = "1" * 5_000

HEADERS = {
    "Version": BIG,
    "Metadata-Version": f"2.{BIG}",
    "Requires-Python": f">=3.{BIG}",
    "Requires-Dist": f"x>=1.{BIG}; python_version >= '3.{BIG}'",
    "Project-URL": f"Source, https://1.1.1.{BIG}:{BIG}/",
    "Classifier": f"Programming Language :: Python :: 3.{BIG}",
    "Obsoletes-Dist": f"x<{BIG}",
}

WHEEL = f"""Wheel-Version: 1.{BIG}
Generator: bdist_wheel ({BIG})
Root-Is-Purelib: true
Build: {BIG}
Tag: cp3{BIG}-abi3-macosx_{BIG}_0_x86_64
Tag: py3-none-manylinux_2_{BIG}_x86_64
"""

PYPROJECT = f"""[build-system]
requires = ["setuptools>={BIG}", "flit_core<{BIG}"]
build-backend = "setuptools.build_meta"

[project]
name = "sample"
version = "{BIG}"
requires-python = ">=3.{BIG}"
dependencies = ["x>={BIG}"]
"""

FILES = {
    "sample/a.py": f"x = {BIG}\n",
    "sample/a.json": f'{{"version": {BIG}}}',
    "sample/n.ipynb": f'{{"nbformat": {BIG}, "cells": [{{"cell_type": "code", "execution_count": {BIG}}}]}}',
    "sample/x.map": f'{{"version": {BIG}, "sources": ["a"], "mappings": ""}}',
    "sample/c.toml": f"x = {BIG}",
    "sample/k.yaml": f"password: {BIG}",
    "sample/d.har": f'{{"log": {{"version": {BIG}, "entries": []}}}}',
    "sample/terraform.tfstate": f'{{"version": {BIG}, "resources": []}}',
    "sample/dump.sql": f"INSERT INTO users VALUES ({BIG});",
}


def errors(folder: Path, *built: Wheel | Sdist) -> list[str]:
    paths = [each.build().write(folder) for each in built]
    return [each["message"] for each in run_json(*paths, "--pedantic", "--preview")["errors"]]


@pytest.mark.parametrize("name", HEADERS)
def test_in_metadata(name: str, tmp_path: Path) -> None:
    wheel, sdist = Wheel(), Sdist()
    assert wheel.metadata is not None
    assert sdist.metadata is not None
    wheel.metadata.set(name, HEADERS[name])
    sdist.metadata.set(name, HEADERS[name])
    assert not errors(tmp_path, wheel, sdist)


def test_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    wheel, sdist = Wheel(), Sdist()
    wheel.wheel = WHEEL
    sdist.files["pyproject.toml"] = PYPROJECT.encode()
    for path, text in FILES.items():
        wheel.files[path] = sdist.files[path] = text.encode()
    assert not errors(tmp_path, wheel, sdist)
