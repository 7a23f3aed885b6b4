"""Manifests of all forms, and everything that cannot be one."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.manifest.errors import ManifestError
from pkgaudit.manifest.reading import read_manifest
from pkgaudit.manifest.statement import CONFIGURATION, STATEMENT, TEST_RESULT
from pkgaudit.model.release_files import Manifest

ONE, TWO = "a" * 64, "b" * 64


def read(folder: Path, text: str | bytes, name: str = "manifest") -> Manifest:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_manifest(str(path))


def names(manifest: Manifest) -> dict[str, str]:
    return {each.name: each.sha256[0] for each in manifest.entries}


def statement(**changes: Any) -> dict[str, Any]:
    """Return a statement on one file."""
    made = {
        "_type": STATEMENT,
        "subject": [{"name": "a-1.0.whl", "digest": {"sha256": ONE}}],
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": "PASSED",
            "configuration": [{"name": CONFIGURATION, "digest": {"sha256": TWO}}],
        },
    }
    return {**made, **changes}


class TestChecksums:
    @pytest.mark.parametrize(
        "line",
        [
            f"{ONE}  a-1.0.whl",
            f"{ONE} *a-1.0.whl",
            f"{ONE} a-1.0.whl",
            f"{ONE}\ta-1.0.whl",
            f"  {ONE}  a-1.0.whl",
            f"{ONE.upper()}  a-1.0.whl\r",
            f"# written by a program\n\n{ONE}  ./a-1.0.whl",
            f"{ONE}  dist/a-1.0.whl",
            f"SHA256 (a-1.0.whl) = {ONE}",
            f"SHA2-256(a-1.0.whl)= {ONE}",
            f"{ONE}  a-1.0.whl\n{ONE}  a-1.0.whl",
        ],
    )
    def test_forms(self, line: str, tmp_path: Path) -> None:
        assert names(read(tmp_path, f"{line}\n")) == {"a-1.0.whl": ONE}

    @pytest.mark.skipif(os.name == "nt", reason="such filenames do not exist on Windows")
    @pytest.mark.parametrize("option", ["--binary", "--tag"])
    def test_names_as_coreutils_escapes_them(self, option: str, tmp_path: Path) -> None:
        odd = ["a\\b-1.0.whl", "c\nd-1.0.whl", " e-1.0.whl", "f (1)-1.0.whl"]
        for name in odd:
            (tmp_path / name).write_bytes(b"")
        try:
            made = subprocess.run(
                ["sha256sum", option, *odd], cwd=tmp_path, stdout=subprocess.PIPE, check=True
            )
        except FileNotFoundError:
            pytest.skip("sha256sum is not installed")
        assert sorted(names(read(tmp_path, made.stdout))) == sorted(odd)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "is empty"),
            ("# only this\n\n", "contains only comments"),
            ("\0\1", "contains a null byte"),
            (b"# x\n\xe9\n", "line 2 is not UTF-8"),
            (b"\xef\xbb\xbf" + ONE.encode() + b"  a.whl", "a byte order mark of UTF-8"),
            ("a".encode("utf-16"), "a byte order mark of UTF-16"),
            (f"{ONE}  a.whl\nsomething else\n", "line 2 is malformed"),
            (f"{ONE}  /tmp/a.whl", "line 1 names '/tmp/a.whl', which is not below"),
            (f"{ONE}  ../a.whl", "write only the filename"),
            (f"{ONE}  dist/", "write only the filename"),
            (f"{ONE}  dist\\a.whl", "line 1 has a backslash"),
            (f"\\{ONE}  a\\x.whl", "line 1 has a malformed escape"),
            (
                f"{ONE}  a.whl\n{TWO}  a.whl",
                "line 2 lists 'a.whl' twice",
            ),
            (f"{'a' * 32}  a.whl", "line 1 has a hash of md5; sha256 is needed"),
            (f"SHA1 (a.whl) = {'a' * 40}", "line 1 has a hash of sha1; sha256 is needed"),
            (f"{'a' * 128}  a.whl", "line 1 has a hash of 128 digits; a sha256 has 64"),
            (f"{'a' * 63}  a.whl", "line 1 has a hash of 63 digits"),
            ("?? what", "line 1 has no form that pkgaudit knows"),
            (f"-----BEGIN PGP SIGNED MESSAGE-----\n\n{ONE}  a.whl", "'gpg --output FILE --decrypt "),
        ],
    )
    def test_what_cannot_be_used(self, text: str | bytes, says: str, tmp_path: Path) -> None:
        with pytest.raises(ManifestError, match="manifest: ") as raised:
            read(tmp_path, text)
        assert says in str(raised.value)


class TestRequirements:
    def test_forms(self, tmp_path: Path) -> None:
        found = read(
            tmp_path,
            f"""\
