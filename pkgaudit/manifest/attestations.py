"""Finds attestations beside distributions, and reads them without any library.

Specification: https://packaging.python.org/en/latest/specifications/index-hosted-attestations/
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath

from pkgaudit.formatting import sized
from pkgaudit.manifest.files import read_regular
from pkgaudit.manifest.statement import subjects_of
from pkgaudit.manifest.values import MalformedError, decoded, loads, objects_of, value_of
from pkgaudit.model.distribution import make_distribution
from pkgaudit.model.release_files import Attestation, ReleaseFile

SUFFIX = ".attestation"

LARGEST = 4 << 20
"""The largest attestation in bytes. Chosen: those on PyPI have about ten thousand."""

_PUBLISH = "https://docs.pypi.org/attestations/publish/v1"


def attestations_of(files: Iterable[ReleaseFile], given: Mapping[str, str]) -> list[Attestation]:
    """Return the attestations beside these files and the given ones, in the order of their paths.

    ``given`` maps paths in reports to those from which the contents are read.
    """
    names: dict[str, list[str]] = {}
    for each in files:
        names.setdefault(os.path.dirname(each.path), []).append(each.name)
    found = {os.path.normpath(path): (path, file) for path, file in given.items()}
    for folder, mine in names.items():
        for name in _attestations_in(folder):
            if _owner(name) in mine:
                path = os.path.join(folder, name)
                found.setdefault(os.path.normpath(path), (path, path))
    return [_read(*each) for each in sorted(found.values())]


def _attestations_in(folder: str) -> list[str]:
    try:
        return [each for each in os.listdir(folder or os.curdir) if each.lower().endswith(SUFFIX)]
    except OSError:  # the folder of files that were just read has vanished, or was never there
        return []


def _owner(name: str) -> str:
    """Return the filename of the distribution of an attestation, empty if its name has none.

    uv and twine recognize ``X.TYPE.attestation``; older programs wrote ``X.attestation``.
    """
    stem = name[: -len(SUFFIX)]
    for each in (stem, stem.rpartition(".")[0]):
        if make_distribution(each) is not None:
            return each
    return ""


def _read(path: str, file: str) -> Attestation:
    made = Attestation(path, _owner(PurePath(path).name))
    try:
        return _parse(made, read_regular(file, LARGEST))
    except OSError as error:
        return replace(made, fault=f"cannot be read: {error.strerror or error}")
    except OverflowError:
        return replace(made, fault=f"is larger than {sized(LARGEST)}")
    except MalformedError as error:
        return replace(made, fault=str(error))


def _parse(attestation: Attestation, data: bytes) -> Attestation:
    document = loads(data)
    if not isinstance(document, dict):
        raise MalformedError("is not a JSON object")
    if "attestation_bundles" in document:
        raise MalformedError("is a provenance file of an index, not an attestation")
    version = value_of(document, "version", int)
    if version != 1:
        raise MalformedError(f"has the version {version}, which is not 1")
    material = value_of(document, "verification_material", dict)
    decoded(material, "certificate")
    if not objects_of(material, "transparency_entries"):
        raise MalformedError("has no entry of a transparency log")
    envelope = value_of(document, "envelope", dict)
    decoded(envelope, "signature")
    try:
        statement = loads(decoded(envelope, "statement"))
        subjects = subjects_of(statement)
    except MalformedError as error:
        raise MalformedError(f"has an envelope whose statement {error}") from None
    if len(subjects) != 1:
        raise MalformedError(f"has a statement with {len(subjects)} subjects; an attestation has one")
    kind = value_of(statement, "predicateType", str)
    if kind == _PUBLISH and statement.get("predicate"):
        raise MalformedError("has a predicate, which an attestation of this type must not have")
    [(subject, digest)] = subjects
    return replace(attestation, subject=subject, sha256=digest, predicate_type=kind)
