"""Which files of a package its users need, by their paths, and which its developers."""

from __future__ import annotations

import re

from pkgaudit.late import lazy
from pkgaudit.rules._shared.test_folders import is_test_folder

_LONGEST_NAME = 255
"""The longest filename of the usual filesystems; bounds the time of the patterns."""

_READ = lazy(
    r"py\.typed|.*\.(?:pyi?|html?|jinja2?|j2|mako|css|js|mjs|svg|png|gif|jpe?g|ico|woff2?|ttf|otf|eot"
    r"|json|jsonl|ya?ml|xml|xsd|xsl|csv|tsv|sql|dat|npy|npz|parquet|pem|crt|mo|ui|qss|qml|lark|graphql)",
    re.IGNORECASE,
)
"""Files that a package reads when it runs.

Projects often leave out others on purpose: sources in other languages, readmes, settings of tools, and
translations before they are compiled.
"""

_ASIDE = lazy(
    r"(?:.*[_.-])?(?:docs?|documentation|examples?|demos?|tutorials?|notebooks?|benchmarks?|node_modules|build"
    r"|dist|playground|stories|e2e|cypress|screenshots|sources?|src)|__pycache__|__tests__|debian|_?build_utils|\..+",
    re.IGNORECASE,
)
"""Folders in a package that are for its developers."""

_OF_TOOLS = lazy(
    r"(?:test_.*|.*_tests?|tests?|conftest|setup|(?:.*[_-])?build(?:[_-].*)?|_?gen(?:erate)?[_-].*|.*[_-]gen|noxfile"
    r"|bench.*|package(?:-lock)?|composer|(?:tsconfig|webpack|rollup|vite|babel|jest|eslint|karma).*|jsconfig|bower"
    r"|gulpfile|gruntfile|pyrightconfig|codecov|renovate|lefthook|\..*|.*\.(?:config|test|spec|stories))\.[a-z0-9]+",
    re.IGNORECASE,
)
"""Files in a package that are for its developers: tests, steps of the build, and settings of tools."""


_TEXT = lazy(
    r".*\.(?:txt|lst|toml|ini|cfg|conf|properties|te?mpl|tpl|template|mustache|liquid|ftl|dtd|wsdl|xslt|avsc|sparql)",
    re.IGNORECASE,
)
"""Texts that a package may read, and that projects often also have for other purposes."""

_NOTE = lazy(
    r"(?:.*[_.-])?(?:readme|licen[cs]es?|copying|copyright|notice|authors|contributors|credits|thanks|changes|changelog"
    r"|history|news|todo|notes?|install|about|requirements?|reqs?|constraints?|dependencies|cmakelists|manifest|sources"
    r"|sha256sums?|checksums?|pyproject|setup|tox|mypy|ruff|pytest|flake8|pylint|uv|poetry|cargo|pixi|babel|alembic"
    r"|bumpversion|coverage|taplo|rustfmt|clippy|typos|_typos|commitlint|netlify|cog|cliff)(?:[_.-].*)?\.[a-z]+",
    re.IGNORECASE,
)
"""Texts for people, lists of dependencies, and settings of tools."""

_OF_DEPENDENCIES = lazy(r"requirements?|reqs?|constraints?|licen[cs]es", re.IGNORECASE)
"""Folders with lists of dependencies and licenses."""


def may_be_read(path: str) -> bool:
    """Return whether a package may read a text, with a path below its folder, which is not certain."""
    folder, _, name = path.rpartition("/")
    name = name[:_LONGEST_NAME]
    if not _TEXT.fullmatch(name) or _NOTE.fullmatch(name) or _OF_TOOLS.fullmatch(name):
        return False
    is_list = any(_OF_DEPENDENCIES.fullmatch(each) for each in folder.split("/"))
    return not is_list and not is_aside_folder(folder)


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
