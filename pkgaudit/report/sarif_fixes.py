"""The ``fixes`` of SARIF results: replacements in the settings files of the project (3.55 to 3.57)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import Any

from pkgaudit.edits.diffs import lines_of
from pkgaudit.edits.errors import EditError
from pkgaudit.edits.fixable import is_fixable
from pkgaudit.edits.plan import edited
from pkgaudit.finding import Finding
from pkgaudit.report.escape import relative_uri
from pkgaudit.report.result import Result


def fixes(finding: Finding, result: Result) -> list[dict[str, Any]]:
    """Return the fix of a finding: the edits of tracked files of the repository that cure it.

    It is empty if the repository is not known, if a file is not there, or if a line to replace may contain a
    secret.
    """
    if not is_fixable(finding):
        return []
    changes = []
    for file in dict.fromkeys(each.file for each in finding.settings):
        found = result.sources.settings(finding.distribution, file)
        if found is None:
            return []
        path, text = found
        try:
            new = edited(file, text, [each for each in finding.settings if each.file == file])
        except EditError:
            return []
        replacements = list(_replacements(text, new, result.redact))
        if None in replacements or not replacements:
            return []
        changes.append({"artifactLocation": {"uri": relative_uri(path)}, "replacements": replacements})
    return [
        {"description": {"text": "Edit the settings as 'pkgaudit fix' does."}, "artifactChanges": changes}
    ]


def _replacements(old: str, new: str, redact: Callable[[str], str | None]) -> Iterator[dict[str, Any] | None]:
    """Yield the replacements of lines that make one text another, None for one with a secret."""
    before, after = lines_of(old), lines_of(new)
    for tag, start, stop, low, high in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        text = "".join(after[low:high])
        if redact(text) != text:
            yield None
            continue
        is_open = stop == len(before) and bool(before) and not before[-1].endswith("\n")
        end = (stop, len(before[-1]) + 1) if is_open else (stop + 1, 1)
        region = {"startLine": start + 1, "startColumn": 1, "endLine": end[0], "endColumn": end[1]}
        if start == stop and is_open:
            region |= {"startLine": end[0], "startColumn": end[1]}
        yield {"deletedRegion": region, **({"insertedContent": {"text": text}} if text else {})}
