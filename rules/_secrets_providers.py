"""Tokens that have a provider's shape but no proof: SE103. detect-secrets has the shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from pkgaudit.api import Severity, TextFile
from pkgaudit.rules._secrets_found import Secret, is_bounded, remedy
from pkgaudit.rules._secrets_place import is_placeholder, mask, milder
from pkgaudit.rules._secrets_plugins import Content, Gate, Plugin, is_filtered
from pkgaudit.rules._secrets_proof import entropy, is_azure_key, is_discord, is_sendgrid


def _always(token: str) -> bool:
    return True


@dataclass(frozen=True)
class Provider:
    """A kind of token: how it is found, what it is called, where it is revoked.

    ``plausible``: tells a token of this shape from what only looks like it. ``strong``: the shape
    is so particular that it is an error. ``more``: what may follow the part that the plugin matches.
    ``filtered``: the filters of detect-secrets apply (a UUID is no secret to them).
    """

    plugin: Plugin
    what: str
    link: str
    plausible: Callable[[str], bool] = _always
    strong: Callable[[str], bool] = _always
    more: re.Pattern[str] = re.compile(r"")
    least_entropy: float = 3.2
    filtered: bool = True


_SLACK = re.compile(
    r"xoxb-[0-9]{9,14}-([0-9]{9,14}-)?[A-Za-z0-9]{24}|xox[ap]-([0-9]{9,14}-){2,3}[0-9a-f]{32}"
    r"|https://hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{24}"
)
_EMULATOR_KEYS = frozenset(
    {
        "0011cc25eb4320717494d2703e8cba85743e71b500283c21c8b88147992f9059",
        "aa6547439583c3a275d4542a0df6c1ad6a863971be9f2a2220f027cc02aef615",
    }
)
"""SHA-256 of the keys that Azurite and the Cosmos DB emulator have everywhere, which are public:
https://learn.microsoft.com/azure/storage/common/storage-use-azurite (as of 2026-11)."""


def _is_real_azure_key(key: str) -> bool:
    return is_azure_key(key) and sha256(key.encode()).hexdigest() not in _EMULATOR_KEYS


_GITLAB = re.compile(rb"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-")
_GITLAB_LINK = "https://gitlab.com/-/user_settings/personal_access_tokens"

PROVIDERS = (
    Provider(
        Plugin("gitlab_token", "GitLabTokenDetector", (Gate(pattern=_GITLAB), Gate((b"GR1348941",)))),
        "GitLab token",
        _GITLAB_LINK,
    ),
    Provider(
        Plugin("slack", "SlackDetector", (Gate((b"xox", b"hooks.slack.com/services/"), folded=True),)),
        "Slack token",
        "https://api.slack.com/apps",
        strong=lambda token: _SLACK.fullmatch(token) is not None,
    ),
    Provider(
        Plugin("stripe", "StripeDetector", (Gate((b"k_live_",)),)),
        "Stripe key",
        "https://dashboard.stripe.com/apikeys",
        more=re.compile(r"[0-9A-Za-z]*"),
    ),
    Provider(
        Plugin("openai", "OpenAIDetector", (Gate((b"T3BlbkFJ",)),), reach=(200, 40)),
        "OpenAI key",
        "https://platform.openai.com/api-keys",
        more=re.compile(r"[0-9A-Za-z_-]*"),
    ),
    Provider(
        Plugin("sendgrid", "SendGridDetector", (Gate((b"SG.",), re.compile(rb"SG\.[\w-]{22}\.")),)),
        "SendGrid key",
        "https://app.sendgrid.com/settings/api_keys",
        plausible=is_sendgrid,
    ),
    Provider(
        Plugin("square_oauth", "SquareOAuthDetector", (Gate((b"sq0csp-",)),)),
        "Square OAuth secret",
        "https://developer.squareup.com/apps",
    ),
    Provider(
        Plugin("azure_storage_key", "AzureStorageKeyDetector", (Gate((b"AccountKey=",)),)),
        "Azure storage key",
        "https://portal.azure.com/",
        plausible=_is_real_azure_key,
        least_entropy=4,
    ),
    Provider(
        Plugin(
            "discord",
            "DiscordBotTokenDetector",
            # The plugin's digits are those of every script, hence up to four bytes each.
            (Gate((b".",), re.compile(rb"\.[\w\x80-\xff-]{6,24}\.[\w\x80-\xff-]{27}")),),
        ),
        "Discord bot token",
        "https://discord.com/developers/applications",
        plausible=is_discord,
    ),
    Provider(
        Plugin("npm", "NpmDetector", (Gate((b"/:_authToken=",)),), reach=(120, 120)),
        "npm token",
        "https://www.npmjs.com/settings/~/tokens",
        strong=lambda token: False,
        least_entropy=3,
        filtered=False,
    ),
)


