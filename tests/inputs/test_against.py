"""Which files of earlier releases a release is compared with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pkgaudit.inputs.against import Predecessors, find_predecessors

NEW = "sample-2.0-py3-none-any.whl"


def found(folder: Path, names: list[str], new: str = NEW) -> Predecessors:
    """Return the predecessors among empty files: only their names count."""
    old = folder / "old"
    old.mkdir()
    for name in names:
        (old / name).touch()
    return find_predecessors([old], {new: new})


def chosen(folder: Path, names: list[str], new: str = NEW) -> list[str]:
    made = found(folder, names, new)
    assert not made.failures
    return [os.path.basename(path) for path in made.paths]


@pytest.mark.parametrize(
    ("names", "new", "expected"),
    [
        (["sample-1.9.tar.gz", "sample-1.10.tar.gz", "sample-1.2.tar.gz"], NEW, "sample-1.10.tar.gz"),
        (["sample-1.0.tar.gz", "sample-3.0.tar.gz"], NEW, "sample-1.0.tar.gz"),
        (["sample-1.0.tar.gz", "sample-2.0rc1.tar.gz"], NEW, "sample-1.0.tar.gz"),
        (["sample-1.0.tar.gz", "sample-2.0rc1.tar.gz"], "sample-2.0rc2.tar.gz", "sample-2.0rc1.tar.gz"),
        (["sample-2.0rc1.tar.gz"], NEW, "sample-2.0rc1.tar.gz"),
        (["sample-4.0.tar.gz", "sample-3.0.tar.gz"], NEW, "sample-3.0.tar.gz"),
        (["sample-3.0.tar.gz", "sample-2.0.tar.gz"], NEW, "sample-2.0.tar.gz"),
        (["My_Sample-1.0.tar.gz"], "my.sample-2.0.tar.gz", "My_Sample-1.0.tar.gz"),
        (
            ["sample-2.0+cpu-py3-none-any.whl"],
            "sample-2.0+cuda-py3-none-any.whl",
            "sample-2.0+cpu-py3-none-any.whl",
        ),
    ],
)
def test_the_version_before_is_chosen(names: list[str], new: str, expected: str, tmp_path: Path) -> None:
    assert chosen(tmp_path, names, new) == [expected]


def test_all_files_of_the_version_are_chosen(tmp_path: Path) -> None:
    names = ["sample-1.0-cp313-cp313-win32.whl", "sample-1.0.tar.gz"]
    others = ["sample-0.9.tar.gz", "other-1.5.tar.gz", "sample-1.5.egg"]
    assert chosen(tmp_path, [*names, *others]) == names


@pytest.mark.parametrize("name", ["other-1.0.tar.gz", "sample-what.tar.gz", f"sample-{'9' * 200}x.tar.gz"])
def test_a_project_without_an_earlier_release_is_noted(name: str, tmp_path: Path) -> None:
    made = found(tmp_path, [name])
    assert not made.paths
    assert not made.failures
    [note] = made.skipped
    assert (note.path, note.reason) == ("sample", "no earlier release to compare it with was given")


def test_the_new_files_are_not_their_own_predecessors(tmp_path: Path) -> None:
    file = tmp_path / NEW
    file.touch()
    (tmp_path / "link").symlink_to(tmp_path)
    made = find_predecessors([tmp_path / "link"], {str(file): str(file)})
    assert not made.paths
    assert len(made.skipped) == 1


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (None, "there is no such file or folder"),
        ([], "contains no distribution"),
        (["notes.txt"], "contains no distribution"),
        (["pyproject.toml"], "is a project"),
    ],
)
def test_a_path_without_a_release_is_a_failure(files: list[str] | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "before"
    if files is not None:
        path.mkdir()
    for name in files or ():
        (path / name).touch()
    made = find_predecessors([path], {NEW: NEW})
    [failure] = made.failures
    assert failure.message.startswith(says)
    assert failure.message.endswith(
        "; --against needs distributions of an earlier release, or a folder with them"
    )
    assert failure.distribution == str(path)
    assert not made.skipped


def test_a_file_that_is_no_distribution_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.touch()
    [failure] = find_predecessors([path], {NEW: NEW}).failures
    assert failure.message.startswith("is not a distribution; --against needs")
