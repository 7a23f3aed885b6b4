"""The catalogue of tokens: language models, payments, messages, and office services."""

from __future__ import annotations

import re

from pkgaudit.api import Candidate, Found, Level, Token
from pkgaudit.rules.secrets.catalogue.judges import (
    UNPROVEN,
    WRONG,
    is_near,
    is_published,
    longest_of,
    looks_random,
    shaped,
    structured,
)
from pkgaudit.rules.secrets.catalogue.kinds import DECOYS, prefixed
from pkgaudit.rules.secrets.proof import is_discord, is_sendgrid


def _sendgrid(candidate: Candidate) -> Found | None:
    """Judge a SendGrid key: only one in 64 made-up keys has zeros in the unused bits."""
    token = candidate.token
    if not looks_random(token[3:], 64) or is_published(token):
        return None
    if not is_sendgrid(token):
        return None if candidate.binary else Found(Level.NOTE, WRONG)
    return Found(Level.SHAPE, UNPROVEN)


def _discord(candidate: Candidate) -> Found | None:
    """Judge a Discord bot token, which begins with the bot's user ID."""
    token = candidate.token
    secret = token.rpartition(".")[2]
    if not is_discord(token) or not looks_random(secret, 64) or is_published(token):
        return None
    return Found(Level.SHAPE, "it begins with a user ID, but the rest cannot be verified offline")


def _telegram(candidate: Candidate) -> Found | None:
    """Judge a Telegram bot token. An AWS resource name has the same format: an account and an ID."""
    if candidate.buffer[max(0, candidate.start - 1) : candidate.start].isdigit():
        return None
    around = candidate.buffer[max(0, candidate.start - 60) : candidate.start].lower()
    if b"arn:" in around or b"aws" in around:
        return None
    if not looks_random(candidate.token.partition(":AA")[2], 64) or is_published(candidate.token):
        return None
    named = is_near(candidate, b"telegr") or is_near(candidate, b"bot")
    return Found(Level.SHAPE if named else Level.WEAK, UNPROVEN)


def _notion(candidate: Candidate) -> Found | None:
    """Judge a Notion token: digits, then random characters."""
    if "1234567" in candidate.token or not looks_random(candidate.token[-35:], 62):
        return None
    return Found(Level.SHAPE, UNPROVEN)


def _webhook(candidate: Candidate) -> Found | None:
    """Judge a Slack webhook: the last part of its path is the secret."""
    secret = re.split(r"\\?/", candidate.token)[-1]
    # The secret has 32 hexadecimal digits, or 24 letters and digits.
    return Found(Level.SHAPE, UNPROVEN) if looks_random(secret, 16 if len(secret) == 32 else 62) else None


_HOURS = f"{UNPROVEN}; tokens of this kind expire within hours"
_SLASH = rb"\\?/"
_DISCORD_ID = rb"(?:[MNO][DTjz][AEIMQUYcgk][wxyz0-5]){5,6}(?:[MNO][AQgw]|[MNO][DTjz][AEIMQUYcgk])?"
_SLACK = "https://api.slack.com/apps"
_STRIPE = "https://dashboard.stripe.com/apikeys"

