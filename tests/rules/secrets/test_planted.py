"""No report prints a long part of a secret, wherever in a distribution the secret is.

Each place of a distribution that a message, a remedy, a value, an excerpt or a block of settings may quote
gets a secret of its own, so a leak names its place.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures import tokens
from fixtures.builders import Built, Metadata, Sdist, Wheel, record_file, sample_metadata
from pkgaudit.report.result import Style, load_format
from pkgaudit.run import audit

LONGEST = 12
"""Letters and digits of a secret in a row that no report may show; a mask shows six, then two."""


def openai(seed: str) -> str:
    return f"sk-proj-{tokens.random_text(seed, 74)}T3Blbk{'FJ'}{tokens.random_text(seed[::-1], 74)}"


def azure(seed: str) -> str:
    return tokens.expand("<base62 52>JQQJ99<base62 18>AZDO<base62 4>", seed)


def login(seed: str) -> str:
    return f"https://bot:{tokens.random_text(seed, 24)}@git.acme-corp.io/x"


def parameter(seed: str) -> str:
    return f"https://git.acme-corp.io/x?access_token={tokens.random_text(seed, 32)}"


def aws(seed: str) -> str:
    secret = tokens.random_text(f"secret {seed}", 40, tokens.BASE64.replace("/", "x"))
    return f"{tokens.aws_id(seed=seed)}:{secret}"


def checked(seed: str) -> str:
    return tokens.checked_token("ghp", seed)


KINDS: list[Callable[[str], str]] = [checked, openai, azure, login, parameter, aws]
"""Makers of secrets: with and without a checksum, recognized by their beginning, middle, end or context."""


class Planted:
    """Makes a secret for each place; the kinds take turns, and another turn gives each place another kind."""

    def __init__(self, turn: int) -> None:
        self._turn = turn
        self.places: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        if place not in self.places:
            kind = KINDS[(len(self.places) + self._turn) % len(KINDS)]
            self.places[place] = kind(place)
        return self.places[place]

    def told(self, shown: str) -> set[str]:
        """Return the places whose secret has a long part in a text, in any spelling."""
        told = _parts(_plain(shown))
        found = set()
        for place, secret in self.places.items():
            hidden = re.sub(r"https://(bot:)?(git.acme-corp.io/x.access_token=)?|@git.*", "", secret)
            if not told.isdisjoint(_parts(_plain(hidden))):
                found.add(place)
        return found


def _parts(plain: str) -> set[str]:
    return {plain[at : at + LONGEST] for at in range(len(plain) - LONGEST + 1)}


def _plain(text: str) -> str:
    return re.sub(r"%[0-9a-f]{2}|\\[ux][0-9a-f]{2,4}|[^a-z0-9]", "", text.lower())


def headers(plant: Planted) -> Metadata:
    metadata: Metadata = sample_metadata()
    for name in (
        "Author", "Author-email", "Maintainer-email", "Home-page", "Download-URL", "License", "Platform",
        "Keywords", "Requires-Dist", "Provides-Dist", "Obsoletes-Dist", "Requires-External", "Provides-Extra",
        "Requires-Python", "Classifier", "License-Expression", "License-File", "Dynamic", "Import-Name",
        "Import-Namespace", "Summary", "Description-Content-Type", "Maintainer", "Unknown-Field",
    ):  # fmt: skip
        metadata.add(name, plant(f"header {name}"))
    metadata.add("Author-email", f'"{plant("quoted email")}" <a@b@c>')
    metadata.add("Author-email", f"{plant('email local')}@python.org")
    metadata.add("Author-email", f"me@{plant('email domain')}")
    metadata.add("Author-email", f"<{plant('angle email')}>")
    metadata.add("Maintainer-email", f"({plant('email comment')}) me@@python.org")
    metadata.add("Requires-Dist", f"foo @ {plant('direct reference')}")
    metadata.add("Requires-Dist", f"foo=={plant('requirement version')}")
    metadata.add("Requires-Dist", f"foo[{plant('requirement extra')}]")
    metadata.add("Requires-Dist", f"foo; python_version < '{plant('requirement marker')}'")
    metadata.add("Project-URL", f"{plant('label')}, https://python.org")
    metadata.add("Project-URL", f"Label, {plant('project url')}")
    metadata.add("Project-URL", f"{'x' * 40}, {plant('url of a long label')}")
    metadata.add("Classifier", f"Private :: {plant('private classifier')}")
    metadata.add("Classifier", f"Programming Language :: {plant('other classifier')}")
    metadata.add("Summary", "y " * 30 + plant("cut summary") + " z" * 300)
    metadata.add("Summary", "y" * 60 + plant("attached summary") + "z" * 600)
    if ":" not in plant("header name"):
        metadata.add(plant("header name"), "x")
    metadata.body = readme(plant)
    return metadata


def valid_headers(plant: Planted) -> Metadata:
    """Return metadata in which each field is used once, so the rules on values look at them."""
    metadata: Metadata = sample_metadata()
    for name, value in (
        ("Author-email", f"me@{plant('address')}"),
        ("Maintainer-email", plant("whole address")),
        ("Keywords", plant("keyword")),
        ("Summary", "y " * 30 + plant("long summary") + " z" * 300),
        ("License-Expression", plant("license expression")),
        ("License-File", plant("license file")),
        ("Home-page", plant("home page")),
        ("Requires-Python", f">={plant('python')}"),
        ("Description-Content-Type", "text/markdown"),
        ("Project-URL", f"Source, http://python.org/{plant('insecure url')}"),
        ("Requires-Dist", f"foo @ https://python.org/{plant('link of a requirement')}"),
        ("Provides-Extra", plant("extra")),
    ):
        metadata.set(name, value)
    metadata.body = readme(plant)
    return metadata


def readme(plant: Planted) -> str:
    return "\n".join(
        [
            f"![image]({plant('image')})",
            f"![image](docs/{plant('relative image')}.png)",
            f"[link](docs/{plant('relative link')})",
            f"[anchor](#{plant('anchor')})",
            f"<video src='{plant('video')}'></video>",
            f"<script>{plant('script')}</script>",
            f"Author: {plant('body author')}",
            f"License: {plant('body license')}",
            f"Home-page: {plant('body page')}",
            f"Requires-Dist: {plant('body requirement')}",
            "",
        ]
    )


def entry_points(plant: Planted) -> bytes:
    lines = ["[console_scripts]"]
    lines += [
        f"{plant('command')} = sample:main",
        f"a = {plant('module of a command')}:main",
        f"b = sample.core:{plant('object of a command')}",
        f"c = sample:main [{plant('extra of a command')}]",
        f"d = {plant('whole value')}",
        f"e{'x' * 60} = sample.core:{'y' * 30}.{plant('long object')}",
        f"[{plant('group')}]",
        "f = nowhere:x",
        f"[group {plant('spaced group')}]",
        f"name {plant('spaced name')} = sample.core:z",
    ]
    return "\n".join(lines).encode()


def sources(plant: Planted) -> dict[str, bytes]:
    return {
        "sample/bad.py": f"x = (\n# {plant('syntax error')}\n".encode(),
        "sample/code.py": (
            f"import os, subprocess, urllib.request\n"
            f"urllib.request.urlopen('{plant('opened')}')\n"
            f"from sample.nowhere import {re.sub(r'[^A-Za-z0-9_]', '_', plant('imported name'))}\n"
            f"import {re.sub(r'[^A-Za-z0-9_]', '_', plant('imported module'))}\n"
            f"exec(__import__('base64').b64decode('{plant('executed')}'))\n"
            f"subprocess.run(['curl', '{plant('process')}'])\n"
            f"HOME = '/home/jane/{plant('home path')}/file'\n"
            f"WHERE = '/Users/{plant('account')}/x'\n"
            f"HOST = 'http://build.corp.internal/{plant('internal host')}'\n"
            f"os.system('nc {plant('system')}')\n"
        ).encode(),
        "sample.pth": f"import os; os.system('{plant('path file')}')\n".encode(),
        "other.pth": f"{plant('path in a path file')}\n/home/jane/{plant('absolute path file')}\n".encode(),
        "sample/.env": f"API_KEY={plant('environment')}\n".encode(),
        "sample/.pypirc": f"[pypi]\nusername = {plant('user')}\npassword = {plant('pypirc')}\n".encode(),
        "sample/pip.conf": f"[global]\nindex-url = {plant('index')}\n".encode(),
        "sample/conflict.py": f"<<<<<<< {plant('conflict')}\nx = 1\n=======\nx = 2\n>>>>>>> a\n".encode(),
        "sample/config.ini": f"[a]\npassword = {plant('setting')}\n{plant('ini key')} = x\n".encode(),
        "sample/data.json": f'{{"{plant("json key")}": "{plant("json value")}"}}'.encode(),
        "sample/utf16.txt": f"{plant('utf-16')}\n".encode("utf-16"),
    }


def valid_wheel(plant: Planted) -> Built:
    """Return a wheel without faults that would keep rules from reading it."""
    made = Wheel("sample", "2.0", metadata=valid_headers(plant))
    made.files |= sources(plant)
    made.files[f"{made.dist_info}/entry_points.txt"] = (
        f"[console_scripts]\na = sample.core:{plant('missing object')}\n"
        f"b = sample.{plant('missing module')}:c\n"
    ).encode()
    made.files["stray.txt"] = plant("stray file").encode()
    return made.build()


def wheel(plant: Planted) -> Built:
    made = Wheel(metadata=headers(plant))
    made.files |= sources(plant)
    made.files[f"{made.dist_info}/entry_points.txt"] = entry_points(plant)
    made.files[f"{made.dist_info}/top_level.txt"] = f"{plant('top level')}\n".encode()
    made.files[f"{made.dist_info}/direct_url.json"] = f'{{"url": "{plant("direct url")}"}}'.encode()
    made.wheel = (
        f"Wheel-Version: {plant('wheel version')}\nGenerator: {plant('generator')}\n"
        f"Root-Is-Purelib: {plant('purelib')}\nTag: {plant('tag')}\nBuild: {plant('build')}\n"
        f"{plant('line of WHEEL')}\n"
    )
    rows = [
        *made.rows(),
        (f"sample/{plant('row')}", "sha256=x", "1"),
        ("sample/y.py", plant("hash"), "1"),
        ("sample/core.py", f"md5={plant('hash value')}", plant("size")),
    ]
    made.record = record_file(rows)
    return made.build()


PYPROJECT = """
[build-system]
requires = ["{backend}", "{requires}"]
build-backend = "{module}"
backend-path = ["{path}"]
[project]
name = "sample"
version = "{version}"
readme = "{readme}"
license = "{license}"
license-files = ["{files}"]
description = "{description}"
keywords = ["{keywords}"]
classifiers = ["{classifiers}"]
dependencies = ["{dependencies}"]
urls = {{ "{label}" = "{url}" }}
authors = [{{ name = "{author}", email = "{email}" }}]
scripts = {{ "{script}" = "{target}" }}
"{key}" = "x"
[project.optional-dependencies]
"{extra}" = ["{extras}"]
[tool.{tool}]
exclude = ["{excluded}"]
packages = ["{packages}"]
include-package-data = "{data}"
[tool.hatch.build.targets.sdist]
exclude = ["{hatch}"]
[dependency-groups]
"{group}" = ["{grouped}"]
"""


def sdist(plant: Planted, backend: str, module: str) -> Built:
    names = set(re.findall(r"\{(\w+)\}", PYPROJECT)) - {"backend", "module", "tool"}
    values = {name: plant(f"pyproject {name}") for name in sorted(names)}
    made = Sdist(metadata=headers(plant))
    made.files |= sources(plant)
    made.files["pyproject.toml"] = PYPROJECT.format(
        backend=backend, module=module, tool=backend, **values
    ).encode()
    made.files["setup.py"] = (
        f"from setuptools import setup\nsetup(name='sample', version='{plant('setup version')}',"
        f" scripts=['{plant('setup scripts')}'], packages=['{plant('setup packages')}'],"
        f" long_description=open('{plant('opened file')}').read())\n"
    ).encode()
    made.files["setup.cfg"] = (
        f"[metadata]\nlong_description = file: {plant('file of setup.cfg')}\n[options]\n"
        f"packages = {plant('packages of setup.cfg')}\n"
    ).encode()
    made.files["MANIFEST.in"] = f"include {plant('manifest')}\n".encode()
    made.files[".gitignore"] = f"{plant('gitignore')}\n.env\n".encode()
    return made.build()


FORMATS = ("text", "json", "jsonl", "html", "markdown", "github", "gitlab", "junit", "sarif")


def reports(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of a report in each format."""
    result = audit(paths)
    assert not result.failures, result.failures
    for name in FORMATS:
        out = io.StringIO()
        report, style = load_format(name), Style(verbose=1, width=10_000)
        if isinstance(report, type):
            live = report(out, style)
            live.audited(None, result.findings, result.failures)
            live.finish(result)
        else:
            report(result, out, style)
        yield name, out.getvalue()


@pytest.mark.parametrize(
    "turn", [0, *(pytest.param(turn, marks=pytest.mark.once) for turn in range(1, len(KINDS)))]
)
def test_no_report_prints_a_planted_secret(turn: int, tmp_path: Path) -> None:
    plant = Planted(turn)
    paths = [
        wheel(plant).write(tmp_path),
        valid_wheel(plant).write(tmp_path),
        sdist(plant, "hatchling", "hatchling.build").write(tmp_path),
    ]
    leaks = {name: plant.told(text) for name, text in reports(paths)}
    assert not {name: places for name, places in leaks.items() if places}
