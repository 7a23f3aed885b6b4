"""Command lines of other programs, as they read them."""

from __future__ import annotations

import pytest

from pkgaudit.gate.arguments import Arguments, Kind, Syntax

TWINE = Syntax(
    "-r --repository=", "--repository-url=", "-s --sign", "--sign-with=", "--verbose", abbreviates=True
)
CLICK = Syntax("-r --repo=", "-n --no-prompt", has_equals=False)


def read(line: str, syntax: Syntax = TWINE) -> Arguments:
    return syntax.read(line.split())


@pytest.mark.parametrize(
    "line",
    ["-r local", "-rlocal", "-r=local", "--repository local", "--repository=local", "-sr local", "-srlocal"],
)
def test_spellings_of_a_value(line: str) -> None:
    found = read(f"{line} a.whl")
    assert found.value("repository") == "local"
    assert [each.text for each in found.arguments] == ["a.whl"]


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("--verb", "verbose"),
        ("--sign", "sign"),
        ("--sign-w=gpg", "sign-with"),
        ("--repository-u=x", "repository-url"),
    ],
)
def test_abbreviation(line: str, option: str) -> None:
    assert read(line).has(option)


def test_ambiguous_abbreviation() -> None:
    found = read("--repo x")
    assert not found.has("repository")
    assert not found.has("repository-url")


def test_no_abbreviation() -> None:
    assert not read("--no-p", CLICK).has("no-prompt")


def test_equals_sign_belongs_to_the_value() -> None:
    assert read("-r=local", CLICK).value("repo") == "=local"


def test_last_value_counts() -> None:
    assert read("-r one --repository two").value("repository") == "two"


def test_bundled_flags() -> None:
    found = read("-nr local", CLICK)
    assert found.has("no-prompt")
    assert found.value("repo") == "local"


def test_value_that_looks_like_an_option() -> None:
    found = read("-r -s a.whl")
    assert found.value("repository") == "-s"
    assert not found.has("sign")


def test_two_dashes() -> None:
    found = read("-s -- -r a.whl --")
    assert [each.text for each in found.arguments] == ["-r", "a.whl", "--"]
    assert found.value("repository") is None
    assert [each.at for each in found.words if each.kind is Kind.END] == [1]


def test_missing_value() -> None:
    found = read("a.whl -sr")
    assert found.value("repository") is None
    assert found.incomplete is not None
    assert found.incomplete == "-sr"
    assert read("-r x a.whl -s").incomplete is None


def test_unknown_option() -> None:
    found = read("--nothing a.whl -x")
    assert [each.text for each in found.arguments] == ["a.whl"]


def test_single_dash_is_an_argument() -> None:
    assert [each.text for each in read("-").arguments] == ["-"]


def test_options_before_a_command() -> None:
    syntax = Syntax("--project=", "-v")
    words = ["-v", "--project", "x", "publish", "--project", "y"]
    found = syntax.read(words, whole=False)
    assert found.rest == 3
    assert found.value("project") == "x"
    assert syntax.read(words, 4).value("project") == "y"
