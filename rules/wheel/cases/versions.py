"""Cases of WH120 and WH128."""

from __future__ import annotations

from fixtures.builders import Built, Wheel
from fixtures.cases import bad, good

VERSION = b"from importlib.metadata import version\n\n"


def wheel(text: bytes, *requirements: str, path: str = "sample/__init__.py", name: str = "sample") -> Built:
    """Return a wheel with a module of this text."""
    made = Wheel(name=name)
    made.files[path] = text
    if made.metadata is not None:
        made.metadata.headers += [("Requires-Dist", each) for each in requirements]
    return made.build()


@bad("WH120", at="sample/__init__.py:1", says="is '0.9', but the version of the release is '1.0'")
def version_that_was_not_raised() -> Built:
    return wheel(b'__version__ = "0.9"\n')


@bad("WH120", at="sample/_version.py:1")
def version_in_its_own_module() -> Built:
    return wheel(b'__version__: str = "1.0.1"\n', path="sample/_version.py")


@good("WH120")
def version_of_the_release() -> Built:
    return wheel(b'__version__ = "1.0.0+local"\n')


@good("WH120")
def fallback_that_is_replaced() -> Built:
    return wheel(
        b'__version__ = "0.dev0"\n'
        b"try:\n    from importlib.metadata import version\n\n    __version__ = version('sample')\n"
        b"except ImportError:\n    pass\n"
    )


@good("WH120")
def version_that_is_bound_in_other_ways() -> Built:
    made = Wheel()
    for name, text in {
        "__init__": b"from ._version import (\n    __version__,\n)\n",
        "version": b"from ._version import *\n",
        "__version__": b'__version__ += "rc1"\n',
        "__about__": b"__version__, revision = (str(each) for each in range(2))\n",
        "_about": b'globals()["__version__"] = str(1)\n',
    }.items():
        made.files[f"sample/{name}.py"] = b'__version__ = "0.9"\n' + text
    made.files["sample/_version.py"] = b'__version__ = "1.0"\n'
    return made.build()


@good("WH120")
def version_of_a_post_release() -> Built:
    return Wheel(version="1.0.post1", files={"sample/__init__.py": b'__version__ = "1.0"\n'}).build()


@bad("WH120", at="sample/__init__.py:1")
def version_beside_exports() -> Built:
    return wheel(b'__version__ = "0.9"\nfrom .core import *\n__all__ = ["__version__"]\n')


@good("WH120")
def package_that_imitates_another_one() -> Built:
    return wheel(b'VERSION = "1.0"\n__version__ = "1.4.6"\n')


@good("WH120")
def package_of_another_project() -> Built:
    return wheel(b'__version__ = "0.9"\n', path="sample/_vendored/__init__.py")


@bad("WH128", at="sample/__init__.py:3", says="the metadata of 'samples' when it is imported")
def project_that_nobody_installs() -> Built:
    return wheel(VERSION + b"__version__ = version('samples')\n")


@bad("WH128", at="sample/__init__.py:3", says="the project is 'my_sample'")
def name_of_the_package() -> Built:
    return wheel(b"import importlib.metadata as about\n\nV = about.version(__name__)\n", name="my_sample")


@good("WH128")
def own_project_in_another_spelling() -> Built:
    return wheel(VERSION + b"__version__ = version('My.Sample')\n", name="my_sample")


@good("WH128")
def project_that_is_required() -> Built:
    return wheel(VERSION + b"PARSER = version('Tide-Tables')\n", "tide_tables>=2")


@good("WH128")
def project_that_may_be_missing() -> Built:
    return wheel(VERSION + b"try:\n    V = version('samples')\nexcept Exception:\n    V = '0'\n")


@good("WH128")
def functions_that_only_have_the_same_name() -> Built:
    made = Wheel()
    made.files["sample/version.py"] = VERSION + b"from .tides import version\n\nV = version('low')\n"
    made.files["sample/_about.py"] = VERSION + b"def version(name): return name\n\nV = version('low')\n"
    made.files["sample/tides.py"] = b"def version(name): return name\n"
    return made.build()
