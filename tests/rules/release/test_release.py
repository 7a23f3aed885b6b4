"""RL1xx beyond the cases: which wheels go together, and how versions compare."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Built, Sdist, Wheel, sample_metadata
from pkgaudit.finding import Finding
from pkgaudit.rules.release.cases.release import names_of, project
from tests.support import audit


def found(folder: Path, built: list[Built], code: str) -> list[Finding]:
    return [each for each in audit(folder, built, {"select": [code]}) if each.code == code]


@pytest.mark.parametrize(
    ("tags", "meet"),
    [
        (("py3-none-any", "cp311-cp311-win_amd64"), True),
        (("cp311-cp311-win_amd64", "cp311-cp311-win_arm64"), False),
        (("cp311-cp311-win_amd64", "cp311-cp311-manylinux_2_17_x86_64"), False),
        (("cp310-cp310-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_x86_64"), False),
        (("cp310-abi3-manylinux_2_17_x86_64", "cp311-cp311-manylinux2014_x86_64"), True),
        (("cp311-abi3-manylinux_2_17_x86_64", "cp310-cp310-manylinux2014_x86_64"), False),
        (("py3-none-manylinux_2_17_x86_64", "cp311-cp311-musllinux_1_2_x86_64"), False),
        (("cp311-cp311-macosx_11_0_universal2", "cp311-cp311-macosx_11_0_arm64"), True),
        (("cp311-cp311-macosx_10_9_x86_64", "cp311-cp311-macosx_11_0_arm64"), False),
        (("py2-none-any", "py3-none-any"), False),
        (("py2.py3-none-any", "py3-none-any"), True),
        (("pp310-pypy310_pp73-win_amd64", "cp310-cp310-win_amd64"), False),
        (("py310-none-any", "cp312-cp312-win_amd64"), True),
    ],
)
def test_wheels_that_one_environment_takes(tags: tuple[str, str], meet: bool, tmp_path: Path) -> None:
    assert bool(found(tmp_path, names_of(tags), "RL107")) is meet


@pytest.mark.parametrize(
    "inits",
    [
        (b"", b"# shared\n"),
        (b'"""Shared."""\n', b"pass\n"),
        (
            b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
            b"import pkg_resources\npkg_resources.declare_namespace(__name__)\n",
        ),
    ],
)
def test_init_of_a_shared_package(inits: tuple[bytes, bytes], tmp_path: Path) -> None:
    built = [
        project(name, {"shared/__init__.py": data, f"shared/{name}.py": b"x = 1\n"})
        for name, data in zip(("one", "two"), inits, strict=True)
    ]
    assert found(tmp_path, built, "RL107") == []


def test_one_finding_for_two_projects(tmp_path: Path) -> None:
    files = {f"shared/m{number}.py": b"x = %d\n" % number for number in range(30)}
    other = {path: data + b"y = 1\n" for path, data in files.items()}
    (finding,) = found(tmp_path, [project("one", files), project("two", other)], "RL107")
    assert finding.message.startswith("'two' would overwrite 30 files of 'one' (")


def test_headers_go_to_a_folder_of_the_project(tmp_path: Path) -> None:
    built = [project(name, {f"{name}-1.0.data/headers/api.h": name.encode()}) for name in ("one", "two")]
    assert found(tmp_path, built, "RL107") == []


def test_versions_of_one_project(tmp_path: Path) -> None:
    def versions(*each: str) -> list[Finding]:
        return found(tmp_path, [Sdist(version=version).build() for version in each], "RL101")

    assert versions("1.0", "1.0.0") == []
    assert versions("1.0+cpu", "1.0+cuda") == []
    assert len(versions("1.0", "1.0.post1", "1!1.0")) == 1
    assert versions("nonsense", "1.0") == []


@pytest.mark.parametrize("version", ["0.9", "1.1"])
def test_file_whose_metadata_has_another_version(version: str, tmp_path: Path) -> None:
    wrong = Sdist(metadata=sample_metadata(version=version))
    assert found(tmp_path, [wrong.build(), Wheel().build()], "RL101") == []
    both = found(tmp_path, [wrong.build(), Wheel().build(), Wheel(version="0.8").build()], "RL101")
    assert [each.data["versions"] for each in both] == [["0.8", "1.0"]]


def test_a_wheelhouse_says_nothing_of_what_is_beside_it(tmp_path: Path) -> None:
    built = [project(name) for name in "abcde"]
    assert audit(tmp_path, [*built, Built("requirements.txt", b"a\n")], {"select": ["RL1"]}) == []


def test_a_foreign_file_is_named_by_its_own_path(tmp_path: Path) -> None:
    built = [Wheel().build(), Sdist().build(), Built("SHA256SUMS", b"")]
    (finding,) = found(tmp_path, built, "RL106")
    assert finding.distribution == str(tmp_path / "SHA256SUMS")
