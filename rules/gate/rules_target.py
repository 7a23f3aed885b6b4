"""GT107 to GT111: where the command uploads to."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from pkgaudit.api import Problem, Severity, normalize, quoted, rule
from pkgaudit.model.addresses import Address, index_of
from pkgaudit.model.handover import Handover


def _from(handover: Handover) -> str:
    """Return the setting that names the target, for messages."""
    return handover.target.source or "the command line"


def _correction(handover: Handover) -> str:
    source = _from(handover)
    return "name an allowed index in the command" if source == "the default" else f"correct {source}"


@rule("GT107", "other-index", Severity.ERROR, since="0.1.0")
def other_index(handover: Handover) -> Iterator[Problem]:
    """The command uploads to an index that `[tool.pkgaudit.gate]` does not allow.

    The rule applies if `repositories` is set. The address is the one that the uploader would use, from its
    options, the environment and its files, in its own order; the message says which setting names it. An
    address that cannot be worked out is an error too.

    ## Why it matters
    A setting that was forgotten decides where a release goes: `TWINE_REPOSITORY_URL` wins over `-r` on the
    command line, and a setting of the user applies to every project. A private release on a public index
    cannot be taken back, and a release on the wrong index is not noticed.

    ## How to fix it
    Remove the setting that the message names, or name the index in the command. If the index is right, add
    it to `repositories`:

    ```toml
    [tool.pkgaudit.gate]
    repositories = ["pypi", "https://packages.example.com/"]
    ```

    ## References
    - <https://twine.readthedocs.io/en/stable/#environment-variables>
    - <https://packaging.python.org/en/latest/specifications/pypirc/>
    """
    if not handover.allowed or handover.refusals:
        return
    target = handover.target
    if target.address is None:
        yield Problem(
            f"it is not known where {handover.tool} uploads to: {target.unknown}",
            fix=f"correct {target.source}, or give the address of the index in the command"
            if target.source
            else "name the index on the command line of an uploader that pkgaudit knows",
            key=handover.tool,
            data={"command": handover.tool, "setting": target.source},
        )
    elif not any(target.address.is_within(each) for each in handover.allowed):
        allowed = ", ".join(map(str, handover.allowed))
        yield Problem(
            f"{handover.tool} uploads to {target.address}, from {_from(handover)}; allowed: {allowed}",
            fix=f"{_correction(handover)}, or add the index to 'repositories' in [tool.pkgaudit.gate]",
            key=handover.tool,
            data={"command": handover.tool, "url": str(target.address), "setting": target.source},
        )


@rule("GT108", "insecure-index", Severity.ERROR, since="0.1.0")
def insecure_index(handover: Handover) -> Iterator[Problem]:
    """The command uploads without encryption.

    An address with `http://` is reported unless its host is this machine.

    ## Why it matters
    The uploader sends the password or token with every file. Everybody on the way can read it, and can
    change the files. Of all uploaders only flit warns.

    ## How to fix it
    Use the `https://` address of the index, or a proxy with a certificate in front of it.

    ## References
    - <https://docs.pypi.org/api/upload/>
    - <https://www.rfc-editor.org/rfc/rfc7617#section-4>
    """
    address = handover.target.address
    if address is not None and address.scheme == "http" and not address.is_loopback:
        yield Problem(
            f"{handover.tool} uploads to {address} without encryption, from {_from(handover)}",
            fix="use the https:// address of the index",
            key=handover.tool,
            data={"command": handover.tool, "url": str(address), "setting": handover.target.source},
        )


@rule("GT109", "login-in-command", Severity.WARNING, since="0.1.0")
def login_in_command(handover: Handover) -> Iterator[Problem]:
    """The address of the index on the command line contains a user name or a password.

    ## Why it matters
    Other users of the machine see command lines, shells keep them in a history, and CI systems write them
    into logs. The uploader quotes the address in its messages.

    ## How to fix it
    Remove the part before `@` from the address. Give the user name and the password in variables, such as
    `TWINE_USERNAME` and `TWINE_PASSWORD`, or use trusted publishing.

    ## References
    - <https://docs.pypi.org/trusted-publishers/>
    - <https://www.rfc-editor.org/rfc/rfc3986#section-7.5>
    """
    target = handover.target
    if target.in_command and target.address is not None and target.address.has_userinfo:
        yield Problem(
            f"the address in {_from(handover)} contains a user name or a password",
            fix="remove the part before '@', and give the credentials in variables",
            key=handover.tool,
            data={"command": handover.tool, "setting": target.source},
        )


@rule("GT110", "private-project", Severity.ERROR, since="0.1.0")
def private_project(handover: Handover) -> Iterator[Problem]:
    """A private project would be uploaded to PyPI or TestPyPI.

    A project is private if its metadata has a classifier that begins with `Private ::`, or if a pattern in
    `private-names` of `[tool.pkgaudit.gate]` matches its normalized name. The rule also runs with the
    profile `private`. It is a warning if it is not known where the command uploads to.

    ## Why it matters
    PyPI rejects the classifier, but no uploader looks at it, so the complete file is sent first. A project
    that only has a private name is accepted, and everybody can download it from then on.

    ## How to fix it
    Name the private index in the command. The message says which setting names the public one.

    ## References
    - <https://pypi.org/classifiers/>
    - <https://packaging.python.org/en/latest/guides/hosting-your-own-index/>
    """
    address = handover.target.address
    index = None if address is None else index_of(address)
    if handover.refusals or (address is not None and index is None):
        return
    where = "an unknown index" if index is None else f"{index.title}, from {_from(handover)}"
    for each in handover.handed:
        pattern = next(
            (name for name in handover.private_names if fnmatchcase(each.project, _lower(name))), None
        )
        if not each.is_private and pattern is None:
            continue
        why = "has a classifier 'Private ::'" if each.is_private else f"matches {quoted(pattern or '')}"
        yield Problem(
            f"{quoted(each.name)} would be uploaded to {where}, but its project {why}",
            fix="name the private index in the command of an uploader that pkgaudit knows",
            severity=Severity.WARNING if index is None else None,
            distribution=each.path,
            key=each.name,
            data={"command": handover.tool, "project": each.project}
            | ({} if index is None else {"index": index.title}),
        )


def _lower(pattern: str) -> str:
    """Return a pattern of project names in their normalized form, as far as it has one."""
    return pattern if any(each in pattern for each in "[]") else normalize(pattern)


@rule("GT111", "attestations-with-login", Severity.WARNING, since="0.1.0")
def attestations_with_login(handover: Handover) -> Iterator[Problem]:
    """Attestations would be uploaded with a password or a token.

    The rule applies to `twine upload --attestations`, and to `uv publish` if it gets an attestation, if the
    target is PyPI or TestPyPI and a user name, a password or a token is set. The message says which setting
    contains it.

    ## Why it matters
    PyPI accepts attestations only from trusted publishers. With a password or a token it rejects the file,
    after it was sent. twine and uv use trusted publishing only if they find no credentials.

    ## How to fix it
    Remove the setting that the message names, and publish from a workflow with `id-token: write`, or remove
    `--attestations` of twine. For uv, add `--no-attestations`.

    ## References
    - <https://docs.pypi.org/attestations/producing-attestations/>
    - <https://docs.pypi.org/trusted-publishers/>
    """
    target = handover.target
    address: Address | None = target.address
    index = None if address is None else index_of(address)
    if index is not None and handover.sends_attestations and target.credentials:
        yield Problem(
            f"{index.title} accepts attestations only from trusted publishers, but {handover.tool} would use "
            f"the credentials in {target.credentials}",
            fix=f"remove {target.credentials}, or do not upload attestations",
            key=handover.tool,
            data={"command": handover.tool, "index": index.title, "setting": target.credentials},
        )
