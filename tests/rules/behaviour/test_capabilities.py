"""What a file is able to do, as a value."""

from __future__ import annotations

import pytest

from pkgaudit.api import ArchiveKind, BinaryFile, Entry, EntryType, Member, Window
from pkgaudit.model.capabilities import SHOWN, Ability, Capabilities, Use, UsedAt, total
from pkgaudit.rules.behaviour.capabilities import read_capabilities


def read(
    source: str | bytes, path: str = "sample/run.py", archive: ArchiveKind = ArchiveKind.WHEEL
) -> Capabilities | None:
    data = source if isinstance(source, bytes) else source.encode()
    member = Member(Entry(path, EntryType.FILE, len(data)), archive)
    return read_capabilities(BinaryFile(member, Window(data)))


def uses(source: str | bytes, path: str = "sample/run.py") -> dict[str, list[tuple[str, int | None, bool]]]:
    found = read(source, path) or Capabilities()
    return {name: [(*use,) for use in each.uses] for name, each in found.abilities.items()}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import subprocess as s\ns.run(x)", ("EXEC", "subprocess.run", 2, True)),
        ("from os import system as x\ndef f():\n    x(1)", ("EXEC", "os.system", 3, False)),
        ("import os\ndef f(): g()\ndef g(): h()\ndef h(): os.fork()\nf()", ("PROCESS", "os.fork", 4, True)),
        ("import requests\ndef f(): return requests.get(x)", ("NETWORK", "requests.get", 2, False)),
        ("from x._vendor import requests\nrequests.get(x)", ("NETWORK", "x._vendor.requests.get", 2, True)),
        ("import os\nx = os.environ.get('X')", ("ENV", "os.environ", 2, True)),
        ("from os import environ", ("ENV", "os.environ", 1, True)),
        ("eval(x)", ("DYNAMIC_CODE", "eval", 1, True)),
        ("e = exec\ndef f(): e(x)", ("DYNAMIC_CODE", "exec", 2, False)),
        ("compile(x, y, 'exec')", ("DYNAMIC_CODE", "compile", 1, True)),
        ("import imp\nimp.load_module(x)", ("DYNAMIC_IMPORT", "imp.load_module", 2, True)),
        ("__import__(x)", ("DYNAMIC_IMPORT", "__import__", 1, True)),
        ("import ctypes\nctypes.c_int(1)", ("NATIVE", "ctypes.c_int", 2, True)),
        ("import pickle\npickle.loads(x)", ("DESERIALIZE", "pickle.loads", 2, True)),
        ("import yaml\nyaml.load(x)", ("DESERIALIZE", "yaml.load", 2, True)),
        ("import torch\ntorch.load(x)", ("DESERIALIZE", "torch.load", 2, True)),
        ("import numpy as np\nnp.load(x, allow_pickle=True)", ("DESERIALIZE", "numpy.load", 2, True)),
        ("with open(x, 'w') as f: pass", ("FILES_WRITE", "open", 1, True)),
        ("import io\nio.open(x, mode='ab')", ("FILES_WRITE", "io.open", 2, True)),
        ("def f(p): p.write_text(x)", ("FILES_WRITE", "….write_text", 1, False)),
        ("import sys\nsys.meta_path.append(x)", ("HOOKS", "sys.meta_path", 2, True)),
        ("import getpass\ngetpass.getuser()", ("SYSINFO", "getpass.getuser", 2, True)),
        ("from nacl.secret import SecretBox\nSecretBox(x)", ("CRYPTO", "nacl.secret.SecretBox", 2, True)),
        ("import pyperclip\npyperclip.paste()", ("SURVEIL", "pyperclip.paste", 2, True)),
        ("import winreg\nwinreg.SetValueEx(x)", ("PERSISTENCE", "winreg.SetValueEx", 2, True)),
        ("import subprocess\nretry(subprocess.run, x)", ("EXEC", "subprocess.run", 2, False)),
        ("if __name__ == '__main__':\n    eval(x)", ("DYNAMIC_CODE", "eval", 2, False)),
        ("import os\nrun = lambda x: os.system(x)", ("EXEC", "os.system", 2, False)),
        ("import os\nlater(lambda: lambda: os.getenv)(lambda: os.environ)", ("ENV", "os.environ", 2, False)),
        ("__import__('os').system(x)", ("EXEC", "os.system", 1, True)),
        ("import os\n(lambda: os.system(x))()", ("EXEC", "os.system", 2, True)),
        ("import os\nrun = lambda: os.system(x)\nrun()", ("EXEC", "os.system", 2, True)),
        ("from os import *\nsystem(x)", ("EXEC", "os.system", 2, True)),
        ("import posix\nposix.system(x)", ("EXEC", "posix.system", 2, True)),
        ("import _socket\n_socket.socket()", ("NETWORK", "_socket.socket", 2, True)),
        ("import os\nos.system(x)\ndef f(): from . import os", ("EXEC", "os.system", 2, True)),
        ("import os as o\nfrom . import os\no.system(x)", ("EXEC", "os.system", 3, True)),
        ("__import__(f'{\"o\"}s').system(x)", ("EXEC", "os.system", 1, True)),
        ("from importlib import import_module as i\ni('os').system(x)", ("EXEC", "os.system", 2, True)),
        ("import os\ng = getattr\ng(os, f's{\"ystem\"}')(x)", ("EXEC", "os.system", 3, True)),
    ],
)  # fmt: skip
def test_uses(source: str, found: tuple[str, str, int, bool]) -> None:
    name, *rest = found
    assert uses(source) == {name: [tuple(rest)]}


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess, requests, os",
        "import re\nre.compile(x)",
        "eval('1')\nexec('x = ' + '1')\ncompile('1', x, y)",
        "from re import compile\ncompile(x, y, z)",
        "import importlib\nimportlib.import_module('sample.run')\n__import__('os')",
        "open(x)\nopen(x, 'rb')\nopen('w', encoding='w')\nx.open('r')",
        "import yaml\nyaml.load(x, Loader=yaml.SafeLoader)\nyaml.safe_load(x)\nyaml.load(x, SafeLoader)",
        "import torch, numpy\ntorch.load(x, weights_only=True)\nnumpy.load(x)",
        "import requests\nisinstance(x, requests.session)\nrequests.__version__.split('.')",
        "import requests\nrequests.utils.quote(x)\nrequests.Timeout(x)",
        "from . import requests\nrequests.get(x)",
        "import socket\ntry:\n    pass\nexcept socket.timeout:\n    pass\ndef f(x: socket.socket): pass",
        "def f(eval): return eval(x)",
        "import os\nos.path.join(os.sep, os.getcwd())",
        "import base64\nbase64.b64decode(x)",
        "model.eval()\nself.exec(x)",
        "1 +",
    ],
)
def test_near_misses(source: str) -> None:
    assert read(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "import requests\nrequests.get(x).json()",
        "import requests\nr = requests.get(x)\nr.raise_for_status()",
        "import os\nos.popen(x).read().strip()",
    ],
)
def test_methods_of_results_do_not_count_again(source: str) -> None:
    [ability] = [*(read(source) or Capabilities()).abilities.values()]
    assert ability.count == 1


