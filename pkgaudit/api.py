"""The public names of pkgaudit, which are those that a module of rules may use."""

from pkgaudit.finding import Finding, Include, LeaveOut, Location, Problem, SetField, Severity, Verdict
from pkgaudit.model.budgets import Budgets, Use, uses
from pkgaudit.model.distribution import (
    Checkout,
    Distribution,
    Other,
    Release,
    Sdist,
    Summaries,
    Upload,
    Wheel,
    make_distribution,
    normalise,
)
from pkgaudit.model.entry import (
    Anomaly,
    AnomalyKind,
    ArchiveKind,
    Entry,
    EntryType,
    GzipHeader,
    Notice,
    Owner,
)
from pkgaudit.model.kinds import FileKind, kind_of_content
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
from pkgaudit.rule import redaction, rule, summary
from pkgaudit.table import Size
from pkgaudit.words import counted, quoted, sized

__all__ = [
    "Anomaly",
    "AnomalyKind",
    "ArchiveKind",
    "BinaryFile",
    "Budgets",
    "Bytecode",
    "Checkout",
    "CoreMetadata",
    "Distribution",
    "Entry",
    "EntryType",
    "FileKind",
    "Finding",
    "GzipHeader",
    "HeaderField",
    "Include",
    "LeaveOut",
    "Location",
    "Member",
    "Notice",
    "Other",
    "Owner",
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
    "Upload",
    "Use",
    "Verdict",
    "View",
    "Wheel",
    "Window",
    "counted",
    "kind_of_content",
    "make_distribution",
    "normalise",
    "quoted",
    "redaction",
    "rule",
    "sized",
    "summary",
    "uses",
]
