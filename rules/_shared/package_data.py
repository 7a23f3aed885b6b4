"""Which files of a package its users need, by their paths, and which its developers."""

from __future__ import annotations

import re

from pkgaudit.rules._shared.test_folders import is_test_folder

_LONGEST_NAME = 255
"""The longest filename of the usual filesystems; bounds the time of the patterns."""

_READ = re.compile(
    r"py\.typed|.*\.(?:pyi?|html?|jinja2?|j2|mako|css|js|mjs|svg|png|gif|jpe?g|ico|woff2?|ttf|otf|eot"
    r"|json|jsonl|ya?ml|xml|xsd|xsl|csv|tsv|sql|dat|npy|npz|parquet|pem|crt|mo|ui|qss|qml|lark|graphql)",
    re.IGNORECASE,
)
"""Files that a package reads when it runs.

Projects often leave out others on purpose: sources in other languages, readmes, settings of tools, and
translations before they are compiled.
"""

_ASIDE = re.compile(
    r"(?:.*[_.-])?(?:docs?|documentation|examples?|demos?|tutorials?|notebooks?|benchmarks?|node_modules|build"
    r"|dist|playground|stories|e2e|cypress|screenshots|sources?|src)|__pycache__|__tests__|debian",
    re.IGNORECASE,
)
"""Folders in a package that are for its developers."""

_OF_TOOLS = re.compile(
    r"(?:test_.*|.*_tests?|tests?|conftest|setup|(?:.*[_-])?build(?:[_-].*)?|_?gen(?:erate)?[_-].*|.*[_-]gen|noxfile"
    r"|bench.*|package(?:-lock)?|composer|(?:tsconfig|webpack|rollup|vite|babel|jest|eslint|karma).*|jsconfig|bower"
    r"|gulpfile|gruntfile|pyrightconfig|\..*|.*\.(?:config|test|spec|stories))\.[a-z0-9]+",
    re.IGNORECASE,
)
"""Files in a package that are for its developers: tests, steps of the build, and settings of tools."""


def is_for_users(path: str) -> bool:
    """Return whether a package reads a file, with a path below its folder, when it runs."""
    folder, _, name = path.rpartition("/")
    name = name[:_LONGEST_NAME]
    is_read = _READ.fullmatch(name) is not None and _OF_TOOLS.fullmatch(name) is None
    return is_read and not is_aside_folder(folder)


def is_aside_folder(folder: str) -> bool:
    """Return whether a folder of a package, or one above it, is for its developers."""
    return any(
        is_test_folder(each) or _ASIDE.fullmatch(each[:_LONGEST_NAME]) is not None
        for each in folder.split("/")
    )
