"""Standard output: what it can show."""

from __future__ import annotations

from typing import TextIO


def wants_color(choice: str, stream: TextIO) -> bool:
    """Return whether to color, by ``--color`` and, where that says auto, by the environment."""
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
"""Terminals that are known to show hyperlinks, by what they set."""


def shows_links(stream: TextIO) -> bool:
    """Return whether the terminal shows hyperlinks (OSC 8); one that does not may print them as rubbish.

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
    # Terminals of the GNOME family show links since VTE 0.50, which is written 5000 (see the specification).
    return vte.isascii() and vte.isdigit() and len(vte) < 9 and int(vte) >= 5000


def width(stream: TextIO) -> int:
    """Return how many characters a line has."""
    import shutil

    # A terminal may say that it has no columns; Python 3.10 passes that on.
    return min(shutil.get_terminal_size().columns or 80, 120) if stream.isatty() else 80
