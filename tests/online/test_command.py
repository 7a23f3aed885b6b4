"""The command with ``--online``: what is asked, what is reported, and the exit status."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from fixtures.builders import Wheel
from fixtures.samples import requiring, wheel_of
from tests.online.conftest import Index
from tests.support import run

OLD = "sample-0.9-py3-none-any.whl"

PRIVATE = '[internal-name]\nnames = ["acme-*"]\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)


def audit(index: Index, *more: object, requires: tuple[str, ...] = ("acme-tides",)) -> Result:
    """Audit a wheel with these requirements, and ask the index."""
    wheel = wheel_of(requiring(*requires)).write(Path())
    return run(*more, "--index-url", index.url, wheel)


def codes(done: Result) -> list[str]:
    report: dict[str, Any] = json.loads(done.stdout)
    return sorted(each["code"] for each in report["findings"])


JSON = ("--no-config", "--format", "json", "--online")


def test_nothing_is_asked_by_itself(index: Index) -> None:
    wheel = Wheel().build().write(Path())
    for more in ((), ("--profile", "pypi"), ("--extend-select", "DP103,RL120")):
        assert run("--no-config", *more, wheel).exit_code == 0
    assert index.asked == {}


def test_a_path_may_follow_the_option(index: Index) -> None:
    index.has("sample")
    wheel = Wheel().build().write(Path())
    done = run("--no-config", "--index-url", index.url, "--online", wheel)
    assert (done.exit_code, index.projects) == (0, ["sample"])
    assert f"asking {index.url} about 1 project" in done.stderr


def test_a_missing_dependency(index: Index) -> None:
    index.has("sample")
    done = audit(index, *JSON)
    assert (codes(done), done.exit_code) == (["DP103"], 0)  # an error for PyPI only
    assert index.projects == ["acme-tides", "sample"]


def test_a_selection_does_not_leave_out_what_was_asked_for(index: Index) -> None:
    index.has("sample")
    assert "DP103" in codes(audit(index, *JSON, "--profile", "pypi"))
    assert "DP103" not in codes(audit(index, *JSON, "--ignore", "DP103"))


def test_attestations_and_files_of_the_index(index: Index) -> None:
    index.has("acme-tides", files=[{"filename": "acme_tides-1.0-py3-none-any.whl"}])
    wheel, old = "sample-1.0-py3-none-any.whl", "sample-0.9-py3-none-any.whl"
    files: list[dict[str, Any]] = [{"filename": wheel}, {"filename": old, "provenance": index.url}]
    index.has("sample", files=files)
    assert codes(audit(index, *JSON)) == ["RL120", "RL121"]
    Path(f"{wheel}.publish.attestation").write_text("{}")
    assert codes(audit(index, *JSON, "--ignore", "HM")) == ["RL120"]


@pytest.mark.parametrize(
    ("option", "status", "kept"), [("--online", 0, "skipped"), ("--online=required", 2, "errors")]
)
def test_an_index_that_fails(index: Index, option: str, status: int, kept: str) -> None:
    index.serve("acme-tides", status=403)
    index.has("sample")
    done = audit(index, "--no-config", "--format", "json", option)
    assert done.exit_code == status
    (said,) = json.loads(done.stdout)[kept]
    fault = f"{index.url}acme-tides/: the index answers 403; check the address"
    assert fault in said.values()
    assert (f"note: {fault}" in done.stderr) is (status == 0)


def test_a_required_index_that_answers(index: Index) -> None:
    index.has("sample")
    index.has("acme-tides", files=[{"filename": "acme_tides-1.0-py3-none-any.whl"}])
    assert audit(index, "--no-config", "--online=required").exit_code == 0


@pytest.mark.parametrize("config", [PRIVATE, '[gate]\nprivate-names = ["acme-*"]\n'])
@pytest.mark.parametrize("more", [(), ("--profile", "private"), ("--ignore", "DP107"), ("--select", "SF")])
def test_private_names_are_never_asked_for(index: Index, config: str, more: tuple[str, ...]) -> None:
    Path("pkgaudit.toml").write_text(config)
    index.has("sample")
    audit(index, "--online", *more, requires=("Acme.Tides", "other"))
    assert index.projects == ["other", "sample"]


def test_a_password_is_never_shown(index: Index) -> None:
    index.serve("sample", status=403)
    index.url = index.url.replace("http://", "http://ada:lovelace@")
    for more in (("--online",), ("--online=required", "--format", "json"), ("--online", "-vv")):
        done = audit(index, "--no-config", *more, requires=())
        assert "the index answers 403" in done.output
        assert "lovelace" not in done.output


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--index-url", "https://x/"), "--index-url needs --online"),
        (("--online", "--index-url", "ftp://x/"), "--index-url: the address does not begin with https://"),
        (("--online", "--index-url", "http://ada:" + "lovelace@x/"), "would not be encrypted"),
        (("--online=maybe",), "'maybe' is not one of 'optional', 'required'"),
    ],
)
def test_arguments_that_cannot_be_used(more: tuple[str, ...], says: str) -> None:
    done = run("--no-config", Wheel().build().write(Path()), *more)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert "lovelace" not in done.output


def test_the_gate_asks_too(index: Index) -> None:
    index.has("sample", **{"project-status": {"status": "quarantined"}})
    wheel = Wheel().build().write(Path())
    command = ("--", "touch", "started", "{files}")
    done = run("gate", wheel, "--no-config", "--online", "--index-url", index.url, *command)
    assert done.exit_code == 1
    assert "RL122" in done.stderr
    assert not Path("started").exists()


def test_attestations_that_the_upload_makes(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://example.com/")
    old = "sample-0.9-py3-none-any.whl"
    index.has("sample", files=[{"filename": old, "provenance": index.url}])
    assert codes(audit(index, *JSON, requires=())) == []


def test_an_address_that_is_no_index(index: Index) -> None:
    done = audit(index, "--no-config", "--online=required")
    assert done.exit_code == 2
    assert f"{index.url}: has none of the projects; check the address" in " ".join(done.stdout.split())


class TestAgainst:
    """``--against online``: the release before is downloaded and compared."""

    @pytest.fixture
    def old(self, index: Index) -> None:
        """An earlier release on the index, with a command that the new one has lost."""
        wheel = Wheel(version="0.9")
        points = b"[console_scripts]\nsample = sample.core:tide\n"
        wheel.files["sample-0.9.dist-info/entry_points.txt"] = points
        data = wheel.build().data
        self.serve(index, data, hashlib.sha256(data).hexdigest())

    def serve(self, index: Index, data: bytes, sha256: str, name: str = OLD) -> None:
        url = f"../../files/{name}"
        index.has("sample", files=[{"filename": name, "url": url, "hashes": {"sha256": sha256}}])
        index.serve_at(f"/files/{name}", data)

    @pytest.mark.usefixtures("old")
    def test_the_release_before(self, index: Index) -> None:
        done = audit(index, *JSON, "--against", "online", requires=())
        assert codes(done) == ["RL111"]
        assert f"downloading {OLD}" in done.stderr
        assert index.asked.keys() == {"/simple/sample/", f"/files/{OLD}"}

    @pytest.mark.parametrize(("option", "status"), [("--online", 0), ("--online=required", 2)])
    def test_another_content_than_the_page_says(self, index: Index, option: str, status: int) -> None:
        self.serve(index, b"other", "0" * 64)
        done = audit(index, "--no-config", option, "--against", "online", requires=())
        assert done.exit_code == status
        assert "has another hash than its page says" in " ".join(done.output.split())

    @pytest.mark.parametrize("name", ["sample-0.9-py3-none-any.whl/../../x.whl", "sample-0.9.exe", "x"])
    def test_other_names_are_not_downloaded(self, index: Index, name: str) -> None:
        self.serve(index, b"", "0" * 64, name)
        done = audit(index, "--no-config", "--online", "--against", "online", "-v", requires=())
        assert done.exit_code == 0
        assert index.asked.keys() == {"/simple/sample/"}
        assert f"skipped: sample: {index.url} has no earlier release of it" in " ".join(done.stdout.split())

    def test_private_projects_are_not_asked_for(self, index: Index) -> None:
        Path("pkgaudit.toml").write_text('[internal-name]\nnames = ["sample"]\n')
        audit(index, "--online", "--against", "online", requires=())
        assert index.asked == {}

    def test_it_needs_the_option(self) -> None:
        done = run("--no-config", Wheel().build().write(Path()), "--against", "online")
        assert done.exit_code == 2
        assert "--against online needs --online" in done.stderr
