"""FN101 to FN109: filenames and tags."""

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
from pkgaudit.rules._shared.installer_words import harm, reaction
from pkgaudit.rules._shared.lowest_python import require_python
from pkgaudit.rules._shared.platform_tags import is_accepted, platform_tags_date
from pkgaudit.rules._shared.rename import give_back, platform_remedy, tag_remedy
from pkgaudit.rules._shared.wheel_tags import excluded_pythons, inner_tags, wheel_tags
from pkgaudit.rules.data.loader import existing_projects, load, reserved_names


@rule("FN101", "invalid-filename", Severity.ERROR, index=True, since="0.1.0")
def invalid_filename(distribution: Distribution) -> Iterator[Problem]:
    """The filename is not that of a wheel or an sdist that PyPI accepts.

    ## Why it matters
    Installers read the name, the version and the compatibility from the filename, before they
    download anything. PyPI rejects a file whose name does not end in exactly `.whl` or `.tar.gz`, or
    does not have the parts of such a name. PyPI no longer accepts eggs and Windows installers. SD108
    covers sdists in another format.

    ## How to fix it
    Upload the files that the build backend wrote (`python -m build`), under the names that it gave
    them. Do not rename files, and upload only wheels and `.tar.gz` sdists.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    - <https://peps.python.org/pep-0527/>
    - <https://peps.python.org/pep-0625/>
    """
    found = fault(distribution)
    if found is not None and not found.is_format:
        yield Problem(
            f"the filename {found.what}; {found.outcome}",
            fix=SetField(
                "File-Name",
                "rebuild the sdist (.tar.gz) and the wheel, and keep their filenames",
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
    """The filename does not spell the name or the version in its normalized form.

    The normalized name is in lower case, with one `_` for each run of `-`, `_` and `.`; the
    normalized version follows PEP 440. An unnormalized version of a wheel is a warning, because PyPI
    does not check it.

    ## Why it matters
    Tools compare filenames to find out whether two files belong to the same release, and where the
    name ends and the version begins. PyPI rejects an sdist whose filename does not have exactly this
    form, and a wheel whose project name does not. PyPI announced this by mail from November 2024
    on, and enforces it as of August 2026; older files stay.

    ## How to fix it
    Upgrade the build backend and build again: the current versions of most backends write normalized
    names. The current versions of enscons, just-buildit and sip do not: with these, write the normalized
    name and version into pyproject.toml. Replace pdm-pep517 with its successor, pdm-backend.

    You can also rename the sdist to the name that the finding shows. Do not just rename a
    wheel, because its `.dist-info` folder contains the same name. If somebody renamed the wheel
    before, the finding shows its original name.

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
        # PyPI compares an sdist with the metadata letter by letter, and a wheel by parsed versions.
        version = str(parse_version(metadata.version) or version)
    severity = None
    data = {"value": found.version, "expected": version}
    if found.name != name:
        data = {"value": found.name, "expected": name}
        message = f"the filename spells the project name {quoted(found.name)}, not {name!r}; {REFUSED}"
    elif found.version != version:
        if is_wheel and is_renamed(distribution):
            return  # WH101 reports it, and PyPI rejects it
        message = f"the filename spells the version {quoted(found.version)}, not {version!r}"
        if is_wheel:
            severity = Severity.WARNING
        else:
            message = f"{message}; {REFUSED}"
    else:
        return
    first = f"rebuild it with a current build backend, which names it {name}-{version}{found.rest}"
    renamed_to = give_back(distribution) if is_renamed(distribution) else None
    fix = renamed_to or SetField("File-Name", first, f"{name} {version}")
    yield Problem(message, fix=fix, severity=severity, data=data)


@rule("FN103", "filename-metadata-mismatch", Severity.ERROR, index=True, since="0.1.0")
def filename_metadata_mismatch(distribution: Distribution) -> Iterator[Problem]:
    """The filename gives another project or version than the core metadata.

    Spelling does not matter: `Sample` and `sample`, `1.0` and `1.0.0` are equal.

    ## Why it matters
    Installers choose a file by its name, and stop when its metadata is that of another project or
    version. PyPI rejects such a file.

    ## How to fix it
    If the file was renamed, give it its original name. To change the name or the version, edit
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
    fix = give_back(distribution) or "rebuild it, and do not rename it afterwards"
    name, version = metadata.name, metadata.version
    if name and normalize(name) != normalize(found.name):
        yield Problem(
            f"the filename gives the project name {quoted(found.name)}, "
            f"but the metadata gives {quoted(name)}; {REFUSED}",
            metadata.place("Name"),
            fix,
            key="name",
            data={"field": "Name", "actual": found.name, "expected": name},
        )
    there = parse_version(version) if version else None
    if there is not None and there != parse_version(found.version):
        yield Problem(
            f"the filename gives the version {quoted(found.version)}, "
            f"but the metadata gives {quoted(version or '')}; {REFUSED}",
            metadata.place("Version"),
            fix,
            key="version",
            data={"field": "Version", "actual": found.version, "expected": version},
        )


@rule("FN104", "rejected-platform-tag", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def rejected_platform_tag(wheel: Wheel) -> Iterator[Problem]:
    """The wheel has a platform tag that PyPI does not accept.

    If pkgaudit has built the wheel itself (`pkgaudit .`), the tag of Linux in general is reported at info
    level: the wheels of a release get their tags from auditwheel or cibuildwheel later.

    ## Why it matters
    PyPI accepts wheels only for platforms with a specification of the libraries that a program can
    rely on: manylinux and musllinux, but not Linux in general; from macOS 11 on, only major versions,
    such as `macosx_11_0_arm64`; Windows, iOS, Android and PyEmscripten; and for each of them only
    certain architectures. PyPI rejects a wheel with any other platform tag. Such a wheel often fails
    on other machines too.

    ## How to fix it
    - `linux_x86_64` and similar tags: `auditwheel repair` (or cibuildwheel, or maturin with
      `--compatibility`) copies the libraries into the wheel and determines the right tag.
      `auditwheel` writes the new wheel to `wheelhouse/`: upload that one, and delete the old wheel.
    - A wheel without compiled code: give it its original filename, or tag it for all platforms:
      `wheel tags --python-tag py3 --abi-tag none --platform-tag any NAME.whl`.
    - `macosx_11_1_arm64`: build with `MACOSX_DEPLOYMENT_TARGET=11.0`.
    - `pyodide_…` and `emscripten_…`: build with a pyodide-build that supports PEP 783.
    - All other platforms: upload the sdist, and keep the wheel on a private index. The profile
      `private` skips this rule.

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
    # Chosen: real wheels have one or two such tags; three keep a message about a hostile wheel short.
    shown = ", ".join(map(quoted, rejected[:3]))
    more = f" and {len(rejected) - 3:,} more" if len(rejected) > 3 else ""
    what = f"the platform tag {shown} is" if len(rejected) == 1 else f"the platform tags {shown}{more} are"
    is_test = wheel.was_built and all(each.startswith("linux_") for each in rejected)
    yield Problem(
        f"{what} not among those that PyPI accepts (as of {platform_tags_date()}); {REFUSED}",
        fix="upload and audit the wheels that auditwheel or cibuildwheel makes"
        if is_test
        else platform_remedy(wheel, rejected),
        severity=Severity.INFO if is_test else None,
        key="platform",
        data={"tags": rejected, "date": platform_tags_date()},
    )


@rule("FN105", "wheel-tag-mismatch", Severity.ERROR, since="0.1.0")
def wheel_tag_mismatch(wheel: Wheel) -> Iterator[Problem]:
    """The tags in the filename and in WHEEL differ.

    This is an error if they have no tag in common. If they share a tag, if WHEEL has none, or if only
    the build number differs, it is a warning, because installers go by the filename.

    ## Why it matters
    After the installation only WHEEL records the tags. If its tags differ from those in the filename,
    `pip check` reports to users that the package does not support their platform. Usually somebody
    renamed the wheel, and nobody checked that it runs there: renaming `linux_x86_64` to
    `manylinux_2_17_x86_64` does not make a wheel portable. PyPI does not compare the tags.

    ## How to fix it
    Build the wheel for the intended platform, or let the tool that makes it portable name it
    (`auditwheel repair`, `delocate-wheel`, `delvewheel repair`). If the wheel was renamed, give it its
    original name. After that, `wheel tags` can correct tags that you know to be wrong: it changes the
    filename, WHEEL and RECORD, and stops if they do not agree.

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
        message = "WHEEL has no Tag, so 'pip check' reports the package as unsupported on every platform"
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
            f"WHEEL has {says}, but the filename {wants}",
            headers.place("Build"),
            fix,
            Severity.WARNING,
            key="build",
            data={"field": "Build", "actual": inner.build, "expected": named.build},
        )


def _contradiction(inside: frozenset[str], outside: frozenset[str]) -> str:
    """Return in which tags WHEEL and the filename differ, as a sentence."""
    if inside.isdisjoint(outside):
        return f"WHEEL has {_some(inside)}, but the filename has {_some(outside)}"
    lacks, more = outside - inside, inside - outside
    said = [f"lacks {_some(lacks)} of the filename"] if lacks else []
    if more:
        said.append(f"has {_some(more)}, which the filename lacks")
    return f"WHEEL {' and '.join(said)}"


# Chosen: a message names up to three such sets, and the first two tags show the difference.
def _some(tags: frozenset[str], most: int = 2) -> str:
    shown = ", ".join(map(quoted, sorted(tags)[:most]))
    noun = "the tag" if len(tags) == 1 else "the tags"
    return f"{noun} {shown}{f' and {len(tags) - most:,} more' if len(tags) > most else ''}"


@rule("FN106", "reserved-name", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def reserved_name(distribution: Distribution) -> Iterator[Problem]:
    """The project has the name of a standard library module.

    ## Why it matters
    PyPI does not allow a new project under the name of a module that is, or was, in the standard
    library of any Python from 2.6 on, so users who install `asyncio` by mistake do not get a
    stranger's package. PyPI compares normalized names, so `XML.etree` is such a name too. Projects
    that existed before, such as `dataclasses`, continue. For those the finding is reported at info
    level, because their owners, and nobody else, can still upload.

    ## How to fix it
    Choose another name. If the project is yours and already exists on PyPI, ignore the rule.

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
    what = "the name of a standard library module"
    if name != normal:
        what = f"which normalizes to {what}"
    if normal in existing_projects():
        yield Problem(
            f"PyPI accepts {quoted(name)}, {what}, only from the owner of that project",
            place,
            SetField("Name", "do nothing if the project is yours, else choose another name"),
            Severity.INFO,
            data={"field": "Name", "value": name},
        )
        return
    day = load("existing_projects").date
    yield Problem(
        f"PyPI reserves {quoted(name)}, {what}, and had no such project on {day}; {REFUSED}",
        place,
        SetField("Name", "choose another name"),
        data={"field": "Name", "value": name, "date": day},
    )


@rule("FN107", "tag-outside-requires-python", Severity.WARNING, since="0.1.0")
def tag_outside_requires_python(wheel: Wheel) -> Iterator[Problem]:
    """The wheel has the tag of a Python that Requires-Python excludes.

    ## Why it matters
    No installer installs the wheel on that Python. Either the tag is left over, like the `py2` of a
    `py2.py3` wheel that needs Python 3, or Requires-Python is wrong and excludes the users that the
    wheel was built for.

    ## How to fix it
    Build pure wheels without `universal`, and remove Pythons that you no longer support from the
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
            f"the wheel has the Python tag {quoted(tag)}, which Requires-Python {quoted(requires.strip())} "
            "excludes",
            metadata.place("Requires-Python"),
            "build the wheel without that tag, or correct `project.requires-python` in pyproject.toml",
            key=tag,
            data={"tag": tag, "field": "Requires-Python", "value": requires.strip()},
        )


_FOR_PYTHON_3 = (
    "remove the option `universal` if it is set, and set `requires-python`, such as '>=3.10': without it, "
    "flit, hatchling, Poetry and PDM tag the wheel for Python 2 too"
)


@rule("FN108", "legacy-tag", Severity.INFO, since="0.1.0")
def legacy_tag(wheel: Wheel) -> Iterator[Problem]:
    """The wheel has the tag of Python 2, or of a manylinux whose build image is no longer maintained.

    ## Why it matters
    Python 2 has had no security update since 2020, and hardly anybody installs packages for it. The
    images for `manylinux1` (CentOS 5) and `manylinux2010` (CentOS 6) get no updates either, so the
    libraries that a build copies from them have known vulnerabilities.

    ## How to fix it
    Set `requires-python` in the `[project]` table of pyproject.toml: without it, hatchling, flit, Poetry and
    PDM tag a pure wheel `py2.py3-none-any`. With setuptools, remove `universal` from the section
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
    # auditwheel adds the old tags, for old installers, beside equivalent tags of PEP 600.
    if any(each.startswith("manylinux_") for each in tags.platforms):
        platforms = []
    for tag in (*pythons, *platforms):
        for_python_3 = require_python(wheel.metadata, _FOR_PYTHON_3)
        fix = for_python_3 if tag in pythons else "build in an image of manylinux_2_28 or later"
        message = f"the wheel has the tag {quoted(tag)}, which is obsolete"
        yield Problem(message, fix=fix, key=tag, data={"tag": tag})


@rule("FN109", "uppercase-tag", Severity.ERROR, since="0.1.0")
def uppercase_tag(wheel: Wheel) -> Iterator[Problem]:
    """The tags in the filename of a wheel contain capital letters.

    ## Why it matters
    Tags are defined in lower case. PyPI and pip ignore the case, so the upload and the first
    test succeed. Other installers compare the tags exactly and find no wheel for the user's system.

    ## How to fix it
    Rename the wheel, and correct the tool that named it. Correct tags are `py3-none-any` and
    `cp313-cp313-win_amd64`, for example.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention>
    """
    if fault(wheel) is not None:
        return
    tag = "-".join(wheel.stem.split("-")[-3:])
    if tag == tag.lower():
        return
    yield Problem(
        f"the tag {quoted(tag)} in the filename contains capital letters; {reaction('tag-in-capitals')}",
        fix=f"rename the wheel so that its tag is {quoted(tag.lower())}",
        severity=harm("tag-in-capitals"),
        key="case",
        data={"tag": tag, "expected": tag.lower()},
    )
