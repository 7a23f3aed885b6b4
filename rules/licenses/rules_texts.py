"""LC104 to LC108: what is said of the license beside what the license files hold."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Include,
    Location,
    Problem,
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
from pkgaudit.rules.licenses.files import may_hold_license, reuse_files, top_files, unlisted_files
from pkgaudit.rules.licenses.phrases import LARGEST, LicenseText, read_license
from pkgaudit.rules.licenses.stated import contradiction, stated_license
from pkgaudit.rules.licenses.vendored import LicenseMention, mentions_license, unlicensed, vendor_folder

_SHOWN = 3
"""Folders of other projects' code that are told one by one; real distributions have one or two."""


@summary
def license_text(file: BinaryFile) -> LicenseText | None:
    """Return which licenses a license file holds; one that is too large is of no single license."""
    if file.member.is_nested or file.window.offset or not may_hold_license(file.path):
        return None
    if not file.window.whole or len(file.data) > LARGEST:
        return LicenseText((), False)
    text = file.window.view(TextFile, file.member)
    return read_license(text.text) if text else LicenseText((), False)


@summary
def license_mention(file: BinaryFile) -> LicenseMention | None:
    """Return that a module of another project speaks of its license."""
    if file.member.is_nested or file.window.offset or file.member.suffix not in (".py", ".pyi"):
        return None
    folder = vendor_folder(file.path)
    return LicenseMention(folder) if folder and mentions_license(file.data) else None


@rule("LC104", "deprecated-license-classifier", Severity.INFO, since="0.1.0")
def deprecated_license_classifier(distribution: Distribution) -> Iterator[Problem]:
    """The license is stated by classifiers, which License-Expression has replaced.

    Only where the metadata version (2.4 and later) has that field, and of classifiers for which there is an
    SPDX identifier. Without License-Expression beside them they are reported only with `--pedantic` or where
    the rule is selected by its name.

    ## Why it matters
    `License :: OSI Approved :: BSD License` does not tell which of the BSD licenses it is, and several
    classifiers do not tell whether one may choose. Build backends warn of them, and some refuse them beside
    an expression.

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
    if not found or contradicting(metadata):  # then MD213 tells of it
        return
    field, more = found[0], len(found) - 1
    expression = next(set_fields(metadata, "License-Expression"), None)
    beside = f" beside License-Expression {quoted(expression.value.strip())}" if expression else ""
    first = (
        "remove the licence classifiers" if expression else "replace it by an SPDX expression as `license`"
    )
    yield Problem(
        f"the classifier {quoted(field.value.strip())}{f' (and {more} more)' if more else ''} states "
        f"the licence{beside}; licence classifiers are deprecated",
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
    """The copyright line of the license file is that of the template.

    `Copyright (c) [year] [fullname]`, `<YEAR> <COPYRIGHT HOLDER>`, `{{ cookiecutter.author }}`, in licenses
    whose text begins with the owner's own line: MIT, BSD, ISC, zlib and their like. Those whose appendix
    tells how to apply them (Apache, GPL) have such a line in every copy.

    ## Why it matters
    These licenses ask that the copyright line is kept, and the line is what says who gives the permission.
    With a placeholder nobody does.

    ## How to fix it
    Fill in the year and the owner in the file.

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
                f"the copyright line of the licence is a template's: {quoted(text.placeholder)}",
                Location(path, text.line),
                "write the year and who owns the copyright, in the licence file of the project",
                key="line",
                data={"value": text.placeholder},
            )
            return


@rule("LC106", "unlisted-license-file", Severity.INFO, since="0.1.0")
def unlisted_license_file(distribution: Distribution) -> Iterator[Problem]:
    """A license file of the distribution is not named by any License-File.

    `LICENSE*`, `COPYING*` and `NOTICE*` at the root of an sdist and in the dist-info folder of a wheel, and
    whatever is in its `licenses/`. Only where the metadata version (2.4 and later) has the field.

    ## Why it matters
    Tools that collect licenses go by License-File and do not see the others. What an sdist does not list is
    not in the wheels that are built from it either, so that they come without the license.

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
        return  # what it should name, MD104 tells
    if found:
        more = f", nor {counted(len(found) - 1, 'more licence file')}" if len(found) > 1 else ""
        yield Problem(
            f"no License-File names {quoted(found[0].rpartition('/')[2])}{more}",
            Location(found[0]),
            SetField("License-File", "let the patterns match it"),
            key=found[0].rpartition("/")[2],
            data={"paths": found},
        )


@rule("LC107", "vendored-code-without-license", Severity.INFO, since="0.1.0")
def vendored_code_without_license(
    distribution: Distribution, mentions: Summaries[LicenseMention]
) -> Iterator[Problem]:
    """Packages of other projects are bundled, and nothing with them says under which license they are.

    A folder called `_vendor`, `third_party`, `extern` or so, with packages in it, and no license file or
    metadata beside them, no word of a license or a copyright at the head of a module, nor a list of the
    licenses of others in the distribution.

    ## Why it matters
    Nearly all licenses ask that their text, or at least the copyright line, goes with every copy. Who
    passes the distribution on has to find out what is in it.

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
        more = f", and so it is with {counted(rest, 'more folder')}" if rest > 0 else ""
        yield Problem(
            f"{quoted(package)} in {quoted(folder.rpartition('/')[2] + '/')} seems to be another project's, "
            f"and nothing in that folder says under which licence it is{more}",
            Location(folder),
            Include(f"{folder}/{package}/LICENSE", "take the licence file from that project"),
            key=folder.rpartition("/")[2],
            data={"name": package, "path": f"{folder}/", "count": max(rest, 0) + 1},
        )


@rule("LC108", "license-text-mismatch", Severity.WARNING, since="0.1.0")
def license_text_mismatch(distribution: Distribution, texts: Summaries[LicenseText]) -> Iterator[Problem]:
    """The license file has the text of another license than the metadata states.

    What is stated is License-Expression, else an SPDX expression in License, else the one license
    classifier. It is compared only if each license file at the top is the text of one well-known license
    and of nothing else, and none of them may be what is stated.

    ## Why it matters
    Users, and the tools that check for them what they may use, go by the metadata; in court the text
    counts.

    ## How to fix it
    Correct whichever of the two is wrong.

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
            f"the licence file has the text of {texts[path].found[0]}, and {stated.field.name} is "
            f"{quoted(stated.field.value.strip())}",
            Location(path),
            set_field(stated.field, "correct it, or the licence file"),
            key="text",
            data={
                "field": stated.field.name,
                "value": stated.field.value.strip(),
                "license": texts[path].found[0],
            },
        )
