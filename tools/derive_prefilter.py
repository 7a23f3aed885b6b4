"""Regenerate rules/data/detect_secrets.json from the plugins of the installed detect-secrets.

    python -m tools.derive_prefilter

Run it for each new version of detect-secrets, and then run the tests, which compare with its findings.
"""

from __future__ import annotations

import datetime
import json
import sys

from pkgaudit.rules.data.loader import FOLDER
from pkgaudit.rules.secrets.detect_secrets import table

PATH = FOLDER / f"{table.DATA}.json"


def text(date: str) -> str:
    """Return the content of the file."""
    derived = table.derive()
    values = {
        "name": "patterns of the detect-secrets plugins",
        "date": date,
        "source": f"https://pypi.org/project/{table.DISTRIBUTION}/{derived.version}/",
        "values": table.to_json(derived),
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file."""
    PATH.write_text(text(datetime.date.today().isoformat()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
