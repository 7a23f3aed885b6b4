"""Cases of RM: the readme."""

from __future__ import annotations

from fixtures.builders import Built, Metadata, Sdist, Wheel, sample_metadata, sdist_sources
from fixtures.cases import bad, good
from fixtures.samples import METADATA, PKG_INFO, Verbatim, wheel_with

RST = """\
sample
======

.. image:: https://www.python.org/logo.png
   :alt: logo
   :scale: 50 %

A *sample* project. See `the site <https://www.python.org>`_.

.. code-block:: no-such-language

   x = 1

+---+---+
| a | b |
+---+---+
"""


def readme(body: str, content_type: str | None = "text/x-rst") -> Metadata:
    metadata = sample_metadata()
    metadata.set("Description-Content-Type", *([] if content_type is None else [content_type]))
    metadata.body = body
    return metadata


def rst_wheel(body: str, content_type: str | None = "text/x-rst") -> Built:
    return Wheel(metadata=readme(body, content_type)).build()


# RM101


@bad("RM101", at=f"{METADATA}:19", says='Unknown directive type "automodule"')
def sphinx_directive() -> Built:
    return rst_wheel("sample\n======\n\nText.\n\n.. automodule:: sample\n")


@bad("RM101", at=f"{METADATA}:16", says="underline too short")
def short_underline() -> Built:
    return rst_wheel("\nsample project\n=======\n\nText.\n")


@bad("RM101", at=f"{PKG_INFO}:16", says="Unknown interpreted text role")
def sphinx_role() -> Built:
    return Sdist(metadata=readme("sample\n======\n:func:`answer`\n", "text/x-rst; charset=UTF-8")).build()


@bad("RM101", at=f"{METADATA}:16", says='"include" directive disabled')
def included_file() -> Built:
    return rst_wheel("Text.\n\n.. include:: CHANGES.rst\n")


@bad("RM101", at=f"{METADATA}:17", says="(more at line 21)")
def several_faults() -> Built:
    return rst_wheel("sample\n======\n\n*a\n\nText.\n\n*b\nc\n")


@bad("RM101", at=f"{METADATA}:15", says="has no content type", also=("RM105",))
def markdown_that_renders_as_it_is() -> Built:
    return rst_wheel("# sample\n\n* item\n  `code\n* item\n", None)


@bad("RM101", at=f"{METADATA}:13", says="blank lines")
def one_blank_line_too_many() -> Built:
    return rst_wheel("\n", None)


@bad("RM101", at=f"{METADATA}:14", says="nothing is left")
def nothing_but_a_comment() -> Built:
    return rst_wheel(".. a comment\n")


@bad("RM101", at=f"{PKG_INFO}:14", says="it is in the header", also=("MD102",))
def description_in_the_header() -> Built:
    metadata = readme("")
    metadata.set("Description", "sample\n        ======\n        \n        Text.")
    return Sdist(metadata=Verbatim(bytes(metadata).removesuffix(b"\n"))).build()


@bad("RM101", at=f"{METADATA}:14", severity="warning", says="would take too long")
def substitutions_in_substitutions() -> Built:
    nested = "".join(f".. |a{each}| replace:: |a{each + 1}| |a{each + 1}|\n" for each in range(40))
    return rst_wheel(f"{nested}.. |a40| replace:: b\n\n|a0|\n")


@good("RM101", "RM102", "RM103")
def restructuredtext() -> list[Built]:
    return [Wheel(metadata=readme(RST)).build(), Sdist(metadata=readme(RST)).build()]


@good("RM101")
def broken_restructuredtext_as_plain_text() -> Built:
    return rst_wheel("sample\n==\n\n.. automodule:: sample\n", "text/plain")


@good("RM101", "RM102")
def markdown_variant() -> Built:
    return rst_wheel("# sample\n\n`code\n", "text/markdown; charset=UTF-8; variant=CommonMark")


@bad("RM101", at=f"{METADATA}:14", says="only titles, which readme_renderer on PyPI moves out")
def titles_alone() -> Built:
    return rst_wheel("sample\n======\n\nUsage\n-----\n")


