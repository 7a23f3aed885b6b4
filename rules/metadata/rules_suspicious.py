"""MD211 to MD216: core metadata that is there and can hardly be meant."""

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
from pkgaudit.rules._shared.fields import at, declared_version, is_at_least, set_field
from pkgaudit.rules._shared.metadata_problems import judged_metadata, set_fields
from pkgaudit.rules._shared.strict_metadata import invalid
from pkgaudit.rules.metadata.suspicious_classifiers import (
    both_pythons,
    excluded_pythons,
    listed,
    other_licenses,
    two_statuses,
)
from pkgaudit.rules.metadata.suspicious_imports import mismatch, stated_names
from pkgaudit.rules.metadata.suspicious_pythons import is_bound_to_versions, upper_bound
from pkgaudit.rules.metadata.suspicious_templates import is_about_templates, placeholders
from pkgaudit.rules.metadata.suspicious_versions import judge_version

_LOCAL_HOST = re.compile(r"localhost|[^.]*|.*\.(?:localhost|local|internal|lan|onion|test|invalid)")
"""Hosts that have no certificate, as they are not on the public network; an onion service encrypts by itself.

"internal" is reserved for private use by ICANN, "lan" is what routers use without being allowed to.
"""


@rule("MD211", "placeholder-metadata", Severity.WARNING, since="0.1.0")
def placeholder_metadata(distribution: Distribution) -> Iterator[Problem]:
    """A field of the metadata still has the text of a template.

    `TODO`, "Add your description here", `you@example.com`, `https://github.com/yourusername/…`, the
    repository of the sample project that the packaging tutorial is about, variables that no template engine
    has replaced. A project whose name says that it is a template or an example is left alone.

    ## Why it matters
    PyPI shows it on the project's page, and after the upload it cannot be changed for this release.

    ## How to fix it
    Write what is true, or remove the field. The finding names where it is set.

    ## References
    - <https://packaging.python.org/en/latest/guides/writing-pyproject-toml/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    """
    metadata = judged_metadata(distribution)
    if metadata is None or is_about_templates(distribution.name):
        return
    for field in placeholders(metadata):
        value = quoted(field.value.strip())
        yield Problem(
            f"{field.name} is {value}, which a template left to be replaced",
            at(metadata, field),
            set_field(field, "write what is true, or remove it"),
            key=field.key,
            data={"field": field.name, "value": field.value.strip()},
        )


@rule("MD212", "fallback-version", Severity.WARNING, since="0.1.0")
def fallback_version(distribution: Distribution) -> Iterator[Problem]:
    """The version is one that tools make up where they find none.

    `0.0.0` and `0+unknown`, `0.1.dev7` of a checkout without tags, `.dev` with the number of a commit.
    Other development versions (`1.4.dev5`) are an info, since some are published on purpose; those numbered
    by the day (`1.4.dev20260131`), as nightly builds are, are left alone. Of a local part (`+…`) alone MD105
    tells.

    ## Why it matters
    A version can be used once. Tools that take it from version control find none in a shallow clone, in an
    archive without its metadata, or before the first tag; the build succeeds all the same, and the upload
    uses up a version below all real ones.

    ## How to fix it
    Build from a full clone with its tags (`fetch-depth: 0`, `git fetch --tags`), on the commit of the
    release's tag, or set the version in pyproject.toml.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/#developmental-releases>
    - <https://setuptools-scm.readthedocs.io/en/latest/usage/>
    """
    metadata = judged_metadata(distribution)
    field = next(set_fields(metadata, "Version"), None) if metadata else None
    verdict = judge_version(field.value.strip()) if field else None
    if metadata and field and verdict:
        first = (
            "build the release from the commit of its tag, in a clone that has the tags"
            if verdict.severity is Severity.WARNING
            else "set the version of the release, if this is to be one"
        )
        yield Problem(
            f"the version {quoted(field.value.strip())} {verdict.why}",
            at(metadata, field),
            set_field(field, first),
            verdict.severity,
            key="version",
            data={"version": field.value.strip()},
        )


