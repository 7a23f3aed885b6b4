"""WH120, WH128: the version of the package in its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pkgaudit.api import (
    Files,
    Location,
    Problem,
    PythonFile,
    Severity,
    Summaries,
    Wheel,
    normalize,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.import_names import is_same_name
from pkgaudit.rules._shared.metadata_problems import judged_metadata
from pkgaudit.rules.wheel.own_version import About, about_of

if TYPE_CHECKING:
    from packaging.version import Version


@summary(files=Files(nested=False))
def about(file: PythonFile) -> About | None:
    """Return what a module says about the version of its package."""
    return about_of(file)


@rule("WH120", "stale-version-attribute", Severity.WARNING, since="0.1.0")
def stale_version_attribute(wheel: Wheel, about: Summaries[About]) -> Iterator[Problem]:
    """`__version__` is another version than that of the release.

    The rule checks constants in the package, or the module, that is named after the project: in
    `__init__.py`, `_version.py`, `version.py`, `__version__.py` and `__about__.py`. It ignores local parts
    (`+…`) and texts that are not versions, and skips modules that also have the right version. A post-release
    may have the version of its release.

    ## Why it matters
    Users report bugs with the wrong version, and programs that compare `__version__` with a minimum reject
    the release or use it in the wrong way. Often the release was built before the version was raised
    everywhere, or from another commit.

    ## How to fix it
    Write the version in one place, and read it in the other: `dynamic = ["version"]` with the setting of the
    build backend, or `importlib.metadata.version("sample")` in the code.

    ## References
    - <https://packaging.python.org/en/latest/discussions/single-source-version/>
    """
    metadata = judged_metadata(wheel)
    version = parse_version(wheel.version)
    if metadata is None or version is None:
        return
    for path, each in about.items():
        stated = parse_version(each.version[0]) if each.version else None
        top = path.partition("/")[0].removesuffix(".py")
        if each.version is None or stated is None or not is_same_name(wheel.project, top):
            continue
        if not any(_is_version(number, version) for number in each.numbers):
            yield Problem(
                f"`__version__` in {quoted(path)} is {quoted(each.version[0])}, but the version of the "
                f"release is {quoted(wheel.version)}",
                Location(path, each.version[1]),
                f"set `__version__` to {quoted(wheel.version)}, or read it with "
                f"importlib.metadata.version({quoted(wheel.name)})",
                key=path,
                data={"value": each.version[0], "version": wheel.version},
            )


def _is_version(text: str, version: Version) -> bool:
    """Return whether a text is a version, apart from the local part and the number of a post-release.

    Post-releases correct the packaging, so their code is that of the release.
    https://packaging.python.org/en/latest/specifications/version-specifiers/#post-releases
    """
    found = parse_version(text)
    allowed = {version.public, re.sub(r"\.post[0-9]+$", "", version.public)}
    return found is not None and parse_version(found.public) in map(parse_version, allowed)


@rule("WH128", "unknown-own-project", Severity.WARNING, since="0.1.0")
def unknown_own_project(wheel: Wheel, about: Summaries[About]) -> Iterator[Problem]:
    """The package reads the metadata of a project that is not installed with it.

    The rule checks calls such as `importlib.metadata.version("sample")` that run when the package is imported
    and are not in a `try` statement. The project must be the wheel's own, or in Requires-Dist.

    ## Why it matters
    The import fails with `PackageNotFoundError`, because the function expects the name of the project on
    PyPI, not the name of the package. In the environment of the developers, a project with the old name may
    still be installed.

    ## How to fix it
    Write the name from `[project]`: `version("my-sample")` instead of `version(__name__)`.

    ## References
    - <https://docs.python.org/3/library/importlib.metadata.html#importlib.metadata.version>
    """
    metadata = judged_metadata(wheel)
    if metadata is None:
        return
    required = " ".join(metadata.all("Requires-Dist"))
    for path, each in about.items():
        top = path.partition("/")[0].removesuffix(".py")
        # `__name__` is the name of the package only in its `__init__`.
        is_top = path.count("/") == 0 or path.endswith("/__init__.py")
        for given, line in each.asked:
            name = given if given is not None else top if is_top else None
            if name is None or normalize(name) == wheel.project or _is_required(name, required):
                continue
            yield Problem(
                f"{quoted(path)} reads the metadata of {quoted(name)} when it is imported, but the project "
                f"is {quoted(wheel.name)}, so the import fails",
                Location(path, line),
                f"write {quoted(wheel.name)}",
                key=name,
                data={"name": name, "expected": wheel.name},
            )


def _is_required(name: str, requirements: str) -> bool:
    return normalize(name) in normalize(requirements)
