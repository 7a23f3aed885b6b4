"""Cases of WH111, and of both rules on the imports in functions of commands."""

from __future__ import annotations

from fixtures.builders import Built
from fixtures.cases import bad, good
from pkgaudit.rules.wheel.cases.imports import FOLDER, needs, wheel


@bad("WH111", at="sample/__init__.py:2", says="imports 'yaml' (of pyyaml")
def no_pyyaml() -> Built:
    return wheel(b"import yaml\n")


@bad("WH111", at="sample/core.py:1", says="imports 'requests', which no project in Requires-Dist provides")
def no_requests_below() -> Built:
    return wheel(
        b"from .core import x\n", {"sample/core.py": b"from requests.adapters import x\n"}, needs("attrs")
    )


@bad("WH111", at="sample/__init__.py:2", severity="info", says="which only an extra declares")
def in_an_extra() -> Built:
    return wheel(b"import yaml\n", headers=(("Provides-Extra", "yaml"), *needs("PyYAML; extra == 'yaml'")))


@bad("WH111", at="sample/__init__.py:2", severity="info", says="at best another dependency provides it")
def brought_by_a_dependency() -> Built:
    return wheel(b"import numpy\n", headers=needs("pandas"))


@bad("WH111", at="sample/__init__.py:2", says="the wheel has only 'sample/core.py'")
def implicit_relative_import() -> Built:
    return wheel(b"import core\n")


COMMAND = b"from . import other\nimport click\n\n\ndef main() -> None:\n    click.echo(other.name)\n"
OTHER = b"import packaging.version\n\nname = 'sample'\n"


@bad("WH111", at=("sample/cli.py:2", "sample/other.py:1"), severity="warning")
def imports_of_a_command() -> Built:
    files = {
        "sample/cli.py": COMMAND,
        "sample/other.py": OTHER,
        f"{FOLDER}/entry_points.txt": b"[gui_scripts]\nsample = sample.cli:main\n",
    }
    return wheel(files=files)


@bad("WH111", at="sample/cli.py:2", severity="info", says="'click', which only an extra declares")
def command_that_needs_an_extra() -> Built:
    files = {
        "sample/cli.py": COMMAND,
        "sample/other.py": OTHER,
        f"{FOLDER}/entry_points.txt": b"[console_scripts]\nsample = sample.cli:main [cli]\n",
    }
    headers = (("Provides-Extra", "cli"), *needs("packaging", "click; extra == 'cli'"))
    return wheel(files=files, headers=headers)


@bad("WH111", at=("sample/cli.py:2", "sample/other.py:1"), severity="info")
def imports_of_a_plug_in() -> Built:
    files = {
        "sample/cli.py": COMMAND,
        "sample/other.py": OTHER,
        f"{FOLDER}/entry_points.txt": b"[pytest11]\nsample = sample.cli\n",
    }
    return wheel(files=files)


@bad("WH111", at="sample/tornado.py:1", severity="info", says="'tornado', which only an extra declares")
def dependency_with_the_name_of_the_module() -> Built:
    files = {"sample/tornado.py": b"import tornado.web\n"}
    headers = (("Provides-Extra", "tornado"), *needs("tornado; extra == 'tornado'"))
    return wheel(b"from . import tornado\n", files, headers)


@bad("WH111", at="sample/core.py:1", severity="info", says="which no project in Requires-Dist provides")
def undeclared_in_a_public_module() -> Built:
    return wheel(files={"sample/core.py": b"import requests\n"})


@bad(
    "WH111",
    at="sample/__init__.py:2",
    says="'pkg_resources', which setuptools no longer has since version 82",
)
def module_that_a_dependency_no_longer_has() -> Built:
    return wheel(b"import pkg_resources\n", headers=needs("setuptools>=40"))


@bad("WH111", at="sample/__init__.py:2", says="'pkg_resources'")
def namespace_of_a_module_that_a_dependency_no_longer_has() -> Built:
    return wheel(b"__import__('pkg_resources').declare_namespace(__name__)\n", headers=needs("setuptools<84"))


@good("WH111")
def module_that_an_old_dependency_has() -> Built:
    return wheel(b"import pkg_resources\n", headers=needs("setuptools<82,>=40"))


@good("WH111")
def modules_for_users_of_other_projects() -> Built:
    """They are optional: the path names the other project, or an extra declares it."""
    files = {
        "sample/flask_views.py": b"import flask\n",
        "sample/lxml.py": b"import lxml.etree\n",
        "sample/integrations/web.py": b"import starlette\n",
        "sample/charts.py": b"import matplotlib\n",
        "sample/_speedups.py": b"import numba\n",
    }
    return wheel(files=files, headers=(("Provides-Extra", "plot"), *needs("matplotlib; extra == 'plot'")))


