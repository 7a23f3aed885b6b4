"""Which files a rule or a summary looks at, so that it is called on no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkgaudit.model.words import Words

if TYPE_CHECKING:
    from pkgaudit.model.member import Window


@dataclass(frozen=True)
class Files:
    """The files that a rule or a summary looks at. Without an argument, these are all files.

    ``suffixes`` are those of `Member.suffix`, ``names`` those of `Member.name`; a file needs one of either.
    ``starts`` are first bytes, and ``contains`` are words anywhere in the content; where they are given, a
    file needs one of each. A large file is read in windows, and these are the bytes of one window.
    ``nested`` says whether files in nested archives count.
    """

    suffixes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    starts: tuple[bytes, ...] = ()
    contains: Words | None = None
    nested: bool = True

    def __post_init__(self) -> None:
        """Reject a text in place of a tuple, and a suffix or a name that no file has.

        Raises:
            ValueError: an argument is invalid.
        """
        for value in (self.suffixes, self.names, self.starts):
            if not isinstance(value, tuple) or not all(value):
                raise ValueError(f"Files: {value!r} is not a tuple of texts or bytes that are not empty")
        if not isinstance(self.contains, (Words, type(None))):
            raise ValueError(f"Files: contains must be Words(…), not {self.contains!r}")
        for suffix in self.suffixes:
            if suffix != suffix_of(f"x{suffix}"):
                raise ValueError(
                    f"Files: {suffix!r} is not the last dot of a name and what follows, in lower case"
                )
        for name in self.names:
            if "/" in name:
                raise ValueError(f"Files: the name {name!r} is a path")

    @property
    def have_signs(self) -> bool:
        """Whether the content decides too."""
        return bool(self.starts) or self.contains is not None

    def are_named(self, name: str) -> bool:
        """Return whether a file with this name is one of them, by its name only."""
        if not self.suffixes and not self.names:
            return True
        return name in self.names or suffix_of(name) in self.suffixes

    def have(self, window: Window) -> bool:
        """Return whether a file with this content is one of them, by its content only."""
        if self.starts and not window.data.startswith(self.starts):
            return False
        return self.contains is None or window.has(self.contains)


ALL = Files()
"""The default: all files."""


def suffix_of(name: str) -> str:
    """Return the last dot of a name and what follows, in lower case.

    It is empty for names such as ``name``, ``.name`` and ``name.``.
    """
    at = name.rfind(".")
    return name[at:].lower() if 0 < at < len(name) - 1 else ""
