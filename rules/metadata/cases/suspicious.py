"""Cases of MD211 to MD218: core metadata that is probably unintended."""

from __future__ import annotations

from fixtures.builders import Built, Metadata, Sdist, Wheel, sample_metadata, sdist_sources
from fixtures.cases import bad, good
from fixtures.samples import METADATA, PKG_INFO, requiring, sdist_with, wheel_of, wheel_with, with_headers

TIDES_METADATA = "tides-1.0.dist-info/METADATA"
TIDES_PKG_INFO = "tides-1.0/PKG-INFO"
"""Metadata files of a project with a name that does not mark it as a sample."""

TIDES = {"tides/__init__.py": b'"""Tide tables."""\n', "tides/py.typed": b""}


def tides_metadata(name: str, *values: str) -> Metadata:
    metadata = sample_metadata("tides")
    metadata.set(name, *values)
    return metadata


def tides_wheel(name: str, *values: str) -> Built:
    return Wheel(name="tides", metadata=tides_metadata(name, *values), files=dict(TIDES)).build()


def tides_sdist(metadata: Metadata) -> Built:
    files = {path: data.replace(b"sample", b"tides") for path, data in sdist_sources().items()}
    return Sdist(name="tides", metadata=metadata, files={**files, **TIDES}).build()


def classified(*classifiers: str, requires: str = ">=3.10", expression: str = "Apache-2.0") -> Metadata:
    metadata = sample_metadata()
    metadata.set("Classifier", *classifiers)
    metadata.set("Requires-Python", requires)
    metadata.set("License-Expression", expression)
    return metadata


def of_version(version: str) -> Wheel:
    return Wheel(version=version)


def newest(*headers: tuple[str, str]) -> Metadata:
    metadata = with_headers(*headers)
    metadata.set("Metadata-Version", "2.5")
    return metadata


# MD211


@bad("MD211", at=f"{TIDES_METADATA}:4", says="'Add your description here'")
def description_of_uv() -> Built:
    return tides_wheel("Summary", "Add your description here")


@bad("MD211", at=f"{TIDES_METADATA}:4")
def description_of_pdm() -> Built:
    return tides_wheel("Summary", "Default template for PDM package")


@bad("MD211", at=f"{TIDES_PKG_INFO}:4")
def description_of_pyscaffold() -> Built:
    return tides_sdist(tides_metadata("Summary", "Add a short description here!"))


@bad("MD211", at=f"{TIDES_METADATA}:4")
def summary_to_do() -> Built:
    return tides_wheel("Summary", "TODO: say what it does")


@bad("MD211", at=f"{TIDES_METADATA}:4", says="cookiecutter")
def unrendered_template() -> Built:
    return tides_wheel("Summary", "{{ cookiecutter.project_short_description }}")


@bad("MD211", at=f"{TIDES_METADATA}:5", says="you@example.com")
def author_of_poetry() -> Built:
    return tides_wheel("Author-email", "Your Name <you@example.com>")


@bad("MD211", at=f"{TIDES_PKG_INFO}:5")
def author_and_address_in_two_fields() -> Built:
    metadata = tides_metadata("Author-email", "you@example.com")
    metadata.add("Author", "Your Name")
    return tides_sdist(metadata)


@bad("MD211", at=f"{TIDES_METADATA}:10", says="yourusername")
def repository_of_nobody() -> Built:
    return tides_wheel("Project-URL", "Homepage, https://github.com/yourusername/sample-project")


@bad("MD211", at=f"{TIDES_METADATA}:10")
def repository_of_the_sample_project() -> Built:
    return tides_wheel("Project-URL", "Homepage, https://github.com/pypa/sampleproject")


@bad("MD211", at=f"{TIDES_METADATA}:10")
def home_at_an_example() -> Built:
    return tides_wheel("Project-URL", "Documentation, https://docs.example.com/tides")


