"""Write rules/data/detect_secrets.json anew from the plugins of the detect-secrets that is installed.

    python -m tools.derive_prefilter

Do it when a new version of detect-secrets is out, and run the tests: they compare with what it finds.
"""

from __future__ import annotations

import datetime
import json
import sys

from pkgaudit.rules import _secrets_table
from pkgaudit.rules._data import FOLDER

PATH = FOLDER / f"{_secrets_table.DATA}.json"


def text(date: str) -> str:
    """Return the file."""
    table = _secrets_table.derive()
    values = {
        "name": "what the plugins of detect-secrets look for",
        "date": date,
        "source": f"https://pypi.org/project/{_secrets_table.DISTRIBUTION}/{table.version}/",
        "values": _secrets_table.to_json(table),
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file."""
    PATH.write_text(text(datetime.date.today().isoformat()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
