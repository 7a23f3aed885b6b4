"""An index on this machine for sweeps, with any answer for each path, and small wheels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources.index import IndexSource
from tests.online.conftest import Index, index

__all__ = ["index"]

Open = Callable[..., IndexSource]


@pytest.fixture
def open_index(index: Index) -> Open:
    """Return a function that opens the index as a source, without long pauses."""

    def open_(choice: Choice | None = None, simple: str = "", **more: Any) -> IndexSource:
        address = simple or index.url
        return IndexSource(address, choice or Choice(), access=replace(Access(address), haste=0.01), **more)

    return open_
