"""What templates of projects leave in core metadata for people to replace.

The texts are those of ``uv init``, ``pdm init``, ``poetry init``, PyScaffold, cookiecutter templates, the
packaging tutorial and the sample project of the PyPA.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import CoreMetadata, HeaderField
from pkgaudit.rules._shared.metadata_problems import set_fields

LONGEST = 600
"""Characters of a value that are looked at: more than what templates leave; it bounds the time."""

# A word of the name, not a part of one: `todoist`, `samplerate` and `uvdemo` are about other things.
_ABOUT = re.compile(
    r"(?:(?:example|sample|template|placeholder|cookiecutter|demo|boilerplate|scaffold|skeleton|starter|todo"
    r"|mock|dummy)s?|dummies|templater|templating|scaffolding|mock(?:er|ing)|fixme|lorem|ipsum|faker)"
    r"(?:project|package|pkg|app|lib|plugin|repo)?"
)
"""A word in the name of a project that is itself a template, or about them."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

# Variables of Jinja ({{ }}, {% %}), of cookiecutter and copier with it, of string.Template (${ }), and words
# in brackets that address the reader. A bare <name> or [name] may be meant.
_UNRENDERED = re.compile(
    r"\{\{[^{}]{0,80}\}\}|\{%[^{}]{0,80}%\}"
    r"|<\s*(?:your|insert|enter|project|package|author)[ _-][a-z _-]{1,40}>"
    r"|\[(?:your|insert|enter)[ _-][a-z _-]{1,40}\]|\$\{[a-z_.]{1,40}\}",
    re.IGNORECASE,
)
# In capitals at the beginning of a value: "Todo lists for teams" is a good summary.
_TODO = re.compile(r"(?:TODO|FIXME|XXX|TBD|CHANGE[ _-]?ME)(?![a-z])(?:\s*[:!.…-].*|)", re.DOTALL)
# Filler only as the whole value. "null" and "None" are what generators write for a missing one.
_WHOLE = re.compile(r"todo|fixme|tbd|tba|change[ _-]?me|placeholder|none|null|undefined|n/a|lorem ipsum\b.*")
# "Add your description here" is that of uv init, "Default template for PDM package" that of pdm init, "A
# sample Python project" that of pypa/sampleproject, "A small example package" that of the tutorial, "Python
# Boilerplate …" that of cookiecutter-pypackage; the rest is how templates put the same.
_SUMMARY = re.compile(
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
# "A. Random Developer" is that of pypa/sampleproject, "Example Author" that of the tutorial, "First Last"
# that of cookiecutters.
_AUTHOR = re.compile(
    r"(?:your|author'?s?|my|full|maintainer)[ _-]?(?:full[ _-]?)?name(?: here)?"
    r"|first(?:name)?[ _]last(?:[ _]?name)?|firstname lastname|first name last name"
    r"|name|author|a\. ?random developer|example author"
)
# Domains that RFC 2606 sets aside for examples, and what templates write: you@example.com, your@email.com,
# yourname@gmail.com, name@domain.com.
_EMAIL = re.compile(
    r"[^@]*@(?:[\w-]+\.)*(?:example\.(?:com|org|net|edu)|yourdomain\.\w+|your[-_]?(?:company|email|domain)\.\w+)"
    r"|(?:your?|your[-_.]?(?:name|e?mail|address)(?:[-_.]?(?:address|here))?|(?:first)?name\.?(?:last|sur)name"
    r"|e?mail|name|user(?:name)?)@(?:e?mail|gmail|domain|address|company|provider)\.(?:com|org|net)"
)
# As in addresses: the domains of RFC 2606, and "yourdomain.com" in its variants.
_HOST = re.compile(
    r"(?:[\w-]+\.)*(?:example\.(?:com|org|net|edu)|your[-_]?(?:domain|site|company|website)\.\w+)"
)
_FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"})
"""Hosts of repositories whose paths begin with an owner: only there is "username" a placeholder. Chosen."""

# As templates spell the owner, in brackets, encoded ones too, or in words.
_OWNER = re.compile(
    r"<.*>|%3c.*%3e|\[.*\]|your[-_]?(?:user[-_]?)?(?:name|org(?:ani[sz]ation)?|id|account|handle|github)?"
    r"|your[-_]?(?:github|gitlab)[-_]?(?:user(?:name)?|handle)|my[-_]?(?:user[-_]?)?name|user[-_]?name|me-here"
)
# Placeholders below any owner.
_REPOSITORY = re.compile(r"your[-_]?(?:repo(?:sitory)?|project|package)(?:[-_]?name)?(?:\.git)?")
# Only below an owner called "user", "owner" or "org": there are repositories of these names.
_OTHER_REPOSITORY = re.compile(r"(?:repo(?:sitory)?|project|package|name)(?:[-_]?name)?(?:\.git)?")
_SAMPLE = ("pypa", "sampleproject")
_ADDRESS = re.compile(r"([^<>]*)<([^<>]*)>")
# "sample, setuptools, development" are those of pypa/sampleproject, "one, two" those of setuptools'
# documentation.
_KEYWORDS = re.compile(r"sample,? *setuptools,? *development|keyword ?1,? *keyword ?2.*|todo|one,? two")


def is_about_templates(name: str) -> bool:
    """Return whether a project's name says that examples and templates are its subject."""
    # 200: more than real names have.
    return any(_ABOUT.fullmatch(word.lower()) for word in _WORD.findall(name[:200]))


def placeholders(metadata: CoreMetadata) -> Iterator[HeaderField]:
    """Yield the fields with a text that a template left, one of each kind of them."""
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
        # An author may well be called "Name" in front of an address that is somebody's.
        if address and _EMAIL.fullmatch(address.lower()):
            return True
        if name and (_is_filler(name) or _AUTHOR.fullmatch(name.lower().strip(" .\"'"))) and not address:
            return True
    return False


def _in_url(text: str, metadata: CoreMetadata) -> bool:
    return is_placeholder_url(text, metadata.name or "")


def is_placeholder_url(url: str, name: str) -> bool:
    """Return whether a URL is that of an example; of a Project-URL its label is taken off."""
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
"""Fields of which one problem is enough, with what judges their values: who sees one looks at the others."""
