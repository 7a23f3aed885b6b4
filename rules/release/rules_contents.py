"""RL103, RL116: the packages of a wheel compared with those of the sdist."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    Include,
    Location,
    Problem,
    Release,
    Severity,
    Summaries,
    Wheel,
    counted,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.allowed import Allowed, listed
from pkgaudit.rules._shared.generated import is_marked_as_generated
from pkgaudit.rules.release.contents import Content, differences

_REBUILD = "build the wheel from the sdist ('python -m build')"

_KEEPS = re.compile(r"^Generator:[ \t]*(?:setuptools|bdist_wheel)\b", re.IGNORECASE | re.MULTILINE)
"""The line of WHEEL by a backend that takes the modules from `build/`, where those of earlier builds are."""


_LONGEST_HEAD = 10_000
"""The bytes of WHEEL that are read: far more than real ones have; bounds the time."""


@dataclass(frozen=True)
class WheelContentNotInSdist(Allowed):
    """Files that may be in the wheel although the sdist lacks them, or has them with other contents."""


@dataclass(frozen=True)
class MissingFromWheel(Allowed):
    """Files that the wheel may lack although the sdist has them."""


@summary
def content(file: BinaryFile) -> Content | None:
    """Return the facts about a file that its sha256 does not show, None for most files."""
    if file.member.is_nested or not file.window.whole:
        return None
    folded = ""
    # Binaries have no line ends, but often these two bytes.
    if b"\r\n" in file.data and b"\0" not in file.data:
        folded = hashlib.sha256(file.data.replace(b"\r\n", b"\n")).hexdigest()
    # delvewheel adds code to modules.
    is_generated = file.member.suffix in (".py", ".pyi") and (
        is_marked_as_generated(file) or b"delvewheel" in file.data
    )
    return Content(folded, is_generated) if folded or is_generated else None


@rule("RL103", "wheel-content-not-in-sdist", Severity.WARNING, since="0.1.0")
def wheel_content_not_in_sdist(
    release: Release, contents: Summaries[Content], options: WheelContentNotInSdist
) -> Iterator[Problem]:
    """The wheel contains modules that the sdist of the same version lacks, or that differ from those in it.

    The rule compares each package of the wheel with its folder in the sdist, in any layout. It ignores line
    ends, and modules that a build writes: version files, modules whose text says that they are generated, and
    modules that the build settings name or that have a source in the sdist, such as `core.pyx`. The rule
    skips packages with few modules in common. A module that the sdist lacks is reported at info level if the
    wheels are for platforms.

    ## Why it matters
    setuptools collects the modules in `build/lib`. If the folder remains from an earlier build, the wheel
    also contains modules that were renamed or removed since, and users can still import them. Or the sdist
    is incomplete, and a wheel that others build from it has other contents. If a module differs, the wheel
    and the sdist were built from different states of the project.

    ## How to fix it
    Build the wheel from the sdist, as `python -m build` does, with setuptools after deleting the folder
    `build/`. Allow a module that only the wheel should contain:

        [tool.pkgaudit.wheel-content-not-in-sdist]
        allow = ["sample/_tables.py"]

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>
    - <https://build.pypa.io/en/stable/>
    """
    for each in differences(release, contents):
        added = [path for path in each.added if not options.allows(path)]
        changed = [path for path in each.changed if not options.allows(path)]
        if added:
            yield Problem(
                f"the wheel contains {counted(len(added), 'module')} that the sdist lacks: {listed(added)}",
                Location(added[0]),
                f"{_rebuild(each.wheel)}; if the package needs the module, pack it into the sdist",
                None if each.wheel.is_for_all else Severity.INFO,
                key="added",
                distribution=each.wheel.path,
                data={"count": len(added), "paths": added},
            )
        if changed:
            yield Problem(
                f"the wheel contains {counted(len(changed), 'file')} that "
                f"{'differs from that' if len(changed) == 1 else 'differ from those'} in the sdist: "
                f"{listed(changed)}",
                Location(changed[0]),
                _rebuild(each.wheel),
                key="changed",
                distribution=each.wheel.path,
                data={"count": len(changed), "paths": changed},
            )


def _rebuild(wheel: Wheel) -> str:
    """Return how to build a wheel again without the modules of earlier builds."""
    head = wheel.kept[wheel.wheel_path][:_LONGEST_HEAD].decode("utf-8", "replace") if wheel.wheel_path else ""
    return f"delete the folder build/, and {_REBUILD}" if _KEEPS.search(head) else _REBUILD


@rule("RL116", "missing-from-wheel", Severity.WARNING, since="0.1.0")
def missing_from_wheel(
    release: Release, contents: Summaries[Content], options: MissingFromWheel
) -> Iterator[Problem]:
    """The wheel lacks modules or data of its packages that the sdist of the same version contains.

    The rule compares each package of the wheel with its folder in the sdist, in any layout. It checks
    modules, stubs, and data such as templates, JSON files, images and web pages. It skips tests,
    documentation, examples and files for the build, files that the wheel contains at another place, and files
    that the settings exclude. Other texts in the folders of its packages, such as `words.txt`, are reported
    at info level if the wheel is for all platforms; readmes, lists of requirements and settings of tools are
    not reported. It skips the `__init__.py` of a namespace, a folder whose modules other projects install,
    and folders that only `MANIFEST.in` names if the settings set `include-package-data = false`. It also
    reports packages that the wheel lacks completely, if they are beside the packages of the wheel in `src/`,
    `lib/` or `python/`, or in the root folder and named after the project. A file that one wheel for a
    platform contains may be missing from the others.

    ## Why it matters
    The package works in the source tree, where the file is, but not where it is installed. setuptools, for
    example, only packs data that `package-data` or `MANIFEST.in` names, and only the packages in the list
    `packages`. A wheel may also lack files because its build failed or ran out of space.

    ## How to fix it
    Configure the build backend to pack the file. Allow a file that is left out on purpose:

        [tool.pkgaudit.missing-from-wheel]
        allow = ["sample/_dev/"]

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/datafiles.html>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    """
    for each in differences(release, contents):
        found = sorted(path for path in each.missing if not options.allows(path))
        if found:
            yield Problem(
                f"the wheel lacks {counted(len(found), 'file')} that the sdist contains: {listed(found)}",
                fix=Include(found[0], more=tuple(found[1:])),
                key="missing",
                distribution=each.wheel.path,
                data={"count": len(found), "paths": found},
            )
        texts = sorted(path for path in each.texts if not options.allows(path))
        if texts:
            yield Problem(
                f"the wheel lacks {counted(len(texts), 'text')} that the sdist contains in the folders of "
                f"its packages: {listed(texts)}",
                fix=Include(texts[0], "check whether the package reads the file", more=tuple(texts[1:])),
                severity=Severity.INFO,
                key="texts",
                distribution=each.wheel.path,
                data={"count": len(texts), "paths": texts},
            )
