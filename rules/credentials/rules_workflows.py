"""CR111 and CR112: CI workflows that upload with a stored secret."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Location, Problem, Severity, quoted, rule
from pkgaudit.model.machine import Machine
from pkgaudit.rules.credentials.workflows import uploads_of

_TRUSTED = ("twine upload", "uv publish", "pdm publish", "pypa/gh-action-pypi-publish")
"""The tools that take part in trusted publishing themselves."""


@rule("CR111", "trusted-publishing-unused", Severity.INFO, since="0.1.0")
def trusted_publishing_unused(machine: Machine) -> Iterator[Problem]:
    """A CI workflow uploads to PyPI with a stored secret.

    The rule reads the workflows of GitHub and `.gitlab-ci.yml`: steps of `pypa/gh-action-pypi-publish` with a
    password, uploads of `PyO3/maturin-action`, and commands that upload with a secret among their arguments
    or in their variables. It skips other indexes, workflows that other workflows call, which cannot be a
    trusted publisher, and jobs that get a token by themselves.

    ## Why it matters
    The secret works from anywhere, until somebody revokes it: a malicious action or dependency in one of the
    workflows can read and use it. With trusted publishing, the index gives the job a token for 15 minutes,
    and PyPI accepts attestations.

    ## How to fix it
    Add the workflow as a trusted publisher in the settings of the project on PyPI, then delete the secret. On
    GitHub:

        permissions:
          id-token: write
        steps:
          - uses: pypa/gh-action-pypi-publish@release/v1

    On GitLab.com, with `uv publish` or `twine upload`:

        id_tokens:
          PYPI_ID_TOKEN:
            aud: pypi

    ## References
    - <https://docs.pypi.org/trusted-publishers/using-a-publisher/>
    - <https://docs.pypi.org/trusted-publishers/adding-a-publisher/>
    """
    for workflow in machine.workflows:
        for upload in uploads_of(workflow):
            if upload.is_trusted:
                continue
            is_github = workflow.service == "github"
            permission = "'id-token: write'" if is_github else "an ID token with 'aud: pypi' (id_tokens)"
            instead = "" if upload.tool in _TRUSTED else ", upload with 'uv publish'"
            yield Problem(
                f"the job {quoted(upload.job)} uploads to {upload.index} with a stored secret "
                f"({upload.tool})",
                Location(line=upload.line),
                f"add the workflow as a trusted publisher, give the job {permission}{instead}, "
                "and delete the secret",
                key=f"{upload.job} {upload.tool} {upload.index}",
                distribution=workflow.path,
                data={"name": upload.job, "command": upload.tool},
            )


@rule("CR112", "trusted-publishing-shadowed", Severity.WARNING, since="0.1.0")
def trusted_publishing_shadowed(machine: Machine) -> Iterator[Problem]:
    """A job may use trusted publishing, but a stored secret is used instead.

    The job has `id-token: write` on GitHub, or an ID token for PyPI on GitLab, and its upload has a password
    as well. Jobs that need the permission for something else, such as sigstore, an attestation or a cloud,
    are reported by CR111 instead.

    ## Why it matters
    Every uploader prefers the password and does not say so. The release has no attestations, and the secret
    has to be kept, although the project seems to use trusted publishing.

    ## How to fix it
    Delete the password from the step and from its variables, and then the secret from the settings of the
    repository. Revoke the token.

    ## References
    - <https://docs.pypi.org/trusted-publishers/using-a-publisher/>
    - <https://github.com/pypa/gh-action-pypi-publish>
    """
    for workflow in machine.workflows:
        for upload in uploads_of(workflow):
            if upload.is_trusted:
                yield Problem(
                    f"the job {quoted(upload.job)} may use trusted publishing, but uploads to {upload.index} "
                    f"with a stored secret ({upload.tool})",
                    Location(line=upload.line),
                    "delete the password from the step and from its variables",
                    key=f"{upload.job} {upload.tool} {upload.index}",
                    distribution=workflow.path,
                    data={"name": upload.job, "command": upload.tool},
                )
