"""Cases of NB108 and NB109: the ABI of Python."""

from __future__ import annotations

from typing import Any

from fixtures.builders import Built, Wheel, wheel_file
from fixtures.cases import bad, good
from pkgaudit.rules.native.cases._makers import (
    ABI3,
    LINUX,
    PYD,
    SO,
    STABLE,
    WINDOWS,
    bundle,
    elf,
    pyd,
    wheel,
)

# NB108


@bad("NB108", at="sample/_core.cpython-310-x86_64-linux-gnu.so", says="which no Python of the tags")
def suffix_of_another_python() -> Built:
    return wheel(LINUX, {"sample/_core.cpython-310-x86_64-linux-gnu.so": elf()})


@bad("NB108", at="sample/_core.cpython-311-x86_64-linux-gnu.so")
def suffix_of_another_processor() -> Built:
    return wheel("cp311-cp311-manylinux_2_17_aarch64", {SO: elf("aarch64")})


@bad("NB108", at="sample/_core.cp310-win_amd64.pyd")
def suffix_of_another_python_on_windows() -> Built:
    return wheel(WINDOWS, {"sample/_core.cp310-win_amd64.pyd": pyd(python="python310.dll")})


@bad("NB108", at="sample/_core.pyd", says="is linked with 'python310.dll'")
def library_of_another_python() -> Built:
    return wheel(WINDOWS, {"sample/_core.pyd": pyd(python="python310.dll")})


@bad("NB108", at="sample/_core.cpython-313t-x86_64-linux-gnu.so")
def free_threaded_module_for_the_usual_python() -> Built:
    files = {"sample/_core.cpython-313t-x86_64-linux-gnu.so": elf()}
    return wheel("cp313-cp313-manylinux_2_17_x86_64", files)


@bad("NB108", at="sample/_core.pypy311-pp73-x86_64-linux-gnu.so")
def suffix_of_another_implementation() -> Built:
    return wheel(LINUX, {"sample/_core.pypy311-pp73-x86_64-linux-gnu.so": elf()})


@bad(
    "NB108",
    at=SO,
    says="only one Python imports, but the tags 'cp310-abi3-manylinux_2_17_x86_64' also promise",
)
def one_python_in_a_wheel_for_the_stable_abi() -> Built:
    return wheel(STABLE, {SO: elf()})


@bad(
    "NB108", at=SO, says="only one Python imports, but the tags 'py3-none-manylinux_2_17_x86_64' also promise"
)
def one_python_in_a_wheel_for_all() -> Built:
    return wheel("py3-none-manylinux_2_17_x86_64", {SO: elf()})


@bad("NB108", at=SO, severity="warning")
def one_python_in_a_wheel_for_all_that_allows_one() -> Built:
    made = Wheel(
        tag="py3-none-manylinux_2_17_x86_64", wheel=wheel_file("py3-none-manylinux_2_17_x86_64", pure=False)
    )
    made.files[SO] = elf()
    assert made.metadata
    made.metadata.set("Requires-Python", "==3.11.*")
    return made.build()


@bad(
    "NB108",
    at="sample/_core.so",
    says="needs '_PyLong_New', so it works only with the Python that it was built for",
)
def module_of_one_python_in_a_wheel_for_all() -> Built:
    return wheel("py3-none-manylinux_2_17_x86_64", {"sample/_core.so": elf(undefined=("_PyLong_New",))})


@bad("NB108", at="sample/_core.pyd", says="needs 'python311.dll'")
def module_of_one_python_in_a_wheel_for_all_on_windows() -> Built:
    return wheel("py3-none-win_amd64", {"sample/_core.pyd": pyd()})


@bad("NB108", at="sample/_core.so", says="promise Python")
def module_of_one_python_in_a_wheel_for_all_on_macos() -> Built:
    files = {"sample/_core.so": bundle(undefined=("_PyLong_New",)).build()}
    return wheel("py3-none-macosx_11_0_arm64", files)


@bad("NB108", at=ABI3, severity="warning", says="uses the stable ABI of CPython, but the tags")
def stable_abi_in_a_wheel_for_all() -> Built:
    return wheel("py3-none-manylinux_2_17_x86_64", {ABI3: elf()})


@bad(
    "NB108",
    at="sample/_core.cp313-win_amd64.pyd",
    severity="warning",
    says="not built for free-threaded CPython 3.13",
)
def any_abi_of_one_python() -> Built:
    files = {"sample/_core.cp313-win_amd64.pyd": pyd(python="python313.dll")}
    return wheel("cp313-none-win_amd64", files)


@bad("NB108", at="sample/_core.so", severity="warning", says="free-threaded CPython 3.14")
def any_abi_of_one_python_without_a_suffix() -> Built:
    return wheel("cp314-none-manylinux_2_17_x86_64", {"sample/_core.so": elf()})


CP310 = "sample/_core.cpython-310-x86_64-linux-gnu.so"


@bad("NB108", at="sample/_core.cpython-313-x86_64-linux-gnu.so", severity="warning")
def any_abi_of_two_pythons() -> Built:
    names = ("312", "313")
    return wheel(
        "cp312.cp313-none-manylinux_2_17_x86_64",
        {f"sample/_core.cpython-{each}-x86_64-linux-gnu.so": elf() for each in names},
    )


OTHERS = {CP310: elf(), "sample/_core.cpython-39-x86_64-linux-gnu.so": elf()}


