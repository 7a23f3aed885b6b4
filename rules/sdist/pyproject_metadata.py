"""Compare the static fields of ``[project]`` with the core metadata, by their meaning.

Build backends word the same value differently: the order of specifiers, the case of names, brackets in
markers. Only differences in meaning count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pkgaudit.api import CoreMetadata, Severity, normalize, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules.sdist.pyproject_file import Pyproject, strings

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_MOST = 2_000
"""The most values of a field that are compared: more than in real metadata; it bounds the time."""

_LONGEST = 5_000
"""The most characters of a value that is parsed: more than in real metadata; it bounds the time."""

_LONGEST_SPECIFIER = 300
"""The most characters of a specifier to compare by versions: more than in real ones; it bounds the time."""


@dataclass(frozen=True)
class Contradiction:
    """A field with a ``value`` in the core metadata and another value, ``expected``, in pyproject.toml."""

    field: str
    key: str
    message: str
    severity: Severity
    value: str | None = None
    expected: str | None = None

    @property
    def data(self) -> dict[str, str]:
        """The data of a problem with the field."""
        values = {"field": self.field, "actual": self.value, "expected": self.expected}
        return {key: each for key, each in values.items() if each is not None}


def contradictions(pyproject: Pyproject, metadata: CoreMetadata, has_tag: bool) -> Iterator[Contradiction]:
    """Yield the fields that differ. ``has_tag`` is true if the build appends to the version."""
    comparison = _Comparison(pyproject, metadata)
    yield from comparison.name()
    if not has_tag:
        yield from comparison.version()
    yield from comparison.requires_python()
    yield from comparison.dependencies()
    yield from comparison.others()


_ASPECTS = {"poetry": 1, "setuptools": 3, "hatchling": 3, "flit": 3, "pdm": 3}
"""The comparable aspects of requirements: other backends reword markers, and poetry-core also specifiers."""


class _Comparison:
    def __init__(self, pyproject: Pyproject, metadata: CoreMetadata) -> None:
        self.project = pyproject.project
        self.backend = pyproject.backend
        self.metadata = metadata
        self.dynamic = {normalize(each) for each in (*pyproject.dynamic, *metadata.all("Dynamic")[:_MOST])}
        # Before 2.2, a backend did not promise that the metadata of an sdist equals that of its wheels.
        version = parse_version(metadata.first("Metadata-Version") or "")
        self.is_promised = version is not None and version.release >= (2, 2)
        is_certain = self.is_promised and self.backend is not None
        self.worst = Severity.ERROR if is_certain else Severity.WARNING

    def static(self, key: str, field: str) -> Any:
        """Return the value in ``[project]``, None if it is missing or the field is dynamic."""
        return None if {key, normalize(field)} & self.dynamic else self.project.get(key)

    def _text(self, key: str, field: str) -> str | None:
        said = self.static(key, field)
        return said if isinstance(said, str) and said.strip() and len(said) <= _LONGEST else None

    def _differs(
        self, key: str, field: str, expected: str, found: str | None, severity: Severity
    ) -> Contradiction:
        where = f"`project.{key}` in pyproject.toml"
        if found is None:
            message = f"{field} is missing, but {where} is {quoted(expected)}"
        else:
            message = f"{field} is {quoted(found)}, but {where} is {quoted(expected)}"
        return Contradiction(field, key, message, severity, found, expected)

    def name(self) -> Iterator[Contradiction]:
        said, found = self._text("name", "Name"), self.metadata.name
        if said and found and normalize(said.strip()) != normalize(found):
            yield self._differs("name", "Name", said, found, self.worst)

    def version(self) -> Iterator[Contradiction]:
        said, found = self._text("version", "Version"), self.metadata.version
        if not said or not found:
            return
        here, there = parse_version(found), parse_version(said)
        if here is not None and there is not None and here != there:
            yield self._differs("version", "Version", said, found, self.worst)

    def requires_python(self) -> Iterator[Contradiction]:
        said, found = self._text("requires-python", "Requires-Python"), self.metadata.first("Requires-Python")
        if said and len(found or "") <= _LONGEST and not _same_pythons(said, found or ""):
            yield self._differs("requires-python", "Requires-Python", said, found, self.worst)

    def dependencies(self) -> Iterator[Contradiction]:
        """Compare requirements; those of extras have the extra in their marker."""
        found = [each for each in self.metadata.all("Requires-Dist")[:_MOST] if len(each) <= _LONGEST]
        if not found and not self.is_promised:
            return  # setuptools before 68 omitted them from PKG-INFO
        here = [each for each in map(_requirement, found) if each is not None]
        if len(here) != len(found) or self.metadata.is_cut:
            return  # MD104 reports them
        stated = self.static("dependencies", "Requires-Dist")
        if isinstance(stated, list) and "optional-dependencies" not in self.dynamic:
            # A dependency may name an extra in its marker, as those of extras do in the metadata.
            read = [_requirement(each) for each in strings(stated)[:_MOST] if len(each) <= _LONGEST]
            marked = {each.all: each.text for each in read if each is not None and each.has_extra}
            here = [each for each in here if each.all not in marked]
            plain = [each for each in here if not each.has_extra]
            texts = set(marked.values())
            others = [each for each in strings(stated) if each not in texts]
            yield from self._requirements("dependencies", "", others, plain)
        optional = self.static("optional-dependencies", "Provides-Extra")
        if isinstance(optional, dict) and "requires-dist" not in self.dynamic:
            for extra, stated in list(optional.items())[:_MOST]:
                own = [each for each in here if each.is_of(extra)]
                yield from self._requirements("optional-dependencies", extra, strings(stated), own)

    def _requirements(
        self, key: str, extra: str, stated: list[str], here: list[_Requirement]
    ) -> Iterator[Contradiction]:
        there = [_requirement(each, extra) for each in stated[:_MOST] if len(each) <= _LONGEST]
        known = [each for each in there if each is not None]
        if len(known) != len(stated):
            return  # SD104 reports them; hatchling also has fields to fill in
        if extra and any(each.name == normalize(str(self.project.get("name"))) for each in known):
            return  # hatchling and others insert the requirements of the project's other extras
        path = f"`project.{key}.{quoted(extra)[1:-1]}`" if extra else f"`project.{key}`"
        aspects = [("name", self.worst), ("said", self.worst), ("all", Severity.WARNING)]
        count = _ASPECTS.get(self.backend or "", 2)
        for aspect, severity in aspects[:count]:
            mine = {getattr(each, aspect): each.text for each in here}
            theirs = {getattr(each, aspect): each.text for each in known}
            lacking = [text for value, text in theirs.items() if value not in mine]
            surplus = [text for value, text in mine.items() if value not in theirs]
            if not lacking and not surplus:
                continue
            more = len(lacking) + len(surplus) - 1 - bool(lacking and surplus)
            if lacking and surplus:
                message = f"{path} in pyproject.toml has {quoted(lacking[0])}, but Requires-Dist is "
                message += quoted(surplus[0])
            elif lacking:
                message = f"{path} in pyproject.toml has {quoted(lacking[0])}, but Requires-Dist lacks it"
            else:
                message = f"Requires-Dist has {quoted(surplus[0])}, but {path} in pyproject.toml lacks it"
            message += f"; {more:,} more {'differs' if more == 1 else 'differ'}" if more else ""
            place = surplus[0] if surplus else None
            level = severity if not extra else Severity.WARNING
            expected = lacking[0] if lacking else None
            yield Contradiction("Requires-Dist", key, message, level, place, expected)
            return

    def others(self) -> Iterator[Contradiction]:
        """Compare fields that are only displayed."""
        said, found = self._text("description", "Summary"), self.metadata.first("Summary")
        # Some backends only keep the first line.
        if said and _folded(found or "") not in (_folded(said), _folded(said.strip().split("\n", 1)[0])):
            yield self._differs("description", "Summary", said, found, Severity.WARNING)
        said, found = self._text("license", "License-Expression"), self.metadata.first("License-Expression")
        if said and found and _words(said) != _words(found):
            yield self._differs("license", "License-Expression", said, found, Severity.WARNING)
        urls = self.static("urls", "Project-URL")
        if isinstance(urls, dict):
            labeled = [each.rpartition(",")[2].strip() for each in self.metadata.all("Project-URL")[:_MOST]]
            whole = [each.partition(",")[2].strip() for each in self.metadata.all("Project-URL")[:_MOST]]
            plain = [*self.metadata.all("Home-page"), *self.metadata.all("Download-URL")]
            known = {each.rstrip("/") for each in (*labeled, *whole, *plain)}
            for label, url in list(urls.items())[:_MOST]:
                if isinstance(url, str) and "{" not in url and url.strip().rstrip("/") not in known:
                    where = f"`project.urls.{quoted(label)[1:-1]}` in pyproject.toml"
                    message = f"{where} is {quoted(url)}, but no Project-URL has this URL"
                    yield Contradiction("Project-URL", "urls", message, Severity.WARNING, expected=url)
                    break
        classifiers = self.static("classifiers", "Classifier")
        have = set(self.metadata.all("Classifier")[:_MOST])
        for each in strings(classifiers)[:_MOST] if isinstance(classifiers, list) else ():
            if each.strip() not in have:
                message = (
                    f"`project.classifiers` in pyproject.toml has {quoted(each)}, but Classifier lacks it"
                )
                yield Contradiction("Classifier", "classifiers", message, Severity.WARNING, expected=each)
                break


def _folded(text: str) -> str:
    return " ".join(text.split())


def _words(expression: str) -> list[str]:
    return re.findall(r"[^\s()]+|[()]", expression.lower())


@lru_cache(maxsize=32)
def _same_pythons(one: str, other: str) -> bool:
    """Return whether two specifiers accept the same Pythons, and true if one of them is invalid."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        first, second = SpecifierSet(one), SpecifierSet(other)
    except (InvalidSpecifier, ValueError):
        return True
    if first == second:
        return True
    if max(len(one), len(other)) > _LONGEST_SPECIFIER:
        return False
    # All existing versions and some more, and patch releases that are common as bounds. Chosen.
    pythons = [f"{major}.{minor}" for major, most in ((2, 8), (3, 30), (4, 2)) for minor in range(most)]
    patches = ("", ".1", ".2", ".3", ".6", ".20")
    return all(
        (python + patch in first) == (python + patch in second) for python in pythons for patch in patches
    )


