"""Reads the credential files, variables and workflows of this machine, within limits and without network."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import islice
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from pkgaudit.inputs.checkout import ignored_files, tracked_files
from pkgaudit.late import entry_points
from pkgaudit.model.machine import Keyring, Machine, Store, StoredFile, Workflow
from pkgaudit.regular import open_regular

LARGEST = 1 << 20
"""Bytes of a file that is read; real ones have a few kilobytes."""

MOST_FILES = 200
"""How many files of a kind are read in a checkout: a bound on hostile ones."""

_LOCK_HEAD = 1 << 16
"""Bytes at the beginning of a requirements file that are searched for a hash."""

_LINUX, _MACOS, _WINDOWS = "linux", "darwin", "win32"
_UNIX = (_LINUX, _MACOS)
_ALL = (*_UNIX, _WINDOWS)
"""The systems, as ``sys.platform`` names them."""

# fmt: off
_PLACES: tuple[tuple[Store, tuple[str, ...], str], ...] = (
    (Store.PYPIRC, _ALL, "{home}/.pypirc"),
    (Store.NETRC, _ALL, "{NETRC}"),
    (Store.NETRC, _ALL, "{home}/.netrc"),
    (Store.NETRC, _ALL, "{home}/_netrc"),
    (Store.PIP, _ALL, "{PIP_CONFIG_FILE}"),
    (Store.PIP, (_LINUX,), "/etc/pip.conf"),
    (Store.PIP, (_LINUX,), "/etc/xdg/pip/pip.conf"),
    (Store.PIP, (_MACOS,), "/Library/Application Support/pip/pip.conf"),
    (Store.PIP, (_WINDOWS,), "{PROGRAMDATA}/pip/pip.ini"),
    (Store.PIP, _UNIX, "{home}/.pip/pip.conf"),
    (Store.PIP, (_WINDOWS,), "{home}/pip/pip.ini"),
    (Store.PIP, _UNIX, "{config}/pip/pip.conf"),
    (Store.PIP, (_MACOS,), "{support}/pip/pip.conf"),
    (Store.PIP, (_WINDOWS,), "{roaming}/pip/pip.ini"),
    (Store.PIP, _UNIX, "{VIRTUAL_ENV}/pip.conf"),
    (Store.PIP, (_WINDOWS,), "{VIRTUAL_ENV}/pip.ini"),
    (Store.UV_CREDENTIALS, _ALL, "{UV_CREDENTIALS_DIR}/credentials.toml"),
    (Store.UV_CREDENTIALS, _UNIX, "{data}/uv/credentials/credentials.toml"),
    (Store.UV_CREDENTIALS, (_WINDOWS,), "{roaming}/uv/data/credentials/credentials.toml"),
    (Store.UV, _ALL, "{UV_CONFIG_FILE}"),
    (Store.UV, _UNIX, "{config}/uv/uv.toml"),
    (Store.UV, (_WINDOWS,), "{roaming}/uv/uv.toml"),
    (Store.UV, _UNIX, "/etc/uv/uv.toml"),
    (Store.UV, (_WINDOWS,), "{PROGRAMDATA}/uv/uv.toml"),
    (Store.POETRY, _ALL, "{POETRY_CONFIG_DIR}/auth.toml"),
    (Store.POETRY, _ALL, "{POETRY_CONFIG_DIR}/config.toml"),
    (Store.POETRY, (_LINUX,), "{config}/pypoetry/auth.toml"),
    (Store.POETRY, (_LINUX,), "{config}/pypoetry/config.toml"),
    (Store.POETRY, (_MACOS,), "{support}/pypoetry/auth.toml"),
    (Store.POETRY, (_MACOS,), "{support}/pypoetry/config.toml"),
    (Store.POETRY, (_WINDOWS,), "{roaming}/pypoetry/auth.toml"),
    (Store.POETRY, (_WINDOWS,), "{roaming}/pypoetry/config.toml"),
    (Store.PDM, _ALL, "{PDM_CONFIG_FILE}"),
    (Store.PDM, (_LINUX,), "{config}/pdm/config.toml"),
    (Store.PDM, (_MACOS,), "{support}/pdm/config.toml"),
    (Store.PDM, (_WINDOWS,), "{local}/pdm/pdm/config.toml"),
    (Store.HATCH, _ALL, "{HATCH_CONFIG}"),
    (Store.HATCH, (_LINUX,), "{config}/hatch/config.toml"),
    (Store.HATCH, (_MACOS,), "{support}/hatch/config.toml"),
    (Store.HATCH, (_WINDOWS,), "{local}/hatch/config.toml"),
    (Store.KEYRING, _UNIX, "{data}/python_keyring/keyring_pass.cfg"),
    (Store.KEYRING, (_WINDOWS,), "{local}/Python Keyring/keyring_pass.cfg"),
)
# fmt: on
"""Where tools keep credentials: a name in capitals is a variable; without it, the place does not exist.

