"""MD211 to MD216: where the line is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.builders import Wheel, sample_metadata
from pkgaudit.api import CoreMetadata
from pkgaudit.rules._shared.license_classifiers import agrees, identifiers_in
from pkgaudit.rules.metadata.rules_suspicious import _is_insecure
from pkgaudit.rules.metadata.suspicious_pythons import excluded, upper_bound
from pkgaudit.rules.metadata.suspicious_templates import is_about_templates, is_placeholder_url, placeholders
from pkgaudit.rules.metadata.suspicious_versions import judge_version
from tests.support import audit


def found(field: str, value: str) -> bool:
    return any(placeholders(CoreMetadata("METADATA", f"{field}: {value}\n\n".encode("utf-8", "replace"))))


@pytest.mark.parametrize(
    "summary",
    [
        "TODO",
        "FIXME: describe",
        "todo",
        "Add your description here",
        "Add a short description here!",
        "A short description of the project.",
        "<your description>",
        "Short description",
        "Description of your package",
        "{{ description }}",
        "${description}",
        "Lorem ipsum dolor sit amet",
        "N/A",
    ],
)
def test_summaries_of_templates(summary: str) -> None:
    assert found("Summary", summary)


@pytest.mark.parametrize(
    "summary",
    [
        "TODO lists on the command line",
        "Todo.txt in Python",
        "Finds FIXME and TODO in sources",
        "Adds a short description to each commit",
        "The description of a project in one file",
        "A template engine with {{ name }}"[:20],
        "Placeholder images for Django",
        "None-aware operators",
        "Your data, described",
        "A",
    ],
)
def test_summaries_of_people(summary: str) -> None:
    assert not found("Summary", summary)


@pytest.mark.parametrize(
    ("author", "is_placeholder"),
    [
        ("Your Name <you@example.com>", True),
        ("Ada Lovelace <ada@example.org>", True),
        ("author@example.com", True),
        ("your.email@gmail.com", True),
        ("name@domain.com", True),
        ("A. Random Developer", True),
        ("{{ cookiecutter.full_name }}", True),
        ("Ada Lovelace", False),
        ("Author Name <ada@python.org>", False),
        ("Ada <ada@example.com.au>", False),
        ("Ada <ada@myexample.com>", False),
        ("Unknown <list@python.org>", False),
        ("youremi@gmail.com", False),
        ("First <a@python.org>, Second <b@python.org>", False),
        ("First <a@python.org>, Your Name <you@example.com>", True),
    ],
)
def test_authors(author: str, is_placeholder: bool) -> None:
    assert found("Author-email", author) is is_placeholder


@pytest.mark.parametrize(
    ("url", "is_placeholder"),
    [
        ("https://example.com", True),
        ("Homepage, https://www.example.org/tides", True),
        ("Docs, https://tides.example.net:8443/", True),
        ("https://github.com/yourusername/tides", True),
        ("https://github.com/your-org/tides", True),
        ("https://github.com/<user>/tides", True),
        ("https://github.com/USERNAME/tides", True),
        ("https://github.com/user/repo", True),
        ("https://gitlab.com/tides/your-project", True),
        ("https://github.com/pypa/sampleproject.git", True),
        ("https://yourdomain.com/", True),
        ("TODO", True),
        ("https://github.com/user/tides", False),
        ("https://github.com/yours-truly/tides", False),
        ("https://github.com/pypa/sampleprojects", False),
        ("https://example.community/", False),
        ("https://www.python.org/example.com", False),
        ("https://github.com/tides/example.com", False),
        ("https://your.org.uk/", False),
    ],
)
def test_urls(url: str, is_placeholder: bool) -> None:
    assert is_placeholder_url(url, "tides") is is_placeholder


def test_projects_about_templates() -> None:
    assert is_about_templates("cookiecutter-tides")
    assert is_about_templates("sampleproject")
    assert is_about_templates("My.Demos")
    for name in ("tides", "uvdemo", "todoist", "samplerate", "mockingbird", "democracy", "startership"):
        assert not is_about_templates(name)


@pytest.mark.parametrize(
    ("version", "severity"),
    [
        ("0", "warning"),
        ("0.0.0", "warning"),
        ("0.0.0.post1", "warning"),
        ("0.0.0+unknown", "warning"),
        ("0.1.dev0", "warning"),
        ("0.1.dev12+gabcdef0", "warning"),
        ("0.0.1.dev4", "warning"),
        ("1.0.dev12345678901234567", "warning"),
        ("1.2.dev5", "info"),
        ("1.2.dev1700000000", "info"),
        ("0.1.0.dev1", "info"),
        ("1.2.dev20260131", ""),
        ("1.2.dev202601312359", ""),
        ("1.0+local", ""),
        ("0.0.1", ""),
        ("0.0.0rc1", ""),
        ("1!0.0.0", ""),
        ("nonsense", ""),
        ("1" * 5000, ""),
    ],
)
def test_versions(version: str, severity: str) -> None:
    verdict = judge_version(version)
    assert (str(verdict.severity) if verdict else "") == severity


@pytest.mark.parametrize(
    ("requires", "bound"),
    [
        (">=3.8,<4", "<4"),
        (">=3.8, <3.14", "<3.14"),
        (">=3.8,<=3.13", "<=3.13"),
        ("~=3.8", "~=3.8"),
        ("==3.*", "==3.*"),
        ("==3.12", "==3.12"),
        (">=2.7,<3", None),
        (">=2.7,<3.0", None),
        (">=2.7,!=3.0.*", None),
        (">=3", None),
        ("~=3", None),
        ("<", None),
        ("", None),
    ],
)
def test_upper_bounds(requires: str, bound: str | None) -> None:
    assert upper_bound(requires) == bound


def test_excluded_versions() -> None:
    assert excluded(["2", "2.7", "3", "3.8", "3.12"], ">=3.9") == ["2", "2.7", "3.8"]
    assert excluded(["3.9"], ">=3.9.3") == []
    assert excluded(["3"], "<3") == ["3"]
    assert excluded(["3.9"], "nonsense") == []


@pytest.mark.parametrize(
    ("url", "is_insecure"),
    [
        ("http://www.python.org", True),
        ("HTTP://www.python.org", True),
        ("http://user@www.python.org:80/", True),
        ("http://8.8.8.8/", True),
        ("https://www.python.org", False),
        ("http://localhost:8000", False),
        ("http://127.0.0.1", False),
        ("http://[::1]/", False),
        ("http://10.1.2.3/", False),
        ("http://build.internal/", False),
        ("http://", False),
        ("ftp://www.python.org", False),
    ],
)
def test_insecure(url: str, is_insecure: bool) -> None:
    assert _is_insecure(url) is is_insecure


@pytest.mark.parametrize(
    ("classifier", "expression", "agree"),
    [
        ("License :: OSI Approved :: MIT License", "MIT", True),
        ("License :: OSI Approved :: MIT License", "Apache-2.0", False),
        ("License :: OSI Approved :: MIT License", "Apache-2.0 AND (BSD-3-Clause OR MIT)", True),
        ("License :: OSI Approved :: BSD License", "BSD-2-Clause", True),
        ("License :: OSI Approved :: GNU General Public License v2 (GPLv2)", "GPL-2.0-only", True),
        ("License :: OSI Approved :: GNU General Public License v2 (GPLv2)", "GPL-3.0-only", False),
        ("License :: OSI Approved :: GNU General Public License (GPL)", "LGPL-3.0-only", False),
        ("License :: OSI Approved :: Apache Software License", "Apache-2.0 WITH LLVM-exception", True),
        ("License :: OSI Approved :: MIT License", "LicenseRef-Tides", True),
        ("License :: Other/Proprietary License", "MIT", True),
    ],
)
def test_classifiers_and_expressions(classifier: str, expression: str, agree: bool) -> None:
    identifiers = identifiers_in(expression)
    assert identifiers
    assert agrees(classifier, identifiers) is agree


def test_what_is_no_expression() -> None:
    for text in ("", "BSD", "MIT MIT", "(" * 400 + "MIT" + ")" * 400, "MIT OR " * 5000):
        assert not identifiers_in(text)


@given(st.text(max_size=700))
def test_any_text_is_judged(text: str) -> None:
    judge_version(text)
    upper_bound(text)
    identifiers_in(text)
    is_placeholder_url(text, "tides")
    _is_insecure(f"http://{text}")
    excluded(["3.9"], text)


def test_hostile_metadata_ends_soon(tmp_path: Path) -> None:
    metadata = sample_metadata("tides")
    metadata.set("Summary", "add a " * 20_000)
    metadata.set("Author-email", "your" * 20_000 + "@", "<" * 50_000)
    metadata.set("Requires-Python", ">=3.8," * 20_000)
    metadata.set("Classifier", *("Programming Language :: Python :: 2." + str(n % 100) for n in range(2000)))
    metadata.set("Project-URL", *(f"{n}, http://{'a.' * 500}" for n in range(1000)))
    assert audit(tmp_path, Wheel(name="tides", metadata=metadata).build(), {"select": ["MD21"]})
