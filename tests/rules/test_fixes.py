"""The remedies: what is printed can be done, and mends what the finding is about."""

from __future__ import annotations

import runpy
from contextlib import suppress
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression

from fixtures.builders import Built, Metadata, Sdist, Wheel, record_file, zip_archive
from fixtures.cases import Case, load_cases
from pkgaudit.finding import Finding
from pkgaudit.rules._shared.metadata_advice import instead_of
from pkgaudit.rules._shared.strict_metadata import invalid
from pkgaudit.rules.metadata.cases.suspicious import tides_wheel
from tests.programs import need
from tests.support import audit

WHEEL = "sample-1.0-py3-none-any.whl"
FOLDER = "sample-1.0.dist-info"
RECORD_FAULTS = [
    case
    for case in load_cases()
    if not case.good and case.code.startswith("HM") and isinstance(case.build(), Built)
]


def only(tmp_path: Path, built: Built, code: str) -> Finding:
    (found,) = (each for each in audit(tmp_path, built) if each.code == code)
    return found


def fix_of(tmp_path: Path, built: Built, code: str) -> str:
    return only(tmp_path, built, code).fix or ""


def do(folder: Path, lines: list[str]) -> None:
    """Run the commands of a remedy in a folder: programs in Python, which need no process of their own."""
    for line in lines:
        words = line.split()
        if words[0] == "wheel":
            need("wheel")
        else:
            assert words[:2] == ["python", "-m"], line
            del words[:2]
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setattr("sys.argv", words)
            with suppress(SystemExit):  # "wheel" also ends so if it succeeds; tests look at what it wrote
                runpy.run_module(words[0], run_name="__main__")


def with_headers(*headers: tuple[str, str]) -> Built:
    """A wheel whose metadata has other fields, which replace those of the same name."""
    wheel = Wheel()
    assert wheel.metadata
    for name, value in headers:
        wheel.metadata.set(name, value)
    return wheel.build()


@pytest.mark.parametrize(
    ("name", "value", "can_go"),
    [("Summary", "TODO", False), ("Author-email", "Ana <you@example.com>", True)],
)
def test_text_of_a_template_is_only_removed_where_nothing_misses_it(
    name: str, value: str, can_go: bool, tmp_path: Path
) -> None:
    fix = fix_of(tmp_path, tides_wheel(name, value), "MD211")
    assert fix.startswith("replace the text")
    assert ("or remove the field" in fix) == can_go


class TestRecord:
    @pytest.mark.parametrize("case", RECORD_FAULTS, ids=lambda case: case.name)
    def test_packing_again_mends_record(self, case: Case, tmp_path: Path) -> None:
        built = case.builds()[0]
        found = [each for each in audit(tmp_path, built) if each.code.startswith("HM")]
        head, *lines = (found[0].fix or "").splitlines()
        assert "wheel unpack" not in head
        assert ("then delete the folder" in head) == bool(lines)
        if not lines:
            assert "\\" in str(found[0].location) or "again" in head or "sha256" in head
            return
        do(tmp_path, lines)
        again = (tmp_path / built.filename).read_bytes()
        (tmp_path / "again").mkdir()
        assert not [
            each
            for each in audit(tmp_path / "again", Built(built.filename, again))
            if each.code.startswith("HM")
        ]

    def test_programs_stay_executable(self, tmp_path: Path) -> None:
        wheel = Wheel(modes={"sample/core.py": 0o100755}, unlisted={"sample/core.py"})
        assert f"unzip -d folder {WHEEL}\n" in fix_of(tmp_path, wheel.build(), "HM104")

    @pytest.mark.parametrize(
        "wheel",
        [
            Wheel(files={"sample/a\\b.py": b""}, unlisted={"sample/a\\b.py"}),
            Wheel(files={"sample/a.py": b"", f"{FOLDER}/RECORD.jws": b""}, unlisted={"sample/a.py"}),
            Wheel(wheel="Wheel-Version: 1.0\nRoot-Is-Purelib: true\n", unlisted={"sample/core.py"}),
        ],
        ids=["backslash", "signature", "no tag"],
    )
    def test_not_where_packing_would_not_mend_it(self, wheel: Wheel, tmp_path: Path) -> None:
        found = [each for each in audit(tmp_path, wheel.build()) if each.code == "HM104"]
        assert {each.fix for each in found} == {"rebuild the wheel"}

    def test_file_name_that_is_no_word(self, tmp_path: Path) -> None:
        built = Wheel(filename="sample-1.0-py3-none-a;b.whl", unlisted={"sample/core.py"}).build()
        assert "python -m zipfile -e the.whl folder" in fix_of(tmp_path, built, "HM104")


