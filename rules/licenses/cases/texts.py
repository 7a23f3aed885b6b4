"""Cases of LC104 to LC109: license files compared with the metadata."""

from __future__ import annotations

from fixtures.builders import LICENSE, Built, Metadata, Sdist, Wheel, sample_metadata
from fixtures.cases import bad, good
from fixtures.samples import METADATA, PKG_INFO

LICENSES = "sample-1.0.dist-info/licenses"

MIT = """MIT License

Copyright (c) 2024 The sample developers

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files, to deal in the Software without restriction, subject to this: The above
copyright notice and this permission notice shall be included in all copies or substantial portions.
"""
BSD = """Copyright (c) 2024, The sample developers

Redistribution and use in source and binary forms are permitted if:
 * Redistributions of source code must retain the above copyright notice.
 * Redistributions in binary form must reproduce the above copyright notice.
"""
"""The parts of the texts that identify the licenses."""


def stated(expression: str, **fields: str) -> Metadata:
    metadata = sample_metadata()
    metadata.set("License-Expression", *filter(None, [expression]))
    for name, value in fields.items():
        metadata.set(name, value)
    return metadata


def wheel(text: str, expression: str = "MIT") -> Built:
    return Wheel(metadata=stated(expression), licenses={"LICENSE": text.encode()}).build()


def sdist(text: str, expression: str = "MIT") -> Built:
    made = Sdist(metadata=stated(expression))
    made.files["LICENSE"] = text.encode()
    return made.build()


# LC104


@good("LC104")
def classifier_where_nobody_is_pedantic() -> Built:
    return Wheel(metadata=stated("", Classifier="License :: OSI Approved :: Apache Software License")).build()


@bad("LC104", at=f"{METADATA}:8", config={"pedantic": True})
def classifier_alone() -> Built:
    return Wheel(metadata=stated("", Classifier="License :: OSI Approved :: Apache Software License")).build()


@bad("LC104", at=f"{PKG_INFO}:9", says="beside License-Expression 'Apache-2.0'")
def classifier_beside_the_expression() -> Built:
    metadata = stated("Apache-2.0", Classifier="License :: OSI Approved :: Apache Software License")
    return Sdist(metadata=metadata).build()


@good("LC104")
def classifier_before_there_were_expressions() -> Built:
    metadata = stated("", Classifier="License :: OSI Approved :: Apache Software License")
    metadata.set("Metadata-Version", "2.3")
    return Wheel(metadata=metadata).build()


@good("LC104")
def classifier_that_no_identifier_replaces() -> Built:
    return Sdist(metadata=stated("", Classifier="License :: Other/Proprietary License")).build()


# LC105


@bad("LC105", at=f"{LICENSES}/LICENSE:3", says="[year] [fullname]")
def template_of_mit() -> Built:
    return wheel(MIT.replace("2024 The sample developers", "[year] [fullname]"))


@bad("LC105", at="sample-1.0/LICENSE:1", says="<YEAR>, <OWNER>")
def template_of_bsd() -> Built:
    return sdist(BSD.replace("2024, The sample developers", "<YEAR>, <OWNER>"), "BSD-2-Clause")


@bad("LC105", at=f"{LICENSES}/LICENSE:3")
def owner_to_be_filled_in() -> Built:
    return wheel(MIT.replace("The sample developers", "<copyright holders>"))


@bad("LC105", at=f"{LICENSES}/LICENSE:3")
def template_without_brackets() -> Built:
    return wheel(MIT.replace("2024 The sample developers", "YEAR Your Name"))


@bad("LC105", at="sample-1.0/LICENSE:3", says="cookiecutter")
def template_that_was_not_rendered() -> Built:
    return sdist(MIT.replace("The sample developers", "{{ cookiecutter.author }}"))


@good("LC105", "LC108")
def appendix_on_how_to_apply_it() -> Built:
    return Wheel().build()


@good("LC105", "LC108")
def owner_with_an_address() -> Built:
    return sdist(MIT.replace("developers", "developers <https://www.python.org>"))


# LC106


@bad("LC106", at="sample-1.0/NOTICE")
def notice_that_is_not_listed() -> Built:
    made = Sdist()
    made.files["NOTICE"] = b"The sample project\n"
    return made.build()


@bad("LC106", at=f"{LICENSES}/LICENSE-MIT", says="not named by any License-File; nor is 1 more")
def licenses_that_are_not_listed() -> Built:
    licenses = {"LICENSE": LICENSE, "LICENSE-MIT": MIT.encode(), "six/LICENSE": MIT.encode()}
    return Wheel(licenses=licenses).build()


@good("LC106")
def what_is_no_license_file() -> Built:
    made = Sdist()
    made.files["license_header.txt"] = b"# The sample project\n"
    made.files["docs/LICENSE"] = LICENSE
    return made.build()


@good("LC106")
def license_files_that_the_build_will_list() -> Built:
    made = Sdist(metadata=stated("Apache-2.0", Dynamic="License-File"))
    made.files["NOTICE"] = b"The sample project\n"
    return made.build()


@good("LC106")
def license_before_there_was_a_list() -> Built:
    metadata = stated("", License="Apache-2.0")
    metadata.set("Metadata-Version", "2.1")
    metadata.set("License-File")
    return Wheel(metadata=metadata).build()


