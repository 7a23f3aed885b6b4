"""RL102 beyond the cases: the requirements of two distributions, compared by their effect."""

from __future__ import annotations

import pytest

from pkgaudit.api import CoreMetadata
from pkgaudit.rules._shared.environments import Where
from pkgaudit.rules.release.declared import Projects, Pythons


def projects(*requirements: str) -> Projects:
    head = ["Metadata-Version: 2.4", "Name: sample", "Version: 1.0", "Requires-Python: >=3.9"]
    lines = [*head, *(f"Requires-Dist: {each}" for each in requirements)]
    return Projects(CoreMetadata("METADATA", "\n".join(lines).encode()))


def pythons(text: str) -> Pythons:
    return Pythons(CoreMetadata("METADATA", f"Requires-Python: {text}\n".encode()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a>=1", "a<2"], ["A >=1.0,<2.0.0"]),
        (["a>=1,>=2"], ["a>=2"]),
        (["a; python_version >= '3.10'"], ["a; python_full_version >= '3.10.0'"]),
        (["a; python_version >= '3.6'"], ["a"]),
        (["a; python_version < '3.8'", "b"], ["b"]),
        (["a; extra == 'x' and os_name == 'nt'"], ["a; (sys_platform == 'win32') and extra == \"X\""]),
        (["a; extra == 'x' or extra == 'y'"], ["a; extra == 'y'", "a; extra == 'x'"]),
        (["a[B_c]; extra == 'x.y'"], ["a[b-c]; extra == 'x-y'"]),
        (["a[b]", "a[c]"], ["a[c,b]"]),
        (["a; platform_system == 'Darwin'"], ["a; 'darwin' == sys_platform"]),
    ],
)
def test_same_effect_in_other_words(one: list[str], other: list[str]) -> None:
    assert projects(*one).is_same(projects(*other))
    assert projects(*other).is_same(projects(*one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a"], []),
        (["a>=1"], ["a>=1.1"]),
        (["a>=1"], ["a>=1a1"]),
        (["a[b]"], ["a"]),
        (["a~=1.0"], ["a~=1.0.0"]),
        (["a===1.0"], ["a===1.0.0"]),
        (["a; python_version >= '3.12'"], ["a; python_version > '3.12'"]),
        (["a; extra == 'x'"], ["a; extra == 'y'"]),
        (["a; extra == 'x'"], ["a"]),
        (["a; sys_platform == 'win32'"], ["a; sys_platform == 'linux'"]),
        (["a; python_version < '3.11'"], ["a; python_full_version <= '3.11'"]),
    ],
)
def test_different_effect(one: list[str], other: list[str]) -> None:
    assert not projects(*one).is_same(projects(*other))
    assert not projects(*other).is_same(projects(*one))


def test_effect_in_some_environments_only() -> None:
    one, other = projects("a", "b; sys_platform == 'win32'"), projects("a")
    assert not one.is_same(other)
    assert one.is_same(other, Where(systems=frozenset({"linux", "darwin"})))
    assert not one.is_same(other, Where(frozenset({(3, 12)}), frozenset({"win32"})))
    old = projects("a", "b; python_version < '3.12' and implementation_name == 'pypy'")
    assert old.is_same(other, Where(frozenset({(3, 12), (3, 13)})))
    assert old.is_same(other, Where(interpreters=frozenset({"cpython"})))
    assert not old.is_same(other, Where(frozenset({(3, 11)})))


def test_pythons() -> None:
    assert pythons(">=3.8").is_same(pythons(" >=3.8.0,!=3.7.*"))
    assert not pythons(">=3.8").is_same(pythons(">=3.8,<4"))
    assert not pythons(">=3.8").is_same(pythons(">=3.9"))
    assert pythons(">=3.8").is_same(pythons(">=3.9"), Where(frozenset({(3, 10)})))


def test_many_long_requirements_take_little_time() -> None:
    marker = " or ".join(f"extra == 'e{number}'" for number in range(9))
    one = projects(*(f"p{number}>=1; {marker}" for number in range(1_000)))
    other = projects(*(f"p{number}>=2; {marker}" for number in range(1_000)))
    assert len(one.change(other).names) == 30
