"""Cases of NB114."""

from __future__ import annotations

from fixtures.binaries import Elf, MachO
from fixtures.builders import Built, Wheel, wheel_file
from fixtures.cases import bad, good
from pkgaudit.rules.native.cases._makers import LINUX, MACOS, PYD, SO, WINDOWS, elf, pyd

PROGRAM = Elf(kind=2, interpreter="/lib64/ld-linux-x86-64.so.2", needed=("libc.so.6",)).build()
START = b"import subprocess\n\n\ndef run():\n    subprocess.run([__file__.replace('run.py', 'bin/tool')])\n"
SET = b"import os\n\n\ndef prepare(path):\n    os.chmod(path, 0o755)\n"


def wheel(tag: str, files: dict[str, bytes], mode: int = 0o100644) -> Built:
    """Return the sample wheel with further files, which have this mode."""
    made = Wheel(tag=tag, wheel=wheel_file(tag, pure=tag.endswith("any")), modes=dict.fromkeys(files, mode))
    made.files |= files
    return made.build()


@bad("NB114", at="sample/bin/tool", severity="warning", says="although it is a program")
def program() -> Built:
    return wheel(LINUX, {SO: elf(), "sample/bin/tool": PROGRAM})


@bad("NB114", at="sample/bin/tool", severity="error", says="although the package starts it")
def program_that_the_package_starts() -> Built:
    return wheel(LINUX, {SO: elf(), "sample/bin/tool": PROGRAM, "sample/run.py": START})


@bad("NB114", at="sample/bin/tool")
def program_for_macos() -> Built:
    return wheel(MACOS, {"sample/bin/tool": MachO("arm64", kind=2).build()})


@bad("NB114", at="sample-1.0.data/scripts/tool", says="pip installs a command that nobody can start")
def script() -> Built:
    return wheel("py3-none-any", {"sample-1.0.data/scripts/tool": b"#!python\nprint('sample')\n"})


@bad("NB114", at="sample-1.0.data/scripts/tool")
def wheel_without_modes() -> Built:
    files = {"sample-1.0.data/scripts/tool": b"#!python\nprint('sample')\n"}
    return wheel("py3-none-any", files, 0)


@good("NB114")
def executable() -> Built:
    files = {
        "sample/bin/tool": PROGRAM,
        "sample-1.0.data/scripts/tool": b"#!python\n",
        "sample/run.py": START,
    }
    return wheel(LINUX, {SO: elf(), **files}, 0o100755)


@good("NB114")
def package_that_sets_the_bit() -> Built:
    files = {SO: elf(), "sample/bin/tool": PROGRAM, "sample/run.py": START, "sample/set.py": SET}
    return wheel(LINUX, files)


@good("NB114")
def program_of_a_test() -> Built:
    return wheel(LINUX, {SO: elf(), "sample/tests/data/tool": PROGRAM})


@good("NB114")
def script_for_windows() -> Built:
    return wheel(WINDOWS, {PYD: pyd(), "sample-1.0.data/scripts/tool.bat": b"@echo off\n"})
