"""Write rules/data/detect_secrets.json anew from the plugins of the detect-secrets that is installed.

    python -m tools.derive_prefilter

Do it when a new version of detect-secrets is out, and run the tests: they compare with what it finds.
"""

from __future__ import annotations

import datetime
import json
import sys

from pkgaudit.rules.data.loader import FOLDER
from pkgaudit.rules.secrets.detect_secrets import table

PATH = FOLDER / f"{table.DATA}.json"


def text(date: str) -> str:
    """Return the file."""
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
