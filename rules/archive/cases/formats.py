"""Cases of archives that are detected by their content, whatever their first bytes are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipapp

from fixtures.binaries import Elf, Pe
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


SEVEN = b"7z\xbc\xaf\x27\x1c\0\4" + bytes(range(1, 60))
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
    return with_files(**{"data.7z": SEVEN})


@bad("AR114", at="sample/setup.exe", also=("NB103", "NB101"), says="cabinet format")
def archive_behind_a_program() -> Built:
    return with_files(**{"setup.exe": Pe().build() + b"MSCF\0\0\0\0" + bytes(range(1, 60))})


@bad("SE101", at="sample/tool!/tool:1:10", also=("NB103",))
def token_after_a_program() -> Built:
    return with_files(tool=Elf().build() + gzip.compress(TOKEN.encode(), mtime=0))


@bad("AR114", at="sample/run.cmd", also=("SF110",), says="contains an archive in the 7z format")
def archive_after_a_script() -> Built:
    return with_files(**{"run.cmd": b"@echo off\r\nexit /b\r\n" + SEVEN})


@bad("AR114", at="sample/logo.png", says="contains an archive in the RAR format")
def archive_after_a_picture() -> Built:
    end = b"\0\0\0\0IEND\xaeB`\x82"
    return with_files(**{"logo.png": b"\x89PNG\r\n\x1a\n" + end + b"Rar!\x1a\7\1\0" + bytes(range(1, 60))})


@bad("AR114", at="sample/data.pack", says="Git pack format")
def git_packfile() -> Built:
    return with_files(**{"data.pack": b"PACK\0\0\0\2\0\0\0\1" + bytes(range(1, 60))})


@bad("AR114", at="sample/report.doc", severity="info", says="is a compound file")
def document_that_is_not_read() -> Built:
    return with_files(**{"report.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)})


@bad("AR114", at="sample/data.zip", says="50 bytes between the records")
def data_between_the_records_of_a_nested_zip() -> Built:
    data = zip_archive({"text.txt": b"text"})
    at = data.index(b"PK\1\2")
    offset = (at + 50).to_bytes(4, "little")
    return with_files(**{"data.zip": data[:at] + b"x" * 50 + data[at:-6] + offset + data[-2:]})


@bad("AR114", at="sample/data.gz", says="but other bytes follow it")
def data_after_the_end_of_a_nested_archive() -> Built:
    return with_files(**{"data.gz": gzip.compress(b"text\n", mtime=0) + bz2.compress(b"more\n")})


@good("AR114")
def application_that_is_read() -> Built:
    return with_files(**{"app.pyz": app("print('hello')\n")})


@good("AR114")
def static_library() -> Built:
    name = f"{'lib.o/':16}{0:<12}{0:<6}{0:<6}{100644:<8}{4:<10}`\n"
    return with_files(**{"lib.a": b"!<arch>\n" + name.encode() + b"\x7fELF"})
