"""Cases of WH118."""

from __future__ import annotations

from fixtures.builders import Built, Wheel
from fixtures.cases import bad, good

GERMAN = "sample/locale/de/LC_MESSAGES/django"
FRENCH = "sample/locale/fr/LC_MESSAGES/django"
SOURCE = b'msgid "tide"\nmsgstr "Tide"\n'


def wheel(*paths: str, code: bytes = b"") -> Built:
    """Return a wheel with catalogs, and a module with this code."""
    made = Wheel()
    made.files |= {path: SOURCE if path.endswith(".po") else b"\xde\x12\x04\x95" for path in paths}
    if code:
        made.files["sample/texts.py"] = code
    return made.build()


@bad("WH118", at=f"{GERMAN}.po", says="(the same applies to 1 more translation)")
def no_catalog_is_compiled() -> Built:
    return wheel(f"{GERMAN}.po", f"{FRENCH}.po")


@bad("WH118", at=f"{FRENCH}.po", severity="info", says="django.mo' beside it")
def one_catalog_is_not_compiled() -> Built:
    return wheel(f"{GERMAN}.po", f"{GERMAN}.mo", f"{FRENCH}.po")


@good("WH118")
def compiled_catalogs() -> Built:
    return wheel(f"{GERMAN}.po", f"{GERMAN}.mo", "sample/locale/en/LC_MESSAGES/django.po")


@good("WH118")
def domain_of_the_documentation() -> Built:
    return wheel(f"{GERMAN}.mo", "sample/locale/de/LC_MESSAGES/manual.po")


@good("WH118")
def code_that_reads_sources() -> Built:
    return wheel(f"{GERMAN}.po", code=b"TEXTS = open('django.po')\n")


@good("WH118")
def sources_of_tests() -> Built:
    return wheel("sample/testing/locale/de/LC_MESSAGES/django.po")


@good("WH118")
def catalogs_that_are_compiled_into_another_folder() -> Built:
    return wheel("sample/po/de/LC_MESSAGES/sample.po", "sample/locale/de/LC_MESSAGES/sample.mo")


@good("WH118")
def other_names_of_english() -> Built:
    return wheel(*(f"sample/locale/{each}/LC_MESSAGES/sample.po" for each in ("en-GB", "en@boldquot", "C")))
