"""Finds attestations beside distributions, and reads them without any library.

Specification: https://packaging.python.org/en/latest/specifications/index-hosted-attestations/
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pkgaudit.formatting import sized
from pkgaudit.manifest.files import read_regular
from pkgaudit.manifest.statement import subjects_of
from pkgaudit.manifest.values import MalformedError, decoded, loads, objects_of, value_of
from pkgaudit.model.distribution import make_distribution
from pkgaudit.model.release_files import PUBLISH, Attestation, ReleaseFile

SUFFIX = ".attestation"

LARGEST = 4 << 20
"""The largest attestation in bytes. Chosen: those on PyPI have about ten thousand."""


def attestations_of(files: Iterable[ReleaseFile], given: Mapping[str, str]) -> list[Attestation]:
    """Return the attestations beside these files and the given ones, in the order of their paths.

    ``given`` maps paths in reports to those from which the contents are read.
    """
    # The path of a file that was built for the audit does not exist; nothing beside it belongs to it.
    owners = {os.path.abspath(each.path): each.path for each in files if os.path.exists(each.path)}
    found = {os.path.abspath(path): (path, file) for path, file in given.items()}
    for folder in sorted(set(map(os.path.dirname, owners.values()))):
        for name in _attestations_in(folder):
            path = os.path.join(folder, name)
            place = os.path.abspath(path)
            if os.path.join(os.path.dirname(place), _owner(name)) in owners:
                found.setdefault(place, (path, path))
    return [_read(*each, owners) for _, each in sorted(found.items())]


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


def _read(path: str, file: str, owners: Mapping[str, str]) -> Attestation:
    """Read an attestation; ``owners`` are the given paths of distributions by their absolute paths."""
    folder, name = os.path.split(os.path.abspath(path))
    owner = _owner(name)
    made = Attestation(path, owner, owners.get(os.path.join(folder, owner)))
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
    if kind == PUBLISH and statement.get("predicate"):
        raise MalformedError("has a predicate, which an attestation of this type must not have")
    [(subject, digest)] = subjects
    return replace(attestation, subject=subject, sha256=digest, predicate_type=kind)