def tagged(filename_tags: str, *tags: str, pure: bool = True, build: str = "", **files: bytes) -> Built:
    """A wheel with tags in its file name, and others in WHEEL."""
    text = f"Wheel-Version: 1.0\nRoot-Is-Purelib: {str(pure).lower()}\n"
    text += "".join(f"Tag: {tag}\n" for tag in tags) + (f"Build: {build}\n" if build else "")
    made = Wheel(filename=f"sample-1.0-{filename_tags}.whl", wheel=text)
    made.files.update({f"sample/{name}.so": data for name, data in files.items()})
    return made.build()


class TestTags:
    @pytest.mark.parametrize(
        ("filename", "tags", "build", "expected"),
        [
            ("py3-none-manylinux_2_28_x86_64", ["py3-none-any"], "", WHEEL),
            ("py3-none-any", ["py3-none-any"], "2", "sample-1.0-2-py3-none-any.whl"),
            ("cp311-cp311-any", ["py3-none-any", "py2-none-any"], "", "sample-1.0-py2.py3-none-any.whl"),
        ],
    )
    def test_mismatch_tells_the_name_to_give_back(
        self, filename: str, tags: list[str], build: str, expected: str, tmp_path: Path
    ) -> None:
        fix = fix_of(tmp_path, tagged(filename, *tags, build=build), "FN105")
        assert f" to {expected};" in f"{fix};" or f"back to {expected};" in fix
        assert "wheel tags" in fix

    def test_wheel_tags_works_once_it_has_its_name_back(self, tmp_path: Path) -> None:
        tags = ["py3-none-any", "py2-none-any"]
        built = tagged("cp311-cp311-win_amd64", *tags)
        name = fix_of(tmp_path, built, "FN105").partition("back to ")[2].partition(";")[0]
        (tmp_path / built.filename).rename(tmp_path / name)
        do(tmp_path, [f"wheel tags --python-tag py3 {name}"])
        assert (tmp_path / WHEEL).exists()

    @pytest.mark.parametrize(
        "tags", [[], ["py3-none"], ["py3-none-any", "py2-none-win32"], ["py3-none-../x"]], ids=str
    )
    def test_no_name_where_none_can_be_told(self, tags: list[str], tmp_path: Path) -> None:
        fix = fix_of(tmp_path, tagged("cp311-cp311-win_amd64", *tags), "FN105")
        assert fix == "rebuild the wheel with a current build backend"

    def test_renamed_to_manylinux(self, tmp_path: Path) -> None:
        built = tagged("cp311-cp311-manylinux_2_28_x86_64", "cp311-cp311-linux_x86_64", pure=False)
        fix = fix_of(tmp_path, built, "FN105")
        assert "rename it back to sample-1.0-cp311-cp311-linux_x86_64.whl; then run 'auditwheel" in fix

    def test_pure_wheel_renamed_to_linux(self, tmp_path: Path) -> None:
        fix = fix_of(tmp_path, tagged("py3-none-linux_x86_64", "py3-none-any"), "FN104")
        assert fix == f"rename it back to {WHEEL}, its original name"

    def test_pure_wheel_built_for_linux(self, tmp_path: Path) -> None:
        built = tagged("cp311-cp311-linux_x86_64", "cp311-cp311-linux_x86_64")
        head, *lines = fix_of(tmp_path, built, "FN104").splitlines()
        assert "auditwheel" not in head
        do(tmp_path, lines)
        (tmp_path / "again").mkdir()
        assert not audit(tmp_path / "again", Built(WHEEL, (tmp_path / WHEEL).read_bytes()))

    @pytest.mark.parametrize("pure", [True, False])
    def test_compiled_wheel(self, pure: bool, tmp_path: Path) -> None:
        built = tagged("py3-none-linux_x86_64", "py3-none-linux_x86_64", pure=pure, core=b"\x7fELF")
        fix = fix_of(tmp_path, built, "FN104")
        assert "auditwheel repair" in fix
        assert fix.endswith("upload that one, and delete the old wheel")