@bad(
    "NB108",
    at=CP310,
    severity="warning",
    says="is built for CPython 3.10 and CPython 3.9, which the tags 'cp311-cp311-manylinux_2_17_x86_64'",
)
def modules_left_over_from_other_pythons() -> Built:
    return wheel(LINUX, {SO: elf(), **OTHERS})


@bad("NB108", at="sample/_core.cp310-win_amd64.pyd", severity="warning", says="is built for CPython 3.10")
def module_left_over_on_windows() -> Built:
    return wheel(WINDOWS, {PYD: pyd(), "sample/_core.cp310-win_amd64.pyd": pyd(python="python310.dll")})


@bad(
    "NB108",
    at="sample/_core.cpython-313t-x86_64-linux-gnu.so",
    severity="warning",
    says="free-threaded CPython 3.13",
)
def module_left_over_from_the_free_threaded_build() -> Built:
    names = ("313", "313t")
    return wheel(
        "cp313-cp313-manylinux_2_17_x86_64",
        {f"sample/_core.cpython-{each}-x86_64-linux-gnu.so": elf() for each in names},
    )


@bad("NB108", at=SO, severity="warning", says="promise CPython 3.12")
def one_of_two_pythons() -> Built:
    return wheel("cp311.cp312-cp311.cp312-manylinux_2_17_x86_64", {SO: elf()})


@good("NB108")
def modules_for_several_pythons() -> Built:
    files = {f"sample/_core.cpython-3{minor}-x86_64-linux-gnu.so": elf() for minor in (10, 11, 12, 13)}
    return wheel("py3-none-manylinux_2_17_x86_64", files)


@good("NB108")
def modules_for_the_pythons_of_the_tags() -> Built:
    return wheel("cp310.cp311-none-manylinux_2_17_x86_64", {SO: elf(), CP310: elf()})


@good("NB108")
def modules_for_the_stable_abi_and_one_python() -> Built:
    return wheel("cp39-abi3-manylinux_2_17_x86_64", {ABI3: elf(), **OTHERS})


@good("NB108")
def modules_for_both_builds_of_one_python() -> Built:
    names = ("313", "313t")
    return wheel(
        "cp313-none-manylinux_2_17_x86_64",
        {f"sample/_core.cpython-{each}-x86_64-linux-gnu.so": elf() for each in names},
    )


@good("NB108")
def any_abi_of_a_python_that_has_one() -> Built:
    return wheel("cp311-none-win_amd64", {PYD: pyd()})


@good("NB108")
def library_with_an_init_function_that_does_not_call_python() -> Built:
    return wheel("py3-none-manylinux_2_17_x86_64", {"sample/_native.so": elf(undefined=())})


@good("NB108")
def free_threaded_module() -> Built:
    files = {"sample/_core.cpython-313t-x86_64-linux-gnu.so": elf()}
    return wheel("cp313-cp313t-manylinux_2_17_x86_64", files)


@good("NB108")
def module_for_pypy() -> Built:
    files = {"sample/_core.pypy311-pp73-x86_64-linux-gnu.so": elf()}
    return wheel("pp311-pypy311_pp73-manylinux_2_17_x86_64", files)


@good("NB108")
def library_that_is_no_module() -> Built:
    return wheel("py3-none-manylinux_2_17_x86_64", {"sample/libsample.cpython-310.so": elf(defined=())})


# NB109


@bad("NB109", at=ABI3, says="uses 'PyFoo_Bar', '_PyLong_New', which the stable ABI does not have")
def not_of_the_stable_abi() -> Built:
    return wheel(
        STABLE.replace("310", "311"), {ABI3: elf(undefined=("PyLong_FromLong", "_PyLong_New", "PyFoo_Bar"))}
    )


@bad("NB109", at=ABI3, says="only since 3.12, but the wheel supports Python 3.10 and later")
def newer_than_the_tag() -> Built:
    return wheel(STABLE, {ABI3: elf(undefined=("PyType_FromMetaclass",))})


@bad("NB109", at=ABI3, severity="warning", says="'PyObject_GetBuffer'")
def older_than_its_place_in_the_stable_abi() -> Built:
    return wheel(STABLE, {ABI3: elf(undefined=("PyObject_GetBuffer",))})


@bad("NB109", at="sample/_core.abi3.so", says="uses '_PyLong_New'")
def not_of_the_stable_abi_on_macos() -> Built:
    return wheel("cp310-abi3-macosx_11_0_arm64", {ABI3: bundle(undefined=("_PyLong_New",)).build()})


@bad("NB109", at="sample/_core.pyd", says="is linked with 'python311.dll'")
def library_of_one_python_in_a_wheel_for_the_stable_abi() -> Built:
    return wheel("cp310-abi3-win_amd64", {"sample/_core.pyd": pyd()})


@good("NB109")
def own_symbols_and_weak_ones() -> Built:
    more: dict[str, Any] = {
        "undefined": ("PySample_Add",),
        "weak": ("PyType_FromMetaclass",),
        "needed": ("libsample.so", "libc.so.6"),
    }
    files = {ABI3: elf(**more), "sample/libsample.so": elf(defined=("PySample_Add",))}
    return wheel(STABLE, files)


@good("NB109")
def module_for_one_python_may_use_all() -> Built:
    return wheel(LINUX, {SO: elf(undefined=("_PyLong_New", "PyFrame_GetVar"))})