# the release
--index-url https://index.example/simple
Sample_Project==1.0 \\
    --hash=sha256:{ONE} \\
    --hash=sha384:{"c" * 96} \\
    --hash=sha256:{TWO.upper()}
requests[socks]===2.0 ; python_version < "4" --hash=sha256:{ONE}  # a dependency
./x-1.0.whl --hash sha256:{ONE}
named @ https://index.example/named-1.0.whl --hash=sha256:{ONE}
unpinned>=1
""",
        )
        assert not found.is_complete
        assert [(each.project, each.version, each.name, each.sha256) for each in found.entries] == [
            ("sample-project", "1.0", "", (ONE, TWO)),
            ("requests", "2.0", "", (ONE,)),
            ("", "", "x-1.0.whl", (ONE,)),
            ("named", "", "named-1.0.whl", (ONE,)),
        ]
        assert [each.line for each in found.entries] == [3, 7, 8, 9]

    def test_a_name_in_an_address_leads_nowhere(self, tmp_path: Path) -> None:
        [entry] = read(tmp_path, f"a @ https://index.example/..%2F..%2Fa.whl --hash=sha256:{ONE}").entries
        assert entry.name == "a.whl"

    def test_lines_for_different_environments_are_joined(self, tmp_path: Path) -> None:
        marked = [f"a==1; sys_platform {sign} 'win32' --hash=sha256:" for sign in ("==", "!=")]
        found = read(tmp_path, f"{marked[0]}{ONE}\n{marked[1]}{TWO}\n")
        assert [each.sha256 for each in found.entries] == [(ONE, TWO)]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (f"-r other.txt\na==1 --hash=sha256:{ONE}", "line 1 reads another file"),
            (f"-cother.txt\na==1 --hash=sha256:{ONE}", "line 1 reads another file"),
            (f"a==1\n--hash=sha256:{ONE}", "line 2 has a hash without a requirement"),
            ("a==1\nb==2\n", "has no hashes"),
            (f"a==1 --hash=md5:{'a' * 32}", "line 1 has no hash of sha256, which is needed"),
            ("a==1 --hash=sha256:abc", "line 1 has a sha256 that does not have 64 hexadecimal digits"),
            (f"https://index.example/ --hash=sha256:{ONE}", "is not a requirement"),
            (f"b==1\na{' ' * 100_000}§ --hash=sha256:{ONE}", "is not a requirement"),
            (f"a==1 --hash=sha256:{ONE} b", "line 1 has text between its hashes"),
            (f"a==1 --hash=sha256:{ONE}\nA==1 --hash=sha256:{TWO}", "line 2 lists 'A==1' twice"),
        ],
    )
    def test_what_cannot_be_used(self, text: str, says: str, tmp_path: Path) -> None:
        with pytest.raises(ManifestError) as raised:
            read(tmp_path, text)
        assert says in str(raised.value)


class TestLockFiles:
    def test_files(self, tmp_path: Path) -> None:
        text = f"""
