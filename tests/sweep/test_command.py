"""The command line of a sweep: its options, its exit status, and an index with faults."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit.sweep.store import Store
from tests.online.conftest import Index
from tests.support import run


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--since", "yesterday"), "'yesterday' is not a day like 2026-11-30"),
        (("--kinds", "egg"), "choose from wheel, sdist"),
        (("--every", "9"), "--every is only for --watch"),
        (("--on-finding", "true"), "--on-finding is only for --watch"),
        (("--metadata-only",), "--metadata-only needs an index"),
    ],
)
def test_options_that_cannot_be_used(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    done = run("sweep", tmp_path, "-o", tmp_path / "store", "--no-config", *options)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert not (tmp_path / "store").exists()


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = run("sweep", tmp_path, "-o", tmp_path / "store", "--no-config")
    assert done.exit_code == 2
    assert "pyarrow is not installed; run 'pip install pkgaudit[sweep]'" in " ".join(done.stderr.split())


def test_the_help_shows_the_sweep_itself() -> None:
    said = run("sweep", "--help").stdout
    assert "--metadata-only" in said
    assert "SOURCE" in said


def test_core_metadata_of_an_index_with_a_fault(index: Index, tmp_path: Path) -> None:
    """Only the metadata are downloaded, the run goes on after the fault, and the password appears nowhere."""
    built = Wheel().build()
    path = built.write(tmp_path)
    with zipfile.ZipFile(path) as archive:
        metadata = archive.read("sample-1.0.dist-info/METADATA")
    index.serve_at("/f/x.metadata", metadata)
    files = [
        {
            "filename": built.filename,
            "url": "/f/x",
            "size": len(built.data),
            "hashes": {"sha256": hashlib.sha256(built.data).hexdigest()},
            "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
        },
        {"filename": "sample-1.0.tar.gz", "url": "/f/y"},
    ]
    index.has("sample", files=files)
    index.serve("bad", status=403)
    index.serve_at("/simple/", json.dumps({"projects": [{"name": "bad"}, {"name": "sample"}]}), "x/json")
    simple = index.url.replace("http://", "http://ada:lovelace@")
    options = ("--metadata-only", "--jobs", "1", "--quiet", "--no-config")
    done = run("sweep", simple, "-o", tmp_path / "store", *options)
    assert done.exit_code == 2, done.output
    assert "1 file audited" in done.stdout
    assert "1 pass, 0 fail" in done.stdout
    said = " ".join(done.stderr.split())
    assert f"Warning: {index.url}bad/: the index answers 403" in said
    assert "1 file without separate core metadata skipped because of --metadata-only" in said
    assert "/f/x" not in index.asked
    assert index.asked["/f/x.metadata"]["Authorization"].startswith("Basic ")
    with closing(Store(str(tmp_path / "store"))) as store:
        (row,) = store.rows()
    assert (row.sha256, row.size) == (hashlib.sha256(built.data).hexdigest(), len(built.data))
    stored = b"".join(each.read_bytes() for each in (tmp_path / "store").rglob("*") if each.is_file())
    assert b"lovelace" not in stored
    assert "lovelace" not in done.output
