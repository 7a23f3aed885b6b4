"""The capabilities of standard output: colors, hyperlinks and width."""

from __future__ import annotations

from typing import TextIO


def wants_color(choice: str, stream: TextIO) -> bool:
    """Return whether to color the output, by ``--color`` and, for "auto", by the environment."""
    import os

    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


_LINKING = {
    "TERM_PROGRAM": ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "zed"),
    "TERM": ("xterm-kitty", "alacritty", "foot", "foot-extra", "xterm-ghostty", "wezterm"),
}
"""Terminals that are known to show hyperlinks, by environment variable."""


def shows_links(stream: TextIO) -> bool:
    """Return whether the terminal shows hyperlinks (OSC 8); other terminals may print the raw codes.

    Specification: https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
    """
    import os

    if forced := os.environ.get("FORCE_HYPERLINK"):
        return forced != "0"
    if not stream.isatty():
        return False
    if any(os.environ.get(name) in known for name, known in _LINKING.items()):
        return True
    vte = os.environ.get("VTE_VERSION", "")
    if "WT_SESSION" in os.environ or "KONSOLE_VERSION" in os.environ:
        return True
    # VTE (GNOME terminals) shows links since 0.50, which VTE_VERSION writes as 5000 (see the specification).
    return vte.isascii() and vte.isdigit() and len(vte) < 9 and int(vte) >= 5000


def width(stream: TextIO) -> int:
    """Return the number of characters on a line."""
    import shutil

    # A terminal may report zero columns, which Python 3.10 returns unchanged.
    return min(shutil.get_terminal_size().columns or 80, 120) if stream.isatty() else 80
