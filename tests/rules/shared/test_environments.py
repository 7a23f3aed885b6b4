"""Markers that may be true, alone or together."""

from __future__ import annotations

import pytest

from pkgaudit.rules._shared.environments import can_hold


@pytest.mark.parametrize(
    ("pythons", "markers"),
    [
        ("", ()),
        ("", ("", "")),
        (">=3.10", ('python_version < "3.11"',)),
        (">=3.8", ('python_version < "3.9"',)),
        ("<3", ('python_version == "2.7"',)),
        (">=3.10", ('python_full_version < "3.10.2"', 'python_full_version >= "3.10.0"')),
        ("", ('sys_platform == "win32"', 'os_name == "nt" and platform_system == "Windows"')),
        ("", ('platform_machine == "arm64"', 'sys_platform == "darwin"')),
        ("", ('implementation_name == "pypy"', 'platform_python_implementation != "CPython"')),
        ("", ("", 'extra == "fast"')),
        ("", ('"fast" == extra', 'extra == "fast" and python_version >= "3.9"')),
        # A Python that is newer than the data.
        (">=3.99", ('sys_platform == "linux"',)),
    ],
)
def test_can_hold(pythons: str, markers: tuple[str, ...]) -> None:
    assert can_hold(pythons, *markers)


@pytest.mark.parametrize(
    ("pythons", "markers"),
    [
        ("", ('python_version < "3.9"',)),
        (">=3.10", ('python_version < "3.10"',)),
        (">=3.10", ('python_version < "3.12"', 'python_version >= "3.12"')),
        ("", ('sys_platform == "win32"', 'os_name == "posix"')),
        ("", ('platform_machine == "AMD64"', 'sys_platform == "darwin"')),
        ("", ('implementation_name == "pypy"', 'platform_python_implementation == "CPython"')),
        ("", ('extra == "fast"', 'extra == "small"')),
        ("", ('extra == "fast"', 'extra != "fast"')),
        # Too long to be evaluated.
        ("", (" or ".join(['os_name == "posix"'] * 20),)),
    ],
)
def test_cannot_hold(pythons: str, markers: tuple[str, ...]) -> None:
    assert not can_hold(pythons, *markers)


def test_holds_for_one_python() -> None:
    assert can_hold(">=3.10", 'python_version < "3.12"', python=(3, 11))
    assert not can_hold(">=3.10", 'python_version < "3.12"', python=(3, 12))


def test_does_not_depend_on_the_machine() -> None:
    assert not can_hold("", 'platform_release == "6.1"')
