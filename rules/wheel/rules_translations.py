"""WH118: translations that gettext cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pkgaudit.api import (
    BinaryFile,
    Files,
    Include,
    Location,
    Problem,
    Severity,
    Summaries,
    Wheel,
    Words,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.test_folders import is_test_folder

_CATALOG = re.compile(
    r"(?P<folder>(?:.{1,400}/)?)(?P<language>[^/]{1,60})/LC_MESSAGES/(?P<domain>[^/]{1,100})\.(?P<kind>po|mo)",
    re.DOTALL,
)
"""The path of a catalog, as gettext builds it: https://docs.python.org/3/library/gettext.html."""

_READS = Words(
    *(b"polib", b"msgfmt", b"read_po", b"compile_catalog", b"compilemessages", b"pofile", b'.po"', b".po'"),
    ignores_case=True,
)
"""Signs that a module reads or compiles sources of catalogs itself."""

_SOURCES = frozenset({"C", "en"})
"""The language of most source texts, whose catalog adds nothing."""


@dataclass(frozen=True)
class ReadsSources:
    """A module that may read or compile sources of catalogs."""


class _Catalog(NamedTuple):
    language: str
    domain: str


@summary(files=Files((".py",), nested=False))
def reads_sources(file: BinaryFile) -> ReadsSources | None:
    """Return a mark if a Python file may read sources of catalogs."""
    return ReadsSources() if file.window.has(_READS) else None


@rule("WH118", "uncompiled-translation", Severity.WARNING, since="0.1.0")
def uncompiled_translation(wheel: Wheel, reads_sources: Summaries[ReadsSources]) -> Iterator[Problem]:
    """The wheel contains the source of a translation (`.po`), but not its compiled catalog (`.mo`).

    The rule checks the folders `LC_MESSAGES`. If the catalogs of some languages are compiled, it reports the
    others at info level. It skips tests, English, a domain without a compiled catalog if other domains
    have one, catalogs that are compiled into another folder, and packages whose code reads or compiles
    sources.

    ## Why it matters
    gettext, Django and Babel read only compiled catalogs. Without them, the package works, but in English for
    everybody. The catalogs are usually not in version control, so a build from a fresh clone lacks them.

    ## How to fix it
    Compile the catalogs before each build, with `django-admin compilemessages`, `pybabel compile -d FOLDER`
    or `msgfmt`, and let the build backend pack `*.mo`.

    ## References
    - <https://docs.python.org/3/library/gettext.html>
    - <https://docs.djangoproject.com/en/stable/topics/i18n/translation/#compiling-message-files>
    """
    if reads_sources or not wheel.is_readable:
        return
    sources: dict[str, dict[_Catalog, str]] = {}
    compiled: dict[str, set[_Catalog]] = {}
    for path in sorted(wheel.files):
        match = _CATALOG.fullmatch(path)
        if match is None or any(map(is_test_folder, match["folder"].split("/"))):
            continue
        catalog = _Catalog(match["language"], match["domain"])
        if match["kind"] == "mo":
            compiled.setdefault(match["folder"], set()).add(catalog)
        elif re.split("[-_@.]", catalog.language)[0] not in _SOURCES:
            sources.setdefault(match["folder"], {})[catalog] = path
    anywhere = {each for have in compiled.values() for each in have}
    for folder, found in sources.items():
        have = compiled.get(folder, set())
        domains = {each.domain for each in have}
        lacking = [
            path
            for each, path in found.items()
            if each not in anywhere and (not have or each.domain in domains)
        ]
        if lacking:
            more = (
                f" (the same applies to {counted(len(lacking) - 1, 'more translation')})"
                if lacking[1:]
                else ""
            )
            yield Problem(
                f"{quoted(lacking[0])} has no compiled catalog {quoted(f'{lacking[0][:-3]}.mo')} beside it, "
                f"so gettext does not find the translation{more}",
                Location(lacking[0]),
                Include(f"{lacking[0][:-3]}.mo", first="compile the translations before the build"),
                Severity.INFO if have else None,
                key=folder,
                data={"paths": lacking, "count": len(lacking)},
            )
