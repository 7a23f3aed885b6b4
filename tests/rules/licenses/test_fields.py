"""Licenses: where their files are looked for."""

from __future__ import annotations

import pytest

from pkgaudit.api import Entry, EntryType, Problem, Sdist
from pkgaudit.rules.licenses.rules_fields import missing_license_file

HEAD = "Metadata-Version: {}\nName: sample\nVersion: 1.0\nLicense-File: {}\n"


def missing(version: str, license_file: str, *members: str) -> list[Problem]:
    path = "sample-1.0/PKG-INFO"
    data = HEAD.format(version, license_file).encode()
    sdist = Sdist("dist/sample-1.0.tar.gz", "sample-1.0.tar.gz", kept={path: data})
    sdist.entries = [Entry(each, EntryType.FILE) for each in (path, *members)]
    return list(missing_license_file(sdist))


def test_same_name_in_another_folder_is_not_the_file() -> None:
    assert missing("2.4", "LICENSE", "sample-1.0/docs/LICENSE")
    assert not missing("2.1", "LICENSE", "sample-1.0/docs/LICENSE")


def test_link_counts_as_the_file() -> None:
    path = "sample-1.0/PKG-INFO"
    sdist = Sdist(
        "sample-1.0.tar.gz", "sample-1.0.tar.gz", kept={path: HEAD.format("2.4", "LICENSE").encode()}
    )
    link = Entry("sample-1.0/LICENSE", EntryType.SYMLINK, link_target="docs/LICENSE")
    sdist.entries = [Entry(path, EntryType.FILE), link]
    assert not list(missing_license_file(sdist))


@pytest.mark.parametrize("value", ["../LICENSE", "/LICENSE", "UNKNOWN", "", "LICEN*"])
def test_path_that_cannot_be_is_left_to_others(value: str) -> None:
    assert not missing("2.4", value)


def test_many_missing_files_are_cut_short() -> None:
    names = "\nLicense-File: ".join(f"licenses/{number}" for number in range(500))
    assert len(missing("2.4", names)) == 51
