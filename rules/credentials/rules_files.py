"""CR101 to CR103, CR113 and CR115: files that contain credentials of package indexes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from pkgaudit.api import Location, Problem, Severity, rule
from pkgaudit.model.addresses import index_of
from pkgaudit.model.machine import Machine, Store, StoredFile
from pkgaudit.rules.credentials.accounts import Account, accounts_of, contents_of, links_of, real_files
from pkgaudit.rules.credentials.damage import damage_of
from pkgaudit.rules.credentials.words import described

_OTHERS = 0o044
"""The permission bits by which the group and all other accounts may read a file."""


def _in_files(machine: Machine) -> Iterator[tuple[StoredFile, list[Account]]]:
    """Yield each file with at least one account, and its accounts."""
    accounts = accounts_of(machine)
    for file in real_files(machine):
        mine = [each for each in accounts if each.file == file.path]
        if mine:
            yield file, mine


@rule("CR101", "plaintext-credential", Severity.WARNING, since="0.1.0")
def plaintext_credential(machine: Machine) -> Iterator[Problem]:
    """A file outside of the project contains a password or a token of an index in plain text.

    The rule reads `.pypirc`, the configurations of pip, uv, Poetry, PDM and Hatch, the credentials that
    `uv auth login` and Poetry write, keyrings in files, and those entries of `.netrc` that are for an index.
    It skips variables and placeholders. The finding shows the kind and the length of the value.

    ## Why it matters
    Every program that runs under the account can read the file: an install script of a dependency, an
    extension of an editor, a backup. Malicious packages search for these files first, because one upload
    token is enough to publish the next malicious package.

    ## How to fix it
    Publish from CI with trusted publishing, which needs no stored token. For uploads from this machine, move
    the token into the keyring of the system, delete it from the file, and revoke the old one:

        keyring set https://upload.pypi.org/legacy/ __token__

    twine, Hatch, flit and PDM then find it there.

    ## References
    - <https://docs.pypi.org/trusted-publishers/>
    - <https://packaging.python.org/en/latest/specifications/pypirc/>
    - <https://keyring.readthedocs.io/>
    """
    for file, accounts in _in_files(machine):
        if file.in_checkout:
            continue
        for each in accounts:
            yield Problem(
                f"{each.where} contains {described(each.value, each.user)} in plain text",
                Location(line=each.line),
                "move it into the keyring of the system and delete it here, or use trusted publishing",
                key=each.where,
                distribution=file.path,
                data={"kind": described(each.value, each.user)},
            )


@rule("CR102", "readable-credential-file", Severity.ERROR, since="0.1.0")
def readable_credential_file(machine: Machine) -> Iterator[Problem]:
    """Other accounts of the machine can read a file with credentials.

    The rule checks the permissions of every file with a password or a token of an index, also of files in the
    project. It is also reported if the file belongs to another account than this one or the administrator.
    Windows has no such permissions.

    ## Why it matters
    On a shared machine, every user, and every service that runs under its own account, can publish in your
    name. Some tools write the file with the usual permissions: PDM stores passwords readable by everybody.

    ## How to fix it
    Take the permission from everybody else, then revoke the token and make a new one if other people use the
    machine:

        chmod 600 ~/.pypirc

    ## References
    - <https://pdm-project.org/latest/usage/config/>
    - <https://man7.org/linux/man-pages/man1/chmod.1.html>
    """
    for file, accounts in _in_files(machine):
        what = described(accounts[0].value, accounts[0].user)
        if file.is_foreign:
            yield Problem(
                f"the file belongs to another account, and contains {what}",
                fix="copy the file, make the copy your own, and revoke the credentials",
                key="owner",
                distribution=file.path,
            )
        elif file.mode is not None and file.mode & _OTHERS:
            yield Problem(
                f"the file contains {what}, and other accounts can read it (mode {file.mode:o})",
                fix=f"run: chmod 600 {_argument(file.path)}",
                key="mode",
                distribution=file.path,
                data={"mode": f"{file.mode:o}"},
            )


def _argument(path: str) -> str:
    """Return a path as an argument in a shell, which replaces the ``~``."""
    return f"~/{shlex.quote(path[2:])}" if path.startswith("~/") else shlex.quote(path)


_STATES = {
    True: "git ignores the file",
    False: "git does not ignore the file",
    None: "git cannot tell whether it ignores the file",
}
"""What git knows about a file, in words."""


@rule("CR103", "credential-in-checkout", Severity.ERROR, since="0.1.0")
def credential_in_checkout(machine: Machine) -> Iterator[Problem]:
    """A file of the project contains a password or a token of an index.

    The rule reads `pdm.toml`, `uv.toml`, `poetry.toml`, `pyproject.toml`, `.pypirc`, `.netrc`, `pip.conf`,
    `.env` and `.envrc` in the folder, in the folders above it up to the top of the repository, and everywhere
    else if git tracks them. In environment files, it reports the variables of uploaders, and every token that
    it recognizes by its format. A file that git ignores is a warning, and so is every file if git is missing
    or refuses the repository. Files in folders of tests and examples
    are not reported.

    ## Why it matters
    The next `git add` commits the file, and many build backends pack it into the sdist. In both cases the
    credential is public with the next push or upload, and it stays in the history.

    ## How to fix it
    Delete the value from the file, and revoke it if it was ever committed or packed. Keep it in the keyring
    of the system, or in the environment of the upload only; `pdm config`, without `--local`, writes to the
    configuration of the user.

    ## References
    - <https://pdm-project.org/latest/usage/config/>
    - <https://docs.astral.sh/uv/concepts/authentication/>
    - <https://owasp.org/www-community/vulnerabilities/Use_of_hard-coded_password>
    """
    for file, accounts in _in_files(machine):
        if not file.in_checkout:
            continue
        state = _STATES[file.is_ignored]
        for each in accounts:
            yield Problem(
                f"{each.where} contains {described(each.value, each.user)}, and {state}",
                Location(line=each.line),
                "delete the value here, and revoke it if the file was ever committed or packed",
                None if file.is_ignored is False else Severity.WARNING,
                each.where,
                distribution=file.path,
                data={"kind": described(each.value, each.user)},
            )


@rule("CR113", "implicit-netrc", Severity.INFO, since="0.1.0")
def implicit_netrc(machine: Machine) -> Iterator[Problem]:
    """A netrc file contains a password for the host of an index, and some uploaders send it unasked.

    The hosts are those of PyPI and TestPyPI, and those of the upload addresses in the settings of this
    machine and of the project. A default entry is for all hosts.

    ## Why it matters
    uv and Poetry look into the file if nothing else gives a password, and send the entry to every address
    with this host. An upload that was expected to fail without credentials then succeeds under this account.

    ## How to fix it
    Delete the entry, and give the credential to the upload itself. If the entry is on purpose, ignore the
    rule:

        [tool.pkgaudit]
        ignore = ["CR113"]

    ## References
    - <https://docs.astral.sh/uv/concepts/authentication/http/>
    - <https://requests.readthedocs.io/en/latest/user/authentication/#netrc-authentication>
    """
    hosts = {each.address.host for each in links_of(machine) if each.for_upload}
    for file in real_files(machine):
        for each in contents_of(file).accounts if file.store is Store.NETRC else ():
            target = each.target
            if target is not None and index_of(target) is None and target.host not in hosts:
                continue
            yield Problem(
                f"{each.where} has a password, which uv and Poetry send unasked",
                Location(line=each.line),
                "delete the entry, and give the credential to the upload itself",
                key=each.where,
                distribution=file.path,
                data={} if target is None else {"host": target.host},
            )


@rule("CR115", "unreadable-credential-file", Severity.WARNING, since="0.1.0")
def unreadable_credential_file(machine: Machine) -> Iterator[Problem]:
    """A credential file cannot be read, so neither its tool nor pkgaudit knows what it contains.

    The file is malformed or not UTF-8, has the same section twice, is larger than a megabyte, or is a pipe or
    a device; its permissions forbid reading; or it is a link to a file that does not exist. The message does
    not quote the file.

    ## Why it matters
    The tool stops with an error, or silently continues without the settings: another index, another account,
    or no check of the hashes. The other rules cannot judge the file either.

    ## How to fix it
    Correct the file at the given line, or delete it. A percent sign in a password needs no change:
    the tools do not interpolate values.

    ## References
    - <https://packaging.python.org/en/latest/specifications/pypirc/>
    - <https://docs.python.org/3/library/configparser.html#supported-ini-file-structure>
    - <https://toml.io/en/v1.0.0>
    """
    for file in real_files(machine):
        damage = damage_of(file)
        if damage is not None:
            yield Problem(
                f"the file {damage.says}",
                Location(line=damage.line),
                "correct the file, or delete it if nothing needs it",
                key=damage.says,
                distribution=file.path,
            )
