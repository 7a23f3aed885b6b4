"""The form of the answers of the script `probe`, which code that runs beside it may have written."""

from __future__ import annotations

from typing import Any

LONGEST = 1 << 20
"""Characters of a text. Chosen: many times what the script sends."""

_NONE = type(None)

_FAILURE = {
    "kind": str,
    "error": str,
    "missing": str | None,
    "is_builtin": bool,
    "frames": [(str, int | None)],
    "lines": [str],
}
"""An exception; a frame is a file and a line."""

_VALUES = {
    "list": {"site": str, "paths": [str], "entry_points": [(str, str, str)], "suffixes": [str]},
    "open": [(str, str, str)],
}
"""The value that a request returns; all others return none."""

_ANSWER = {"timed_out": bool, "stdout": str, "stderr": str}
"""What each answer contains."""


def is_answer(answer: Any, request: str) -> bool:
    """Return whether an answer to a request has the form that the script gives it."""
    if not _has_form(answer, _ANSWER):
        return False
    if not answer["timed_out"] and not _has_form(answer, {"signal": int, "status": int}):
        return False
    outcome = answer.get("outcome")
    if outcome is None:
        return True
    forms = ({"failure": _FAILURE}, {"exit": int}, {"value": _VALUES.get(request, _NONE)})
    return any(_has_form(outcome, form) for form in forms)


def _has_form(value: Any, form: Any) -> bool:
    """Return whether a value has a form.

    A form is a type, a table of forms by keys, a list of any length, or a tuple for a list of this length.
    """
    if isinstance(form, dict):
        return isinstance(value, dict) and all(
            key in value and _has_form(value[key], each) for key, each in form.items()
        )
    if isinstance(form, list):
        return isinstance(value, list) and all(_has_form(each, form[0]) for each in value)
    if isinstance(form, tuple):
        return isinstance(value, list) and len(value) == len(form) and all(map(_has_form, value, form))
    return isinstance(value, form) and not (isinstance(value, str) and len(value) > LONGEST)
