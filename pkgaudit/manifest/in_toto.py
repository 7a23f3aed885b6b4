"""Writes the result of an audit as an in-toto Statement, for a signer such as sigstore or cosign.

Specification of the predicate: https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

from __future__ import annotations

from pkgaudit import __version__
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.manifest.release import Content
from pkgaudit.manifest.statement import CONFIGURATION, STATEMENT, TEST_RESULT
from pkgaudit.manifest.values import dumps


def text(content: Content) -> str:
    """Return the statement.

    Raises:
        ManifestError: there was no audit.
    """
    audit = content.audit
    if audit is None:
        raise ManifestError("a statement contains the result of an audit; audit the files")
    statement = {
        "_type": STATEMENT,
        "subject": [
            {"name": each.filename, "digest": {"sha256": each.sha256}} for each in content.distributions
        ],
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": audit.result,
            # The predicate has no other place for these, and its strict readers reject unknown keys.
            "configuration": [
                {
                    "name": CONFIGURATION,
                    "digest": {"sha256": audit.configuration},
                    "annotations": {
                        "tool": {"name": "pkgaudit", "version": __version__},
                        "profile": audit.profile,
                        "fail_on": audit.fail_on,
                        "counts": dict(audit.counts),
                        "data": dict(audit.data),
                    },
                }
            ],
            "passedTests": list(audit.passed),
            "warnedTests": list(audit.warned),
            "failedTests": list(audit.failed),
        },
    }
    return dumps(statement)
