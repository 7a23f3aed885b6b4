"""Cases of SF107 and SF110: files whose content gives them away."""

from __future__ import annotations

from fixtures.builders import Built, zip_archive
from fixtures.cases import bad, good
from fixtures.samples import LAYOUT, sdist, wheel

# Built from parts: this file itself is packed.
OURS, BASE, PARTED, THEIRS = "<" * 7 + " ours\n", "|" * 7 + " base\n", "=" * 7 + "\n", ">" * 7 + " theirs\n"

PYTHON = ("WH109", "WH110", "BH103", "BH202")

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00>\x00" + bytes(44)
MACH_O = b"\xcf\xfa\xed\xfe" + bytes(28)
PE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(20)


def conflict(ours: str, theirs: str, base: str = "", line_end: str = "\n") -> bytes:
    """Return lines on which two sides disagree, as a merge leaves them."""
    text = f"{OURS}{ours}{BASE + base if base else ''}{PARTED}{theirs}{THEIRS}"
    return text.replace("\n", line_end).encode()


# SF107


@bad("SF107", at="sample/core.py:3", also=PYTHON, says="Python cannot compile the file")
def conflict_in_module() -> Built:
    body = b'"""The core."""\n\n' + conflict("answer = 42\n", "answer = 43\n")
    return wheel({"sample/core.py": body + b"\n\ndef unused() -> int:\n    return answer\n"})


@bad("SF107", at="sample-1.0/sample/core.py:1", also=PYTHON, says="2 unresolved merge conflicts")
def conflicts_with_their_base() -> Built:
    text = conflict("a = 1\n", "a = 2\n", "a = 0\n") + b"b = 1\n" + conflict("c = 1\n", "c = 2\n", "c = 0\n")
    return sdist({"sample/core.py": text})


@bad("SF107", at="sample/core.py:1", also=PYTHON)
def conflict_in_module_with_dos_lines() -> Built:
    return wheel({"sample/core.py": conflict("a = 1\n", "a = 2\n", line_end="\r\n")})


@bad("SF107", at="sample/core.py:2", also=PYTHON)
def conflict_in_module_in_utf_8_with_mark() -> Built:
    return wheel({"sample/core.py": b"\xef\xbb\xbfx = 1\n" + conflict("a = 1\n", "a = 2\n")})


@bad("SF107", at="sample/core.py:1", also=PYTHON)
def conflict_with_longer_markers() -> Built:
    sides = conflict("a = 1\n", "a = 2\n").replace(b"<" * 7, b"<" * 9)
    return wheel({"sample/core.py": sides.replace(b"=" * 7, b"=" * 9).replace(b">" * 7, b">" * 9)})


@bad("SF107", at="sample/core.py:2", also=PYTHON, says="a leftover conflict marker of a merge")
def marker_left_in_module() -> Built:
    return wheel({"sample/core.py": f"a = 1\n{THEIRS}b = 2\n".encode()})


@bad("SF107", at="sample/data.json:2", says="a leftover conflict marker of a merge")
def markers_left_in_json() -> Built:
    return wheel({"sample/data.json": f'{{\n{OURS}"a": 1\n{PARTED}}}\n'.encode()})


@bad("SF107", at="sample/fast.c:2", severity="warning")
def conflict_in_a_comment() -> Built:
    return wheel({"sample/fast.c": b"/*\n" + conflict("a\n", "b\n") + b"*/\n"})


@bad("SF107", at="sample/data.json:2")
def conflict_in_json() -> Built:
    return wheel({"sample/data.json": b"{\n" + conflict('"a": 1\n', '"a": 2\n') + b"}\n"})


@bad("SF107", at="sample-1.0/tools.toml:1")
def conflict_in_toml() -> Built:
    return sdist({"tools.toml": conflict("a = 1\n", "a = 2\n")})


@bad("SF107", at="sample-1.0/src/fast.c:1")
def conflict_in_c() -> Built:
    return sdist({"src/fast.c": conflict("int a;\n", "int b;\n")})


@bad("SF107", at="sample/notes.txt:2", severity="warning")
def conflict_in_text() -> Built:
    return wheel({"sample/notes.txt": b"Notes\n" + conflict("one\n", "two\n")})


@bad("SF107", at="sample/broken.py:1", also=PYTHON, severity="warning")
def conflict_in_what_is_no_python_anyway() -> Built:
    return wheel({"sample/broken.py": conflict("print 1\n", "print 2\n")})


@bad("SF107", at="sample-1.0/sample/core.py:1", also=PYTHON)
def conflict_of_jujutsu() -> Built:
    text = OURS.replace("ours", "conflict 1 of 1") + "%" * 7 + " changes\n-a = 0\n+a = 1\n" + "+" * 7 + " b\n"
    return sdist({"sample/core.py": f"{text}a = 2\n{THEIRS}".replace("-a = 0\n+a = 1", "a = 1").encode()})


@bad("SF107", at="sample-1.0/tests/test_core.py:1", also=PYTHON, severity="info")
def conflict_in_test() -> Built:
    return sdist({"tests/test_core.py": conflict("a = 1\n", "a = 2\n")})


@bad(
    "SF107",
    at=("sample-1.0/sample/core.py.orig", "sample-1.0/sample/core.py.REJ"),
    severity="warning",
)
def left_by_a_patch() -> Built:
    return sdist({"sample/core.py.orig": b"x = 1\n", "sample/core.py.REJ": b"@@ -1 +1 @@\n-x\n+y\n"})


