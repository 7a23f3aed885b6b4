"""Where the documentation is on the web. The address stands once, in ``site.json`` beside this module."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


def docs_url(page: str = "") -> str:
    """Return the address of a page of the site, as ``rules/private-key.html``, or of its front."""
    return _base() + page


def rule_url(name: str) -> str:
    """Return the address of the page on the rule of that name."""
    return docs_url(f"rules/{name}.html")


@cache
def _base() -> str:
    base: str = json.loads(Path(__file__).with_name("site.json").read_text("utf-8"))["docs"]
    return base
