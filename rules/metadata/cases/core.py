"""Cases of MD: core metadata."""

from __future__ import annotations

from fixtures.builders import Built, Metadata, Sdist, Wheel, sample_metadata
from fixtures.cases import bad, good
from fixtures.samples import (
    METADATA,
    PKG_INFO,
    Verbatim,
    sdist_with,
    wheel_of,
    wheel_with,
    with_headers,
)

MISMATCH = ("FN103", "SD106")
"""Rules that compare Name or Version with the filename or pyproject.toml."""


# MD101


@bad("MD101", also=("WH101",))
def wheel_without_metadata() -> Built:
    return Wheel(metadata=None).build()


# MD102


@bad("MD102", at=f"{METADATA}:13", says="'X-Team'")
def unknown_field() -> Built:
    return wheel_of(with_headers(("X-Team", "blue")))


@bad("MD102", at=f"{METADATA}:13", says="did you mean Project-URL?")
def misspelt_field() -> Built:
    return wheel_of(with_headers(("Project-URLs", "Docs, https://docs.python.org")))


@bad("MD102", at=f"{PKG_INFO}:5", says="Summary occurs a second time, with 'Another sample project'")
def summary_twice() -> Built:
    return sdist_with("Summary", "A sample project", "Another sample project")


@bad("MD102", at=f"{METADATA}:13")
def keywords_twice_in_other_case() -> Built:
    return wheel_of(with_headers(("keywords", "more")))


@bad("MD102", at=f"{METADATA}:5", says="is not UTF-8")
def latin_1_author() -> Built:
    data = bytes(sample_metadata()).replace(b"Ada Lovelace", "Zoë".encode("latin-1"))
    return wheel_of(Verbatim(data))


@bad("MD102", at=f"{METADATA}:16", says="description is not UTF-8")
def latin_1_description() -> Built:
    metadata = sample_metadata()
    data = bytes(metadata).replace(b"A sample project.", "Ein schönes Projekt".encode("latin-1"))
    return wheel_of(Verbatim(data))


@bad("MD102", at=f"{METADATA}:1", says="byte order mark")
def byte_order_mark() -> Built:
    return wheel_of(Verbatim(b"\xef\xbb\xbf" + bytes(sample_metadata())))


@bad("MD102", at=f"{PKG_INFO}:1", says="UTF-16", also=MISMATCH)
def utf_16() -> Built:
    return Sdist(metadata=Verbatim(bytes(sample_metadata()).decode().encode("utf-16"))).build()


@bad("MD102", at=METADATA, says="empty", also=MISMATCH)
def empty_file() -> Built:
    return wheel_of(Verbatim(b""))


@bad("MD102", at=f"{METADATA}:13", says="the description occurs twice")
def description_twice() -> Built:
    return wheel_of(with_headers(("Description", "A sample project.")))


@bad("MD102", at=f"{METADATA}:5", severity="warning", says="'and more of it'", also=("MD205", "RM103"))
def summary_with_an_unfolded_line() -> Built:
    return wheel_with("Summary", "A sample project\nand more of it")


@bad("MD102", at=f"{METADATA}:2", says="neither a header field", also=MISMATCH)
def broken_off_before_the_name() -> Built:
    return wheel_of(Verbatim(bytes(sample_metadata()).replace(b"Name: sample", b"Name sample")))


@bad("MD102", at=f"{METADATA}:15", severity="warning", says="'Platform: any'")
def header_broken_off_by_a_blank_line() -> Built:
    rest = "   more of the license\n\nPlatform: any\nPlatform: all\nKeywords: sample\n\n"
    metadata = sample_metadata()
    metadata.set("Keywords")
    metadata.body = f"{rest}{metadata.body}"
    return wheel_of(metadata)


@good("MD102")
def description_about_metadata() -> Built:
    metadata = sample_metadata()
    metadata.body += "\nName: a\nVersion: 1\nSummary: b\n\nPlatform: any\nNote: c\nDynamic: d\n"
    return wheel_of(metadata)


# MD103


@bad("MD103", at=f"{METADATA}:1", says="'2.0'")
def version_that_was_never_finished() -> Built:
    return wheel_with("Metadata-Version", "2.0")


@bad("MD103", at=f"{METADATA}:1", says="newer than the data of this audit")
def version_newer_than_the_index() -> Built:
    metadata = with_headers(("Colour", "blue"))
    metadata.set("Metadata-Version", "2.9")
    return wheel_of(metadata)


@bad("MD103", at=f"{METADATA}:1", says="2.6")
def version_that_the_index_does_not_take_yet() -> Built:
    return wheel_with("Metadata-Version", "2.6")


@bad("MD103", at=METADATA, says="no Metadata-Version")
def no_metadata_version() -> Built:
    return wheel_with("Metadata-Version")


