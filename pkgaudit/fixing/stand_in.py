"""An sdist with the metadata of a pyproject.toml at which the build backend stops."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path
from typing import Any

from pkgaudit.advice.backend import read_pyproject, table_in

_FIELDS = {
    "description": "Summary",
    "requires-python": "Requires-Python",
    "license": "License-Expression",
}
"""The keys of ``[project]`` with a text, and the fields of the core metadata that they set."""

_LISTS = {"classifiers": "Classifier", "dependencies": "Requires-Dist"}
"""The keys with a list; build backends check the values of both tables and stop at some faults."""


def stand_in(project: Path, folder: Path) -> str | None:
    """Write an sdist with the settings files of a project, and with the metadata that they state.

    No code runs. Return the path, None if pyproject.toml does not state name and version.
    """
    files = {
        name: (project / name).read_bytes() for name in ("pyproject.toml",) if (project / name).is_file()
    }
    pyproject = read_pyproject(files.get("pyproject.toml", b"").removeprefix(b"\xef\xbb\xbf"))
    table = table_in(pyproject, "project")
    name, version = table.get("name"), table.get("version", "0")
    if (
        not isinstance(name, str)
        or not isinstance(version, str)
        or not re.fullmatch(r"[\w.!+-]+", name + version)
    ):
        return None
    normal = re.sub(r"[-_.]+", "_", name).lower()
    root = f"{normal}-{version}"
    files["PKG-INFO"] = _metadata(table, name, version).encode("utf-8", "surrogateescape")
    path = folder / f"{root}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for file, data in files.items():
            info = tarfile.TarInfo(f"{root}/{file}")
            info.size, info.mode = len(data), 0o644
            archive.addfile(info, io.BytesIO(data))
    return str(path)


def _metadata(table: dict[str, Any], name: str, version: str) -> str:
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
    for key, field in _FIELDS.items():
        if isinstance(value := table.get(key), str):
            lines.append(f"{field}: {_folded(value)}")
    for key, field in _LISTS.items():
        values = table.get(key)
        for each in values if isinstance(values, list) else ():
            lines.append(f"{field}: {_folded(str(each))}")
    return "\n".join((*lines, "", ""))


def _folded(value: str) -> str:
    return re.sub(r"\r?\n", "\n        ", value)
