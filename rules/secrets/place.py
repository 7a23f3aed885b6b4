"""Classify a file by its path: a secret in it is most likely a leak, a fixture or an example."""

from __future__ import annotations

import enum
import re
from functools import lru_cache

from pkgaudit.api import ArchiveKind, Severity, View, normalize
from pkgaudit.late import lazy
from pkgaudit.rules._shared.test_folders import is_test_folder


class Place(enum.Enum):
    """The purpose of a file, by its path."""

    CODE = "code"
    TEST = "test"
    DOCUMENT = "document"


# Folders in which nearly all tokens are made up: in 61 popular distributions, 82 of the 86 hits of the strict
# search were in these folders and files, or in those of tests.
_DOCUMENT_FOLDER = lazy(
    r"docs?(?:[_-]src)?|documentation|examples?|samples?|demos?|tutorials?|.*[_-]examples?"
)
# Names by which pytest, unittest and JavaScript test runners find tests (`test_x`, `x_test`, `x.spec`).
_TEST_FILE = lazy(r"conftest|tests?|tests?[_-].*|.*[_.-](tests?|spec)")
# Formats of documentation, the core metadata (which contain the readme), and texts that most projects have.
_DOCUMENT_NAME = lazy(
    r".*\.(rst|md|markdown|adoc)|metadata|pkg-info|(readme|changelog|changes|news|history|examples?)\b.*"
)


_PACKAGE_NAMES = frozenset({"demo", "example", "sample", "t"})
"""Folder names that belong to the package itself at the root of a wheel."""

_SOURCE_FOLDERS = frozenset({"lib", "python", "source", "src"})
"""Folders of an sdist that contain the import packages."""

_DEEPEST = 4
"""The most folders of a namespace package that are compared with the name of the project. Chosen."""


@lru_cache(maxsize=1024)
def _place_of_path(path: str, archive: ArchiveKind, project: str) -> Place:
    *folders, name = path.lower().split("/")
    is_in_sources = False
    if archive is ArchiveKind.SDIST:
        del folders[:1]  # the root folder has the name of the project
        is_in_sources = folders[:1] != [] and folders[0] in _SOURCE_FOLDERS
        del folders[:is_in_sources]
    elif folders and folders[0].endswith(".data"):
        del folders[:2]
    own = next((count for count in range(1, _DEEPEST + 1) if _is_own(folders[:count], project)), 0)
    stem, _, suffix = name.partition(".")
    is_main = _is_own([*folders, stem], project) or (own == len(folders) and _is_own([stem], project))
    if is_main and suffix in ("py", "pyi", "pyw"):
        return Place.CODE
    if own:
        del folders[:own]
    elif folders and (
        folders[0].endswith((".dist-info", ".egg-info"))
        or ((is_in_sources or archive is ArchiveKind.WHEEL) and folders[0] in _PACKAGE_NAMES)
    ):
        del folders[0]
    if any(map(is_test_folder, folders)) or _TEST_FILE.fullmatch(name.rpartition(".")[0] or name):
        return Place.TEST
    if any(map(_DOCUMENT_FOLDER.fullmatch, folders)) or _DOCUMENT_NAME.fullmatch(name):
        return Place.DOCUMENT
    return Place.CODE


def _is_own(parts: list[str], project: str) -> bool:
    """Return whether folders or a module have the name of the project, as its import package usually has."""
    return bool(parts) and normalize("-".join(parts)) == project


def place_of(view: View) -> Place:
    """Return the purpose of a file.

    The root folder of an sdist and the import package of the project do not count, because they have the name
    of the project, which may be a word such as ``demo``.
    """
    return _place_of_path(view.path, view.member.archive, view.member.project)


# Folders of auditwheel, delocate and delvewheel, and libraries with keys for a self-test. In 249 popular
# wheels that no rule was developed on, the only wrong errors were keys in grafted copies of GnuTLS and
# librdkafka.
_GRAFTED = lazy(
    r"(?:.*/)?[^/]+\.(?:libs|dylibs)/[^/]+"
    r"|(?:.*/)?(?:lib)?(?:gnutls|crypto|ssl|nss3?|rdkafka|wolfssl|mbedtls|mbedcrypto)[^/]*\.(?:so|dylib|dll)[^/]*",
    re.IGNORECASE,
)


def is_grafted(path: str) -> bool:
    """Return whether a file is another project's library, grafted onto a wheel or known for encryption."""
    return _GRAFTED.fullmatch(path) is not None


def is_code(view: View) -> bool:
    """Return whether the file is neither a test nor a document, so its content is in use."""
    return place_of(view) is Place.CODE


def severity_at(view: View, severity: Severity, elsewhere: Severity) -> Severity:
    """Return ``severity`` in code, and at most ``elsewhere`` in tests and documents."""
    return severity if is_code(view) else min(elsewhere, severity)


def cause_at(view: View, what: str) -> str | None:
    """Return the common cause of a kind in tests and documents; None in code, where each finding counts."""
    return None if is_code(view) else f"{what} in tests and documents"


# Words and sequences that documentation uses in tokens. Short words (`test`, `foo`) are left out, because
# they appear in random texts by chance.
_PLACEHOLDER = lazy(
    r"example|placeholder|your|dummy|fake|sample|chang[ei]|redact|insert|replace|todo|secret|passw"
    r"|x{4}|0{5}|1{5}|a{5}|\*{3}|\.{3}|_{3}|-{3}|abcdef|123456|qwerty|deadbeef|foobar|notreal|invalid",
    re.IGNORECASE,
)


def is_placeholder(text: str) -> bool:
    """Return whether a text is clearly not a secret: it has a word like ``example``, a run, a sequence."""
    return _PLACEHOLDER.search(text) is not None


def mask(secret: str) -> str:
    """Return the first and last characters of a secret, never more than a quarter of it."""
    size = len(secret)
    if size < 8:
        return "…"
    head = secret[: min(6, size // 6)]
    # 4 characters of 16 are a quarter; of longer secrets at most 8 are shown.
    return f"{head}…{secret[-2:]}" if size >= 16 else f"{head}…"