@bad("MD103", at=f"{PKG_INFO}:6", says="needs metadata version 2.4")
def license_expression_too_early() -> Built:
    return sdist_with("Metadata-Version", "2.3")


@bad("MD103", at=f"{METADATA}:13", says="Import-Name")
def import_name_too_early() -> Built:
    return wheel_of(with_headers(("Import-Name", "sample"), ("Import-Name", "sample.core")))


# MD104


@bad("MD104", at=f"{METADATA}:2", says="Name 'sam ple'", also=(*MISMATCH, "FN102"))
def name_with_a_space() -> Built:
    return wheel_with("Name", "sam ple")


@bad("MD104", at=f"{METADATA}:2", says="'UNKNOWN'", also=MISMATCH)
def name_unknown() -> Built:
    return wheel_with("Name", "UNKNOWN")


@bad("MD104", at=METADATA, says="the core metadata has no Version", also=MISMATCH)
def no_version() -> Built:
    return wheel_with("Version")


@bad("MD104", at=f"{METADATA}:3", says="Version 'latest'", also=MISMATCH)
def version_latest() -> Built:
    return wheel_with("Version", "latest")


@bad("MD104", at=f"{METADATA}:11", says="Requires-Python '3.8+'")
def requires_python_with_a_plus() -> Built:
    return wheel_with("Requires-Python", "3.8+")


@bad("MD104", at=f"{METADATA}:11", says="Requires-Python '>=3.8.*'")
def requires_python_star() -> Built:
    return wheel_with("Requires-Python", ">=3.8.*")


@bad("MD104", at=(f"{METADATA}:14", f"{METADATA}:15"), says="Requires-Dist 'attrs >> 3'")
def bad_requirements() -> Built:
    wanted = ("packaging", "attrs >> 3", "click; python_version >", "rich>=13")
    return wheel_of(with_headers(*(("Requires-Dist", each) for each in wanted)))


@bad("MD104", at=f"{PKG_INFO}:13", says="Provides-Dist")
def bad_provides_dist() -> Built:
    return Sdist(metadata=with_headers(("Provides-Dist", "other (1.0"))).build()


@bad("MD104", at=f"{METADATA}:13", says="Provides-Extra 'my extra'")
def extra_with_a_space() -> Built:
    return wheel_of(with_headers(("Provides-Extra", "my extra")))


@bad("MD104", at=f"{METADATA}:6", says="License-Expression 'Apache 2'")
def unknown_license_expression() -> Built:
    return wheel_with("License-Expression", "Apache 2")


@bad("MD104", at=f"{METADATA}:7", says="License-File '../LICENSE'")
def license_file_outside() -> Built:
    return wheel_with("License-File", "../LICENSE")


@bad("MD104", at=f"{METADATA}:7", says="License-File './LICENSE'")
def license_file_not_in_normal_form() -> Built:
    return wheel_with("License-File", "./LICENSE")


@bad("MD104", at=f"{METADATA}:13", says="Import-Name 'class'", also=("MD217",))
def import_name_keyword() -> Built:
    metadata = with_headers(("Import-Name", "class"))
    metadata.set("Metadata-Version", "2.5")
    return wheel_of(metadata)


@bad("MD104", at=f"{METADATA}:11", says="which PyPI drops; uploaders", also=("MD211",))
def requires_python_unknown() -> Built:
    return wheel_with("Requires-Python", "UNKNOWN")


@bad("MD104", at=f"{METADATA}:6", says="License-Expression 'LicenseRef-Own+'")
def license_ref_with_a_plus() -> Built:
    return wheel_with("License-Expression", "LicenseRef-Own+")


# MD105


@bad("MD105", at="sample-1.0+ubuntu.1.dist-info/METADATA:3", says="'1.0+ubuntu.1'")
def local_version() -> Built:
    return Wheel(version="1.0+ubuntu.1").build()


@bad("MD105", at="sample-1.0+g1234/PKG-INFO:3", also=MISMATCH)
def local_version_of_an_sdist() -> Built:
    return Sdist(version="1.0+g1234").build()


# MD106


@bad("MD106", at=f"{METADATA}:9", says="is not a classifier that PyPI knows (trove-classifiers of 20")
def unknown_classifier() -> Built:
    return wheel_with("Classifier", "Programming Language :: Python :: 3.99")


@bad("MD106", at=f"{PKG_INFO}:10", says="'Natural Language :: Ukranian' is deprecated")
def deprecated_classifier() -> Built:
    return sdist_with("Classifier", "Typing :: Typed", "Natural Language :: Ukranian")


@bad("MD106", at=f"{METADATA}:9")
def classifier_in_other_case() -> Built:
    return wheel_with("Classifier", "programming language :: Python :: 3")


# MD107