lock-version = "1.0"
[[packages]]
name = "Sample.Project"
version = "1.0"
sdist = {{ name = "s-1.tar.gz", hashes = {{ sha256 = "{ONE}" }} }}
wheels = [{{ url = "https://[index.example/s%2D1.whl?a#b", hashes = {{ sha256 = "{TWO}" }} }}]
[[packages]]
name = "here"
directory = {{ path = "." }}
"""
        found = read(tmp_path, text, "pylock.toml")
        assert names(found) == {"s-1.tar.gz": ONE, "s-1.whl": TWO}
        assert {each.project for each in found.entries} == {"sample-project"}
        assert not found.is_complete

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("lock-version = ", "is not valid TOML"),
            ("a = 1", "has no 'lock-version'"),
            ("lock-version = '1.0'\npackages = 1", "has no 'packages' that is a list"),
            ("lock-version = '1.0'\npackages = []", "lists no files"),
            (
                "lock-version = '1.0'\n[[packages]]\nname = 'a'\nsdist = {name='a.tar.gz', hashes={md5='x'}}",
                "has no sha256 for a file, only md5 of the package 'a'",
            ),
            ("a = " + "[" * 5000, "is not valid TOML"),
        ],
    )
    def test_what_cannot_be_used(self, text: str, says: str, tmp_path: Path) -> None:
        with pytest.raises(ManifestError) as raised:
            read(tmp_path, text, "pylock.toml")
        assert says in str(raised.value)


class TestJson:
    def test_a_statement(self, tmp_path: Path) -> None:
        found = read(tmp_path, json.dumps(statement()))
        assert names(found) == {"a-1.0.whl": ONE}
        assert (found.result, found.configuration, found.signatures) == ("PASSED", TWO, None)

    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_an_envelope(self, number: int, tmp_path: Path) -> None:
        envelope = {
            "payloadType": "application/vnd.in-toto+json",
            "payload": base64.b64encode(json.dumps(statement()).encode()).decode(),
            "signatures": [{"sig": "…"}] * number,
        }
        for document in (envelope, {"mediaType": "a bundle", "dsseEnvelope": envelope}):
            found = read(tmp_path, json.dumps(document))
            assert names(found) == {"a-1.0.whl": ONE}
            assert found.signatures == number

    def test_the_configuration_of_another_tool_is_not_compared(self, tmp_path: Path) -> None:
        predicate = {"result": "WARNED", "configuration": [{"name": "other", "digest": {"sha1": "x"}}]}
        assert read(tmp_path, json.dumps(statement(predicate=predicate))).configuration == ""

    @pytest.mark.parametrize(
        ("document", "says"),
        [
            ({"a": 1}, "is neither a JSON manifest of pkgaudit nor an in-toto statement"),
            (statement(_type="https://in-toto.io/Statement/v0.1"), "has a statement of the type"),
            (statement(predicateType="https://slsa.dev/provenance/v1"), "has a predicate of the type"),
            (statement(subject=[]), "lists no files"),
            (
                statement(subject=[{"name": "a.whl", "digest": {"sha1": "x"}}]),
                "has no sha256 for a file, only sha1",
            ),
            (statement(subject=[{"name": "../a.whl", "digest": {"sha256": ONE}}]), "write only the filename"),
            (statement(predicate={"result": "GOOD", "configuration": []}), "has the result 'GOOD'"),
            (statement(predicate=None), "has no 'predicate' that is an object"),
            ({"payload": "e30=", "payloadType": "text/plain", "signatures": []}, "a payload of the type"),
            (
                {"payload": "{}", "payloadType": "application/vnd.in-toto+json", "signatures": []},
                "has a 'payload' that is not base64",
            ),
            ({"verification_material": {}}, "is an attestation, not a manifest"),
            ({"version": 2, "files": []}, "has the version 2"),
            ({"version": 1, "files": [1]}, "a list 'files' with other values than objects"),
        ],
    )
    def test_documents_that_cannot_be_used(self, document: object, says: str, tmp_path: Path) -> None:
        with pytest.raises(ManifestError) as raised:
            read(tmp_path, json.dumps(document))
        assert says in str(raised.value)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ('{"a":', "is not JSON: Expecting value in line 1"),
            ('{"a": 1, "a": 2}', "has an object with the same key twice"),
            ('{"a":' + "[" * 10_000 + "]" * 10_000 + "}", "has values that are nested too deep"),
            ('{"a": ' + "9" * 6000 + "}", "has a number that is too long"),
        ],
    )
    def test_texts_that_cannot_be_used(self, text: str, says: str, tmp_path: Path) -> None:
        with pytest.raises(ManifestError) as raised:
            read(tmp_path, text)
        assert says in str(raised.value)


def test_paths_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (".", "missing", "-", "a\0b"):
        with pytest.raises(ManifestError):
            read_manifest(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe")
        with pytest.raises(ManifestError, match="not a regular file"):
            read_manifest("pipe")
    Path("SUMS").write_text(f"{ONE}  a.whl\n")
    Path("link").symlink_to("SUMS")
    assert read_manifest("link").entries


def test_many_lines_take_bounded_time(tmp_path: Path) -> None:
    lines = 20_000
    for text in (
        "".join(f"{number:064x}  sample_{number}-1.0.whl\n" for number in range(lines)),
        "".join(f"sample{number}==1.0 --hash=sha256:{number:064x}\n" for number in range(lines)),
    ):
        began = time.process_time()
        assert len(read(tmp_path, text).entries) == lines
        assert time.process_time() - began < 5  # a million lines then take a few minutes at the most


def test_a_manifest_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.manifest.reading.LARGEST", 10)
    with pytest.raises(ManifestError, match="is larger than 10 bytes"):
        read(tmp_path, f"{ONE}  a.whl\n")
