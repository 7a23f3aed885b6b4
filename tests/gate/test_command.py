"""Command lines rewritten for the private copies, and refusals."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.builders import Sdist, Wheel
from pkgaudit.config.gate import GateSettings
from pkgaudit.gate.command import Prepared, prepare
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.settings import Surroundings
from pkgaudit.model.handover import Reason
from tests.gate.targets import PYPROJECT
from tests.gate.tools import environment, need_tool

WHEEL, SDIST = "sample-1.0-py3-none-any.whl", "sample-1.0.tar.gz"


@dataclass
class Bench:
    """A project with a release, and copies of its wheel and sdist."""

    root: Path
    copies: Copies

    def prepare(self, line: str, folder: str = ".", **environ: str) -> Prepared:
        """Prepare a command line; ``{URL}`` is no place of the gate."""
        here = Surroundings({"HOME": str(self.root / "home"), **environ}, self.root / folder)
        return prepare(shlex.split(line), self.copies, GateSettings(), here)

    def shown(self, line: str, folder: str = ".", **environ: str) -> str:
        """Return the rewritten command line, with ``PRIVATE`` for the folders of the copies."""
        made = self.prepare(line, folder, **environ)
        assert made.refusal is None
        root = str(self.copies.folder.parent)
        return made.shown.replace(f"{root}/dist", "PRIVATE").replace(f"{root}/attestations", "ATTESTATIONS")

    def refused(self, line: str, folder: str = ".", **environ: str) -> tuple[Reason, str]:
        """Return the first reason for which a command line is refused, and the message with the remedy."""
        made = self.prepare(line, folder, **environ)
        assert made.refusal is not None, made.shown
        return made.handover.refusals[0].reason, made.refusal


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    dist = tmp_path / "dist"
    dist.mkdir()
    Wheel().build().write(dist)
    Sdist().build().write(dist)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "sub").mkdir()
    with Copies() as copies:
        copies.add([str(dist / WHEEL), str(dist / SDIST)])
        yield Bench(tmp_path, copies)


BOTH = f"PRIVATE/{WHEEL} PRIVATE/{SDIST}"


@pytest.mark.parametrize(
    ("line", "made"),
    [
        (f"twine upload dist/{WHEEL} dist/{SDIST}", f"twine upload {BOTH}"),
        ("twine upload 'dist/*'", f"twine upload {BOTH}"),
        ("twine upload dist/sample*", f"twine upload {BOTH}"),
        ("python -m twine upload -r testpypi 'dist/*'", f"python -m twine upload -r testpypi {BOTH}"),
        (f"twine upload -- dist/{SDIST}", f"twine upload -- PRIVATE/{SDIST}"),
        (f"twine upload dist/{SDIST} --verbose", f"twine upload PRIVATE/{SDIST} --verbose"),
        ("twine upload {files}", f"twine upload {BOTH}"),
        ("twine upload '{dist}/*'", f"twine upload {BOTH}"),
        ("uv publish", f"uv publish {BOTH}"),
        ("uv publish -- ", f"uv publish -- {BOTH}"),
        ("uv publish --token=correct-horse 'dist/*'", f"uv publish '--token=****' {BOTH}"),
        ("uvx twine upload 'dist/*'", f"uvx twine upload {BOTH}"),
        ("hatch publish", f"hatch publish {BOTH}"),
        ("hatch publish dist", f"hatch publish {BOTH}"),
        (f"hatch -v publish -n dist/{WHEEL}", f"hatch -v publish -n PRIVATE/{WHEEL}"),
        ("pdm publish --no-build", "pdm publish --no-build --dest PRIVATE"),
        ("pdm publish --no-b -d dist", "pdm publish --no-b -d dist --dest PRIVATE"),
        ("pdm publish --no-build --dest=dist", "pdm publish --no-build --dest=dist --dest PRIVATE"),
        ("poetry publish", "poetry publish --dist-dir PRIVATE"),
        ("poetry publish --dist-dir=dist -n", "poetry publish --dist-dir=dist -n --dist-dir PRIVATE"),
        (f"maturin upload dist/{WHEEL}", f"maturin upload PRIVATE/{WHEEL}"),
        (f"./upload.sh dist/{WHEEL} --to x", f"./upload.sh PRIVATE/{WHEEL} --to x"),
        ("./upload.sh 'dist/*'", f"./upload.sh {BOTH}"),
        (f"./upload.sh --file=dist/{WHEEL}", f"./upload.sh --file=PRIVATE/{WHEEL}"),
        (f"make upload FILE=dist/{WHEEL}", f"make upload FILE=PRIVATE/{WHEEL}"),
        ("make upload DIST={dist}", "make upload DIST=PRIVATE"),
        ("make upload 'FILES={files}'", f"make upload 'FILES={BOTH}'"),
        ("sh -c 'twine upload {dist}/*'", "sh -c 'twine upload PRIVATE/*'"),
        ("bash -euo pipefail -c 'twine upload {files}'", f"bash -euo pipefail -c 'twine upload {BOTH}'"),
        (f"bash upload.sh -c dist/{WHEEL}", f"bash upload.sh -c PRIVATE/{WHEEL}"),
        (f"python upload.py dist/{WHEEL} '[x]'", f"python upload.py PRIVATE/{WHEEL} '[x]'"),
        (f"timeout 60 twine upload dist/{WHEEL}", f"timeout 60 twine upload PRIVATE/{WHEEL}"),
        ("timeout 60 uv publish", f"timeout 60 uv publish {BOTH}"),
        (f"sudo twine upload dist/{WHEEL}", f"sudo twine upload PRIVATE/{WHEEL}"),
        ("sudo pdm publish --no-build --dest {dist}", "sudo pdm publish --no-build --dest PRIVATE"),
        (
            "docker run -v {dist}:/dist image sh -c 'twine upload /dist/*'",
            "docker run -v PRIVATE:/dist image sh -c 'twine upload /dist/*'",
        ),
        ("./upload.sh --note 'see dist' {dist}", "./upload.sh --note 'see dist' PRIVATE"),
        (f"env A=1 uvx twine upload dist/{WHEEL}", f"env A=1 uvx twine upload PRIVATE/{WHEEL}"),
    ],
)
def test_rewritten(line: str, made: str, bench: Bench) -> None:
    assert bench.shown(line) == made


@pytest.mark.parametrize(
    ("line", "folder", "made"),
    [
        ("twine upload '../dist/*'", "sub", f"twine upload {BOTH}"),
        ("uv publish --directory sub '../dist/*'", ".", f"uv publish --directory sub {BOTH}"),
        (f"hatch publish dist/{WHEEL}", "sub", f"hatch publish PRIVATE/{WHEEL}"),
        (f"hatch publish ../dist/{WHEEL}", "sub", f"hatch publish PRIVATE/{WHEEL}"),
        (f"twine upload ./dist/../dist/{WHEEL}", ".", f"twine upload PRIVATE/{WHEEL}"),
        (f"env -C dist twine upload {WHEEL}", ".", f"env -C dist twine upload PRIVATE/{WHEEL}"),
    ],
)
def test_relative_paths(line: str, folder: str, made: str, bench: Bench) -> None:
    assert bench.shown(line, folder) == made


def test_absolute_path(bench: Bench) -> None:
    assert bench.shown(f"twine upload {bench.root}/dist/{WHEEL}") == f"twine upload PRIVATE/{WHEEL}"


def test_foreign_files_are_dropped(bench: Bench) -> None:
    for name in ("SHA256SUMS", "notes.txt", "x.sigstore.json"):
        (bench.root / "dist" / name).write_text("")
    (bench.root / "dist" / "notes").mkdir()
    line = f"twine upload dist/{WHEEL} dist/SHA256SUMS dist/notes dist/notes.txt dist/x.sigstore.json"
    assert bench.shown(line) == f"twine upload PRIVATE/{WHEEL}"


def test_left_out(bench: Bench) -> None:
    handover = bench.prepare(f"twine upload dist/{WHEEL}").handover
    assert [each.name for each in handover.handed] == [WHEEL]
    assert [each.name for each in handover.left_out] == [SDIST]


@pytest.mark.parametrize(
    ("line", "reason", "said"),
    [
        ("twine upload 'dist/*' dist/old-0.9.tar.gz", Reason.UNAUDITED, "old-0.9.tar.gz was not audited"),
        ("twine upload 'dist/*'", Reason.UNAUDITED, "would upload it through 'dist/*'"),
        ("uv publish 'dist/*'", Reason.UNAUDITED, "old-0.9.tar.gz was not audited"),
        ("hatch publish dist", Reason.UNAUDITED, "old-0.9.tar.gz was not audited"),
        ("./upload.sh dist/old-0.9.tar.gz", Reason.UNAUDITED, "old-0.9.tar.gz was not audited"),
        ("./upload.sh 'dist/*'", Reason.UNAUDITED, "old-0.9.tar.gz was not audited"),
    ],
)
def test_unaudited_file(line: str, reason: Reason, said: str, bench: Bench) -> None:
    (bench.root / "dist" / "old-0.9.tar.gz").write_bytes(b"")
    found = bench.refused(line)
    assert found[0] is reason
    assert said in found[1]


@pytest.mark.parametrize(
    ("line", "reason", "said"),
    [
        ("twine upload dist/missing.whl", Reason.UNAUDITED, "'dist/missing.whl' names no file"),
        ("twine upload 'dist/*.zip'", Reason.UNAUDITED, "'dist/*.zip' matches no audited file"),
        ("twine upload dist", Reason.UNAUDITED, "'dist' is a folder"),
        ("twine upload", Reason.UNAUDITED, "the command of twine names no audited file"),
        ("pdm publish --no-build -r", Reason.UNKNOWN, "-r has no value"),
        ("uv publish pyproject.toml", Reason.UNAUDITED, "the command of uv names no audited file"),
        ("hatch publish pyproject.toml", Reason.UNAUDITED, "the command of hatch names no audited file"),
        ("hatch publish sub", Reason.UNAUDITED, "the command of hatch names no audited file"),
        ("maturin upload", Reason.UNAUDITED, "the command of maturin names no audited file"),
        (
            "twine upload -s 'dist/*'",
            Reason.SIGNS,
            "remove --sign; sign with 'gpg --detach-sign --armor FILE'",
        ),
        ("pdm publish --no-build -S", Reason.SIGNS, "pdm would write signatures"),
        ("pdm publish -r x", Reason.REBUILDS, "; use 'pdm publish -r x --no-build'"),
        ("poetry publish --build -r x", Reason.REBUILDS, "; use 'poetry publish -r x'"),
        ("poetry --build publish -r x", Reason.REBUILDS, "; use 'poetry publish -r x'"),
        ("uv publish --token", Reason.UNKNOWN, "--token has no value; give the value"),
        (f"twine upload -p dist/{WHEEL} dist/{SDIST}", Reason.UNKNOWN, "of --password is an audited file"),
        ("hatch publish -nu", Reason.UNKNOWN, "-nu has no value"),
        ("twine upload 'dist/*' --password", Reason.UNKNOWN, "--password has no value"),
        ("bash --rcfile x -c 'cd dist; twine upload * {dist}'", Reason.UNKNOWN, "the script of bash reads"),
        ("flit publish", Reason.REBUILDS, "flit publish builds new files"),
        ("flit -f x.toml publish", Reason.REBUILDS, "flit publish builds new files"),
        ("maturin publish -r local", Reason.REBUILDS, "-- twine upload --repository local "),
        (
            "flit publish --repository=local --pypirc x",
            Reason.REBUILDS,
            "--repository local --config-file x ",
        ),
        ("hatch publish -p other", Reason.UNKNOWN, "the publisher 'other' is a plug-in"),
        (
            "make upload",
            Reason.UNKNOWN,
            "make is not known, and no argument names an audited file; write {dist}",
        ),
        ("twine check", Reason.UNKNOWN, "this command of twine is not known"),
        ("./upload.sh dist", Reason.UNAUDITED, "'dist' is the folder of the audited files"),
        ("./upload.sh --folder=dist {files}", Reason.UNAUDITED, "'dist' is the folder of the audited files"),
        ("./upload.sh '--files=dist/*'", Reason.UNKNOWN, "'--files=dist/*' is a pattern"),
        (
            "sh -c 'twine upload dist/*'",
            Reason.UNKNOWN,
            "which files the script of sh reads; write {dist} or",
        ),
        (
            f"sh -c 'twine upload dist/{WHEEL} # {{dist}}'",
            Reason.UNKNOWN,
            "which files the script of sh reads",
        ),
        ("sh -c 'cp {files} x; twine upload dist/*'", Reason.UNKNOWN, "which files the script of sh reads"),
        (
            "sh -c 'cp {files} x; cd dist; twine upload *'",
            Reason.UNKNOWN,
            "which files the script of sh reads",
        ),
        ("sudo uv publish", Reason.UNKNOWN, "sudo is not known"),
        ("pdm run upload", Reason.UNKNOWN, "upload is not known"),
        ("xargs twine upload 'dist/*'", Reason.UNKNOWN, "xargs adds files that it reads"),
        (f"./upload.sh -fdist/{WHEEL} {{files}}", Reason.UNKNOWN, "names audited files instead"),
        (f"curl -F content=@dist/{WHEEL} {{files}}", Reason.UNKNOWN, "names audited files instead"),
        ("sudo sh -c 'twine upload dist/*' {dist}", Reason.UNKNOWN, "names audited files instead"),
        ("./upload.sh -v ./dist:/dist {files}", Reason.UNKNOWN, "names audited files instead"),
        ("sudo poetry publish --build --dist-dir {dist}", Reason.REBUILDS, "use 'sudo poetry publish --dist"),
        (
            "sudo pdm publish --dest {dist}",
            Reason.REBUILDS,
            "--dest '{dist}' --no-build'",
        ),
        ("sudo D={dist} env A=1 pdm publish --no-build", Reason.UNKNOWN, "write --dest {dist} at the end"),
        ("sudo D={dist} uv publish", Reason.UNKNOWN, "uv would find its files itself, because sudo is not"),
        ("sudo twine upload --sign {files}", Reason.SIGNS, "remove --sign"),
    ],
)
def test_refused(line: str, reason: Reason, said: str, bench: Bench) -> None:
    found = bench.refused(line)
    assert found[0] is reason
    assert said in found[1]


@pytest.mark.parametrize("line", ["twine upload dist/*", "twine upload {files}"])
def test_file_that_looks_like_an_option(line: str, bench: Bench) -> None:
    """argparse takes an unknown option with a space for an argument."""
    (bench.root / "-x old-0.9.tar.gz").write_bytes(b"")
    assert bench.refused(f"{line} '-x old-0.9.tar.gz'")[1].startswith("-x old-0.9.tar.gz was not audited")


def test_options_of_pdm_in_the_project(bench: Bench) -> None:
    options = '[tool.pdm.options]\npublish = ["--no-build", "--sign"]\n'
    (bench.root / "pyproject.toml").write_text(PYPROJECT + options)
    assert bench.refused("pdm publish")[0] is Reason.SIGNS
    (bench.root / "pyproject.toml").write_text(PYPROJECT + options.replace(', "--sign"', ""))
    assert bench.shown("pdm publish", "sub") == "pdm publish --dest PRIVATE"


def test_options_of_pdm_that_do_not_count(bench: Bench) -> None:
    """pdm takes the value of an abbreviated option for the command."""
    options = '[tool.pdm.options]\npublish = ["--no-build"]\n'
    (bench.root / "pyproject.toml").write_text(PYPROJECT + options)
    assert bench.shown("pdm -c x publish") == "pdm -c x publish --dest PRIVATE"
    for line in ("pdm --conf x publish", "pdm -vc x publish"):
        assert bench.refused(line)[0] is Reason.REBUILDS


def test_unreadable_options_of_pdm(bench: Bench) -> None:
    (bench.root / "pyproject.toml").write_text("[")
    assert bench.refused("pdm publish --no-build")[1].endswith(
        "pyproject.toml is not valid TOML; correct the file"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[project]\nname = "other"\n', f"poetry does not upload {WHEEL}, because it is no file of 'other'"),
        ('[tool.poetry]\nname = "Other.Name"\n', "no file of 'other_name' by its name"),
        ("[tool.other]\n", "poetry finds no project with a name in "),
        ("[", "pyproject.toml is not valid TOML; correct the file"),
    ],
)
def test_project_of_poetry(text: str, said: str, bench: Bench) -> None:
    (bench.root / "pyproject.toml").write_text(text)
    reason, found = bench.refused("poetry publish")
    assert reason is Reason.UNPICKED
    assert said in found


def test_no_project_of_poetry(bench: Bench) -> None:
    (bench.root / "pyproject.toml").unlink()
    assert "poetry finds no project with a name in " in bench.refused("poetry publish")[1]


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Bench]:
    """Return a bench with an old version, an sdist in another format, and a name that is not normalized."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    names = [
        "sample-0.9.tar.gz",
        "sample-1.0.zip",
        "Sample-1.0.tar.gz",
        "sample-1.00.tar.gz",
        "sample-1.0.tar.gz",
    ]
    for each in names:
        (tmp_path / each).write_bytes(b"")
    with Copies() as copies:
        copies.add([str(tmp_path / each) for each in names])
        yield Bench(tmp_path, copies)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("poetry publish", ["sample-0.9.tar.gz", "sample-1.0.zip", "Sample-1.0.tar.gz", "sample-1.0.tar.gz"]),
        ("uv publish", ["sample-1.0.zip", "Sample-1.0.tar.gz", "sample-1.00.tar.gz"]),
        ("hatch publish", ["sample-1.0.zip"]),
        ("maturin upload '*.*'", ["sample-1.0.zip"]),
        ("twine upload '*.*'", []),
        ("pdm publish --no-build", []),
    ],
)
def test_files_that_are_not_picked(line: str, names: list[str], odd: Bench) -> None:
    found = odd.prepare(line).handover.refusals
    assert sorted(os.path.basename(each.file or "") for each in found) == sorted(names)
    assert all(each.reason is Reason.UNPICKED for each in found)


