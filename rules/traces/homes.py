"""Judge a path below a home directory by the file that contains it: a leak, an example, or nothing."""

from __future__ import annotations

import ast
import enum
import re

from pkgaudit.api import BinaryFile, PythonFile, TextFile
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.secrets.bytecode import sources_of
from pkgaudit.rules.secrets.place import Place, place_of
from pkgaudit.rules.traces.accounts import Kind, kind_of
from pkgaudit.rules.traces.find import WORDS, Home, find_homes

MOST = 10
"""Accounts that are kept per file: reports show a few, and an archive may have very many files."""

_HEAD = 2_000
"""Bytes of a file in which its generator names itself: the first lines, or those below a copyright notice."""


class Evidence(enum.IntEnum):
    """The place of a path, the weakest evidence first."""

    TEXT = 1
    """In settings or in a string of a program, which people write."""
    MEDIA = 2
    """In the metadata of an image or a document."""
    EXAMPLE = 3
    """In a machine-written file for a test or for documentation."""
    MACHINE = 4
    """In a machine-written file: a library, a build result, a list of files."""
    BYTECODE = 5
    """In compiled Python, as the path of its source."""
    GZIP = 6
    """In the gzip header of the archive itself."""


@dataclass(frozen=True)
class Trace:
    """A path that reveals an account: the first of ``count`` with this account and evidence in a file."""

    account: str
    path: str
    line: int | None
    evidence: Evidence
    kind: Kind
    count: int = 1


@dataclass(frozen=True)
class Homes:
    """The traces of a file."""

    traces: tuple[Trace, ...]

    def joined(self, later: Homes) -> Homes:
        """Return the traces of this window and a later one."""
        return Homes((self.traces + later.traces)[:MOST])


