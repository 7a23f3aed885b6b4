"""FN101 to FN108: file names and tags."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    Distribution,
    Location,
    Problem,
    SetField,
    Severity,
    Wheel,
    normalize,
    quoted,
    rule,
)
from pkgaudit.rules._shared.built_name import is_renamed
from pkgaudit.rules._shared.filename import Parts, escaped, fault, parse_version, parts
from pkgaudit.rules._shared.index_words import REFUSED
from pkgaudit.rules._shared.platform_tags import is_accepted, platform_tags_date
from pkgaudit.rules._shared.rename import give_back, platform_remedy, tag_remedy
from pkgaudit.rules._shared.wheel_tags import excluded_pythons, inner_tags, wheel_tags
from pkgaudit.rules.data.loader import existing_projects, load, reserved_names


@rule("FN101", "invalid-filename", Severity.ERROR, index=True, since="0.1.0")
def invalid_filename(distribution: Distribution) -> Iterator[Problem]:
    """The file name is not one of a wheel or an sdist that PyPI takes.

    ## Why it matters
    Installers learn name, version and compatibility from the file name alone, before they
    download anything. PyPI refuses a file whose name does not end in exactly `.whl` or
    `.tar.gz`, or does not have the parts of such a name. Eggs and Windows installers were accepted
    once and are refused now; of sdists in another format SD108 tells.

    ## How to fix it
    Upload what the build backend wrote, under the name that it gave (`python -m build`). Do not
    rename files, and do not upload formats other than a wheel and a `.tar.gz` sdist.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    - <https://peps.python.org/pep-0527/>
    - <https://peps.python.org/pep-0625/>
    """
    found = fault(distribution)
    if found is not None and not found.is_format:
        yield Problem(
            f"the file name {found.what}; {found.outcome}",
            fix=SetField(
                "File-Name",
                "build the sdist (.tar.gz) and the wheel anew and keep their names",
                _normal_form(distribution),
            ),
            data=found.data,
        )


def _normal_form(distribution: Distribution) -> str:
    """Return the name and the version as file names spell them, parted by a space; empty if unknown."""
    metadata = distribution.metadata
    version = parse_version(metadata.version) if metadata and metadata.version else None
    return f"{escaped(metadata.name)} {version}" if metadata and metadata.name and version else ""


@rule(
    "FN102",
    "unnormalized-filename",
    Severity.ERROR,
    index=True,
    since="0.1.0",
    formerly=["unnormalised-filename"],
)
def unnormalized_filename(distribution: Distribution) -> Iterator[Problem]:
    """The file name does not spell name or version in their normal form.

    The name is lower case with `_` for every run of `-`, `_` and `.`; the version is written as
    PEP 440 normalizes it. For the version of a wheel this is a warning, since PyPI does not
    insist there.

    ## Why it matters
    Tools find out by comparing file names whether two files are of the same release, and where
    the name ends and the version begins. PyPI refuses an sdist whose name is not exactly in this
    form and a wheel whose project name is not. It had announced so by mail since November 2024,
    and checked it in August 2026; files that are older stay.

    ## How to fix it
    Upgrade the build backend and build again: current versions of most of them write normal
    names. The newest enscons, just-buildit and sip do not: with them, write the name and the version in
    normal form into pyproject.toml. Nor does pdm-pep517, whose successor is pdm-backend.

    Renaming the sdist to the name that the finding shows works as well. A wheel must not merely be
    renamed, since its `.dist-info` folder carries the same name, unless somebody renamed it before:
    then the finding says which name to give back.

    ## References
    - <https://peps.python.org/pep-0625/>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#escaping-and-unicode>
    - <https://packaging.python.org/en/latest/specifications/name-normalization/>
    - <https://github.com/pypi/warehouse/issues/12245>
    """
    found = parts(distribution)
    if found is None or list(_mismatches(distribution, found)):
        return
    metadata, is_wheel = distribution.metadata, isinstance(distribution, Wheel)
    name = escaped((metadata.name if metadata else None) or found.name)
    version = str(parse_version(found.version))
    if not is_wheel and metadata and metadata.version:
        # An sdist is compared with what the metadata says, letter by letter; of a wheel the versions are.
        version = str(parse_version(metadata.version) or version)
    severity = None
    data = {"value": found.version, "expected": version}
    if found.name != name:
        data = {"value": found.name, "expected": name}
        message = f"the file name spells the project {quoted(found.name)} and not {name!r}; {REFUSED}"
    elif found.version != version:
        if is_wheel and is_renamed(distribution):
            return  # which WH101 tells, and PyPI refuses
        message = f"the file name spells the version {quoted(found.version)} and not {version!r}"
        if is_wheel:
            severity = Severity.WARNING
        else:
            message = f"{message}; {REFUSED}"
    else:
        return
    first = f"build it again with a current build backend, which names it {name}-{version}{found.rest}"
    renamed_to = give_back(distribution) if is_renamed(distribution) else None
    fix = renamed_to or SetField("File-Name", first, f"{name} {version}")
    yield Problem(message, fix=fix, severity=severity, data=data)


@rule("FN103", "filename-metadata-mismatch", Severity.ERROR, index=True, since="0.1.0")
def filename_metadata_mismatch(distribution: Distribution) -> Iterator[Problem]:
    """The file name says another project or version than the core metadata.

    Spelling does not matter here: `Sample` and `sample`, `1.0` and `1.0.0` are the same.

    ## Why it matters
    Installers choose a file by its name and give up when what is inside turns out to be something
    else. PyPI refuses such a file.

    ## How to fix it
    Give a file that was renamed its name back. To change the name or the version, change it in
    `pyproject.toml` and build again.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#name>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    """
    found = parts(distribution)
    if found is not None:
        yield from _mismatches(distribution, found)