@bad("MD107", at=f"{METADATA}:10", says="'Private :: Do Not Upload'")
def private_classifier() -> Built:
    return wheel_with("Classifier", "Programming Language :: Python :: 3", "Private :: Do Not Upload")


# MD108


@bad("MD108", at=f"{METADATA}:4", says="has 514 characters")
def summary_of_511_characters_with_a_nul() -> Built:
    wheel = Wheel()
    assert wheel.metadata is not None
    wheel.metadata.set("Summary", "a" * 510 + "\0")
    return wheel.build()


@bad("MD104", at=f"{METADATA}:13", severity="warning", says="more than 20,000 are not checked")
def requirement_of_30_000_characters() -> Built:
    wheel = Wheel()
    assert wheel.metadata is not None
    wheel.metadata.add("Requires-Dist", f"six{' ' * 30_000}>=1")
    return wheel.build()


@bad("MD108", at=f"{METADATA}:4", says="513 characters")
def long_summary() -> Built:
    return wheel_with("Summary", "x" * 513)


@bad("MD108", at=f"{PKG_INFO}:4", says="more than one line")
def folded_summary() -> Built:
    return sdist_with("Summary", "A sample\n project")


@bad("MD108", at=f"{METADATA}:4", severity="warning")
def summary_with_a_line_separator() -> Built:
    return wheel_with("Summary", "A sample\u2028project")


# MD109


@bad("MD109", at=f"{METADATA}:5", says="the domain has no dot")
def email_without_a_domain() -> Built:
    return wheel_with("Author-email", "Ada Lovelace <ada@localhost>")


@bad("MD109", at=f"{METADATA}:5", says="reserved")
def email_in_a_reserved_domain() -> Built:
    return wheel_with("Author-email", "ada@analytical.test")


@bad("MD109", at=f"{PKG_INFO}:13", says="'Ada'")
def name_in_place_of_an_email() -> Built:
    return Sdist(metadata=with_headers(("Maintainer-email", "Ada Lovelace"))).build()


@bad("MD109", at=f"{METADATA}:5")
def email_with_an_underscore_in_the_domain() -> Built:
    return wheel_with("Author-email", '"Lovelace, Ada" <ada@python_project.org>')


# MD110


@bad("MD110", at=f"{METADATA}:10", says="neither https nor http")
def git_url() -> Built:
    return wheel_with("Project-URL", "Source, git+ssh://git.python.org/sample")


@bad("MD110", at=f"{METADATA}:10", says="does not start with https://")
def url_without_a_scheme() -> Built:
    return wheel_with("Project-URL", "Source, git.python.org/sample")


@bad("MD110", at=f"{METADATA}:10", says="33 characters")
def long_label() -> Built:
    return wheel_with("Project-URL", f"{'x' * 33}, https://git.python.org/sample")


@bad("MD110", at=f"{PKG_INFO}:11", says="'Source' occurs a second time")
def label_twice() -> Built:
    return sdist_with("Project-URL", "Source, https://git.python.org/a", "Source, https://git.python.org/b")


@bad("MD110", at=(f"{METADATA}:10", f"{METADATA}:11", f"{METADATA}:12"), says="it has no label")
def incomplete_project_urls() -> Built:
    return wheel_with("Project-URL", ", https://git.python.org", "Docs,", "https://docs.python.org")


@bad("MD110", at=f"{METADATA}:13", says="Home-page 'www.python.org'")
def home_page_without_a_scheme() -> Built:
    return wheel_of(with_headers(("Home-page", "www.python.org")))


@bad("MD110", at=f"{METADATA}:13", says="square bracket")
def download_url_template() -> Built:
    return wheel_of(with_headers(("Download-URL", "https://www.python.org/[version].tar.gz")))


@bad("MD110", at=f"{METADATA}:10", severity="warning", says="its URL contains a space; PyPI accepts the file")
def url_from_a_name_with_a_blank() -> Built:
    return wheel_with("Project-URL", "Source, https://git.python.org/Ada Lovelace/sample")


# MD111


@bad("MD111", at=f"{METADATA}:14", says="'tool @ git+https://git.python.org/tool'")
def direct_reference() -> Built:
    wanted = ("packaging", "tool @ git+https://git.python.org/tool")
    return wheel_of(with_headers(*(("Requires-Dist", each) for each in wanted)))


@bad("MD111", at=f"{PKG_INFO}:14")
def direct_reference_in_an_extra() -> Built:
    wanted = 'tool@ https://files.python.org/tool-1.0.tar.gz ; extra == "dev"'
    metadata = with_headers(("Provides-Extra", "dev"), ("Requires-Dist", wanted))
    return Sdist(metadata=metadata).build()


# MD112


@bad("MD112", at=f"{PKG_INFO}:13", says="'version', which must not be dynamic")
def dynamic_version() -> Built:
    return Sdist(metadata=with_headers(("Dynamic", "version"))).build()


