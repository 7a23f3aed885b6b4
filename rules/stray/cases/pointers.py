"""Cases of SF112."""

from __future__ import annotations

from fixtures.builders import Built
from fixtures.cases import bad, good
from fixtures.samples import sdist, wheel

SPEC = b"version https://git-lfs.github.com/spec/v1\n"
OID = b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
LFS = SPEC + OID + b"size 12345\n"
ANNEX = (
    b"/annex/objects/SHA256E-s12345--4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393.bin\n"
)


@bad("SF112", at="sample/model.bin", says="is a pointer of Git LFS, and the file itself is missing")
def model() -> Built:
    return wheel({"sample/model.bin": LFS})


@bad("SF112", at="sample-1.0/sample/logo.png", severity="error")
def picture_in_an_sdist() -> Built:
    return sdist({"sample/logo.png": LFS.replace(b"\n", b"\r\n")})


@bad("SF112", at=("sample/a.bin", "sample/b.bin"))
def several() -> Built:
    return wheel({"sample/a.bin": LFS, "sample/b.bin": LFS.replace(b"12345", b"678")})


@bad("SF112", at="sample/model.bin", says="pointer of git-annex")
def annex() -> Built:
    return wheel({"sample/model.bin": ANNEX})


@bad("SF112", at="sample/model.bin")
def pointer_with_an_extension() -> Built:
    return wheel({"sample/model.bin": SPEC + b"ext-0-case sha256:" + b"0" * 64 + b"\n" + OID + b"size 7\n"})


@bad("SF112", at="sample-1.0/tests/data/model.bin", severity="warning")
def data_of_a_test() -> Built:
    return sdist({"tests/data/model.bin": LFS})


@good("SF112")
def texts_about_pointers() -> Built:
    return wheel({"sample/spec.txt": b"A pointer looks like this:\n\n" + LFS, "sample/short.txt": SPEC + OID})


@good("SF112", config={"pointer-file": {"allow": ["sample/pointer.txt"]}})
def allowed() -> Built:
    return wheel({"sample/pointer.txt": LFS})
