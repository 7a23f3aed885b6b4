"""The tools that ``benchmarks.peers`` compares: the files that they read, and their complaints.

A complaint is an identifier that the tool prints, or a short name for one of its sentences. A traceback is
not a complaint; it is counted as a crash.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEANS: dict[str, dict[str, str]] = {
    "check-wheel-contents": {
        "W001": "SF104",
        "W002": "WH115",
        "W003": "WH105",
        "W004": "",
        "W005": "SF105 SF201 WH104",
        "W006": "WH105",
        "W007": "WH103",
        "W008": "WH103",
        "W009": "WH104 WH106",
        "W010": "WH104 WH106",
        "wheel has invalid filename": "FN101",
        r"invalid wheel: (Absolute|Empty|Non-normalized) path": "AR108 HM101 HM105",
        r"invalid wheel: .* do not match wheel name": "FN103 WH101 WH102",
        r"invalid wheel: (No|Wheel contains multiple) .dist-info director\w+( in wheel)?$": "WH101",
        r"invalid wheel: (No RECORD|No .dist-info directory in RECORD|Conflicting)": "HM101",
        r"invalid wheel: Invalid RECORD": "HM101 HM103 HM106",
        r"invalid wheel: (No WHEEL|.*Root-Is-Purelib)": "WH101",
        r"invalid wheel: .*\.data": "WH102",
    },
    "pydistcheck": {
        "compiled-objects-have-debug-symbols": "NB111",
        "distro-too-large-compressed": "AR301 AR302",
        "distro-too-large-uncompressed": "AR302",
        "expected-files": "missing-file",
        "files-only-differ-by-case": "AR103 AR201",
        "mixed-file-extensions": "",
        "path-contains-non-ascii-characters": "AR202 AR205",
        "path-contains-spaces": "AR203 AR205",
        "path-too-long": "AR204",
        "too-many-files": "AR302 AR303",
        "unexpected-files": "SF103 SF108 SF201 SF203 SF204 SF208 forbidden-file",
        "error: .* does not appear to be": "FN101 RL106 SD108",
    },
    "wheel2json": {
        "RecordSizeMismatchError": "HM102 HM103",
        "RecordDigestMismatchError": "HM102",
        "FileMissingError": "HM105 LC101",
        "ExtraFileError": "HM104",
        "((Unknown|Weak|Malformed|Empty)Digest|NullEntry)Error": "HM106",
        "(Malformed|Empty)SizeError": "HM103",
        "(AbsolutePath|NonNormalizedPath)Error": "AR108 HM101 HM105",
        "(RecordConflict|EmptyPath|RecordLength|MissingRecord)Error": "HM101",
        "DistInfoError": "FN103 WH101",
        "MissingMetadataError": "MD101",
        "MissingWheelInfoError": "WH101",
        "readme does not render": "RM101",
    },
    "abi3audit": {
        "not in the stable ABI": "NB109",
        "newer than the tag": "NB109",
        "not abi3 tagged": "",
    },
    "auditwheel show": {
        "symbols": "NB105",
        "external libraries": "NB106 NB113",
        "binaries in a wheel for any platform": "NB103",
        "no binary for Linux": "FN105 NB102 NB104",
        "no binary for the processor": "NB101",
        "other reasons": "",
    },
    "twine check": {
        "Unknown distribution format": "FN101 RL106 SD108",
        "No METADATA in archive": "MD101 WH101",
        "No PKG-INFO in archive": "SD102",
        "Too many top-level members": "SD101",
        "unrecognized or malformed field": "MD102 MD103",
        ".* is not a valid metadata version": "MD103",
        ".* dynamic field": "MD112",
        "'description-content-type' ": "RM102",
        "(License|'license)": "LC101 LC102 MD104",
        ".* is (invalid|not valid|required|a required field)": "MD104",
        "`long_description` has syntax errors": "RM101",
        "`long_description` missing": "RM103",
        "`long_description_content_type` missing": "RM104",
    },
    "pyroma": {
        "Name": "MD104",
        "Version": "MD104",
        "PEPVersion": "MD104",
        "Summary": "MD201",
        "Description": "RM103",
        "Classifiers": "MD205",
        "ClassifierVerification": "MD106",
        "PythonClassifierVersion": "",
        "PythonRequiresVersion": "MD104 MD202",
        "Keywords": "MD206",
        "Author": "MD204",
        "AuthorEmail": "MD204",
        "Url": "MD203",
        "Licensing": "LC102 LC103 LC104",
        "DevStatusClassifier": "",
        "ValidREST": "RM101",
    },
    "wheeltruth": {
        "bad-wheel": "AR101 AR102",
        "unreadable-artifact": "AR101 AR102",
        "unknown-artifact": "RL106",
        "metadata-no-(name|version)": "MD104",
        "metadata-(name|version)-mismatch": "FN103",
        "record-missing": "HM101 WH101",
        "record-entry-missing": "HM104",
        "record-dangling": "HM105",
        "record-hash-mismatch": "HM102",
        "record-size-mismatch": "HM103",
        "entry-point-dangling": "WH122",
        "(wheel|sdist)-no-python": "WH103",
        "typing-stub-orphan": "WH113",
        "sdist-no-pkg-info": "SD102",
        "sdist-file-missing-in-wheel": "RL116",
        "wheel-file-not-in-sdist": "RL103",
    },
    "reldoctor": {
        "(wheel|sdist)_corrupt": "AR101 AR102",
        "(wheel_no_dist_info|no_wheel_file|wheel_no_version)": "MD101 WH101",
        "(name|version)_mismatch": "FN103",
        "version_drift": "RL101",
        "(version_not_pep440|sdist_no_version)": "MD104",
        "(bad|old)_metadata_version": "MD103",
        "local_version": "MD105",
        "no_summary": "MD201",
        "no_requires_python": "MD202",
        "no_license_metadata": "LC103",
        "no_long_description": "RM103",
        "no_content_type": "RM104",
        "no_record": "HM101 WH101",
        "record_incomplete": "HM104",
        "bad_entry_point": "WH121",
        "sdist_no_root": "SD101",
        "sdist_no_build_config": "SD103",
        "sdist_no_pkg_info": "SD102",
        "sdist_no_license_file": "LC101 LC109",
        "missing_sdist": "RL105",
        "missing_wheel": "RL115",
    },
}
"""The rules whose faults a complaint shows, by tool and by a pattern for the start of the complaint.

