"""What an editable installation leaves in site-packages, by the names that tools give it."""

from __future__ import annotations

import re

# Each tool has its own names; PEP 660 does not say any.
_LEFTOVER = re.compile(
    r"__editable__.*"  # setuptools
    r"|__editables?_.*"
    r"|_editable_impl_.*\.(?:py|pth)"  # hatchling and pdm-backend, by way of editables
    r"|_.+_editable(?:_loader)?\.(?:py|pth)"  # scikit-build-core, meson-python
    r"|.+-editable\.pth"  # meson-python
    r"|.+\.egg-link"
    r"|easy-install\.pth",
    re.IGNORECASE | re.DOTALL,
)

INSTALLED = frozenset({"direct_url.json", "installer", "requested"})
"""Lower-case names of files that installers write into a ``.dist-info`` folder, and no build backend."""


def is_editable(name: str) -> bool:
    """Return whether a file directly in site-packages is there for an editable installation."""
    # 300 only bounds the time: a file name has at most 255 bytes.
    return len(name) <= 300 and _LEFTOVER.fullmatch(name) is not None
