"""Writes JSON, and reads values of the expected types from JSON that nobody has checked."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, TypeVar

from pkgaudit.late import lazy

T = TypeVar("T")

_SHA256 = lazy(r"[0-9A-Fa-f]{64}")


class MalformedError(Exception):
    """A value is not as expected. The text is the rest of a sentence about the file."""


def dumps(value: Any) -> str:
    """Return JSON on its own lines, in ASCII and without commands of CI systems, such as ``##[error]``."""
    return json.dumps(value, indent=2).replace("##", "\\u0023#") + "\n"


def loads(text: str | bytes) -> Any:
    """Return the JSON value in a text; an object must not have a key twice.

    Raises:
        MalformedError: the text is not such JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise MalformedError("is not UTF-8") from None
    except RecursionError:
        raise MalformedError("has values that are nested too deep") from None
    except json.JSONDecodeError as error:
        raise MalformedError(f"is not JSON: {error.msg} in line {error.lineno}") from None
    except ValueError:  # a number of more digits than Python converts
        raise MalformedError("has a number that is too long") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise MalformedError("has an object with the same key twice")
    return made


def value_of(table: dict[str, Any], key: str, kind: type[T]) -> T:
    """Return the value of a key.

    Raises:
        MalformedError: it is missing, or has another type.
    """
    value = table.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        what = {dict: "an object", list: "a list", str: "a text", int: "a number"}[kind]
        raise MalformedError(f"has no {key!r} that is {what}")
    return value


def objects_of(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of objects.

    Raises:
        MalformedError: it is missing, or has another type.
    """
    listed = value_of(table, key, list)
    if not all(isinstance(each, dict) for each in listed):
        raise MalformedError(f"has a list {key!r} with other values than objects")
    return listed


def sha256_of(digests: dict[str, Any]) -> str:
    """Return the sha256 of a table of digests, in lower case.

    Raises:
        MalformedError: it is missing, or is not a sha256.
    """
    digest = digests.get("sha256")
    if digest is None:
        others = ", ".join(sorted(map(str, digests))[:3])
        raise MalformedError(f"has no sha256 for a file{f', only {others}' if others else ''}")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise MalformedError("has a sha256 that does not have 64 hexadecimal digits")
    return digest.lower()


def decoded(table: dict[str, Any], key: str) -> bytes:
    """Return the bytes of a text in base64.

    Raises:
        MalformedError: it is missing, or is not base64.
    """
    text = value_of(table, key, str)
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise MalformedError(f"has a {key!r} that is not base64") from None
