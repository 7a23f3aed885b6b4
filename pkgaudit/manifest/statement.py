"""The in-toto Statement, version 1: its subjects, alone or in a DSSE envelope.

Specifications: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md,
https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
"""

from __future__ import annotations

from typing import Any

from pkgaudit.formatting import quoted
from pkgaudit.manifest.values import MalformedError, decoded, loads, objects_of, sha256_of, value_of

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
CONFIGURATION = "pkgaudit configuration"
"""The name by which the digest of a configuration of pkgaudit is found in a statement of any tool."""

_PAYLOAD = "application/vnd.in-toto+json"


def subjects_of(statement: Any) -> list[tuple[str, str]]:
    """Return the names and the sha256 digests of the subjects of a statement.

    Raises:
        MalformedError: it is not a statement of version 1, or a subject has no name or no sha256.
    """
    if not isinstance(statement, dict):
        raise MalformedError("contains no statement")
    kind = value_of(statement, "_type", str)
    if kind != STATEMENT:
        raise MalformedError(f"has a statement of the type {quoted(kind)}, not {STATEMENT}")
    subjects = objects_of(statement, "subject")
    return [(value_of(each, "name", str), sha256_of(value_of(each, "digest", dict))) for each in subjects]


def opened(document: dict[str, Any]) -> tuple[Any, int | None]:
    """Return a statement, and the number of signatures of its envelope, None without an envelope.

    Raises:
        MalformedError: the envelope is malformed, or contains something else.
    """
    envelope = document.get("dsseEnvelope", document)  # a bundle of sigstore contains an envelope
    if not isinstance(envelope, dict) or "payload" not in envelope:
        return document, None
    kind = value_of(envelope, "payloadType", str)
    if kind != _PAYLOAD:
        raise MalformedError(f"has an envelope with a payload of the type {quoted(kind)}, not {_PAYLOAD}")
    try:
        statement = loads(decoded(envelope, "payload"))
    except MalformedError as error:
        raise MalformedError(f"has an envelope whose payload {error}") from None
    return statement, len(objects_of(envelope, "signatures"))
