"""AR: the archive itself, its integrity and hostile shapes."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import AnomalyKind, Distribution, Location, Problem, Severity, rule


def _anomalies(distribution: Distribution, kind: AnomalyKind, fix: str) -> Iterator[Problem]:
    for anomaly in distribution.anomalies_of(kind):
        where = f" (at byte {anomaly.offset:,})" if anomaly.offset is not None else ""
        yield Problem(f"{anomaly.message}{where}", Location(anomaly.member), fix, key=anomaly.message)


@rule("AR101", "unreadable-archive", Severity.ERROR, index=True)
def unreadable_archive(distribution: Distribution) -> Iterator[Problem]:
    """The archive is damaged, cut short, or not what its name says.

    ## Why it matters
    Installers stop at the first damaged byte, and PyPI refuses a file that it cannot open. A
    file that was cut short on its way, or that is a page of HTML with the name of a wheel, is
    found out only when somebody installs it.

    ## How to fix it
    Build the distribution again and do not touch the file afterwards. If the new one is damaged
    too, look at what post-processes it (signing, stripping, repacking).

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    yield from _anomalies(distribution, AnomalyKind.UNREADABLE, "build the distribution again")


@rule("AR103", "duplicate-member", Severity.ERROR, index=True)
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
    yield from _anomalies(distribution, AnomalyKind.DUPLICATE, "pack the file once; build the archive anew")


@rule("AR107", "invalid-member-name", Severity.ERROR, index=True)
def invalid_member_name(distribution: Distribution) -> Iterator[Problem]:
    """A member's name is empty, not UTF-8, or has control characters.

    ## Why it matters
    Such a name is spelt differently by every unpacker, or hides what follows it in a listing. PyPI
    refuses control characters and names that are not UTF-8 in wheels.

    ## How to fix it
    Rename the file, or build on a system whose file names are UTF-8.

    ## References
    - <https://docs.pypi.org/archives/>
    """
    yield from _anomalies(distribution, AnomalyKind.INVALID_NAME, "rename the file")


@rule("AR109", "decompression-bomb", Severity.ERROR, index=True)
def decompression_bomb(distribution: Distribution) -> Iterator[Problem]:
    """The archive unpacks to far more than its size, or a limit of the audit was reached.

    ## Why it matters
    PyPI refuses a wheel that unpacks to more than 50 times its size and to more than 64 MiB, and
    an installer fills the disk with it. Reading stops at that point, so what comes later in the
    archive has not been audited.

    ## How to fix it
    Leave highly repetitive data out and make it when it is needed. If the archive is legitimate
    and goes to an index of your own, raise the limits in `[tool.pkgaudit.limits]`.

    ## References
    - <https://docs.pypi.org/archives/>
    """
    yield from _anomalies(
        distribution, AnomalyKind.BOMB, "leave the repetitive data out, or raise [tool.pkgaudit.limits]"
    )
