"""Values from the source of the index software, which is read as text and syntax trees and never executed.

The functions take the texts of files by their path in https://github.com/pypi/warehouse. They raise
`SourceError` if an expected value is missing: then the software has changed, and a developer must read it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

CONSTANTS = "warehouse/constants.py"
LEGACY = "warehouse/forklift/legacy.py"
METADATA = "warehouse/forklift/metadata.py"
SCANNER = "warehouse/utils/scanner.py"
WHEEL = "warehouse/utils/wheel.py"
REQUIREMENTS = "requirements/main.txt"
FILES = (CONSTANTS, LEGACY, METADATA, REQUIREMENTS, SCANNER, WHEEL)

RENDERER = ("comrak", "docutils", "nh3", "readme-renderer")
"""The libraries that render a readme."""

MARKER_RULES = {
    "PyArmor": "warehouse/utils/scanner_rules/pyarmor.yar",
    "SourceDefender": "warehouse/utils/scanner_rules/sourcedefender.yar",
}
"""The tools whose output the index rejects, and the YARA rule for each."""

_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w* *(?::[^=\n]*)?=", re.MULTILINE)
_NEXT_STATEMENT = re.compile(r"^[^\s#)\]}]", re.MULTILINE)

_FAMILIES = {"android", "ios", "linux", "macosx", "pyemscripten"}
"""The families of platform tags for which the index has a pattern (a name that ends in ``_platform_re``)."""

_SAMPLES = {
    "android": "android_21_x86",
    "ios": "ios_13_0_arm64_iphoneos",
    "linux": "manylinux_2_17_x86_64",
    "macosx": "macosx_11_0_arm64",
    "pyemscripten": "pyemscripten_2026_0_wasm32",
}


class SourceError(Exception):
    """The source lacks an expected value."""


def constants(source: str, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the values of a module's constants that are literals or combinations of other constants.

    Each assignment is parsed separately, so newer syntax than that of the running Python does no harm. The
    value of ``re.compile`` is its pattern.
    """
    values = dict(known or {})
    for start in (match.start() for match in _ASSIGNMENT.finditer(source)):
        line_end = source.find("\n", start) + 1 or len(source)
        following = _NEXT_STATEMENT.search(source, line_end)
        try:
            [statement] = ast.parse(source[start : following.start() if following else len(source)]).body
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                values[statement.targets[0].id] = _value(statement.value, values)
        except (SyntaxError, ValueError, LookupError, TypeError):
            continue
    return values


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Raises:
        LookupError, TypeError, ValueError: the expression is not one of the few supported kinds.
    """
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, known), _value(node.right, known)
        if isinstance(node.op, ast.BitOr):
            return left | right
        if isinstance(node.op, ast.Mult) and type(left) is type(right) is int:
            return left * right
        raise ValueError("the operator is not supported")
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
        return _value(node.args[0], known)
    return ast.literal_eval(node)


def _all_constants(files: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path in (CONSTANTS, LEGACY, WHEEL):
        values = constants(files.get(path, ""), values)
    return values


def _get(values: Mapping[str, Any], name: str, type_: type) -> Any:
    if not isinstance(values.get(name), type_):
        raise SourceError(f"{name}: not found, or not a {type_.__name__}; the index software has changed")
    return values[name]


def platform_tags(files: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of ``platform_tags.json``."""
    values = _all_constants(files)
    patterns = {
        name.strip("_").removesuffix("_platform_re"): value
        for name, value in values.items()
        if name.endswith("_platform_re")
    }
    if unknown := patterns.keys() - _FAMILIES:
        raise SourceError(f"new families of platform tags: {', '.join(sorted(unknown))}")
    taken = {
        family: sorted(_get(values, f"_{family}_arches", set))
        for family in ("android", "ios", "macosx", "manylinux", "musllinux")
    }
    if "pyemscripten" in patterns:
        taken["pyemscripten"] = ["wasm32"]
    majors = [int(each) for each in _get(values, "_macosx_major_versions", set)]
    return {
        "fixed": sorted(_get(values, "_allowed_platforms", set)),
        "macos_majors": sorted(majors),
        "architectures": dict(sorted(taken.items())),
        "open_ended": sorted(family for family, pattern in patterns.items() if _is_open(family, pattern)),
    }


def _is_open(family: str, pattern: str) -> bool:
    """Return whether a tag may have any suffix, which is not so if it must end with the architecture."""
    sample = _SAMPLES[family]
    if not re.match(pattern, sample):
        raise SourceError(f"the pattern of {family} does not match {sample}")
    longer = re.match(pattern, f"{sample}x")
    return longer is not None and not longer.groupdict().get("arch", "").endswith("x")


def index(files: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of ``index.json``."""
    values = _all_constants(files)
    versions = _get(constants(files.get(METADATA, "")), "SUPPORTED_METADATA_VERSIONS", set)
    return {
        "metadata_versions": sorted(versions, key=lambda version: [int(part) for part in version.split(".")]),
        "largest_file": _get(values, "MAX_FILESIZE", int),
        "largest_granted": _get(values, "UPLOAD_LIMIT_CAP", int),
        "renderer": {name: _pinned(name, files.get(REQUIREMENTS, "")) for name in RENDERER},
    }


def _pinned(name: str, requirements: str) -> str:
    match = re.search(rf"^{name}(?:\[\w+\])?==([\d.]+)", requirements, re.MULTILINE)
    if match is None:
        raise SourceError(f"{REQUIREMENTS} pins no version of {name}")
    return match[1]


_STRINGS = re.compile(r"strings:(.*?)condition:(.*?)\}", re.DOTALL)
_STRING = re.compile(r'^\s*\$\w*\s*=\s*"((?:[^"\\]|\\.)*)"\s*$')
_CONDITION = re.compile(r"(any|all) of them")


def markers(files: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of ``markers.json``; ``files`` contains the YARA rules too."""
    values = constants(files.get(SCANNER, ""))
    return {
        "suffixes": sorted(_get(values, "_SCAN_EXTENSIONS", set)),
        "largest": _get(values, "_SCAN_MAX_FILE_SIZE", int),
        "markers": [marker(tool, files.get(path, "")) for tool, path in MARKER_RULES.items()],
    }


def marker(tool: str, source: str) -> dict[str, Any]:
    """Return the strings of a YARA rule, and whether it needs any or all of them."""
    found = _STRINGS.search(source)
    condition = _CONDITION.fullmatch(found[2].strip()) if found else None
    if found is None or condition is None:
        raise SourceError(
            f"the rule for {tool} does not consist of plain strings with 'any' or 'all' as its condition"
        )
    strings = []
    for line in found[1].splitlines():
        if not line.strip() or line.strip().startswith("//"):
            continue
        match = _STRING.match(line)
        if match is None or "\\" in match[1]:
            raise SourceError(f"the rule for {tool} has a line that is not a plain string: {line.strip()}")
        strings.append(match[1])
    return {"name": tool, "needs": condition[1], "strings": strings}


def reserved_names(modules: Iterable[str]) -> list[str]:
    """Return the names that the index reserves for modules: their own and those of their packages."""
    return sorted({normalized(name) for module in modules for name in _with_parents(module)})


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])


def normalized(name: str) -> str:
    """Return a name as the index compares it, without punctuation at its ends."""
    return re.sub(r"[-_.]+", "-", name.strip("-_.")).lower()
