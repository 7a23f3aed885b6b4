"""AR101 to AR110, AR114, AR115: the structure and integrity of the archive, including hostile archives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pkgaudit.api import (
    Anomaly,
    AnomalyKind,
    Distribution,
    Location,
    Problem,
    Severity,
    Wheel,
    counted,
    quoted,
    rule,
)
from pkgaudit.model.entry import DetectionStage
from pkgaudit.rules._shared.index_words import REFUSED, TRIPS, UNNOTICED
from pkgaudit.rules.archive.path_names import is_in_tests
from pkgaudit.rules.data.loader import marked_files

_DETAILS = re.compile(r"'[^']*'|\b0x[0-9a-f]+|\b[0-9a-f]{8}\b|\d+")
"""Details in which messages on one fault differ: names, hexadecimal flags, CRC-32 checksums and numbers."""

_DRIVE = re.compile(r"[A-Za-z]:")


def _fault(anomaly: Anomaly) -> str:
    """Return the message without its details, which is the same for all anomalies of one fault."""
    message = anomaly.message
    if anomaly.member is not None:
        message = message.replace(quoted(anomaly.member), "#")
    return _DETAILS.sub("#", message)


def _problem(
    anomaly: Anomaly, fix: str, consequence: str, severity: Severity | None = None, more: int = 0
) -> Problem:
    message = f"{anomaly.message} (and {counted(more, 'more member')})" if more else anomaly.message
    if anomaly.offset is not None and "byte" not in message:
        message = f"{message} (at byte {anomaly.offset:,})"
    if consequence:
        message = f"{message}; {consequence}"
    # Offsets and sizes change from one release to the next, but the fault does not.
    key = _DETAILS.sub("#", anomaly.message)
    data = {"count": more + 1} | ({} if anomaly.offset is None else {"offset": anomaly.offset})
    return Problem(message, Location(anomaly.member), fix, severity, key=key, data=data)


def _grouped(distribution: Distribution, anomalies: list[Anomaly]) -> Iterator[tuple[Anomaly, int, str]]:
    """Yield the first anomaly of each kind, the number of further ones, and how PyPI reacts.

    Anomalies of one kind in many members have one cause.
    """
    groups: dict[tuple[bool, str, str], list[Anomaly]] = {}
    for anomaly in anomalies:
        outcome = _outcome(anomaly, distribution)
        key = anomaly.member is None, _fault(anomaly), outcome
        groups.setdefault(key, []).append(anomaly)
    for (*_, outcome), group in groups.items():
        yield group[0], len(group) - 1, outcome


def _outcome(anomaly: Anomaly, distribution: Distribution) -> str:
    """Return how PyPI reacts. PyPI notices faults in the data of a member only if it reads the member."""
    stage = anomaly.stage
    if stage in (DetectionStage.READING, DetectionStage.READING_CRASH):
        is_caught = _is_read(anomaly.member or "", distribution)
        if is_caught is None:
            return UNNOTICED
        return REFUSED if is_caught and stage is DetectionStage.READING else TRIPS
    return {DetectionStage.OPENING: REFUSED, DetectionStage.CRASH: TRIPS}.get(stage, UNNOTICED)


def _is_read(path: str, distribution: Distribution) -> bool | None:
    """Return whether PyPI expects errors when it reads a member; None if it does not read the member."""
    if not isinstance(distribution, Wheel):
        return None
    folder, _, name = path.partition("/")
    if folder == distribution.dist_info and name:
        if name == "WHEEL":
            return True
        if name in ("RECORD", "METADATA", "entry_points.txt") or name.startswith("licenses/"):
            return False
    entry = distribution.by_path.get(path)
    suffixes, largest = marked_files()
    is_searched = path.lower().endswith(tuple(suffixes)) and entry is not None and entry.size <= largest
    return True if is_searched else None


@rule("AR101", "unreadable-archive", Severity.ERROR, index=True, since="0.1.0")
def unreadable_archive(distribution: Distribution) -> Iterator[Problem]:
    """The archive is damaged, cut off, or not in the format of its filename.

    ## Why it matters
    Installers stop at the first damaged byte, and PyPI rejects a file that it cannot open. If a file was
    cut off in transit, or is an HTML page with the name of a wheel, nobody notices until the first user
    installs it.

    ## How to fix it
    Check the output of the build: some build backends leave a partial file when they stop. Build the
    distribution again and do not change the file afterwards. If the new file is damaged too,
    check the tools that process it after the build (signing, stripping, repacking).

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    anomalies = distribution.anomalies_of(AnomalyKind.UNREADABLE)
    if distribution.is_stream and anomalies:
        # Damage to a stream shows in each of its layers: the first anomaly names it, a later one locates it.
        member = next((anomaly.member for anomaly in anomalies if anomaly.member is not None), None)
        anomalies = [replace(anomalies[0], member=member)]
    for anomaly, more, outcome in _grouped(distribution, anomalies):
        fix = (
            "check whether the build was interrupted, which leaves an incomplete file; then rebuild, and do "
            "not change the file afterwards"
        )
        yield _problem(anomaly, fix, outcome, more=more)


