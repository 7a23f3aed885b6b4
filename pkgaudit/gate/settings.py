"""Settings of uploaders: the environment, and bounded reads of their files."""

from __future__ import annotations

import configparser
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli

_LARGEST = 1 << 20
"""The largest settings file that is read, in bytes; chosen: real ones have a few kilobytes."""


class SettingsError(Exception):
    """A settings file cannot be read. The message names it and the reason, and quotes nothing of it."""


@dataclass(frozen=True)
class Surroundings:
    """Where a command runs: its environment variables and its working directory."""

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = field(default_factory=Path.cwd)

    def get(self, variable: str) -> str | None:
        """Return the value of an environment variable, None if it is not set or empty."""
        return self.environ.get(variable) or None

    @property
    def home(self) -> Path:
        """The home folder of the user, as programs with these variables see it."""
        named = self.get("USERPROFILE" if sys.platform == "win32" else "HOME")
        if named or sys.platform == "win32":
            return Path(named or Path.home())
        import pwd  # Path.home() would take the HOME of this process

        try:
            return Path(pwd.getpwuid(os.getuid()).pw_dir)
        except KeyError:  # a container may run as a user without a name
            return Path(os.sep)

    def expand(self, path: str) -> Path:
        """Return a path from the working directory; ``~`` is the home folder."""
        if path == "~" or path.startswith(("~/", "~\\")):
            return self.home / path[2:]
        return self.folder / path

    # platformdirs reads the variables of this process, but the command may get others, as in `env X=Y`.
    def user_config(self, program: str, *, roaming: bool = False) -> Path:
        """Return the folder for a program's settings of the user, as platformdirs defines it."""
        if sys.platform == "win32":
            named = self.get("APPDATA" if roaming else "LOCALAPPDATA")
            return Path(named or self.home / "AppData" / ("Roaming" if roaming else "Local")) / program
        if sys.platform == "darwin":
            return self.home / "Library" / "Application Support" / program
        return self.xdg_config / program

    @property
    def xdg_config(self) -> Path:
        """The folder for settings of the user on Linux, which some programs also use on macOS."""
        named = self.get("XDG_CONFIG_HOME")
        return Path(named) if named else self.home / ".config"

    def upwards(self, start: Path | None = None) -> Iterator[Path]:
        """Yield a folder, by default the working directory, and the folders above it."""
        folder = Path(os.path.abspath(start or self.folder))
        yield from (folder, *folder.parents)


def read_toml(path: Path) -> dict[str, Any] | None:
    """Return the tables of a TOML file, None if it does not exist.

    Raises:
        SettingsError: it cannot be read, or is not TOML.
    """
    text = _read(path)
    if text is None:
        return None
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError):
        raise SettingsError(f"{path} is not valid TOML") from None


def read_ini(path: Path) -> configparser.RawConfigParser | None:
    """Return the sections of an INI file, None if it does not exist.

    Raises:
        SettingsError: it cannot be read, or is malformed.
    """
    text = _read(path)
    if text is None:
        return None
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        raise SettingsError(f"{path} is malformed") from None
    return parser


def table(values: Mapping[str, Any] | None, *keys: str) -> dict[str, Any]:
    """Return a table within tables, an empty one if it is missing."""
    found: Any = values or {}
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def text_of(value: Any) -> str | None:
    """Return a value if it is a text that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def _read(path: Path) -> str | None:
    """Return the text of a file, None if it does not exist.

    Raises:
        SettingsError: it is not a regular file, too large, not readable, or not UTF-8.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SettingsError(f"{path} is not a regular file")
        if status.st_size > _LARGEST:
            raise SettingsError(f"{path} has more than {_LARGEST:,} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not a path"
        raise SettingsError(f"{path} cannot be read: {reason}") from None
