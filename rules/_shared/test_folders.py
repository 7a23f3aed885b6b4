"""Which folders hold tests: what would be a fault elsewhere is often there on purpose."""

from __future__ import annotations

import re

TEST_FOLDER = re.compile(
    r"(?!.*(?:latest|contest|attest|fastest|greatest)s?_*$)"
    r"(?:.*tests?_*|tests?[ _.-].*"
    r"|(?:.*[_.-])?(?:testing|test[_-]?data|testsuites?|testfiles|fixtures?)(?:[_.-].*)?"
    r"|t|cassettes|(?:mock|dummy|fake)[a-z_-]*|specs?)"
)
"""The lower-case name of a folder of tests or of their data.

Left out are English words that end like one, as ``latest`` and ``contest``. ``t`` is the folder of tests in
Perl's tradition, ``cassettes`` that of recorded requests (VCR.py), ``specs`` that of tests in the style of
RSpec.
"""

LONGEST = 100
"""Characters of a folder's name that are looked at: more than real ones have; it bounds the time."""


def is_test_folder(name: str) -> bool:
    """Return whether a folder of that name (any case) holds tests or their data."""
    return len(name) <= LONGEST and TEST_FOLDER.fullmatch(name.lower()) is not None
