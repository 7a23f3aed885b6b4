"""Regenerate rules/data from its sources.

    python -m tools.refresh_data                            # from the public repository of the index
    python -m tools.refresh_data --warehouse ../warehouse   # from a checkout of this repository
    python -m tools.refresh_data --only standard_library existing_projects --projects names.txt
    python -m tools.refresh_data --only known_names confused_names --projects names.txt --downloads most.txt

The names of modules come from the installed package stdlib-list. Existing projects with such names come from
a list of all projects, one per line, the name first: the names in the index's simple API. The known names
come from a list of the most downloaded projects, in this order, and from the dependencies of the wheels in
the folders that --corpus names. Of the confused names, those that are no project come from import_names.json
and the list of all projects; the others are maintained by hand and stay. The script prints which files
changed; review the changes, run the tests, and note them in the changelog.

Other scripts write abi3.json, c_library.json, manylinux.json and windows.json (tools/refresh_native.py),
library_versions.json (tools/refresh_library.py), installers.json (tools/refresh_installers.py),
import_names.json (tools/import_names.py) and detect_secrets.json (tools/derive_prefilter.py). Five files
are maintained by hand: accounts.json (account names that identify no person, from the documentation of CI
services and from real releases), capabilities.json (functions by what they do), commands.json (commands of
the base systems, from their file lists), license_texts.json (phrases that only one license contains, checked
against the SPDX texts) and libraries.json (installed packages that are data). Update the date of such a file
with every change.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools import index_source
from tools.import_names import needs_of

FOLDER = Path(__file__).parent.parent / "rules" / "data"

READERS: dict[str, Callable[[Mapping[str, str]], Any]] = {
    "index": index_source.index,
    "markers": index_source.markers,
    "platform_tags": index_source.platform_tags,
}
"""The readers of the index's source, by the stem of the data file."""

TARGETS = 2_000
"""How many of the most downloaded projects a mistyped name may mean. Chosen: with more, the names of real
projects resemble one of them."""

SOURCE_FILES = (*index_source.FILES, *index_source.MARKER_RULES.values())


class RefreshError(Exception):
    """A source of the data is missing."""


def read(stem: str) -> dict[str, Any]:
    """Return the content of a data file."""
    found: dict[str, Any] = json.loads((FOLDER / f"{stem}.json").read_text("utf-8"))
    return found


def write(stem: str, date: str, values: Any, source: str | None = None) -> None:
    """Write a data file, and print whether its values changed."""
    old = read(stem)
    new = {"name": old["name"], "date": date, "source": source or old["source"], "values": values}
    path = FOLDER / f"{stem}.json"
    path.write_text(json.dumps(new, indent=2, ensure_ascii=False) + "\n", "utf-8")
    what = "unchanged" if old["values"] == values else "CHANGED"
    print(f"{path.name}: {what}, as of {date} (was {old['date']})")


def checkout_files(folder: Path) -> dict[str, str]:
    """Return the source of the index from a checkout."""
    if not (folder / "warehouse").is_dir():
        raise RefreshError(f"{folder} is not a checkout of the index software: it has no folder 'warehouse'")
    paths = {path: folder / path for path in SOURCE_FILES}
    return {path: file.read_text("utf-8") for path, file in paths.items() if file.is_file()}


