"""Cases of WH116."""

from __future__ import annotations

from fixtures.builders import Built
from fixtures.cases import bad, good
from pkgaudit.rules.wheel.cases.imports import needs, wheel


@bad(
    "WH116",
    at="sample/__init__.py:2",
    says="'tomllib', which needs Python 3.11, but Requires-Python allows 3.10",
)
def newer_module() -> Built:
    return wheel(b"import tomllib\n")


@bad(
    "WH116",
    at="sample/__init__.py:2",
    says="'typing.Self', which needs Python 3.11, but Requires-Python allows 3.10 (and 2 more newer",
)
def newer_names() -> Built:
    return wheel(b"from typing import Literal, Self, Never\nfrom datetime import UTC\n")


@bad("WH116", at="sample/__init__.py:2", says="'compression', which needs Python 3.14")
def newer_package() -> Built:
    return wheel(b"from compression import zstd\n", python=">=3.13")


@bad("WH116", at="sample/cli.py:1", says="'typing.override', which needs Python 3.12", severity="error")
def newer_name_in_a_command() -> Built:
    files = {
        "sample/cli.py": b"from typing import override\n\n\ndef main() -> None:\n    print(override)\n",
        "sample-1.0.dist-info/entry_points.txt": b"[console_scripts]\nsample = sample.cli:main\n",
    }
    return wheel(files=files)


@bad(
    "WH116",
    also=["MD216"],
    at="sample/__init__.py:2",
    says="'typing.Literal', which needs Python 3.8",
    severity="warning",
)
def newer_than_pythons_that_are_no_longer_supported() -> Built:
    return wheel(b"from typing import Literal\n", python=">=3.7,<3.10")


@bad(
    "WH116",
    at="sample/__init__.py:2",
    says="'imp', which Python 3.12 removed, but Requires-Python allows 3.12",
    severity="warning",
)
def removed_module() -> Built:
    return wheel(b"import imp\nimport cgi\n")


@bad(
    "WH116",
    at="sample/__init__.py:2",
    says="'collections.Mapping', which Python 3.10 removed",
    severity="warning",
)
def removed_name() -> Built:
    return wheel(b"from collections import Mapping\n", python=">=3.7")


@bad("WH116", at="sample/__init__.py:2", says="'distutils', which Python 3.12 removed", severity="warning")
def removed_package() -> Built:
    return wheel(b"from distutils.version import LooseVersion\n")


@bad(
    "WH116",
    at="sample/__init__.py:4",
    says="a union with '|' in a type, which needs Python 3.10 when",
    severity="warning",
)
def union_in_a_signature() -> Built:
    return wheel(
        b"class A:\n    def f(self) -> 'int | None': ...\n    def g(self, x: int | None): ...\n",
        python=">=3.9",
    )


@bad(
    "WH116",
    at="sample/__init__.py:2",
    says="'list[…]' in a type, which needs Python 3.9 when it is evaluated, but Requires-Python allows 3.8",
    severity="warning",
)
def generic_in_a_signature() -> Built:
    return wheel(b"def f(x: list[str]) -> None: ...\n", python=">=3.8")


@good("WH116")
def operator_of_other_objects() -> Built:
    start = b"class Parser:\n    def __or__(self, other): return self\n\n\ngrammar = Parser() | None\n"
    return wheel(start + b"rule = grammar | None\n", python=">=3.8")


@good("WH116")
def annotations_postponed_beside_another_feature() -> Built:
    start = b"from __future__ import (\n    absolute_import,\n    annotations,\n)\n"
    return wheel(start + b"def f(x: list[str]) -> None: ...\n", python=">=3.8")


@good("WH116")
def types_that_are_not_evaluated() -> Built:
    return wheel(
        b"from __future__ import annotations\n\n\n"
        b"def f(x: list[str] | None) -> int | None:\n    y: dict[str, int] = {}\n",
        python=">=3.8",
    )


@good("WH116")
def types_in_texts_and_functions() -> Built:
    return wheel(
        b"from typing import List\n\n\n"
        b"def f(x: 'list[str]', y: List[str]):\n    z: int | None = 1 | 2\n    return list[str]\n",
        python=">=3.8",
    )


@good("WH116")
def own_type_named_as_a_built_in_one() -> Built:
    return wheel(b"class list:\n    pass\n\n\nclass A:\n    x: list[int]\n", python=">=3.8")


@good("WH116")
def guarded_imports() -> Built:
    return wheel(
        b"import sys\nfrom typing import TYPE_CHECKING\n\ntry:\n    import tomllib\nexcept ImportError:\n"
        b"    tomllib = None\nif sys.version_info < (3, 12):\n    import imp\nif TYPE_CHECKING:\n"
        b"    from typing import Self\n\n\ndef f():\n    import cgi\n    return cgi\n"
    )