The table is generous: it is enough that the complaint leads to the fault.
"""

PYROMA = {
    "Your package does not have name data": "Name",
    "Your package does not have version data": "Version",
    "The package's version number": "PEPVersion",
    "The package had no Summary": "Summary",
    "The package's Summary": "Summary",
    "The package's Description": "Description",
    "Your package does not have classifier data": "Classifiers",
    "Some of your classifiers are not": "ClassifierVerification",
    "The classifiers should specify what": "PythonClassifierVersion",
    "You should specify what Python versions": "PythonRequiresVersion",
    "Your package does not have keywords data": "Keywords",
    "Your package does not have author data": "Author",
    "Your package does not have author-email data": "AuthorEmail",
    "Your package should have a 'url' field": "Url",
    "Your package does neither have a license": "Licensing",
    "Specifying both a License": "Licensing",
    "The license '": "Licensing",
    "Specifying a development status": "DevStatusClassifier",
    "Your Description is not valid ReST": "ValidREST",
}
"""The starts of pyroma's sentences, and the names of its tests."""

TRACEBACK = "Traceback (most recent call last)"

LEGACY = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


def _document(output: str) -> Any:
    """Return the JSON in the output of a tool, which may also contain other lines."""
    start = re.search(r"^\{", output, re.MULTILINE)
    try:
        return json.JSONDecoder().raw_decode(output, start.start())[0] if start else {}
    except ValueError:
        return {}


def _found(pattern: str) -> Callable[[str, str], set[str]]:
    return lambda _, output: {
        match[match.lastindex or 0] for match in re.finditer(pattern, output, re.MULTILINE)
    }


def read_pkgaudit(_: str, output: str) -> set[str]:
    """Return the codes and names of the findings."""
    report = _document(output)
    if "findings" not in report:
        raise RuntimeError(output)
    return {each[key] for each in report["findings"] for key in ("code", "name")}


def read_wheel2json(_: str, output: str) -> set[str]:
    """Return the first error of the validation, and whether the description renders."""
    described = _document(output)
    found = {described["validation_error"]["type"]} if "validation_error" in described else set()
    if described.get("derived", {}).get("readme_renders") is False:
        found.add("readme does not render")
    return found


def read_abi3audit(_: str, output: str) -> set[str]:
    """Return the complaints about the binaries, or the reason why there is no report."""
    found = {"not abi3 tagged"} if "not abi3 tagged?" in output else set()
    for spec in _document(output).get("specs", {}).values():
        for each in spec.get("wheel", ()):
            result = each["result"]
            found |= {"not in the stable ABI"} if not result["is_abi3"] else set()
            found |= {"newer than the tag"} if not result["is_abi3_baseline_compatible"] else set()
    return found


def _floor(tag: str) -> tuple[str, tuple[int, ...]]:
    """Return the family of a platform tag for Linux and the version of its C library."""
    name = re.sub(r"_(x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64|loongarch64)$", "", tag)
    if name in LEGACY:
        return "manylinux", LEGACY[name]
    family, *numbers = name.split("_")
    return family, tuple(int(each) for each in numbers if each.isdigit())


def read_auditwheel(filename: str, output: str) -> set[str]:
    """Return the contradictions to the tags of a wheel; auditwheel itself only names the right tag."""
    shown = _document(output)
    claimed = filename.removesuffix(".whl").rpartition("-")[2].split(".")
    if "error" in shown:
        if claimed == ["any"]:
            return set()
        wrong = "architecture found" in shown["error"]
        return {"no binary for the processor" if wrong else "no binary for Linux"}
    if "overall_tag" not in shown:
        return set()
    if claimed == ["any"]:
        return {"binaries in a wheel for any platform"}
    family, lowest = min(map(_floor, claimed))
    needed = {key: _floor(shown[key]) for key in ("overall_tag", "sym_tag")}
    worse = {
        key for key, each in needed.items() if family != "linux" and (each[0] != family or each[1] > lowest)
    }
    if "sym_tag" in worse:
        return {"symbols"}
    if "overall_tag" in worse:
        return {"external libraries" if shown["external_libs"] else "other reasons"}
    return set()