@bad("MD211", at="todoist-1.0.dist-info/METADATA:4")
def project_whose_name_has_a_word_in_a_word() -> Built:
    metadata = sample_metadata("todoist")
    metadata.set("Summary", "Add your description here")
    return Wheel(name="todoist", metadata=metadata, files={"todoist/__init__.py": b'"""Lists."""\n'}).build()


@bad("MD211", at=f"{TIDES_METADATA}:8")
def keywords_of_the_sample_project() -> Built:
    return tides_wheel("Keywords", "sample, setuptools, development")


@good("MD211")
def close_to_placeholders() -> Built:
    metadata = tides_metadata("Summary", "Todo lists with your own description of each task")
    metadata.add("Author", "Todor Placid")
    metadata.set("Author-email", "You Example <you@exampledata.com>")
    metadata.set("Project-URL", "Source, https://github.com/usernames/examples.com", "Docs, https://todo.org")
    return Wheel(name="tides", metadata=metadata, files=dict(TIDES)).build()


@good("MD211")
def template_of_a_project() -> Built:
    metadata = sample_metadata()
    metadata.set("Summary", "A sample Python project")
    metadata.set("Author-email", "A. Random Developer <author@example.com>")
    return Wheel(metadata=metadata).build()


# MD212


@bad("MD212", at="sample-0.0.0.dist-info/METADATA:3", says="'0.0.0'")
def no_version_found() -> Built:
    return of_version("0.0.0").build()


@bad("MD212", at="sample-0.dist-info/METADATA:3")
def version_zero() -> Built:
    return of_version("0").build()


@bad("MD212", at="sample-0+unknown.dist-info/METADATA:3", also=("MD105",))
def version_of_versioneer() -> Built:
    return of_version("0+unknown").build()


@bad("MD212", at="sample-0.1.dev7.dist-info/METADATA:3", says="first commit")
def checkout_without_tags() -> Built:
    return of_version("0.1.dev7").build()


@bad("MD212", at="sample-0.0.post1.dev3.dist-info/METADATA:3")
def counted_from_nothing() -> Built:
    return of_version("0.0.post1.dev3").build()


@bad("MD212", at="sample-1.2.dev271828182845904523.dist-info/METADATA:3", says="a commit hash")
def commit_as_a_number() -> Built:
    return of_version("1.2.dev271828182845904523").build()


@bad("MD212", at="sample-1.2.dev5.dist-info/METADATA:3", severity="info")
def development_version() -> Built:
    return of_version("1.2.dev5").build()


@good("MD212")
def first_version() -> Built:
    return of_version("0.0.1").build()


@good("MD212")
def name_taken_before_the_first_version() -> Built:
    return of_version("0.0.0a1").build()


@good("MD212")
def nightly_build() -> Built:
    return of_version("1.2.dev20260131").build()


@good("MD212")
def nightly_build_with_its_time() -> Built:
    return of_version("0.1.dev20260131235959").build()


# MD213


@bad("MD213", at=f"{METADATA}:9", says="Python 2.7 and 3.8, which")
def pythons_that_are_excluded() -> Built:
    python = "Programming Language :: Python"
    return wheel_of(classified(*(f"{python} :: {version}" for version in ("2", "2.7", "3", "3.8", "3.12"))))


@bad("MD213", at=f"{PKG_INFO}:10", says="Python 3.14", also=("MD216", "SD106"))
def python_above_the_bound() -> Built:
    python = "Programming Language :: Python"
    metadata = classified(f"{python} :: 3.12", f"{python} :: 3.14", requires=">=3.10,<3.14")
    return Sdist(metadata=metadata).build()


@bad("MD213", at=f"{METADATA}:10", says="3 :: Only")
def both_pythons_and_one_only() -> Built:
    python = "Programming Language :: Python"
    return wheel_of(classified(f"{python} :: 2.7", f"{python} :: 3 :: Only", requires=">=2.7"))


@bad("MD213", at=f"{METADATA}:9", says="'py2'", also=("FN108",))
def tag_beside_one_only() -> Built:
    metadata = classified("Programming Language :: Python :: 3 :: Only", requires=">=2.7")
    return Wheel(tag="py2.py3-none-any", metadata=metadata).build()