Sources: the documentation of pip (configuration), uv (storage), Poetry, PDM and Hatch (configuration), and of
keyring and keyrings.alt, as of 2026-11.
"""

_KEYRING_SETTINGS = (
    (_UNIX, "{config}/python_keyring/keyringrc.cfg"),
    ((_WINDOWS,), "{local}/Python Keyring/keyringrc.cfg"),
)
"""The file that names the back end of keyring."""

_IN_CHECKOUT = {
    ".pypirc": Store.PYPIRC,
    ".netrc": Store.NETRC,
    "pip.conf": Store.PIP,
    "uv.toml": Store.UV,
    "poetry.toml": Store.POETRY,
    "pdm.toml": Store.PDM,
    ".pdm.toml": Store.PDM,
    "pyproject.toml": Store.PROJECT,
    ".env": Store.VARIABLES,
    ".envrc": Store.VARIABLES,
}
"""Names of files in a project that may contain credentials."""

_PROJECT_SIGNS = ("pyproject.toml", "setup.py", "setup.cfg")
"""The files of which a project without version control has at least one."""

_VARIABLES = re.compile(
    r"(?:TWINE|UV|HATCH|PDM|FLIT|POETRY|MATURIN|PIP)_[A-Z0-9_]{1,200}|PYPI_(?:API_)?(?:TOKEN|PASSWORD)"
)
"""The variables of uploaders and installers, and those that many scripts pass on to them."""

_LOCKED = ("requirements*.txt", "*requirements.txt", "requirements/*.txt")
"""The usual names of requirements files."""

_HASH = re.compile(rb"--hash[= ]sha(?:256|384|512):[0-9a-f]{64}")
"""A hash as pip reads it, with the algorithms that pip accepts."""


def look_at_machine(
    folder: Path,
    environment: Mapping[str, str],
    home: Path | None = None,
    system: str = sys.platform,
) -> Machine:
    """Return everything on this machine, and in the project around a folder, that contains credentials.

    ``environment`` are the variables of this process. No file is executed, no keyring is opened, and no file
    raises an exception.
    """
    system = system if system in _ALL else _LINUX
    bases = _bases(environment, home or Path(os.path.expanduser("~")))
    checkout = _Checkout.around(folder)
    private: dict[str, StoredFile] = {}
    for store, path in _places(bases, system):
        file = _read_stored(path, store, bases["home"])
        if file is not None:
            private.setdefault(os.path.realpath(path), file)
    shared = {} if checkout is None else dict(_in_checkout(checkout, bases["home"], private))
    ci = environment.get("CI", "")
    return Machine(
        [*{**private, **shared}.values()],
        {key: value for key, value in environment.items() if _VARIABLES.fullmatch(key) and value},
        [] if checkout is None else [*_workflows(checkout)],
        _keyring(environment, bases, system),
        [] if checkout is None else [*_locked(checkout)],
        ci.lower() not in ("", "false", "0"),
    )


def _bases(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the folders and variables that places begin with; a variable that is not set is missing."""
    user = str(home)
    named = {key: value for key, value in environment.items() if key.isupper() and value}

    def base(variable: str, default: str) -> str:
        return named.get(variable) or f"{user}/{default}"

    return named | {
        "home": user,
        "config": base("XDG_CONFIG_HOME", ".config"),
        "data": base("XDG_DATA_HOME", ".local/share"),
        "support": f"{user}/Library/Application Support",
        "roaming": base("APPDATA", "AppData/Roaming"),
        "local": base("LOCALAPPDATA", "AppData/Local"),
    }