# Formats that issuers publish or show, as of 2026-11 (see `code_hosts`).
SERVICES: tuple[Token, ...] = (
    Token(
        "OpenAI key",
        (b"T3BlbkFJ",),
        rb"sk-(?:proj|svcacct|admin|service)-"
        rb"(?:[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{74}|[A-Za-z0-9_-]{58}T3BlbkFJ[A-Za-z0-9_-]{58}"
        rb"|[A-Za-z0-9_-]{20}T3BlbkFJ[A-Za-z0-9_-]{20})"
        rb"|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
        "https://platform.openai.com/api-keys",
        shaped("sk-", 64),
        lead=85,
        tail=rb"A-Za-z0-9_-",
        samples=(
            "sk-<base62 20>T3Blbk{}<base62 20>".format("FJ"),
            *(f"sk-{each}-<url 74>T3BlbkFJ<url 74>" for each in ("proj", "svcacct", "admin")),
            "sk-proj-<url 58>T3BlbkFJ<url 58>",
            "sk-proj-<base62 20>T3BlbkFJ<base62 20>",
        ),
        decoys=("sk-<run 20>T3BlbkFJ<run 20>", "sk-<words 20>T3BlbkFJ<sequence 20>"),
    ),
    Token(
        "Anthropic key",
        (b"sk-ant-",),
        rb"sk-ant-(?:api|admin|oat|ort)[0-9]{2}-[A-Za-z0-9_-]{93}AA",
        "https://console.anthropic.com/settings/keys",
        shaped("sk-ant-", 64),
        tail=rb"A-Za-z0-9_-",
        samples=tuple(f"sk-ant-{each}-<url 93>AA" for each in ("api03", "admin01", "oat01", "ort01")),
        decoys=tuple(f"sk-ant-api03-{each.format(93)}AA" for each in DECOYS),
    ),
    prefixed("Hugging Face token", "hf_ api_org_", "letters 34", "https://huggingface.co/settings/tokens"),
    prefixed("Groq key", "gsk_", "base62 52", "https://console.groq.com/keys"),
    prefixed("Perplexity key", "pplx-", "base62 48", "https://www.perplexity.ai/settings/api"),
    prefixed("Replicate token", "r8_", "base62 37", "https://replicate.com/account/api-tokens"),
    prefixed("xAI key", "xai-", "base62 80", "https://console.x.ai/"),
    prefixed("OpenRouter key", "sk-or-v1-", "hex 64", "https://openrouter.ai/settings/keys"),
    Token(
        "LangSmith key",
        (b"lsv2_pt_", b"lsv2_sk_"),
        rb"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
        "https://smith.langchain.com/settings",
        shaped("lsv2_", (16, 0), between="_"),
        samples=("lsv2_pt_<hex 32>_<hex 10>", "lsv2_sk_<hex 32>_<hex 10>"),
        decoys=("lsv2_pt_<run 32>_<run 10>", "lsv2_pt_<few 32>_<few 10>"),
    ),
    Token(
        "Pinecone key",
        (b"pcsk_",),
        rb"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}",
        "https://app.pinecone.io/",
        shaped("pcsk_", (62,), between="_"),
        samples=("pcsk_<base62 5>_<base62 63>", "pcsk_<base62 6>_<base62 63>"),
        decoys=("pcsk_<run 5>_<run 63>", "pcsk_<base62 5>_<words 63>"),
    ),
    Token(
        "Stripe key",
        (b"sk_live_", b"rk_live_", b"sk_org_live_"),
        rb"(?:[sr]k|sk_org)_live_[A-Za-z0-9]{24,247}",
        _STRIPE,
        shaped("_live_", 62, length=longest_of(32, 107)),
        samples=(
            "sk_live_<base62 24>",
            "rk_live_<base62 24>",
            "sk_live_51<base62 97>",
            "sk_org_live_<base62 99>",
        ),
        decoys=tuple(f"sk_live_{each.format(24)}" for each in DECOYS),
    ),
    prefixed(
        "Stripe webhook secret", "whsec_", "base62 32", "https://dashboard.stripe.com/webhooks", Level.WEAK
    ),
    prefixed("Square access token", "sq0atp-", "url 22", "https://developer.squareup.com/apps"),
    prefixed("Square OAuth secret", "sq0csp-", "url 43", "https://developer.squareup.com/apps"),
    prefixed(
        "Square access token (newer format)",
        "EAAAE EAAAl EAAAF",
        "url 59",
        "https://developer.squareup.com/apps",
        Level.WEAK,
        near=b"square",
        judge=shaped("EAAA", 64, Level.WEAK, near=b"square"),
    ),
    prefixed("Shopify token", "shpat_ shpca_ shppa_ shpss_", "anyhex 32", "https://admin.shopify.com/"),
    Token(
        "Slack bot token",
        (b"xoxb-",),
        rb"xoxb-[0-9]{9,14}-(?:[0-9]{9,14}-)?[A-Za-z0-9]{24}",
        _SLACK,
        shaped("-", (62,), between="-"),
        tail=rb"A-Za-z0-9_-",
        samples=("xoxb-<digits 12>-<digits 13>-<base62 24>", "xoxb-<digits 11>-<base62 24>"),
        decoys=tuple(f"xoxb-<digits 12>-<digits 12>-{each.format(24)}" for each in DECOYS),
    ),
    Token(
        "Slack token",
        (b"xoxp-", b"xoxa-", b"xoxr-", b"xoxs-"),
        rb"xox[aprs]-(?:2-)?(?:[0-9]{9,14}-){2,3}(?:[0-9a-f]{64}|[0-9a-f]{32})",
        _SLACK,
        shaped("-", (16,), between="-"),
        tail=rb"A-Za-z0-9_-",
        samples=(
            "xoxp-<digits 12>-<digits 12>-<digits 13>-<hex 32>",
            "xoxa-2-<digits 12>-<digits 12>-<digits 13>-<hex 32>",
            "xoxr-2-<digits 12>-<digits 12>-<hex 64>",
            "xoxs-<digits 12>-<digits 12>-<digits 13>-<hex 64>",
        ),
        decoys=(
            "xoxp-<digits 12>-<digits 12>-<digits 12>-<run 32>",
            "xoxp-123456789012-123456789012-123456789012-<hex 32>",
        ),
    ),
    Token(
        "Slack rotating token",
        (b"xoxe.xoxb-", b"xoxe.xoxp-", b"xoxe-1-"),
        rb"xoxe(?:\.xox[bp]-1-[A-Za-z0-9+/=]{163,220}|-1-[A-Za-z0-9]{145,148})",
        _SLACK,
        shaped("-1-", 62),
        tail=rb"A-Za-z0-9_-",
        samples=("xoxe.xoxp-1-<base62 166>", "xoxe.xoxb-1-<base62 163>", "xoxe-1-<base62 147>"),
        decoys=("xoxe-1-<run 147>", "xoxe.xoxp-1-<words 166>"),
    ),
    Token(
        "Slack app token",
        (b"xapp-1-",),
        rb"xapp-1-A[A-Z0-9]{8,12}-[0-9]{10,14}-[0-9a-f]{64}",
        _SLACK,
        shaped("xapp-1-", (16,), between="-"),
        samples=("xapp-1-A<upper 10>-<digits 13>-<hex 64>",),
        decoys=("xapp-1-A<upper 10>-<digits 13>-<run 64>", "xapp-1-A<upper 10>-<digits 13>-<few 64>"),
    ),
    Token(
        "Slack webhook",
        (b"hooks.slack.com",),
        rb"hooks\.slack\.com" + _SLASH + rb"(?P<token>"
        rb"services"
        + _SLASH
        + rb"T[A-Z0-9]{8,12}"
        + _SLASH
        + rb"B[A-Z0-9]{8,12}"
        + _SLASH
        + rb"[A-Za-z0-9]{24}"
        rb"|workflows"
        + _SLASH
        + rb"T[A-Z0-9]{8,12}"
        + _SLASH
        + rb"A[A-Z0-9]{8,12}"
        + _SLASH
        + rb"[0-9]{17,20}"
        + _SLASH
        + rb"[A-Za-z0-9]{24}"
        rb"|triggers"
        + _SLASH
        + rb"[TE][A-Z0-9]{8,12}"
        + _SLASH
        + rb"[0-9]{10,20}"
        + _SLASH
        + rb"[0-9a-f]{32})",
        _SLACK,
        _webhook,
        samples=(
            "https://hooks.slack.com/services/T<upper 10>/B<upper 10>/<base62 24>",
            "https://hooks.slack.com/workflows/T<upper 10>/A<upper 10>/<digits 18>/<base62 24>",
            "https://hooks.slack.com/triggers/T<upper 10>/<digits 13>/<hex 32>",
        ),
        decoys=(
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "https://hooks.slack.com/services/T<upper 10>/B<upper 10>/<sequence 24>",
        ),
    ),
    Token(
        "Discord webhook",
        (b"discord.com", b"discordapp.com"),
        rb"discord(?:app)?\.com"
        + _SLASH
        + rb"api"
        + _SLASH
        + rb"(?:v[0-9]{1,2}"
        + _SLASH
        + rb")?webhooks"
        + _SLASH
        + rb"(?P<token>[0-9]{17,20}"
        + _SLASH
        + rb"[A-Za-z0-9_-]{68})",
        "https://support.discord.com/hc/en-us/articles/228383668-Intro-to-Webhooks",
        shaped("/", 64),
        tail=rb"A-Za-z0-9_-",
        samples=(
            "https://discord.com/api/webhooks/<digits 18>/<url 68>",
            "https://discordapp.com/api/v10/webhooks/<digits 19>/<url 68>",
        ),
        decoys=tuple(f"https://discord.com/api/webhooks/<digits 18>/{each.format(68)}" for each in DECOYS),
    ),
    Token(
        "Discord bot token",
        (b"iscord", b"ISCORD", b"bot.run", b"client.run"),
        rb"(?:iscord|ISCORD|bot\.run|client\.run)[^\x00]{0,120}?(?P<token>"
        + _DISCORD_ID
        + rb"\.[A-Za-z0-9_-]{6}\.(?:[A-Za-z0-9_-]{38}|[A-Za-z0-9_-]{27}))",
        "https://discord.com/developers/applications",
        _discord,
        tail=rb"A-Za-z0-9_-",
        samples=(
            "DISCORD_TOKEN=<discord 18 27>",
            'bot.run("<discord 19 38>")',
            "import discord\nx = '<discord 17 38>'",
        ),
        decoys=("DISCORD_TOKEN=<discord 18 27 run>", "DISCORD_TOKEN=<words 24>.<url 6>.<url 27>"),
    ),
    Token(
        "Telegram bot token",
        (b":AA",),
        rb"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
        "https://core.telegram.org/bots/features#botfather",
        _telegram,
        lead=10,
        tail=rb"A-Za-z0-9_-",
        samples=("bot = <digits 10>:AA<url 33>", "TELEGRAM=<digits 9>:AA<url 33>", "<digits 10>:AA<url 33>"),
        decoys=(
            "arn:aws:sns:eu-west-1:<digits 12>:AA<url 33>",
            *(f"bot <digits 10>:AA{each.format(33)}" for each in DECOYS),
        ),
    ),
    Token(
        "SendGrid key",
        (b"SG.",),
        rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        "https://app.sendgrid.com/settings/api_keys",
        _sendgrid,
        tail=rb"A-Za-z0-9_-",
        samples=("<sendgrid>",),
        decoys=("<sendgrid wrong>", "SG.<run 22>.<run 43>", "SG.<words 22>.<sequence 43>"),
    ),
    prefixed(
        "Mailgun key", "key-", "hex 32", "https://app.mailgun.com/settings/api_security", near=b"mailgun"
    ),
    Token(
        "Mailchimp key",
        tuple(f"-us{digit}".encode() for digit in range(1, 10)),
        rb"[0-9a-f]{32}-us[1-9][0-9]?",
        "https://admin.mailchimp.com/account/api/",
        shaped("", 16, Level.WEAK, near=b"mailchimp"),
        lead=32,
        samples=("mailchimp: <hex 32>-us1", "MAILCHIMP_KEY=<hex 32>-us21"),
        decoys=("<hex 32>-us1", *(f"mailchimp {each.format(32)}-us1" for each in DECOYS)),
    ),
    Token(
        "Brevo key",
        (b"xkeysib-",),
        rb"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
        "https://app.brevo.com/settings/keys/api",
        shaped("xkeysib-", (16, 62), between="-"),
        tail=rb"A-Za-z0-9_-",
        samples=("xkeysib-<hex 64>-<base62 16>",),
        decoys=("xkeysib-<run 64>-<base62 16>", "xkeysib-<few 64>-<base62 16>"),
    ),
    Token(
        "Postman key",
        (b"PMAK-",),
        rb"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
        "https://go.postman.co/settings/me/api-keys",
        shaped("PMAK-", (16, 16), between="-"),
        samples=("PMAK-<hex 24>-<hex 34>",),
        decoys=("PMAK-<run 24>-<run 34>", "PMAK-<few 24>-<few 34>"),
    ),
    prefixed(
        "Linear key", "lin_api_ lin_oauth_", "base62 40", "https://linear.app/settings/account/security"
    ),
    prefixed("Figma token", "figd_", "url 40", "https://www.figma.com/settings"),
    Token(
        "Notion token",
        (b"ntn_",),
        rb"ntn_[0-9]{11}[A-Za-z0-9]{35}",
        "https://www.notion.so/profile/integrations",
        _notion,
        samples=("ntn_<digits 11><base62 35>",),
        decoys=("ntn_<digits 11><run 35>", "ntn_12345678901<base62 35>"),
    ),
    Token(
        "Airtable token",
        (b"irtable", b"IRTABLE"),
        rb"(?:irtable|IRTABLE)[^\x00]{0,200}?(?P<token>pat[A-Za-z0-9]{14}\.[0-9a-f]{64})",
        "https://airtable.com/create/tokens",
        shaped("pat", (62, 16), between="."),
        samples=("AIRTABLE_KEY=pat<base62 14>.<hex 64>", 'airtable.Api("pat<base62 14>.<hex 64>")'),
        decoys=("airtable pat<base62 14>.<run 64>", "airtable pat<words 14>.<few 64>"),
    ),
    Token(
        "Atlassian token",
        (b"ATATT3xFfG", b"ATCTT3xFfG"),
        rb"AT[AC]TT3xFfG[A-Za-z0-9_-]{100,300}=[0-9A-F]{8}",
        "https://id.atlassian.com/manage-profile/security/api-tokens",
        shaped("TT3xFfG", 62),
        samples=("ATATT3xFfGF0<url 171>=<HEX 8>", "ATCTT3xFfGN0<url 171>=<HEX 8>"),
        decoys=("ATATT3xFfGF0<run 171>=<HEX 8>", "ATATT3xFfGF0<words 171>=<HEX 8>"),
    ),
    Token(
        "Dropbox access token",
        (b"sl.u.", b"sl.A", b"sl.B", b"sl.C"),
        rb"sl\.(?:u\.)?[ABC][A-Za-z0-9_-]{129,1500}",
        "https://www.dropbox.com/account/connected_apps",
        structured("sl.", Level.WEAK, _HOURS),
        tail=rb"A-Za-z0-9_-",
        samples=("sl.B<url 134>", "sl.u.A<url 900>"),
        decoys=("sl.B<run 134>", "sl.B<few 134>"),
    ),
    Token(
        "HubSpot token",
        (b"pat-na1-", b"pat-na2-", b"pat-eu1-", b"pat-ap1-"),
        rb"pat-(?:na[12]|eu1|ap1)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "https://app.hubspot.com/l/private-apps",
        shaped("1-", 16),
        samples=("pat-na1-<uuid>", "pat-eu1-<uuid>"),
        decoys=(
            "pat-na1-00000000-0000-0000-0000-000000000000",
            "pat-na1-12345678-1234-1234-1234-123456789012",
        ),
    ),
    prefixed("Contentful token", "CFPAT-", "url 43", "https://app.contentful.com/account/profile/cma_tokens"),
    prefixed("Typeform token", "tfp_", "url 59", "https://admin.typeform.com/user/tokens"),
    prefixed("EasyPost key", "EZAK", "base62 54", "https://www.easypost.com/account/api-keys"),
)
