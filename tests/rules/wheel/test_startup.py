"""The files that Python reads at every start."""

from __future__ import annotations

import pytest

from pkgaudit.api import ArchiveKind, BinaryFile, Entry, EntryType, Member, PythonFile, Window
from pkgaudit.rules.wheel.startup_code import StartCode, read_code, summarize
from pkgaudit.rules.wheel.startup_files import StartFile, read_start_file
from pkgaudit.rules.wheel.startup_hooks import PathFiles, may_run

MEMBER = Member(Entry("a.pth", EntryType.FILE), ArchiveKind.WHEEL)


def pth(data: bytes, path: str = "a.pth") -> StartFile:
    member = Member(Entry(path, EntryType.FILE, len(data)), ArchiveKind.WHEEL)
    found = read_start_file(BinaryFile(member, Window(data)))
    assert found is not None
    return found


def module(source: str) -> StartCode | None:
    member = Member(Entry("a.py", EntryType.FILE, len(source)), ArchiveKind.WHEEL)
    return summarize(PythonFile(member, Window(source.encode())))


@pytest.mark.parametrize(
    "line",
    [
        # As coverage, setuptools, namespace packages, pytest-cov and others install them.
        "import sys; exec('import os\\nif os.getenv(\"X\"):\\n import coverage as c\\n c.startup()')",
        "import os; e = os.environ.get('X') == 'a'; e and __import__('_distutils_hack').add_shim(); ",
        "import sys, types, os;importlib = __import__('importlib.util');m = sys.modules.setdefault('a', "
        "importlib.util.module_from_spec(importlib.machinery.PathFinder.find_spec('a', ['b'])))",
        "import os, sys;exec('if \"X\" in os.environ: from pytest_cov.embed import init; init()')",
        "import _virtualenv",
    ],
)
def test_harmless(line: str) -> None:
    code = read_code(line, MEMBER)
    assert (code.danger, code.error) == (None, None)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import builtins; builtins.exec(open('x').read())", "exec"),
        ("import os; vars(__builtins__)['exec']('1')", "exec"),
        ("import os; exec(compile(open('x').read(), '', 'exec'))", "compile"),
        ("import importlib; importlib.import_module('subprocess').run(['x'])", "subprocess.run"),
        ("import requests; requests.Session().get('x')", "requests.Session.get"),
        ("import os; [os.system('x') for _ in '1']", "os.system"),
        ("import os; (lambda: os.popen('x'))()", "os.popen"),
        ("import os; 'x'.encode().decode('rot13')", "decode"),
        ("import marshal; marshal.loads(b'')", "marshal.loads"),
    ],
)
def test_dangerous(line: str, name: str) -> None:
    danger = read_code(line, MEMBER).danger
    assert danger is not None
    assert danger.name == name


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\n\n\nclass A:\n    def f(self):\n        subprocess.run([])\n",
        "import os\n\nif __name__ == '__main__':\n    os.system('x')\n",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import socket\n    socket.socket()\n",
        "import socket\n\nNAME = socket.gethostname()\n",
        "def broken(:\n    exec(x)\n",
        "exec('x = 1')\n",
    ],
)
def test_modules_that_do_nothing_when_imported(source: str) -> None:
    assert (found := module(source)) is None or found.imported is None


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\n\n\nclass A:\n    subprocess.run([])\n",
        "import os\n\ntry:\n    os.system('x')\nexcept OSError:\n    pass\n",
        "from os import system as s\n\n\ndef f(x=s('y')):\n    pass\n",
        "import os\n\n\ndef f():\n    os.system('x')\n\n\nf()\n",
        "from base64 import b64decode\n\nexec(b64decode('eA=='))\n",
    ],
)
def test_modules_that_do_something_when_imported(source: str) -> None:
    found = module(source)
    assert found is not None
    assert found.imported is not None


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff\xfe",
        b"import " + b"(" * 50_000,
        b"import a;" * 5_000,
        b"import x\n" * 10_000,
        b"a\n" * 100_000,
        b"import a; " + b"a." * 20_000 + b"b",
    ],
    ids=range(6),
)
def test_hostile(data: bytes) -> None:
    pth(data)
    pth(data, "a.start")


def test_lines_end_where_python_ends_them() -> None:
    assert pth("a\u2028import os; os.system('x')\n".encode()).danger is not None


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("sample.pth", True),
        ("sample.start", True),
        (".sample.pth", True),  # Python 3.12 and earlier read it
        (".sample.start", False),
        ("sample/sample.pth", False),
        ("usercustomize.py", True),
        ("sitecustomize.cpython-311-x86_64-linux-gnu.so", True),
        ("sitecustomize/__init__.py", True),
        ("sample/sitecustomize/__init__.py", False),
        ("sample.py", False),
    ],
)
def test_names_of_files_that_may_run(path: str, runs: bool) -> None:
    assert may_run(path) is runs


def test_options() -> None:
    with pytest.raises(ValueError, match=r"allow: a\.pth"):
        PathFiles({"a.pth": "md5:0"})


def test_a_chain_of_subscripts_is_gone_through_once() -> None:
    # Each part is asked for its name, and that of all parts below, which once was a power of two.
    chain = "import a; a" + "['b']" * 150
    reader_of_names = read_code(chain, MEMBER)
    assert reader_of_names.error is None
    assert reader_of_names.danger is None


def test_names_get_another_meaning() -> None:
    danger = read_code("import os, a; f = a; f.x('1'); f = os; f.system('1')", MEMBER).danger
    assert danger is not None
    assert danger.name == "os.system"


def test_more_names_than_are_kept_are_an_error() -> None:
    lines = b"".join(b"import a%d\n" % number for number in range(60))
    found = pth(lines)
    assert found.worst is not None
    assert "more than 50 modules" in found.worst[1]


def test_functions_see_the_names_of_their_module() -> None:
    found = module(
        "from subprocess import run as r\ndef f():\n  r('x')\ndef g():\n  import os as r\n  r.getcwd()\n"
    )
    assert found is not None
    assert list(found.functions) == ["f"]


@pytest.mark.parametrize("prefix", ["f", "t"])
def test_newer_strings_in_a_line(prefix: str) -> None:
    code = read_code(f"import a; a.start({prefix}'{{'x'}}')", MEMBER)
    assert (code.error, code.danger, [*code.modules]) == (None, None, ["a"])
    code = read_code(f"import os; {prefix}'{{os.system('x')}}'", MEMBER)
    assert code.danger is not None
    assert code.danger.name == "os.system"
    code = read_code(f"import os; exec({prefix}'{{os.environ['X']}}')", MEMBER)
    assert code.danger is not None
    assert code.danger.name == "exec"