def _places(bases: Mapping[str, str], system: str) -> Iterator[tuple[Store, str]]:
    for store, systems, pattern in _PLACES:
        path = _filled(pattern, bases) if system in systems else None
        if path is not None:
            yield store, path


def _filled(pattern: str, bases: Mapping[str, str]) -> str | None:
    """Return the path of a place, None if a variable in it is not set."""
    head, _, rest = pattern.partition("}")
    if not head.startswith("{"):
        return pattern
    base = bases.get(head[1:])
    return None if base is None else base + rest


def _shown(path: str, home: str) -> str:
    """Return a path as users write it, with ``~`` for their home."""
    pure = PureWindowsPath(path) if "\\" in home else PurePosixPath(path)
    with suppress(ValueError):
        return f"~/{pure.relative_to(home).as_posix()}"
    return path


def _read_stored(path: str, store: Store, home: str, shown: str | None = None) -> StoredFile | None:
    """Return a file with its text, or with the reason why that cannot be read; None without a file."""
    try:
        there = os.lstat(path)
    except (OSError, ValueError):  # nothing there, or a path with a zero byte in a variable
        return None
    file = StoredFile(shown or _shown(path, home), store)
    try:
        status = os.stat(path)
    except OSError as error:
        is_link = stat.S_ISLNK(there.st_mode) and isinstance(error, FileNotFoundError)
        words = "is a link to a file that does not exist" if is_link else f"cannot be read: {error.strerror}"
        return replace(file, reason=words)
    if not stat.S_ISREG(status.st_mode):
        # Variables and links name the null device in place of a file; `.env` may be a virtual environment.
        is_none = stat.S_ISCHR(status.st_mode) or stat.S_ISDIR(status.st_mode)
        return None if is_none else replace(file, reason="is not a regular file")
    if os.name == "posix":
        mine = os.geteuid()
        is_foreign = mine != 0 and status.st_uid not in (0, mine)
        file = replace(file, mode=stat.S_IMODE(status.st_mode), is_foreign=is_foreign)
    text, reason = _read_text(path)
    return replace(file, text=text, reason=reason)


def _read_text(path: str) -> tuple[str | None, str]:
    """Return the text of a regular file, or None and the reason, a predicate."""
    try:
        data = _read(path, LARGEST + 1)
    except OSError as error:
        return None, f"cannot be read: {error.strerror or 'it is not a regular file'}"
    if len(data) > LARGEST:
        return None, f"has more than {LARGEST:,} bytes, which is more than is read"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None, "is not UTF-8"
    return text.replace("\r\n", "\n").replace("\r", "\n"), ""


def _read(path: str, most: int) -> bytes:
    """Return the first bytes of a regular file.

    Raises:
        OSError: it is not one, or cannot be read.
    """
    with open_regular(path) as stream:
        return stream.read(most)


@dataclass(frozen=True)
class _Checkout:
    """The project around a folder: ``folder`` is the one that was given, ``root`` the topmost one."""

    folder: Path
    root: Path

    @classmethod
    def around(cls, folder: Path) -> _Checkout | None:
        """Return the repository around a folder, or the folder if it is a project; None for neither."""
        folder = Path(os.path.abspath(folder))
        root = next((each for each in (folder, *folder.parents) if os.path.lexists(each / ".git")), None)
        if root is None and any((folder / each).is_file() for each in _PROJECT_SIGNS):
            root = folder
        return None if root is None else cls(folder, root)

    @property
    def chain(self) -> list[Path]:
        """The folder, and those above it in the project."""
        folders = [self.folder, *self.folder.parents]
        return folders[: folders.index(self.root) + 1]

    def name(self, path: Path) -> str:
        """Return a path as users write it from the folder."""
        return PurePath(os.path.relpath(path, self.folder)).as_posix()


