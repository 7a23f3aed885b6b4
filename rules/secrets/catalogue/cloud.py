"""The catalogue of tokens: clouds, hosting, databases and operations."""

from __future__ import annotations

import re

from pkgaudit.api import Candidate, Found, Level, Token
from pkgaudit.rules.secrets.catalogue.judges import (
    UNPROVEN,
    checked,
    is_published,
    looks_random,
    proved,
    repeats_itself,
    shaped,
    structured,
)
from pkgaudit.rules.secrets.catalogue.kinds import DECOYS, prefixed
from pkgaudit.rules.secrets.checksums import (
    azure_service,
    has_bech32_checksum,
    has_cloudflare_checksum,
    has_entra_checksum,
    has_grafana_checksum,
)
from pkgaudit.rules.secrets.proof import (
    Proof,
    aws_account,
    entropy,
    is_azure_key,
    prove_bedrock,
    prove_json,
    prove_sentry,
)

_AWS_REACH = 400
"""Bytes around an ID that may contain its secret: settings and code have both on nearby lines. Chosen."""

_AWS_SECRET = re.compile(rb"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40,46}(?![A-Za-z0-9/+=])")
_JOINED = re.compile(rb"[_-]")
"""A character beside a match that shows that the match is a part of URL-safe base64."""
_AWS = "https://console.aws.amazon.com/iam/"


def _is_aws_secret(text: str) -> bool:
    """Return whether 40 characters may be a secret key: not a digest, a path or a name in camel case."""
    # 4.1 is chosen: few random texts of 40 base64 characters have less entropy; most names and paths do.
    if entropy(text) < 4.1 or not looks_random(text, 64):
        return False
    return text.count("/") < 4 or any(c.isdigit() for c in text)


def _aws(candidate: Candidate) -> Found | None:
    """Judge an AWS access key: the ID is not secret, but opens an account with a secret key near it."""
    key_id = candidate.token
    body = key_id[4:]
    if len(set(body)) < 7:  # a genome, for example
        return None
    account = aws_account(key_id)
    if account is None or not looks_random(body, 32) or is_published(key_id):
        return None
    low = max(0, candidate.start - _AWS_REACH)
    near = _AWS_SECRET.finditer(candidate.buffer, low, candidate.end + _AWS_REACH)
    # In a list of several pairs, the secret of this ID is the nearest one.
    for match in sorted(
        near, key=lambda each: max(candidate.start - each.end(), each.start() - candidate.end)
    ):
        secret = match[0][:40].decode("ascii")
        around = (
            candidate.buffer[max(0, match.start() - 1) : match.start()]
            + candidate.buffer[match.end() : match.end() + 1]
        )
        joined = not candidate.binary and _JOINED.search(around)
        # A secret access key has 40 characters; a longer run in a text is not a key.
        if (candidate.binary or len(match[0]) == 40) and not joined and _is_aws_secret(secret):
            # IDs from before 2019 do not contain the account.
            whose = "" if body[0] in "IJ" else f" of the account {account}"
            if key_id.startswith("ASIA"):
                says = f"it is a temporary key{whose}, and its secret key is near it"
                return Found(Level.WEAK, says, with_=secret, with_at=match.start())
            return Found(
                Level.SHAPE,
                f"it is a key{whose}, and its secret key is near it",
                with_=secret,
                with_at=match.start(),
            )
    if candidate.binary or key_id.startswith("ASIA"):
        return None
    return Found(Level.NOTE, "it opens nothing without its secret key, which is not near it")


def _lone_aws_secret(candidate: Candidate) -> Found | None:
    return Found(Level.WEAK, UNPROVEN) if _is_aws_secret(candidate.token) else None


def _azure(candidate: Candidate) -> Found | None:
    """Judge an Azure access key; newer keys have a signature and a checksum."""
    key = candidate.token
    service = azure_service(key)
    if service is not None and not repeats_itself(key.rstrip("="), 64):
        return Found(Level.PROVEN, f"it is a key of {service}, and its checksum is correct")
    return None


def _azure_storage(candidate: Candidate) -> Found | None:
    """Judge an account key, recognized by the name before it."""
    key = candidate.token
    if is_published(key) or not is_azure_key(key):
        return None
    if (found := _azure(candidate)) is not None:
        return found
    return Found(Level.SHAPE, UNPROVEN) if looks_random(key.rstrip("="), 64) else None


