"""Reads manifests in JSON: that of pkgaudit, and in-toto statements with the result of an audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgaudit.formatting import quoted
from pkgaudit.manifest.entries import Entries
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.manifest.statement import CONFIGURATION, TEST_RESULT, opened, subjects_of
from pkgaudit.manifest.values import MalformedError, loads, objects_of, sha256_of, value_of
from pkgaudit.model.release_files import Listed, Manifest

VERSION = 1
"""The version of the JSON manifest: new keys do not raise it, any other change does."""

_RESULTS = ("PASSED", "WARNED", "FAILED")
"""The results of in-toto's test-result predicate."""


def parse(path: str, text: str) -> Manifest:
    """Return the manifest.

    Raises:
        ManifestError: the document is malformed, of another form, or contradicts itself.
    """
    try:
        return _parse(path, loads(text))
    except MalformedError as error:
        raise ManifestError(f"{path}: {error}") from None


def _parse(path: str, document: dict[str, Any]) -> Manifest:
    if "verification_material" in document or "attestation_bundles" in document:
        raise MalformedError(
            "is an attestation, not a manifest; put it beside its distribution, and give that instead"
        )
    if "files" in document:
        return _own(path, document)
    statement, signatures = opened(document)
    if not isinstance(statement, dict) or "_type" not in statement:
        raise MalformedError("is neither a JSON manifest of pkgaudit nor an in-toto statement")
    subjects = subjects_of(statement)
    kind = value_of(statement, "predicateType", str)
    if kind != TEST_RESULT:
        raise MalformedError(f"has a predicate of the type {quoted(kind)}; pkgaudit reads {TEST_RESULT}")
    predicate = value_of(statement, "predicate", dict)
    entries = _entries(path, subjects)
    configuration = next(_digests(predicate), "")
    form = "an in-toto statement"
    result = _result(predicate, "result", _RESULTS)
    return Manifest(path, form, entries, True, result, configuration, signatures)


def _own(path: str, document: dict[str, Any]) -> Manifest:
    version = value_of(document, "version", int)
    if version != VERSION:
        raise MalformedError(f"has the version {version}; this pkgaudit reads version {VERSION}")
    files = [(value_of(each, "name", str), sha256_of(each)) for each in objects_of(document, "files")]
    entries = _entries(path, files)
    result = configuration = ""
    if document.get("audit") is not None:
        audit = value_of(document, "audit", dict)
        result = _result(audit, "result", _RESULTS)
        configuration = value_of(audit, "configuration", str)
    return Manifest(path, "a JSON manifest", entries, True, result, configuration)


def _entries(path: str, files: list[tuple[str, str]]) -> tuple[Listed, ...]:
    entries = Entries(path)
    for name, digest in files:
        entries.add(Listed(None, name, (digest,)))
    return entries.all()


def _digests(predicate: dict[str, Any]) -> Iterator[str]:
    """Yield the digests of configurations of pkgaudit; those of other tools cannot be compared."""
    for each in objects_of(predicate, "configuration"):
        if each.get("name") == CONFIGURATION:
            yield sha256_of(value_of(each, "digest", dict))


def _result(table: dict[str, Any], key: str, known: tuple[str, ...]) -> str:
    result = value_of(table, key, str)
    if result not in known:
        raise MalformedError(f"has the result {quoted(result)}, which is not one of {', '.join(known)}")
    return result
