"""Checks the signatures of attestations with the optional library pypi-attestations, without a network."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import replace

from pkgaudit.errors import PkgauditError
from pkgaudit.formatting import quoted
from pkgaudit.manifest.attestations import LARGEST
from pkgaudit.manifest.files import read_regular
from pkgaudit.model.release_files import Attestation

_LONGEST = 200
"""The most characters of an error that a message shows. Chosen: two lines of a report."""


class SignatureCheckError(PkgauditError):
    """Signatures cannot be checked. The message says why, and what to do."""


def checker(publisher: str) -> Callable[[Attestation], Attestation]:
    """Return the check of signatures for a publisher, as ``github:owner/name/workflow.yml``.

    It returns an attestation with the result; a malformed one stays as it is.

    Raises:
        SignatureCheckError: the library is missing or does not load. The check raises it too, if it fails for
            a reason that is not in the attestation.
    """
    try:
        import pypi_attestations
    except ImportError as error:
        raise SignatureCheckError(
            f"the signatures cannot be checked, because {error.name or 'a library'} is missing; install "
            "'pkgaudit[attestations]', or remove 'publisher' from [tool.pkgaudit.gate]"
        ) from None
    # The library says for each file that it does without the network.
    logging.getLogger("sigstore").setLevel(logging.ERROR)
    repository, _, workflow = publisher.partition(":")[2].rpartition("/")
    expected = pypi_attestations.GitHubPublisher(repository=repository, workflow=workflow)

    def check(attestation: Attestation) -> Attestation:
        if attestation.fault is not None:
            return attestation
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they are about the library, not about the file
                subject = pypi_attestations.Distribution(name=attestation.subject, digest=attestation.sha256)
                data = read_regular(attestation.path, LARGEST)
                signed = pypi_attestations.Attestation.model_validate_json(data)
                signed.verify(expected, subject, offline=True)
        # A malformed file raises a ValueError in the model of the library.
        except (pypi_attestations.AttestationError, ValueError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            return replace(attestation, unsigned=quoted(reason, _LONGEST))
        except Exception as error:  # such as a home folder in which sigstore cannot write its trust root
            raise SignatureCheckError(
                f"{attestation.path}: the signature cannot be checked ({type(error).__name__}); set HOME to "
                "a folder that can be written"
            ) from None
        return attestation

    return check
