"""LC104 to LC109: which license a text is, and what may stand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.builders import LICENSE, Sdist, Wheel, sample_metadata
from pkgaudit.api import CoreMetadata
from pkgaudit.rules.licenses.cases.texts import BSD, MIT
from pkgaudit.rules.licenses.files import is_main, may_hold_license
from pkgaudit.rules.licenses.phrases import licenses, read_license
from pkgaudit.rules.licenses.stated import agrees, stated_license
from pkgaudit.rules.licenses.vendored import vendor_folder
from tests.support import audit


def stated_by(*headers: str) -> CoreMetadata:
    return CoreMetadata("METADATA", "\n".join((*headers, "", "")).encode())


@pytest.mark.parametrize("name", sorted(licenses()))
def test_each_is_told_from_all_others(name: str) -> None:
    text = ". ".join(group[0] for group in licenses()[name].has)
    found = read_license(text.title())
    assert found.found == (name,)
    assert found.is_one


def test_texts_in_other_shapes() -> None:
    assert read_license(MIT.upper().replace(" ", "\r\n# ")).found == ("MIT",)
    assert read_license(LICENSE.decode()).found == ("Apache-2.0",)
    assert read_license(f"{BSD}\nNeither the name of the project may be used.").found == ("BSD-3-Clause",)
    assert read_license("Licensed under the Apache License, Version 2.0").found == ()


def test_more_than_one_text_is_not_one() -> None:
    both = read_license(MIT + BSD)
    assert set(both.found) == {"MIT", "BSD-2-Clause"}
    assert not both.is_one
    assert not read_license(MIT + "and more of it " * 200).is_one


@pytest.mark.parametrize(
    ("line", "is_placeholder"),
    [
        ("Copyright (c) [year] [fullname]", True),
        ("Copyright (c) <year> <copyright holders>", True),
        ("Copyright © {year} {owner}", True),
        ("(c) YEAR COPYRIGHT HOLDER", True),
        ("# Copyright 20XX Ada Lovelace", True),
        ("Copyright (c) 2024 Your Name", True),
        ("Copyright (c) 2024 {{ cookiecutter.author }}", True),
        ("Copyright (c) 2024 Ada Lovelace <ada@python.org>", False),
        ("Copyright (c) 2024 [Author](https://www.python.org)", False),
        ("Copyright (c) 2024 The Year Project", False),
        ("Copyright (c) 2024, the names of all are in AUTHORS", False),
    ],
)
def test_copyright_lines(line: str, is_placeholder: bool) -> None:
    found = read_license(MIT.replace("Copyright (c) 2024 The sample developers", line))
    assert (found.line == 3) is is_placeholder


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_copyright_line_with_the_line_ends_of_other_systems(end: str) -> None:
    text = MIT.replace("2024 The sample developers", "[year] [fullname]").replace("\n", end)
    found = read_license(text)
    assert (found.line, found.placeholder) == (3, "Copyright (c) [year] [fullname]")


def test_appendices_keep_their_placeholders() -> None:
    assert read_license(LICENSE.decode()).line is None
    assert read_license(f"{MIT}\nAs an example:\n\nCopyright (c) [year] [fullname]\n").line is None


@pytest.mark.parametrize(
    ("headers", "means"),
    [
        (("License-Expression: MIT",), ("MIT",)),
        (("License-Expression: GPL-2.0-or-later OR MIT",), ("GPL-2.0", "MIT")),
        (("License-Expression: some words",), None),
        (("License: BSD-3-Clause",), ("BSD-3-Clause",)),
        (("License: Some words", "Classifier: License :: OSI Approved :: ISC License (ISCL)"), ("ISC",)),
        (("License: MIT", "Classifier: License :: OSI Approved :: BSD License"), ("BSD-", "0BSD")),
        (("Classifier: License :: OSI Approved",), None),
        (("Classifier: License :: OSI Approved :: MIT License", "Classifier: License :: OSI Approved"), None),
        ((), None),
    ],
)
def test_what_is_stated(headers: tuple[str, ...], means: tuple[str, ...] | None) -> None:
    found = stated_license(stated_by(*headers))
    assert (found.means if found else None) == means


@pytest.mark.parametrize(
    ("text", "expression", "agree"),
    [
        ("GPL-3.0", "GPL-3.0-or-later", True),
        ("GPL-3.0", "GPL-2.0-or-later", True),
        ("GPL-3.0", "GPL-2.0-only", False),
        ("GPL-3.0", "LGPL-3.0-only", True),
        ("GPL-2.0", "LGPL-2.1-only", False),
        ("AGPL-3.0", "GPL-3.0-only", False),
        ("Apache-2.0", "Apache-2.0 WITH LLVM-exception", True),
        ("PSF-2.0", "Python-2.0", True),
        ("X11", "MIT", True),
        ("MIT", "MIT-0", False),
        ("MIT-0", "MIT", True),
        ("BSD-2-Clause", "BSD-3-Clause", False),
    ],
)
def test_what_agrees(text: str, expression: str, agree: bool) -> None:
    stated = stated_license(stated_by(f"License-Expression: {expression}"))
    assert stated
    assert agrees(text, stated) is agree


def test_names_of_files() -> None:
    assert may_hold_license("a-1.0/LICENSE")
    assert may_hold_license("a-1.0.dist-info/licenses/COPYING.txt")
    assert not may_hold_license("LICENSE")
    assert not may_hold_license("a-1.0/vendor/six/LICENSE")
    assert is_main("a-1.0/License.md")
    assert not is_main("a-1.0/LICENSE-MIT")
    assert vendor_folder("a/_vendor/b/third_party/c.py") == "a/_vendor"
    assert vendor_folder("tests/vendor/c.py") is None
    assert vendor_folder("vendor.py") is None


def test_many_folders_are_few_findings(tmp_path: Path) -> None:
    made = Wheel()
    made.files |= {f"sample/a{number}/_vendor/six/__init__.py": b"" for number in range(9)}
    findings = audit(tmp_path, made.build(), {"select": ["LC107"]})
    assert len(findings) == 3
    assert findings[-1].message.endswith("; the same applies to 6 more folders")


def test_other_licenses_beside_it_make_it_silent(tmp_path: Path) -> None:
    metadata = sample_metadata()
    metadata.set("License-Expression", "Apache-2.0")
    metadata.set("License-File", "LICENSE", "LICENSE-OTHER")
    unknown = {"LICENSE": MIT.encode(), "LICENSE-OTHER": b"In words of its own.\n"}
    assert not audit(tmp_path, Wheel(metadata=metadata, licenses=unknown).build(), {"select": ["LC108"]})
    sdist = Sdist(metadata=metadata)
    sdist.files.update({"LICENSE": MIT.encode(), "LICENSES/Apache-2.0.txt": LICENSE})
    assert not audit(tmp_path, sdist.build(), {"select": ["LC108"]})


def test_a_huge_file_is_not_judged(tmp_path: Path) -> None:
    metadata = sample_metadata()
    metadata.set("License-Expression", "MIT")
    licenses = {"LICENSE": LICENSE + b" " * (1 << 18)}
    assert not audit(tmp_path, Wheel(metadata=metadata, licenses=licenses).build(), {"select": ["LC1"]})


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    read_license(text)
    read_license(f"{MIT}{text}")
