"""Cases of SF209: what the user forbids and requires."""

from __future__ import annotations

import tarfile
from typing import Any

from fixtures.builders import Built, Sdist, Wheel, tar_info, zip_archive
from fixtures.cases import bad, good
from fixtures.samples import sdist, wheel
from pkgaudit.rules.stray.pattern_rules import SHOWN


def files(**lists: list[str]) -> dict[str, Any]:
    """Return the table of the configuration with these lists."""
    return {"files": {name.replace("_", "-"): patterns for name, patterns in lists.items()}}


OTHERS = ("SF204", "SF208", "WH104", "WH105", "WH106", "AR114", "WH115")


@bad("SF209", at="sample/internal", config=files(forbidden=["internal/"]), says="(2 files, 4 bytes)")
def folder_of_a_wheel() -> Built:
    return wheel({"sample/internal/a.txt": b"a\n", "sample/internal/b/c.txt": b"c\n"})


@bad("SF209", at="sample-1.0/.idea", also=OTHERS, config=files(forbidden=[".idea"]))
def folder_without_an_entry() -> Built:
    return sdist({".idea/workspace.xml": b"<project/>\n"})


@bad("SF209", at="sample-1.0/.idea", also=OTHERS, config=files(forbidden_in_sdist=[".idea/"]))
def folder_with_an_entry() -> Built:
    return sdist({".idea/workspace.xml": b"<project/>\n"}, folders=(".idea",))


@bad("SF209", at="sample-1.0/empty", also=("LC106",), config=files(forbidden=["empty/"]))
def empty_folder() -> Built:
    made = Sdist()
    made.extra = [(tar_info("sample-1.0/empty", type=tarfile.DIRTYPE, mode=0o755), b"")]
    return made.build()


@bad("SF209", at="sample/core.py", config=files(forbidden=["/sample/*.py", "!__init__.py"]))
def all_modules_but_one() -> Built:
    return Wheel().build()


@bad(
    "SF209",
    at="sample-1.0.data/purelib/sample/a.pyx",
    also=OTHERS,
    config=files(forbidden_in_wheel=["/sample/*.pyx"]),
)
def path_where_it_is_installed() -> Built:
    return wheel({"sample-1.0.data/purelib/sample/a.pyx": b"x = 1\n"})


@bad("SF209", at="sample/a.ipynb", config=files(forbidden=["*.ipynb", "sample/*.ipynb"]))
def named_twice_and_said_once() -> Built:
    return wheel({"sample/a.ipynb": b"{}\n"})


@bad(
    "SF209",
    at=("", *(f"sample/f{number}.csv" for number in range(SHOWN - 1))),
    config=files(forbidden=["*.csv"]),
)
def many_files() -> Built:
    return wheel({f"sample/f{at}.csv": f"{at}\n".encode() for at in range(SHOWN + 4)})


@bad("SF209", at="sample/data", config=files(forbidden=["*.csv", "data/"]))
def file_in_a_forbidden_folder() -> Built:
    return wheel({"sample/data/a.csv": b"1\n"})


@good("SF209", config=files(forbidden=["*.ipynb", "Core.py", "/core.py", "data/", "!x"]))
def near_what_is_forbidden() -> Built:
    return wheel({"sample/data": b"a file\n", "sample/x.ipynb2": b"{}\n"})


@good("SF209", config=files(forbidden=["*.csv", "!table.csv"]))
def taken_out_again() -> Built:
    return wheel({"sample/table.csv": b"1\n"})


@good("SF209", config=files(forbidden_in_wheel=["*.csv"]))
def only_forbidden_in_wheels() -> Built:
    return sdist({"table.csv": b"1\n"})


@good("SF209", config=files(forbidden=["*.csv"]))
def in_an_archive_inside() -> Built:
    return wheel({"sample/data.zip": zip_archive({"table.csv": b"1\n"})})


@bad("SF210", config=files(required=["*.so"]), says="has no file that matches the required pattern '*.so'")
def no_library() -> Built:
    return Wheel().build()


@bad("SF210", config=files(required_in_wheel=["static/"]))
def file_instead_of_a_folder() -> Built:
    return wheel({"sample/static": b"a file\n"})


@bad("SF210", config=files(required_in_sdist=["/tests/", "!/tests/data/"]))
def only_what_is_taken_out_again() -> Built:
    return sdist({"tests/data/a.csv": b"1\n"})


@bad("SF210", config=files(required=["SAMPLE/"]))
def capital_letters_count() -> Built:
    return Wheel().build()


@good(
    "SF210",
    config=files(
        required=["/sample/", "py.typed", "sample/*.py", "**/core.py"],
        required_in_wheel=["/sample/extra.txt", "sample-1.0.dist-info/METADATA"],
        required_in_sdist=["tests/"],
    ),
)
def all_is_there() -> list[Built]:
    return [
        wheel({"sample-1.0.data/purelib/sample/extra.txt": b"x\n"}),
        sdist({"tests/test_a.py": b"a = 1\n"}),
    ]


@good("SF210", config=files(required_in_sdist=["LICENSE"]))
def only_required_in_sdists() -> Built:
    return Wheel().build()
