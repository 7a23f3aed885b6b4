"""Files that an editable installation leaves in site-packages, recognized by their names."""

from __future__ import annotations

import re

# Each tool has its own names; PEP 660 specifies none.
_LEFTOVER = re.compile(
    r"__editable__.*"  # setuptools
    r"|__editables?_.*"
    r"|_editable_impl_.*\.(?:py|pth)"  # hatchling and pdm-backend, through editables
    r"|_.+_editable(?:_loader)?\.(?:py|pth)"  # scikit-build-core, meson-python
    r"|.+-editable\.pth"  # meson-python
    r"|.+\.egg-link"
    r"|easy-install\.pth",
    re.IGNORECASE | re.DOTALL,
)

DIRECT_URL = "direct_url.json"
"""The name of the file from which pip reports the origin of an installation."""

INSTALLED = frozenset({DIRECT_URL, "installer", "requested"})
"""Lower-case names of files in a ``.dist-info`` folder that installers write and build backends do not."""


def is_editable(name: str) -> bool:
    """Return whether a file directly in site-packages belongs to an editable installation."""
    # 300 only bounds the time: a filename has at most 255 bytes.
    return len(name) <= 300 and _LEFTOVER.fullmatch(name) is not None
