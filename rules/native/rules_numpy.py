"""NB115: extension modules that cannot run with NumPy 2."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import BinaryFile, Files, Problem, Severity, Summaries, Wheel, rule, summary
from pkgaudit.rules.native.header import Header
from pkgaudit.rules.native.numpy_abi import WORDS, NumpyWords, numpy_1_modules, words_of_numpy
from pkgaudit.rules.native.wheel import natives_of


@summary(files=Files((".so", ".pyd"), contains=WORDS, nested=False))
def numpy_words(file: BinaryFile) -> NumpyWords | None:
    """Return the texts of NumPy's headers in a binary."""
    return words_of_numpy(file)


@rule("NB115", "numpy-1-module", Severity.WARNING, since="0.1.0")
def numpy_1_module(
    wheel: Wheel, headers: Summaries[Header], words: Summaries[NumpyWords]
) -> Iterator[Problem]:
    """An extension module was compiled with NumPy 1, but the metadata allow NumPy 2.

    The rule recognizes modules that use NumPy's C API, by the messages in its headers. It is silent if
    Requires-Dist excludes NumPy 2 or does not name NumPy, and for Pythons older than 3.9, which have no
    NumPy 2.

    ## Why it matters
    NumPy 2 changed the binary interface. In a new environment, installers choose NumPy 2, and the import
    fails: `numpy.dtype size changed, may indicate binary incompatibility`, or `A module that was compiled
    using NumPy 1.x cannot be run in NumPy 2`.

    ## How to fix it
    Add `numpy>=2` to `build-system.requires` and build again: such modules also run with NumPy 1,
    from 1.19 to 1.23 on, depending on the NumPy that compiles them. Or exclude NumPy 2:

        [project]
        dependencies = ["numpy<2"]

    ## References
    - <https://numpy.org/doc/stable/dev/depending_on_numpy.html>
    - <https://numpy.org/doc/stable/numpy_2_0_migration_guide.html>
    """
    yield from numpy_1_modules(natives_of(wheel, headers), words)