@bad("MD213", at=f"{METADATA}:9", says="a license that is not in License-Expression 'Apache-2.0'")
def classifier_of_another_license() -> Built:
    return wheel_of(classified("License :: OSI Approved :: MIT License"))


@bad("MD213", at=f"{METADATA}:10", says="2 development statuses")
def two_statuses() -> Built:
    return wheel_of(
        classified("Development Status :: 4 - Beta", "Development Status :: 5 - Production/Stable")
    )


@good("MD213")
def classifiers_that_agree() -> Built:
    python = "Programming Language :: Python"
    return wheel_of(
        classified(
            "Development Status :: 4 - Beta",
            f"{python} :: 3",
            f"{python} :: 3 :: Only",
            f"{python} :: 3.10",
            f"{python} :: 3.13",
            f"{python} :: Implementation :: PyPy",
            requires=">=3.10.2,!=3.11.*",
        )
    )


# MD214


@bad("MD214", at=f"{METADATA}:10", says="'http://www.python.org/sample'")
def url_of_http() -> Built:
    return wheel_with("Project-URL", "Home, http://www.python.org/sample")


@bad("MD214", at=f"{PKG_INFO}:10", says="(and 2 more URLs)", also=("SD106",))
def several_urls_of_http() -> Built:
    urls = (f"Label {number}, HTTP://www.python.org/{number}" for number in range(3))
    return sdist_with("Project-URL", *urls)


@good("MD214")
def urls_that_need_no_https() -> Built:
    return wheel_with(
        "Project-URL",
        "Source, https://git.python.org/sample?from=http://www.python.org/",
        "Demo, http://localhost:8000/",
        "Box, http://192.168.0.1/",
    )


# MD215


@bad("MD215", at=f"{METADATA}:13", says="Import-Name 'other' cannot be imported", also=("MD217",))
def name_that_is_not_installed() -> Built:
    return wheel_of(newest(("Import-Name", "other"), ("Import-Name", "sample")))


@bad("MD215", at=f"{METADATA}:13", says="Import-Name 'sample.gone'", also=("MD217",))
def module_that_is_not_installed() -> Built:
    return wheel_of(newest(("Import-Name", "sample.gone"), ("Import-Namespace", "sample")))


@bad("MD215", at=f"{METADATA}:13", says="declares that there is nothing", also=("MD217",))
def nothing_declared() -> Built:
    return wheel_of(newest(("Import-Name", "")))


@bad("MD215", at=f"{METADATA}:13", severity="info", says="does not list it", also=("WH106", "MD217"))
def one_more_than_declared() -> Built:
    wheel = Wheel(metadata=newest(("Import-Name", "sample")))
    wheel.files["sampler.py"] = b'"""A sampler."""\n'
    return wheel.build()


@good("MD215", also=("MD217",))
def names_as_declared() -> Built:
    wheel = Wheel(metadata=newest(("Import-Name", "sample"), ("Import-Name", "_sample ; private")))
    wheel.files["_sample.py"] = b'"""Private."""\n'
    return wheel.build()


@good("MD215", also=("MD217",))
def module_in_a_namespace() -> Built:
    return wheel_of(newest(("Import-Name", "sample.core"), ("Import-Namespace", "sample")))


@good("MD215", also=("MD217",))
def no_names_declared() -> Built:
    return wheel_of(newest())


# MD216


@bad("MD216", at=f"{METADATA}:11", says="'<4.0'")
def bound_of_poetry() -> Built:
    return wheel_with("Requires-Python", "<4.0,>=3.10")


@bad("MD216", at=f"{PKG_INFO}:11", says="'<3.14'", also=("SD106",))
def bound_in_an_sdist() -> Built:
    return sdist_with("Requires-Python", ">=3.10, <3.14")


