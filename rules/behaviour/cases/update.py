"""Cases of BH106: harmless code that a release has and the one before has not."""

from __future__ import annotations

from collections.abc import Mapping

from fixtures.builders import Built, Sdist, Wheel, sample_sources, sdist_sources
from fixtures.cases import Successive, bad, good

FETCH = "import urllib.request\n\ndef fetch():\n    return urllib.request.urlopen('https://python.org')\n"
"""The network, used when somebody calls a function."""

STARTED = "import subprocess\n\nsubprocess.run(['true'])\n"
"""A process, started on import."""


def wheel(files: Mapping[str, str], version: str) -> Built:
    made = Wheel(version=version)
    made.files |= {path: text.encode() for path, text in files.items()}
    return made.build()


def sdist(files: Mapping[str, str], version: str) -> Built:
    given = {path: text.encode() for path, text in files.items()}
    return Sdist(version=version, files={**sdist_sources(), **sample_sources(), **given}).build()


def change(new: Mapping[str, str], old: Mapping[str, str]) -> Successive:
    """Return the wheel of 1.1 with further modules, and that of 1.0."""
    return Successive([wheel(new, "1.1")], [wheel(old, "1.0")])


@bad(
    "BH106",
    at="sample/net.py:4",
    says="is able to use the network (urllib.request.urlopen), and",
)
def network_in_a_function() -> Successive:
    return change({"sample/net.py": FETCH}, {})


@bad(
    "BH106",
    at="sample/run.py:3",
    severity="error",
    says="when it is imported (subprocess.run)",
)
def process_on_import() -> Successive:
    return change({"sample/run.py": STARTED}, {})


@bad("BH106", at="sample/run.py:3", severity="error")
def process_on_import_and_before_in_a_function() -> Successive:
    later = "import subprocess\n\ndef run():\n    subprocess.run(['true'])\n"
    return change({"sample/run.py": STARTED}, {"sample/run.py": later})


@bad("BH106", at="sample/run.py:6", severity="error")
def process_in_a_function_that_the_import_calls() -> Successive:
    hidden = (
        "import subprocess\nfrom threading import Thread\n\n\ndef run():\n    subprocess.run(['true'])\n\n\n"
    )
    return change({"sample/run.py": f"{hidden}Thread(target=run).start()\n"}, {})


@bad("BH106", at="sample/load.py:3", severity="error", says="deserialize objects when it is imported")
def objects_on_import() -> Successive:
    return change({"sample/load.py": "import pickle\n\nX = pickle.loads(b'N.')\n"}, {})


@bad("BH106", at="sample/env.py:3", says="use environment variables")
def environment_on_import() -> Successive:
    return change({"sample/env.py": "import os\n\nX = os.environ.get('X')\n"}, {})


@bad("BH106", at="sample-1.1/setup.py:3", also=["BH104"], says="do some of this when it is built")
def build_beside_a_wheel() -> Successive:
    setup = {"setup.py": f"{STARTED}from setuptools import setup\n\nsetup()\n"}
    return Successive(
        [sdist(setup, "1.1"), wheel({}, "1.1")],
        [sdist({"setup.py": "from setuptools import setup\n\nsetup()\n"}, "1.0"), wheel({}, "1.0")],
    )


@good("BH106")
def module_that_moved() -> Successive:
    return change({"sample/inner/run.py": STARTED}, {"sample/run.py": STARTED})


@good("BH106")
def second_place() -> Successive:
    return change({"sample/net.py": FETCH, "sample/more.py": FETCH}, {"sample/net.py": FETCH})


@bad("BH106", at="sample/copy.py:4", severity="warning", says="run computed code when it is imported")
def function_of_a_code_object() -> Successive:
    return change({"sample/copy.py": "import types\n\nCODE = None\nf = types.FunctionType(CODE, {})\n"}, {})


@good("BH106")
def copy_of_a_function() -> Successive:
    code = "import types\n\ndef f(): ...\n\ng = types.FunctionType(f.__code__, {}, 'g')\n"
    return change({"sample/copy.py": code}, {})


@bad("BH106", at="sample/tests/run.py:3", severity="warning", says="when it is imported (subprocess.run)")
def process_on_import_of_tests_in_the_wheel() -> Successive:
    return change({"sample/tests/run.py": STARTED}, {})


@bad("BH106", at="sample/docs/fetch.py:4", severity="info")
def network_in_documentation_in_the_wheel() -> Successive:
    return change({"sample/docs/fetch.py": FETCH}, {})


@bad("BH106", at="sample/run.py:3", severity="error")
def process_on_import_that_only_tests_had() -> Successive:
    return change({"sample/run.py": STARTED}, {"sample/tests/run.py": STARTED})


@good("BH106")
def tests_that_do_what_modules_did() -> Successive:
    return change({"sample/tests/run.py": STARTED, "sample/run.py": STARTED}, {"sample/run.py": STARTED})


@good("BH106")
def tests_that_do_what_tests_did() -> Successive:
    return change({"sample/tests/more.py": STARTED}, {"sample/tests/run.py": STARTED})


@good("BH106")
def tests_in_the_sdist() -> Successive:
    return Successive([sdist({"tests/run.py": STARTED}, "1.1")], [sdist({}, "1.0")])


@good("BH106")
def script_of_an_sdist_beside_a_wheel() -> Successive:
    return Successive(
        [sdist({"tools/release.py": STARTED}, "1.1"), wheel({}, "1.1")], [sdist({}, "1.0"), wheel({}, "1.0")]
    )


@good("BH106")
def wheel_after_an_sdist() -> Successive:
    return Successive([wheel({"sample/net.py": FETCH}, "1.1")], [sdist({"sample/net.py": FETCH}, "1.0")])
