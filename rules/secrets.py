"""SE: secrets.

Found by what they prove about themselves where they can, else by the plugins of detect-secrets; see
`_secrets_scan` for the one look at a file that all rules here share. Nothing is verified over the
network. A line with ``pragma: allowlist secret`` is left alone, as detect-secrets does.
"""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Problem, Severity, TextFile, rule
from pkgaudit.rules._secrets_scan import problems


@rule("SE101", "verified-token", Severity.ERROR)
def verified_token(file: TextFile) -> Iterator[Problem]:
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
    yield from problems(file, "SE101")


@rule("SE102", "private-key", Severity.ERROR)
def private_key(file: TextFile) -> Iterator[Problem]:
    """A file holds a private key.

    Only a key whose body can be parsed counts: code that writes or looks for the words
    `BEGIN PRIVATE KEY` is no key. A key in tests or documents and one that is encrypted are
    warnings, an encrypted one in tests is an info.

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
    yield from problems(file, "SE102")


@rule("SE103", "provider-token", Severity.ERROR)
def provider_token(file: TextFile) -> Iterator[Problem]:
    """A file holds what has the shape of a service's token or key.

    GitLab, Slack, Stripe, OpenAI, SendGrid, Square, Azure storage, Discord and npm tokens, and AWS
    access keys whose secret is near them. Such a shape proves nothing, so examples, sequences and
    text with little variety are left out; less particular shapes are warnings, and tests and
    documents give infos (AWS keys: warnings).

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
    yield from problems(file, "SE103")


@rule("SE104", "credentials-in-url", Severity.ERROR)
def credentials_in_url(file: TextFile) -> Iterator[Problem]:
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
    yield from problems(file, "SE104")


@rule("SE105", "credential-assignment", Severity.WARNING)
def credential_assignment(file: TextFile) -> Iterator[Problem]:
    """A configuration file sets a password, a secret or a key to what looks like a real one.

    Looked at are `.env`, `.ini`, `.cfg`, `.conf`, `.toml`, `.yaml`, `.properties` and `.json` files
    outside tests and documents. Texts, names, paths, references and examples do not count.

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
    yield from problems(file, "SE105")


@rule("SE106", "high-entropy-string", Severity.INFO, pedantic=True)
def high_entropy_string(file: TextFile) -> Iterator[Problem]:
    """A quoted string looks random.

    Digests, UUIDs, lock files, strings named as ids, tests and documents are left out; a file with more
    than ten such strings is data and gets one finding.

    ## Why it matters
    Keys and passwords without a known shape look random. So do many harmless things, hence this
    rule runs only if it is asked for.

    ## How to fix it
    Look at the string. If it is a secret, change it where it is used and remove it from the package;
    if not, write `# pragma: allowlist secret` behind it.

    ## References
    - <https://github.com/Yelp/detect-secrets>
    """
    yield from problems(file, "SE106")
