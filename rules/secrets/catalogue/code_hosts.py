"""The catalogue of tokens: the table of all kinds, with those of code hosts and package indexes.

An entry contains everything that is needed to find, judge and explain a kind of token. Its samples and decoys
are templates (`fixtures.tokens.expand`), so this file contains no tokens; a test tries all of them. Formats
and lengths are those that issuers publish or show, as of 2026-11. A published checksum proves a token;
otherwise its format decides.
"""

from __future__ import annotations

import re

from pkgaudit.api import Candidate, Found, Level, Token
from pkgaudit.rules.secrets.catalogue.cloud import CLOUD
from pkgaudit.rules.secrets.catalogue.judges import (
    CHECKED,
    UNPROVEN,
    checked,
    found_by,
    looks_random,
    proved,
    shaped,
)
from pkgaudit.rules.secrets.catalogue.kinds import DECOYS, prefixed
from pkgaudit.rules.secrets.catalogue.services import SERVICES
from pkgaudit.rules.secrets.checksums import has_gitlab_checksum, has_vercel_checksum, has_zuplo_checksum
from pkgaudit.rules.secrets.proof import Proof, has_checksum, prove_jfrog, prove_jwt, prove_pypi


def _pypi(token: str) -> Proof | None:
    return prove_pypi(token, whole=False)


def _index(name: str, host: str, literal: bytes, revoke: str) -> Token:
    """Return the entry of a token of PyPI or TestPyPI."""
    where = "" if host == "pypi.org" else f" location={host}"
    return Token(
        name,
        (literal,),
        literal + rb"[A-Za-z0-9_-]{60,4000}",
        revoke,
        proved(_pypi),
        grave=True,
        tail=rb"A-Za-z0-9_-",
        samples=tuple(
            f"<pypi{where}{each}>"
            for each in ("", " project=sample", " user=1", " expires=2999-01-01", " ids=2")
        ),
        decoys=(
            f"<pypi{where} cut=3>",
            f"<pypi{where} cut=30>",
            f"<pypi{where} expires=2020-01-01>",
            literal.decode() + "<run 130>",
            literal.decode() + "<url 130>",
        ),
    )


_GITHUB = "https://github.com/settings/tokens"
_GITHUB_APPS = "https://github.com/settings/apps/authorizations"


def _github(name: str, prefix: str, revoke: str, says: str = CHECKED) -> Token:
    """Return the entry of a token with the checksum of GitHub and npm."""
    return Token(
        name,
        (f"{prefix}_".encode(),),
        prefix.encode() + rb"_[A-Za-z0-9]{36}",
        revoke,
        checked("_", 62, has_checksum, says),
        grave=True,
        samples=(f"<checked {prefix}>",),
        decoys=(f"<unchecked {prefix}>", *(f"{prefix}_{each.format(36)}" for each in DECOYS)),
    )


_INSTALLATION = re.compile(r"ghs_([0-9]+)_(.+)", re.DOTALL)


def _installation(candidate: Candidate) -> Found | None:
    """Judge a GitHub installation token in the newer form: the ID of an app and a JSON Web Token."""
    match = _INSTALLATION.fullmatch(candidate.token)
    proof = prove_jwt(match[2], not candidate.binary) if match else None
    if match is None or proof is None:
        return None
    size = match.start(2) + proof.size
    says = f"it decodes to a token of the app {match[1]}"
    return found_by(Proof(says, proof.expires, size), candidate)


_GITLAB_CLASSIC = re.compile(r"gl[a-z]+-|GR1348941")
_GITLAB_ROUTABLE = re.compile(r"\.([0-9a-z]{2})[0-9a-z]{7}$")


def _gitlab(candidate: Candidate) -> Found | None:
    """Judge a GitLab token; newer tokens contain routing data, their size and a checksum."""
    token = candidate.token
    body = _GITLAB_CLASSIC.sub("", token, count=1)
    if not _GITLAB_ROUTABLE.search(token):
        symbols = {"glptt-": 16, "glimt-": 36}.get(token[:6], 64)
        if not looks_random(body, symbols):
            return None
        return Found(Level.SHAPE, UNPROVEN)
    return _routable(candidate)


_routable = checked("-", 64, has_gitlab_checksum)


def _uuid(candidate: Candidate) -> Found | None:
    """Judge a legacy npm token: a UUID, which is only recognized after its key."""
    body = candidate.token.replace("-", "")
    return Found(Level.WEAK, UNPROVEN) if looks_random(body, 16) else None


def _web_token(candidate: Candidate) -> Found | None:
    """Judge a JSON Web Token."""
    proof = prove_jwt(candidate.token, whole=not candidate.binary)
    return found_by(proof, candidate) if proof is not None else None


