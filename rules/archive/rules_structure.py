"""AR101 to AR110, AR114, AR115: the archive itself, its integrity and hostile shapes."""

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
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules.data.loader import marked_files

_DETAILS = re.compile(r"'[^']*'|\b0x[0-9a-f]+|\b[0-9a-f]{8}\b|\d+")
"""What messages on one fault differ in: names, flags in hexadecimal, checksums (CRC-32), and numbers."""

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
    # Offsets and sizes change from one release to the next, the fault does not.
    key = _DETAILS.sub("#", anomaly.message)
    data = {"count": more + 1} | ({} if anomaly.offset is None else {"offset": anomaly.offset})
    return Problem(message, Location(anomaly.member), fix, severity, key=key, data=data)


def _grouped(distribution: Distribution, anomalies: list[Anomaly]) -> Iterator[tuple[Anomaly, int, str]]:
    """Yield the first anomaly of each kind, how many more there are, and what PyPI does.

    What befalls many members has one cause.
    """
    groups: dict[tuple[bool, str, str], list[Anomaly]] = {}
    for anomaly in anomalies:
        outcome = _outcome(anomaly, distribution)
        key = anomaly.member is None, _fault(anomaly), outcome
        groups.setdefault(key, []).append(anomaly)
    for (*_, outcome), group in groups.items():
        yield group[0], len(group) - 1, outcome


def _outcome(anomaly: Anomaly, distribution: Distribution) -> str:
    """Say what PyPI does. What shows on reading alone it sees in the members that it reads."""
    stage = anomaly.stage
    if stage in (DetectionStage.READING, DetectionStage.READING_CRASH):
        is_caught = _is_read(anomaly.member or "", distribution)
        if is_caught is None:
            return UNNOTICED
        return REFUSED if is_caught and stage is DetectionStage.READING else TRIPS
    return {DetectionStage.OPENING: REFUSED, DetectionStage.CRASH: TRIPS}.get(stage, UNNOTICED)


