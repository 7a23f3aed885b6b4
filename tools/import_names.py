"""Add the import names and dependencies of wheels to rules/data/import_names.json.

    python -m tools.import_names FOLDER…      # folders with wheels, one or more for each project

The script keeps the order of the projects for a name: findings recommend the first project. It records the
top levels of each wheel that do not resemble the project's name, and the dependencies of projects that other
projects depend on. Existing entries stay, so entries that no wheel shows can be added by hand, such as former
names (``Crypto`` of pycrypto).
"""

from __future__ import annotations

import datetime
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from pkgaudit.api import normalize
from pkgaudit.rules._shared.import_names import is_named_after, squashed
from pkgaudit.rules._shared.test_folders import is_test_folder

FILE = Path(__file__).parent.parent / "rules" / "data" / "import_names.json"

_ASIDE = frozenset({"docs", "doc", "examples", "scripts", "benchmarks", "tools", "src", "share", "build"})


def read_wheel(path: Path) -> tuple[str, set[str], set[str]]:
    """Return the project of a wheel, its top levels, and its dependencies without those of extras."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        headers = _headers(archive)
    tops = set()
    regular = {name.partition("/")[0] for name in names if name.count("/") == 1 and "/__init__." in name}
    for name in names:
        top, slash, _ = name.partition("/")
        stem = top if slash else top.partition(".")[0]
        is_module = not slash and top.endswith((".py", ".so", ".pyd"))
        if (
            stem.isidentifier()
            and not is_test_folder(stem)
            and stem not in _ASIDE
            and (top in regular or is_module)
        ):
            tops.add(stem)
    needs = {name for name, is_extra in _required(headers) if not is_extra}
    return normalize(headers["Name"]), tops, needs


def needs_of(path: Path) -> set[str]:
    """Return the dependencies of a wheel, with those of extras; none if it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name for name, _ in _required(_headers(archive))}
    except (zipfile.BadZipFile, StopIteration):  # folders with wheels of other tests have broken ones too
        return set()


def _headers(archive: zipfile.ZipFile) -> Message:
    """Return the core metadata.

    Raises:
        StopIteration: there are none.
    """
    path = next(
        name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1
    )
    return BytesParser().parsebytes(archive.read(path), headersonly=True)


def _required(headers: Message) -> Iterator[tuple[str, bool]]:
    """Yield the name of each dependency, and whether it belongs to an extra."""
    for text in headers.get_all("Requires-Dist") or []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        yield normalize(requirement.name), "extra" in str(requirement.marker or "")


def _without_plain(imports: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the import names except those that only a project with the same name provides."""
    return {
        name: found
        for name, found in imports.items()
        if {squashed(each) for each in found} != {squashed(name)}
    }


def main() -> int:
    """Run the command and return its exit status."""
    data: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    imports: dict[str, list[str]] = data["values"]["imports"]
    brings: dict[str, set[str]] = {}
    uses: Counter[str] = Counter()
    for path in sorted(each for folder in sys.argv[1:] for each in Path(folder).rglob("*.whl")):
        try:
            project, tops, needs = read_wheel(path)
        except (zipfile.BadZipFile, StopIteration, OSError, TypeError) as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            continue
        uses.update(needs)
        brings[project] = brings.get(project, set()) | needs
        for top in tops:
            is_private = top.startswith("_") or top.endswith("__mypyc") or top == "setup"
            if not is_named_after(project, top) and not is_private:
                known = imports.setdefault(top, [])
                known += [project] if project not in known else []
    kept = {name: found for name, found in brings.items() if uses[name] >= 2}
    data["values"] = {
        "imports": dict(sorted(_without_plain(imports).items())),
        "brings": {name: " ".join(sorted(found)) for name, found in sorted(kept.items())},
        "hosts": sorted(data["values"]["hosts"]),
    }
    data["date"] = datetime.date.today().isoformat()
    FILE.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
