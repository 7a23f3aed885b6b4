"""SE: secrets.

All rules call `scan`, which searches each file once. `token_scanner` is the first layer:
`pkgaudit.literals` finds the literals of all kinds of tokens, `tokens`, `keys` and `urls` match each place
exactly, and the judges of the `catalogue` and `proof` decide. `detect_secrets` is the second layer, on the
remaining lines. `place` derives the severity from the place of the file. `logins` reads files that are made
for credentials; the families SF and PV use it too. Start reading at `rules`, then `scan`.
"""

from __future__ import annotations

from typing import Any

from pkgaudit import renamed


def __getattr__(name: str) -> Any:
    return renamed.moved(__name__, name)
