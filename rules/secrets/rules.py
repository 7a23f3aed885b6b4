"""SE101 to SE108: secrets.

Found by what they prove about themselves where they can, else by their shape, else by the plugins of
detect-secrets; see `scan` for the one look at a file that all rules here share. Nothing is
verified over the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Entry,
    EntryType,
    Exclude,
    Location,
    Member,
    Problem,
    Severity,
    Summaries,
    Window,
    redaction,
    rule,
    summary,
)
from pkgaudit.rules.secrets.bytecode import Leaks, leaks_of, sources_of
from pkgaudit.rules.secrets.plugins import all_tokens
from pkgaudit.rules.secrets.redaction import redact
from pkgaudit.rules.secrets.scan import look, problems

LEVELS = ("fast", "default", "thorough")
"""From the surest to the most: detect-secrets alone gave 16,534 findings in 61 popular distributions, and of
169 of them that were judged by hand none was a live secret."""


@dataclass(frozen=True)
class Secrets:
    """How far secrets are looked for.

    ``fast``: tokens of the catalogue, private keys and passwords in URLs. ``default``: also what the
    plugins of detect-secrets for providers find, and those for passwords and random strings in files of
    configuration. ``thorough``: all plugins in all text files, judged by detect-secrets alone.
    """

    table: ClassVar[str] = "secrets"
    level: str = field(default="default", metadata={"schema": {"enum": list(LEVELS)}})

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level: {self.level!r} is none of {', '.join(LEVELS)}")
        all_tokens()  # a plug-in's table that cannot be used is told before the audit begins


@rule("SE101", "verified-token", Severity.ERROR, confidential=True, since="0.1.0")
def verified_token(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A file holds a token that proves by itself that a service issued it.

    A PyPI token decodes to its last byte, a GitHub or npm token carries a checksum that is right,
    a JSON Web Token is signed and has not expired. Nothing was sent anywhere to find this out. In
    tests and documents it is a warning, and an expired token is an info.

    ## Why it matters
    Whoever downloads the package can use the token: robots read every new release for them within
    minutes. Removing a release from the index does not help, since mirrors keep it.

    ## How to fix it
    Revoke the token first, at the page that the finding names. Then remove it from the file, read it
    from the environment or from a credential store, and publish a new version. If it is made up,
    write `# pragma: allowlist secret` behind it.

    ## References
    - <https://docs.pypi.org/api/secrets/>
    - <https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/>
    - <https://datatracker.ietf.org/doc/html/rfc7519>
    """
    yield from problems(file, "SE101", options.level)


