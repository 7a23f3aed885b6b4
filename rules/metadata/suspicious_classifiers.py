"""Find classifiers that contradict another field or each other."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import CoreMetadata, Distribution, HeaderField, Problem, Wheel, quoted
from pkgaudit.rules._shared.fields import at, set_field
from pkgaudit.rules._shared.license_classifiers import contradicting
from pkgaudit.rules._shared.metadata_problems import set_fields
from pkgaudit.rules._shared.wheel_tags import wheel_tags
from pkgaudit.rules.metadata.suspicious_pythons import PYTHON, excluded, named_pythons


# Six by default: few fields name more, and the message fits on two lines of a report. Chosen.
def listed(words: list[str], most: int = 6) -> str:
    """Return the words as a list within a sentence."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most:,} more"
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def excluded_pythons(metadata: CoreMetadata, classifiers: list[HeaderField]) -> Iterator[Problem]:
    """Yield a problem for classifiers with Python versions that Requires-Python excludes."""
    requires = next(set_fields(metadata, "Requires-Python"), None)
    named = named_pythons(classifiers)
    out = excluded(named, requires.value.strip()) if requires and named else []
    if requires and out:
        # "Python :: 2" adds nothing to the "Python :: 2.7" beside it.
        shown = [each for each in out if not any(other.startswith(f"{each}.") for other in out)]
        yield Problem(
            f"the classifiers name Python {listed(shown)}, which Requires-Python "
            f"{quoted(requires.value.strip())} excludes",
            at(metadata, named[out[0]]),
            set_field(
                named[out[0]], f"remove the classifiers of Python {listed(shown)}, or allow these versions"
            ),
            key="python",
            data={"versions": shown, "field": "Requires-Python", "value": requires.value.strip()},
        )


def both_pythons(
    distribution: Distribution, metadata: CoreMetadata, classifiers: list[HeaderField]
) -> Iterator[Problem]:
    """Yield a problem if one major version is marked "Only" but the other one is named too."""
    named = [(field, match) for field in classifiers if (match := PYTHON.fullmatch(field.value.strip()))]
    requires = metadata.first("Requires-Python") or ""
    for only, only_match in named:
        if not only_match["only"]:
            continue
        other = "3" if only_match["major"] == "2" else "2"
        clash = next((field for field, match in named if match["major"] == other), None)
        tags = wheel_tags(distribution) if isinstance(distribution, Wheel) else None
        # If Requires-Python excludes the version, FN107 reports a tag and `excluded_pythons` a classifier.
        if excluded([other], requires):
            continue
        if clash or (tags and other == "2" and "py2" in tags.pythons):
            beside = (
                f"the classifier {quoted(clash.value.strip())}" if clash else "the tag 'py2' of the wheel"
            )
            yield Problem(
                f"the classifier {quoted(only.value.strip())} contradicts {beside}",
                at(metadata, only),
                set_field(only, "remove the wrong one"),
                key="only",
                data={
                    "classifier": only.value.strip(),
                    **({"value": clash.value.strip()} if clash else {"tag": "py2"}),
                },
            )
            return


def other_licenses(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for classifiers with licenses that the license expression does not name."""
    clash = contradicting(metadata)
    if clash:
        expression = metadata.first("License-Expression") or ""
        names = listed([quoted(each.value.strip()) for each in clash])
        yield Problem(
            f"{'the classifier' if len(clash) == 1 else 'the classifiers'} {names} "
            f"{'names' if len(clash) == 1 else 'name'} a license that is not in License-Expression "
            f"{quoted(expression)}",
            at(metadata, clash[0]),
            set_field(
                clash[0], "remove all license classifiers, which are deprecated, or correct the expression"
            ),
            key="license",
            data={"classifiers": [each.value.strip() for each in clash], "license": expression},
        )


def two_statuses(metadata: CoreMetadata, classifiers: list[HeaderField]) -> Iterator[Problem]:
    """Yield a problem if there is more than one development status."""
    statuses = {
        each.value.strip(): each for each in classifiers if each.value.startswith("Development Status ::")
    }
    if len(statuses) > 1:
        names = listed([quoted(each) for each in statuses])
        second = list(statuses.values())[1]
        yield Problem(
            f"the classifiers name {len(statuses)} development statuses: {names}",
            at(metadata, second),
            set_field(second, "keep only the correct one"),
            key="status",
            data={"classifiers": list(statuses), "count": len(statuses)},
        )