def test_an_import_does_not_run_a_nested_archive() -> None:
    member = Member(Entry("x.zip!/run.py", EntryType.FILE, 99, depth=1), ArchiveKind.WHEEL)
    found = read_capabilities(BinaryFile(member, Window(b"eval(x)\n")))
    assert found is not None
    assert (found.abilities["DYNAMIC_CODE"].count, found.abilities["DYNAMIC_CODE"].at_import) == (1, 0)


def test_counts_and_first_places() -> None:
    source = "import os\ndef f():\n" + "    os.system(x)\n" * 5 + "os.system(y)\n"
    found = read(source)
    assert found is not None
    ability = found.abilities["EXEC"]
    assert (ability.count, ability.at_import) == (6, 1)
    assert [(each.line, each.at_import) for each in ability.uses] == [(8, True), (3, False), (4, False)]
    assert len(ability.uses) == SHOWN


def test_stubs_and_tests() -> None:
    assert read("eval(x)", "sample/run.pyi") is None
    for path in ("sample/tests/run.py", "sample/test_run.py", "sample/conftest.py"):
        found = read("eval(x)", path)
        assert found is not None
        assert found.aside
    found = read("eval(x)", "sample-1.0/sample/run.py", ArchiveKind.SDIST)
    assert found is not None
    assert not found.aside