def checkout_date(folder: Path) -> str | None:
    """Return the date of a checkout's last commit, None if it is not a git checkout."""
    command = ["git", "-C", str(folder), "log", "-1", "--format=%cs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def download_files(source: str, ref: str) -> dict[str, str]:
    """Return the source of the index from its public repository."""
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    files = {}
    for path in SOURCE_FILES:
        url = f"{source}/raw/{ref}/{path}"
        try:
            with urlopen(url, timeout=60) as response:
                files[path] = response.read().decode("utf-8")
        except HTTPError as error:
            if error.code != 404:
                raise RefreshError(f"{url}: {error}") from None
        except (URLError, TimeoutError) as error:
            raise RefreshError(f"{url}: {error}; pass a checkout with --warehouse") from None
    return files


def module_names() -> tuple[list[str], str]:
    """Return the reserved names, and the version of stdlib-list."""
    from importlib import import_module
    from importlib.metadata import version

    try:
        lists = import_module("stdlib_list")
    except ImportError:
        raise RefreshError("module names need stdlib-list: pip install stdlib-list") from None
    modules = (name for each in lists.short_versions for name in lists.stdlib_list(each))
    return index_source.reserved_names(modules), version("stdlib-list")


def existing(names: list[str], projects: Path) -> list[str]:
    """Return the names that a file of projects lists, one per line."""
    return sorted({*names} & {*map(index_source.normalized, _first_words(projects))})


def _first_words(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [line.partition("\t")[0].strip() for line in lines]


def known(downloads: Sequence[str], others: Iterable[str]) -> dict[str, list[str]]:
    """Return the known names: the most downloaded in their order, and all others; each line has several."""
    names = list(dict.fromkeys(map(index_source.normalized, downloads)))
    rest = {*names[TARGETS:], *others} - {*names[:TARGETS]}
    return {
        key: textwrap.wrap(" ".join(each), 110, break_on_hyphens=False, break_long_words=False)
        for key, each in (("most_downloaded", names[:TARGETS]), ("others", sorted(rest)))
    }


def absent(imports: Mapping[str, Sequence[str]], projects: Iterable[str]) -> dict[str, str]:
    """Return the names of modules that no project has, each with the projects that provide the module."""
    existing = {*projects}
    names = {index_source.normalized(each).strip("-"): " ".join(found) for each, found in imports.items()}
    return {name: found for name, found in sorted(names.items()) if name and name not in existing}


def refresh(options: argparse.Namespace) -> None:
    """Write the files that the options select.

    Raises:
        RefreshError, index_source.SourceError: a file cannot be made.
    """
    today = options.date or datetime.date.today().isoformat()
    if any(stem in options.only for stem in READERS):
        if options.warehouse:
            files = checkout_files(options.warehouse)
            date = options.date or checkout_date(options.warehouse)
            if date is None:
                raise RefreshError(f"{options.warehouse} has no git history; pass its date with --date")
        else:
            files, date = download_files(read("index")["source"], options.ref), today
        made = {stem: reader(files) for stem, reader in READERS.items() if stem in options.only}
        for stem, values in made.items():
            write(stem, date, values)
    if "standard_library" in options.only:
        names, version = module_names()
        source = read("standard_library")["source"].rstrip("/").rpartition("/")[0]
        write("standard_library", today, {"names": names}, f"{source}/{version}/")
    if "existing_projects" in options.only and options.projects:
        names = read("standard_library")["values"]["names"]
        write("existing_projects", today, {"names": existing(names, options.projects)})
    elif "existing_projects" in options.only:
        print("existing_projects.json: not changed, because --projects is missing")
    if "known_names" in options.only and options.downloads:
        wheels = [wheel for folder in options.corpus for wheel in sorted(folder.rglob("*.whl"))]
        needed = {name for wheel in wheels for name in needs_of(wheel)}
        write("known_names", today, known(_first_words(options.downloads), needed))
    elif "known_names" in options.only:
        print("known_names.json: not changed, because --downloads is missing")
    if "confused_names" in options.only and options.projects:
        projects = map(index_source.normalized, _first_words(options.projects))
        found = absent(read("import_names")["values"]["imports"], projects)
        write("confused_names", today, {**read("confused_names")["values"], "absent": found})
    elif "confused_names" in options.only:
        print("confused_names.json: not changed, because --projects is missing")


def main() -> int:
    """Run the command and return its exit status."""
    everything = [*READERS, "standard_library", "existing_projects", "known_names", "confused_names"]
    parser = argparse.ArgumentParser(
        prog="python -m tools.refresh_data", description="Regenerate rules/data from its sources."
    )
    add = parser.add_argument
    add("--warehouse", type=Path, metavar="FOLDER", help="a checkout of the index software")
    add("--ref", default="main", help="the branch, tag or commit to download without --warehouse")
    add("--date", help="date of the data (YYYY-MM-DD); default: that of the checkout's last commit, or today")
    add("--projects", type=Path, metavar="FILE", help="all projects of the index, one per line")
    add("--downloads", type=Path, metavar="FILE", help="the most downloaded projects, one per line")
    add("--corpus", type=Path, metavar="FOLDER", nargs="*", default=[], help="folders with wheels")
    add("--only", nargs="+", choices=everything, default=everything, metavar="NAME", help="files to write")
    try:
        refresh(parser.parse_args())
    except (RefreshError, index_source.SourceError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
