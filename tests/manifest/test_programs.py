"""Other programs read the manifests: sha256sum, pip, and the libraries of in-toto and sigstore."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.builders import Sdist, Wheel
from tests.programs import find_program, need
from tests.support import run

pytestmark = pytest.mark.once

WHEEL = "sample-1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that requires another project, and its manifests."""
    folder = tmp_path_factory.mktemp("release")
    dist = folder / "dist"
    dist.mkdir()
    wheel, sdist = Wheel(), Sdist()
    for each in (wheel, sdist):
        assert each.metadata is not None
        each.metadata.add("Requires-Dist", "dependency-of-sample")
        each.build().write(dist)
    outputs = [f"-o{name}={folder / name}" for name in ("sha256sum", "requirements", "in-toto")]
    assert run(dist, "--no-config", "--ignore", "RL,WH,MD", *outputs).exit_code == 0
    return folder


def test_sha256sum(release: Path, tmp_path: Path) -> None:
    command = [find_program("sha256sum"), "--check", "--strict", str(release / "sha256sum")]
    done = subprocess.run(command, cwd=release / "dist", stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.count(": OK") == 2
    shutil.copytree(release / "dist", tmp_path / "dist")
    with (tmp_path / "dist" / WHEEL).open("ab") as stream:
        stream.write(b"\0")
    assert subprocess.run(command, cwd=tmp_path / "dist", capture_output=True).returncode == 1


def test_sigstore(release: Path) -> None:
    need("sigstore.dsse").Statement((release / "in-toto").read_bytes())


def test_in_toto(release: Path) -> None:
    parse = need("google.protobuf.json_format").ParseDict
    statements = need("in_toto_attestation.v1.statement")
    results = need("in_toto_attestation.predicates.test_result.v0.test_result_pb2")
    made = json.loads((release / "in-toto").read_text())
    # This parser rejects unknown keys.
    parsed = parse(made, need("in_toto_attestation.v1.statement_pb2").Statement())
    statements.Statement.copy_from_pb(parsed).validate()
    result = parse(made["predicate"], results.TestResult())
    assert result.result == made["predicate"]["result"]
    assert list(result.passed_tests) == made["predicate"]["passedTests"]


@pytest.fixture(scope="module")
def index(release: Path) -> Iterator[str]:
    """Serve the release and the project that it requires on loopback, and return the address."""
    need("pypiserver")
    served = release / "served"
    shutil.copytree(release / "dist", served)
    Wheel("dependency_of_sample", files={"dependency_of_sample.py": b""}).build().write(served)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pypiserver", "run", "-i", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen([*command, "--disable-fallback", served], stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(100):
                with socket.socket() as client:
                    if client.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/simple/"
        finally:
            server.terminate()


def install(index: str, manifest: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--isolated", "install", "--no-cache-dir", "--require-hashes"]
    command += ["--index-url", index, "-r", str(manifest), "--target", str(target), *options]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_pip_installs_the_release_without_dependencies(index: str, release: Path, tmp_path: Path) -> None:
    done = install(index, release / "requirements", tmp_path, "--no-deps")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "sample" / "core.py").exists()


def test_pip_wants_the_hashes_of_dependencies_as_the_comment_says(
    index: str, release: Path, tmp_path: Path
) -> None:
    assert "# sample requires: dependency-of-sample\n" in (release / "requirements").read_text()
    done = install(index, release / "requirements", tmp_path)
    assert done.returncode == 1
    assert "--require-hashes mode" in done.stdout, done.stdout


def test_pip_rejects_other_bytes(index: str, release: Path, tmp_path: Path) -> None:
    other = tmp_path / "requirements"
    other.write_text(f"sample==1.0 --hash=sha256:{'0' * 64}\n")
    done = install(index, other, tmp_path / "target", "--no-deps")
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stdout