_NAMED = re.compile(r"[^=\s]{0,200}=\s{0,20}([^\s\"'`;,]+)")
"""What a plugin matches along with the name that the token is given."""

AWS = Plugin(
    "aws",
    "AWSKeyDetector",
    (
        Gate(pattern=re.compile(rb"A(?:KIA|SIA|BIA|CCA|3T[A-Z0-9])[0-9A-Z]{16}")),
        Gate(
            # What the plugin counts in characters are up to four times as many bytes.
            (b"aws",),
            re.compile(rb"aws.{0,80}?(?:key|pwd|pw|pass|token).{0,80}?['\"][0-9a-z/+]{40}['\"]"),
            folded=True,
        ),
    ),
)
_AWS_ID = re.compile(r"A(KIA|SIA|BIA|CCA|3T[A-Z0-9])[A-Z2-7]{16}")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_AWS_REACH = 400
_AWS_LINK = "https://console.aws.amazon.com/iam/"


def find_provider_tokens(view: TextFile, content: Content) -> Iterator[Secret]:
    """Yield the tokens of each provider; a plugin that fails raises when the others are done."""
    failure: Exception | None = None
    finders = [_find(view, each) for each in PROVIDERS if each.plugin.may_find(content)]
    if AWS.may_find(content):
        finders.append(_find_aws(view))
    for finder in finders:
        try:
            yield from finder
        except Exception as error:
            failure = error
    if failure is not None:
        raise failure


def _find(view: TextFile, provider: Provider) -> Iterator[Secret]:
    text = view.text
    for match in provider.plugin.find(text):
        if not is_bounded(text, match.start()):
            continue
        more = provider.more.match(text, match.end())
        start, end = match.start(), more.end() if more else match.end()
        if named := _NAMED.match(text, start, end):
            start, end = named.span(1)
        token = text[start:end]
        if (
            not provider.plausible(token)
            or is_placeholder(token)
            or (provider.filtered and is_filtered(token))
            or entropy(token[-60:]) < provider.least_entropy
        ):
            yield Secret(start, end)
            continue
        strong = provider.strong(token)
        severity = milder(view, Severity.INFO, None if strong else Severity.WARNING)
        shown = mask(token.rpartition("/services/")[2])  # of a webhook, what follows the host
        message = f"{provider.what} {shown}: it has the shape of one, which cannot be checked offline"
        yield Secret(start, end, "SE103", token, message, remedy(provider.what, provider.link), severity)


def _find_aws(view: TextFile) -> Iterator[Secret]:
    """Yield access keys: an id counts only with a secret near it, a secret alone is weaker."""
    text = view.text
    fix = remedy("access key", _AWS_LINK)
    lone = []
    for match in AWS.find(text):
        if match.re.groups:
            lone.append(match.span(1))
        elif is_bounded(text, match.start()) and not text[match.end() : match.end() + 1].isalnum():
            near = _secret_near(text, match) if _is_aws_id(match[0]) else None
            if near is None:
                yield Secret(*match.span())
                continue
            message = f"AWS access key {mask(match[0])} with its secret {mask(near[0])} near it"
            severity = milder(view, Severity.WARNING)
            yield Secret(*match.span(), "SE103", match[0] + near[0], message, fix, severity)
            yield Secret(*near.span())
    for start, end in lone:
        secret = text[start:end]
        if _is_aws_secret(secret):
            message = (
                f"AWS secret key {mask(secret)}: it has the shape of one, which cannot be checked offline"
            )
            severity = milder(view, Severity.INFO, Severity.WARNING)
            yield Secret(start, end, "SE103", secret, message, fix, severity)
        else:
            yield Secret(start, end)


def _is_aws_id(token: str) -> bool:
    return _AWS_ID.fullmatch(token) is not None and not is_placeholder(token) and entropy(token[4:]) > 2.8


def _is_aws_secret(text: str) -> bool:
    return entropy(text) >= 4.2 and any(c.isdigit() for c in text) and not is_placeholder(text)


def _secret_near(text: str, match: re.Match[str]) -> re.Match[str] | None:
    around = _AWS_SECRET.finditer(text, max(0, match.start() - _AWS_REACH), match.end() + _AWS_REACH)
    return next((each for each in around if _is_aws_secret(each[0])), None)