@good("WH116")
def removed_module_that_a_dependency_provides() -> Built:
    return wheel(
        b"import distutils.core\nimport cgi\nimport telnetlib\n",
        headers=needs("setuptools", "legacy-cgi", "standard-telnetlib"),
    )


@good("WH116")
def removed_module_that_a_dependency_may_provide() -> Built:
    return wheel(b"import distutils.core\n", headers=needs("unheard-of"))


@good("WH116", config={"ignore": ["MD216"]})
def removed_module_that_no_declared_python_lacks() -> Built:
    return wheel(b"import imp\nfrom collections.abc import Mapping\n", python=">=3.10,<3.12")


@good("WH116")
def newer_module_of_a_newer_python() -> Built:
    return wheel(b"import tomllib\nfrom typing import Self\n", python=">=3.11")


@good("WH116", config={"ignore": ["MD216"]})
def module_that_the_wheel_contains() -> Built:
    return wheel(b"import tomllib\n", {"tomllib/__init__.py": b"x = 1\n"}, python=">=3.10,<3.11")


@good("WH116", "WH111")
def modules_that_the_package_puts_in_their_place() -> Built:
    start = (
        b"import sys\nimport types\nsys.modules['imp'] = types.ModuleType('imp')\nimport imp\n"
        b"for name in ('cgi', 'pipes', 'yaml'):\n    sys.modules[name] = types.ModuleType(name)\n"
        b"import cgi, pipes, yaml\n"
    )
    return wheel(start)


@bad(
    "WH116",
    at="sample/__init__.py:5",
    says="uses 'datetime.UTC', which needs Python 3.11, but Requires-Python allows 3.10 (and 3 more newer n",
)
def newer_names_as_attributes() -> Built:
    return wheel(
        b"import datetime, enum\nimport typing as t\nfrom importlib import resources\n"
        b"def now(zone=datetime.UTC): ...\n\n\nclass Color(enum.StrEnum):\n    red = '1'\n\n    @property\n"
        b"    def me(self) -> t.Self: ...\n\n\nthings = [t.Never]\nfiles = resources.files\n"
    )


@bad("WH116", at="sample/__init__.py:4", says="'typing.override', which needs Python 3.12", severity="error")
def newer_decorator() -> Built:
    return wheel(b"import typing\nclass A:\n    @typing.override\n    def f(self): ...\n")


@bad(
    "WH116",
    at="sample/__init__.py:3",
    says="uses 'inspect.getargspec', which Python 3.11 removed",
    severity="warning",
)
def removed_names_as_attributes() -> Built:
    return wheel(
        b"import asyncio, inspect\nspec = inspect.getargspec(print)\nrun = asyncio.get_child_watcher\n"
    )


@bad("WH116", at="sample/__init__.py:3", says="'collections.Mapping', which Python 3.10", severity="warning")
def removed_name_in_an_annotation() -> Built:
    return wheel(b"import collections\ndef f(x: collections.Mapping): ...\n", python=">=3.8")


@good("WH116", config={"ignore": ["MD216"]})
def removed_name_in_an_annotation_that_no_declared_python_evaluates() -> Built:
    return wheel(b"import ast\nx: ast.Str\ndef f(x: ast.Num) -> ast.Str: ...\n", python=">=3.10")


@good("WH116")
def attributes_that_are_not_evaluated() -> Built:
    return wheel(
        b"from __future__ import annotations\nimport datetime, inspect, sys, typing\n\n\n"
        b"def f(x: typing.Self) -> datetime.UTC:\n    return inspect.getargspec(f)\n\n\n"
        b"g = lambda: datetime.UTC\nzone = datetime.UTC if sys.version_info >= (3, 11) else None\n"
        b"Self = getattr(typing, 'Self', None) or typing.Any\nhas = hasattr(typing, 'Self') and typing.Self\n"
        b"if sys.version_info >= (3, 11):\n    UTC = datetime.UTC\ntry:\n    Never = typing.Never\n"
        b"except AttributeError:\n    Never = None\nif typing.TYPE_CHECKING:\n    x = typing.Never\n"
    )


@good("WH116")
def attributes_that_a_module_sets() -> Built:
    start = b"import inspect\nfrom . import core\nspec = inspect.getargspec\n"
    core = b"import inspect\nif not hasattr(inspect, 'getargspec'):\n    inspect.getargspec = print\n"
    return wheel(start, {"sample/core.py": core})


@good("WH116")
def attributes_of_other_modules() -> Built:
    return wheel(
        b"import sys, typing\nimport datetime\nfrom datetime import datetime\nzone = datetime.UTC\n"
        b"if sys.version_info < (3, 12):\n    import typing_extensions as typing\nx = typing.override\n",
        headers=needs("typing-extensions"),
    )


@good("WH116")
def attributes_after_a_check_of_the_version() -> Built:
    return wheel(
        b"import sys, datetime\nif sys.version_info < (3, 11):\n    raise ImportError\nz = datetime.UTC\n"
    )