@rule("SE102", "private-key", Severity.ERROR, confidential=True, since="0.1.0")
def private_key(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A file holds a private key.

    Only a key whose body can be parsed counts: code that writes or looks for the words
    `BEGIN PRIVATE KEY` is no key. A key in tests or documents and one that is encrypted are
    warnings, an encrypted one in tests is an info. All keys in tests and documents are one finding of each
    severity.

    ## Why it matters
    A published private key lets anybody sign, decrypt or log in as its owner, for as long as any
    server or certificate trusts it. A key kept for tests does no harm as long as nothing else
    trusts it.

    ## How to fix it
    Make a new key, replace the old one wherever it is trusted, and revoke its certificates. Then
    remove it from the package. Tests can make keys when they run.

    ## References
    - <https://datatracker.ietf.org/doc/html/rfc7468>
    - <https://cwe.mitre.org/data/definitions/321.html>
    """
    yield from problems(file, "SE102", options.level)


@rule("SE103", "provider-token", Severity.ERROR, confidential=True, since="0.1.0")
def provider_token(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A file holds what has the shape of a service's token or key.

    More than seventy kinds are known, from AWS access keys with their secret near them to webhooks of
    Slack. Such a shape proves nothing, so examples, sequences and text with little variety are left out;
    shapes that other things may have are warnings, and so is what the plugins of detect-secrets find
    beyond that. Wrong checksums and keys that are public by design are infos. In tests and documents it is
    an info (AWS keys: a warning).

    ## Why it matters
    Whoever downloads the package can use the token, and robots read every release for them.

    ## How to fix it
    Revoke the token first, at the page that the finding names. Then remove it from the file, read it
    from the environment or from a credential store, and publish a new version. If it is made up,
    write `# pragma: allowlist secret` behind it.

    ## References
    - <https://github.com/Yelp/detect-secrets>
    - <https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns>
    """
    yield from problems(file, "SE103", options.level)


@rule("SE104", "credentials-in-url", Severity.ERROR, confidential=True, since="0.1.0")
def credentials_in_url(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A URL holds a user name and a password.

    Only a URL of a public host counts, and only a password that has letters and digits and is no
    example. It is an error where the password is long and random and the URL is that of a database,
    a server or a code host, else a warning: web services publish some such addresses on purpose. In
    tests and documents it is an info.

    ## Why it matters
    The password is published with the package. URLs also end up in logs, in error messages and in
    the history of shells.

    ## How to fix it
    Change the password, then take it out of the URL: give it by the environment, by `.netrc` or by
    a keyring. In an example use a host like `example.com`.

    ## References
    - <https://datatracker.ietf.org/doc/html/rfc3986#section-3.2.1>
    - <https://pip.pypa.io/en/stable/topics/authentication/>
    """
    yield from problems(file, "SE104", options.level)


@rule("SE105", "credential-assignment", Severity.WARNING, confidential=True, since="0.1.0")
def credential_assignment(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A configuration file sets a password, a secret or a key to what looks like a real one.

    Looked at are `.env`, `.ini`, `.cfg`, `.conf`, `.toml`, `.yaml`, `.properties` and small `.json` files
    outside tests and documents. Texts, names, paths, references and examples do not count. The values of
    a Kubernetes Secret are decoded; one that looks random is an error. Files for credentials and `.env`
    itself are read by their format, which SF101 and SF102 tell of.

    ## Why it matters
    Configuration that was made for one machine, with its real passwords, is easily packed along with
    the defaults.

    ## How to fix it
    If the value is real, change it where it is used. Ship the file with an empty value or a
    reference to the environment. If it is no secret, write `# pragma: allowlist secret` behind it.

    ## References
    - <https://12factor.net/config>
    - <https://cwe.mitre.org/data/definitions/798.html>
    """
    yield from problems(file, "SE105", options.level)


@rule("SE106", "high-entropy-string", Severity.WARNING, confidential=True, since="0.1.0")
def high_entropy_string(file: BinaryFile, options: Secrets) -> Iterator[Problem]:
    """A configuration file holds a quoted string that looks random.

    Looked at are `.env`, `.ini`, `.cfg`, `.conf`, `.toml`, `.yaml` and `.properties` files outside tests and
    documents. Digests, UUIDs, revisions and strings named as ids are left out; a file with more than
    ten such strings is data and gets one finding. With `--secrets thorough` all text files are looked at,
    and nothing is left out but what detect-secrets leaves out.

    ## Why it matters
    Keys and passwords without a known shape look random, and settings made for one machine have them.

    ## How to fix it
    Look at the string. If it is a secret, change it where it is used and remove it from the package;
    if not, write `# pragma: allowlist secret` behind it.

    ## References
    - <https://github.com/Yelp/detect-secrets>
    """
    yield from problems(file, "SE106", options.level)


@summary
def leaks(file: BinaryFile) -> Leaks | None:
    """Return the digests of the secrets in a file, and of those in bytecode what is to be said."""
    return leaks_of(file)


@rule("SE107", "secret-in-bytecode", Severity.ERROR, confidential=True, since="0.1.0")
def secret_in_bytecode(distribution: Distribution, leaks: Summaries[Leaks]) -> Iterator[Problem]:
    """Bytecode holds a secret that its source does not show.

    A compiled module keeps the strings of the source that it was made of. It is searched as bytes and
    never loaded. What the source beside it still holds is reported there alone.

    ## Why it matters
    Somebody took the secret out of the source, and the stale `.pyc` still gives it to everybody. Such a
    file is rarely looked at by people or by tools: a token with access to the repositories of Python
    itself was published this way for more than a year.

    ## How to fix it
    Revoke the secret first. Then delete the caches and build from a fresh clone: bytecode does not
    belong into a distribution.

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
        # What the source still shows is reported there, and once is enough.
        shown = [leaks[each].digests for each in sources if each in leaks]
        for leak in found.in_bytecode:
            if not any(map(leak.is_among, shown)):
                yield leak.problem(source)


@rule("SE108", "secret-in-archive-comment", Severity.ERROR, confidential=True, since="0.1.0")
def secret_in_archive_comment(distribution: Distribution) -> Iterator[Problem]:
    """A comment of the archive, or of one of its members, holds a secret.

    A zip has space for a comment on itself and on each of its members, which no file shows. Tokens,
    private keys and passwords in URLs are looked for there as in files.

    ## Why it matters
    Tools that stamp what they build write into such comments, from whatever environment they run in. The
    comment is published with the archive, and scanners of files do not see it.

    ## How to fix it
    Revoke the secret first. Then build without the tool that writes the comment: a distribution needs
    none.

    ## References
    - <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
    """
    for path, comment in distribution.comments:
        member = Member(Entry(path, EntryType.FILE), distribution.kind)
        for placed in look(BinaryFile(member, Window(comment)), "fast").secrets:
            secret = placed.secret
            message = f"in the comment of {'the member' if path else 'the archive'}: {secret.message}"
            location = Location(path or None)
            first = secret.fix.first if isinstance(secret.fix, Exclude) else secret.fix
            fix = f"{first}; write no comment"
            yield Problem(
                message,
                location,
                fix,
                secret.severity,
                secret.digest,
                digest=secret.digest,
                data=secret.data,
            )


@redaction
def without_secrets(text: str) -> str:
    """Return a message of whatever rule with the tokens, the keys and the passwords of URLs in it masked."""
    return redact(text)
