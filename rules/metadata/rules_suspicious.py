"""MD211 to MD218: core metadata that is valid but probably unintended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from pkgaudit.api import (
    Distribution,
    HeaderField,
    Location,
    Problem,
    SetField,
    Severity,
    Wheel,
    counted,
    quoted,
    rule,
)
from pkgaudit.late import lazy
from pkgaudit.rules._shared.fields import (
    at,
    at_most,
    data_of,
    declared_version,
    is_at_least,
    set_field,
)
from pkgaudit.rules._shared.metadata_problems import judged_metadata, set_fields
from pkgaudit.rules._shared.strict_metadata import invalid
from pkgaudit.rules.data.loader import load
from pkgaudit.rules.metadata.requirements import faults
from pkgaudit.rules.metadata.suspicious_classifiers import (
    both_pythons,
    excluded_pythons,
    listed,
    other_licenses,
    two_statuses,
)
from pkgaudit.rules.metadata.suspicious_imports import declared_names, mismatch
from pkgaudit.rules.metadata.suspicious_pythons import is_bound_to_versions, upper_bound
from pkgaudit.rules.metadata.suspicious_templates import is_about_templates, placeholders
from pkgaudit.rules.metadata.suspicious_versions import judge_version

_LOCAL_HOST = lazy(r"localhost|[^.]*|.*\.(?:localhost|local|internal|lan|onion|test|invalid)")
"""Hosts without a certificate, because they are not on the public network; onion services encrypt themselves.

ICANN reserves "internal" for private use; routers use "lan" although it is not reserved.
"""


@rule("MD211", "placeholder-metadata", Severity.WARNING, since="0.1.0")
def placeholder_metadata(distribution: Distribution) -> Iterator[Problem]:
    """A field of the metadata still contains text from a template.

    Examples are `TODO`, "Add your description here", `you@example.com`, `https://github.com/yourusername/…`,
    the repository of the packaging tutorial's sample project, and unrendered template variables. The rule
    skips projects whose names mark them as templates or examples.

    ## Why it matters
    PyPI shows the text on the project page, and you cannot change it for this release after the upload.

    ## How to fix it
    Replace the text, or remove the field, unless it is the summary. The remedy names the place
    where it is set.

    ## References
    - <https://packaging.python.org/en/latest/guides/writing-pyproject-toml/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    """
    metadata = judged_metadata(distribution)
    if metadata is None or is_about_templates(distribution.name):
        return
    for field in placeholders(metadata):
        value = quoted(field.value.strip())
        is_needed = field.key == "summary"  # MD201 reports a distribution without one
        yield Problem(
            f"{field.name} is {value}, which is text from a template",
            at(metadata, field),
            set_field(field, "replace the text" if is_needed else "replace the text, or remove the field"),
            key=field.key,
            data={"field": field.name, "value": field.value.strip()},
        )


@rule("MD212", "fallback-version", Severity.WARNING, since="0.1.0")
def fallback_version(distribution: Distribution) -> Iterator[Problem]:
    """The version is a fallback that tools generate if they find none.

    Examples are `0.0.0` and `0+unknown`, `0.1.dev7` from a checkout without tags, and `.dev` with a commit
    number. Other development versions (`1.4.dev5`) are reported at info level, because some are published on
    purpose. Versions with a date (`1.4.dev20260131`), as in nightly builds, are not reported. MD105 reports
    versions whose only fault is a local part (`+…`).

    ## Why it matters
    A version can only be used once. Tools that derive it from version control find none in a shallow clone,
    in an archive without metadata, or before the first tag. The build still succeeds, and the upload uses
    up a version that is lower than all real ones.

    ## How to fix it
    Build from a full clone with its tags (`fetch-depth: 0`, `git fetch --tags`), on the commit of the release
    tag, or set the version in pyproject.toml.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/#developmental-releases>
    - <https://setuptools-scm.readthedocs.io/en/latest/usage/>
    """
    metadata = judged_metadata(distribution)
    field = next(set_fields(metadata, "Version"), None) if metadata else None
    verdict = judge_version(field.value.strip()) if field else None
    if metadata and field and verdict:
        first = (
            "build the release from the commit of its tag, in a clone with all tags"
            if verdict.severity is Severity.WARNING
            else "set a release version if this is a release"
        )
        yield Problem(
            f"the version {quoted(field.value.strip())} {verdict.reason}",
            at(metadata, field),
            set_field(field, first),
            verdict.severity,
            key="version",
            data={"version": field.value.strip()},
        )


