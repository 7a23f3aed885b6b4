"""Find texts from project templates that nobody replaced.

The texts are from ``uv init``, ``pdm init``, ``poetry init``, PyScaffold, cookiecutter templates, the
packaging tutorial and the PyPA's sample project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import CoreMetadata, HeaderField
from pkgaudit.late import lazy
from pkgaudit.rules._shared.metadata_problems import set_fields

LONGEST = 600
"""The most characters of a value that are checked: longer than template texts; it bounds the time."""

# A whole word of the name, not a part of one: `todoist`, `samplerate` and `uvdemo` have other subjects.
_ABOUT = lazy(
    r"(?:(?:example|sample|template|placeholder|cookiecutter|demo|boilerplate|scaffold|skeleton|starter|todo"
    r"|mock|dummy)s?|dummies|templater|templating|scaffolding|mock(?:er|ing)|fixme|lorem|ipsum|faker)"
    r"(?:project|package|pkg|app|lib|plugin|repo)?"
)
"""A word in the name of a project that is a template or is about templates."""
_WORD = lazy(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

# Variables of Jinja ({{ }}, {% %}), which cookiecutter and copier use, of string.Template (${ }), and words
# in brackets that address the reader. A bare <name> or [name] may be intended.
_UNRENDERED = lazy(
    r"\{\{[^{}]{0,80}\}\}|\{%[^{}]{0,80}%\}"
    r"|<\s*(?:your|insert|enter|project|package|author)[ _-][a-z _-]{1,40}>"
    r"|\[(?:your|insert|enter)[ _-][a-z _-]{1,40}\]|\$\{[a-z_.]{1,40}\}",
    re.IGNORECASE,
)
# In capitals at the beginning of a value, because "Todo lists for teams" is a good summary.
_TODO = lazy(r"(?:TODO|FIXME|XXX|TBD|CHANGE[ _-]?ME)(?![a-z])(?:\s*[:!.…-].*|)", re.DOTALL)
# Filler counts only as the whole value. Generators write "null" and "None" for a missing one.
_WHOLE = lazy(r"todo|fixme|tbd|tba|change[ _-]?me|placeholder|none|null|undefined|n/a|lorem ipsum\b.*")
# "Add your description here" is from uv init, "Default template for PDM package" from pdm init, "A sample
# Python project" from pypa/sampleproject, "A small example package" from the tutorial, "Python Boilerplate …"
# from cookiecutter-pypackage; the rest are variants in other templates.
_SUMMARY = lazy(
    r"description|summary|project description|(?:package|short|brief|your|my) description(?: here)?"
    r"|(?:add|insert|enter|put|write|provide)(?: a| an| the| your| some)?(?: short| brief| one-line)?"
    r"(?: project| package)? (?:description|summary)(?: here)?"
    r"|(?:a )?(?:short|brief) (?:description|summary)"
    r"(?: (?:of|for) (?:the|your|my|this) (?:project|package))?(?: here)?"
    r"|description of (?:the|your|my|this) (?:project|package)"
    r"|default template for pdm package|a sample python project|a small example package"
    r"|python boilerplate contains all the boilerplate you need to create a python package"
    r"|an? (?:great|awesome) (?:python )?(?:package|project)"
)
# "A. Random Developer" is from pypa/sampleproject, "Example Author" from the tutorial, "First Last" from
# cookiecutters.
_AUTHOR = lazy(
    r"(?:your|author'?s?|my|full|maintainer)[ _-]?(?:full[ _-]?)?name(?: here)?"
    r"|first(?:name)?[ _]last(?:[ _]?name)?|firstname lastname|first name last name"
    r"|name|author|a\. ?random developer|example author"
)
# The example domains of RFC 2606, and addresses in templates: you@example.com, your@email.com,
# yourname@gmail.com, name@domain.com.
_EMAIL = lazy(
    r"[^@]*@(?:[\w-]+\.)*(?:example\.(?:com|org|net|edu)|yourdomain\.\w+|your[-_]?(?:company|email|domain)\.\w+)"
    r"|(?:your?|your[-_.]?(?:name|e?mail|address)(?:[-_.]?(?:address|here))?|(?:first)?name\.?(?:last|sur)name"
    r"|e?mail|name|user(?:name)?)@(?:e?mail|gmail|domain|address|company|provider)\.(?:com|org|net)"
)
# As for addresses: the domains of RFC 2606, and "yourdomain.com" in its variants.
_HOST = lazy(r"(?:[\w-]+\.)*(?:example\.(?:com|org|net|edu)|your[-_]?(?:domain|site|company|website)\.\w+)")
_FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"})
"""Hosts with repository paths that begin with an owner: only there is "username" a placeholder. Chosen."""

# Placeholders for the owner in templates: in brackets (also encoded), or in words.
_OWNER = lazy(
    r"<.*>|%3c.*%3e|\[.*\]|your[-_]?(?:user[-_]?)?(?:name|org(?:ani[sz]ation)?|id|account|handle|github)?"
    r"|your[-_]?(?:github|gitlab)[-_]?(?:user(?:name)?|handle)|my[-_]?(?:user[-_]?)?name|user[-_]?name|me-here"
)
# Placeholders under any owner.
_REPOSITORY = lazy(r"your[-_]?(?:repo(?:sitory)?|project|package)(?:[-_]?name)?(?:\.git)?")
# Placeholders only under an owner called "user", "owner" or "org": real repositories have these names.
_OTHER_REPOSITORY = lazy(r"(?:repo(?:sitory)?|project|package|name)(?:[-_]?name)?(?:\.git)?")
_SAMPLE = ("pypa", "sampleproject")
_ADDRESS = lazy(r"([^<>]*)<([^<>]*)>")
# "sample, setuptools, development" is from pypa/sampleproject, "one, two" from the setuptools documentation.
_KEYWORDS = lazy(r"sample,? *setuptools,? *development|keyword ?1,? *keyword ?2.*|todo|one,? two")


def is_about_templates(name: str) -> bool:
    """Return whether the name of a project shows that examples or templates are its subject."""
    # 200 is more than in real names.
    return any(_ABOUT.fullmatch(word.lower()) for word in _WORD.findall(name[:200]))


def placeholders(metadata: CoreMetadata) -> Iterator[HeaderField]:
    """Yield the fields with text from a template, at most one for each kind of field."""
    for names, judge in _KINDS:
        for field in set_fields(metadata, *names):
            if judge(field.value.strip()[:LONGEST], metadata):
                yield field
                break


def _is_filler(text: str) -> bool:
    return bool(
        _UNRENDERED.search(text)
        or _TODO.fullmatch(text)
        or _WHOLE.fullmatch(text.lower().strip(" .!…-*<>[]"))
    )


def _in_summary(text: str, metadata: CoreMetadata) -> bool:
    return _is_filler(text) or bool(_SUMMARY.fullmatch(text.lower().strip(" .!…<>[]\"'")))


def _in_author(text: str, metadata: CoreMetadata) -> bool:
    for part in text.split(","):
        name, address = part.strip(), ""
        if match := _ADDRESS.fullmatch(name):
            name, address = match[1].strip(), match[2].strip()
        elif "@" in name:
            name, address = "", name
        # An author with a real address may be called "Name".
        if address and _EMAIL.fullmatch(address.lower()):
            return True
        if name and (_is_filler(name) or _AUTHOR.fullmatch(name.lower().strip(" .\"'"))) and not address:
            return True
    return False


def _in_url(text: str, metadata: CoreMetadata) -> bool:
    return is_placeholder_url(text, metadata.name or "")


def is_placeholder_url(url: str, name: str) -> bool:
    """Return whether a URL is a placeholder; the label of a Project-URL is ignored."""
    if _UNRENDERED.search(url) or _TODO.fullmatch(url.rpartition(",")[2].strip()):
        return True
    _, scheme, rest = url.partition("://")
    host, _, path = rest.partition("/")
    host = host.rpartition("@")[2].partition(":")[0].lower().removeprefix("www.")
    if _HOST.fullmatch(host):
        return True
    if not scheme or host not in _FORGES:
        return False
    owner, repository = [*path.lower().split("/"), "", ""][:2]
    if (owner, repository.removesuffix(".git")) == _SAMPLE:
        return True
    if _OWNER.fullmatch(owner) or _REPOSITORY.fullmatch(repository):
        return True
    return owner in ("user", "owner", "org") and _OTHER_REPOSITORY.fullmatch(repository) is not None


def _in_keywords(text: str, metadata: CoreMetadata) -> bool:
    return bool(_UNRENDERED.search(text) or _KEYWORDS.fullmatch(text.lower()))


def _in_license(text: str, metadata: CoreMetadata) -> bool:
    return _is_filler(text) or text.lower().strip(" .<>[]") in ("your license", "license name")


_KINDS = (
    (("Summary",), _in_summary),
    (("Author", "Author-email", "Maintainer", "Maintainer-email"), _in_author),
    (("Home-page", "Project-URL", "Download-URL"), _in_url),
    (("License",), _in_license),
    (("Keywords",), _in_keywords),
)
"""Kinds of fields and their checks; one problem for each kind is enough to make a user check the others."""