@good("WH111")
def plug_in_that_imports_its_host() -> Built:
    files = {
        "sample/plugin.py": b"import pytest\n",
        f"{FOLDER}/entry_points.txt": b"[pytest11]\nsample = sample.plugin\n",
    }
    return wheel(files=files)


@bad("WH111", at="sample/__init__.py:2", says="setuptools")
def pkg_resources() -> Built:
    return wheel(b"import pkg_resources\n")


@good("WH111")
def declared_under_another_name() -> Built:
    source = b"import yaml, dateutil.parser, PIL.Image, cv2, attr, google.cloud.storage, jwt, zmq\n"
    requirements = (
        "PyYAML>=6",
        "python_dateutil",
        "Pillow; python_version >= '3'",
        "opencv-python-headless",
        "attrs",
        "google-cloud-storage",
        "PyJWT[crypto]",
        "pyzmq",
    )
    return wheel(source, headers=needs(*requirements))


@good("WH111", config={"ignore": ["WH116"]})
def optional_or_of_the_host() -> Built:
    source = b"""import distutils, imp, tomllib, profiling.sampling, _thread, __main__, sample
try:
    import yaml
except ModuleNotFoundError:
    yaml = None
try:
    import simplejson as json
except Exception:
    import json
import contextlib
with contextlib.suppress(ImportError):
    import rich
import bpy
"""
    return wheel(source)


@good("WH111")
def vendored_on_the_path() -> Built:
    source = b"import sys\nsys.path.insert(0, __file__.replace('__init__.py', 'libraries'))\nimport attr\n"
    return wheel(source, {"sample/libraries/attr/__init__.py": b"x = 1\n"})


# WH110 and WH111: the functions of commands


def command(cli: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Built:
    """Return a wheel with a command of ``sample.cli``."""
    points = b"[console_scripts]\nsample = sample.cli:main\n"
    return wheel(files={f"{FOLDER}/entry_points.txt": points, "sample/cli.py": cli}, headers=headers)


@bad("WH110", at="sample/cli.py:3", severity="warning", says="imports 'sample._cli', which is not in the")
def lost_module_in_the_function_of_a_command() -> Built:
    return command(b"def main():\n    x = 1\n    from ._cli import run\n    run(x)\n")


@bad("WH110", at="sample/_cli.py:1", severity="warning", says="imports 'sample.gone'")
def lost_module_behind_the_function_of_a_command() -> Built:
    files = {
        f"{FOLDER}/entry_points.txt": b"[console_scripts]\nsample = sample:main\n",
        "sample/cli.py": b"def main():\n    from ._cli import run\n    run()\n",
        "sample/_cli.py": b"from .gone import run\n",
    }
    return wheel(b"from .cli import main\n", files)


@bad("WH111", at="sample/cli.py:2", says="'requests', which no project in Requires-Dist provides")
def undeclared_project_in_the_function_of_a_command() -> Built:
    return command(b"def main():\n    import requests\n    requests.get('')\n")


@bad("WH111", at="sample/cli.py:2", severity="info", says="which only an extra declares", also=("MD218",))
def project_of_an_extra_in_the_function_of_a_command() -> Built:
    return command(b"def main():\n    import yaml\n", needs("pyyaml; extra == 'cli'"))


@bad("WH110", at="sample/__main__.py:1", severity="warning", says="imports 'sample.gone'")
def lost_module_of_python_m() -> Built:
    return wheel(files={"sample/__main__.py": b"from .gone import main\nmain()\n"})


@good("WH110", "WH111")
def functions_of_commands_that_may_not_import() -> Built:
    bodies = (
        b"    if x:\n        import requests\n        from . import gone",
        b"    try:\n        import requests\n    except ImportError:\n        pass",
        b"    with suppress(ImportError):\n        import requests",
        b"    return x\n    import requests",
        b"    if not has_requests():\n        sys.exit(1)\n    import requests",
        b"    def inner():\n        import requests",
        b"    import requests\n    yield 1",
    )
    functions = b"".join(b"def main%d():\n%s\n" % pair for pair in enumerate(bodies))
    functions += b"def other():\n    from . import gone\n    import requests\n"
    functions += b"def two():\n    import requests\nif x:\n    def two(): ...\n"
    points = "".join(f"c{n} = sample.cli:main{n}\n" for n in range(len(bodies)))
    points = f"[console_scripts]\ntwo = sample.cli:two\n{points}"
    return wheel(files={f"{FOLDER}/entry_points.txt": points.encode(), "sample/cli.py": functions})