@rule("MD213", "contradictory-classifiers", Severity.WARNING, since="0.1.0")
def contradictory_classifiers(distribution: Distribution) -> Iterator[Problem]:
    """Classifiers contradict another field, or each other.

    Versions of Python that Requires-Python excludes; a license that is not in License-Expression; Python 3
    alone beside Python 2; two development statuses.

    ## Why it matters
    One of the two is wrong. Users and tools that go by classifiers believe that the project runs where no
    installer takes it, or that they may use it under a license that is not its own.

    ## How to fix it
    Remove what is no longer true from `classifiers`, or correct the other field. License classifiers are
    deprecated: License-Expression alone is enough.

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
    """A URL in the metadata begins with `http://`.

    ## Why it matters
    Anybody between the user and the server can change what a page over http says, which commands to
    run for example. Nearly every host has https today.

    ## How to fix it
    Write `https://`, after a look at whether the page is there. What is gone should not be linked at all.

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
        more = f", and so {'does' if rest == 1 else 'do'} {counted(rest, 'more URL')}" if rest else ""
        yield Problem(
            f"{field.name} {quoted(url)} begins with http://{more}",
            at(metadata, field),
            set_field(field, "write https://, if the page is there"),
            key="http",
            data={"field": field.name, "url": url, "count": len(found)},
        )


def _url_of(field: HeaderField) -> str:
    """Return the URL of a field; a Project-URL has its label before it."""
    value = field.value.strip()
    return value.partition(",")[2].strip() if field.key == "project-url" else value


def _is_insecure(url: str) -> bool:
    """Return whether a URL is one of http, and of a host that others can reach."""
    if url[:7].lower() != "http://":
        return False
    # A URL is as long as one likes, its host is not; it bounds the time on hostile input.
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
    """Import-Name and Import-Namespace are not what the wheel installs.

    A name that is stated and missing is a warning, and so is a wheel that states that it has none. An info
    where the wheel installs more than is stated.

    ## Why it matters
    Tools tell by these fields which project an import comes from, without opening the wheel: which
    dependency is missing, which is not used, which two projects clash.

    ## How to fix it
    List in pyproject.toml what is to be imported, or leave the key out and let the build backend fill
    the field in. Setuptools 84, sip and whey stop at the key; Poetry, maturin, meson-python and
    py-build-cmake ignore it. Mark what users should not import:

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
        name and invalid(field.key, field.value) for name, field in stated_names(metadata)
    ):
        return  # what is no import name at all, MD104 tells
    if found.absent:
        field = found.absent[0]
        names = listed([quoted(each.value.partition(";")[0].strip()) for each in found.absent])
        yield Problem(
            f"{names} of {field.name} cannot be imported from this wheel: there is no such module or package",
            at(metadata, field),
            set_field(field, "list what the wheel installs"),
            key="absent",
            data={
                "field": field.name,
                "modules": [each.value.partition(";")[0].strip() for each in found.absent],
            },
        )
    elif found.unstated:
        names = listed([quoted(each) for each in found.unstated])
        are_stated = "states that there is nothing to import" if found.is_none_stated else "does not list it"
        yield Problem(
            f"the wheel installs {names}, and Import-Name {are_stated}",
            metadata.place("Import-Name"),
            SetField("Import-Name", "list what the wheel installs"),
            None if found.is_none_stated else Severity.INFO,
            key="unstated",
            data={"field": "Import-Name", "modules": found.unstated},
        )


@rule("MD216", "upper-capped-python", Severity.INFO, since="0.1.0")
def upper_capped_python(distribution: Distribution) -> Iterator[Problem]:
    """Requires-Python excludes versions of Python that are yet to come.

    Not where there is a reason to be seen: compiled code, or a backport of what newer Pythons have.

    ## Why it matters
    A release cannot be changed when the next Python comes out and the project runs on it. Installers do not
    say that the bound is in the way: they go back to an older release that has none, with faults long
    mended. Every project that depends on this one has to repeat the bound.

    ## How to fix it
    Keep the lower bound alone:

        [project]
        requires-python = ">=3.10"

    With Poetry, `^3.10` becomes `>=3.10,<4.0`: write `>=3.10`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    - <https://packaging.python.org/en/latest/guides/dropping-older-python-versions/>
    """
    metadata = judged_metadata(distribution)
    field = next(set_fields(metadata, "Requires-Python"), None) if metadata else None
    bound = upper_bound(field.value.strip()) if field else None
    if metadata and field and bound and distribution.is_readable and not is_bound_to_versions(distribution):
        yield Problem(
            f"Requires-Python {quoted(field.value.strip())} excludes Pythons to come by {quoted(bound)}",
            Location(metadata.path, field.line),
            set_field(field, "keep the lower bound alone"),
            key="bound",
            data={"field": "Requires-Python", "value": field.value.strip(), "limit": bound},
        )