# LC107


@bad("LC107", at="sample/_vendor", says="'six'")
def vendored_without_a_license() -> Built:
    made = Wheel()
    made.files["sample/_vendor/__init__.py"] = b""
    made.files["sample/_vendor/six/__init__.py"] = b"PY3 = True\n"
    return made.build()


@bad("LC107", at="sample-1.0/src/sample/third_party")
def vendored_in_an_sdist() -> Built:
    made = Sdist()
    made.files["src/sample/third_party/six/__init__.py"] = b"PY3 = True\n"
    return made.build()


def vendoring(path: str, data: bytes) -> Built:
    made = Wheel()
    made.files["sample/_vendor/six/__init__.py"] = b"PY3 = True\n"
    made.files[path] = data
    return made.build()


@good("LC107")
def vendored_beside_its_license() -> Built:
    return vendoring("sample/_vendor/six.LICENSE", MIT.encode())


@good("LC107")
def vendored_with_its_copyright() -> Built:
    return vendoring("sample/_vendor/six/core.py", b"# Copyright 2024 The six developers\n")


@good("LC107")
def vendored_code_of_a_test() -> Built:
    made = Sdist()
    made.files["tests/vendor/six/__init__.py"] = b"PY3 = True\n"
    return made.build()


# LC108


@bad("LC108", at=f"{LICENSES}/LICENSE", says="text of Apache-2.0, but License-Expression is 'MIT'")
def text_of_apache() -> Built:
    return wheel(LICENSE.decode())


@bad("LC108", at="sample-1.0/LICENSE", says="text of MIT")
def text_of_mit() -> Built:
    return sdist(MIT, "Apache-2.0")


@bad("LC108", at=f"{LICENSES}/LICENSE", says="BSD-2-Clause")
def text_of_another_bsd() -> Built:
    return wheel(BSD, "BSD-3-Clause")


@bad("LC108", at=f"{LICENSES}/LICENSE", says="but Classifier is")
def text_against_the_classifier() -> Built:
    metadata = stated("", Classifier="License :: OSI Approved :: Apache Software License")
    return Wheel(metadata=metadata, licenses={"LICENSE": MIT.encode()}).build()


@good("LC108")
def one_text_for_each_license() -> Built:
    metadata = stated("MIT OR Apache-2.0")
    metadata.set("License-File", "LICENSE-APACHE", "LICENSE-MIT")
    return Wheel(metadata=metadata, licenses={"LICENSE-APACHE": LICENSE, "LICENSE-MIT": MIT.encode()}).build()


@good("LC108")
def texts_of_what_is_bundled() -> Built:
    return sdist(f"{MIT}\n\nIt bundles another project:\n\n{BSD}", "Zlib")


@good("LC108")
def text_in_words_of_its_own() -> Built:
    return sdist("All that one may do with it is stated in the contract.\n", "MIT")


@good("LC108")
def license_of_its_own_beside() -> Built:
    return wheel(MIT, "LicenseRef-Sample AND MIT")


# LC109


def without_text(expression: str = "MIT", body: str = "", **fields: str) -> Metadata:
    metadata = stated(expression, **fields)
    metadata.set("License-File")
    metadata.body = body or metadata.body
    return metadata


@bad("LC109", at=f"{METADATA}:6", says="License-Expression is 'MIT', but no file contains the text")
def expression_without_a_text() -> Built:
    return Wheel(metadata=without_text(), licenses={}).build()


@bad("LC109", at=f"{METADATA}:11", says="License is 'BSD'")
def name_without_a_text() -> Built:
    return Wheel(metadata=without_text("", License="BSD"), licenses={}).build()


@bad("LC109", at=f"{PKG_INFO}:7", says="'License :: OSI Approved :: MIT License'")
def classifier_without_a_text() -> Built:
    made = Sdist(metadata=without_text("", Classifier="License :: OSI Approved :: MIT License"))
    made.files.pop("LICENSE")
    return made.build()


@bad("LC109", at=f"{METADATA}:6", severity="warning", says="; the sdist has it as 'LICENSE'")
def text_in_the_sdist_only() -> list[Built]:
    return [sdist(MIT), Wheel(metadata=without_text(), licenses={}).build()]


@bad(
    "LC109",
    at=f"{METADATA}:6",
    severity="warning",
    says="; the repository has it as 'LICENSE'",
    tracked=["pyproject.toml", "LICENSE", "src/sample/LICENSE"],
)
def text_in_the_repository_only() -> Built:
    return Wheel(metadata=without_text(), licenses={}).build()


@good("LC109")
def license_that_needs_no_text() -> Built:
    return Wheel(metadata=without_text("0BSD OR LicenseRef-Own"), licenses={}).build()


@good("LC109")
def proprietary_license() -> Built:
    return Wheel(metadata=without_text("", License="Proprietary"), licenses={}).build()


@good("LC109")
def text_in_a_package() -> Built:
    made = Wheel(metadata=without_text(), licenses={})
    made.files["sample/LICENCE.txt"] = MIT.encode()
    return made.build()


@good("LC109")
def text_in_the_description() -> Built:
    return Wheel(metadata=without_text(body=MIT), licenses={}).build()