@rule("AR102", "ambiguous-zip", Severity.ERROR, index=True, since="0.1.0")
def ambiguous_zip(distribution: Distribution) -> Iterator[Problem]:
    """Two parts of the archive disagree about the same member.

    A zip describes each member twice: before the member and in the central directory at the end of the
    file. A tar does so in the header of a member and in the extended headers before it.

    ## Why it matters
    Each reader trusts one of the two descriptions, so a reviewed file can differ from the installed
    one: pip reads the central directory of a wheel, while a streaming reader reads from front to back.
    PyPI rejects a wheel whose two lists of names, sizes or counts differ. It does not compare checksums,
    compression methods, flags and times, or a zip64 end record with the plain one; the message says
    which case applies.

    ## How to fix it
    Rebuild the archive with a build backend. Do not change names, times or sizes in a finished archive.

    ## References
    - <https://docs.pypi.org/archives/>
    - <https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/>
    """
    for anomaly, more, outcome in _grouped(distribution, distribution.anomalies_of(AnomalyKind.AMBIGUOUS)):
        yield _problem(anomaly, "rebuild the archive and do not change it afterwards", outcome, more=more)


@rule("AR103", "duplicate-member", Severity.ERROR, index=True, since="0.1.0")
def duplicate_member(distribution: Distribution) -> Iterator[Problem]:
    """Two members have the same name.

    ## Why it matters
    Unpackers disagree on which of the two files they keep, so the reviewed file may not be the
    installed one. PyPI rejects such wheels.

    ## How to fix it
    Find out why the file is added twice. Usually it is both package data and listed among the included
    files, or a step appends to a finished archive instead of rewriting it.

    ## References
    - <https://docs.pypi.org/archives/>
    """
    for anomaly, more, outcome in _grouped(distribution, distribution.anomalies_of(AnomalyKind.DUPLICATE)):
        yield _problem(anomaly, "pack the file once and rebuild the archive", outcome, more=more)


@rule("AR104", "data-outside-members", Severity.ERROR, index=True, since="0.1.0")
def data_outside_members(distribution: Distribution) -> Iterator[Problem]:
    """The archive contains data outside its members.

    Zero bytes after a compressed stream are a warning, because they cannot hide anything.

    ## Why it matters
    Some readers see the data outside the members and others do not, so it can hide a second archive. PyPI
    rejects wheels with such data, and gunzip warns about it.

    ## How to fix it
    Rebuild the archive and append nothing to it: no self-extracting stub, no signature, no second
    archive.

    ## References
    - <https://docs.pypi.org/archives/>
    - <https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/>
    """
    outside = distribution.anomalies_of(AnomalyKind.OUTSIDE_MEMBERS)
    for anomaly, more, outcome in _grouped(distribution, outside):
        zeros = anomaly.message.endswith("zero bytes follow it")
        fix = "rebuild the archive and append nothing to it"
        yield _problem(anomaly, fix, outcome, Severity.WARNING if zeros else None, more)


@rule("AR105", "unsupported-zip-feature", Severity.ERROR, index=True, since="0.1.0")
def unsupported_zip_feature(distribution: Distribution) -> Iterator[Problem]:
    """The archive uses a feature of its format that installers do not support.

    These are data descriptors (which writers to a pipe put after the data), encryption, patch data, split
    archives, comments on members, malformed extra fields and newer zip versions. A tar member of an
    unknown type is a warning, because it is unpacked as a file.

    ## Why it matters
    Readers handle such features differently: one fails, another skips the member, a third unpacks
    different data. PyPI rejects wheels that it cannot read unambiguously. If its own reader fails, for
    example on an encrypted module, the upload fails with a server error.

    ## How to fix it
    Build the wheel with a build backend, which writes plain zip files. To repack it afterwards, use
    `wheel pack`, and write to a seekable file, not to a pipe.

    ## References
    - <https://docs.pypi.org/archives/>
    - <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
    """
    severity = Severity.WARNING if distribution.is_stream else None
    unsupported = distribution.anomalies_of(AnomalyKind.UNSUPPORTED_FEATURE)
    for anomaly, more, outcome in _grouped(distribution, unsupported):
        yield _problem(anomaly, "let the build backend pack the archive", outcome, severity, more)


