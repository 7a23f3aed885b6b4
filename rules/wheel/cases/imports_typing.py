"""Cases of WH112 and WH113: stubs and py.typed."""

from __future__ import annotations

from fixtures.binaries import extension
from fixtures.builders import Built, Wheel, sample_metadata, wheel_file
from fixtures.cases import bad, good
from pkgaudit.rules.wheel.cases.imports import TYPED, wheel


@bad("WH112", at="other", says="'other' has no 'py.typed', although the package has 2 stubs")
def stubs_without_marker() -> Built:
    files = {"other/__init__.py": b"", "other/__init__.pyi": b"", "other/a.py": b"", "other/a.pyi": b""}
    return Wheel(name="other", files=files).build()


@bad("WH112", at="other", says="'Typing :: Typed'")
def typed_without_marker() -> Built:
    metadata = sample_metadata()
    metadata.add("Classifier", "Typing :: Typed")
    return Wheel(name="other", files={"other/__init__.py": b""}, metadata=metadata).build()


@bad("WH112", at="other", severity="info", says="the package has a stub")
def one_stub_of_many_modules() -> Built:
    files = {
        "other/__init__.py": b"",
        "other/a.py": b"x = 1\n",
        "other/a.pyi": b"x: int\n",
        "other/b.py": b"y = 1\n",
    }
    return Wheel(name="other", files=files).build()


@bad("WH112", at="sample/data/py.typed", says="has no effect")
def marker_in_a_wrong_place() -> Built:
    return wheel(files={"sample/data/py.typed": b""})


@good("WH112")
def markers() -> Built:
    return wheel(files={"sample/__init__.pyi": b"", "sample/core.pyi": b""}, headers=TYPED)


def compiled_package(files: dict[str, bytes]) -> Built:
    tag = "cp313-cp313-manylinux_2_17_x86_64"
    made = wheel_file(tag, pure=False)
    return Wheel(name="other", tag=tag, wheel=made, files={**extension(tag, "other"), **files}).build()


@good("WH112", "WH113")
def package_that_nuitka_compiled() -> Built:
    """One extension module, its stub, and the marker in a folder of that name."""
    return compiled_package({"other.pyi": b"x: int\n", "other/py.typed": b""})


@bad("WH112", at="other/py.typed", says="has no effect")
def marker_beside_a_module_without_a_stub() -> Built:
    return compiled_package({"other/py.typed": b""})


@good("WH112")
def single_module() -> Built:
    metadata = sample_metadata()
    metadata.add("Classifier", "Typing :: Typed")
    return Wheel(files={"sample.py": b"x = 1\n"}, metadata=metadata).build()


@good("WH112", "WH113")
def stubs_only() -> Built:
    metadata = sample_metadata()
    metadata.add("Classifier", "Typing :: Typed")
    files = {"other-stubs/__init__.pyi": b"x: int\n", "other-stubs/a.pyi": b"x: int\n"}
    return Wheel(name="other_stubs", files=files, metadata=metadata).build()


@good("WH112", "WH113")
def stubs_of_private_modules() -> Built:
    return Wheel(name="other", files={"other/__init__.py": b"", "other/_types.pyi": b"x: int\n"}).build()


@bad("WH113", at="sample/gone.pyi")
def stub_of_nothing() -> Built:
    return wheel(files={"sample/gone.pyi": b"x: int\n", "sample/core.pyi": b"x: int\n"})


@bad("WH113", at=("", *(f"sample/gone{number}.pyi" for number in range(7))), says="5 more stubs")
def stubs_of_nothing() -> Built:
    return wheel(files={f"sample/gone{number}.pyi": b"x: int\n" for number in range(12)})


@good("WH113")
def stubs_of_folders_and_computed_modules() -> Built:
    return wheel(
        b"def __getattr__(name):\n    return name\n",
        {"sample/made.pyi": b"x: int\n", "sample/ns/one.py": b"x = 1\n", "sample/ns.pyi": b"x: int\n"},
    )
