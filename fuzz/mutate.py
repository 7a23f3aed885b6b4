"""Random changes to the members, the inventory and the bytes of a distribution.

If random bytes of a compressed archive change, readers mostly stop at its checksum. So an archive is
usually unpacked, changed and packed again, and only sometimes are its bytes changed.
"""

from __future__ import annotations

import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random

from fixtures.builders import Built, gzip_archive, tar_archive, tar_info, zip_archive

Members = list[tuple[str, bytes]]

LARGEST = 1 << 20
"""Largest distribution made, in bytes; chosen so that thousands of inputs are tried in minutes."""

EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF)
"""Numbers next to which a field overflows or changes its sign."""

WORDS = (
    *(b"PK\3\4", b"PK\5\6", b"PK\1\2", b"\x1f\x8b\x08\0", b"BZh91AY&SY", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"),
    *(b"ustar\x0000", b"\x7fELF\2\1", b"MZ", b"\xcf\xfa\xed\xfe", b"\0asm", b"#!/bin/sh\n", b"\xef\xbb\xbf"),
    *(b"import os\n", b"exec(", b"# coding: utf-16\n", b"f'{a}'", b"\\N{DASH}", b"<<<<<<< a\n", b"=======\n"),
    *(
        b"Name: ",
        b"Requires-Dist: ",
        b"Version: 1.0\n",
        b"License-File: ../x\n",
        b"[console_scripts]\n",
        b"a=b:c\n",
    ),
    *(b"ghp_", b"-----BEGIN PRIVATE KEY-----\n", b"password = '", b"https://u:p@h/", b"sha256=", b"\xff\xfe"),
    *(b".. include:: /x\n", b"|a|", b"::\n\n", b"`", b"{{", b"\x1b[31m", b"##vso[x]", b"\xe2\x80\xae"),
    b"pkgaudit: ignore[SE101]",
)
"""Parts of the file formats that rules read; a rule that finds them continues to parse the file."""

NAMES = (
    *(
        "../x",
        "/x",
        "C:\\x",
        "a\\b",
        "a//b",
        "./a",
        "CON",
        "a" * 300,
        "\u202ea",
        "a\nb",
        "é.py",
        "e\u0301.py",
        "A.PY",
    ),
    *(
        "sample.pth",
        "sitecustomize.py",
        ".env",
        "id_rsa",
        "a.ipynb",
        "a.json",
        "a.toml",
        "a.yaml",
        "x.so",
        "x.pyd",
    ),
    *("setup.py", "pyproject.toml", ".gitignore", "sample-1.0.dist-info/entry_points.txt", "a.pyc", "a.zip"),
)
"""Unusual member names, and names that rules look for."""


def members_of(built: Built) -> Members | None:
    """Return the members of a distribution in order, None if Python cannot read the archive."""
    try:
        if zipfile.is_zipfile(io.BytesIO(built.data)):
            with zipfile.ZipFile(io.BytesIO(built.data)) as archive:
                return [(each.filename, archive.read(each)) for each in archive.infolist()]
        with tarfile.open(fileobj=io.BytesIO(built.data)) as tar:
            files = ((each, tar.extractfile(each)) for each in tar if each.isfile())
            return [(each.name, file.read()) for each, file in files if file is not None]
    except Exception:  # a seed may be damaged on purpose
        return None


def packed(filename: str, members: Members) -> Built:
    """Return a distribution of the members, in the format that its filename requires."""
    if filename.endswith((".whl", ".zip")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # duplicate names
            return Built(filename, zip_archive(members))
    tar = tar_archive([(tar_info(path, len(data)), data) for path, data in members])
    return Built(filename, gzip_archive(tar))


def change_bytes(data: bytes, random: Random, other: bytes = b"") -> bytes:
    """Return the bytes with one change: to a bit, a number, a word, a range or the order of lines."""
    at = random.randrange(len(data) + 1)
    size = min(len(data) - at, 1 << random.randrange(10))
    kind = random.randrange(8)
    if kind == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]
    if kind == 1:
        width = random.choice((1, 2, 4))
        number = random.choice(EDGES) & ((1 << 8 * width) - 1)
        return data[:at] + number.to_bytes(width, random.choice(("little", "big"))) + data[at + width :]
    if kind == 2:
        return data[:at] + random.choice(WORDS) + data[at:]
    if kind == 3:
        return data[:at] + data[at + size :]
    if kind == 4:
        return data[:at] + data[at : at + size] * random.randrange(2, 200) + data[at + size :]
    if kind == 5 and other:
        start = random.randrange(len(other))
        return data[:at] + other[start : start + size] + data[at:]
    if kind == 6:
        lines = data.split(b"\n")
        random.shuffle(lines)
        return b"\n".join(lines)
    return data[:at]


def _change_content(members: Members, random: Random, others: Sequence[Built]) -> Members:
    at = random.randrange(len(members))
    path, data = members[at]
    donor = random.choice(members)[1]
    return [*members[:at], (path, change_bytes(data, random, donor)), *members[at + 1 :]]


def _rename(members: Members, random: Random, others: Sequence[Built]) -> Members:
    at = random.randrange(len(members))
    folder = members[at][0].rpartition("/")[0]
    name = random.choice(NAMES)
    return [*members[:at], (f"{folder}/{name}" if folder else name, members[at][1]), *members[at + 1 :]]


def _double(members: Members, random: Random, others: Sequence[Built]) -> Members:
    return [*members, random.choice(members)]


def _drop(members: Members, random: Random, others: Sequence[Built]) -> Members:
    return [each for each in members if random.random() < 0.9] or members


def _nest(members: Members, random: Random, others: Sequence[Built]) -> Members:
    inner = random.choice(others)
    return [*members, (f"sample/{random.choice(NAMES)}", inner.data[:LARGEST])]


def _splice(members: Members, random: Random, others: Sequence[Built]) -> Members:
    """Add up to three members of another distribution."""
    given = members_of(random.choice(others)) or []
    return [*members, *random.sample(given, min(len(given), 3))]


_CHANGES: tuple[Callable[[Members, Random, Sequence[Built]], Members], ...] = (
    _change_content,
    _change_content,
    _change_content,
    _rename,
    _double,
    _drop,
    _nest,
    _splice,
)
"""The changes; `_change_content` is listed three times because content should change most often."""


def mutate(built: Built, random: Random, others: Sequence[Built]) -> Built:
    """Return the distribution with a few changes, which depend only on the state of ``random``."""
    members = members_of(built)
    if not members or random.random() < 0.2:
        data = built.data
        for _ in range(random.randrange(1, 6)):
            data = change_bytes(data, random, random.choice(others).data)[:LARGEST]
        return Built(built.filename, data)
    for _ in range(random.randrange(1, 6)):
        members = random.choice(_CHANGES)(members, random, others)
    try:
        made = packed(built.filename, members)
    except Exception:  # zipfile or tarfile cannot write some of the names
        return Built(built.filename, change_bytes(built.data, random))
    return made if len(made.data) <= LARGEST else built