def read_twine(_: str, output: str) -> set[str]:
    """Return the errors and warnings, one per metadata field."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", output)
    said = re.findall(r"(?:^|: )(?:ERROR|WARNING) +(.+?) *$", text, re.MULTILINE)
    parts = [re.sub(r"^InvalidDistribution: (Invalid distribution metadata: )?", "", each) for each in said]
    return {part for each in parts for part in each.split("; ")}


def read_pyroma(_: str, output: str) -> set[str]:
    """Return the names of the tests that failed."""
    return {name for start, name in PYROMA.items() if re.search(f"^{re.escape(start)}", output, re.MULTILINE)}


@dataclass(frozen=True)
class Answer:
    """The complaints of a tool about files, and whether it ended with a traceback or was killed."""

    complaints: frozenset[str]
    has_crashed: bool = False


@dataclass
class Tool:
    """A command, the files that it reads, and the function that reads complaints from its output."""

    name: str
    arguments: Sequence[str]
    read: Callable[[str, str], set[str]]
    takes: Callable[[str], object]
    is_given_all: bool = False
    """Whether the command gets all files at once, because it compares them."""
    reads_folder: bool = False
    """Whether the command gets no files, because it reads all of the folder."""
    _server: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, folder: Path, files: Sequence[str], more: Sequence[str] = ()) -> Answer:
        """Run the command on files of a folder."""
        given = [] if self.reads_folder else files
        request = {"folder": str(folder), "files": given, "arguments": [*self.arguments, *more]}
        with self._lock:
            server = self._server = self._server or self._start()
            assert server.stdin is not None
            assert server.stdout is not None
            print(json.dumps(request), file=server.stdin, flush=True)
            answer = json.loads(server.stdout.readline())
        complaints = self.read(files[0], answer["output"])
        return Answer(frozenset(complaints), TRACEBACK in answer["output"] or answer["status"] < 0)

    def _start(self) -> subprocess.Popen[str]:
        paths = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.peer_server", self.name.split()[0]],
            env={**os.environ, "PATH": paths, "NO_COLOR": "1", "COLUMNS": "300"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def means(self, complaint: str, rules: Mapping[str, set[str]]) -> set[str]:
        """Return the rules, as words of ``rules``, whose faults a complaint shows."""
        if self.name not in MEANS:
            return {complaint}
        matching = (meant for pattern, meant in MEANS[self.name].items() if re.match(pattern, complaint))
        return {word for each in next(matching, "").split() for word in rules[each]}


PROJECT = "metadata"
"""The name of the folder with the project for pyroma."""


def _is_distribution(filename: str) -> bool:
    return filename.endswith((".whl", ".tar.gz"))


def _is_file(filename: str) -> bool:
    return filename != PROJECT and not filename.startswith(".")  # dist/* does not match hidden files


def _is_wheel(filename: str) -> bool:
    return filename.endswith(".whl")


def _is_for_linux(filename: str) -> bool:
    return _is_wheel(filename) and not re.search(r"-(macosx|win|ios|android)[^-]*$", filename)


PKGAUDIT = Tool(
    "pkgaudit",
    ("--no-config", "--jobs", "1", "--format", "json"),
    read_pkgaudit,
    takes=_is_file,
    is_given_all=True,
)


def tools() -> list[Tool]:
    """Return pkgaudit and its peers."""
    return [
        PKGAUDIT,
        Tool(
            "check-wheel-contents",
            ("--no-config",),
            _found(r": (W\d+|invalid wheel: .*|wheel has invalid filename)"),
            takes=_is_wheel,
        ),
        Tool(
            "pydistcheck",
            (),
            _found(r"^(?:\d+\. \[([\w-]+)\]|(error: .*))"),
            takes=_is_file,
        ),
        Tool("wheel2json", (), read_wheel2json, takes=_is_wheel),
        Tool("abi3audit", ("--strict", "--report"), read_abi3audit, takes=_is_wheel),
        Tool("auditwheel show", ("show", "--json"), read_auditwheel, takes=_is_for_linux),
        Tool("twine check", ("check", "--strict"), read_twine, takes=_is_file),
        Tool("pyroma", ("-d",), read_pyroma, takes=lambda name: name == PROJECT),
        Tool(
            "wheeltruth",
            ("check",),
            _found(r"^ *\[ *(?:ERROR|WARNING|INFO) *\] ([a-z-]+):"),
            takes=_is_distribution,
            is_given_all=True,
        ),
        Tool(
            "reldoctor",
            (".",),
            _found(r"^(?:ERROR|WARN|INFO) +(\w+)"),
            takes=_is_distribution,
            is_given_all=True,
            reads_folder=True,
        ),
    ]
