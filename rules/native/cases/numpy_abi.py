"""Cases of NB115."""

from __future__ import annotations

from fixtures.builders import Built
from fixtures.cases import bad, good
from pkgaudit.rules.native.cases._makers import LINUX, PYD, SO, WINDOWS, elf, pyd, wheel

CHECK = b"module compiled against ABI version 0x%x but this version of numpy is 0x%x\0"
FIRST = CHECK + b"numpy.core._multiarray_umath\0"
SECOND = CHECK + b"numpy._core._multiarray_umath\0numpy.core._multiarray_umath\0"
OLD = "cp38-cp38-manylinux_2_17_x86_64"


@bad("NB115", at=SO, says="was compiled with NumPy 1, but Requires-Dist allows NumPy 2")
def module_of_numpy_1() -> Built:
    return wheel(LINUX, {SO: elf() + FIRST}, requires=("numpy>=1.20",))


@bad("NB115", at=PYD)
def module_for_windows() -> Built:
    return wheel(
        WINDOWS,
        {PYD: pyd() + FIRST},
        requires=("NumPy<2; python_version < '3.9'", "numpy>=1.26; python_version >= '3.9'"),
    )


@good("NB115")
def module_of_numpy_2() -> Built:
    return wheel(LINUX, {SO: elf() + SECOND}, requires=("numpy>=1.20",))


@good("NB115")
def numpy_1_is_required() -> Built:
    return wheel(LINUX, {SO: elf() + FIRST}, requires=("numpy>=1.20,<1.29",))


@good("NB115")
def numpy_2_for_an_extra() -> Built:
    return wheel(LINUX, {SO: elf() + FIRST}, requires=("numpy-stubs", "numpy<2"))
