"""Write rules/data anew from where it comes from.

    python -m tools.refresh_data                            # from the public repository of the index
    python -m tools.refresh_data --warehouse ../warehouse   # from a checkout of it
    python -m tools.refresh_data --only standard_library existing_projects --projects names.txt

The names of modules, and the versions that have them, come from the installed package stdlib-list. Which of
them are projects already is told by a list of all projects, one a line, the name first: the names of the
index's simple API. What changed is printed; look at it, run the tests, and note it in the changelog.

Other scripts write abi3.json, manylinux.json and windows.json (tools/refresh_native.py), import_names.json
(tools/import_names.py) and detect_secrets.json (tools/derive_prefilter.py). Kept by hand are accounts.json
(names of accounts that say nothing of a person, from the documentation of CI services and from what real
releases hold), commands.json (commands of the base systems, by their lists of files), license_texts.json
(phrases that only one license has, checked against the texts of SPDX) and libraries.json (which installed
packages are data): whoever changes one sets its date.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tools import index_source

FOLDER = Path(__file__).parent.parent / "rules" / "data"

READERS: dict[str, Callable[[Mapping[str, str]], Any]] = {
    "index": index_source.index,
    "markers": index_source.markers,
    "platform_tags": index_source.platform_tags,
}
"""What is read from the source of the index, by the stem of its file."""

NO_MODULES = frozenset({"lib", "test", "xxlimited", "xxsubtype"})
"""Names in the lists of modules that nobody imports: what tests the interpreter, and a folder of Windows."""

SOURCE_FILES = (*index_source.FILES, *index_source.MARKER_RULES.values())


class RefreshError(Exception):
    """Something that the data is made from is missing."""


def read(stem: str) -> dict[str, Any]:
    """Return a file of data as it is."""
    found: dict[str, Any] = json.loads((FOLDER / f"{stem}.json").read_text("utf-8"))
    return found


def write(stem: str, date: str, values: Any, source: str | None = None) -> None:
    """Write a file of data if its values have changed or are newer, and print what has."""
    old = read(stem)
    new = {"name": old["name"], "date": date, "source": source or old["source"], "values": values}
    path = FOLDER / f"{stem}.json"
    path.write_text(json.dumps(new, indent=2, ensure_ascii=False) + "\n", "utf-8")
    what = "unchanged" if old["values"] == values else "CHANGED"
    print(f"{path.name}: {what}, as of {date} (was {old['date']})")


def checkout_files(folder: Path) -> dict[str, str]:
    """Return the source of the index from a checkout."""
    if not (folder / "warehouse").is_dir():
        raise RefreshError(f"{folder} is no checkout of the index software: it has no folder 'warehouse'")
    paths = {path: folder / path for path in SOURCE_FILES}
    return {path: file.read_text("utf-8") for path, file in paths.items() if file.is_file()}


def checkout_date(folder: Path) -> str | None:
    """Return the day of a checkout's last commit, None if it is not one of git."""
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
            raise RefreshError(f"{url}: {error}; use --warehouse with a checkout") from None
    return files


def module_names() -> tuple[list[str], str]:
    """Return the reserved names and the version of stdlib-list that they were made from."""
    from importlib import import_module
    from importlib.metadata import version

    try:
        lists = import_module("stdlib_list")
    except ImportError:
        raise RefreshError("the names of modules need stdlib-list: pip install stdlib-list") from None
    modules = (name for each in lists.short_versions for name in lists.stdlib_list(each))
    return index_source.reserved_names(modules), version("stdlib-list")


def module_versions() -> tuple[dict[str, Any], str]:
    """Return which version of Python 3 has which public module, and the version of stdlib-list."""
    from importlib import import_module

    _, version = module_names()
    lists = import_module("stdlib_list")
    modules = {each: lists.stdlib_list(each) for each in lists.short_versions if each.startswith("3.")}
    return by_version(modules), version


def by_version(modules: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """Return, of the modules of each version, the public ones at the top, and what came and what went when.

    What the first of the versions has, none added. What came back after a version without it was there.
    """
    versions = sorted(modules, key=lambda each: tuple(map(int, each.split("."))))
    tops = [{module.partition(".")[0] for module in modules[each]} for each in versions]
    names = sorted(name for name in set().union(*tops) if not name.startswith("_") and name not in NO_MODULES)
    held = {name: [number for number, top in enumerate(tops) if name in top] for name in names}
    return {
        "latest": versions[-1],
        "names": names,
        "added": {name: versions[found[0]] for name, found in held.items() if found[0]},
        "removed": {
            name: versions[found[-1] + 1] for name, found in held.items() if found[-1] + 1 < len(versions)
        },
    }


def existing(names: list[str], projects: Path) -> list[str]:
    """Return those of the names that stand in a file of projects, one a line."""
    with projects.open(encoding="utf-8") as lines:
        known = {index_source.normalized(line.partition("\t")[0].strip()) for line in lines}
    return sorted({*names} & known)


def refresh(options: argparse.Namespace) -> None:
    """Write what the options ask for.

    Raises:
        RefreshError, index_source.SourceError: it cannot be made.
    """
    today = options.date or datetime.date.today().isoformat()
    if any(stem in options.only for stem in READERS):
        if options.warehouse:
            files = checkout_files(options.warehouse)
            date = options.date or checkout_date(options.warehouse)
            if date is None:
                raise RefreshError(f"{options.warehouse} has no git history; say its day with --date")
        else:
            files, date = download_files(read("index")["source"], options.ref), today
        made = {stem: reader(files) for stem, reader in READERS.items() if stem in options.only}
        for stem, values in made.items():
            write(stem, date, values)
    if "standard_library" in options.only:
        names, version = module_names()
        source = read("standard_library")["source"].rstrip("/").rpartition("/")[0]
        write("standard_library", today, {"names": names}, f"{source}/{version}/")
    if "module_versions" in options.only:
        values, version = module_versions()
        source = read("module_versions")["source"].rstrip("/").rpartition("/")[0]
        write("module_versions", today, values, f"{source}/{version}/")
    if "existing_projects" in options.only and options.projects:
        names = read("standard_library")["values"]["names"]
        write("existing_projects", today, {"names": existing(names, options.projects)})
    elif "existing_projects" in options.only:
        print("existing_projects.json: kept; it needs --projects")


def main() -> int:
    """Run the command and return its exit status."""
    everything = [*READERS, "standard_library", "module_versions", "existing_projects"]
    parser = argparse.ArgumentParser(
        prog="python -m tools.refresh_data", description="Write rules/data anew from where it comes from."
    )
    add = parser.add_argument
    add("--warehouse", type=Path, metavar="FOLDER", help="a checkout of the index software")
    add("--ref", default="main", help="the branch, tag or commit to download without --warehouse")
    add("--date", help="the day the data is of (YYYY-MM-DD): the checkout's last commit, else today")
    add("--projects", type=Path, metavar="FILE", help="all projects of the index, one a line")
    add("--only", nargs="+", choices=everything, default=everything, metavar="NAME", help="of the files")
    try:
        refresh(parser.parse_args())
    except (RefreshError, index_source.SourceError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
