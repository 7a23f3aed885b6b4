"""Baselines that detect-secrets itself wrote: what is listed for a file is accepted there, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtures import tokens
from fixtures.builders import Sdist, Wheel
from pkgaudit.api import BinaryFile, Member, Window
from pkgaudit.model.entry import ArchiveKind, Entry, EntryType
from pkgaudit.rules.secrets.aliases import names_of
from pkgaudit.rules.secrets.plugins import all_tokens
from pkgaudit.rules.secrets.scan import look
from tests.support import run

FAMILY = ("--select", "SE,PV104,SF101")


def files() -> dict[str, bytes]:
    """Return files with secrets of many kinds, by their path in the project."""
    word = tokens.random_text("word", 20)
    texts = {
        "src/sample/settings.py": f'TOKEN = "{tokens.pypi_token()}"\n',
        "src/sample/hub.py": f"TOKEN = '{tokens.checked_token('ghp')}'\n",
        "src/sample/web.py": f"x = '{tokens.web_token({'sub': 'me', 'exp': tokens.FAR})}'\n",
        "src/sample/cloud.py": f"key = '{tokens.aws_pair()[0]}'\naws_secret = '{tokens.aws_pair()[1]}'\n",
        "src/sample/hosts.py": f"URL = 'postgresql://me:{word}@db.sample.io/x'\n",
        "src/sample/app.ini": f"[db]\npassword = {word}\n",
        "tests/key.pem": tokens.armored("RSA ", tokens.rsa_key()) + "\n",
        ".npmrc": f"//registry.npmjs.org/:_authToken={tokens.checked_token('npm')}\n",
    }
    return {path: text.encode() for path, text in texts.items()}


def scan(folder: Path) -> dict[str, Any]:
    """Have detect-secrets write its baseline of a folder, and return it."""
    arguments = [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "--no-verify"]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True)
    (folder / ".secrets.baseline").write_text(done.stdout)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for path, data in files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    assert scan(folder)["results"].keys() == files().keys()
    (folder / "pkgaudit.toml").write_text('baseline = ".secrets.baseline"\n')
    return folder


def built(folder: Path, more: dict[str, bytes] | None = None) -> list[Path]:
    """Return the sdist and the wheel of the project."""
    sdist, wheel = Sdist(), Wheel()
    for path, data in {**files(), **(more or {})}.items():
        sdist.files[path] = data
        if path.startswith("src/"):
            wheel.files[path.removeprefix("src/")] = data
    return [sdist.build().write(folder), wheel.build().write(folder)]


def found(*arguments: object) -> list[tuple[str, str]]:
    report = json.loads(run(*arguments, *FAMILY, "--format", "json").stdout)
    return [(each["code"], each["member"]) for each in report["findings"]]


def test_what_is_listed_is_accepted(project: Path, tmp_path: Path) -> None:
    paths = built(tmp_path)
    leaks = found(*paths, "--no-config")
    assert {member.rpartition("/")[2] for _, member in leaks} == {Path(each).name for each in files()}
    assert found(*paths, "--config", project / "pkgaudit.toml") == []
    both = ("--baseline", project / ".secrets.baseline", "--baseline", tmp_path / "own.json")
    (tmp_path / "own.json").write_text('{"version": 1, "findings": []}')
    assert found(*paths, "--no-config", *both) == []


def test_another_secret_is_not(project: Path, tmp_path: Path) -> None:
    other = tokens.pypi_token(seed="other")
    more = {"src/sample/settings.py": f'TOKEN = "{tokens.pypi_token()}"\nOTHER = "{other}"\n'.encode()}
    left = found(*built(tmp_path, more), "--config", project / "pkgaudit.toml")
    assert left == [("SE101", "sample/settings.py")]


def test_the_same_secret_elsewhere_is_not(project: Path, tmp_path: Path) -> None:
    more = {
        "src/sample/moved.py": files()["src/sample/settings.py"],
        "tests/other.pem": files()["tests/key.pem"],
        "docs/x/settings.py": files()["src/sample/settings.py"],
    }
    sdist = built(tmp_path, more)[0]
    done = run(sdist, *FAMILY, "--config", project / "pkgaudit.toml", "--format", "json")
    places = [place for each in json.loads(done.stdout)["findings"] for place in (each, *each["also"])]
    assert {place["member"].removeprefix("sample-1.0/") for place in places} == more.keys()


def test_what_was_found_to_be_real_is_not(project: Path, tmp_path: Path) -> None:
    document = json.loads((project / ".secrets.baseline").read_text("utf-8"))
    for each in document["results"]["src/sample/settings.py"]:
        each["is_secret"] = True
    for each in document["results"]["src/sample/hosts.py"]:
        each["is_secret"] = False
    (tmp_path / "audited.json").write_text(json.dumps(document))
    left = found(*built(tmp_path), "--no-config", "--baseline", tmp_path / "audited.json")
    assert left == [("SE101", "sample/settings.py")]


def test_readme_is_in_the_metadata(tmp_path: Path) -> None:
    text = f"# sample\n\nURL: postgresql://me:{tokens.random_text('word', 20)}@db.sample.io/x\n"
    (tmp_path / "README.md").write_text(text)
    assert scan(tmp_path)["results"].keys() == {"README.md"}
    wheel = Wheel()
    assert wheel.metadata
    wheel.metadata.body = text
    path = wheel.build().write(tmp_path)
    assert found(path, "--no-config") == [("SE104", "sample-1.0.dist-info/METADATA")]
    assert found(path, "--no-config", "--baseline", tmp_path / ".secrets.baseline") == []


@pytest.mark.parametrize("kind", ["windows", "repository"])
def test_paths_as_others_write_them(project: Path, tmp_path: Path, kind: str) -> None:
    document = json.loads((project / ".secrets.baseline").read_text("utf-8"))
    results = {
        path.replace("/", "\\") if kind == "windows" else f"packages/sample/{path}": each
        for path, each in document["results"].items()
    }
    (tmp_path / "x.json").write_text(json.dumps({"version": "1.5.0", "results": results}))
    left = found(*built(tmp_path), "--no-config", "--baseline", tmp_path / "x.json")
    # A file at the top of the sdist could be any of that name.
    assert {member for _, member in left} == (set() if kind == "windows" else {"sample-1.0/.npmrc"})


def test_nothing_of_it_is_reported(project: Path, tmp_path: Path) -> None:
    listed = {
        each["hashed_secret"]
        for secrets in json.loads((project / ".secrets.baseline").read_text("utf-8"))["results"].values()
        for each in secrets
    }
    for name in ("text", "json"):
        done = run(*built(tmp_path), "--no-config", *FAMILY, "--format", name, "--verbose")
        assert not [each for each in listed if each[:12] in done.output]


def test_every_kind_of_token_is_known_as_detect_secrets_lists_it() -> None:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    entropy = {"Base64 High Entropy String", "Hex High Entropy String", "Secret Keyword"}
    classes: dict[str, Any] = get_mapping_from_secret_type_to_class()
    plugins = [{"name": each.__name__} for kind, each in classes.items() if kind not in entropy]
    listed = 0
    with transient_settings({"plugins_used": plugins, "filters_used": []}):
        for token in all_tokens():
            for sample in token.samples:
                line = f'value = "{tokens.expand(sample)}"'
                member = Member(Entry("a.py", EntryType.FILE), ArchiveKind.SDIST)
                view = BinaryFile(member, Window(line.encode("latin-1")))
                secrets = [each.secret for each in look(view, "fast").secrets]
                known = {name for secret in secrets for names in secret.baseline_hashes for name in names}
                for hit in scan_line(line):
                    listed += 1
                    assert hit.secret_value
                    assert names_of(hit.secret_value) <= known, (token.name, hit.type)
    assert listed > 20