@rule("AR106", "unsupported-compression", Severity.ERROR, index=True, since="0.1.0")
def unsupported_compression(distribution: Distribution) -> Iterator[Problem]:
    """The archive uses a compression that not every installer supports.

    The members of a wheel must be stored or deflated, and an sdist must be a gzip-compressed tar.

    ## Why it matters
    bzip2, lzma and zstandard are optional parts of Python, and installers written in other languages
    lack some of them. PyPI only accepts stored and deflated members in wheels, and gzip-compressed
    sdists.

    ## How to fix it
    Let the build backend pack the distribution. To repack it in less space, use the highest level of
    deflate or gzip.

    ## References
    - <https://docs.pypi.org/archives/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    """
    unsupported = distribution.anomalies_of(AnomalyKind.UNSUPPORTED_COMPRESSION)
    for anomaly, more, outcome in _grouped(distribution, unsupported):
        # If the extension is not .tar.gz, SD108 reports the format as a fault of the filename.
        if anomaly.member is not None or distribution.filename.lower().endswith(".tar.gz"):
            fix = "let the build backend pack the file; to repack it, use "
            fix += "deflate" if isinstance(distribution, Wheel) else "gzip"
            yield _problem(anomaly, fix, outcome, more=more)


@rule("AR107", "invalid-member-name", Severity.ERROR, index=True, since="0.1.0")
def invalid_member_name(distribution: Distribution) -> Iterator[Problem]:
    """The name or link target of a member is empty, not UTF-8, or contains control characters.

    ## Why it matters
    Each unpacker spells such a name differently, and a control character can hide the rest of the name in a
    listing. PyPI rejects control characters and names that are not UTF-8 in wheels.

    ## How to fix it
    Rename the file, or build on a system with UTF-8 filenames.

    ## References
    - <https://docs.pypi.org/archives/>
    """
    for anomaly in distribution.anomalies_of(AnomalyKind.INVALID_NAME):
        yield _problem(anomaly, "rename the file", _outcome(anomaly, distribution))


@rule("AR108", "unsafe-path", Severity.ERROR, since="0.1.0")
def unsafe_path(distribution: Distribution) -> Iterator[Problem]:
    r"""The path of a member leads out of the folder into which the archive is unpacked.

    The path is absolute, starts with a drive letter, has `..` as a component, or has a backslash,
    which separates folders on Windows. In an sdist, a path whose only fault is a backslash is a warning,
    because the backslash may be a character of the name.

    ## Why it matters
    An unpacker that trusts the path can overwrite any file of the user. pip and Python's own
    `tarfile` reject members that lead out, so the distribution cannot be installed. They make an
    absolute path relative, so the file ends up in an unexpected place.

    ## How to fix it
    In the list of files or package data, look for paths that point above the project, such as
    `../shared/data`, and copy these files into the project first. On Windows, write paths with
    forward slashes.

    ## References
    - <https://docs.python.org/3/library/tarfile.html#extraction-filters>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-features>
    """
    # If a path could not be shown unchanged, a backslash is the start of an escape.
    escaped = {anomaly.member for anomaly in distribution.anomalies_of(AnomalyKind.INVALID_NAME)}
    for path in distribution.by_path:
        danger = _danger(path if path not in escaped else path.replace("\\", "_"))
        if danger is None:
            continue
        only_backslash = danger == "a backslash" and not isinstance(distribution, Wheel)
        yield Problem(
            f"{quoted(path)} {_DANGERS[danger]}",
            Location(path),
            "pack the file under a relative path with forward slashes",
            Severity.WARNING if only_backslash else None,
            key=danger,
            data={"path": path},
        )


_DANGERS = {
    "a host, as in '//host/share'": "starts with a host, as in '//host/share'",
    "a root: it is absolute": "is an absolute path",
    "a drive letter": "starts with a drive letter",
    "'..' for a component": "has '..' as a component",
    "a backslash": "contains a backslash",
}
"""The ends of the messages, by the keys of the problems, which must not change."""


def _danger(path: str) -> str | None:
    forward = path.replace("\\", "/")
    if forward.startswith("//"):
        return "a host, as in '//host/share'"
    if forward.startswith("/"):
        return "a root: it is absolute"
    if _DRIVE.match(forward):
        return "a drive letter"
    if ".." in forward and ".." in forward.split("/"):
        return "'..' for a component"
    return "a backslash" if "\\" in path else None


@rule("AR109", "decompression-bomb", Severity.ERROR, index=True, since="0.1.0")
def decompression_bomb(distribution: Distribution) -> Iterator[Problem]:
    """The archive unpacks to far more than its size, or exceeds a limit of the audit.

    ## Why it matters
    Such an archive can fill the disk of an installer. PyPI rejects a wheel if the declared size of its
    members is more than 50 times the file size and more than 64 MiB; it does not check sdists yet.
    pkgaudit stops reading at that point, so it has not audited the rest of the archive. It also stops at too
    many members, and at too many places that look like a secret, a path or another value to check.

    ## How to fix it
    Leave highly repetitive data out and generate it when it is needed. If the archive is legitimate and
    goes to your own index, raise the limits in `[tool.pkgaudit.limits]`.

    ## References
    - <https://docs.pypi.org/archives/>
    """
    for anomaly in distribution.anomalies_of(AnomalyKind.BOMB):
        fix = "leave the repetitive data out, or raise [tool.pkgaudit.limits]"
        yield _problem(anomaly, fix, _outcome(anomaly, distribution))


