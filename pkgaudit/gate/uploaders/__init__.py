"""The uploaders that the gate knows, a module for each."""

from __future__ import annotations

from pkgaudit.gate.uploaders.flit import Flit
from pkgaudit.gate.uploaders.hatch import Hatch
from pkgaudit.gate.uploaders.maturin import Maturin
from pkgaudit.gate.uploaders.pdm import Pdm
from pkgaudit.gate.uploaders.poetry import Poetry
from pkgaudit.gate.uploaders.twine import Twine
from pkgaudit.gate.uploaders.uploader import Call, Uploader
from pkgaudit.gate.uploaders.uv import Uv

__all__ = ["UPLOADERS", "Call", "Uploader"]

UPLOADERS: dict[str, Uploader] = {
    each.name: each for each in (Twine(), Uv(), Hatch(), Pdm(), Poetry(), Maturin(), Flit())
}
"""The uploaders by the names of their programs."""
