"""Cases of AR4xx: modes, times and owners."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import Any

from fixtures.builders import Built, Sdist, Wheel, gzip_archive, tar_archive, tar_info
from fixtures.cases import bad, good
from fixtures.samples import LAYOUT


def with_member(path: str, data: bytes = b"a\n", **attributes: Any) -> Built:
    """Return an sdist with one more member that has these attributes."""
    made = Sdist()
    made.extra.append((tar_info(f"sample-1.0/{path}", len(data), **attributes), data))
    return made.build()


@bad("AR401", at="sample-1.0/sample/data.txt", also=LAYOUT, says="666")
def writable_for_all() -> Built:
    return with_member("sample/data.txt", mode=0o666)


@bad("AR401", at="sample-1.0/sample/data", also=LAYOUT)
def folder_writable_for_all() -> Built:
    return with_member("sample/data", b"", type=tarfile.DIRTYPE, mode=0o777)


@bad("AR401", at="sample-1.0/sample/data.txt", also=LAYOUT, says="640")
def unreadable() -> Built:
    return with_member("sample/data.txt", mode=0o640)


@bad("AR401", at="sample-1.0/sample/data", also=LAYOUT)
def folder_that_cannot_be_entered() -> Built:
    return with_member("sample/data", b"", type=tarfile.DIRTYPE, mode=0o744)


@bad("AR401", at="sample-1.0/sample/tool", also=LAYOUT, says="4755")
def setuid() -> Built:
    return with_member("sample/tool", mode=0o4755)


@bad("AR401", at="sample/core.py", severity="info")
def wheel_writable_for_all() -> Built:
    return Wheel(modes={"sample/core.py": 0o100777}).build()


@good("AR401")
def library_that_delvewheel_copied() -> Built:
    wheel = Wheel(modes={"sample.libs/zlib1.dll": 0o100666})
    wheel.files |= {"sample.libs/zlib1.dll": b"MZ", "sample-1.0.dist-info/DELVEWHEEL": b"Version: 1.13.2\n"}
    return wheel.build()


@bad("AR401", at="sample.libs/zlib1.dll", says="4755")
def setuid_library_of_delvewheel() -> Built:
    wheel = Wheel(modes={"sample.libs/zlib1.dll": 0o104755})
    wheel.files |= {"sample.libs/zlib1.dll": b"MZ", "sample-1.0.dist-info/DELVEWHEEL": b"Version: 1.13.2\n"}
    return wheel.build()


@bad("AR401", at="sample/core.py")
def wheel_with_setgid() -> Built:
    return Wheel(modes={"sample/core.py": 0o102755}).build()


@good("AR401")
def wheel_for_its_owner() -> Built:
    return Wheel(modes={"sample/core.py": 0o100600}).build()


@good("AR401")
def zip_made_on_windows() -> Built:
    return Wheel(modes={"sample/core.py": 0}).build()


@good("AR401")
def key_of_a_test() -> Built:
    return with_member("tests/data/server.crt", mode=0o600)


@good("AR401")
def executable_and_group() -> Built:
    return with_member("sample/data.txt", mode=0o775)


@bad("AR402", at="sample-1.0/sample/data.txt", also=LAYOUT, says="1975-")
def before_1980() -> Built:
    return with_member("sample/data.txt", mtime=170_000_000)


@bad("AR402", at="sample-1.0/sample/data.txt", also=LAYOUT, says="2106-")
def in_the_future() -> Built:
    return with_member("sample/data.txt", mtime=(1 << 32) - 1)


@bad("AR402", at="sample-1.0/sample/data.txt", also=(*LAYOUT, "AR101"), says="before 1980")
def negative() -> Built:
    return with_member("sample/data.txt", mtime=-(1 << 40), pax_headers={})


def wheel_of(*date: int) -> Built:
    """Return a wheel whose members have a date."""
    data = Wheel().build().data
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            info.date_time = (*date, 0, 0, 0)  # type: ignore[assignment]
            new.writestr(info, content)
    return Built("sample-1.0-py3-none-any.whl", out.getvalue())


@bad("AR402", at="sample/__init__.py", says="6 more members")
def wheel_of_the_future() -> Built:
    return wheel_of(2098, 1, 1)


@good("AR402")
def wheel_of_1980() -> Built:
    return wheel_of(1980, 1, 1)


@good("AR402")
def sdist_of_1970() -> Built:
    return with_member("sample/data.txt", mtime=0)


@bad(
    "AR403",
    also=("PV105",),
    config={"select": ["AR403"]},
    says="members belong to 'maria:staff'; members have 2 modification times",
)
def owners_and_times() -> Built:
    return with_member("sample/data.txt", uid=501, gid=20, uname="maria", gname="staff", mtime=5)


@bad("AR403", config={"select": ["AR403"]}, says="members are not sorted")
def unsorted() -> Built:
    made = Wheel()
    made.files = {path: made.files[path] for path in reversed(list(made.files))}
    return made.build()


@bad("AR403", config={"select": ["AR403"]}, says="the gzip header has the filename 'sample-1.0.tar'; ")
def header_of_gzip() -> Built:
    made = Sdist()
    infos = [(tar_info(path, len(data)), data) for path, data in sorted(made.members().items())]
    packed = gzip_archive(tar_archive(infos))
    name = b"sample-1.0.tar\0"
    return Built(
        "sample-1.0.tar.gz", packed[:3] + b"\x08\x10\x20\x30\x40" + packed[8:10] + name + packed[10:]
    )


@good("AR403", config={"select": ["AR403"]})
def reproducible() -> Built:
    made = Sdist()
    infos = [(tar_info(path, len(data)), data) for path, data in sorted(made.members().items())]
    return Built("sample-1.0.tar.gz", gzip_archive(tar_archive(infos)))