@rule("MD213", "contradictory-classifiers", Severity.WARNING, since="0.1.0")
def contradictory_classifiers(distribution: Distribution) -> Iterator[Problem]:
    """Classifiers contradict another field or each other.

    The rule reports Python versions that Requires-Python excludes, a license that is not in
    License-Expression, "Only" for Python 3 together with Python 2, and two development statuses.

    ## Why it matters
    One of the two is wrong. Users and tools that rely on classifiers assume that the project runs on versions
    for which no installer accepts it, or that they may use it under a license that it does not have.

    ## How to fix it
    Remove outdated entries from `classifiers`, or correct the other field. License classifiers are
    deprecated; License-Expression replaces them.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    - <https://peps.python.org/pep-0639/#deprecate-license-classifiers>
    - <https://pypi.org/classifiers/>
    """
    metadata = judged_metadata(distribution)
    if metadata is None:
        return
    classifiers = list(set_fields(metadata, "Classifier"))
    yield from excluded_pythons(metadata, classifiers)
    yield from both_pythons(distribution, metadata, classifiers)
    yield from other_licenses(metadata)
    yield from two_statuses(metadata, classifiers)


@rule("MD214", "insecure-url", Severity.INFO, since="0.1.0")
def insecure_url(distribution: Distribution) -> Iterator[Problem]:
    """A URL in the metadata starts with `http://`.

    ## Why it matters
    Anyone between the user and the server can change a page that is served over http, for example the
    commands to run. Nearly every host supports https today.

    ## How to fix it
    Change the URL to `https://` and check that the page exists. Remove links to pages that are gone.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#project-url-multiple-use>
    - <https://docs.pypi.org/project_metadata/>
    """
    metadata = judged_metadata(distribution)
    if metadata is None:
        return
    found = [
        (field, url)
        for field in set_fields(metadata, "Home-page", "Project-URL", "Download-URL")
        if _is_insecure(url := _url_of(field))
    ]
    if found:
        field, url = found[0]
        rest = len(found) - 1
        more = f" (and {counted(rest, 'more URL')})" if rest else ""
        yield Problem(
            f"{field.name} {quoted(url)} starts with http://{more}",
            at(metadata, field),
            set_field(field, "change the URL to https:// if the page exists there"),
            key="http",
            data={"field": field.name, "url": url, "count": len(found)},
        )


def _url_of(field: HeaderField) -> str:
    """Return the URL of a field; in a Project-URL it follows the label."""
    value = field.value.strip()
    return value.partition(",")[2].strip() if field.key == "project-url" else value


def _is_insecure(url: str) -> bool:
    """Return whether a URL uses http and has a public host."""
    if url[:7].lower() != "http://":
        return False
    # A URL may be arbitrarily long, but its host may not; the limit bounds the time on hostile input.
    authority = re.split(r"[/?#\\]", url[7:1000], maxsplit=1)[0].rpartition("@")[2]
    host = authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
    if _LOCAL_HOST.fullmatch(host.lower()):
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return True


@rule("MD215", "import-name-mismatch", Severity.WARNING, since="0.1.0")
def import_name_mismatch(wheel: Wheel) -> Iterator[Problem]:
    """Import-Name and Import-Namespace differ from the content of the wheel.

    The rule reports a warning if a declared name is missing, or if the wheel declares that it has no names.
    It reports undeclared names at info level.

    ## Why it matters
    With these fields, tools know which project provides an import without opening the wheel. They find
    missing or unused dependencies, and projects that clash.

    ## How to fix it
    List the importable names in pyproject.toml, or remove the key, so the build backend fills the
    field. Setuptools 84, sip and whey stop at the key; Poetry, maturin, meson-python and py-build-cmake
    ignore it. Mark names that users should not import:

        [project]
        import-names = ["tides", "_tides; private"]

    ## References
    - <https://peps.python.org/pep-0794/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#import-name-multiple-use>
    """
    metadata = judged_metadata(wheel)
    if metadata is None or not wheel.is_readable or not is_at_least(declared_version(metadata), "2.5"):
        return
    found = mismatch(wheel, metadata)
    if found is None or any(
        name and invalid(field.key, field.value) for name, field in declared_names(metadata)
    ):
        return  # MD104 reports names that are not valid import names
    if found.absent:
        field = found.absent[0]
        names = listed([quoted(each.value.partition(";")[0].strip()) for each in found.absent])
        yield Problem(
            f"{field.name} {names} cannot be imported from this wheel, which has no such module or package",
            at(metadata, field),
            set_field(field, "list the names that the wheel installs"),
            key="absent",
            data={
                "field": field.name,
                "modules": [each.value.partition(";")[0].strip() for each in found.absent],
            },
        )
    elif found.undeclared:
        names = listed([quoted(each) for each in found.undeclared])
        fault = "declares that there is nothing to import" if found.is_none_declared else "does not list it"
        yield Problem(
            f"the wheel installs {names}, but Import-Name {fault}",
            metadata.place("Import-Name"),
            SetField("Import-Name", "list the names that the wheel installs"),
            None if found.is_none_declared else Severity.INFO,
            key="unstated",
            data={"field": "Import-Name", "modules": found.undeclared},
        )


