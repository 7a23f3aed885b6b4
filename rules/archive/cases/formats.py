"""Cases of archives that are detected by their content, whatever their first bytes are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipapp

from fixtures.binaries import Pe
from fixtures.builders import Built, Wheel, sample_sources, zip_archive
from fixtures.cases import bad, good
from fixtures.tokens import checked_token


def with_files(**files: bytes) -> Built:
    return Wheel(
        files={**sample_sources(), **{f"sample/{name}": data for name, data in files.items()}}
    ).build()


def app(source: str) -> bytes:
    made, archive = io.BytesIO(), io.BytesIO(zip_archive({"__main__.py": source.encode()}))
    zipapp.create_archive(archive, made, interpreter="/usr/bin/env python3")
    return made.getvalue()


TOKEN = f'TOKEN = "{checked_token("ghp")}"\n'


@bad("SE101", at="sample/app.pyz!/__main__.py:1:10")
def token_in_an_application() -> Built:
    return with_files(**{"app.pyz": app(TOKEN)})


@bad("SE101", at="sample/settings.lzma!/settings:1:10")
def token_in_an_lzma_file() -> Built:
    return with_files(**{"settings.lzma": lzma.compress(TOKEN.encode(), format=lzma.FORMAT_ALONE)})


@bad("SE101", at="sample/setup.exe!/settings.py:1:10", also=("NB103", "NB101"))
def token_in_a_program_that_unpacks_itself() -> Built:
    return with_files(**{"setup.exe": Pe().build() + zip_archive({"settings.py": TOKEN.encode()})})


@bad(
    "AR114",
    at="sample/data.7z",
    says="'sample/data.7z' is an archive in the 7z format, which pkgaudit does not read",
)
def archive_of_a_format_that_is_not_read() -> Built:
    return with_files(**{"data.7z": b"7z\xbc\xaf\x27\x1c\0\4" + bytes(range(1, 60))})


@bad("AR114", at="sample/setup.exe", also=("NB103", "NB101"), says="cabinet format")
def archive_behind_a_program() -> Built:
    return with_files(**{"setup.exe": Pe().build() + b"MSCF\0\0\0\0" + bytes(range(1, 60))})


@bad("AR114", at="sample/data.gz", says="but other bytes follow it")
def data_after_the_end_of_a_nested_archive() -> Built:
    return with_files(**{"data.gz": gzip.compress(b"text\n", mtime=0) + bz2.compress(b"more\n")})


@good("AR114")
def application_that_is_read() -> Built:
    return with_files(**{"app.pyz": app("print('hello')\n")})
