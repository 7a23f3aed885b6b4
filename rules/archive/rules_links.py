"""AR111 to AR113: the links of an archive, and where they lead."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    Distribution,
    EntryType,
    Location,
    Problem,
    Sdist,
    Severity,
    Wheel,
    counted,
    quoted,
    rule,
)
from pkgaudit.rules.archive.link_targets import Fate, Link, follow_links, links
from pkgaudit.rules.archive.path_names import is_in_tests

_PACK_FILE = "replace the link with the file that it points to"


@rule("AR111", "unsafe-link", Severity.ERROR, since="0.1.0")
def unsafe_link(distribution: Distribution) -> Iterator[Problem]:
    """A link points outside the archive or to a missing file.

    A symbolic link to a missing file, or one that leads in a circle, is a warning, because the archive still
    unpacks and a build may never need the link. In a test folder, where such links are often intended, it is
    reported at info level. A hard link must come after the file that it points to.

    ## Why it matters
    A link that leads out of the archive lets later members overwrite any file of the user, and lets
    a build read any file. pip and Python's own `tarfile` therefore reject an sdist with a link that is
    absolute or leads out of its root folder. A hard link has no content of its own, so unpacking fails
    if its file is missing. PyPI does not check links.

    ## How to fix it
    Pack a copy of the file, or make the link relative and add its target to the archive. On Windows,
    a backslash in a target separates folders.

    ## References
    - <https://docs.python.org/3/library/tarfile.html#tarfile.data_filter>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-features>
    - <https://peps.python.org/pep-0706/>
    """
    unknown = 0
    for link in follow_links(distribution):
        if link.fate is Fate.UNKNOWN:
            unknown += 1
            continue
        path = link.entry.path
        is_minor = link.fate in (Fate.LOOPS, Fate.DANGLES) and link.entry.type is EntryType.SYMLINK
        severity = Severity.WARNING if is_minor else None
        if is_minor and is_in_tests(path, distribution):
            severity = Severity.INFO
        data = {"target": link.target} | ({"path": link.passed[-1]} if link.passed else {})
        yield Problem(
            _message(link, distribution), Location(path), _PACK_FILE, severity, link.fate.name, data=data
        )
    if unknown:
        yield Problem(
            f"{counted(unknown, 'link')} could not be followed because they lead through too many others",
            fix="pack files instead of links",
            key="unknown",
            data={"count": unknown},
        )


def _message(link: Link, distribution: Distribution) -> str:
    """Return the message for a faulty link."""
    kind = "hard link" if link.entry.type is EntryType.HARDLINK else "link"
    through = f" through the link {quoted(link.passed[-1])}" if link.passed else ""
    leads = f"{quoted(link.entry.path)} is a {kind} to {quoted(link.target)}"
    if link.fate is Fate.ABSOLUTE:
        return (
            f"{leads}, which leads{through} to an absolute path" if through else f"{leads}, an absolute path"
        )
    if link.fate is Fate.ESCAPES:
        inside = "root folder of the sdist" if isinstance(distribution, Sdist) else "archive"
        return f"{leads}, which leads{through} out of the {inside}"
    if link.fate is Fate.LOOPS:
        return f"{leads}, which leads in a circle{through}"
    if link.fate is Fate.TOO_LATE:
        return f"{leads}, which does not come before it in the archive, so it cannot be unpacked"
    if link.entry.type is EntryType.HARDLINK:
        return f"{leads}, which is not a file of the archive, so it cannot be unpacked"
    return f"{leads}, which is not in the archive"


@rule("AR112", "link-in-wheel", Severity.WARNING, since="0.1.0")
def link_in_wheel(wheel: Wheel) -> Iterator[Problem]:
    """A member of the wheel has the mode of a symbolic link.

    ## Why it matters
    Wheels cannot contain links. Installers write a small file with the path of the target as its
    text: a module becomes a syntax error, and a library cannot be loaded. `unzip` creates a link.

    ## How to fix it
    Pack a copy of the file. Links in wheels usually come from `zip --symlinks`, or from a shared library
    with versioned names: pack only the name that the other libraries load.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://discuss.python.org/t/symbolic-links-in-wheels/1945>
    """
    yield from _any_link(wheel, "installers write the path of the target as its text", None)


@rule("AR113", "link-in-sdist", Severity.INFO, since="0.1.0")
def link_in_sdist(sdist: Sdist) -> Iterator[Problem]:
    """The sdist has symbolic or hard links.

    ## Why it matters
    On Windows, creating a symbolic link needs rights that most users lack. Depending on the tool, the
    link becomes a copy of the file, an empty folder or an error. The specification lets the build backend
    decide whether it packs links, so another backend may drop them.

    ## How to fix it
    Pack copies, or leave the links out if the build does not need them.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-features>
    - <https://docs.python.org/3/library/os.html#os.symlink>
    """
    yield from _any_link(sdist, "not every system can unpack a link", "pack copies instead of links")


def _any_link(distribution: Distribution, why: str, fix: str | None) -> Iterator[Problem]:
    found = links(distribution)
    if found:
        first = found[0]
        more = f" (and {counted(len(found) - 1, 'more member')})" if len(found) > 1 else ""
        target = f" to {quoted(first.link_target)}" if first.link_target else ""
        kind = "hard link" if first.type is EntryType.HARDLINK else "symbolic link"
        message = f"{quoted(first.path)} is a {kind}{target}{more}; {why}"
        data = {"target": first.link_target, "count": len(found)}
        yield Problem(message, Location(first.path), fix or _PACK_FILE, key="links", data=data)