@rule("MD216", "upper-capped-python", Severity.INFO, since="0.1.0")
def upper_capped_python(distribution: Distribution) -> Iterator[Problem]:
    """Requires-Python excludes future Python versions.

    The rule is silent if there is a visible reason: compiled code, or a backport of features of newer
    Pythons.

    ## Why it matters
    If the project runs on the next Python, you cannot change a published release. Installers do not mention
    the bound: they install an older release without one, with bugs that are fixed long ago. Every project
    that depends on this one has to repeat the bound.

    ## How to fix it
    Keep only the lower bound:

        [project]
        requires-python = ">=3.10"

    Poetry converts `^3.10` to `>=3.10,<4.0`; write `>=3.10` instead.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    - <https://packaging.python.org/en/latest/guides/dropping-older-python-versions/>
    """
    metadata = judged_metadata(distribution)
    field = next(set_fields(metadata, "Requires-Python"), None) if metadata else None
    bound = upper_bound(field.value.strip()) if field else None
    if metadata and field and bound and distribution.is_readable and not is_bound_to_versions(distribution):
        yield Problem(
            f"Requires-Python {quoted(field.value.strip())} excludes future Pythons with {quoted(bound)}",
            Location(metadata.path, field.line),
            set_field(field, "keep only the lower bound"),
            key="bound",
            data={"field": "Requires-Python", "value": field.value.strip(), "limit": bound},
        )


@rule("MD217", "recent-metadata-version", Severity.INFO, since="0.1.0")
def recent_metadata_version(distribution: Distribution) -> Iterator[Problem]:
    """An older release of twine rejects the Metadata-Version, which PyPI accepts.

    ## Why it matters
    Some build backends write a new version into the metadata of all projects: hatchling 1.33 and
    flit-core 4.2 write 2.5. A release of twine that does not know the version stops before it uploads
    anything. Other uploaders send the file.

    ## How to fix it
    Raise the version of twine where you upload, such as in a requirements file of the CI. If you upload with
    a current twine or with another tool, ignore the rule:

        [tool.pkgaudit]
        ignore = ["MD217"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#metadata-version>
    - <https://twine.readthedocs.io/en/stable/changelog.html>
    """
    metadata = judged_metadata(distribution)
    value = metadata.first("Metadata-Version") if metadata else None
    # By release, oldest first.
    rejected: dict[str, list[str]] = load("installers").values["uploaders"]
    rejecting = [release for release, versions in rejected.items() if value in versions]
    accepting = [release for release in rejected if release not in rejecting]
    if metadata and value and rejecting and accepting:
        yield Problem(
            f"twine {rejecting[-1]} rejects Metadata-Version {value}; twine {accepting[-1]} accepts it",
            metadata.place("Metadata-Version"),
            f"upload with twine {accepting[-1]} or later",
            key="twine",
            data={"field": "Metadata-Version", "value": value, "expected": accepting[-1]},
        )


@rule("MD218", "unusable-requirement", Severity.WARNING, since="0.1.0")
def unusable_requirement(distribution: Distribution) -> Iterator[Problem]:
    """A dependency cannot be installed, or no installer ever installs it; or no Python is allowed.

    The rule reports markers that compare a variable with a value that it never has, such as
    `sys_platform == "windows"`; extras that no Provides-Extra declares; and names that are not projects, such
    as `python` and modules of the standard library. A Requires-Python that excludes every Python is an error.
    DP102, DP106 and DP110 report the project itself, versions that exclude each other, and backports.

    ## Why it matters
    Installers stop, or they leave out a dependency without a message, so the code fails when it is imported.
    This happens to all users, or to all users of one system, but not in the environment of the developers.

    ## How to fix it
    Correct the requirement in `dependencies` or `optional-dependencies`, rebuild, and install the wheel in a
    new environment. `sys_platform` is `win32`, `darwin` or `linux`; `platform_system` is `Windows`, `Darwin`
    or `Linux`; `os_name` is `nt` or `posix`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/>
    """
    metadata = judged_metadata(distribution)
    if metadata is None:
        return
    problems = (
        Problem(
            each.message,
            at(metadata, each.field),
            set_field(each.field, each.remedy),
            each.severity,
            key=each.key,
            data=data_of(each.field),
        )
        for each in faults(metadata)
    )
    yield from at_most(problems, metadata.path)