@bad("MD112", at=f"{METADATA}:13", says="uploaders such as twine reject the file")
def empty_dynamic() -> Built:
    return wheel_of(with_headers(("Dynamic", "")))


@bad("MD112", at=f"{METADATA}:14", says="'Requirements'")
def dynamic_field_that_there_is_not() -> Built:
    return wheel_of(with_headers(("Dynamic", "classifier"), ("Dynamic", "Requirements")))


# Good ones


@good("MD101", "MD102", "MD104")
def wheel_and_sdist() -> list[Built]:
    return [Wheel().build(), Sdist().build()]


def _of_version(version: str, **changes: tuple[str, ...]) -> Metadata:
    """Return metadata as build backends wrote it before License-Expression, with further changes."""
    metadata = sample_metadata()
    metadata.set("Metadata-Version", version)
    metadata.set("License-Expression")
    metadata.add("License", "Apache-2.0")
    for name, values in changes.items():
        metadata.set(name.replace("_", "-"), *values)
    return metadata


@good("MD103", "MD104")
def license_file_before_there_was_such_a_field() -> list[Built]:
    return [Wheel(metadata=_of_version("2.1")).build(), Sdist(metadata=_of_version("2.2")).build()]


@good("MD103", "MD112")
def version_2_3() -> Built:
    return Sdist(metadata=_of_version("2.3", Dynamic=("License-File", "classifier"))).build()


@good("MD103", "MD104", also=("MD217",))
def version_2_5_with_import_names() -> Built:
    metadata = with_headers(("Import-Name", "sample"), ("Import-Name", "sample.core ; private"))
    metadata.set("Metadata-Version", "2.5")
    return wheel_of(metadata)


@good("MD104", "MD108")
def unusual_values() -> Built:
    metadata = with_headers(
        ("Provides-Extra", "Fast_Path.1"),
        ("Requires-Dist", "packaging (>=21,!=21.3) ; extra == 'fast-path-1'"),
        ("Requires-Dist", 'tomli>=2 ; python_version < "3.11" and (os_name == "nt" or os_name == "posix")'),
        ("Requires-External", "libpng (>=1.6)"),
    )
    metadata.set("License-Expression", "(apache-2.0 or MIT) AND LicenseRef-Own.1")
    metadata.set("Summary", "é" * 512)
    metadata.set("Requires-Python", ">=3.10, !=3.12.0, !=3.13.0.dev0")
    return wheel_of(metadata)


@good("MD104", "MD105")
def unusual_version() -> Built:
    return Wheel(version="1!2.0rc1.post3.dev4").build()


@bad("MD106", at=f"{METADATA}:10", says="''")
def empty_classifier_among_others() -> Built:
    return wheel_with("Classifier", "Typing :: Typed", "")


@good("MD106", "MD107")
def many_classifiers() -> Built:
    names = ("Development Status :: 5 - Production/Stable", "Programming Language :: Python :: 3.14")
    return sdist_with("Classifier", *names, "Typing :: Typed")


@good("MD109")
def several_authors() -> Built:
    return wheel_with(
        "Author-email", 'Ada Lovelace <ada@python.org>, "Babbage, Charles" <charles@python.org>, nobody'
    )


@good("MD109", "MD102")
def folded_authors() -> Built:
    metadata = sample_metadata()
    metadata.set("Author-email", "Zoë Ünlü <zoe.unlu+pypi@mail.python.org>,\n        Ada <ada@python.org>")
    metadata.add("Maintainer-email", "(the team) Núria <núria@bücher.python.org>")
    return wheel_of(metadata)


@good("MD110")
def unusual_urls() -> Built:
    return wheel_with(
        "Project-URL",
        f"{'Ü' * 32}, HTTPS://www.python.org/a%20b?q=(1)#[x]",
        "source, https://git.python.org:8443/~ada/sample",
        "Source, https://user@git.python.org/%7Eada,or-so",
    )


@good("MD111", "MD112")
def requirement_with_an_at_in_its_marker() -> Built:
    return wheel_of(
        with_headers(
            ("Dynamic", "Description"),
            ("Dynamic", "LICENSE-FILE"),
            ("Requires-Dist", 'packaging ; sys_platform == "a@b"'),
        )
    )


@good("MD102", "MD103")
def windows_line_ends() -> Built:
    return wheel_of(Verbatim(bytes(sample_metadata()).replace(b"\n", b"\r\n")))


@good("MD110", "MD109", "MD104")
def unknown_and_empty_values() -> Built:
    return Sdist(
        metadata=with_headers(
            ("Home-page", "UNKNOWN"),
            ("Download-URL", ""),
            ("Maintainer-email", "UNKNOWN"),
            ("Platform", "UNKNOWN"),
            ("License", ""),
        )
    ).build()
