"""The web address of the documentation. ``site.json`` beside this module is its only copy."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


def docs_url(page: str = "") -> str:
    """Return the address of a page of the site, such as ``rules/private-key.html``, or of the home page."""
    return _base() + page


def rule_url(name: str) -> str:
    """Return the address of the page of a rule by its name."""
    return docs_url(f"rules/{name}.html")


@cache
def _base() -> str:
    base: str = json.loads(Path(__file__).with_name("site.json").read_text("utf-8"))["docs"]
    return base
