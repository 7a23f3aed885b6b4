"""CR108 and CR109: credentials in environment variables, and the keyring that uploaders would use."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Problem, Severity, rule
from pkgaudit.late import lazy
from pkgaudit.model.machine import ENVIRONMENT, KEYRING, Machine
from pkgaudit.rules.credentials.accounts import accounts_of
from pkgaudit.rules.credentials.words import described


@rule("CR108", "exported-credential", Severity.WARNING, since="0.1.0")
def exported_credential(machine: Machine) -> Iterator[Problem]:
    """An environment variable contains a password or a token of an index.

    The rule checks the variables of twine, uv, Hatch, PDM, flit, Poetry, maturin and pip. In CI, where the
    service sets such variables, it is reported at info level.

    ## Why it matters
    Every program that is started from this shell inherits the variable, such as the build backend, the tests
    and their dependencies. Many programs write all variables into crash reports and logs.

    ## How to fix it
    Remove the variable from the settings of the shell, and keep the value in the keyring of the system. If an
    upload needs the variable, set it for this command only. In CI, set it in the step that uploads, or use
    trusted publishing.

    ## References
    - <https://docs.pypi.org/trusted-publishers/>
    - <https://twine.readthedocs.io/en/stable/#environment-variables>
    - <https://docs.astral.sh/uv/reference/environment/>
    """
    for each in accounts_of(machine):
        if each.file == ENVIRONMENT:
            kind = described(each.value, each.user)
            yield Problem(
                f"{each.where} contains {kind}, which every program here inherits",
                fix="remove it from the settings of the shell, and set it for the upload only",
                severity=Severity.INFO if machine.in_ci else None,
                key=each.where,
                distribution=ENVIRONMENT,
                data={"kind": kind},
            )


_PLAIN_BACKEND = lazy(r"keyrings\.alt\.\w+\.Plaintext\w*")
_NO_BACKEND = lazy(r"keyring\.backends\.(?:fail|null)\.Keyring")


@rule("CR109", "plaintext-keyring", Severity.WARNING, since="0.1.0")
def plaintext_keyring(machine: Machine) -> Iterator[Problem]:
    """The library keyring would store passwords in a file in plain text, or cannot store any.

    The rule reads the settings of keyring and the metadata of installed packages, and opens no keyring. If
    keyring is not installed beside pkgaudit, or if only opening a keyring would show which one it is, reports
    list it as skipped. A missing back end is reported at info level if no credential is stored in plain text.

    ## Why it matters
    `keyring set` seems to put the token in a safe place. Without the keyring of a desktop, keyrings.alt
    becomes the back end as soon as it is installed, and writes the token to `keyring_pass.cfg` in base64,
    which does not encrypt it. Without any back end, tools fall back to files in plain text.

    ## How to fix it
    Uninstall keyrings.alt, and install a keyring of the system, such as GNOME Keyring or KWallet. On a server
    without a desktop, use trusted publishing, or type the token at each upload.

    ## References
    - <https://keyring.readthedocs.io/en/stable/#third-party-backends>
    - <https://github.com/jaraco/keyrings.alt>
    """
    backend = machine.keyring.backend
    if backend is None:
        message = f"the back end of keyring cannot be told: {machine.keyring.reason}"
        yield Problem(message, distribution=KEYRING, unjudged=True)
        return
    severity = None
    if _PLAIN_BACKEND.fullmatch(backend):
        message = "keyring stores passwords in a file in plain text"
        fix = "uninstall keyrings.alt, and install a keyring of the system"
    elif _NO_BACKEND.fullmatch(backend):
        message = "keyring has no back end, so it stores no passwords"
        fix = "install a keyring of the system, or use trusted publishing"
        severity = None if accounts_of(machine) else Severity.INFO  # a container often has none
    else:
        return
    yield Problem(
        f"{message}: {machine.keyring.reason}",
        fix=fix,
        severity=severity,
        key=backend,
        distribution=KEYRING,
        data={"name": backend},
    )