@bad("RM101", at=f"{METADATA}:17", says="start-string", also=("RM102",))
def malformed_parameters_of_restructuredtext() -> Built:
    return rst_wheel("sample\n======\n\nbroken `ref\n", "text/x-rst; =x")


# RM102


@bad("RM102", at=f"{METADATA}:12", says="'text/rst'")
def content_type_rst() -> Built:
    return wheel_with("Description-Content-Type", "text/rst")


@bad("RM102", at=f"{PKG_INFO}:12", says="charset")
def charset_latin_1() -> Built:
    return Sdist(metadata=readme("# sample\n", "text/markdown; charset=latin-1")).build()


@bad("RM102", at=f"{METADATA}:12", says="must be spelled UTF-8")
def charset_in_lower_case() -> Built:
    return wheel_with("Description-Content-Type", "text/markdown; charset=utf-8")


@bad("RM102", at=f"{METADATA}:12", says="variant is 'gfm'")
def variant_in_lower_case() -> Built:
    return wheel_with("Description-Content-Type", "text/markdown; variant=gfm")


@bad("RM102", at=f"{METADATA}:12", says="folded")
def folded_content_type() -> Built:
    return wheel_with("Description-Content-Type", "text/markdown;\n charset=UTF-8")


@bad("RM102", at=f"{METADATA}:12", says="'markdown'")
def content_type_without_a_slash() -> Built:
    return wheel_with("Description-Content-Type", "markdown")


@bad("RM102", at=f"{METADATA}:12", severity="warning", says="malformed")
def malformed_parameters() -> Built:
    return wheel_with("Description-Content-Type", "text/markdown; charset=UTF-8; charset=UTF-8")


@good("RM102")
def content_type_in_other_case() -> Built:
    return wheel_with("Description-Content-Type", "Text/Markdown; charset=UTF-8; variant=GFM;")


# RM103


@bad("RM103", at=METADATA)
def no_description() -> Built:
    return Wheel(metadata=readme("", None)).build()


@bad("RM103", at=PKG_INFO, also=("MD211",))
def description_unknown() -> Built:
    return Sdist(metadata=readme("UNKNOWN\n", None)).build()


@bad("RM103", at=METADATA)
def blank_markdown() -> Built:
    return Wheel(metadata=readme("\n\n", "text/markdown")).build()


@bad("RM103", at=PKG_INFO, says="the readme is empty")
def empty_readme_that_is_named() -> Built:
    """hatchling writes no content type for an empty readme."""
    made = Sdist(metadata=readme("", None))
    made.files["README.md"] = b"\n"
    made.files["pyproject.toml"] = sdist_sources("hatchling")["pyproject.toml"].replace(
        b"[project]\n", b'[project]\nreadme = "README.md"\n'
    )
    return made.build()


@bad("RM103", at=METADATA, says="the readme is empty")
def empty_readme_with_its_type() -> Built:
    return Wheel(metadata=readme("", "text/markdown")).build()


@bad("RM103", at=PKG_INFO, says="the core metadata has no description")
def readme_that_is_not_named() -> Built:
    return Sdist(metadata=readme("", None)).build()


# RM104


@good("RM104")
def no_content_type_where_nobody_is_pedantic() -> Built:
    return rst_wheel(RST, None)


@bad("RM104", at=METADATA, severity="info", config={"pedantic": True})
def no_content_type() -> Built:
    return rst_wheel(RST, None)


@bad("RM104", at=METADATA, says="looks like Markdown")
def markdown_without_content_type() -> Built:
    return rst_wheel(
        "# sample\n\nSee the [manual](https://git.python.org/sample).\n\n## Use\n\nText.\n", None
    )


@bad("RM102", at=f"{METADATA}:12", says="'UNKNOWN'", also=("MD211",))
def content_type_unknown() -> Built:
    return rst_wheel(RST, "UNKNOWN")


@good("RM104")
def plain_text() -> Built:
    return rst_wheel("A sample project.\n", "text/plain; charset=UTF-8")