@dataclass(frozen=True)
class _Requirement:
    """A requirement in the form in which it is compared."""

    text: str
    name: str
    said: tuple[object, ...]
    marker: object
    extras: frozenset[str]
    """The extras that the marker names."""

    @property
    def all(self) -> tuple[object, ...]:
        return (*self.said, self.marker)

    @property
    def has_extra(self) -> bool:
        return bool(self.extras)

    def is_of(self, extra: str) -> bool:
        return normalize(extra) in self.extras


def _requirement(text: str, extra: str = "") -> _Requirement | None:
    """Return a parsed requirement, None if it is invalid; ``extra`` is added to its marker."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        made = Requirement(text)
        marker = _tree(list(made.marker._markers)) if made.marker else None
    except (InvalidRequirement, ValueError, RecursionError, AttributeError, TypeError):
        return None
    if extra:
        own = ("atom", "extra", "==", normalize(extra))
        marker = own if marker is None else _join("and", [marker, own])
    extras = frozenset(value for value in _extras(marker))
    return _Requirement(text, normalize(made.name), _said(made), marker, extras)


def _said(made: Requirement) -> tuple[object, ...]:
    specifier = made.specifier
    return normalize(made.name), frozenset(map(normalize, made.extras)), specifier, made.url or ""


def _join(word: str, parts: list[Any]) -> Any:
    """Return parts joined by ``and`` or ``or``, flattened and in any order."""
    flat: set[Any] = set()
    for part in parts:
        flat |= part[1] if part[0] == word else {part}
    return next(iter(flat)) if len(flat) == 1 else (word, frozenset(flat))


def _tree(items: list[Any]) -> Any:
    """Return a marker from ``packaging`` in a form that does not depend on its wording."""
    alternatives: list[list[Any]] = [[]]
    for item in items:
        if item == "or":
            alternatives.append([])
        elif item != "and":
            alternatives[-1].append(_tree(item) if isinstance(item, list) else _atom(item))
    return _join("or", [_join("and", each) for each in alternatives])


_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
"""The operators after swapping the sides of a comparison, as in ``"3.8" <= python_version``."""


def _atom(item: Any) -> Any:
    left, operator, right = (str(getattr(each, "value", each)) for each in item)
    if type(item[0]).__name__ == "Value":
        left, right, operator = right, left, _MIRRORED.get(operator, operator)
    return ("atom", left, operator, normalize(right) if left == "extra" else right)


def _extras(marker: Any) -> Iterator[str]:
    if marker is None:
        return
    if marker[0] == "atom":
        if marker[1] == "extra":
            yield marker[3]
        return
    for part in marker[1]:
        yield from _extras(part)