def _is_read(path: str, distribution: Distribution) -> bool | None:
    """Whether PyPI expects errors when it reads a member; None if it does not read it at all."""
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
    """The archive is damaged, cut short, or not what its name says.

    ## Why it matters
    Installers stop at the first damaged byte, and PyPI refuses a file that it cannot open. A
    file that was cut short on its way, or that is a page of HTML with the name of a wheel, is
    found out only when somebody installs it.

    ## How to fix it
    Look at the output of the build: some build backends leave a part of the file behind when they stop.
    Build the distribution again and do not touch the file afterwards. If the new one is damaged too,
    look at what post-processes it (signing, stripping, repacking).

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    anomalies = distribution.anomalies_of(AnomalyKind.UNREADABLE)
    if distribution.is_stream and anomalies:
        # Damage to a stream shows in each of its layers: the first note says what it is, a later one where.
        member = next((anomaly.member for anomaly in anomalies if anomaly.member is not None), None)
        anomalies = [replace(anomalies[0], member=member)]
    for anomaly, more, outcome in _grouped(distribution, anomalies):
        fix = (
            "look whether the build that wrote it stopped with an error, which leaves a part of the file; "
            "build the distribution again and do not change the file afterwards"
        )
        yield _problem(anomaly, fix, outcome, more=more)


@rule("AR102", "ambiguous-zip", Severity.ERROR, index=True, since="0.1.0")
def ambiguous_zip(distribution: Distribution) -> Iterator[Problem]:
    """Two parts of the archive say different things of the same member.

    A zip says what it holds twice, in front of each member and in the central directory at its
    end; a tar says it in a member's header and in the extended headers before it.

    ## Why it matters
    Which of the two counts depends on the reader, so what one tool reviewed is not what another
    installs: pip reads a wheel by its central directory, a reader that unpacks while it downloads
    goes from front to back. PyPI refuses a wheel whose two lists of names, sizes or counts differ. It
    does not compare checksums, compression methods, flags and times, nor a zip64 end record with
    the plain one; the finding says which case it is.

    ## How to fix it
    Build the archive anew with a build backend. Do not change names, times or sizes in a finished
    archive.

    ## References
    - <https://docs.pypi.org/archives/>
    - <https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/>
    """
    for anomaly, more, outcome in _grouped(distribution, distribution.anomalies_of(AnomalyKind.AMBIGUOUS)):
        yield _problem(anomaly, "build the archive anew and change nothing in it", outcome, more=more)


@rule("AR103", "duplicate-member", Severity.ERROR, index=True, since="0.1.0")
def duplicate_member(distribution: Distribution) -> Iterator[Problem]:
    """Two members have the same name.

    ## Why it matters
    Unpackers disagree on which of the two they leave on the disk, so what was reviewed need not
    be what is installed. PyPI refuses such wheels.

    ## How to fix it
    Find what adds the file twice: usually a file that is both package data and listed among the
    includes, or a step that appends to a finished archive instead of writing it anew.

    ## References
    - <https://docs.pypi.org/archives/>
    """
    for anomaly, more, outcome in _grouped(distribution, distribution.anomalies_of(AnomalyKind.DUPLICATE)):
        yield _problem(anomaly, "pack the file once; build the archive anew", outcome, more=more)


@rule("AR104", "data-outside-members", Severity.ERROR, index=True, since="0.1.0")
def data_outside_members(distribution: Distribution) -> Iterator[Problem]:
    """There are bytes before, between or after what the archive holds.

    Zero bytes after a compressed stream are a warning: they hide nothing.

    ## Why it matters
    What stands outside of the members is seen by one reader and not by another; a second archive
    can hide there. PyPI refuses wheels with such bytes, and gunzip warns of them.

    ## How to fix it
    Build the archive anew and add nothing to it: no self-extracting stub, no signature at the
    end, no second archive.

    ## References
    - <https://docs.pypi.org/archives/>
    - <https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/>
    """
    outside = distribution.anomalies_of(AnomalyKind.OUTSIDE_MEMBERS)
    for anomaly, more, outcome in _grouped(distribution, outside):
        zeros = anomaly.message.endswith("zero bytes follow it")
        fix = "build the archive anew and add nothing to it"
        yield _problem(anomaly, fix, outcome, Severity.WARNING if zeros else None, more)


@rule("AR105", "unsupported-zip-feature", Severity.ERROR, index=True, since="0.1.0")
def unsupported_zip_feature(distribution: Distribution) -> Iterator[Problem]:
    """The archive uses a feature of the format that installers do not support.

    Data descriptors (which writers to a pipe leave behind the data), encryption, patch data, parts of
    a split archive, comments on members, malformed extra fields, a newer version of zip. A tar
    member of an unknown type is a warning: it is unpacked as a file.

    ## Why it matters
    Readers differ in what they make of it: one gives up, another skips the member, a third
    unpacks something else. PyPI refuses wheels that it cannot read in just one way, and where its
    own reader stumbles, as over encrypted modules, its answer is a server error.

    ## How to fix it
    Build the wheel with a build backend, which writes plain zip files. If it is repacked
    afterwards, use `wheel pack`, and write to a file that can be sought in, not to a pipe.

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
    """The archive is compressed in a way that not every installer can undo.

    A wheel's members are stored or deflated, an sdist is a tar compressed by gzip.

    ## Why it matters
    bzip2, lzma and zstandard are optional parts of Python, and installers written in other
    languages lack some of them. PyPI refuses everything but stored and deflated members in
    wheels, and sdists that are not compressed by gzip.

    ## How to fix it
    Let the build backend pack the distribution. If it is repacked to save space, use deflate
    at its highest level, or gzip.

    ## References
    - <https://docs.pypi.org/archives/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    """
    unsupported = distribution.anomalies_of(AnomalyKind.UNSUPPORTED_COMPRESSION)
    for anomaly, more, outcome in _grouped(distribution, unsupported):
        # With another extension than .tar.gz the format is the fault of the name: SD108.
        if anomaly.member is not None or distribution.filename.lower().endswith(".tar.gz"):
            fix = "let the build backend pack the file; if it is repacked, with "
            fix += "deflate" if isinstance(distribution, Wheel) else "gzip"
            yield _problem(anomaly, fix, outcome, more=more)


