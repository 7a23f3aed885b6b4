"""WH117 beyond the cases: the ways to name a file of the package, and the circumstances of its use."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pkgaudit.api import ArchiveKind, Entry, EntryType, Member, PythonFile, Window
from pkgaudit.rules.wheel.cases.data import wheel
from pkgaudit.rules.wheel.data_named import named_files
from tests.support import audit

HEAD = "import os, pkgutil, importlib.resources\nfrom importlib import resources\nfrom pathlib import Path\n"


def uses(text: str) -> list[tuple[str, bool]]:
    """Return the paths that a module names, and whether it certainly reads each."""
    member = Member(Entry("sample/module.py", EntryType.FILE), ArchiveKind.WHEEL)
    found = named_files(PythonFile(member, Window((HEAD + text).encode())))
    return [] if found is None else [(each.path, each.reads) for each in found.uses]


def spared(text: str) -> set[str]:
    member = Member(Entry("sample/module.py", EntryType.FILE), ArchiveKind.WHEEL)
    found = named_files(PythonFile(member, Window((HEAD + text).encode())))
    return set() if found is None else set(found.spared)


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ('Path(__file__).parent / "a.json"', "a.json"),
        ('Path(__file__).resolve().parent.joinpath("data", "a.json")', "data/a.json"),
        ('Path(__file__).parents[1] / "data/a.json"', "../data/a.json"),
        ('Path(__file__).with_name("a.json")', "a.json"),
        ('os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "a.json")', "data/a.json"),
        ('os.path.dirname(__file__) + "/data/a.json"', "data/a.json"),
        ('f"{Path(__file__).parent}/data/a.json"', "data/a.json"),
        ('Path(os.path.dirname(__file__), "a.json")', "a.json"),
        ('resources.files("sample") / "a.json"', "/sample/a.json"),
        ('resources.files(__package__).joinpath("a.json")', "a.json"),
        ('importlib.resources.files("sample.data").joinpath("a.json")', "/sample/data/a.json"),
        ("resources.files(__spec__.parent) / 'a.json'", "a.json"),
    ],
)
def test_path(expression: str, path: str) -> None:
    assert uses(f"open({expression})") == [(path, True)]
    assert (path, True) in uses(f"X = {expression}\n\n\ndef f():\n    return open(X)\nf()\n")
    assert (path, True) in uses(f"def f():\n    x = {expression}\n    return open(x, 'rb')\nf()\n")


@pytest.mark.parametrize(
    "expression",
    [
        "Path(__file__).parent / name",
        'Path.cwd() / "a.json"',
        'Path(folder) / "a.json"',
        'Path(__file__) / "a.json"',
        'os.path.join(os.path.dirname(__file__), "a", name)',
        'os.path.dirname(__file__) + ".json"',
        'f"{Path(__file__).parent!r}/a.json"',
        'f"{Path(__file__).parent}.json"',
        "Path(__file__).parent / '*.json'",
        "Path(__file__).parent / 'data'",
        "Path(__file__).parent / '/etc/a.json'",
        "resources.files(package) / 'a.json'",
    ],
)
def test_no_path(expression: str) -> None:
    assert uses(f"open({expression})") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('pkgutil.get_data("sample", "a.json")', [("/sample/a.json", True)]),
        ('resources.read_text(__package__, "a.json")', [("a.json", True)]),
        ('X = Path(__file__).parent / "a.json"\nX.read_bytes()', [("a.json", False), ("a.json", True)]),
        ('with open(Path(__file__).parent / "a.json") as f: pass', [("a.json", True)]),
        ('load(Path(__file__).parent / "a.json")', [("a.json", False)]),
        ('if debug:\n    open(Path(__file__).parent / "a.json")', [("a.json", False)]),
        ('if __name__ == "__main__":\n    open(Path(__file__).parent / "a.json")', []),
        (
            'try:\n    open(Path(__file__).parent / "a.json")\nexcept FileNotFoundError:\n    pass',
            [("a.json", False)],
        ),
        ('try:\n    open(Path(__file__).parent / "a.json")\nexcept KeyError:\n    pass', [("a.json", True)]),
        ('with suppress(OSError):\n    open(Path(__file__).parent / "a.json")', [("a.json", False)]),
        ('open(Path(__file__).parent / "a.json", "w")', []),
        ('(Path(__file__).parent / "a.json").open(mode="a")', []),
        # A parameter and a second value hide the name of the module.
        ('X = Path(__file__).parent / "a.json"\n\n\ndef f(X):\n    open(X)', [("a.json", False)]),
        ('X = Path(__file__).parent / "a.json"\nX = other()\nopen(X)', [("a.json", False)]),
    ],
)
def test_use(text: str, found: list[tuple[str, bool]]) -> None:
    assert uses(text) == found


@pytest.mark.parametrize(
    "text",
    [
        'os.path.exists(Path(__file__).parent / "a.json")',
        '(Path(__file__).parent / "a.json").is_file()',
        '(Path(__file__).parent / "a.json").write_text("")',
        'open(Path(__file__).parent / "a.json", "wb")',
        'X = os.path.join(os.path.dirname(__file__), "a.json")\nshutil.copy(source, X)',
    ],
)
def test_spared(text: str) -> None:
    assert spared(text) == {"a.json"}


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        *((name, "info") for name in ("config.json", "Settings.ini", "auth.json", "secrets.yaml")),
        *(
            (name, "info")
            for name in ("credentials.json", "local_settings.toml", "app.local.json", "local.cfg")
        ),
        *(
            (name, "warning")
            for name in ("locale.json", "config.schema.json", "author.json", "my_config.json")
        ),
    ],
)
def test_settings_of_users(name: str, severity: str, tmp_path: Path) -> None:
    built = wheel(
        b"from pathlib import Path\n\nX = (Path(__file__).parent / '%s').read_text()\n" % name.encode()
    )
    assert [str(each.severity) for each in audit(tmp_path, built, {"select": ["WH117"]})] == [severity]


def test_many_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.rules.wheel.data_named._MOST_NODES", 20)
    assert uses('open(Path(__file__).parent / "a.json")\n' + "x = 1\n" * 20) == []


F = 'def f():\n    return open(Path(__file__).parent / "a.json")\n'


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        (F + "X = f()\n", True),
        (F, True),
        (F.replace("f()", "_f()"), False),
        (F + "def g():\n    try:\n        return f()\n    except OSError:\n        return None\n", False),
        ("@functools.cache\n" + F, True),
        (F + "try:\n    X = f()\nexcept OSError:\n    X = None\n", False),
        ("@safe\n" + F + "X = f()\n", False),
        (F.replace("return", "if X:\n        return\n    return") + "X = f()\n", False),
        (F + "X = f()\nfetch(Path(__file__).parent / 'a.json')\n", False),
        (F + "X = f()\nrun(['make'], cwd=Path(__file__).parent)\n", False),
        (F + "X = f()\nfetch(Path(__file__).parent / 'b.json')\n", True),
        (F + "X = f()\nsys.path.insert(0, Path(__file__).parent)\n", True),
    ],
)
def test_certain_reads(text: str, reads: bool) -> None:
    assert ("a.json", reads) in uses(text)


def test_many_names_take_little_time() -> None:
    started = time.process_time()
    uses("".join(f"a{number} = Path(__file__).parent\n" for number in range(3_000)))
    assert time.process_time() - started < 5