def _in_checkout(
    checkout: _Checkout, home: str, private: Mapping[str, StoredFile]
) -> Iterator[tuple[str, StoredFile]]:
    """Yield the files of a project that may contain credentials, with their real paths.

    A file that is private by its place, such as ``~/.pypirc``, is in the project only if git tracks it.
    """
    root = checkout.root
    tracked = tracked_files(root, submodules=False, named=_IN_CHECKOUT) or frozenset()
    near = [each / name for each in checkout.chain for name in _IN_CHECKOUT]
    paths = dict.fromkeys((*near, *(root / each for each in sorted(tracked))))
    found: dict[str, StoredFile] = {}
    for path in islice(paths, MOST_FILES):
        relative = path.relative_to(root).as_posix()
        if os.path.realpath(path) in private and relative not in tracked:
            continue
        file = _read_stored(str(path), _IN_CHECKOUT[path.name], home, checkout.name(path))
        if file is not None:
            folders = PurePosixPath(relative).parts[:-1]
            found[relative] = replace(file, in_checkout=True, folders=folders)
    ignored = ignored_files(root, found) if found else frozenset()
    # git may be missing, or refuse a repository of another account, as in a container.
    is_unknown = ignored is None and os.path.lexists(root / ".git")
    for relative, file in found.items():
        is_ignored = None if is_unknown else relative in (ignored or ())
        yield os.path.realpath(root / relative), replace(file, is_ignored=is_ignored)


def _workflows(checkout: _Checkout) -> Iterator[Workflow]:
    folder = checkout.root / ".github" / "workflows"
    paths = [("github", each) for each in _listed(folder, ("*.yml", "*.yaml"))]
    for service, path in (*paths, ("gitlab", checkout.root / ".gitlab-ci.yml")):
        text = _read_text(str(path))[0] if path.is_file() else None
        if text is not None:
            yield Workflow(checkout.name(path), service, text)


def _locked(checkout: _Checkout) -> Iterator[str]:
    """Yield the requirements files with hashes."""
    for folder in dict.fromkeys((checkout.folder, checkout.root)):
        for path in _listed(folder, _LOCKED):
            with suppress(OSError):
                if path.is_file() and _HASH.search(_read(str(path), _LOCK_HEAD)):
                    yield checkout.name(path)


def _listed(folder: Path, patterns: Iterable[str]) -> list[Path]:
    """Return the files in a folder that match a pattern, as many as are read."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        with suppress(OSError):  # a folder that cannot be listed
            found |= dict.fromkeys(islice(folder.glob(pattern), MOST_FILES))
    return sorted(found)


_BACKEND = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def _is_installed(name: str) -> bool:
    """Return whether a package is installed beside pkgaudit."""
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _keyring(environment: Mapping[str, str], bases: Mapping[str, str], system: str) -> Keyring:
    """Return the back end that keyring would choose, without an import of keyring or of a back end.

    A back end may ask for a password when it is imported. So only what can be told without one is told:
    source: https://github.com/jaraco/keyring/blob/main/keyring/core.py (``init_backend``).
    """
    if not _is_installed("keyring"):
        return Keyring(reason="keyring is not installed beside pkgaudit")
    if _BACKEND.fullmatch(named := environment.get("PYTHON_KEYRING_BACKEND", "")):
        return Keyring(named, "PYTHON_KEYRING_BACKEND names it")
    for systems, pattern in _KEYRING_SETTINGS:
        path = _filled(pattern, bases)
        if system in systems and path is not None and os.path.isfile(path):
            text, _ = _read_text(path)
            match = re.search(r"^[ \t]*default-keyring[ \t]*[=:][ \t]*(\S+)", text or "", re.MULTILINE)
            if match and _BACKEND.fullmatch(match[1]):
                return Keyring(match[1], f"{_shown(path, bases['home'])} names it")
    points = entry_points(group="keyring.backends")
    others = {each.dist.name for each in points if each.dist is not None} - {"keyring", "keyrings.alt"}
    if others or system in (_MACOS, _WINDOWS):
        return Keyring(reason="the back ends of the system or of other packages come first")
    runtime = environment.get("XDG_RUNTIME_DIR")
    if environment.get("DBUS_SESSION_BUS_ADDRESS") or (runtime and os.path.exists(f"{runtime}/bus")):
        return Keyring(reason="the desktop may offer a keyring")
    if not _is_installed("keyrings.alt"):
        return Keyring(
            "keyring.backends.fail.Keyring", "the machine has neither a desktop nor another back end"
        )
    # Its back end that encrypts comes first if the library that it needs is installed.
    is_encrypted = _is_installed("pycryptodome") or _is_installed("pycryptodomex")
    name = "EncryptedKeyring" if is_encrypted else "PlaintextKeyring"
    return Keyring(f"keyrings.alt.file.{name}", "the machine has no desktop, and keyrings.alt is installed")
