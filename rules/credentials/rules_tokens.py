"""CR104 to CR107: tokens and passwords of indexes, and what they allow."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Location, Problem, Severity, rule
from pkgaudit.model.addresses import Index, index_of
from pkgaudit.model.machine import Machine
from pkgaudit.rules.credentials.accounts import Account, accounts_of
from pkgaudit.rules.credentials.words import PREFIX, described, index_at, is_token, provider_of
from pkgaudit.rules.secrets.catalogue.judges import looks_random
from pkgaudit.rules.secrets.proof import IndexToken, Scope, day_of, read_index_token

_TOKEN_USERS = frozenset(
    {
        "__token__",
        "gitlab-ci-token",
        "oauth2",
        "oauth2accesstoken",
        "aws",
        "token",
        "_json_key",
        "_json_key_base64",
    }
)
"""User names that say that a token follows: of PyPI, GitLab, Google and AWS."""


_SHORTEST_TOKEN = 32
"""Characters of a random value that is a token rather than a password. Chosen: 32 digits are 128 bits."""

_SYMBOLS = 62
"""The letters and digits of such a token."""


def _tokens(machine: Machine) -> Iterator[tuple[Account, IndexToken]]:
    """Yield the accounts with a token of PyPI that can be decoded."""
    for each in accounts_of(machine):
        read = read_index_token(each.value) if each.value.startswith(PREFIX) else None
        if read is not None:
            yield each, read


def _title(index: Index | None) -> str:
    return "another index" if index is None else index.title


@rule("CR104", "account-wide-token", Severity.WARNING, since="0.1.0")
def account_wide_token(machine: Machine) -> Iterator[Problem]:
    """A token of PyPI or TestPyPI allows uploads to all projects of its owner.

    The token itself says so: its only caveat names its owner. A token that its owner narrowed down is not
    reported, and neither is a token without caveats or with an unknown one, because the index also keeps the
    caveats itself.

    ## Why it matters
    If the token leaks, all projects of the account are lost at once, and new ones can be registered in its
    name. A token for one project limits the damage to that project.

    ## How to fix it
    Make a token for each project, on the page of the project's settings, replace the account-wide token by
    it, and revoke the old one. The first upload of a new project needs an account-wide token, or a pending
    trusted publisher.

    ## References
    - <https://pypi.org/help/#apitoken>
    - <https://docs.pypi.org/trusted-publishers/creating-a-project-through-oidc/>
    - <https://github.com/pypi/warehouse/tree/main/warehouse/macaroons>
    """
    for each, token in _tokens(machine):
        if token.scope is Scope.ACCOUNT:
            index = _title(index_at(token.site))
            yield Problem(
                f"{each.where} has a token that allows uploads to all projects of its owner on {index}",
                Location(line=each.line),
                "replace it by a token for one project, and revoke it",
                key=each.where,
                distribution=each.file,
            )


@rule("CR105", "stale-token", Severity.INFO, since="0.1.0")
def stale_token(machine: Machine) -> Iterator[Problem]:
    """A token of PyPI or TestPyPI has expired.

    ## Why it matters
    An upload with it fails. Tokens of trusted publishing expire after 15 minutes, so the file is a rest of a
    former upload, which other tools may use instead of a valid token.

    ## How to fix it
    Delete the token.

    ## References
    - <https://docs.pypi.org/trusted-publishers/internals/>
    - <https://github.com/pypi/warehouse/tree/main/warehouse/macaroons>
    """
    for each, token in _tokens(machine):
        if token.expires is not None and token.expires < machine.now:
            day = day_of(token.expires)
            yield Problem(
                f"{each.where} has a token that expired on {day}",
                Location(line=each.line),
                "delete the token",
                key=each.where,
                distribution=each.file,
                data={"date": day},
            )


@rule("CR106", "token-of-another-index", Severity.ERROR, since="0.1.0")
def token_of_another_index(machine: Machine) -> Iterator[Problem]:
    """A setting sends a token to an index that it is not for.

    The rule compares the site that a token of PyPI or TestPyPI names with the address in the same section,
    table or entry, and recognizes tokens of other providers by their formats. It skips addresses of this
    machine itself, and settings whose index cannot be told.

    ## Why it matters
    The upload is rejected. The operators of the other index, and its logs, receive a token that works
    elsewhere.

    ## How to fix it
    Write the token of this index into the setting, and revoke the one that was sent to the wrong index.

    ## References
    - <https://packaging.python.org/en/latest/guides/using-testpypi/>
    - <https://packaging.python.org/en/latest/specifications/pypirc/>
    """
    for each in accounts_of(machine):
        wrong = _wrong_token(each)
        if wrong:
            yield Problem(
                f"{each.where} has {wrong}",
                Location(line=each.line),
                "write the token of this index into the setting, and revoke the other one",
                key=each.where,
                distribution=each.file,
            )


def _wrong_token(account: Account) -> str:
    """Return the words for a token that is not for the index of its setting; empty for any other value."""
    if account.target is None or account.target.is_loopback:
        return ""
    index = index_of(account.target)
    if not account.value.startswith(PREFIX):
        provider = provider_of(account.value) if index is not None else None
        return f"{described(account.value)}, but sends it to {_title(index)}" if provider else ""
    read = read_index_token(account.value)
    own = None if read is None else index_at(read.site)
    # Another host than those of PyPI may be a server with the same software, and make such tokens itself.
    if read is None or own == index or (own is None and index is None):
        return ""
    host = index.title if index is not None else account.target.host
    return f"a token of {_title(own)}, but sends it to {host}"


@rule("CR107", "password-instead-of-token", Severity.WARNING, since="0.1.0")
def password_instead_of_token(machine: Machine) -> Iterator[Problem]:
    """A setting has the user name and the password of an account instead of a token.

    For PyPI and TestPyPI, this is an error, because they reject passwords. For other indexes, it is a
    warning, unless the value is a token by its format or its length, or the user name says so.

    ## Why it matters
    PyPI and TestPyPI reject every upload with a password. On every index, the password opens the whole
    account: its projects, its address, its other tokens. A token can be limited and revoked.

    ## How to fix it
    Make a token, and write it into the setting with the user name `__token__`:

        [pypi]
        username = __token__
        password = pypi-…

    If the index has no tokens, as pypiserver and devpi, use an account that may only upload, and ignore the
    rule.

    ## References
    - <https://pypi.org/help/#apitoken>
    - <https://blog.pypi.org/posts/2023-06-01-2fa-enforcement-for-upload/>
    """
    for each in accounts_of(machine):
        if each.user in ("", *_TOKEN_USERS) or is_token(each.value):
            continue
        if each.target is not None and each.target.is_loopback:
            continue
        index = None if each.target is None else index_of(each.target)
        if index is None and len(each.value) >= _SHORTEST_TOKEN and looks_random(each.value, _SYMBOLS):
            continue
        rejects = f", which {index.title} rejects" if index is not None else ""
        yield Problem(
            f"{each.where} has a user name and {described(each.value)}{rejects}",
            Location(line=each.line),
            "make a token of the index, and write it into the setting with the user name '__token__'"
            if index is not None
            else "make a token of the index if it has tokens, and write it into the setting",
            Severity.ERROR if index is not None else None,
            each.where,
            distribution=each.file,
        )
