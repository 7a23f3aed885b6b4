"""Cases of AR2xx: names that some systems reject or confuse."""

from __future__ import annotations

from fixtures.builders import Built, Wheel, zip_archive
from fixtures.cases import bad, good
from fixtures.samples import LAYOUT, sdist, wheel

NATIVE_TAGS = ("NB104", "WH106")


def on(tag: str, files: dict[str, bytes]) -> Built:
    """Return a wheel of a platform with further files."""
    made = Wheel(tag=tag)
    made.files |= files
    return made.build()


@bad("AR201", at="sample/core.txt", also=LAYOUT, says="'sample/Core.txt' and 'core.txt'")
def files_that_differ() -> Built:
    return wheel({"sample/Core.txt": b"a\n", "sample/core.txt": b"b\n"})


@bad("AR201", at="sample-1.0/sample/data/x.txt", also=LAYOUT, severity="warning")
def equal_files() -> Built:
    return sdist({"sample/data/X.txt": b"a\n", "sample/data/x.txt": b"a\n"})


@bad("AR201", at="sample/data", also=LAYOUT, severity="warning", says="become one folder")
def folders() -> Built:
    return wheel({"sample/Data/a.txt": b"a\n", "sample/data/b.txt": b"b\n"})


@bad("AR201", at="sample/data", also=LAYOUT, says="files with different contents collide")
def folders_with_files_that_differ() -> Built:
    return wheel({"sample/Data/x/A.txt": b"a\n", "sample/data/X/a.txt": b"b\n"})


@bad("AR201", at="sample-1.0/tests/data/x.txt", also=LAYOUT, severity="warning")
def data_of_tests() -> Built:
    return sdist({"tests/data/X.txt": b"a\n", "tests/data/x.txt": b"b\n"})


@bad("AR201", at="sample/a.zip!/x.txt", severity="warning")
def archive_inside() -> Built:
    return wheel({"sample/a.zip": zip_archive({"X.txt": b"a", "x.txt": b"b"})})


@bad("AR201", at="sample/n", also=(*LAYOUT, *NATIVE_TAGS), severity="info")
def wheel_for_linux() -> Built:
    return on("py3-none-manylinux_2_28_x86_64", {"sample/N/a.txt": b"a\n", "sample/n/a.txt": b"b\n"})


@good("AR201")
def names_in_different_folders() -> Built:
    return wheel({"sample/a/Data.txt": b"a\n", "sample/b/data.txt": b"b\n"})


@bad("AR202", at="sample/\u00e9t\u00e9.txt", also=LAYOUT, says="on macOS they are the same name")
def composed_and_decomposed() -> Built:
    return wheel({"sample/\u00e9t\u00e9.txt": b"a\n", "sample/e\u0301t\u00e9.txt": b"b\n"})


@bad("AR202", at="sample/\u00c9t\u00e9.txt", also=LAYOUT, says="differ in case and Unicode form")
def composed_and_decomposed_in_capitals() -> Built:
    return wheel({"sample/e\u0301t\u00e9.txt": b"a\n", "sample/\u00c9t\u00e9.txt": b"b\n"})


@bad("AR202", at="sample/\ufb01le.txt", also=LAYOUT, says="look alike")
def ligature() -> Built:
    return wheel({"sample/file.txt": b"a\n", "sample/\ufb01le.txt": b"b\n"})


@bad("AR202", at=("sample/a\u202etxt.py", "sample/b\u200b.txt"), also=(*LAYOUT, "BH103", "AR107", "WH106"))
def hidden_characters() -> Built:
    return wheel({"sample/a\u202etxt.py": b"", "sample/b\u200b.txt": b"b\n"})


@good("AR202")
def other_scripts() -> Built:
    joined = "sample/\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.txt"
    family = "sample/\U0001f468\u200d\U0001f469\u200d\U0001f467.txt"
    return wheel({"sample/\u00e9t\u00e9.txt": b"a\n", joined: b"b\n", family: b"c\n"})


