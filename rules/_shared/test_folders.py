"""Names of test folders: files that would be a fault elsewhere are often there on purpose."""

from __future__ import annotations

import re

TEST_FOLDER = re.compile(
    r"(?!.*(?:latest|contest|attest|fastest|greatest)s?_*$)"
    r"(?:.*tests?_*|tests?[ _.-].*"
    r"|(?:.*[_.-])?(?:testing|test[_-]?data|testsuites?|testfiles|fixtures?)(?:[_.-].*)?"
    r"|t|cassettes|(?:mock|dummy|fake)[a-z_-]*|specs?)"
)
"""The lower-case name of a folder with tests or test data.

English words that end in "test", such as ``latest`` and ``contest``, do not match. ``t`` contains tests in
Perl projects, ``cassettes`` contains recorded requests (VCR.py), ``specs`` tests in the style of RSpec.
"""

LONGEST = 100
"""The longest folder name that is matched. Real names are shorter; the limit bounds the time."""


def is_test_folder(name: str) -> bool:
    """Return whether a folder of that name (any case) contains tests or test data."""
    return len(name) <= LONGEST and TEST_FOLDER.fullmatch(name.lower()) is not None