NAMES = {
    "sample-1.0-py3-none-any.whl": True,
    "sample-1.0-1-py3-none-any.whl": True,
    "sample-1.0-py2.py3-none-any.whl": True,
    "two_words-1.0+local.1-py3-none-any.whl": True,
    "two_words-1.0_local.1-py3-none-any.whl": False,
    "two_words-1.0+local_1-py3-none-any.whl": False,
    "sample-2025.09.4-py3-none-any.whl": False,
    "sample-1.0-py3.whl": False,
    "Two_Words-1.0-py3-none-any.whl": False,
    "two.words-1.0-py3-none-any.whl": False,
    "two_words-1.0rc1.tar.gz": True,
    "sample-1.0.post1.tar.gz": True,
    "sample-1!1.0.tar.gz": True,
    "sample-1.0.RC1.tar.gz": False,
    "two-words-1.0.tar.gz": False,
    "two__words-1.0.tar.gz": False,
    "sample-1.0-rc1.tar.gz": False,
    "sample-v1.0.tar.gz": False,
    "sample-.tar.gz": False,
    "sample.tar.gz": False,
    "_sample-1.0.tar.gz": False,
}
"""Names of files, and whether uv reads them."""


@pytest.mark.parametrize(("name", "is_read"), NAMES.items())
def test_names_that_uv_reads(name: str, is_read: bool, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    with Copies() as copies:
        copies.add([str(tmp_path / name)])
        refusal = Bench(tmp_path, copies).prepare("uv publish").refusal
    assert (refusal is None) is is_read


@pytest.mark.once
def test_names_that_the_real_uv_reads(tmp_path: Path) -> None:
    for each in NAMES:
        (tmp_path / each).write_bytes(b"")
    words = [
        need_tool("uv"),
        "publish",
        "--dry-run",
        "--token",
        "x",
        "--publish-url",
        "http://127.0.0.1:9/",
        "*",
    ]
    done = subprocess.run(
        words, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    skipped = re.findall(r"not a valid distribution filename: (\S+)|`(\S+)` has a non-normal", done.stderr)
    assert {os.path.basename(one or other) for one, other in skipped} == {
        name for name, is_read in NAMES.items() if not is_read
    }


def test_several_projects(tmp_path: Path) -> None:
    names = ["other-1.0.tar.gz", "sample-1.0.tar.gz"]
    for each in names:
        (tmp_path / each).write_bytes(b"")
    with Copies() as copies:
        copies.add([str(tmp_path / each) for each in names])
        bench = Bench(tmp_path, copies)
        handover = bench.prepare("twine upload 'sample-*'").handover
        assert [each.name for each in handover.handed] == ["sample-1.0.tar.gz"]
        assert [each.project for each in bench.prepare("uv publish").handover.handed] == ["other", "sample"]


@pytest.fixture
def signed(tmp_path: Path) -> Iterator[Bench]:
    """Return a bench with an sdist, its signature and its attestation."""
    names = [SDIST, f"{SDIST}.asc", f"{SDIST}.publish.attestation"]
    for each in names:
        (tmp_path / each).write_bytes(b"")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    with Copies() as copies:
        copies.add([str(tmp_path / SDIST)])
        yield Bench(tmp_path, copies)


@pytest.mark.parametrize(
    ("line", "made"),
    [
        (
            "twine upload 'sample*'",
            f"twine upload PRIVATE/{SDIST} PRIVATE/{SDIST}.asc ATTESTATIONS/{SDIST}.publish.attestation",
        ),
        (f"twine upload {SDIST}", f"twine upload PRIVATE/{SDIST}"),
        (
            "uv publish",
            f"uv publish PRIVATE/{SDIST} PRIVATE/{SDIST}.asc ATTESTATIONS/{SDIST}.publish.attestation",
        ),
        ("maturin upload 'sample*'", f"maturin upload PRIVATE/{SDIST}"),
        (f"./upload.sh {SDIST}.asc {SDIST}", f"./upload.sh PRIVATE/{SDIST}.asc PRIVATE/{SDIST}"),
    ],
)
def test_side_files(line: str, made: str, signed: Bench) -> None:
    assert signed.shown(line) == made


def test_only_a_signature(signed: Bench) -> None:
    assert "the command of twine names no audited file" in signed.refused(f"twine upload {SDIST}.asc")[1]


def test_only_a_signature_for_another_program(signed: Bench) -> None:
    assert "no argument names an audited file" in signed.refused(f"./upload.sh {SDIST}.asc")[1]


def test_signature_without_a_copy(bench: Bench) -> None:
    (bench.root / "dist" / f"{SDIST}.asc").write_bytes(b"")
    assert f"{SDIST}.asc was not audited" in bench.refused(f"twine upload dist/{SDIST} dist/{SDIST}.asc")[1]


@pytest.mark.parametrize(
    ("line", "environ", "sends"),
    [
        ("twine upload --attestations 'sample*'", {}, True),
        ("twine upload --att 'sample*'", {}, True),
        ("twine upload 'sample*'", {}, False),
        ("uv publish", {}, True),
        (f"uv publish {SDIST}", {}, False),
        ("uv publish --no-attestations", {}, False),
        ("uv publish", {"UV_PUBLISH_NO_ATTESTATIONS": "true"}, False),
        ("uv publish", {"UV_PUBLISH_NO_ATTESTATIONS": "0"}, True),
        ("poetry publish", {}, False),
    ],
)
def test_attestations(line: str, environ: dict[str, str], sends: bool, signed: Bench) -> None:
    assert signed.prepare(line, **environ).handover.sends_attestations is sends


@pytest.mark.parametrize(
    ("line", "environ", "credentials"),
    [
        ("twine upload -p x", {}, "--password"),
        ("twine upload", {"TWINE_PASSWORD": "x"}, "TWINE_PASSWORD"),
        ("twine upload", {"TWINE_USERNAME": "x"}, "TWINE_USERNAME"),
        ("twine upload --repository-url https://me@example.com/", {}, "the address in --repository-url"),
        ("twine upload", {}, None),
        ("uv publish -t x", {}, "--token"),
        ("uv publish", {"UV_PUBLISH_TOKEN": "x"}, "UV_PUBLISH_TOKEN"),
        ("uv publish", {"UV_PUBLISH_PASSWORD": "x"}, "UV_PUBLISH_PASSWORD"),
        ("uv publish", {}, None),
    ],
)
def test_credentials(line: str, environ: dict[str, str], credentials: str | None, bench: Bench) -> None:
    assert bench.prepare(line, **environ).handover.target.credentials == credentials


@pytest.mark.parametrize("section", ["pypi", "server-login"])
def test_credentials_in_pypirc(section: str, bench: Bench) -> None:
    (bench.root / "home").mkdir()
    (bench.root / "home" / ".pypirc").write_text(f"[{section}]\npassword = correct-horse\n")
    found = bench.prepare("twine upload 'dist/*'").handover.target
    assert found.credentials == f"[{section}] in ~/.pypirc"


@pytest.mark.parametrize(
    "line", ["twine upload --new=x {files}", "uv --new publish", "hatch publish -N {files}"]
)
def test_target_with_an_option_that_is_not_known(line: str, bench: Bench) -> None:
    made = bench.prepare(line)
    assert made.refusal is None
    assert (made.handover.target.unknown or "").startswith("pkgaudit does not know the option -")
    assert "x" not in (made.handover.target.unknown or "")


def test_options_of_pdm_that_are_not_known(bench: Bench) -> None:
    (bench.root / "pyproject.toml").write_text(PYPROJECT + '[tool.pdm.options]\npublish = ["--new"]\n')
    assert bench.prepare("pdm publish --no-build").handover.target.address is None


def test_twine_always_encrypts_for_pypi(bench: Bench) -> None:
    line = "twine upload --repository-url http://upload.pypi.org/legacy/ 'dist/*'"
    assert str(bench.prepare(line).handover.target.address) == "https://upload.pypi.org/legacy/"
    line = "uv publish --publish-url http://upload.pypi.org/legacy/"
    assert str(bench.prepare(line).handover.target.address) == "http://upload.pypi.org/legacy/"


@pytest.mark.parametrize(
    ("line", "environ", "in_command"),
    [
        ("twine upload --repository-url https://me:word@example.com/ 'dist/*'", {}, True),
        ("uv publish --publish-url https://me@example.com/", {}, True),
        ("env TWINE_REPOSITORY_URL=https://me:word@example.com/ twine upload 'dist/*'", {}, True),
        ("twine upload 'dist/*'", {"TWINE_REPOSITORY_URL": "https://me:word@example.com/"}, False),
        ("twine upload -u me@example.com 'dist/*'", {}, False),
    ],
)
def test_login_in_the_command(line: str, environ: dict[str, str], in_command: bool, bench: Bench) -> None:
    assert bench.prepare(line, **environ).handover.target.in_command is in_command


@pytest.mark.parametrize("line", ["hatch -p x --config x.toml publish", "hatch --config x.toml -p x publish"])
def test_unreadable_projects_of_hatch(line: str, bench: Bench) -> None:
    (bench.root / "x.toml").write_text("[")
    assert bench.refused(line)[1].endswith("x.toml is not valid TOML; correct the file")
    assert bench.prepare(f"sudo {line} {{files}}").refusal is None


def test_project_of_hatch_by_name(bench: Bench) -> None:
    for text in ('[projects]\nx = "{}"\n', '[projects.x]\nlocation = "{}"\n'):
        (bench.root / "other.toml").write_text(text.format(bench.root))
        line = f"hatch --config {bench.root}/other.toml -p x publish dist/{WHEEL}"
        assert bench.shown(line, "/").endswith(f"publish PRIVATE/{WHEEL}")
    (bench.root / "other.toml").write_text(f'[dirs]\nproject = ["{bench.root.parent}"]\n')
    line = f"hatch --config {bench.root}/other.toml publish dist/{WHEEL}"
    assert bench.shown(line, "/", HATCH_PROJECT=bench.root.name).endswith(f"publish PRIVATE/{WHEEL}")


@pytest.mark.parametrize(
    "line",
    [
        "twine upload -p correct-horse 'dist/*'",
        "twine upload --pass=correct-horse 'dist/*'",
        "twine upload --repository-url https://me:correct-horse@example.com/ 'dist/*'",
        "env TWINE_PASSWORD=correct-horse twine upload 'dist/*'",
        "uv publish --token correct-horse",
        "uv publish -tcorrect-horse",
        "hatch publish -a correct-horse",
        "pdm publish --no-build -P correct-horse",
        "poetry publish --password correct-horse",
        "maturin upload -p correct-horse 'dist/*'",
        "./upload.sh --api-token correct-horse {files}",
        "./upload.sh --password=correct-horse {files}",
        "make upload PASSWORD=correct-horse FILES={files}",
        "sh -c 'curl https://me:correct-horse@example.com/ {files}'",
        "sh -c 'set -e; TWINE_PASSWORD=correct-horse twine upload {files}'",
        "sh -c 'twine upload -p correct-horse {files}'",
        "sudo twine upload -p correct-horse {files}",
        "./upload.sh pypi-correct-horse-AgEIcHlwaS5vcmc {files}",
        "uvx --index https://me:correct-horse@example.com/ twine upload 'dist/*'",
        "pdm publish -P correct-horse",
        "twine upload --pass=correct-horse missing",
    ],
)
def test_secrets_are_never_shown(line: str, bench: Bench) -> None:
    made = bench.prepare(line)
    assert "correct-horse" not in made.shown
    assert "correct-horse" not in (made.refusal or "")
    assert "correct-horse" in " ".join(made.words)
    assert any("correct-horse" in each for each in made.handover.secrets)


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ("flit publish", "FLIT_INDEX_URL"),
        ("maturin publish", "MATURIN_REPOSITORY_URL"),
        ("maturin upload 'dist/*'", "MATURIN_REPOSITORY"),
        ("twine upload 'dist/*'", "TWINE_REPOSITORY"),
        ("uv publish", "UV_PUBLISH_INDEX"),
        ("pdm publish --no-build", "PDM_PUBLISH_REPO"),
        ("hatch publish", "HATCH_INDEX_REPO"),
    ],
)
@pytest.mark.parametrize("scheme", ["https://", ""])
def test_secrets_of_the_environment_are_never_shown(
    line: str, variable: str, scheme: str, bench: Bench
) -> None:
    made = bench.prepare(line, **{variable: f"{scheme}me:correct-horse@packages.example.com/"})
    assert "correct-horse" not in str([made.shown, made.refusal, made.handover.target])