# Files that compilers, linkers and JVMs write. An ELF library with another name is recognized by its first
# bytes.
_NATIVE = lazy(
    r".*\.(?:so(?:\.[\d.]+)?|pyd|dll|exe|dylib|a|lib|o|obj|wasm|node|pdb|rlib|ko|jar|class)", re.IGNORECASE
)
_SQLITE = b"SQLite format 3\0"
# Formats whose programs store the path of the document or of linked files as metadata (XMP, EXIF, Office
# properties). Reported at info level, because the picture may come from another project.
_MEDIA = lazy(
    r".*\.(?:png|jpe?g|gif|tiff?|webp|ico|psd|xcf|ai|eps|ps|pdf|svgz?|afdesign|sketch|fig|blend|fbx|dae|glb|gltf"
    r"|mp[34]|mov|wav|ogg|flac|[ot]tf|woff2?|docx?|xlsx?|pptx?|od[tgsp]|rtf|graffle|drawio|dia|vsdx?)",
    re.IGNORECASE,
)
# Suffixes of sources and compiler output: a compiler wrote a path with one of these suffixes into a binary
# (`__FILE__`, debug information, panics of Rust), while other paths may be any string.
_BUILT = lazy(
    r"\.(?:c|cc|cpp|cxx|c\+\+|h|hh|hpp|hxx|inl|inc|ipp|tcc|cu|cuh|m|mm|rs|go|swift|zig|f|for|f77|f90|f95|f03|s|asm"
    r"|pyx|pxd|pxi|py|pdb|o|obj|a|so(?:\.[\d.]+)?|lib|dll|pyd|dylib|jar|rst|cs|java|kt|ml|hs|d|nim)\Z",
    re.IGNORECASE,
)
# Folders of package managers and builds below a home directory, and folders in which people keep projects.
# They only count if the position of the path in the binary leaves a doubt.
_FROM_BUILDS = lazy(
    r"[/\\](?:\.cargo|\.rustup|\.conan2?|site-packages|conda-bld|miniconda3?|miniforge3?|anaconda3?|go|vcpkg|bazel-out"
    r"|cmake-build[\w-]*|build|_build|_skbuild|target|src|git|work|workspace|projects?|repos?|code|dev)[/\\]",
    re.IGNORECASE,
)
_CRATES = lazy(r"[/\\]\.(?:cargo|rustup)[/\\]|/buildozer/aports/")
"""Paths in builds with Rust and with musl: the same in all of them, on every machine."""
# Files that installers (direct_url.json, RECORD, egg-link), CMake, autotools, ninja, MSBuild, libtool,
# pkg-config, coverage, SBOM tools, auditwheel and delvewheel write, but people never do.
_MACHINE_NAMES = lazy(
    r"direct_url\.json|record|.*\.egg-link|installed-files\.txt|sources\.txt|cmakecache\.txt|config\.(?:log|status|cache)"
    r"|compile_commands\.json|.*\.ninja|link\.txt|flags\.make|.*\.la|\.buildinfo|_sysconfigdata.*\.py|__config__\.py"
    r"|_?build_?(?:info|config|log).*\.(?:py|json|txt|h)|delvewheel|auditwheel|.*\.tlog|.*\.lastbuildstate"
    r"|.*filelistabsolute\.txt|pyvenv\.cfg|activate(?:\..*)?|.*\.pth|lcov\.info|.*\.lcov|coverage\.xml|coverage\.json"
    r"|.*\.rsp|.*\.vcxproj(?:\.user|\.filters)?|workspace\.xml|.*\.pc"
    r"|.*(?:targets|config|exports)(?:-\w+)?\.cmake|.*\.ipynb|__editable__.*|.*\.stackdump|.*\.dmp|hs_err.*\.log"
)
_SBOM = lazy(
    r"(?:.*[._-])?(?:cdx|cyclonedx|s?bom)\.(?:json|xml)|.*\.spdx(?:\.(?:json|xml|ya?ml|rdf))?", re.IGNORECASE
)
"""Names of SBOMs that CycloneDX and SPDX recommend and that maturin and auditwheel use.

https://cyclonedx.org/specification/overview/, https://spdx.github.io/spdx-spec/v2.3/conformance/. SBOMs in
``.dist-info/sboms/`` (PEP 770) may have any name.
"""
_SBOM_FOLDER = lazy(r"[^/]+\.dist-info/sboms/.*", re.IGNORECASE | re.DOTALL)
# Phrases of generators; the header of pip-compile contains the command with its paths.
_GENERATED = lazy(
    rb"auto-?generated|generated[ \t](?:by|from|file|automatically|with)|pip-compile|uv pip compile"
    rb"|do not edit",
    re.IGNORECASE,
)
# Files that people write too: a phrase of a generator in the first lines must say that a tool wrote them.
_MAY_BE_GENERATED = lazy(
    r".*(?:requirements?|constraints?)\b.*\.(?:txt|in)|.*\.(?:lock|mk|make|cmake|h|hpp|inc|cfg|ini|conf)|(?:.*/)?(?:gnu)?makefile(?:\.\w+)?"
)
# Formats of settings and shell scripts, in which paths outside of comments are used.
_SETTINGS = lazy(
    r".*\.(?:cfg|ini|toml|yaml|yml|conf|properties|env|sh|bash|bat|cmd|ps1|mk|make|cmake|plist|desktop|service|pri|pro)"
    r"|(?:gnu)?makefile|dockerfile|\.env.*|.*rc"
)
# Signs of comments in these formats, and prompts (`>>> `, `$ `) of examples.
_COMMENT = lazy(r"#|//|/\*|^\s*\*|^\s*;|<!--|^\s*rem\b|--\s|>>>|^\s*\$\s|%\s", re.IGNORECASE)
_MARKS = lazy(rb"(?:[ \t]*#[ \t]*(?:line[ \t]+)?\d+[ \t]+\"|[ \t]*/\* \"|#: (?:.*[ ])?)\Z")
"""The text before a source path in generated C and in message catalogs."""
# Languages with line markers of a preprocessor, Bison and Cython, and message catalogs of gettext.
_MARKED = frozenset(
    {".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".hxx", ".i", ".ii", ".inc", ".y", ".m", ".f", ".po", ".pot"}
)
_DECLARED = lazy(
    rb"(?:Requires-Dist|Home-page|Download-URL|Project-URL|License-File|Requires):", re.IGNORECASE
)
"""Header fields whose paths are never examples, in contrast to the description."""

_VENDORED = lazy(
    r"(?:^|/)(?:[^/]+(?:\.libs|[./]\.?dylibs)|_?vendor(?:ed)?|_?third[_-]?party|_?extern|patched)/"
    r"|(?:^|/)[tw](?:32|64)?(?:[-_]arm(?:64)?)?\.exe$",
    re.IGNORECASE,
)
"""Paths of files that another project built: copied libraries, vendored packages, launchers for Windows."""


def homes_of(file: BinaryFile) -> Homes | None:
    """Return the traces in a file, None if it has none."""
    homes = list(find_homes(file.data, file.member.spend)) if file.window.has(WORDS) else None
    if not homes:
        return None
    found: dict[tuple[str, Evidence], list[Home]] = {}
    judge = _Judge(file)
    for home in homes:
        kind = kind_of(home.account)
        if kind is Kind.NONE:
            continue
        evidence = judge.evidence(home, kind)
        if evidence is not None:
            found.setdefault((home.account, evidence), []).append(home)
    traces = [
        Trace(account, each[0].path[:200], judge.line(each[0]), evidence, kind_of(account), len(each))
        for (account, evidence), each in list(found.items())[:MOST]
    ]
    return Homes(tuple(traces)) if traces else None


class _Judge:
    """The kind of a file, which decides how a path in it is judged."""

    def __init__(self, file: BinaryFile) -> None:
        self._file = file
        member = file.member
        self._name = member.name.lower()
        self._place = place_of(file)
        self._is_tests = self._place is Place.TEST
        self._is_bytecode = member.suffix in (".pyc", ".pyo")
        self._is_media = _MEDIA.fullmatch(self._name) is not None
        self._is_native = _NATIVE.fullmatch(self._name) is not None or file.data[:4] == b"\x7fELF"
        self._text = None if self._is_bytecode else file.window.view(TextFile, member)
        self._is_binary = self._is_native or self._text is None
        self._machine: bool | None = None
        self._strings: list[str] | None = None

    def evidence(self, home: Home, kind: Kind) -> Evidence | None:
        """Return the evidence of a path, None if the path reveals nothing."""
        if self._is_bytecode:
            return Evidence.BYTECODE if self._is_source(home) else None
        if self._is_media:
            is_own = not home.joined and home.below >= 1 and kind is Kind.PERSON
            return Evidence.MEDIA if is_own and self._name_of_media(home) else None
        if self._is_binary:
            return self._by_machine() if self._is_in_binary(home, kind) else None
        if home.joined or (home.below < 1 and self._name != "direct_url.json"):
            return None
        if self._is_from_machine(home):
            return self._by_machine() if kind in (Kind.PERSON, Kind.BUILD) else None
        # In texts written by people, `/home/name/file` is mostly an example.
        if kind is not Kind.PERSON or home.below < 2 or self._place is not Place.CODE:
            return None
        return Evidence.TEXT if self._is_value(home) else None

    def line(self, home: Home) -> int | None:
        """Return the line number of a path, None in a binary."""
        if self._is_binary or self._text is None or home.wide:
            return None
        return self._file.window.first_line + self._file.data.count(b"\n", 0, home.start)

    def _by_machine(self) -> Evidence:
        keeps = self._name.endswith(_KEEPS) and not self._is_tests
        return Evidence.MACHINE if keeps or self._place is Place.CODE else Evidence.EXAMPLE

    def _is_source(self, home: Home) -> bool:
        """Return whether a path names the source of the bytecode."""
        piece = self._file.data[home.start : home.start + 500]
        for source in sources_of(self._file.path.lower()):
            at = re.search(rb"[/\\]" + re.escape(source.rpartition("/")[2].encode()), piece.lower())
            # The source's name must be in the same string as the home directory: no control character between
            # them.
            if at is not None and all(0x20 <= byte != 0x7F for byte in piece[: at.start()]):
                return True
        return False

    def _name_of_media(self, home: Home) -> bool:
        """Return whether a path is a whole string or attribute, not a part of the text in an image."""
        ends = (b"", b'"', b"'", b"<", b">", b")", b"\0", b"\n")
        return home.below >= 2 and (home.after in ends or home.after < b" " or home.after > b"~")

    def _is_in_binary(self, home: Home, kind: Kind) -> bool:
        path, before = home.path, home.before
        is_source = _BUILT.search(path) is not None
        # Tables of words contain `/home/name/x` too; with two folders, or a source, it is a path on a
        # machine.
        if home.below < (1 if is_source else 2):
            return False
        if _CRATES.search(path):
            return kind is Kind.PERSON
        # Pickles and marshaled code write the length before a string.
        is_counted = before == bytes([(home.end - home.start) & 0xFF])
        is_alone = not before or before < b" " or before >= b"\x7f" or home.wide or is_counted
        if is_alone:
            ends = not home.after or home.after < b" " or home.after >= b"\x7f" or home.wide
            return ends or is_source
        if before.isalnum() and home.joined:  # strings without a terminator, one after the other
            return is_source and _FROM_BUILDS.search(path) is not None
        if home.joined:
            return False
        if before in b":=;," or before.isalnum():  # lists of paths, flags of a compiler
            return is_source or _FROM_BUILDS.search(path) is not None
        if before == b'"':
            is_json = self._file.data[home.start - 3 : home.start - 1] in (b": ", b'":')
            return not self._is_native and (is_json or self._file.data.startswith(_SQLITE))
        return False

    def _is_from_machine(self, home: Home) -> bool:
        if self._name.endswith(".map"):
            data, start = self._file.data, home.start
            # 12: the longest of the prefixes, and the quote. A quote after a backslash is in sourcesContent.
            quote = data.rfind(b'"', max(0, start - 12), start)
            return quote >= 0 and data[quote - 1 : quote] != b"\\" and data[quote + 1 : start] in _PREFIXES
        if self._is_marked(home):
            return True
        if self._machine is None:
            self._machine = (
                _MACHINE_NAMES.fullmatch(self._name) is not None or is_sbom(self._file.path)
            ) or (
                _MAY_BE_GENERATED.fullmatch(self._file.path.lower()) is not None
                and _GENERATED.search(self._file.data, 0, _HEAD) is not None
            )
        if self._machine and self._name.endswith((".py", ".cmake", ".pth")):
            return self._is_value(home)
        return self._machine

    def _is_marked(self, home: Home) -> bool:
        """Return whether a machine wrote the line: a shebang, a line marker, a header field."""
        data = self._file.data
        if home.start == 2 and data.startswith(b"#!"):
            return True
        is_metadata = self._name in ("metadata", "pkg-info")
        if not is_metadata and self._file.member.suffix not in _MARKED:
            return False
        # 300 bounds the time on long lines: markers and names of fields are at the beginning and short.
        start = data.rfind(b"\n", max(0, home.start - 300), home.start) + 1
        line = data[start : home.start]
        return (_DECLARED.match(line) if is_metadata else _MARKS.match(line)) is not None

    def _is_value(self, home: Home) -> bool:
        """Return whether a path is a value of a program or a setting, not in a comment or a docstring."""
        if self._file.member.suffix == ".py":
            return any(home.path in each for each in self._constants())
        if not _SETTINGS.fullmatch(self._name):
            return False
        start = self._file.data.rfind(b"\n", max(0, home.start - 300), home.start) + 1
        return _COMMENT.search(self._file.data[start : home.start].decode("latin-1")) is None

    def _constants(self) -> list[str]:
        """Return the strings of a module except docstrings."""
        if self._strings is None:
            python = self._file.window.view(PythonFile, self._file.member)
            tree = python.tree if python is not None else None
            self._strings = [] if tree is None else list(_constants(tree))
        return self._strings


_KEEPS = (".doctree", "environment.pickle", ".txt", ".in", "metadata", "pkg-info")
"""Ends of names of machine-written files in documentation folders, or of those that count as documents."""

# Spellings of a path in source maps: unchanged, as a URL, and those of webpack and Angular (ng).
_PREFIXES = (b"", b"file://", b"webpack://", b"webpack:///", b"file:///", b"ng:///")


def _constants(tree: ast.Module) -> list[str]:
    texts = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in texts
        and len(node.value) <= 400  # the longest path, see find.LONGEST; longer strings are texts
        and "\n" not in node.value
    ]


def is_sbom(path: str) -> bool:
    """Return whether a member is an SBOM, by its name or its folder."""
    return _SBOM.fullmatch(path.rpartition("/")[2]) is not None or _SBOM_FOLDER.match(path) is not None


def is_foreign(path: str) -> bool:
    """Return whether another project built a member: it is in a nested archive, or a copied library."""
    return "!/" in path or _VENDORED.search(path) is not None
