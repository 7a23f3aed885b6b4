"""PV104: logins in the URLs of package indexes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pkgaudit.api import Location, Problem, Severity, TextFile, rule
from pkgaudit.rules.secrets.aliases import names_of_token
from pkgaudit.rules.secrets.index_urls import IndexUrl, find_index_urls
from pkgaudit.rules.secrets.logins.formats import format_of
from pkgaudit.rules.secrets.place import Place, mask, place_of
from pkgaudit.rules.secrets.pragma import allowed_by

_STEPS = 50
"""Steps to report a login, see `Member.spend`."""

MOST = 1000
"""How many logins are reported per file: a bound on hostile files; a real file has a few."""

_FAR = 100_000
"""Bytes of a line after which columns are not counted: no editor shows such a line, and counting is slow."""


@rule("PV104", "index-url-with-credentials", Severity.ERROR, confidential=True, since="0.1.0")
def index_url_with_credentials(file: TextFile) -> Iterator[Problem]:
    """The URL of a package index contains a login.

    The rule reads options and variables of pip, uv, Poetry, PDM, Pipenv and twine, their tables in
    `pyproject.toml`, `Pipfile` and lock files, requirements with a URL, `Requires-Dist`, and every URL that
    ends like the simple API of an index. It ignores variables (`${TOKEN}`), placeholders and hosts of
    documentation. A password that is a plain word, and a host without a domain, are a warning. Logins in
    tests and documents are reported at info level.

    ## Why it matters
    Everybody with the package can read, and often write, the private index, from which the company installs
    its packages. The URL also appears in logs, in lock files and in the output of `pip freeze`.

    ## How to fix it
    First revoke the token or change the password. Then remove it from the URL: pip, uv and Poetry read it
    from the environment, from `.netrc` or from a keyring, and requirements may contain variables:

        --index-url https://${INDEX_USER}:${INDEX_TOKEN}@pypi.example.com/simple

    ## References
    - <https://pip.pypa.io/en/stable/topics/authentication/>
    - <https://docs.astral.sh/uv/concepts/authentication/>
    - <https://pip.pypa.io/en/stable/reference/requirements-file-format/#using-environment-variables>
    """
    data = file.data
    if b"://" not in data and file.encoding in ("utf-8", "latin-1"):
        return
    if file.encoding != "utf-8":
        data = file.text.encode("utf-8", "surrogatepass")
    if b"://" not in data or format_of(file.path) is not None:
        return  # SF101 covers credential files
    place = place_of(file)
    for url in islice(find_index_urls(data, file.member.name), MOST):
        if not file.member.spend(_STEPS):
            return
        severity = Severity.WARNING if url.weak else Severity.ERROR
        # METADATA counts as a document, but pip uses its Requires-Dist.
        if place is not Place.CODE and not url.declared:
            severity = Severity.INFO
        location = _location(file, data, url)
        yield Problem(
            f"the index URL at {url.what} contains a login ({mask(url.value)})",
            location,
            f"first change the password or revoke the token at {url.what}, then read it from the "
            "environment, from .netrc or from a keyring",
            severity,
            key=url.value_digest,
            digest=url.value_digest,
            baseline_hashes=(names_of_token(url.value),),
            inline_reason=allowed_by(file, location.line or 1),
            data={"host": url.what},
        )


def _location(file: TextFile, data: bytes, url: IndexUrl) -> Location:
    start = max(data.rfind(b"\n", max(0, url.start - _FAR - 1), url.start) + 1, url.start - _FAR - 1)
    if url.start - start > _FAR:
        return Location(file.path, file.window.first_line + url.line - 1)
    column = len(data[start : url.start].decode("utf-8", "replace")) + 1
    return Location(file.path, file.window.first_line + url.line - 1, column)