def _mismatches(distribution: Distribution, found: Parts) -> Iterator[Problem]:
    metadata = distribution.metadata
    if metadata is None:
        return
    fix = give_back(distribution) or "build it again, and do not rename it afterwards"
    name, version = metadata.name, metadata.version
    if name and normalize(name) != normalize(found.name):
        yield Problem(
            f"the file name says that the project is {quoted(found.name)}, "
            f"the metadata that it is {quoted(name)}; {REFUSED}",
            metadata.place("Name"),
            fix,
            key="name",
            data={"field": "Name", "actual": found.name, "expected": name},
        )
    there = parse_version(version) if version else None
    if there is not None and there != parse_version(found.version):
        yield Problem(
            f"the file name says that the version is {quoted(found.version)}, "
            f"the metadata that it is {quoted(version or '')}; {REFUSED}",
            metadata.place("Version"),
            fix,
            key="version",
            data={"field": "Version", "actual": found.version, "expected": version},
        )


@rule("FN104", "rejected-platform-tag", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def rejected_platform_tag(wheel: Wheel) -> Iterator[Problem]:
    """The wheel is for a platform that PyPI takes no wheels for.

    ## Why it matters
    PyPI takes wheels for platforms of which is written down what they offer to a program:
    manylinux and musllinux, not any Linux; of macOS 11 and later the main version only, as
    `macosx_11_0_arm64`; Windows, iOS, Android and PyEmscripten; and only certain architectures of
    each. It refuses a wheel of which one tag is another. Such a wheel would often not run on the
    next machine either.

    ## How to fix it
    - `linux_x86_64` and the like: let `auditwheel repair` (or cibuildwheel, or maturin with
      `--compatibility`) copy the libraries in and find out the right tag.
    - If there is nothing compiled in the wheel, give it back the name that it was built with, or tag
      it for all platforms: `wheel tags --python-tag py3 --abi-tag none --platform-tag any NAME.whl`.
    - `macosx_11_1_arm64`: build with `MACOSX_DEPLOYMENT_TARGET=11.0`.
    - `pyodide_…` and `emscripten_…`: build with a pyodide-build that knows PEP 783.
    - For all other platforms upload the sdist, and keep the wheel on an index of your own. There
      `--profile private` leaves this rule out.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    - <https://peps.python.org/pep-0600/>
    - <https://peps.python.org/pep-0783/>
    - <https://github.com/pypi/warehouse/blob/main/warehouse/utils/wheel.py>
    """
    tags = wheel_tags(wheel)
    rejected = sorted(each for each in tags.platforms if not is_accepted(each)) if tags else []
    if not rejected:
        return
    # Real wheels have one or two such tags; three keep a message with hostile ones short. Chosen.
    shown = ", ".join(map(quoted, rejected[:3]))
    more = f" and {len(rejected) - 3:,} more" if len(rejected) > 3 else ""
    what = f"the platform tag {shown} is" if len(rejected) == 1 else f"the platform tags {shown}{more} are"
    yield Problem(
        f"{what} not among those that PyPI takes (as of {platform_tags_date()}); {REFUSED}",
        fix=platform_remedy(wheel, rejected),
        key="platform",
        data={"tags": rejected, "date": platform_tags_date()},
    )


@rule("FN105", "wheel-tag-mismatch", Severity.ERROR, since="0.1.0")
def wheel_tag_mismatch(wheel: Wheel) -> Iterator[Problem]:
    """The tags in the file name and in WHEEL are not the same.

    It is an error if they have no tag in common. If some are the same, if WHEEL has none, or if
    only the build number differs, it is a warning, since installers choose by the file name.

    ## Why it matters
    WHEEL is what remains of the tags after the installation. Where it has other tags than the file
    name, `pip check` tells users that the package is not made for their platform. As a rule it
    means that somebody renamed the wheel, and then nobody has checked that it runs there:
    renaming `linux_x86_64` to `manylinux_2_17_x86_64` makes no wheel portable. PyPI compares
    neither.

    ## How to fix it
    Build the wheel for the platform that it is to be for, or have the tool that makes it portable
    name it (`auditwheel repair`, `delocate-wheel`, `delvewheel repair`). Give a wheel that was
    renamed its name back. Only then `wheel tags` can change tags that you know to be wrong: it
    changes the file name, WHEEL and RECORD, and stops where they do not agree.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-contents>
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#compressed-tag-sets>
    - <https://wheel.readthedocs.io/en/stable/reference/wheel_tags.html>
    """
    named, inner = wheel_tags(wheel), inner_tags(wheel)
    if named is None or inner is None:
        return
    headers, inside, outside = inner.headers, inner.tags, frozenset(named)
    if inside == outside and inner.build == named.build:
        return
    fix = tag_remedy(wheel, inner, named)
    if not inside:
        message = "WHEEL has no Tag, so that 'pip check' calls the package unsupported on every platform"
        data = {"field": "Tag", "missing": sorted(outside)}
        yield Problem(message, Location(headers.path), fix, Severity.WARNING, key="tags", data=data)
    elif inside != outside:
        yield Problem(
            _contradiction(inside, outside),
            headers.place("Tag"),
            fix,
            None if inside.isdisjoint(outside) else Severity.WARNING,
            key="tags",
            data={"field": "Tag", "missing": sorted(outside - inside), "extra": sorted(inside - outside)},
        )
    if inner.build != named.build:
        says = f"the build number {quoted(inner.build)}" if inner.build else "no build number"
        wants = f"has {quoted(named.build)}" if named.build else "has none"
        yield Problem(
            f"WHEEL has {says}, and the file name {wants}",
            headers.place("Build"),
            fix,
            Severity.WARNING,
            key="build",
            data={"field": "Build", "actual": inner.build, "expected": named.build},
        )


def _contradiction(inside: frozenset[str], outside: frozenset[str]) -> str:
    """Return in which tags WHEEL and the file name differ."""
    if inside.isdisjoint(outside):
        return f"WHEEL has {_some(inside)}, and the file name {_some(outside)}"
    lacks, more = outside - inside, inside - outside
    said = [f"lacks {_some(lacks)} of the file name"] if lacks else []
    return f"WHEEL {' and '.join([*said, *([f'has {_some(more)} besides'] if more else [])])}"


# Two by default: a message names up to three such sets, and the difference shows in the first tags. Chosen.
def _some(tags: frozenset[str], most: int = 2) -> str:
    shown = ", ".join(map(quoted, sorted(tags)[:most]))
    noun = "the tag" if len(tags) == 1 else "the tags"
    return f"{noun} {shown}{f' and {len(tags) - most:,} more' if len(tags) > most else ''}"


@rule("FN106", "reserved-name", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def reserved_name(distribution: Distribution) -> Iterator[Problem]:
    """The project is called like a module of the standard library.

    ## Why it matters
    PyPI lets nobody begin a project under the name of a module that is, or was, in the standard
    library of any Python from 2.6 on: who installs `asyncio` by mistake should not get somebody's
    package. It compares normalized names, so that `XML.etree` is such a name too. Projects which
    are older than that, as `dataclasses`, go on; for those this is an advice, since their owners
    can upload and nobody else can.

    ## How to fix it
    Choose another name. If the project is yours and exists on PyPI already, ignore the rule.

    ## References
    - <https://docs.pypi.org/project-management/>
    - <https://pypi.org/help/#project-name>
    - <https://packaging.python.org/en/latest/specifications/name-normalization/>
    """
    name = distribution.name
    normal = normalize(name)
    if fault(distribution) is not None or normal not in reserved_names():
        return
    metadata = distribution.metadata
    place = metadata.place("Name") if metadata else distribution.location
    if normal in existing_projects():
        yield Problem(
            f"{quoted(name)} is, when normalised, the name of a standard library module; "
            "PyPI takes it from the owner of that project alone",
            place,
            SetField("Name", "do nothing if the project is yours, else choose another name"),
            Severity.INFO,
            data={"field": "Name", "value": name},
        )
        return
    day = load("existing_projects").date
    yield Problem(
        f"{quoted(name)} is, when normalised, the name of a standard library module, and there was no such "
        f"project on PyPI on {day}; {REFUSED}",
        place,
        SetField("Name", "choose another name"),
        data={"field": "Name", "value": name, "date": day},
    )


@rule("FN107", "tag-outside-requires-python", Severity.WARNING, since="0.1.0")
def tag_outside_requires_python(wheel: Wheel) -> Iterator[Problem]:
    """The wheel has a tag of a Python that Requires-Python excludes.

    ## Why it matters
    No installer puts the wheel on that Python, so the tag promises what the metadata takes back.
    Either the tag is left over, as the `py2` of a `py2.py3` wheel which needs Python 3, or
    Requires-Python is wrong and keeps the wheel from the very users it was built for.

    ## How to fix it
    Build pure wheels without `universal`, and leave versions that you no longer support out of the
    build matrix; or correct `project.requires-python` in `pyproject.toml`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#python-tag>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    """
    tags, metadata = wheel_tags(wheel), wheel.metadata
    requires = metadata.first("Requires-Python") if metadata else None
    if tags is None or metadata is None or not requires:
        return
    for tag in excluded_pythons(tags, requires):
        yield Problem(
            f"the Python tag {quoted(tag)} is one that Requires-Python excludes: {quoted(requires.strip())}",
            metadata.place("Requires-Python"),
            "build the wheel without that tag, or correct `project.requires-python` in pyproject.toml",
            key=tag,
            data={"tag": tag, "field": "Requires-Python", "value": requires.strip()},
        )


_FOR_PYTHON_3 = SetField(
    "Requires-Python",
    "state the versions of Python 3 that the project supports, as '>=3.10', and drop the option `universal` "
    "if it is set: without the field build backends tag the wheel for Python 2 too",
)


@rule("FN108", "legacy-tag", Severity.INFO, since="0.1.0")
def legacy_tag(wheel: Wheel) -> Iterator[Problem]:
    """The wheel has a tag of Python 2 or of a manylinux whose image is no longer maintained.

    ## Why it matters
    Python 2 has had no security update since 2020, and hardly anything installs packages for it.
    The images for `manylinux1` (CentOS 5) and `manylinux2010` (CentOS 6) get no updates either, so
    that what is built or copied in from there has known faults.

    ## How to fix it
    Set `requires-python` in the `[project]` table of pyproject.toml: without it hatchling, flit, Poetry and
    PDM tag a pure wheel `py2.py3-none-any`. With setuptools, drop `universal` from the section
    `[bdist_wheel]` of setup.cfg. Build Linux wheels in an image of `manylinux_2_28` or later.

    ## References
    - <https://www.python.org/doc/sunset-python-2/>
    - <https://github.com/pypa/manylinux#docker-images>
    """
    tags = wheel_tags(wheel)
    if tags is None:
        return
    requires = wheel.metadata.first("Requires-Python") if wheel.metadata else None
    excluded = excluded_pythons(tags, requires) if requires else []
    pythons = sorted(each for each in tags.pythons if each[2:3] == "2" and each not in excluded)
    platforms = sorted(each for each in tags.platforms if each.startswith(("manylinux1_", "manylinux2010_")))
    # The tags of PEP 600 say the same as the old ones, which auditwheel adds for old installers.
    if any(each.startswith("manylinux_") for each in tags.platforms):
        platforms = []
    for tag in (*pythons, *platforms):
        fix = _FOR_PYTHON_3 if tag in pythons else "build in an image of manylinux_2_28 or later"
        message = f"the wheel is tagged {quoted(tag)}, which is out of use"
        yield Problem(message, fix=fix, key=tag, data={"tag": tag})
