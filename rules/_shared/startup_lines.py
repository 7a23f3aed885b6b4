"""The lines that Python runs at its start from ``.pth`` and ``.start`` files, read as ``site`` reads them.

https://docs.python.org/3/library/site.html
"""

from __future__ import annotations

from collections.abc import Iterator

SUFFIXES = (".pth", ".start")
"""Suffixes of the files in site-packages that Python reads at every start, the second since Python 3.15."""


def is_read(name: str) -> bool:
    """Return whether some Python reads a file of this name at its start.

    Only Pythons before 3.13 read files whose names begin with a dot, and these know no ``.start`` files.
    """
    return name.endswith(".pth") or (name.endswith(".start") and not name.startswith("."))


def text_of(data: bytes) -> tuple[str, bool]:
    """Return the text of such a file without a byte order mark, and whether the file is text."""
    try:
        return data.decode("utf-8-sig"), b"\0" not in data
    except UnicodeDecodeError:
        # `site` decodes by the locale if UTF-8 fails, so the lines may still run.
        return data.decode("latin-1"), False


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines except comments; ``site`` splits lines at more characters than editors do."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def code_of(name: str, line: str) -> str | None:
    """Return the code that Python runs from a line of the file of a name, None if it runs nothing."""
    code = line.strip()
    if name.endswith(".start"):
        return None if code.startswith("#") else code
    # `site` runs a line if it begins with `import`, since Python 3.15 also after blanks; before, such a
    # line is a path.
    return code if code.startswith(("import ", "import\t")) else None