_URL20 = rb"[A-Za-z0-9_-]{20}"

# Formats that issuers publish or show, as of 2026-11.
CODE: tuple[Token, ...] = (
    _index("PyPI token", "pypi.org", b"pypi-AgEIcHlwaS5vcmc", "https://pypi.org/manage/account/token/"),
    _index(
        "TestPyPI token",
        "test.pypi.org",
        b"pypi-AgENdGVzdC5weXBpLm9yZw",
        "https://test.pypi.org/manage/account/token/",
    ),
    _github("GitHub personal access token", "ghp", _GITHUB),
    _github("GitHub OAuth token", "gho", "https://github.com/settings/applications"),
    _github("GitHub app user token", "ghu", _GITHUB_APPS),
    _github("GitHub refresh token", "ghr", _GITHUB_APPS),
    Token(
        "GitHub installation token with a JSON Web Token",
        (b"ghs_",),
        rb"ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_-]{10,600}\.[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{20,1400}",
        "https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token",
        _installation,
        grave=True,
        tail=rb"A-Za-z0-9_-",
        samples=("ghs_<digits 7>_<jwt>", "ghs_<digits 7>_<jwt alg=ES256>"),
        decoys=("ghs_<digits 7>_<jwt expired>", "ghs_<digits 7>_<jwt cut>"),
    ),
    _github(
        "GitHub installation token",
        "ghs",
        "https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token",
        f"{CHECKED}; tokens of this kind expire within an hour",
    ),
    Token(
        "GitHub fine-grained personal access token",
        (b"github_pat_",),
        rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        "https://github.com/settings/personal-access-tokens",
        shaped("github_pat_", (62, 62), between="_"),
        grave=True,
        samples=("github_pat_<base62 22>_<base62 59>",),
        decoys=tuple(f"github_pat_<base62 22>_{each.format(59)}" for each in DECOYS),
    ),
    _github("npm token", "npm", "https://www.npmjs.com/settings/~/tokens"),
    Token(
        "npm legacy token",
        (b"_authToken",),
        rb"_authToken[ \t]{0,4}[=:][ \t]{0,4}[\"']?"
        rb"(?P<token>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
        "https://www.npmjs.com/settings/~/tokens",
        _uuid,
        samples=("//registry.npmjs.org/:_authToken=<uuid>",),
        decoys=("//registry.npmjs.org/:_authToken=00000000-0000-0000-0000-000000000000",),
    ),
    Token(
        "GitLab token",
        (
            *(b"glpat-", b"gldt-", b"glft-", b"glsoat-", b"glrt-", b"glrtr-", b"glcbt-", b"glimt-"),
            *(b"glptt-", b"glagent-", b"gloas-", b"glffct-", b"glwt-", b"GR1348941"),
        ),
        rb"gl(?:pat|rt|dt|cbt|soat|ft|wt|rtr)-(?:t[0-9]_)?[A-Za-z0-9_-]{27,300}\.[0-9a-z]{2}\.[0-9a-z]{9}"
        rb"|glptt-[0-9a-f]{40}|glcbt-[0-9A-Za-z]{1,5}_" + _URL20 + rb"|glagent-[A-Za-z0-9_-]{50}"
        rb"|gloas-[A-Za-z0-9_-]{64}|glimt-[0-9a-z]{25}|glrt-t[0-9]_"
        + _URL20
        + rb"|(?:gl(?:pat|dt|ft|soat|rtr?|ffct|wt)-|GR1348941)"
        + _URL20,
        "https://gitlab.com/-/user_settings/personal_access_tokens",
        _gitlab,
        tail=rb"A-Za-z0-9_-",
        samples=(
            "<gitlab glpat->",
            "<gitlab glrt-t1_>",
            *(f"{each}<url 20>" for each in ("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "glrt-t3_")),
            *(f"{each}<url 20>" for each in ("glffct-", "glcbt-64_", "GR1348941")),
            "glptt-<hex 40>",
            "glagent-<url 50>",
            "gloas-<url 64>",
            "glimt-<lower 25>",
        ),
        decoys=("<gitlab glpat- wrong>", *(f"glpat-{each.format(20)}" for each in DECOYS)),
    ),
    prefixed("RubyGems key", "rubygems_", "hex 48", "https://rubygems.org/settings/edit"),
    Token(
        "crates.io token",
        (b"crates.io", b"crates-io", b"CARGO_REGISTR"),
        rb"(?:crates[.-]io|CARGO_REGISTR)[^\x00]{0,120}?[^A-Za-z0-9_](?P<token>cio[A-Za-z0-9]{32})",
        "https://crates.io/settings/tokens",
        shaped("cio", 62),
        samples=('[registries.crates-io]\ntoken = "cio<base62 32>"', "CARGO_REGISTRY_TOKEN=cio<base62 32>"),
        decoys=tuple(f"crates.io: cio{each.format(32)}" for each in DECOYS),
    ),
    prefixed("NuGet key", "oy2", "lower 43", "https://www.nuget.org/account/apikeys", near=b"nuget"),
    prefixed("Clojars deploy token", "CLOJARS_", "hex 60", "https://clojars.org/tokens"),
    Token(
        "JFrog reference token",
        (b"cmVmdGtuOjAx",),
        rb"cmVmdGtuOjAx[A-Za-z0-9]{52}",
        "https://jfrog.com/help/r/jfrog-platform-administration-documentation/revoke-tokens",
        proved(prove_jfrog, shaped("cmVmdGtuOjAx", 62)),
        samples=("<jfrog>", "<jfrog expires=2999-01-01>"),
        decoys=("<jfrog expires=2020-01-01>", *(f"cmVmdGtuOjAx{each.format(52)}" for each in DECOYS)),
    ),
    prefixed(
        "JFrog Artifactory key",
        "AKCp",
        "base62 69",
        "https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-key",
    ),
    prefixed("Docker Hub personal access token", "dckr_pat_", "url 27", "https://app.docker.com/settings"),
    prefixed(
        "Docker Hub organization access token",
        "dckr_oat_",
        "url 32",
        "https://docs.docker.com/enterprise/security/access-tokens/",
    ),
    prefixed("Buildkite token", "bkua_", "hex 40", "https://buildkite.com/user/api-access-tokens"),
    Token(
        "CircleCI token",
        (b"CCIPAT_", b"CCIPRJ_"),
        rb"CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}",
        "https://app.circleci.com/settings/user/tokens",
        shaped("_", (62, 16), between="_"),
        samples=("CCIPAT_<base62 22>_<hex 40>", "CCIPRJ_<base62 22>_<hex 40>"),
        decoys=("CCIPAT_<run 22>_<run 40>", "CCIPAT_<sequence 22>_<few 40>"),
    ),
    Token(
        "Vercel token",
        (b"vcp_", b"vci_", b"vca_", b"vcr_", b"vck_"),
        rb"vc[piark]_[A-Za-z0-9_-]{50}[A-Za-z0-9]{6}",
        "https://vercel.com/account/settings/tokens",
        checked("_", 64, has_vercel_checksum),
        tail=rb"A-Za-z0-9_-",
        samples=tuple(f"<vercel {each}>" for each in ("vcp", "vci", "vca", "vcr", "vck")),
        decoys=("vcp_<base62 56>", *(f"vcp_{each.format(56)}" for each in DECOYS)),
    ),
    Token(
        "Zuplo key",
        (b"zpka_",),
        rb"zpka_[0-9a-f]{32}_[0-9a-f]{8}",
        "https://zuplo.com/docs/articles/api-key-management",
        checked("_", 16, has_zuplo_checksum),
        samples=("<zuplo>",),
        decoys=("zpka_<hex 32>_<hex 8>", "zpka_<run 32>_<run 8>"),
    ),
    prefixed("Prefect key", "pnu_", "base62 36", "https://app.prefect.cloud/my/api-keys"),
    Token(
        "Sourcegraph token",
        (b"sgp_",),
        rb"sgp_(?:[0-9a-f]{16}_|local_)[0-9a-f]{40}",
        "https://sourcegraph.com/user/settings/tokens",
        shaped("sgp_", (16,), between="_"),
        samples=("sgp_<hex 16>_<hex 40>", "sgp_local_<hex 40>"),
        decoys=("sgp_<run 16>_<run 40>", "sgp_local_<few 40>"),
    ),
    Token(
        "JSON Web Token",
        (b"eyJ",),
        rb"eyJ[A-Za-z0-9_-]{10,600}\.[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{20,1400}",
        "https://datatracker.ietf.org/doc/html/rfc7009",
        _web_token,
        grave=True,
        tail=rb"A-Za-z0-9_-",
        samples=(
            "<jwt>",
            "<jwt alg=HS256>",
            "<jwt alg=ES256>",
            "<jwt role=service_role>",
            "<jwt kubernetes>",
        ),
        decoys=(
            *("<jwt expired>", "<jwt none>", "<jwt anon>", "<jwt nobody>", "<jwt endless>", "<jwt cut>"),
            "eyJ<url 40>.eyJ<url 80>.<url 43>",
        ),
    ),
)

TOKENS: tuple[Token, ...] = CODE + CLOUD + SERVICES
"""All kinds of tokens."""
