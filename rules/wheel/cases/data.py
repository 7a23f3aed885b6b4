"""Cases of WH117: data files that the code reads and the wheel lacks."""

from __future__ import annotations

from fixtures.builders import Built, Wheel
from fixtures.cases import bad, good

READS = b"""import json
from pathlib import Path

HERE = Path(__file__).resolve().parent


def table():
    return json.loads((HERE / "data" / "table.json").read_text())


TABLE = table()
"""


def wheel(text: bytes, files: dict[str, bytes] | None = None) -> Built:
    """Return a wheel with a module of this text, and further files."""
    made = Wheel()
    made.files["sample/tables.py"] = text
    made.files.update(files or {})
    return made.build()


@bad("WH117", at="sample/tables.py:8", says="reads 'sample/data/table.json', which is not in the wheel")
def data_file_beside_the_module() -> Built:
    return wheel(READS)


@bad("WH117", at="sample/tables.py:3", says="reads 'sample/words.txt'")
def resource_of_the_package() -> Built:
    return wheel(
        b'import importlib.resources as r\n\nWORDS = (r.files("sample") / "words.txt").read_text()\n'
    )


@bad("WH117", at="sample/tables.py:4", severity="info", says="names 'sample/words.txt'")
def path_that_is_passed_on() -> Built:
    return wheel(b'import os\n\nHERE = os.path.dirname(__file__)\nload(os.path.join(HERE, "words.txt"))\n')


@bad("WH117", at="sample/tables.py:5", says="reads 'sample/VERSION'")
def file_without_a_suffix_that_a_constant_names() -> Built:
    return wheel(
        b'from pathlib import Path\n\nNAME = "VERSION"\n\nTEXT = (Path(__file__).parent / NAME).read_text()\n'
    )


@bad("WH117", at="sample/tables.py:3", says="reads 'sample/data/table.json'")
def constant_of_another_module() -> Built:
    paths = b'from pathlib import Path\n\nDATA = Path(__file__).parent / "data"\n'
    return wheel(
        b'from sample._paths import DATA\n\nTEXT = (DATA / "table.json").read_text()\n',
        {"sample/_paths.py": paths},
    )


@bad("WH117", at="sample/tables.py:4", says="reads 'sample/texts/words.txt'")
def resource_of_an_imported_package() -> Built:
    text = (
        b"from importlib import resources as r\nfrom sample import texts\n\nr.read_text(texts, 'words.txt')\n"
    )
    return wheel(text, {"sample/texts/__init__.py": b""})


@bad(
    "WH117",
    also=["WH111"],
    at="sample/tables.py:3",
    says="reads the folder 'sample/pages', which is not in the wheel",
)
def folder_of_templates() -> Built:
    return wheel(b'from jinja2 import PackageLoader\n\nLOADER = PackageLoader("sample", "pages")\n')


@good("WH117")
def data_file_in_the_wheel() -> Built:
    return wheel(READS, {"sample/data/table.json": b"{}\n"})


@good("WH117")
def file_that_the_code_looks_for_first() -> Built:
    return wheel(
        READS.replace(b"def", b'if (HERE / "data/table.json").exists():\n  def').replace(
            b"\n    ret", b"\n      ret"
        )
    )


@good("WH117")
def file_that_the_code_writes() -> Built:
    return wheel(READS + b'\n\ndef save(text):\n    HERE.joinpath("data", "table.json").write_text(text)\n')


@good("WH117")
def file_of_the_project_outside_of_the_package() -> Built:
    return wheel(
        b'from pathlib import Path\n\nTEXT = (Path(__file__).parents[1] / "README.md").read_text()\n'
    )


@good("WH117")
def data_of_tests() -> Built:
    made = Wheel()
    made.files["sample/tests/__init__.py"] = b""
    made.files["sample/tests/test_tables.py"] = READS
    return made.build()
