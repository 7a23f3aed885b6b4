"""Cases of the rules on what a distribution is able to do."""

from __future__ import annotations

from typing import Any

from fixtures.builders import Built, Sdist, Wheel, sample_sources, sdist_sources
from fixtures.cases import bad, good

PATH = "sample/run.py"
SOURCE = b"import os, subprocess\n\nHOME = os.getenv('HOME')\n\n\ndef run():\n    subprocess.run(['true'])\n"


def _config(**values: Any) -> dict[str, Any]:
    return {"capability": values}


def _wheel(**files: bytes) -> Built:
    given = {name.replace("__", "/") + ".py": data for name, data in files.items()}
    return Wheel(files={**sample_sources(), PATH: SOURCE, **given}).build()


@bad(
    "BH201",
    at=f"{PATH}:7",
    config=_config(allow=["ENV"]),
    says="start processes with 'subprocess.run', but allow",
)
def starts_processes() -> Built:
    return _wheel()


@bad("BH201", at=(f"{PATH}:7", f"{PATH}:3"), config=_config(allow=[]))
def nothing_is_allowed() -> Built:
    return _wheel()


@bad(
    "BH201",
    at=f"{PATH}:3",
    config=_config(allow=["ENV", "EXEC"], allow_at_import=["EXEC"]),
    also=["BH203"],
    says="'os.getenv' when it is imported, but allow-at-import",
)
def reads_variables_at_import() -> Built:
    return _wheel()


@bad(
    "BH201",
    at="sample/tool.py:2",
    config=_config(allow=["ENV"], per_path={"sample/run.py": ["EXEC"]}),
    says="is able to start processes",
)
def in_another_file_than_allowed() -> Built:
    return _wheel(sample__tool=b"import os\nos.system('true')\n")


@bad(
    "BH201",
    at="sample.pth:1",
    config=_config(allow=["ENV", "EXEC"]),
    also=["WH124"],
    says="run at every start",
)
def startup_hook() -> Built:
    return Wheel(files={**sample_sources(), PATH: SOURCE, "sample.pth": b"import sample\n"}).build()


@good("BH201", config=_config(allow=["ENV", "EXEC"]))
def as_allowed() -> Built:
    return _wheel()


@good("BH201", config=_config(allow=["ENV"], per_path={"sample/run.py": ["EXEC"]}))
def in_the_allowed_file() -> Built:
    return _wheel()


@good("BH201", config=_config(allow=["ENV", "EXEC"], allow_at_import=["ENV"]))
def allowed_at_import() -> Built:
    return _wheel()


@good("BH201", config=_config(allow=["ENV", "EXEC"]))
def only_tests_do_more() -> Built:
    return _wheel(sample__tests__test_run=b"eval(input())\n")


@good("BH201")
def without_a_list() -> Built:
    return _wheel()


@bad(
    "BH203", config=_config(allow=["ENV", "EXEC", "NETWORK"]), says="allow lists NETWORK, which no wheel uses"
)
def allows_the_network() -> Built:
    return _wheel()


@bad(
    "BH203",
    config=_config(allow=["ENV", "EXEC"], allow_at_import=["ENV", "EXEC"]),
    says="allow-at-import lists EXEC, which no wheel uses when it is imported",
)
def allows_more_at_import() -> Built:
    return _wheel()


@good("BH203", config=_config(allow=["ENV", "EXEC", "NATIVE"]), also=["NB104"])
def wheel_for_one_platform() -> Built:
    return Wheel(tag="cp312-cp312-win_amd64", files={**sample_sources(), PATH: SOURCE}).build()


@good("BH203", config=_config(allow=["NETWORK"]))
def only_an_sdist() -> Built:
    return Sdist().build()


BROKEN = b"def run(:\n"


@bad("BH202", at="sample/run.py", also=["WH109"], says="1 Python file could not be read")
def syntax_error() -> Built:
    return Wheel(files={**sample_sources(), PATH: BROKEN}).build()


@bad("BH202", at="sample/run.py", also=["WH109"], severity="error", config=_config(unread="error"))
def every_file_must_be_read() -> Built:
    return Wheel(files={**sample_sources(), PATH: BROKEN}).build()


_TESTED = b"exec(bytes.fromhex('')\n"
"""Words that make a rule read a file of an sdist, with a syntax error."""


@bad("BH202", at="sample-1.0/tests/data/broken.py", config=_config(unread="error"), severity="info")
def tests_of_an_sdist() -> Built:
    return Sdist(files={**sdist_sources(), "tests/data/broken.py": _TESTED}).build()


@good("BH202", config=_config(unread="error"))
def syntax_of_every_known_python() -> Built:
    return _wheel(sample__new=b"def first[T](x: T) -> T:\n    return x\n")