@rule("AR110", "special-member", Severity.ERROR, index=True, since="0.1.0")
def special_member(distribution: Distribution) -> Iterator[Problem]:
    """A member is a device, a named pipe, a socket or a sparse file.

    ## Why it matters
    Installers reject such members, or hang on them. PyPI rejects an sdist with a sparse file; GNU tar
    creates one from a file with holes if `--sparse` is set.

    ## How to fix it
    Pack plain files only. Build the sdist with a build frontend, not with `tar --sparse`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-features>
    - <https://docs.python.org/3/library/tarfile.html#extraction-filters>
    """
    for anomaly in distribution.anomalies_of(AnomalyKind.SPECIAL_MEMBER):
        yield _problem(anomaly, "pack plain files only", _outcome(anomaly, distribution))


@rule("AR114", "unread-nested-archive", Severity.WARNING, since="0.1.0")
def unread_nested_archive(distribution: Distribution) -> Iterator[Problem]:
    """An archive inside the distribution could not be read.

    It is damaged, encrypted, too large or too deep, or pkgaudit does not read its format (7z, RAR, lz4,
    cabinet, Debian, disk images, installers, Git packs and others). pkgaudit reads zip, tar, gzip, bzip2, xz,
    lzma and zstd. It also finds archives after the end of a program, a picture, a script or a text, as in
    zipapps and self-extracting programs. A zip archive that has data between its records could not be read
    completely either.

    In a folder of tests or fixtures, where broken archives are often intended, it is reported at info level.
    So are compound files: old Office documents, e-mails of Outlook and macros of Excel.

    ## Why it matters
    The content of the archive has not been audited: secrets and stray files in it would not be found.

    ## How to fix it
    If the archive is damaged, replace it or leave it out. If it is too large or too deep, raise `depth`
    and `nested-bytes` in `[tool.pkgaudit.limits]`. If pkgaudit does not read its format, leave the archive
    out, or pack its content in a format that pkgaudit reads. If the distribution needs a compound file, no
    change is necessary.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    groups: dict[tuple[bool, str], list[Anomaly]] = {}
    for anomaly in distribution.anomalies_of(AnomalyKind.NOT_LOOKED_INTO):
        is_test = is_in_tests(anomaly.member or "", distribution)
        reason = _fault(anomaly).partition(" (")[0]
        groups.setdefault((is_test, reason), []).append(anomaly)
    for (is_test, reason), group in groups.items():
        is_document = "compound file" in reason
        if "encrypted" in reason:
            fix = "pack it without encryption if the distribution needs it"
        elif is_document:
            fix = "leave the file out if the distribution does not need it"
        elif "does not read" in reason:
            fix = "leave the archive out, or pack its content as plain files or as a zip archive"
        elif "was not read" in reason:
            fix = "raise [tool.pkgaudit.limits]"
        else:
            fix = "replace the archive if it is damaged, else raise [tool.pkgaudit.limits]"
        severity = Severity.INFO if is_test or is_document else None
        yield _problem(group[0], fix, "", severity, len(group) - 1)


@rule("AR115", "unparsed-source", Severity.WARNING, since="0.1.0")
def unparsed_source(distribution: Distribution) -> Iterator[Problem]:
    """A Python source was not parsed, because parsing it would need too much time or memory.

    Python's parser has no limits on size. So pkgaudit estimates the tokens of a source before it parses the
    source, and adds up the tokens of all sources of the distribution. If one file has too many tokens, as
    tables of data do, this is reported at info level. It is a warning if a file is nested too deeply for the
    parser, or if all sources have too many tokens in total, which does not happen in handwritten code.

    ## Why it matters
    Rules that read syntax trees did not check this file: neither its imports, nor the Python version that it
    needs, nor the code that it runs when it is imported.

    ## How to fix it
    Move a large table into a data file, or leave the file out. If the file must stay as it is, raise
    `source-tokens` or `tokens` in `[tool.pkgaudit.limits]`.

    ## References
    - <https://docs.python.org/3/library/ast.html#ast.parse>
    """
    for kind, severity in ((AnomalyKind.NOT_PARSED, None), (AnomalyKind.NOT_PARSED_AS_LARGE, Severity.INFO)):
        for anomaly, more, _ in _grouped(distribution, distribution.anomalies_of(kind)):
            fix = "move large tables into a data file, or raise [tool.pkgaudit.limits]"
            yield _problem(anomaly, fix, "", severity, more)