@good("SF107")
def texts_about_conflicts() -> Built:
    code = f'"""Markers."""\n\nTEXT = """\n{OURS}a\n{PARTED}b\n{THEIRS}"""\nSTART = "{"<" * 7} "\n'
    return wheel(
        {
            "sample/merge.py": code.encode(),
            "sample/help.md": f"# Conflicts\n\n```\n{OURS}a\n{PARTED}b\n{THEIRS}```\n".encode(),
            "sample/help.rst": f"Title\n{PARTED}\n  {OURS}  a\n  {PARTED}  b\n  {THEIRS}".encode(),
            "sample/prompt.txt": f"{OURS.replace('ours', 'SEARCH')}a\n{PARTED}b\n{THEIRS}".encode(),
            "sample/fix.patch": conflict("a\n", "b\n"),
            "sample/half.txt": f"{OURS}{PARTED}".encode(),
            "sample/reply.txt": f"{'>' * 8} said\n{PARTED}{'>' * 7} said\n".encode(),
            "sample/uneven.yaml": f"{OURS}a: 1\n{'=' * 9}\nb: 2\n{THEIRS}".encode(),
            "sample/other.txt": f"{THEIRS}{PARTED}{OURS}".encode(),
            "sample/shift.py": b'"""Shift."""\n\nx = 1 << 7\n',
        }
    )


@good("SF107", config={"merge-conflict": {"allow": ["notes.txt", "*.orig"]}})
def allowed_conflict() -> Built:
    return wheel({"sample/notes.txt": conflict("one\n", "two\n"), "sample/core.py.orig": b"x = 1\n"})


@good("SF107")
def manifest_of_cargo() -> Built:
    return sdist({"Cargo.toml.orig": b"[package]\n", "tests/data/a.txt.orig": b"a\n"})


# SF110


@bad("SF110", at="sample/logo.png", also=("NB103", *LAYOUT), says="is an ELF program")
def program_as_image() -> Built:
    return wheel({"sample/logo.png": ELF})


@bad("SF110", at="sample/data/README.TXT", also=("NB103", *LAYOUT), says="is a Mach-O program")
def program_as_text() -> Built:
    return wheel({"sample/data/README.TXT": MACH_O})


@bad("SF110", at="sample-1.0/sample/font.ttf", also=("NB103", *LAYOUT), says="is a Windows program")
def program_as_font() -> Built:
    return sdist({"sample/font.ttf": PE})


@bad("SF110", at=("sample/README", "sample/core.tar.gz"), also=("NB103", "AR114", *LAYOUT))
def program_as_readme_and_archive() -> Built:
    return wheel({"sample/README": ELF, "sample/core.tar.gz": ELF})


@bad("SF110", at="sample/app.js", severity="warning", says="is a WebAssembly module")
def webassembly_as_script() -> Built:
    return wheel({"sample/app.js": b"\0asm\1\0\0\0"})


@bad("SF110", at="sample-1.0/tests/data/a.json", also=LAYOUT, severity="warning")
def program_as_data_of_tests() -> Built:
    return sdist({"tests/data/a.json": ELF})


@bad("SF110", at="sample/core.py", also=PYTHON, says="(2, the first in line 2)")
def module_with_nul() -> Built:
    return wheel({"sample/core.py": b"x = 1\ny = '\0\0'\n"})


@bad("SF110", at="sample/table.json", says="a file of NUL bytes only")
def empty_blocks() -> Built:
    return wheel({"sample/table.json": bytes(4096)})


@bad("SF110", at="sample/page.html", severity="warning")
def text_with_nul() -> Built:
    return wheel({"sample/page.html": b"<p>a\0b</p>\n"})


@bad("SF110", at="sample/style.css", severity="warning", says="is gzip")
def packed_text() -> Built:
    return wheel({"sample/style.css": b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"})


@bad("SF110", at="sample/a.zip!/logo.gif", also=("NB103", "AR114", *LAYOUT), severity="error")
def program_in_nested_archive() -> Built:
    return wheel({"sample/a.zip": zip_archive({"logo.gif": ELF})})


@good("SF110")
def what_is_called_what_it_is() -> Built:
    return wheel(
        {
            "sample/table.bin": bytes(range(256)),
            "sample/wide.txt": "grün\n".encode("utf-16"),
            "sample/wide_without_mark.csv": "a;b;c\n1;2;3\n".encode("utf-16-le"),
            "sample/wider.txt": "grün\n".encode("utf-32"),
            "sample/wider_without_mark.txt": "a text of some length\n".encode("utf-32-be"),
            "sample/logo.png": b"\x89PNG\r\n\x1a\n" + bytes(20),
            "sample/short.txt": b"MZ",
            "sample/film.ts": (b"G@\0\x10" + bytes(184)) * 3,
        }
    )


@good("SF110")
def data_of_tests() -> Built:
    return sdist({"tests/data/zero.toml": b"a = '\0'\n", "docs/zero.txt": b"\0\n"})


@good("SF110", config={"disguised-binary": {"allow": ["*.txt"]}})
def allowed_noise() -> Built:
    return wheel({"sample/noise.txt": b"a\0b"})
