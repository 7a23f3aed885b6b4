"""The second layer finds what detect-secrets' own scan of a file finds, in the files that are at hand."""

from __future__ import annotations

import hashlib
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.rules.secrets.detect_secrets import layer as second
from pkgaudit.rules.secrets.detect_secrets.prefilter import LONG
from tests.rules.secrets.test_detect_secrets import HEX, mixture

FILTERS = (
    "is_sequential_string",
    "is_potential_uuid",
    "is_likely_id_string",
    "is_templated_secret",
    "is_prefixed_with_dollar_sign",
    "is_not_alphanumeric_string",
)
"""The filters that the second layer has too.

Not `is_swagger_file`, `is_lock_file` and `is_non_text_file`, which pass over files by their names, nor
`is_line_allowlisted`: pragmas are for the caller.
"""

INDIRECT = """
from detect_secrets.filters.heuristic import is_indirect_reference
from detect_secrets.plugins.base import RegexBasedDetector

def indirect(secret, line, plugin):
    return not isinstance(plugin, RegexBasedDetector) and is_indirect_reference(line)
"""
"""`is_indirect_reference`, which silences all plugins, for those that look for no particular tokens."""

Findings = set[tuple[str, str, int]]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let detect-secrets scan files in a folder with all its plugins, and never with verification."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.settings import transient_settings

    folder = tmp_path_factory.mktemp("scanned")
    indirect = folder / "indirect.py"
    indirect.write_text(INDIRECT)
    paths = [f"detect_secrets.filters.heuristic.{name}" for name in FILTERS]
    plugins: list[Any] = list(get_mapping_from_secret_type_to_class().values())
    with transient_settings(
        {
            "plugins_used": [{"name": each.__name__} for each in plugins],
            "filters_used": [{"path": path} for path in (*paths, f"file://{indirect}::indirect")],
        }
    ) as settings:
        settings.disable_filters("detect_secrets.filters.heuristic.is_non_text_file")
        yield folder


def theirs(folder: Path, name: str, data: bytes) -> Findings:
    from detect_secrets.core.secrets_collection import SecretsCollection

    path = folder / name
    path.write_bytes(data)
    secrets = SecretsCollection()
    secrets.scan_file(str(path))
    return {(secret.type, secret.secret_hash, secret.line_number) for _, secret in secrets}


def ours(name: str, data: bytes) -> Findings:
    look = second._Look(data, name, "utf-8", None)
    look.as_scanned((second._RANDOM, second._KEYWORD, second._TOKENS, second._OTHERS))
    assert not look.errors
    first: dict[tuple[str, str], int] = {}
    for hit in look.hits:
        key = hit.kind, hashlib.sha1(hit.value.encode()).hexdigest()
        first[key] = min(hit.line, first.get(key, hit.line))
    return {(*key, line) for key, line in first.items()}


def installed_files(most: int) -> list[Path]:
    """Return text files of the packages that are installed, of all suffixes, the same ones each time."""
    folder = Path(sysconfig.get_path("purelib"))
    by_suffix: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and 0 < path.stat().st_size < 40_000:
            by_suffix.setdefault(path.suffix, []).append(path)
    rng = random.Random(0)
    return [path for paths in by_suffix.values() for path in rng.sample(paths, min(len(paths), most))]


@pytest.mark.once
def test_installed_packages(scanned: Path) -> None:
    findings = 0
    for path in installed_files(6):
        data = path.read_bytes()
        try:
            data.decode()
        except UnicodeDecodeError:
            continue
        if b"\0" in data or max(map(len, data.splitlines())) > LONG:
            continue
        expected = theirs(scanned, path.name, data)
        assert ours(path.name, data) == expected, path
        findings += len(expected)
    assert findings


GENERATED = {
    "a.yaml": f"a:\n  b: 'c'\n  password: hunter2x  # d\n  e: {HEX}\n"
    f"  f: |\n    secret = 'abc1'\n    g: {HEX[1:]}\nh: &h\n  token: {HEX[2:]}\n"
    "i: *h\nj: {secret: abc1x, k: [l, 'm']}\n",
    "b.yml": f'- password: !!binary aHVudGVyMng=\n- a: 1\n- key: "{HEX}\\x41"\n',
    "c.yml": "a: [b\npassword: hunter2x\n",
    "d.yaml": "---\na: b\n---\npassword: hunter2x\n",
    "e.ini": f"; a\n[b]\npassword = hunter2x\nc = 'd'\n e\n {HEX}\nf: {HEX[1:]}\n\n[g]\nh = %%i\n",
    "f.cfg": "[a]\npassword = %(b)s\nb = hunter2x\n",
    "g.cfg": "[a]\npassword\nb = hunter2x\nsecret = abc1x\n",
    "h.toml": f'[a]\npassword = "hunter2x"\nb = [\n  \'c\',\n]\nd = "{HEX}"\n',
    ".env": f"# a\nPASSWORD=hunter2x\nexport B={HEX}\n",
    "i.txt": f"password: hunter2x\nb = {HEX}\n",
    "j.json": f'{{\n  "password": "hunter2x",\n  "b": "{HEX}",\n  "user_id": "{HEX[1:]}"\n}}\n',
    "k.json": f'["{HEX}"]\n',
    "l.md": f"    password = 'hunter2x'\n\n`{HEX}`\n",
    "m.properties": "a.password=hunter2x\r\nb=c\r\n",
    "n.sh": "#!/bin/sh\nexport PASSWORD='hunter2x'\nx=\"$(a)\"\n",
    "o.js": f"var a='{HEX}',b_id='{HEX[1:]}',password='hunter2x';" * 20,
    "p.cls": "password = get('hunter2x')\nsecret => \"abc1x\"\n",
    "q.py": "\ufeffpassword = 'hunter2x'\n",
    "r.go": "password := `hunter2x`\n",
    "s.cpp": 'std::string secret("hunter2x");\nchar password[25] = "hunter3x";\n',
    "t.c": 'char password[25] = "hunter3x";\n',
    "u.tf": 'password = "hunter2x"\n',
    "v.txt": "[a]\nb = c\npassword = hunter2x\n",
}


@pytest.mark.parametrize("name", GENERATED)
def test_generated_files(name: str, scanned: Path) -> None:
    data = GENERATED[name].encode()
    expected = theirs(scanned, name, data)
    assert ours(name, data) == expected


@pytest.mark.parametrize("suffix", ["py", "js", "go", "c", "cpp", "cfg", "yaml", "txt", "php"])
@pytest.mark.parametrize("seed", range(4))
def test_mixtures(suffix: str, seed: int, scanned: Path) -> None:
    data = mixture(seed, 60).encode()
    expected = theirs(scanned, f"a.{suffix}", data)
    assert expected
    assert ours(f"a.{suffix}", data) == expected


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_lost_in_long_lines(seed: int, scanned: Path) -> None:
    text = " ;".join(line[:400] for line in mixture(seed, 400).splitlines())
    data = f"{text}\n".encode()
    assert len(data) > 2 * LONG
    lost = {each[:2] for each in theirs(scanned, "a.js", data)} - {each[:2] for each in ours("a.js", data)}
    assert not lost
