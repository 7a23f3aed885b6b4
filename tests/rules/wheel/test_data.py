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
        ('resources.files(__name__) / "a.json"', "a.json"),
        ('os.path.join(os.path.dirname(__file__), os.pardir, "a.json")', "../a.json"),
        ('os.path.join(os.path.dirname(__file__), "data/") + "a.json"', "data/a.json"),
        ('os.path.join(os.path.dirname(__file__), "a") + ".json"', "a.json"),
        ('os.path.dirname(__file__) + "/data/" + "a.json"', "data/a.json"),
        ('os.path.splitext(__file__)[0] + ".json"', "module.json"),
        ('os.path.split(__file__)[0] + "/a.json"', "a.json"),
        ('Path(__file__).with_suffix(".json")', "module.json"),
        ('Path(__file__).with_name("a.txt").with_suffix(".json")', "a.json"),
        ('os.path.join(__path__[0], "a.json")', "a.json"),
        ('os.path.join(os.path.dirname(inspect.getfile(inspect.currentframe())), "a.json")', "a.json"),
        ('os.path.dirname(sys.modules[__name__].__file__) + "/a.json"', "a.json"),
        ('Path(__file__).parent / ("a" + ".json")', "a.json"),
        ('f"{os.path.dirname(__file__)}/data/a.json"', "data/a.json"),
        ('"%s/%s.json" % (os.path.dirname(__file__), "a")', "a.json"),
        ('"{}/{}.json".format(os.path.dirname(__file__), "a")', "a.json"),
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
        "__file__",
        'f"{os.path.dirname(__file__)}/{name}.json"',
        'f"{os.path.dirname(__file__)!r}/a.json"',
        '"%s/%d.json" % (os.path.dirname(__file__), 1)',
        '"%s/%%s.json" % os.path.dirname(__file__)',
        'os.path.splitext(__file__)[1] + "/a.json"',
        'Path(__file__).with_suffix("")',
        'os.path.join(os.path.dirname(inspect.getfile(thing)), "a.json")',
        'os.path.join(os.path.dirname(thing.__file__), "a.json")',
        "resources.files(thing) / 'a.json'",
        "Path(__file__).parent / '/etc/a.json'",
        "resources.files(package) / 'a.json'",
    ],
)
def test_no_path(expression: str) -> None:
    assert uses(f"open({expression})") == []


NAMED = "open(Path(__file__).parent / NAME)\n"
CLASS = "class Table:\n    NAME = 'a.json'\n    def read(self):\n        return open(HERE / self.NAME)\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NAME = 'a.json'\n" + NAMED, [("a.json", True)]),
        ("STEM = 'a'\nNAME = f'{STEM}.json'\n" + NAMED, [("a.json", True)]),
        ("NAME = 'VERSION'\n" + NAMED, [("VERSION", True)]),
        ("NAME = '*'\n" + NAMED, []),
        ("NAME = 'a.json'\nNAME = other()\n" + NAMED, []),
        ("NAME = 'a.json'\n\n\ndef f(NAME):\n    " + NAMED, []),
        ("NAME = NAME\n" + NAMED, []),
        ("NAME = OTHER\nOTHER = NAME\n" + NAMED, []),
        # Another class may set an attribute.
        ("HERE = Path(__file__).parent\n" + CLASS, [("a.json", False)]),
        ("HERE = Path(__file__).parent\n" + CLASS.replace("Table", "Base") + CLASS, []),
        (
            "class Table:\n    PATH = Path(__file__).parent / 'a.json'\nopen(Table.PATH)",
            [("a.json", False)] * 2,
        ),
        (
            "import inspect\n\n\nclass Table: ...\nopen(Path(inspect.getfile(Table)).parent / 'a')",
            [("a", True)],
        ),
        # The name of a folder needs no suffix if the code opens it as a file.
        ("load(Path(__file__).parent / 'data')", []),
        ("resources.read_text('sample', 'VERSION')", [("/sample/VERSION", True)]),
        ("resources.read_text('sample', 'a.json', 'utf-8')", [("/sample/a.json", True)]),
        ("resources.read_text('sample', 'data', 'a.json')", []),
        ("with resources.path('sample', 'a.json') as path: ...", [("/sample/a.json", False)]),
        ("urlpatterns = [path('sample', 'a.json')]", []),
        (
            "with resources.as_file(resources.files('sample') / 'a.json') as path: ...",
            [("/sample/a.json", False)],
        ),
        (
            "import sample.data\nopen(resources.files(sample.data) / 'a.json')",
            [("/sample/data/a.json", True)],
        ),
        ("from sample import data\nresources.read_text(data, 'a.json')", [("/sample/data/a.json", True)]),
        ("from . import data\nresources.read_text(data, 'a.json')", [("data/a.json", True)]),
        ("from .. import data as d\nresources.read_text(d, 'a.json')", [("../data/a.json", True)]),
        ("from . import data\n\n\ndef f(data):\n    return resources.read_text(data, 'a.json')", []),
        ("from . import data\ndata = other()\nresources.read_text(data, 'a.json')", []),
        ("import sample\nopen(os.path.dirname(sample.__file__) + '/a.json')", [("/sample/a.json", True)]),
        ("import sample\nopen(os.path.join(sample.__path__[0], 'a.json'))", [("/sample/a.json", True)]),
        ("from ._paths import DATA\nopen(DATA / 'a.json')", [("_paths/DATA/a.json", True)]),
        # The folder above a constant of another module is not known.
        ("from ._paths import DATA\nopen(DATA.parent / 'a.json')", []),
        ("from ._paths import DATA\nopen(DATA / '../a.json')", []),
        ("from ._paths import table\nopen(table / 'a.json')", []),
        ("from jinja2 import PackageLoader\nL = PackageLoader('sample', 'pages')", [("/sample/pages", True)]),
        ("from jinja2 import PackageLoader\nL = PackageLoader(__name__)", [("templates", True)]),
        ("from jinja2 import PackageLoader\nL = PackageLoader(name)", []),
    ],
)
def test_constants(text: str, found: list[tuple[str, bool]]) -> None:
    assert uses(text) == found