class TestRenamed:
    @pytest.mark.parametrize(
        ("filename", "code"),
        [
            ("Sample-1.0-py3-none-any.whl", "FN102"),
            ("sample-2.0-py3-none-any.whl", "FN103"),
            ("other-1.0-py3-none-any.whl", "FN103"),
            ("sample-1.0.0-py3-none-any.whl", "WH101"),
        ],
    )
    def test_wheel_is_one_error(self, filename: str, code: str, tmp_path: Path) -> None:
        (found,) = audit(tmp_path, Built(filename, Wheel().build().data))
        assert found.code == code
        assert f"rename it back to {WHEEL}" in (found.fix or "")
        assert found.message.endswith("PyPI rejects the file")

    @pytest.mark.parametrize(
        ("filename", "code"),
        [
            ("Sample-1.0.tar.gz", "FN102"),
            ("sample-1.tar.gz", "FN102"),
            ("sample-2.0.tar.gz", "FN103"),
            ("other-1.0.tar.gz", "FN103"),
        ],
    )
    def test_sdist_is_one_error(self, filename: str, code: str, tmp_path: Path) -> None:
        (found,) = audit(tmp_path, Built(filename, Sdist().build().data))
        assert found.code == code
        assert "rename it back to sample-1.0.tar.gz" in (found.fix or "")

    def test_all_that_is_misspelt_by_an_old_backend_is_built_again(self, tmp_path: Path) -> None:
        fix = fix_of(tmp_path, Sdist(name="big-sample").build(), "FN102")
        assert fix.startswith("rebuild it with a current build backend")

    def test_wheel_in_a_folder(self, tmp_path: Path) -> None:
        wheel = Wheel()
        members = {**wheel.members(), f"{FOLDER}/RECORD": record_file(wheel.rows())}
        built = Built(WHEEL, zip_archive({f"box/{path}": data for path, data in members.items()}))
        (found,) = audit(tmp_path, built)
        do(tmp_path, (found.fix or "").splitlines()[1:])
        (tmp_path / "again").mkdir()
        assert not audit(tmp_path / "again", Built(WHEEL, (tmp_path / WHEEL).read_bytes()))

    @pytest.mark.parametrize("folder", ["{0}", "a b", "..", "ä", "x" * 300])
    def test_wheel_in_a_folder_of_any_name(self, folder: str, tmp_path: Path) -> None:
        members = {f"{folder}/{path}": data for path, data in Wheel().members().items()}
        found = [each for each in audit(tmp_path, Built(WHEEL, zip_archive(members))) if each.code == "WH101"]
        assert len(found) == 1

    @pytest.mark.parametrize("filename", ["sample-1.0.zip", "sample-1.0-py3-none-any.zip"])
    def test_wheel_as_zip_holds_no_environment(self, filename: str, tmp_path: Path) -> None:
        assert not audit(tmp_path, Built(filename, Wheel().build().data), {"select": ["SF105"]})

    def test_what_an_installer_left_of_the_project_itself(self, tmp_path: Path) -> None:
        sdist = Sdist()
        sdist.files[f"{FOLDER}/INSTALLER"] = b"pip\n"
        assert len(audit(tmp_path, sdist.build(), {"select": ["SF105"]})) == 1


def test_reserved_name(tmp_path: Path) -> None:
    for name, first in (("asyncore", "choose another name ("), ("dataclasses", "do nothing if")):
        fix = fix_of(tmp_path, Wheel(name=name).build(), "FN106")
        assert fix.startswith(first)
        assert "`project.name` in pyproject.toml" in fix


SPECIFIERS = {
    "^3.10": ">=3.10",
    "~3.10": ">=3.10",
    "3.10": ">=3.10",
    "=>3.10": ">=3.10",
    "> = 3.10": ">=3.10",
    "3.10+": ">=3.10",
    "3.10.*": ">=3.10",
    "python3.10": ">=3.10",
    "Python >=3.10": ">=3.10",
    ">=3.10.*": ">=3.10",
    ">=3.10 <4": ">=3.10,<4",
    ">=3.10, <4.0.*": ">=3.10, <4.0",
    "3.10 - 3.12": ">=3.10",
    "python3": "such as '>=3.10'",
    "any": "such as '>=3.10'",
}
EXPRESSIONS = {
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache-2": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "2-Clause BSD": "BSD-2-Clause",
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "GPLv3": "GPL-3.0-or-later",
    "GPLv2+": "GPL-2.0-or-later",
    "LGPL v2.1": "LGPL-2.1-or-later",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "Mozilla Public License 2.0": "MPL-2.0",
    "MIT/Apache 2": "MIT OR Apache-2.0",
    "Apache-2.O": "Apache-2.0",
    "All Rights Reserved": "LicenseRef-Proprietary",
    "ask me": "such as 'MIT'",
}


