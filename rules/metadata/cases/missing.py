"""Cases of MD201 to MD206: missing core metadata."""

from __future__ import annotations

from fixtures.builders import Built, Metadata, Sdist, Wheel, sample_metadata
from fixtures.cases import bad, good
from fixtures.samples import METADATA, PKG_INFO, sdist_with, wheel_with

PEDANTIC = {"pedantic": True}


def without(*names: str) -> Metadata:
    metadata = sample_metadata()
    for name in names:
        metadata.set(name)
    return metadata


def native(tag: str, metadata: Metadata) -> Built:
    """Return a wheel with these tags; other rules report what else it lacks."""
    return Wheel(tag=tag, metadata=metadata).build()


# MD201


@bad("MD201", at=METADATA)
def wheel_without_summary() -> Built:
    return wheel_with("Summary")


@bad("MD201", at=PKG_INFO)
def sdist_without_summary() -> Built:
    return sdist_with("Summary")


@bad("MD201", at=METADATA, says="no Summary")
def summary_unknown() -> Built:
    return wheel_with("Summary", "UNKNOWN")


@bad("MD201", at=PKG_INFO)
def empty_summary() -> Built:
    return sdist_with("Summary", "  ")


@good("MD201")
def short_summary() -> Built:
    return wheel_with("Summary", "Tides")


@good("MD201", "MD202", "MD203", "MD204")
def sdist_whose_fields_are_filled_in_later() -> Built:
    metadata = without("Summary", "Requires-Python", "Project-URL", "Author-email")
    for name in ("Summary", "requires-python", "Home-page", "Author"):
        metadata.add("Dynamic", name)
    return Sdist(metadata=metadata).build()


# MD202


@bad("MD202", at=METADATA)
def wheel_without_requires_python() -> Built:
    return wheel_with("Requires-Python")


@bad("MD202", at=PKG_INFO)
def sdist_without_requires_python() -> Built:
    return sdist_with("Requires-Python")


def universal(source: bytes, *classifiers: str) -> Built:
    """Return a wheel for both Pythons without Requires-Python."""
    metadata = without("Requires-Python")
    metadata.set("Classifier", *(f"Programming Language :: Python :: {each}" for each in classifiers))
    files = {"sample/__init__.py": b"", "sample/core.py": source}
    return Wheel(tag="py2.py3-none-any", metadata=metadata, files=files).build()


@bad("MD202", at=METADATA, severity="info", also=("FN108",))
def universal_wheel_without_requires_python() -> Built:
    return universal(b"def answer():\n    return '%d' % 42\n", "2.7", "3.6")


@bad("MD202", at=METADATA, severity="info", also=("FN108",))
def universal_wheel_without_classifiers() -> Built:
    """The f in the text and in the name is not an f-string prefix; one module of many is for Python 3."""
    made = Wheel(tag="py2.py3-none-any", metadata=without("Requires-Python"))
    assert made.metadata
    made.metadata.set("Classifier")
    made.files = {f"sample/m{number}.py": b"x = {'f': 'of'}\n" for number in range(9)}
    made.files |= {"sample/__init__.py": b"", "sample/_py3.py": b"x = f'{1}'\n"}
    return made.build()


@bad("MD202", at=METADATA, severity="info", also=("FN108",))
def universal_wheel_with_a_module_for_python_3() -> Built:
    made = Wheel(tag="py2.py3-none-any", metadata=without("Requires-Python"))
    assert made.metadata
    made.metadata.set("Classifier", *(f"Programming Language :: Python :: {each}" for each in ("2.7", "3.8")))
    made.files = {f"sample/m{number}.py": b"x = 1\n" for number in range(9)}
    made.files |= {"sample/__init__.py": b"", "sample/new.py": b"x = f'{1}'\n"}
    return made.build()


@bad("MD202", at=METADATA, severity="warning", also=("FN108",))
def universal_tag_of_a_package_with_one_f_string() -> Built:
    made = Wheel(tag="py2.py3-none-any", metadata=without("Requires-Python"))
    assert made.metadata
    made.metadata.set("Classifier")
    made.files = {f"sample/m{number}.py": b"x = 1\n" for number in range(9)}
    made.files |= {"sample/__init__.py": b"", "sample/new.py": b"x = f'{1}'\n"}
    return made.build()


@bad("MD202", at=METADATA, severity="warning", also=("FN108",))
def universal_tag_of_a_package_with_f_strings() -> Built:
    return universal(b"def answer(x):\n    return f'{x}'\n")


@bad("MD202", at=METADATA, severity="warning", also=("FN108",))
def universal_tag_of_a_package_with_annotations() -> Built:
    return universal(b"def answer(x: int) -> int:\n    return x\n")


@bad("MD202", at=METADATA, severity="warning", also=("FN108", "MD213"))
def universal_tag_beside_classifiers_of_python_3() -> Built:
    return universal(b"x = 1\n", "3", "3.12")


@bad("MD202", at=METADATA, severity="info", also=("NB104",))
def wheel_for_one_python_without_requires_python() -> Built:
    return native("cp312-cp312-manylinux_2_28_x86_64", without("Requires-Python"))


@bad("MD202", at=METADATA, also=("NB104",))
def wheel_of_the_stable_abi_without_requires_python() -> Built:
    return native("cp312-abi3-manylinux_2_28_x86_64", without("Requires-Python"))


@good("MD202")
def requires_python_without_bound() -> Built:
    return wheel_with("Requires-Python", "!=3.9.*")


# MD203


@bad("MD203", at=METADATA)
def wheel_without_urls() -> Built:
    return wheel_with("Project-URL")


@bad("MD203", at=PKG_INFO)
def home_page_unknown() -> Built:
    metadata = without("Project-URL")
    metadata.add("Home-page", "UNKNOWN")
    return Sdist(metadata=metadata).build()


@good("MD203")
def home_page_alone() -> Built:
    metadata = without("Project-URL")
    metadata.add("Home-page", "https://www.python.org/sample")
    return Wheel(metadata=metadata).build()


# MD204


@bad("MD204", at=METADATA)
def wheel_without_author() -> Built:
    return wheel_with("Author-email")


@bad("MD204", at=PKG_INFO)
def sdist_without_author() -> Built:
    return sdist_with("Author-email")


@good("MD204")
def maintainer_alone() -> Built:
    metadata = without("Author-email")
    metadata.add("Maintainer", "The sample developers")
    return Wheel(metadata=metadata).build()


# MD205, MD206


@bad("MD205", at=METADATA, config=PEDANTIC)
def wheel_without_classifiers() -> Built:
    return wheel_with("Classifier")


@bad("MD206", at=METADATA, config=PEDANTIC)
def wheel_without_keywords() -> Built:
    return wheel_with("Keywords")


@good("MD205", "MD206")
def nobody_asked_for_classifiers() -> Built:
    return Wheel(metadata=without("Classifier", "Keywords")).build()