@pytest.mark.parametrize("name", ["run", "run.py"])
def test_no_import_runs_a_script(name: str) -> None:
    script = "#!python\nimport os\nos.system(x)\n"
    assert uses(script, f"sample-1.0.data/scripts/{name}") == {"EXEC": [("os.system", 3, False)]}
    assert uses("#!/bin/sh\neval(x)\n", "sample-1.0.data/scripts/run") == {}


def test_native_files() -> None:
    assert uses(b"\x7fELF" + bytes(60), "sample/_run.so") == {"NATIVE": [("_run.so", None, False)]}
    later = Window(b"\x7fELF", offset=100, whole=False, native="elf")
    member = Member(Entry("sample/_run.so", EntryType.FILE, 200), ArchiveKind.WHEEL)
    assert read_capabilities(BinaryFile(member, later)) is None


def test_startup_hooks() -> None:
    hook = "# x\nimport os; os.system(x)\n"
    assert uses(hook, "sample.pth") == {
        "EXEC": [("os.system", 2, True)],
        "PERSISTENCE": [("sample.pth", 2, False)],
    }
    assert uses("sample/lib\n", "sample.pth") == {}
    assert uses(hook, "sample/sample.pth") == {}
    assert uses(hook, "sample-1.0.data/purelib/sample.pth").keys() == {"EXEC", "PERSISTENCE"}
    assert uses(hook, "sample-1.0.data/data/lib/python3.12/site-packages/x.pth").keys() == {
        "EXEC",
        "PERSISTENCE",
    }
    assert uses("  import x(\n", "sample.pth") == {"PERSISTENCE": [("sample.pth", 1, False)]}
    assert uses("sample.run:main\n", "sample.start") == {"PERSISTENCE": [("sample.start", 1, False)]}
    assert uses("# nothing\n", "sample.start") == {}
    # `site` drops a byte order mark, and reads no hidden `.start` file.
    assert uses("\ufeffimport os; os.system(x)\n", "sample.pth").keys() == {"EXEC", "PERSISTENCE"}
    assert uses("sample.run:main\n", ".sample.start") == {}
    assert uses("x = 1\n", "sitecustomize.py") == {"PERSISTENCE": [("sitecustomize.py", None, False)]}
    assert uses("x = 1\n", "sample/sitecustomize.py") == {}


@pytest.mark.parametrize(
    ("path", "before"),
    [
        ("sample-1.0/setup.py", ""),
        ("sample-1.0/backend/own.py", "def build_wheel(x): pass\n"),
        ("sample-1.0/backend/own.py", "from setuptools.build_meta import *\n"),
        ("sample-1.0/backend/own.py", "from hatchling.build import build_wheel\n"),
        ("sample-1.0/hatch_build.py", "class Hook(BuildHookInterface): pass\n"),
    ],
)
def test_what_a_build_runs(path: str, before: str) -> None:
    source = f"{before}import os\nos.system('make')\n"
    found = read(source, path, ArchiveKind.SDIST)
    assert found is not None
    assert found.abilities["INSTALL_TIME"] == found.abilities["EXEC"]
    in_wheel = read(source, path)
    assert in_wheel is not None
    assert "INSTALL_TIME" not in in_wheel.abilities


def test_a_program_beside_the_build_is_none() -> None:
    found = read("import os\nos.system('make')\n# build_wheel\n", "sample-1.0/tool.py", ArchiveKind.SDIST)
    assert found is not None
    assert {*found.abilities} == {"EXEC"}


def test_total_of_a_distribution() -> None:
    use = Use("os.system", 3)
    early = Use("os.system", 1, True)
    modules = {
        "b.py": Capabilities({"ENV": Ability.of([Use("os.environ", 1)]), "EXEC": Ability.of([use])}),
        "c.py": Capabilities({"EXEC": Ability.of([early, use])}),
        "tests/d.py": Capabilities({"EXEC": Ability.of([use])}, aside=True),
    }
    found = total(modules, lambda text: text)
    assert [*found] == ["EXEC", "ENV"]
    assert (found["EXEC"].count, found["EXEC"].at_import) == (3, 1)
    assert found["EXEC"].places == (UsedAt("c.py", early), UsedAt("b.py", use), UsedAt("c.py", use))