class TestValues:
    @pytest.mark.parametrize(("value", "expected"), SPECIFIERS.items())
    def test_requires_python(self, value: str, expected: str, tmp_path: Path) -> None:
        fix = fix_of(tmp_path, with_headers(("Requires-Python", value)), "MD104")
        assert expected in fix

    @pytest.mark.parametrize(("value", "expected"), EXPRESSIONS.items())
    def test_license_expression(self, value: str, expected: str, tmp_path: Path) -> None:
        fix = fix_of(tmp_path, with_headers(("License-Expression", value)), "MD104")
        assert expected in fix

    @pytest.mark.parametrize(
        ("key", "value", "expected"),
        [
            ("name", "my package", "'my-package'"),
            ("name", "größe", "another name"),
            ("provides-extra", "all deps", "'all-deps'"),
            ("version", "one", "'1.0rc1'"),
            ("requires-dist", "a (>=1", "correct the requirement"),
            ("import-name", "a b", "change the value"),
        ],
    )
    def test_other_fields(self, key: str, value: str, expected: str) -> None:
        assert expected in instead_of(key, value, lambda text: invalid(key, text) is None)

    @pytest.mark.parametrize("value", ["/" * 20_000, "a/" * 90, "(" * 200, "<1.*" * 5000, "\0", "\ud800"])
    @pytest.mark.parametrize("key", ["requires-python", "license-expression", "name"])
    def test_any_text(self, key: str, value: str) -> None:
        assert instead_of(key, value, lambda text: invalid(key, text) is None)

    def test_names_of_licenses_lead_to_licenses(self) -> None:
        from pkgaudit.rules._shared.metadata_advice import _LICENSES, _words

        for words, names in _LICENSES.items():
            assert _words(words) == words
            for name in names:
                assert canonicalize_license_expression(name) == name

    @pytest.mark.parametrize(
        ("urls", "expected"),
        [
            (["Docs, example.org/docs"], "set the full URL: 'https://example.org/docs' ("),
            (["Docs, ftp://example.org"], "set a URL that starts with https:// ("),
            (["Docs, https://example.org/[x]"], "correct the URL ("),
            ([f"{'x' * 33}, https://example.org"], "shorten the label to at most 32 characters ("),
            ([", https://example.org"], "add a label ("),
            (["Docs, "], "add a URL, or remove the label ("),
            (["Docs, https://a.org", "Docs, https://b.org"], "give each URL its own label ("),
        ],
        ids=str,
    )
    def test_url(self, urls: list[str], expected: str, tmp_path: Path) -> None:
        wheel = Wheel()
        assert wheel.metadata
        wheel.metadata.set("Project-URL", *urls)
        assert fix_of(tmp_path, wheel.build(), "MD110").startswith(expected)

    def test_classifier(self, tmp_path: Path) -> None:
        fix = fix_of(tmp_path, with_headers(("Classifier", "Topic :: Knitting with Wool")), "MD106")
        assert "update trove-classifiers if PyPI has added the classifier since" in fix

    def test_script(self, tmp_path: Path) -> None:
        wheel = Wheel()
        wheel.files[f"{FOLDER}/entry_points.txt"] = b"[console_scripts]\nmy tool = sample.core:answer\n"
        fix = fix_of(tmp_path, wheel.build(), "WH121")
        assert fix.startswith("rename the script to one word, such as 'my-tool': users type this name (")
        assert "`project.scripts` in pyproject.toml" in fix


def test_pyproject_to_paste(tmp_path: Path) -> None:
    sdist = Sdist()
    del sdist.files["pyproject.toml"]
    sdist.files["setup.py"] = b"from setuptools import setup\n\nsetup()\n"
    lines = fix_of(tmp_path, sdist.build(), "SD103").splitlines()[1:]
    again = Sdist()
    again.files["pyproject.toml"] = "\n".join(lines).encode()
    (tmp_path / "again").mkdir()
    assert not [each for each in audit(tmp_path / "again", again.build()) if each.code == "SD103"]
    assert lines == ["[build-system]", 'requires = ["setuptools"]', 'build-backend = "setuptools.build_meta"']


@pytest.mark.parametrize(
    ("body", "codes"),
    [("sample\n======\n\n.. figur:: x\n", {"RM101"}), ("sample\n======\n\nText.\n", {"RM104"})],
)
def test_no_content_type_is_one_finding(body: str, codes: set[str], tmp_path: Path) -> None:
    wheel = Wheel()
    assert wheel.metadata
    wheel.metadata = Metadata([each for each in wheel.metadata.headers if "Content" not in each[0]], body)
    found = audit(tmp_path, wheel.build(), {"pedantic": True})
    assert {each.code for each in found if each.code.startswith("RM")} == codes