@bad("MD216", at=f"{METADATA}:11")
def compatible_release_of_python() -> Built:
    return wheel_with("Requires-Python", "~=3.10")


@good("MD216")
def bound_of_compiled_code() -> Built:
    sdist = Sdist(metadata=classified("Programming Language :: Python :: 3", requires=">=3.10,<3.14"))
    sdist.files["sample/_core.c"] = b"int core;\n"
    return sdist.build()


@good("MD216")
def bound_of_a_backport() -> Built:
    metadata = sample_metadata("backports.tides")
    metadata.set("Requires-Python", ">=3.10,<3.14")
    package = {"backports/tides/__init__.py": b'"""Tides."""\n', "backports/tides/py.typed": b""}
    return Wheel(name="backports_tides", metadata=metadata, files=package).build()


@good("MD216")
def one_version_left_out() -> Built:
    return wheel_with("Requires-Python", ">=3.10,!=3.12.0")


@bad("MD217", at=f"{METADATA}:1", says="twine 6.2.0 rejects Metadata-Version 2.5; twine 7")
def version_that_an_older_twine_does_not_send() -> Built:
    return wheel_of(newest())


@bad("MD217", at=f"{PKG_INFO}:1")
def sdist_that_an_older_twine_does_not_send() -> Built:
    return sdist_with("Metadata-Version", "2.5")


@good("MD217")
def version_that_every_twine_sends() -> Built:
    return wheel_with("Metadata-Version", "2.4")


# MD218


REQUIRES = f"{METADATA}:13"
"""The first requirement of such a wheel."""


@bad(
    "MD218",
    at=f"{METADATA}:11",
    says="excludes every Python",
    severity="error",
    also=("FN107", "MD213", "MD216"),
)
def pythons_that_do_not_exist() -> Built:
    return wheel_of(requiring("attrs", python=">=3.11,<3.10"))


@bad("MD218", at=REQUIRES, says="never true, because the variable has the value 'win32'")
def marker_of_no_system() -> Built:
    return wheel_of(requiring('pywin32; sys_platform == "Windows"'))


@bad("MD218", at=REQUIRES, says="always true, because the variable has the value 'pypy'")
def marker_of_every_implementation() -> Built:
    return wheel_of(requiring('pycparser; "PyPy" != implementation_name'))


@bad("MD218", at=REQUIRES, says="never true, because the variable has no patch release")
def marker_with_a_patch_release() -> Built:
    return wheel_of(requiring("tomli; python_version == '3.10.4'"))


@bad("MD218", at=REQUIRES, says="compares with text that is not a version")
def marker_with_a_typo() -> Built:
    return wheel_of(requiring("tomli; python_version < '3.12.'"))


@bad("MD218", at=REQUIRES, says="the extra 'gpu', which no Provides-Extra declares")
def extra_that_is_not_declared() -> Built:
    return wheel_of(requiring("torch; extra == 'gpu'"))


@bad("MD218", at=f"{METADATA}:14", says="requires the extra 'gpus' of the project itself")
def own_extra_with_a_typo() -> Built:
    return wheel_of(requiring("sample[gpus]; extra == 'all'", extras=("all",)))


@bad("MD218", at=REQUIRES, says="the interpreter")
def python_as_a_project() -> Built:
    return wheel_of(requiring("python>=3.10"))


@bad("MD218", at=REQUIRES, says="PyPI has no project of this name")
def module_as_a_project() -> Built:
    return wheel_of(requiring("abc"))


@good("MD218")
def requirements_that_installers_fulfill() -> Built:
    return wheel_of(
        requiring(
            "numpy>=2; python_version >= '3.12'",
            'pywin32; sys_platform == "win32" or os_name == "nt"',
            'uvloop; platform_system != "Windows" and implementation_name == "cpython"',
            "async-timeout; python_full_version < '3.11.3'",
            "torch; extra == 'My_Extra'",
            "sample[my.extra]; extra == 'all'",
            "importlib-metadata",
            "configparser>=7",
            extras=("my-extra", "all"),
        )
    )
