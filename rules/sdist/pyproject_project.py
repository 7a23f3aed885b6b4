"""Check the table ``[project]`` of a pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pkgaudit.api import CoreMetadata, quoted
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules.sdist.pyproject_fault import (
    DOTTED,
    MOST,
    VALID_NAME,
    Fault,
    dotted,
    is_requirement,
    is_specifier,
    list_faults,
    normal,
    not_a,
)
from pkgaudit.rules.sdist.pyproject_file import ALL, Keys, Pyproject
from pkgaudit.rules.sdist.pyproject_words import nearest

SCALARS = frozenset({"name", "version", "description", "requires-python", "readme", "license"})
"""The keys with one value, which cannot be both set and dynamic."""


KNOWN = frozenset(
    {
        *SCALARS,
        *("license-files", "authors", "maintainers", "keywords", "classifiers", "urls", "scripts"),
        *("gui-scripts", "entry-points", "dependencies", "optional-dependencies", "dynamic"),
        *("import-names", "import-namespaces"),
    }
)
"""The keys of ``[project]``.

https://packaging.python.org/en/latest/specifications/pyproject-toml/; the last two are those of PEP 794.
"""


# https://packaging.python.org/en/latest/specifications/entry-points/#data-model; names and references are cut
# below at lengths that real ones do not reach, to bound the time on hostile input.
_GROUP = re.compile(r"\w+(?:\.\w+)*")


_REFERENCE = re.compile(rf"\s*{DOTTED}\s*(?::\s*{DOTTED}\s*)?(?:\[[^\]]*\]\s*)?")


_OTHERS_KEYS = frozenset(
    {
        *("author", "author-email", "maintainer", "maintainer-email", "home-page", "homepage", "url"),
        *("repository", "documentation", "packages", "include", "exclude", "package-data", "py-modules"),
        *("install-requires", "extras-require", "python", "python-requires", "summary", "long-description"),
        *("requires", "extras", "dev-dependencies", "console-scripts", "license-file", "bugtracker"),
    }
)
"""Keys of setup.cfg, setup.py, Poetry and others, which will not become keys of ``[project]``."""


class Project:
    """The table ``[project]``, checked key by key."""

    def __init__(self, pyproject: Pyproject, metadata: CoreMetadata | None) -> None:
        self.pyproject = pyproject
        self.metadata = metadata
        self.poetry = pyproject.table("tool", "poetry")
        self.table: dict[str, Any] = pyproject.project

    def faults(self) -> Iterator[Fault]:
        table = self.pyproject.tables["project"]
        if not isinstance(table, dict):
            yield not_a(("project",), "a table", table)
            return
        yield from self._unknown()
        yield from self._identity()
        yield from self._dynamic()
        yield from self._strings()
        yield from self._people()
        yield from self._readme()
        yield from self._license()
        yield from self._dependencies()
        yield from self._entry_points()

    def _is_in_metadata(self, field: str, value: str) -> bool:
        """Return whether the core metadata has the same value, which MD104 reports."""
        return self.metadata is not None and value.strip() in self.metadata.all(field)[:MOST]

    def _unknown(self) -> Iterator[Fault]:
        """Yield one fault for misspelled keys and keys of other tools, and one for unknown keys.

        A newer specification may define keys that are unknown here, so those are never an error.
        """
        wrong: list[str] = []
        odd: list[str] = []
        for key in [each for each in self.table if each not in KNOWN][:200]:  # bounds the time
            is_wrong = nearest(key, KNOWN) is not None or key.replace("_", "-").lower() in _OTHERS_KEYS
            (wrong if is_wrong else odd).append(key)
        for keys, qualifier in ((wrong, ""), (odd, " as far as pkgaudit knows")):
            if keys:
                are = "is not a key" if len(keys) == 1 else "are not keys"
                # Five in a message: a file rarely has more misspelled keys. Chosen.
                named = ", ".join(f"`project.{dotted((each,))}`" for each in keys[:5]) + (
                    " …" if len(keys) > 5 else ""
                )
                meant = nearest(keys[0], KNOWN)
                fix = (
                    f"spell it `{meant}`"
                    if meant
                    else "remove the setting, or move it to the table it belongs in"
                )
                rejected_by = self._rejecting_keys() if keys is wrong else frozenset[str]()
                message = f"{named} {are} of [project]{qualifier}"
                yield Fault(("project", keys[0]), message, fix, rejected_by)

    def _rejecting_keys(self) -> frozenset[str]:
        """Return the build backends that reject unknown keys; flit-core only warns before version 4."""
        names = {"setuptools"}
        if self.pyproject.builds_with("flit-core", "4.0"):
            names.add("flit")
        return frozenset(names)

    def _identity(self) -> Iterator[Fault]:
        name = self.table.get("name")
        if name is None:
            if "name" not in self.poetry:
                yield Fault(("project",), "`project.name` is missing", "add the name of the project")
        elif not isinstance(name, str):
            yield not_a(("project", "name"), "a string", name)
        elif not VALID_NAME.fullmatch(name[:5000]) and not self._is_in_metadata("Name", name):
            message = f"`project.name` is {quoted(name)}, which is not a valid name"
            yield Fault(("project", "name"), message, "use ASCII letters, digits, '.', '-' and '_'")
        version = self.table.get("version")
        if version is None:
            if "version" not in self.pyproject.dynamic and "version" not in self.poetry:
                message = "`project.version` is missing, and `project.dynamic` does not list it"
                # maturin takes it from Cargo.toml.
                fix = 'add the version, or `dynamic = ["version"]`'
                yield Fault(("project",), message, fix, ALL - {"maturin"})
        elif not isinstance(version, str):
            yield not_a(("project", "version"), "a string", version)
        elif parse_version(version) is None and not self._is_in_metadata("Version", version):
            message = f"`project.version` is {quoted(version)}, which is not valid under PEP 440"
            yield Fault(("project", "version"), message, "set a version such as '1.0' or '1.0rc1'")

    def _dynamic(self) -> Iterator[Fault]:
        keys: Keys = ("project", "dynamic")
        if "dynamic" not in self.table:
            return
        yield from list_faults(keys, self.table["dynamic"], "", None)
        for each in self.pyproject.dynamic[:MOST]:
            if each == "name":
                yield Fault(keys, "`project.dynamic` lists 'name', which cannot be dynamic", "set the name")
            elif each in SCALARS and each in self.table:
                # Since PEP 808, lists and tables may be both.
                message = f"`project.{each}` is set, but also listed in `project.dynamic`"
                yield Fault(keys, message, "remove one of the two", ALL - {"poetry"}, each)
            elif each not in KNOWN:
                meant = nearest(each, KNOWN)
                message = f"`project.dynamic` lists {quoted(each)}, which is not a key of [project]"
                is_wrong = meant is not None or each.replace("_", "-").lower() in _OTHERS_KEYS
                rejected_by = ALL - {"hatchling", "maturin"} if is_wrong else frozenset[str]()
                yield Fault(keys, message, f"spell it {meant!r}" if meant else "remove it", rejected_by, each)

    def _strings(self) -> Iterator[Fault]:
        for key in ("description", "requires-python"):
            if key in self.table and not isinstance(self.table[key], str):
                yield not_a(("project", key), "a string", self.table[key])
        requires = self.table.get("requires-python")
        is_wrong = isinstance(requires, str) and not is_specifier(requires)
        if isinstance(requires, str) and is_wrong and not self._is_in_metadata("Requires-Python", requires):
            message = f"`project.requires-python` is {quoted(requires)}, which is not a version specifier"
            fix = "write a version specifier such as '>=3.10'"
            yield Fault(("project", "requires-python"), message, fix, ALL - {"flit"})
        for key in ("keywords", "classifiers", "import-names", "import-namespaces"):
            if key in self.table:
                yield from list_faults(("project", key), self.table[key], "", None)
        urls = self.table.get("urls", {})
        if not isinstance(urls, dict):
            yield not_a(("project", "urls"), "a table", urls)
            return
        for label, url in list(urls.items())[:MOST]:
            if not isinstance(url, str):
                yield not_a(("project", "urls", label), "a string", url, ALL - {"flit"})

    def _people(self) -> Iterator[Fault]:
        for key in ("authors", "maintainers"):
            people = self.table.get(key, [])
            if not isinstance(people, list):
                yield not_a(("project", key), "an array of tables", people)
                continue
            for each in people[:MOST]:
                if not isinstance(each, dict):
                    yield not_a(("project", key), "an array of tables { name = …, email = … }", people)
                    break
                odd = [name for name in each if name not in ("name", "email")]
                wrong = [name for name in each if not isinstance(each[name], str)]
                if odd:
                    message = (
                        f"`project.{key}` has the key {quoted(odd[0])}, but only name and email are allowed"
                    )
                    rejected_by = ALL - {"hatchling", "maturin"}
                    yield Fault(("project", key), message, "remove the key", rejected_by, odd[0])
                elif wrong:
                    yield not_a(("project", key, wrong[0]), "a string", each[wrong[0]])
                elif not each:
                    message = f"`project.{key}` has an entry without name and email"
                    fix = "name the person or remove the entry"
                    yield Fault(("project", key), message, fix, ALL - {"flit"})

    def _readme(self) -> Iterator[Fault]:
        keys: Keys = ("project", "readme")
        readme = self.table.get("readme")
        if readme is None or isinstance(readme, str):
            return
        if not isinstance(readme, dict):
            yield not_a(keys, "a string or a table", readme)
            return
        yield from _file_or_text(keys, readme, ALL - {"setuptools", "uv"})
        if "content-type" not in readme:
            message = "`project.readme` is a table without `content-type`"
            yield Fault(keys, message, 'add the content type, for example content-type = "text/markdown"')
        elif not isinstance(readme["content-type"], str):
            yield not_a((*keys, "content-type"), "a string", readme["content-type"])

    def _license(self) -> Iterator[Fault]:
        keys: Keys = ("project", "license")
        license = self.table.get("license")
        if license is not None and not isinstance(license, str):
            if not isinstance(license, dict):
                yield not_a(keys, "a string or a table", license)
            else:
                yield from _file_or_text(keys, license, ALL - {"uv"})
                if "license-files" in self.table and isinstance(self.table["license-files"], list):
                    message = "`project.license` is a table, which excludes `project.license-files`"
                    fix = 'make it an SPDX expression, for example license = "MIT"'
                    rejected_by = ALL - {"hatchling", "maturin", "scikit-build-core"}
                    yield Fault(keys, message, fix, rejected_by)
        files = self.table.get("license-files")
        keys = ("project", "license-files")
        if isinstance(files, dict):
            # The drafts of PEP 639 had a table here, which older backends follow.
            yield not_a(keys, "an array of strings", files, frozenset({"setuptools", "flit", "poetry", "uv"}))
        elif files is not None:
            yield from list_faults(keys, files, "", None)
            for each in files if isinstance(files, list) else ():
                if isinstance(each, str) and ".." in re.split(r"[/\\]", each):
                    message = (
                        f"`project.license-files` contains {quoted(each)}, which leads out of the project"
                    )
                    rejected_by = frozenset({"flit", "poetry", "pdm", "uv"})
                    yield Fault(keys, message, "name files in the project", rejected_by, each)

    def _dependencies(self) -> Iterator[Fault]:
        listed = self.table.get("dependencies", [])
        yield from self._requirements(("project", "dependencies"), listed)
        optional = self.table.get("optional-dependencies", {})
        top: Keys = ("project", "optional-dependencies")
        if not isinstance(optional, dict):
            yield not_a(top, "a table", optional)
            return
        seen: dict[str, str] = {}
        for extra, items in list(optional.items())[:MOST]:
            yield from self._requirements((*top, extra), items)
            if not VALID_NAME.fullmatch(extra[:5000]):
                if not self._is_in_metadata("Provides-Extra", extra):
                    message = f"`{dotted(top)}` has {quoted(extra)}, which is not a valid name of an extra"
                    fix = "use ASCII letters, digits, '.', '-' and '_'"
                    yield Fault((*top, extra), message, fix, ALL - {"poetry", "pdm"})
            elif (same := seen.setdefault(normal(extra), extra)) != extra:
                message = (
                    f"`{dotted(top)}` has both {quoted(same)} and {quoted(extra)}, which are the same name"
                )
                rejected_by = frozenset({"hatchling", "flit", "uv"})
                yield Fault((*top, extra), message, "merge the two", rejected_by)

    def _requirements(self, keys: Keys, items: Any) -> Iterator[Fault]:
        for fault in list_faults(keys, items, "a valid requirement (PEP 508)", is_requirement):
            if fault.value is None or not self._is_in_metadata("Requires-Dist", fault.value):
                yield fault

    def _entry_points(self) -> Iterator[Fault]:
        for key in ("scripts", "gui-scripts"):
            yield from _references(("project", key), self.table.get(key, {}))
        groups = self.table.get("entry-points", {})
        top: Keys = ("project", "entry-points")
        if not isinstance(groups, dict):
            yield not_a(top, "a table of tables", groups)
            return
        for group, items in list(groups.items())[:MOST]:
            if group in ("console_scripts", "gui_scripts"):
                own = "scripts" if group == "console_scripts" else "gui-scripts"
                message = f"`{dotted(top)}` has {quoted(group)}, but `project.{own}` replaces this group"
                rejected_by = ALL - {"setuptools", "pdm"}
                yield Fault((*top, group), message, f"move the group to [project.{own}]", rejected_by)
            elif not _GROUP.fullmatch(group[:1000]):
                message = f"`{dotted(top)}` has the group {quoted(group)}, which is not a valid name"
                rejected_by = frozenset({"setuptools", "poetry", "pdm", "uv"})
                fix = "only use letters, digits, '_' and '.' in the name"
                yield Fault((*top, group), message, fix, rejected_by)
            yield from _references((*top, group), items)


def _file_or_text(keys: Keys, table: dict[str, Any], rejected_by: frozenset[str]) -> Iterator[Fault]:
    for key in ("file", "text"):
        if key in table and not isinstance(table[key], str):
            yield not_a((*keys, key), "a string", table[key])
    if "file" in table and "text" in table:
        message = f"`{dotted(keys)}` has both `file` and `text`"
        yield Fault(keys, message, "remove one of the two", rejected_by)
    elif "file" not in table and "text" not in table:
        yield Fault(keys, f"`{dotted(keys)}` has neither `file` nor `text`", "add one of the two")


def _references(keys: Keys, items: Any) -> Iterator[Fault]:
    if not isinstance(items, dict):
        yield not_a(keys, "a table", items)
        return
    for name, reference in list(items.items())[:MOST]:
        if not isinstance(reference, str):
            yield not_a((*keys, name), "a string", reference)
        elif not _REFERENCE.fullmatch(reference[:1000]):
            message = f"`{dotted((*keys, name))}` is {quoted(reference)}, which is not an object of a module"
            yield Fault((*keys, name), message, "write it as 'module:object'", frozenset({"setuptools"}))
