"""Write rules/data anew from where it comes from.

    python -m tools.refresh_data                            # from the public repository of the index
    python -m tools.refresh_data --warehouse ../warehouse   # from a checkout of it
    python -m tools.refresh_data --only standard_library existing_projects --projects names.txt

The names of modules come from the installed package stdlib-list. Which of them are projects already is
told by a list of all projects, one a line, the name first: the names of the index's simple API.
What changed is printed; look at it, run the tests, and note it in the changelog.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
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


def existing(names: list[str], projects: Path) -> list[str]:
    """Return those of the names that stand in a file of projects, one a line."""
    with projects.open(encoding="utf-8") as lines:
        known = {index_source.normalised(line.partition("\t")[0].strip()) for line in lines}
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
    if "existing_projects" in options.only and options.projects:
        names = read("standard_library")["values"]["names"]
        write("existing_projects", today, {"names": existing(names, options.projects)})
    elif "existing_projects" in options.only:
        print("existing_projects.json: kept; it needs --projects")


def main() -> int:
    """Run the command and return its exit status."""
    everything = [*READERS, "standard_library", "existing_projects"]
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
