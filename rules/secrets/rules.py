"""SE101 to SE108: secrets.

Secrets are found by offline proofs if possible, else by their format, else by the plugins of detect-secrets.
All rules here share one search of each file, see `scan`. Nothing is verified over the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import ClassVar

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Entry,
    EntryType,
    Location,
    Member,
    Problem,
    Severity,
    Summaries,
    Window,
    confidential,
    redaction,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules.secrets.bytecode import Leaks, leaks_of, sources_of
from pkgaudit.rules.secrets.plugins import all_tokens
from pkgaudit.rules.secrets.redaction import redact, secrets_in
from pkgaudit.rules.secrets.scan import look, problems

LEVELS = ("fast", "default", "thorough")
"""From the fewest to the most findings. In 61 popular distributions, detect-secrets by itself had 16,534
findings; none of 169 that were judged by hand was a live secret."""


@dataclass(frozen=True)
class Secrets:
    """The depth of the secret scan.

    ``fast``: tokens of the catalogue, private keys, and passwords in URLs, Python modules and for package
    indexes. ``default``: also the provider plugins of detect-secrets, and its plugins for passwords and
    random strings in configuration files.
    ``thorough``: all plugins in all text files, judged only by detect-secrets.
    """

    table: ClassVar[str] = "secrets"
    level: str = field(default="default", metadata={"schema": {"enum": list(LEVELS)}})

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level: {self.level!r} is not one of {', '.join(LEVELS)}")
        all_tokens()  # reports an unusable table of a plug-in before the audit begins


@rule("SE101", "verified-token", Severity.ERROR, confidential=True, since="0.1.0")
def verified_token(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A file contains a token that itself proves that a service issued it.

    A PyPI token decodes to its last byte, a GitHub or npm token has a correct checksum, a JSON Web Token is
    signed and has not expired. pkgaudit sends nothing over the network to find this out. The finding is a
    warning in tests and documents, and an expired token is reported at info level.

    ## Why it matters
    Everybody who downloads the package can use the token, and bots search every new release for tokens within
    minutes. Removing the release from the index does not help, because mirrors keep it.

    ## How to fix it
    First revoke the token on the page that the finding names. Then remove it from the file, read it from the
    environment or a credential store, and publish a new version. If the token is made up, add the comment
    `# pragma: allowlist secret` to its line.

    ## References
    - <https://docs.pypi.org/api/secrets/>
    - <https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/>
    - <https://datatracker.ietf.org/doc/html/rfc7519>
    """
    yield from problems(file, "SE101", options.level)


