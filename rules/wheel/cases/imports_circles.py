"""Cases of WH110: circular imports."""

from __future__ import annotations

from fixtures.builders import Built
from fixtures.cases import bad, good
from pkgaudit.rules.wheel.cases.imports import FOLDER, wheel


@bad("WH110", at="sample/b.py:1", says="imports 'one' from 'sample/a.py', which imports the former before it")
def circle() -> Built:
    files = {
        "sample/a.py": b"from .b import two\n\n\ndef one(): ...\n",
        "sample/b.py": b"from sample.a import one\n\n\ndef two(): ...\n",
    }
    return wheel(b"from . import a\n", files)


@bad("WH110", at="sample/b.py:2", says="imports 'one' from 'sample/a.py'")
def circle_beside_the_metadata() -> Built:
    files = {
        "sample/a.py": b"import importlib.resources\nfrom .b import two\n\n\ndef one(): ...\n",
        "sample/b.py": b"from importlib import metadata\nfrom .a import one\n\n\ndef two(): ...\n",
    }
    return wheel(b"from importlib.metadata import version\nfrom . import a\n", files)


@bad("WH110", at="sample/core.py:1", says="from 'sample/__init__.py', which imports the former before")
def circle_with_the_package() -> Built:
    core = b"from . import version\n\n\ndef answer(): ...\n"
    return wheel(b"from .core import answer\nversion = '1'\n", {"sample/core.py": core})


@bad("WH110", at="sample/b.py:1", says="so 'import sample.cli' fails")
def circle_behind_a_command() -> Built:
    files = {
        f"{FOLDER}/entry_points.txt": b"[console_scripts]\nsample = sample.cli:main\n",
        "sample/cli.py": b"import sample.a\n\n\ndef main(): ...\n",
        "sample/a.py": b"import sample.c\n\n\nclass One: ...\n",
        "sample/c.py": b"from . import b\n",
        "sample/b.py": b"from .a import One\n",
    }
    return wheel(files=files)


@good("WH110")
def circles_that_work() -> Built:
    files = {
        # The name is there in time, or the module is imported, not a name from it.
        "sample/a.py": b"def one(): ...\n\n\nfrom .b import two\n",
        "sample/b.py": b"from . import a, c\nfrom .a import one\nimport sample.c as c\ndef two(): ...\n",
        "sample/c.py": b"import sample.b\nfrom sample import b\n",
        # Another statement imports the second module first.
        "sample/e.py": b"from .d import four\n\n\ndef five(): ...\n",
        "sample/d.py": b"from . import e\n\n\ndef four(): ...\n",
    }
    return wheel(b"version = '1'\nfrom . import a, e\n", {**files, "sample/f.py": b"from . import version\n"})


@good("WH110")
def circles_that_may_work() -> Built:
    two = b"from .%s import one\n\n\ndef two(): ...\n"
    files = {
        "sample/guarded.py": b"if x:\n    from . import b1\nfrom .b1 import two\n\n\ndef one(): ...\n",
        "sample/b1.py": two % b"guarded",
        "sample/lazy.py": b"from .b2 import two\n\n\ndef __getattr__(name): ...\n\n\ndef one(): ...\n",
        "sample/b2.py": two % b"lazy",
        "sample/taken.py": b"from .x import *\nfrom .b3 import two\n\n\ndef one(): ...\n",
        "sample/x.py": b"one = 1\n",
        "sample/b3.py": two % b"taken",
        "sample/caught.py": b"from .b4 import two\n\n\ndef one(): ...\n",
        "sample/b4.py": b"try:\n    from .caught import one\nexcept ImportError:\n    one = None\ntwo = 2\n",
        "sample/late.py": b"from .b5 import two\n\n\ndef one(): ...\n",
        "sample/b5.py": b"def two():\n    from .late import one\n",
    }
    points = "".join(
        f"{each} = sample.{each}:one\n" for each in ("guarded", "lazy", "taken", "caught", "late")
    )
    return wheel(files={**files, f"{FOLDER}/entry_points.txt": f"[console_scripts]\n{points}".encode()})


@good("WH110")
def circle_that_no_entry_reaches_in_this_order() -> Built:
    files = {
        "sample/a.py": b"from .b import two\n\n\ndef one(): ...\n",
        "sample/b.py": b"import sample.a as a\n\n\ndef two(): ...\n",
        # Only a user's own import of `sample.c` fails.
        "sample/c.py": b"from .d import four\n\n\ndef three(): ...\n",
        "sample/d.py": b"def four(): ...\n\n\nfrom .c import three\n",
    }
    return wheel(b"from . import a, d\n", files)
