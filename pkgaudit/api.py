"""The public names of pkgaudit, which are those that a module of rules may use."""

from pkgaudit.finding import Finding, LeaveOut, Location, Problem, SetField, Severity, Verdict
from pkgaudit.model.distribution import (
    Distribution,
    Other,
    Release,
    Sdist,
    Summaries,
    Wheel,
    make_distribution,
    normalise,
)
from pkgaudit.model.entry import Anomaly, AnomalyKind, ArchiveKind, Entry, EntryType, Notice, Owner
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
from pkgaudit.words import counted, quoted, sized

__all__ = [
    "Anomaly",
    "AnomalyKind",
    "ArchiveKind",
    "BinaryFile",
    "Bytecode",
    "CoreMetadata",
    "Distribution",
    "Entry",
    "EntryType",
    "Finding",
    "HeaderField",
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
    "Summaries",
    "TextFile",
    "Verdict",
    "View",
    "Wheel",
    "Window",
    "counted",
    "make_distribution",
    "normalise",
    "quoted",
    "redaction",
    "rule",
    "sized",
    "summary",
]