@rule("SE102", "private-key", Severity.ERROR, confidential=True, since="0.1.0")
def private_key(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A file contains a private key.

    The rule only reports a key whose body can be parsed, not code that contains the words `BEGIN PRIVATE
    KEY`. A key in tests or documents, one that is assigned to a name such as `TEST_KEY`, and an encrypted key
    are reported as a warning; an encrypted key in tests is reported at info level. pkgaudit merges all keys
    in tests and documents into one finding per severity.

    ## Why it matters
    With a published private key, anybody can sign, decrypt or log in as its owner, as long as any server or
    certificate trusts the key. A test key is harmless as long as nothing else trusts it.

    ## How to fix it
    Generate a new key, replace the old one wherever it is trusted, and revoke its certificates. Then remove
    the key from the package. Tests can generate keys when they run.

    ## References
    - <https://datatracker.ietf.org/doc/html/rfc7468>
    - <https://cwe.mitre.org/data/definitions/321.html>
    """
    yield from problems(file, "SE102", options.level)


@rule("SE103", "provider-token", Severity.ERROR, confidential=True, since="0.1.0")
def provider_token(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A file contains a value with the format of a service's token or key.

    The rule knows more than seventy kinds, from AWS access keys near their secret to Slack webhooks. A
    format proves nothing, so the rule ignores examples, sequences and text with little variety. A format
    that other values may share is reported as a warning, and so are further findings of the plugins of
    detect-secrets. Wrong checksums and keys that are public by design are reported at info level, and so are
    findings in tests and documents (AWS keys: a warning).

    ## Why it matters
    Everybody who downloads the package can use the token, and bots search every release for tokens.

    ## How to fix it
    First revoke the token on the page that the finding names. Then remove it from the file, read it from the
    environment or a credential store, and publish a new version. If the token is made up, add the comment
    `# pragma: allowlist secret` to its line.

    ## References
    - <https://github.com/Yelp/detect-secrets>
    -
      <https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns>
    """
    yield from problems(file, "SE103", options.level)


@rule("SE104", "credentials-in-url", Severity.ERROR, confidential=True, since="0.1.0")
def credentials_in_url(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A URL contains a user name and a password.

    The rule only reports URLs of public hosts, and passwords that have letters and digits and are not
    examples. The finding is an error if the password is long and random and the URL belongs to a database, a
    server or a code host. Otherwise it is a warning, because web services publish some of these URLs on
    purpose. In tests and documents it is reported at info level.

    ## Why it matters
    The password is published with the package. URLs also appear in logs, error messages and shell histories.

    ## How to fix it
    Change the password, then remove it from the URL and read it from the environment, from `.netrc` or from a
    keyring. In an example, use a host such as `example.com`.

    ## References
    - <https://datatracker.ietf.org/doc/html/rfc3986#section-3.2.1>
    - <https://pip.pypa.io/en/stable/topics/authentication/>
    """
    yield from problems(file, "SE104", options.level)


@rule("SE105", "credential-assignment", Severity.WARNING, confidential=True, since="0.1.0")
def credential_assignment(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A configuration file or module sets a password, secret or key to a value that looks real.

    The rule reads files with the suffix `.env`, `.ini`, `.cfg`, `.conf`, `.toml`, `.yaml` or `.properties`,
    and small `.json` files, outside tests and documents. It ignores text, names, paths, references and
    examples. The values of a Kubernetes Secret are decoded; a value that looks random is an error. SF101 and
    SF102 cover credential files and `.env` itself.

    In Python modules and notebooks, the rule reads passwords and secret keys, but not API keys and secrets of
    clients: assignments, arguments, defaults of parameters, options and environment variables, entries of
    dictionaries, comparisons, logins such as `auth=("user", "…")`, and texts of connections. In all files, it
    decodes the headers of basic authentication.

    A password or token of a package index is an error, in any text file: in variables such as
    `TWINE_PASSWORD` and `UV_PUBLISH_TOKEN`, in the options of `twine upload`, `uv publish` and similar
    commands, in settings such as `[publish.index]` of Hatch and `[pypi-token]` of Poetry, and in a script
    that writes `.pypirc`. In tests and documents it is reported at info level.

    ## Why it matters
    It is easy to pack one machine's settings, with real passwords, along with the defaults. With the password
    of an index, anybody can publish releases of the project.

    ## How to fix it
    If the value is real, change it where it is used. Publish the file with an empty value or a reference to
    the environment. If the value is not a secret, add the comment `# pragma: allowlist secret` to its line.

    ## References
    - <https://12factor.net/config>
    - <https://cwe.mitre.org/data/definitions/798.html>
    """
    yield from problems(file, "SE105", options.level)


@rule("SE106", "high-entropy-string", Severity.WARNING, confidential=True, since="0.1.0")
def high_entropy_string(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A configuration file contains a quoted string that looks random.

    The rule reads files with the suffix `.env`, `.ini`, `.cfg`, `.conf`, `.toml`, `.yaml` or `.properties`
    outside tests and documents. It ignores digests, UUIDs, revisions and strings named as IDs; a file with
    more than ten random strings is data and gets one finding. With `--secrets thorough`, the rule reads all
    text files and only ignores the strings that detect-secrets ignores.

    ## Why it matters
    Keys and passwords without a known format look random, and settings of a single machine contain them.

    ## How to fix it
    Check the string. If it is a secret, change it where it is used and remove it from the package. Otherwise
    add the comment `# pragma: allowlist secret` to its line.

    ## References
    - <https://github.com/Yelp/detect-secrets>
    """
    yield from problems(file, "SE106", options.level)


@summary
def leaks(file: BinaryFile) -> Leaks | None:
    """Return the digests of the secrets in a file and, for bytecode, the secrets as they are reported."""
    return leaks_of(file)


@rule("SE107", "secret-in-bytecode", Severity.ERROR, confidential=True, since="0.1.0")
def secret_in_bytecode(distribution: Distribution, leaks: Summaries[Leaks]) -> Iterator[Problem]:
    """Bytecode contains a secret that its source does not contain.

    A compiled module keeps the strings of the source from which it was compiled. The rule searches its bytes
    and never loads the module. A secret that the source still contains is only reported there.

    ## Why it matters
    Somebody removed the secret from the source, but the stale `.pyc` file still reveals it. Few people and
    tools check bytecode: a token with access to the repositories of Python itself was published this way for
    more than a year.

    ## How to fix it
    Revoke the secret first. Then delete the caches and build from a fresh clone, because bytecode does not
    belong in a distribution.

    ## References
    - <https://peps.python.org/pep-3147/>
    - <https://blog.pypi.org/posts/2024-07-08-incident-report-leaked-admin-personal-access-token/>
    """
    for path, found in leaks.items():
        if not found.in_bytecode:
            continue
        sources = sources_of(path)
        known = {each.path for each in (*distribution.entries, *distribution.nested)}
        source = next((each for each in sources if each in known), None)
        # A secret that the source still contains is reported there, and one report is enough.
        shown = [leaks[each].digests for each in sources if each in leaks]
        for leak in found.in_bytecode:
            if not any(map(leak.is_among, shown)):
                yield leak.problem(source)


@rule("SE108", "secret-in-archive-comment", Severity.ERROR, confidential=True, since="0.1.0")
def secret_in_archive_comment(distribution: Distribution) -> Iterator[Problem]:
    """A comment or header of the archive, or of one of its members, contains a secret.

    A zip archive can have a comment on itself and on each of its members, outside of all files. A tar archive
    can have comments and extended attributes in its pax headers, and the gzip file around it a name, a
    comment and an extra field. The rule searches all of them for tokens, private keys and passwords in URLs,
    as in files.

    ## Why it matters
    Some build tools write values of their environment into these comments, and `tar --xattrs` packs the
    attributes that other programs have set on a file. The comment is published with the archive, but scanners
    that read files do not see it.

    ## How to fix it
    Revoke the secret first. Then build without the tool that writes the comment, or without extended
    attributes: a distribution needs neither.

    ## References
    - <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
    - <https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03>
    - <https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1>
    """
    for path, comment in distribution.comments:
        member = Member(Entry(path, EntryType.FILE), distribution.kind, project=distribution.project)
        for placed in look(BinaryFile(member, Window(comment)), "fast").secrets:
            secret = placed.secret
            place = "member" if path else "archive"
            message = f"a comment or header of the {place} contains a secret: {secret.message}"
            location = Location(path or None)
            fix = f"{secret.first_step}; then build without the comment or attribute"
            yield Problem(
                message,
                location,
                fix,
                secret.severity,
                secret.digest,
                digest=secret.digest,
                data=secret.data,
            )
    if distribution.more_comments:
        message = "the comments and headers are too large; only the first megabyte was searched for secrets"
        yield Problem(message, unjudged=True)


@redaction
def without_secrets(text: str) -> str:
    """Return a message of any rule in which tokens, keys and passwords of URLs are masked."""
    return redact(text)


@confidential
def secrets_of(file: BinaryFile) -> Iterator[str]:
    """Yield the tokens, keys and passwords of URLs in a file."""
    yield from secrets_in(file)
