"""The comments of archives, which are read by nobody and published all the same."""

from __future__ import annotations

import io
import zipfile

from fixtures.builders import Built, Wheel, gzip_archive, gzip_with, tar_archive, tar_info, zip_archive
from fixtures.zips import built, wheel_zip
from pkgaudit.archive.raw import MOST_COMMENTS, Notes
from pkgaudit.limits import Limits
from pkgaudit.model.entry import AnomalyKind
from tests.archive.test_walk import walked


def commented(comment: bytes = b"", **members: bytes) -> bytes:
    """Return a zip with a comment, and with members that have one each."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            info = zipfile.ZipInfo(name)
            info.comment = text
            archive.writestr(info, b"x")
        archive.comment = comment
    return out.getvalue()


def wheel_with(*members: tuple[str, bytes]) -> Built:
    wheel = Wheel()
    wheel.files.update(members)
    return wheel.build()


def test_of_the_archive_and_of_a_member() -> None:
    archive = wheel_zip()
    archive.end.comment = b"of the archive"
    archive.central("sample/core.py").comment = b"of a member"
    distribution, _ = walked(built(archive))
    assert sorted(distribution.comments) == [("", b"of the archive"), ("sample/core.py", b"of a member")]


def test_of_archives_inside() -> None:
    inner = commented(b"inner", a=b"of a")
    outer = zip_archive({"inner.zip": inner})
    distribution, _ = walked(wheel_with(("sample/one.zip", inner), ("sample/two.zip", outer)))
    assert sorted(distribution.comments) == [
        ("sample/one.zip", b"inner"),
        ("sample/one.zip!/a", b"of a"),
        ("sample/two.zip!/inner.zip", b"inner"),
        ("sample/two.zip!/inner.zip!/a", b"of a"),
    ]


def test_none() -> None:
    assert walked(wheel_with())[0].comments == []


def test_of_a_member_is_not_shown() -> None:
    archive = wheel_zip()
    archive.central("sample/core.py").comment = b"hunter2"
    distribution, _ = walked(built(archive))
    [anomaly] = distribution.anomalies_of(AnomalyKind.UNSUPPORTED_FEATURE)
    assert "a comment of 7 bytes" in anomaly.message
    assert "hunter2" not in anomaly.message


def test_no_more_is_kept_than_there_is_room_for() -> None:
    notes = Notes()
    for _ in range(40):
        notes.add_comment(b"c" * 0xFFFF)
    assert sum(len(data) for _, data in notes.comments) == MOST_COMMENTS
    many = {f"m{number}": b"c" * 0xFFFF for number in range(30)}
    distribution, _ = walked(wheel_with(("sample/a.zip", commented(**many))), Limits())
    assert sum(len(data) for _, data in distribution.comments) == MOST_COMMENTS
    assert (notes.more_comments, distribution.more_comments) == (True, True)
    assert not walked(wheel_with())[0].more_comments


def sdist_with(headers: dict[str, str], *members: dict[str, str]) -> Built:
    infos = [(tar_info(f"sample-1.0/{number}", pax_headers=each), b"") for number, each in enumerate(members)]
    return Built("sample-1.0.tar.gz", gzip_archive(tar_archive(infos, pax_headers=headers)))


def test_of_pax_headers() -> None:
    attribute = {"SCHILY.xattr.user.a": "x y", "atime": "1.5", "path": "sample-1.0/a"}
    encoded = {"LIBARCHIVE.xattr.user.b": "aGVsbG8", "LIBARCHIVE.xattr.user.c": "?"}
    distribution, _ = walked(sdist_with({"comment": "of all", "mtime": "1"}, attribute, attribute, encoded))
    assert distribution.comments == [
        ("", b"comment=of all"),
        ("sample-1.0/a", b"SCHILY.xattr.user.a=x y"),
        ("sample-1.0/2", b"LIBARCHIVE.xattr.user.b=aGVsbG8\nhello"),
        ("sample-1.0/2", b"LIBARCHIVE.xattr.user.c=?\n"),
    ]


def test_of_pax_headers_is_bounded() -> None:
    many = [{"comment": f"{number} {'c' * 0xFFFF}"} for number in range(20)]
    distribution, _ = walked(sdist_with({}, *many))
    assert sum(len(data) for _, data in distribution.comments) == MOST_COMMENTS
    assert distribution.more_comments


def test_of_gzip_headers() -> None:
    data = gzip_with(sdist_with({}, {}).data, b"ab\2\0xy", b"name\0", b"comment\0")
    distribution, _ = walked(Built("sample-1.0.tar.gz", data))
    assert distribution.comments == [("", b"ab\2\0xy"), ("", b"name"), ("", b"comment")]
    inner = gzip_with(gzip_archive(b"x"), comment=b"inner\0")
    distribution, _ = walked(wheel_with(("sample/a.gz", inner)))
    assert distribution.comments == [("sample/a.gz", b"inner")]