def test_option_that_only_sounds_secret(bench: Bench) -> None:
    line = f"hatch publish --initialize-auth dist/{WHEEL}"
    assert bench.shown(line) == f"hatch publish --initialize-auth PRIVATE/{WHEEL}"


def test_secret_that_a_shell_quotes(bench: Bench) -> None:
    secret = "it's correct \\ horse"
    made = prepare(
        ["pdm", "publish", "--password", secret], bench.copies, GateSettings(), Surroundings({}, bench.root)
    )
    assert made.shown == "pdm publish --password '****' --dest " + str(bench.copies.folder)
    assert (made.refusal or "").endswith("; use 'pdm publish --password '****' --no-build'")


@pytest.mark.parametrize("line", ["twine upload {files}", "uv publish", "./upload.sh {files}"])
def test_many_files(line: str, tmp_path: Path) -> None:
    """The work grows with the number of files, not with its square."""
    names = [f"sample{number}-1.0.tar.gz" for number in range(1_000)]
    for each in names:
        (tmp_path / each).write_bytes(b"")
    with Copies() as copies:
        copies.add([str(tmp_path / each) for each in names])
        began = time.process_time()
        made = Bench(tmp_path, copies).prepare(line.replace("{files}", " ".join(names)))
        assert [each.name for each in made.handover.handed] == names
        assert time.process_time() - began < 0.8