@rule("AR107", "invalid-member-name", Severity.ERROR, index=True, since="0.1.0")
def invalid_member_name(distribution: Distribution) -> Iterator[Problem]:
    """A member's name, or the name that it links to, is empty, not UTF-8, or has control characters.

    ## Why it matters
    Such a name is spelt differently by every unpacker, or hides what follows it in a listing. PyPI
    refuses control characters and names that are not UTF-8 in wheels.

    ## How to fix it
    Rename the file, or build on a system whose file names are UTF-8.

    ## References
    - <https://docs.pypi.org/archives/>
    """
    for anomaly in distribution.anomalies_of(AnomalyKind.INVALID_NAME):
        yield _problem(anomaly, "rename the file", _outcome(anomaly, distribution))


@rule("AR108", "unsafe-path", Severity.ERROR, since="0.1.0")
def unsafe_path(distribution: Distribution) -> Iterator[Problem]:
    r"""A member's path leads out of the folder that the archive is unpacked into.

    It is absolute, starts with a drive letter, has `..` for a component, or has a backslash,
    which separates folders on Windows. A mere backslash in an sdist is a warning, since it may be
    meant as a character of the name.

    ## Why it matters
    An unpacker that trusts the path writes wherever it says, over any file of the user. pip and
    Python's own `tarfile` refuse members that lead out, so the distribution cannot be installed;
    of an absolute path they drop the root, and the file ends up where nobody expects it.

    ## How to fix it
    Look for paths that point above the project, such as `../shared/data`, in the list of files or
    package data, and copy what is needed into the project first. On Windows write paths with
    forward slashes.

    ## References
    - <https://docs.python.org/3/library/tarfile.html#extraction-filters>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-features>
    """
    # In a path that could not be shown as it is, a backslash is the start of an escape.
    escaped = {anomaly.member for anomaly in distribution.anomalies_of(AnomalyKind.INVALID_NAME)}
    for path in distribution.by_path:
        what = _danger(path if path not in escaped else path.replace("\\", "_"))
        if what is None:
            continue
        only_backslash = what == "a backslash" and not isinstance(distribution, Wheel)
        yield Problem(
            f"the path {quoted(path)} has {what}",
            Location(path),
            "pack the file under a relative path with forward slashes",
            Severity.WARNING if only_backslash else None,
            key=what,
            data={"path": path},
        )


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
    """The archive unpacks to far more than its size, or a limit of the audit was reached.

    ## Why it matters
    An installer fills the disk with it. PyPI refuses a wheel whose members are, by what they
    declare, more than 50 times the size of the file and more than 64 MiB; for sdists it does not
    look at that yet. Reading stops at that point, so what comes later in the archive has not been
    audited.

    ## How to fix it
    Leave highly repetitive data out and make it when it is needed. If the archive is legitimate
    and goes to an index of your own, raise the limits in `[tool.pkgaudit.limits]`.

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
    Installers refuse to unpack such members, or hang on them. PyPI refuses an sdist with a sparse
    file; it is what GNU tar makes of files with holes when told `--sparse`.

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
    cabinet, Debian and others). pkgaudit reads zip, tar, gzip, bzip2, xz, lzma and zstd, and zip archives
    with other data before them, such as zipapps and self-extracting programs. In a folder of tests or
    fixtures, where broken archives are often intended, it is reported at info level.

    ## Why it matters
    The content of the archive has not been audited: secrets and stray files in it would not be found.

    ## How to fix it
    If the archive is damaged, replace it or leave it out. If it is too large or too deep, raise `depth`
    and `nested-bytes` in `[tool.pkgaudit.limits]`. If pkgaudit does not read its format, leave the archive
    out, or pack its content in a format that pkgaudit reads.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    groups: dict[tuple[bool, str], list[Anomaly]] = {}
    for anomaly in distribution.anomalies_of(AnomalyKind.NOT_LOOKED_INTO):
        folders = (anomaly.member or "").split("/")[:-1]
        reason = _fault(anomaly).partition(" (")[0]
        groups.setdefault((any(map(is_test_folder, folders)), reason), []).append(anomaly)
    for (is_test, reason), group in groups.items():
        if "encrypted" in reason:
            fix = "pack it without encryption if the distribution needs it"
        elif "does not read" in reason:
            fix = "leave the archive out, or pack its content as plain files or as a zip archive"
        elif "was not read" in reason:
            fix = "raise [tool.pkgaudit.limits]"
        else:
            fix = "replace the archive if it is damaged, else raise [tool.pkgaudit.limits]"
        yield _problem(group[0], fix, "", Severity.INFO if is_test else None, len(group) - 1)


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