def _identifiable(candidate: Candidate) -> Found | None:
    """Judge a key in Microsoft's common format, in which four letters name the service."""
    whose = {"AZDO": " of Azure DevOps", "ACOG": " of Azure AI services"}.get(candidate.token[76:80], "")
    if not looks_random(candidate.token[:52], 62):
        return None
    return Found(Level.SHAPE, f"it is marked as a key{whose}, but cannot be verified offline")


def _heroku(candidate: Candidate) -> Found | None:
    """Judge a Heroku key; older keys are a UUID."""
    # Five characters of the prefix and a UUID.
    return shaped("HRKU-", 16 if len(candidate.token) == 41 else 64)(candidate)


def _vault(candidate: Candidate) -> Found | None:
    """Judge a Vault token; long tokens are a message with a signature."""
    # Four characters of the prefix and 24 random characters.
    return (shaped(".", 62) if len(candidate.token) == 28 else structured("."))(candidate)


def _grafana_cloud(token: str) -> Proof | None:
    return prove_json(token, frozenset({"o", "n", "k"}), "an organization token")


def _onepassword(token: str) -> Proof | None:
    return prove_json(token, frozenset({"signInAddress", "email"}), "a service account token")


# Formats that issuers publish or show, as of 2026-11 (see `code_hosts`).
CLOUD: tuple[Token, ...] = (
    Token(
        "AWS access key",
        (b"AKIA", b"ASIA", b"ABIA", b"ACCA"),
        rb"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}",
        _AWS,
        _aws,
        grave=True,
        samples=(
            '"<awsid AKIA>", "<base64 40>"',
            "ID=<awsid AKIA>\nSECRET=<base64 40>",
            "<awsid ABIA>:<base64 40>",
            'id = "<awsid AKIA old>" s="<base64 40>"',
        ),
        decoys=(
            "<awsid AKIA>",
            '"AKIA<run 16>", "<base64 40>"',
            '"AKIA<few 16>", "<base64 40>"',
            '"<awsid AKIA>", "<hex 40>"',
            '"<awsid AKIA>", "<words 40>"',
            '"<awsid AKIA>", "<run 40>"',
        ),
    ),
    Token(
        "AWS secret key",
        (
            *(b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY", b"aws_secret_key", b"AWS_SECRET_KEY"),
            *(b"ecretAccessKey", b"awsSecretKey"),
        ),
        rb"(?:aws_secret_(?:access_)?key|AWS_SECRET_(?:ACCESS_)?KEY|ecretAccessKey|awsSecretKey)"
        rb"(?:\\{0,3}[\"'])?[ \t]{0,8}(?:=>|[=:,])[ \t]{0,8}(?:\\{0,3}[\"'])?(?P<token>[A-Za-z0-9/+]{40})",
        _AWS,
        _lone_aws_secret,
        tail=rb"A-Za-z0-9_/+=",
        samples=('aws_secret_access_key = "<base64 40>"', "AWS_SECRET_ACCESS_KEY=<base64 40>"),
        decoys=('aws_secret_access_key = "<words 40>"', "AWS_SECRET_ACCESS_KEY=<hex 40>"),
    ),
    Token(
        "Amazon Bedrock key",
        (b"ABSKQmVkcm9ja0FQSUtleS",),
        rb"ABSKQmVkcm9ja0FQSUtleS[A-Za-z0-9+/]{60,240}={0,2}",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-revoke.html",
        proved(prove_bedrock, shaped("ABSKQmVkcm9ja0FQSUtleS", 64)),
        tail=rb"A-Za-z0-9_+/=",
        samples=("<bedrock>",),
        decoys=("ABSKQmVkcm9ja0FQSUtleS<run 90>",),
    ),
    prefixed(
        "Google API key",
        "AIza",
        "url 35",
        "https://console.cloud.google.com/apis/credentials",
        Level.NOTE,
        "a web page or an app may publish its key if the key is restricted to it",
    ),
    prefixed(
        "Google OAuth client secret",
        "GOCSPX-",
        "url 28",
        "https://console.cloud.google.com/auth/clients",
        Level.WEAK,
        f"{UNPROVEN}; the client secret of an installed application is public",
    ),
    Token(
        "Azure account key",
        (b"AccountKey", b"accountKey", b"ACCOUNT_KEY", b"account_key"),
        rb"(?:[Aa]ccountKey|ACCOUNT_KEY|account_key)[\"']?[ \t]{0,4}[=:][ \t]{0,4}[\"']?"
        rb"(?P<token>[A-Za-z0-9+/]{86}==)",
        "https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage",
        _azure_storage,
        samples=("AccountName=a;AccountKey=<azure 64>;EndpointSuffix=b", "AccountKey=<azure 64 +ASt>"),
        decoys=("AccountKey=<azurite>", "AccountKey=<run 86>==", "AccountKey=<sequence 86>=="),
    ),
    Token(
        "Azure service key",
        (b"+ASt", b"+ASb", b"+AEh", b"+ARm", b"+ABa", b"+ACR", b"ACDb", b"AzCa", b"AIoT"),
        rb"[A-Za-z0-9+/]{76}(?:\+ASt|\+ABa|ACDb|AIoT)[A-Za-z0-9+/]{5}[AQgw]=="
        rb"|[A-Za-z0-9+/]{33}(?:\+ASb|\+AEh|\+ARm|AIoT|AzCa)[A-Za-z0-9+/]{5}[AEIMQUYcgkosw048]="
        rb"|[A-Za-z0-9+/]{42}\+ACR[A-Za-z0-9+/]{6}",
        "https://learn.microsoft.com/azure/key-vault/secrets/overview-storage-keys",
        _azure,
        lead=76,
        tail=rb"A-Za-z0-9_+/=",
        samples=(
            *(f"<azure 64 {each}>" for each in ("+ASt", "+ABa", "ACDb", "AIoT")),
            *(f"<azure 32 {each}>" for each in ("+ASb", "+AEh", "+ARm", "AIoT", "AzCa")),
            "<azure 39 +ACR>",
        ),
        decoys=("<base64 76>+ASt<base64 5>A==", "<base64 33>+ASb<base64 5>A="),
    ),
    Token(
        "Microsoft Entra client secret",
        (b"7Q~", b"8Q~"),
        rb"[A-Za-z0-9_.~-]{3}(?:8Q~[A-Za-z0-9_.~-]{34}|7Q~[A-Za-z0-9_.~-]{31})",
        "https://entra.microsoft.com/",
        checked("Q~", 64, has_entra_checksum, otherwise=Level.SHAPE),
        lead=3,
        tail=rb"A-Za-z0-9_.~-",
        samples=("<entra>", "<entra unchecked>", "<url 3>7Q~<url 31>"),
        decoys=tuple(f"abc8Q~{each.format(34)}" for each in DECOYS),
    ),
    Token(
        "Azure key",
        (b"JQQJ99", b"JQQJ9D"),
        rb"[A-Za-z0-9]{52}JQQJ9[9D][A-Za-z0-9]{18}[A-Za-z0-9]{4}[A-Za-z0-9]{4}",
        "https://learn.microsoft.com/azure/devops/organizations/accounts/revoke-personal-access-tokens-for-users",
        _identifiable,
        lead=52,
        samples=("<base62 52>JQQJ99<base62 18>AZDO<base62 4>", "<base62 52>JQQJ99<base62 18>ACOG<base62 4>"),
        decoys=("<run 52>JQQJ99<base62 26>", "<few 52>JQQJ99<base62 26>"),
    ),
    prefixed(
        "DigitalOcean token",
        "dop_v1_ doo_v1_ dor_v1_",
        "hex 64",
        "https://cloud.digitalocean.com/account/api/tokens",
    ),
    Token(
        "Cloudflare token",
        (b"cfk_", b"cfut_", b"cfat_", b"cfast_"),
        rb"cf(?:k|ut|at|ast)_[A-Za-z0-9]{40}[0-9a-f]{8}",
        "https://dash.cloudflare.com/profile/api-tokens",
        checked("_", 62, has_cloudflare_checksum, otherwise=Level.SHAPE),
        samples=(
            *(f"<cloudflare {each}>" for each in ("cfk", "cfut", "cfat", "cfast")),
            "cfut_<base62 40><hex 8>",
        ),
        decoys=("cfut_<run 40><run 8>", "cfut_<sequence 40><hex 8>", "cfut_<words 40><hex 8>"),
    ),
    Token(
        "Heroku key",
        (b"HRKU-",),
        rb"HRKU-(?:AA[A-Za-z0-9_-]{58}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
        "https://dashboard.heroku.com/account/applications",
        _heroku,
        tail=rb"A-Za-z0-9_-",
        samples=("HRKU-AA<url 58>", "HRKU-<uuid>"),
        decoys=("HRKU-AA<run 58>", "HRKU-AA<sequence 58>", "HRKU-AA<words 58>"),
    ),
    Token(
        "Fly.io token",
        (b"fm2_", b"fm1r_", b"fm1a_", b"fo1_"),
        rb"fo1_[A-Za-z0-9_-]{43}|fm(?:2|1r|1a)_[A-Za-z0-9+/]{100,2000}={0,3}",
        "https://fly.io/docs/security/tokens/",
        structured("_"),
        tail=rb"A-Za-z0-9_-",
        samples=("fo1_<url 43>", "FlyV1 fm2_lJPECAAAAAAAACb<base64 300>==", "fm1r_<base64 200>"),
        decoys=("fo1_<run 43>", "fm2_<run 200>", "fm2_<words 120>", "fm2_<few 120>"),
    ),
    prefixed(
        "Netlify token", "nfp_ nfc_ nfo_ nfu_ nfb_", "base62 36", "https://app.netlify.com/user/applications"
    ),
    Token(
        "PlanetScale token",
        (b"pscale_tkn_", b"pscale_oauth_", b"pscale_pw_"),
        rb"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_-]{32,64}",
        "https://planetscale.com/docs/api/reference/service-tokens",
        shaped("_", 64),
        tail=rb"A-Za-z0-9_-",
        samples=(
            "pscale_tkn_<url 43>",
            "pscale_oauth_<url 43>",
            "pscale_pw_<url 43>",
            "pscale_tkn_<base62 32>",
        ),
        decoys=tuple(f"pscale_tkn_{each.format(43)}" for each in DECOYS),
    ),
    prefixed(
        "Supabase access token", "sbp_ sbp_oauth_", "hex 40", "https://supabase.com/dashboard/account/tokens"
    ),
    Token(
        "Supabase secret key",
        (b"sb_secret_",),
        rb"sb_secret_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{8}",
        "https://supabase.com/docs/guides/api/api-keys",
        shaped("sb_secret_", 64),
        tail=rb"A-Za-z0-9_-",
        samples=("sb_secret_<url 22>_<url 8>",),
        decoys=("sb_secret_<run 22>_<url 8>", "sb_secret_<words 22>_<run 8>"),
    ),
    Token(
        "Databricks token",
        (b"dapi",),
        rb"dapi[0-9a-f]{32}(?:-[0-9])?",
        "https://docs.databricks.com/dev-tools/auth/pat.html",
        shaped("dapi", 16),
        samples=("dapi<hex 32>", "dapi<hex 32>-2"),
        decoys=tuple(f"dapi{each.format(32)}" for each in DECOYS),
    ),
    prefixed("Pulumi token", "pul-", "hex 40", "https://app.pulumi.com/account/tokens"),
    Token(
        "Terraform token",
        (b".atlasv1.",),
        rb"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}",
        "https://app.terraform.io/app/settings/tokens",
        shaped(".atlasv1.", 64),
        lead=14,
        tail=rb"A-Za-z0-9_-",
        samples=("<base62 14>.atlasv1.<base62 67>",),
        decoys=tuple(f"<base62 14>.atlasv1.{each.format(67)}" for each in DECOYS),
    ),
    Token(
        "Vault token",
        (b"hvs.", b"hvb."),
        rb"hvs\.(?:[A-Za-z0-9_-]{90,120}|[A-Za-z0-9]{24})|hvb\.[A-Za-z0-9_-]{130,400}",
        "https://developer.hashicorp.com/vault/docs/commands/token/revoke",
        _vault,
        tail=rb"A-Za-z0-9_-",
        samples=("hvs.<base62 24>", "hvs.<url 95>", "hvb.<url 160>"),
        decoys=("hvs.<run 24>", "hvs.<sequence 24>", "hvs.<words 24>", "hvb.<run 160>"),
    ),
    Token(
        "Doppler token",
        (b"dp.pt.", b"dp.ct.", b"dp.sa.", b"dp.st.", b"dp.scim.", b"dp.audit."),
        rb"dp\.(?:(?:pt|ct|sa|scim|audit)|st(?:\.[a-z0-9_-]{2,35})?)\.[A-Za-z0-9]{40,44}",
        "https://docs.doppler.com/docs/service-tokens",
        shaped(".", 62),
        samples=(
            *(f"dp.{each}.<base62 43>" for each in ("pt", "ct", "sa", "st", "scim", "audit")),
            "dp.st.prd_eu.<base62 43>",
        ),
        decoys=tuple(f"dp.pt.{each.format(43)}" for each in DECOYS),
    ),
    Token(
        "age secret key",
        (b"AGE-SECRET-KEY-1",),
        rb"AGE-SECRET-KEY-1[AC-HJ-NP-Z02-9]{58}",
        "https://age-encryption.org/",
        checked("KEY-1", 32, has_bech32_checksum),
        samples=("<age>",),
        decoys=("<age wrong>", "AGE-SECRET-KEY-1<run 58>"),
    ),
    Token(
        "Grafana service account token",
        (b"glsa_",),
        rb"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",
        "https://grafana.com/docs/grafana/latest/administration/service-accounts/",
        checked("glsa_", 62, has_grafana_checksum),
        samples=("<grafana>",),
        decoys=("glsa_<base62 32>_<hex 8>", "glsa_<run 32>_<hex 8>", "glsa_<words 32>_<hex 8>"),
    ),
    Token(
        "Grafana Cloud token",
        (b"glc_eyJ",),
        rb"glc_eyJ[A-Za-z0-9+/]{60,400}={0,2}",
        "https://grafana.com/docs/grafana-cloud/security-and-account-management/authentication-and-permissions/",
        proved(_grafana_cloud),
        tail=rb"A-Za-z0-9_+/=",
        samples=("<grafana-cloud>",),
        decoys=("glc_eyJ<run 90>", "glc_eyJ<words 90>", "glc_eyJ<base64 90>"),
    ),
    Token(
        "Sentry organization token",
        (b"sntrys_eyJ",),
        rb"sntrys_eyJ[A-Za-z0-9+/]{20,1000}={0,2}_[A-Za-z0-9+/]{43}",
        "https://sentry.io/settings/auth-tokens/",
        proved(prove_sentry),
        tail=rb"A-Za-z0-9_+/",
        samples=("<sentry>",),
        decoys=("sntrys_eyJ<run 60>_<base64 43>", "sntrys_eyJ<base64 60>_<base64 43>"),
    ),
    prefixed(
        "Sentry user token",
        "sntryu_ sntrya_ sntryi_",
        "hex 64",
        "https://sentry.io/settings/account/api/auth-tokens/",
    ),
    Token(
        "New Relic key",
        (b"NRAK-", b"NRII-", b"NRIQ-"),
        rb"NRAK-[A-Z0-9]{27}|NRII-[A-Za-z0-9_-]{32}|NRIQ-[A-Za-z0-9_-]{32}",
        "https://one.newrelic.com/launcher/api-keys-ui.api-keys-launcher",
        shaped("-", 36),
        tail=rb"A-Za-z0-9_-",
        samples=("NRAK-<upper 27>", "NRII-<url 32>", "NRIQ-<url 32>"),
        decoys=tuple(f"NRAK-{each.format(27)}" for each in DECOYS),
    ),
    Token(
        "Dynatrace token",
        (b"dt0c01.",),
        rb"dt0c01\.[A-Z2-7]{24}\.[A-Z2-7]{64}",
        "https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients/access-tokens",
        shaped("dt0c01.", (32, 32), between="."),
        samples=("dt0c01.<base32 24>.<base32 64>",),
        decoys=("dt0c01.<run 24>.<run 64>", "dt0c01.<base32 24>.<few 64>"),
    ),
    Token(
        "Tailscale key",
        (b"tskey-",),
        rb"tskey-(?:api|auth|client|scim|webhook)-[A-Za-z0-9]{8,20}(?:CNTRL)?-[A-Za-z0-9]{20,40}",
        "https://login.tailscale.com/admin/settings/keys",
        shaped("-", (62,), between="-"),
        tail=rb"A-Za-z0-9_-",
        samples=("tskey-auth-<base62 12>CNTRL-<base62 32>", "tskey-api-<base62 11>CNTRL-<base62 32>"),
        decoys=("tskey-auth-<run 12>CNTRL-<run 32>", "tskey-auth-<words 12>-<words 32>"),
    ),
    Token(
        "1Password service account token",
        (b"ops_eyJ",),
        rb"ops_eyJ[A-Za-z0-9+/_-]{100,2000}={0,2}",
        "https://developer.1password.com/docs/service-accounts/manage-service-accounts/",
        proved(_onepassword),
        tail=rb"A-Za-z0-9_+/=-",
        samples=("<1password>",),
        decoys=("ops_eyJ<run 300>", "ops_eyJ<base64 300>"),
    ),
)
