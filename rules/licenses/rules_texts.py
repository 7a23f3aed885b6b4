"""LC104 to LC109: the license fields compared with the license files."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Files,
    Include,
    Location,
    Problem,
    Release,
    SetField,
    Severity,
    Summaries,
    TextFile,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.fields import at, declared_version, is_at_least, set_field
from pkgaudit.rules._shared.license_classifiers import contradicting, license_classifiers, meant_by
from pkgaudit.rules._shared.metadata_problems import judged_metadata, set_fields
from pkgaudit.rules._shared.strict_metadata import invalid
from pkgaudit.rules.licenses.files import (
    has_license_file,
    is_license_name,
    may_hold_license,
    reuse_files,
    top_files,
    unlisted_files,
)
from pkgaudit.rules.licenses.phrases import LARGEST, LicenseText, read_license
from pkgaudit.rules.licenses.stated import contradiction, needs_text, stated_license
from pkgaudit.rules.licenses.vendored import LicenseMention, mentions_license, unlicensed, vendor_folder

_SHOWN = 3
"""How many folders of vendored code are reported one by one. Chosen: real distributions have one or two."""


@summary(files=Files(nested=False))
def license_text(file: BinaryFile) -> LicenseText | None:
    """Return the licenses in a license file; a file that is too large has no single license."""
    if file.window.offset or not may_hold_license(file.path):
        return None
    if not file.window.whole or len(file.data) > LARGEST:
        return LicenseText((), False)
    text = file.window.view(TextFile, file.member)
    return read_license(text.text) if text else LicenseText((), False)


@summary(files=Files((".py", ".pyi"), nested=False))
def license_mention(file: BinaryFile) -> LicenseMention | None:
    """Return the vendor folder of a module that mentions its license, None for other files."""
    if file.window.offset:
        return None
    folder = vendor_folder(file.path)
    return LicenseMention(folder) if folder and mentions_license(file.data) else None


@rule("LC104", "deprecated-license-classifier", Severity.INFO, since="0.1.0")
def deprecated_license_classifier(distribution: Distribution) -> Iterator[Problem]:
    """Classifiers state the license, although License-Expression has replaced them.

    The rule applies to metadata version 2.4 and later, and to classifiers with an SPDX identifier. Without
    License-Expression beside them, they are reported only with `--pedantic` or if the rule is selected by
    name.

    ## Why it matters
    `License :: OSI Approved :: BSD License` does not say which BSD license applies, and several classifiers
    do not say whether users may choose one. Build backends warn of license classifiers, and some reject them
    beside an expression.

    ## How to fix it
    Remove the classifiers and write an SPDX expression:

        [project]
        license = "BSD-3-Clause"
        license-files = ["LICENSE"]

    ## References
    - <https://peps.python.org/pep-0639/#deprecate-license-classifiers>
    - <https://packaging.python.org/en/latest/specifications/license-expression/>
    """
    metadata = judged_metadata(distribution)
    if metadata is None or not is_at_least(declared_version(metadata), "2.4"):
        return
    found = [each for each in license_classifiers(metadata) if meant_by(each.value.strip())]
    if not found or contradicting(metadata):  # MD213 reports a contradiction
        return
    field, more = found[0], len(found) - 1
    expression = next(set_fields(metadata, "License-Expression"), None)
    beside = f" beside License-Expression {quoted(expression.value.strip())}" if expression else ""
    first = (
        "remove the license classifiers" if expression else "replace it with an SPDX expression in `license`"
    )
    yield Problem(
        f"the classifier {quoted(field.value.strip())}{f' (and {more} more)' if more else ''} states "
        f"the license{beside}; license classifiers are deprecated",
        at(metadata, field),
        set_field(field, first),
        key="classifier",
        data={
            "classifier": field.value.strip(),
            "count": len(found),
            **({"license": expression.value.strip()} if expression else {}),
        },
        pedantic=expression is None,
    )


@rule("LC105", "placeholder-license", Severity.WARNING, since="0.1.0")
def placeholder_license(distribution: Distribution, texts: Summaries[LicenseText]) -> Iterator[Problem]:
    """The copyright line of the license file still has the template's placeholders.

    Examples are `Copyright (c) [year] [fullname]`, `<YEAR> <COPYRIGHT HOLDER>` and
    `{{ cookiecutter.author }}`. The rule covers licenses whose text begins with the owner's copyright line,
    such as MIT, BSD, ISC and zlib. Licenses with an appendix on how to apply them (Apache, GPL) have a
    placeholder in every copy.

    ## Why it matters
    These licenses require that copies keep the copyright line, which names the owner who grants the
    permission. With a placeholder, no one grants the permission.

    ## How to fix it
    Write the year and the owner into the file.

    ## References
    - <https://choosealicense.com/licenses/mit/>
    - <https://spdx.org/licenses/MIT.html>
    """
    if not distribution.is_readable:
        return
    for path in top_files(distribution):
        text = texts.get(path)
        if text and text.line and path not in distribution.unread:
            yield Problem(
                f"{quoted(path)} has a copyright line with placeholders: {quoted(text.placeholder)}",
                Location(path, text.line),
                "write the year and the owner of the copyright into the project's license file",
                key="line",
                data={"value": text.placeholder},
            )
            return


@rule("LC106", "unlisted-license-file", Severity.INFO, since="0.1.0")
def unlisted_license_file(distribution: Distribution) -> Iterator[Problem]:
    """No License-File names a license file of the distribution.

    License files are `LICENSE*`, `COPYING*` and `NOTICE*` in the root folder of an sdist and in the dist-info
    folder of a wheel, and all files in its `licenses/`. The rule applies to metadata version 2.4 and later.

    ## Why it matters
    Tools that collect licenses read License-File and miss other files. Wheels that are built from an sdist
    contain only the listed files, so they lack this license.

    ## How to fix it
    Let the patterns match all of them:

        [project]
        license-files = ["LICEN[CS]E*", "COPYING*", "NOTICE*"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#license-file>
    - <https://peps.python.org/pep-0639/#add-license-file-field>
    """
    metadata = judged_metadata(distribution)
    if metadata is None or not distribution.is_readable:
        return
    is_dynamic = "license-file" in {each.lower() for each in metadata.all("Dynamic")}
    if is_dynamic or not is_at_least(declared_version(metadata), "2.4"):
        return
    found = sorted(unlisted_files(distribution, metadata))
    if any(invalid("license-file", each) for each in metadata.all("License-File")):
        return  # MD104 reports an invalid License-File
    if found:
        others = len(found) - 1
        more = f"; nor {'is' if others == 1 else 'are'} {counted(others, 'more license file')}"
        yield Problem(
            f"{quoted(found[0])} is not named by any License-File{more if others else ''}",
            Location(found[0]),
            SetField("License-File", "list the file, or a pattern that matches it"),
            key=found[0].rpartition("/")[2],
            data={"paths": found},
            cause="unlisted license files",
        )


@rule("LC107", "vendored-code-without-license", Severity.INFO, since="0.1.0")
def vendored_code_without_license(
    distribution: Distribution, mentions: Summaries[LicenseMention]
) -> Iterator[Problem]:
    """The distribution bundles packages of other projects without their licenses.

    A folder called `_vendor`, `third_party`, `extern` or similar contains packages, but no license file, no
    metadata, and no module that mentions a license or a copyright at its beginning. The distribution has no
    list of third-party licenses either.

    ## Why it matters
    Nearly all licenses require that every copy includes their text, or at least the copyright line. Without
    it, redistributors must find out the licenses of the bundled packages themselves.

    ## How to fix it
    Keep the license file of each project beside its code, and list it:

        [project]
        license-files = ["LICENSE", "src/*/_vendor/**/LICENSE*"]

    ## References
    - <https://peps.python.org/pep-0639/#add-license-file-field>
    - <https://packaging.python.org/en/latest/guides/licensing-examples-and-user-scenarios/>
    """
    if not distribution.is_readable:
        return
    found = list(unlicensed(distribution, mentions))
    for number, (folder, package) in enumerate(found[:_SHOWN], 1):
        rest = len(found) - _SHOWN if number == _SHOWN else 0
        more = f"; the same applies to {counted(rest, 'more folder')}" if rest > 0 else ""
        yield Problem(
            f"{quoted(folder)} contains {quoted(package)}, which appears to be vendored, but no "
            f"license{more}",
            Location(folder),
            Include(f"{folder}/{package}/LICENSE", "copy the license file from that project"),
            key=folder.rpartition("/")[2],
            data={"name": package, "path": f"{folder}/", "count": max(rest, 0) + 1},
        )


@rule("LC108", "license-text-mismatch", Severity.WARNING, since="0.1.0")
def license_text_mismatch(distribution: Distribution, texts: Summaries[LicenseText]) -> Iterator[Problem]:
    """The license file has the text of another license than the metadata states.

    The rule reads License-Expression, else an SPDX expression in License, else a single license classifier.
    It reports a mismatch only if each of the project's license files has the text of exactly one well-known
    license, and none of these can be the stated one.

    ## Why it matters
    Users, and tools that check licenses for them, rely on the metadata, but in court the text counts.

    ## How to fix it
    Correct the license file or the metadata, depending on which is wrong.

    ## References
    - <https://packaging.python.org/en/latest/specifications/license-expression/>
    - <https://spdx.org/licenses/>
    """
    metadata = judged_metadata(distribution)
    stated = stated_license(metadata) if metadata else None
    if metadata is None or stated is None or not distribution.is_readable:
        return
    if contradicting(metadata) or any(reuse_files(distribution)):
        return
    paths = sorted(path for path in top_files(distribution) if path not in distribution.unread)
    path = contradiction(stated, paths, texts)
    if path is not None:
        yield Problem(
            f"{quoted(path)} has the text of {texts[path].found[0]}, but {stated.field.name} is "
            f"{quoted(stated.field.value.strip())}",
            Location(path),
            set_field(stated.field, "correct it, or the license file"),
            key="text",
            data={
                "field": stated.field.name,
                "value": stated.field.value.strip(),
                "license": texts[path].found[0],
            },
        )


@rule("LC109", "missing-license-text", Severity.INFO, since="0.1.0")
def missing_license_text(release: Release) -> Iterator[Problem]:
    """The metadata names a license, but the distribution does not contain its text.

    The rule looks for a file with the name of a license (`LICENSE`, `COPYING`, `NOTICE` …) in any folder, and
    for the text in the description. Licenses that do not require their text, such as `0BSD`, `Unlicense` and
    `CC0-1.0`, are not reported, and neither is `LicenseRef-…`. The finding is a warning if the sdist of the
    same version, or the checkout in which the audit runs, has the license file.

    ## Why it matters
    Most licenses, such as MIT, BSD and Apache, require that every copy includes their text. Without it,
    everybody who passes the distribution on violates the license. The texts of MIT and BSD also name the
    copyright holder, who grants the permission.

    ## How to fix it
    Put the text into a file `LICENSE` beside pyproject.toml, and list it:

        [project]
        license = "MIT"
        license-files = ["LICENSE"]

    ## References
    - <https://packaging.python.org/en/latest/guides/licensing-examples-and-user-scenarios/>
    - <https://choosealicense.com/licenses/>
    """
    for distribution in release.distributions:
        metadata = judged_metadata(distribution)
        if metadata is None or not distribution.is_readable or any(metadata.all("License-File")):
            continue  # LC101 reports a listed file that is missing
        field = needs_text(metadata)
        if field is None or has_license_file(distribution):
            continue
        place, path = _license_beside(distribution, release)
        where = f"; {place} has it as {quoted(path)}" if path else ""
        yield Problem(
            f"{field.name} is {quoted(field.value.strip())}, but no file contains the text of the "
            f"license{where}",
            at(metadata, field),
            SetField(
                "License-File",
                f"let the build backend pack {quoted(path)}"
                if path
                else "put the text of the license into a file LICENSE, and list the file",
                right=(path,) if path else None,
            ),
            Severity.WARNING if path else None,
            key="text",
            distribution=distribution.path,
            data={"field": field.name, "value": field.value.strip(), **({"path": path} if path else {})},
        )


def _license_beside(distribution: Distribution, release: Release) -> tuple[str, str]:
    """Return a place that has the license file, and the path of the file in it; both empty if none has it."""
    for sdist in release.sdists:
        if sdist is not distribution and sdist.version == distribution.version and sdist.root:
            paths = [path[len(sdist.root) + 1 :] for path in top_files(sdist)]
            if paths:
                return "the sdist", _best(paths)
    paths = [path for path in release.checkout.tracked if is_license_name(path)] if release.checkout else []
    return ("the repository", _best(paths)) if paths else ("", "")


def _best(paths: list[str]) -> str:
    """Return the license file to name: LICENSE rather than COPYING."""
    return min(paths, key=lambda each: ("licen" not in each.lower(), each))