@bad(
    "AR203",
    at=("sample/data/aux.tar.gz", "sample/con", "sample/a:b.txt", "sample/end.", "sample/end "),
    also=LAYOUT,
)
def names_windows_cannot_have() -> Built:
    names = ("data/aux.tar.gz", "con/a.txt", "con/b.txt", "a:b.txt", "end./a.txt", "end ")
    return wheel({f"sample/{name}": name.encode() for name in names})


@bad("AR203", at="sample-1.0/sample/CoM1.json", also=LAYOUT)
def device_in_sdist() -> Built:
    return sdist({"sample/CoM1.json": b"{}\n"})


@bad("AR203", at="sample-1.0/tests/data/what?.txt", also=LAYOUT, severity="info")
def data_of_tests_for_windows() -> Built:
    return sdist({"tests/data/what?.txt": b"a\n"})


@bad("AR203", at=[f"sample/{i}?" for i in range(5)], also=LAYOUT, says="8 more members have such names")
def many() -> Built:
    return wheel({f"sample/{number}?": str(number).encode() for number in (*range(10), "x", "y")})


@good("AR203")
def names_like_devices() -> Built:
    names = (
        "console.txt",
        "auxiliary.txt",
        "com10.txt",
        "null.txt",
        "a.con",
        ".hidden",
        "a b.txt",
        "com.txt",
    )
    return wheel({f"sample/{name}": name.encode() for name in names})


@good("AR203", config={"select": ["AR203"]})
def wheel_that_is_not_for_windows() -> Built:
    return on("py3-none-manylinux_2_28_x86_64", {"sample/a:b.txt": b"a\n"})


LONG = "/".join(["folder-of-some-length"] * 9)


def with_long_path() -> Built:
    """Return a wheel with a path of 210 characters."""
    return wheel({f"sample/{LONG}/x.txt": b"a\n"})


@bad("AR204", at=f"sample/{LONG}/x.txt", also=LAYOUT, says="210 characters")
def long_path() -> Built:
    return with_long_path()


@bad("AR204", at=f"sample/{'ü' * 128}.txt", also=LAYOUT, says="260 bytes")
def long_name() -> Built:
    return wheel({f"sample/{'ü' * 128}.txt": b"a\n"})


@bad("AR204", at=f"sample-1.0/tests/{LONG}/x.txt", also=LAYOUT, severity="info")
def long_path_of_a_test() -> Built:
    return sdist({f"tests/{LONG}/x.txt": b"a\n"})


@good("AR204", config={"long-path": {"limit": 300}})
def limit_of_ones_own() -> Built:
    return with_long_path()


@bad(
    "AR205",
    at=("sample/a b.txt", "sample/ü.txt"),
    also=(*LAYOUT, "AR403"),
    config={"pedantic": True},
    says="1 more member",
)
def spaces_and_umlauts() -> Built:
    return wheel({"sample/a b.txt": b"a\n", "sample/c d.txt": b"b\n", "sample/ü.txt": b"c\n"})


@good("AR205", config={"select": ["AR205"]})
def plain_names() -> Built:
    return Wheel().build()


@bad("AR206", at="sample/extra", says="is a file, but also the folder of 'sample/extra/more.txt'; installers")
def file_and_folder() -> Built:
    return wheel({"sample/extra": b"a\n", "sample/extra/more.txt": b"a\n"})


@bad("AR206", at="sample-1.0/extra", says="cannot unpack the sdist", also=LAYOUT)
def file_and_folder_in_an_sdist() -> Built:
    return sdist({"extra/folder/more.txt": b"a\n", "extra": b"a\n"})


@good("AR206")
def file_beside_a_folder() -> Built:
    return wheel({"sample/extra/more.txt": b"a\n", "sample/extra.txt": b"a\n", "sample/extra-": b"a\n"})