@pytest.mark.parametrize(
    ("modules", "severities"),
    [
        ({"_paths": "DATA = Path(__file__).parent / 'data'"}, ["warning"]),
        (
            {
                "_paths": "from ._root import ROOT\nDATA = ROOT / 'data'",
                "_root": "ROOT = Path(__file__).parent",
            },
            ["warning"],
        ),
        (
            {
                "_paths": "DATA = Path(__file__).parent / 'data'",
                "w": "from ._paths import DATA\n(DATA / x).write_text('')",
            },
            ["info"],
        ),
        ({"_paths": "DATA = Path.home() / 'data'"}, []),
        ({"_paths": "from .tables import DATA\nHERE = __file__"}, []),
        ({}, []),
    ],
)
def test_constants_of_other_modules(modules: dict[str, str], severities: list[str], tmp_path: Path) -> None:
    files = {f"sample/{name}.py": (HEAD + text + "\n").encode() for name, text in modules.items()}
    text = b"from ._paths import DATA\n\nTEXT = (DATA / 'a.json').read_text()\n"
    found = audit(tmp_path, wheel(text, files), {"select": ["WH117"]})
    assert [str(each.severity) for each in found] == severities
    assert all(each.data["path"] == "sample/data/a.json" for each in found)


@pytest.mark.parametrize(("folder", "count"), [("sample/templates", 1), ("sample/pages", 0)])
def test_folder_of_templates(folder: str, count: int, tmp_path: Path) -> None:
    text = b"from jinja2 import PackageLoader\n\nL = PackageLoader('sample', '%s')\n"
    text %= folder.removeprefix("sample/").encode()
    found = audit(tmp_path, wheel(text, {"sample/pages/index.html": b"<p>"}), {"select": ["WH117"]})
    assert [each.data["path"] for each in found] == [folder] * count


@pytest.mark.parametrize(
    ("files", "count"),
    [({}, 0), ({"sample/data/__init__.py": b""}, 1), ({"sample/data.py": b"x = 1\n"}, 0)],
)
def test_imported_package(files: dict[str, bytes], count: int, tmp_path: Path) -> None:
    """A name that a statement imports may be a package, a module, or the name of a package."""
    text = (
        b"from importlib import resources as r\nfrom sample import data\n\nX = r.read_text(data, 'a.json')\n"
    )
    assert len(audit(tmp_path, wheel(text, files), {"select": ["WH117"]})) == count


@pytest.mark.parametrize(
    "text",
    [
        "A0 = 'a' * 1\n" + "".join(f"A{n + 1} = A{n} + A{n}\n" for n in range(3_000)),
        "A0 = Path(__file__).parent\n" + "".join(f"A{n + 1} = A{n} / 'a'\n" for n in range(3_000)),
        "open(" + " + ".join(["'a'"] * 900) + ")\n",
        "open(os.path.join(os.path.dirname(__file__), " + "'a', " * 5_000 + "))\n",
        "X = f'{__file__}" + "{X}" * 2_000 + "'\n",
        "".join(f"from a{n} import DIR_{n}\nopen(DIR_{n} / '../a')\n" for n in range(1_000)),
    ],
)
def test_long_chains_take_little_time(text: str) -> None:
    started = time.process_time()
    uses(text)
    assert time.process_time() - started < 3


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
