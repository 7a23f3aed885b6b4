"""The public names for rules and for kinds of tokens. docs/versioning.md defines how long each is supported.

Report formats use `pkgaudit.report`; programs that run an audit use `pkgaudit` itself.
"""

from __future__ import annotations

from typing import Any

from pkgaudit import renamed
from pkgaudit.config.table import Size
from pkgaudit.finding import Exclude, Include, Location, Problem, SetField, Severity
from pkgaudit.formatting import counted, quoted, sized
from pkgaudit.model.constructs import Construct, Feature
from pkgaudit.model.distribution import (
    Checkout,
    Distribution,
    Release,
    Sdist,
    Summaries,
    Update,
    Upload,
    Wheel,
    make_distribution,
    normalize,
)
from pkgaudit.model.entry import Anomaly, AnomalyKind, ArchiveKind, Entry, EntryType
from pkgaudit.model.files import Files
from pkgaudit.model.ignores import Ignores
from pkgaudit.model.member import (
    BinaryFile,
    Bytecode,
    Member,
    PythonFile,
    SharedLibrary,
    TextFile,
    View,
    Window,
)
from pkgaudit.model.metadata import CoreMetadata, HeaderField
from pkgaudit.model.patterns import user_patterns
from pkgaudit.model.tokens import Candidate, Found, Level, Token
from pkgaudit.model.words import Words
from pkgaudit.rule import confidential, redaction, rule, summary

__all__ = [
    "Anomaly",
    "AnomalyKind",
    "ArchiveKind",
    "BinaryFile",
    "Bytecode",
    "Candidate",
    "Checkout",
    "Construct",
    "CoreMetadata",
    "Distribution",
    "Entry",
    "EntryType",
    "Exclude",
    "Feature",
    "Files",
    "Found",
    "HeaderField",
    "Ignores",
    "Include",
    "Level",
    "Location",
    "Member",
    "Problem",
    "PythonFile",
    "Release",
    "Sdist",
    "SetField",
    "Severity",
    "SharedLibrary",
    "Size",
    "Summaries",
    "TextFile",
    "Token",
    "Update",
    "Upload",
    "View",
    "Wheel",
    "Window",
    "Words",
    "confidential",
    "counted",
    "make_distribution",
    "normalize",
    "quoted",
    "redaction",
    "rule",
    "sized",
    "summary",
    "user_patterns",
]


def __getattr__(name: str) -> Any:
    return renamed.moved(__name__, name)
