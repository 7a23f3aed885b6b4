"""``pkgaudit tree``: the picture of what is in a distribution."""

from __future__ import annotations

import io
import json
import re
import stat
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.builders import MTIME, Built, Sdist, Wheel, gzip_archive, tar_archive, tar_info, zip_archive
from pkgaudit.finding import Finding, Location, Severity
from pkgaudit.model import kinds
from pkgaudit.model.distribution import Sdist as SdistRead
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.report.result import Style
from pkgaudit.report.tree import DEEPEST, MOST_FOLDERS, make_tree, sort
from pkgaudit.report.tree_text import Picture, columns, cut, percent, size, write
from tests.programs import need, need_backend
from tests.support import run

SCHEMA = json.loads((Path(kinds.__file__).parent.parent / "report" / "tree.schema.json").read_text("utf-8"))
PASSWORD = "correct-horse-" + "battery-staple"


def tree(path: Path, *arguments: object) -> str:
    done = run("tree", path, "--no-config", *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def tree_json(*arguments: object, status: int = 0) -> dict[str, Any]:
    done = run("tree", "--no-config", "--format", "json", *arguments)
    assert done.exit_code == status, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    need("jsonschema").validate(document, SCHEMA)
    return document


def names(text: str) -> list[str]:
    """Return what stands where the names are, without the lines before them and the kinds behind."""
    lines = text.splitlines()
    (header,) = [number for number, line in enumerate(lines) if line.startswith("    size")]
    return [re.split(r"  +(?=\S+(?: files?)?$)", line[24:])[0].rstrip() for line in lines[header + 1 :]]


def full_wheel() -> Wheel:
    """Return a wheel with something of everything."""
    inner = zip_archive({"deep/b.txt": b"b\n", "a.txt": b"a\n" * 50})
    wheel = Wheel()
    wheel.files |= {
        "sample/.env": f"DATABASE_PASSWORD={PASSWORD}\n".encode(),
        "sample/data/big.bin": bytes(100_000),
        "sample/data/inner.zip": inner,
        "sample/only/one/two/x.txt": b"x\n",
        "sample/logo.png": b"\x89PNG\r\n\x1a\n" + bytes(90),
        "sample/tool": b"\x7fELF" + bytes(60),
    }
    return wheel


def test_wheel(tmp_path: Path) -> None:
    shown = tree(full_wheel().build().write(tmp_path), "--select", "SF102")
    assert names(shown) == [
        "├── sample/",
        "│   ├── data/",
        "│   │   ├── big.bin",
        "│   │   └── inner.zip",
        "│   │       ├── deep/",
        "│   │       │   └── b.txt",
        "│   │       └── a.txt",
        "│   ├── only/one/two/",
        "│   │   └── x.txt",
        "│   ├── .env",
        "│   │   error SF102 line 1: 'sample/.env' is an",
        *names(shown)[11:13],
        "│   ├── __init__.py",
        "│   ├── core.py",
        "│   ├── logo.png",
        "│   ├── py.typed",
        "│   └── tool",
        "└── sample-1.0.dist-info/",
        "    ├── licenses/",
        "    │   └── LICENSE",
        "    ├── METADATA",
        "    ├── RECORD",
        "    └── WHEEL",
    ]
    assert PASSWORD not in shown
    rows = {line[24:].split()[-2]: line.split()[-1] for line in shown.splitlines() if "── " in line}
    assert rows["tool"] == "native"
    assert rows["logo.png"] == "image"
    assert rows["inner.zip"] == "archive"
    assert rows["LICENSE"] == "license"
    assert rows["METADATA"] == "metadata"
    (row,) = [line for line in shown.splitlines() if "big.bin" in line]
    assert re.fullmatch(r"100\.0 kB    1\d\d B   8\d% .*  data", row)
    assert "2 members in nested archives" in " ".join(shown.split())


def test_sums_leave_out_what_is_in_archives_inside(tmp_path: Path) -> None:
    document = tree_json(full_wheel().build().write(tmp_path), "--no-findings")
    (distribution,) = document["distributions"]
    own = [each for each in distribution["members"] if each["depth"] == 0]
    assert distribution["unpacked"] == sum(each["size"] for each in own)
    assert distribution["files"] == len(own)
    assert sum(each["files"] for each in distribution["kinds"]) == len(own)
    assert {each["kind"]: each["files"] for each in distribution["kinds"]}["native"] == 1


def test_sdist_without_packed_sizes(tmp_path: Path) -> None:
    shown = tree(Sdist().build().write(tmp_path), "--no-findings")
    assert names(shown)[0] == "└── sample-1.0/"
    (row,) = [line for line in shown.splitlines() if "sample-1.0/" in line]
    assert re.fullmatch(r" [\d.]+ kB {10} 100% └── sample-1\.0/ +7 files", row)


@pytest.mark.parametrize("order", ["name", "size", "archive"])
def test_sort(tmp_path: Path, order: str) -> None:
    files = {
        "sample/b.txt": b"b" * 10,
        "sample/C.txt": b"c" * 30,
        "sample/a.txt": b"a" * 20,
        "sample/z/x": b"x",
    }
    path = Built("sample-1.0-py3-none-any.whl", zip_archive(files)).write(tmp_path)
    shown = [each.rpartition(" ")[2] for each in names(tree(path, "--no-findings", "--sort", order))]
    assert (
        shown
        == {
            "name": ["sample/", "z/", "x", "a.txt", "b.txt", "C.txt"],
            "size": ["sample/", "C.txt", "a.txt", "b.txt", "z/", "x"],
            "archive": ["sample/", "b.txt", "C.txt", "a.txt", "z/", "x"],
        }[order]
    )


def test_depth(tmp_path: Path) -> None:
    path = full_wheel().build().write(tmp_path)
    assert names(tree(path, "--no-findings", "--depth", "1")) == ["├── sample/", "└── sample-1.0.dist-info/"]
    shown = tree(path, "--select", "SF102", "--depth", "1")
    assert names(shown)[:2] == ["├── sample/", "│   1 finding inside"]
    assert "│   │   └── inner.zip" in names(tree(path, "--no-findings", "--depth", "3"))
    assert "│   │       └── a.txt" not in names(tree(path, "--no-findings", "--depth", "3"))
    assert "│   │       └── a.txt" in names(tree(path, "--no-findings", "--depth", "4"))
    assert run("tree", path, "--depth", "0").exit_code == 2


def test_many_files_are_counted(tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files |= {f"sample/d{n // 100}/f{n:04}.txt": b"x" for n in range(2000)}
    wheel.files["sample/d3/.env"] = f"DATABASE_PASSWORD={PASSWORD}\n".encode()
    path = wheel.build().write(tmp_path)
    shown = tree(path, "--select", "SF102")
    assert len(shown.splitlines()) < 150
    assert re.search(r"── d3/ +101 files", shown)
    assert "── .env" in shown
    assert re.search(r"└── … \d\d more \(\d\d files, \d\d B\)", shown)
    everything = tree(path, "--all", "--no-findings")
    assert everything.count("── f") == 2000
    assert "more (" not in everything


def test_largest_and_kinds(tmp_path: Path) -> None:
    path = full_wheel().build().write(tmp_path)
    shown = tree(path, "--largest", "2", "--select", "SF102")
    assert names(shown) == ["sample/data/big.bin", "sample-1.0.dist-info/licenses/LICENSE"]
    shown = tree(path, "--kinds", "--no-findings")
    lines = [line.split() for line in shown.splitlines()]
    (data,) = [line for line in lines if "data" in line]
    assert data[-3:] == ["data", ".bin", "1"]
    (module,) = [line for line in lines if "module" in line]
    assert module[-4:] == ["2", "module", ".py", "2"]
    both = tree(path, "--kinds", "--largest", "1", "--no-findings")
    assert "module" in both
    assert "big.bin" in both


def test_budgets(tmp_path: Path) -> None:
    config = tmp_path / "pkgaudit.toml"
    config.write_text(
        '[over-budget]\ntotal = "200 kB"\nfiles = 5\nkinds = { data = "1 MB" }\n'
        '[over-budget.distributions."*.tar.gz"]\ntotal = 1\n',
        "utf-8",
    )
    done = run("tree", full_wheel().build().write(tmp_path), "--config", config, "--select", "AR302")
    assert done.exit_code == 0
    assert re.search(r"^  budget total: 11\d\.\d kB of 200\.0 kB \(5\d%\)$", done.stdout, re.MULTILINE)
    assert "  budget files: 13 of 5 (260%)\n" in done.stdout
    assert "  budget kinds.data: 100.0 kB of 1.0 MB (10%)\n" in done.stdout
    assert "  warning AR302 the distribution has 13 files, but the budget is 5\n" in done.stdout


def test_findings_on_the_whole_come_first(tmp_path: Path) -> None:
    path = tmp_path / "pkgaudit.toml"
    path.write_text("[many-files]\nlimit = 1\n", "utf-8")
    done = run("tree", Wheel().build().write(tmp_path), "--config", path, "--select", "AR303")
    assert "  info AR303 the distribution has 7 files" in done.stdout.partition("    size")[0]


def test_ignored_findings_are_not_shown(tmp_path: Path) -> None:
    path = full_wheel().build().write(tmp_path)
    shown = tree(path, "--select", "SF102", "--per-file-ignores", "*.env=SF102")
    assert "SF102" not in shown


def test_many_findings_at_one_place_are_counted() -> None:
    distribution = SdistRead("s-1.tar.gz", "s-1.tar.gz")
    distribution.entries = [Entry("s-1/a.py", EntryType.FILE, 3)]
    found = [
        Finding("XX101", "some", Severity.INFO, "s-1.tar.gz", Location("s-1/a.py", n), f"m{n}", None, f"{n}")
        for n in range(1, 8)
    ]
    shown = text(make_tree(distribution, {}, found))
    assert "info XX101 line 3: m3" in shown
    assert "m4" not in shown
    assert "… and 4 more findings" in shown


def text(made: Any, encoding: str = "utf-8", picture: Picture | None = None, **style: Any) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding, newline="\n")
    write([made], stream, Style(**style), picture or Picture())
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_ascii_where_the_stream_shows_no_more(tmp_path: Path) -> None:
    distribution = SdistRead("s-1.tar.gz", "s-1.tar.gz")
    distribution.entries = [
        Entry("s-1/größe.py", EntryType.FILE, 3),
        Entry("s-1/l", EntryType.SYMLINK, link_target="größe.py"),
        Entry("s-1/" + "x" * 90, EntryType.FILE, 3),
    ]
    made = make_tree(distribution, {})
    shown = text(made, "ascii")
    assert shown.isascii()
    assert "`-- s-1/" in shown
    assert "|-- gr\\xf6\\xdfe.py" in shown
    assert "l -> gr" in shown
    assert "xx...xx" in shown
    assert "├── größe.py" in text(made)
    assert "l → größe.py" in text(made)


def test_colors(tmp_path: Path) -> None:
    path = full_wheel().build().write(tmp_path)
    plain = tree(path, "--select", "SF102")
    colored = tree(path, "--select", "SF102", "--color", "always")
    assert "\033[31;1merror SF102 \033[0m" in colored
    assert re.sub(r"\033\[[\d;]*m", "", colored) == plain
    assert "\033" not in plain


def test_notes(tmp_path: Path) -> None:
    wheel = Wheel(modes={"sample/core.py": stat.S_IFREG | 0o4777})
    shown = tree(wheel.build().write(tmp_path), "--no-findings")
    assert "│   │   mode 4777" in names(shown)
    infos = [
        (tar_info("s-1/a.py", 1), b"x"),
        (tar_info("s-1/b.py", 1, mtime=-5), b"x"),
        (tar_info("s-1/c.py", 1, mtime=MTIME * 40), b"x"),
        (tar_info("s-1/a.py", 1), b"y"),
        (tar_info("s-1/l", type=tarfile.SYMTYPE, linkname="a.py"), b""),
        (tar_info("s-1/pipe", type=tarfile.FIFOTYPE), b""),
        *((tar_info(f"s-1/more{n}", 1), b"x") for n in range(9)),
    ]
    shown = tree(Built("s-1.tar.gz", gzip_archive(tar_archive(infos))).write(tmp_path), "--no-findings")
    assert "dated 1969-12-31" in shown
    assert re.search(r"dated \d{4,}", shown)
    assert "a second member of this name" in shown
    assert re.search(r"l → a\.py +link", shown)
    assert re.search(r"pipe +special", shown)
    even = [(tar_info(f"s-1/{n}", 1, mode=0o600, mtime=0), b"x") for n in range(5)]
    shown = tree(Built("s-1.tar.gz", gzip_archive(tar_archive(even))).write(tmp_path), "--no-findings")
    assert "mode" not in shown
    assert "dated" not in shown


ODD = [
    "a\n[2Jb",
    "\x1b[31mred",
    "rtl\u202etxt.exe",
    "\udcff",
    "",
    " ",
    ".",
    "..",
    "/",
    "//a//b/",
    "a\\b",
    "C:\\x",
    "漢字" * 40,
    "é" * 100,
]


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_hostile_names(name: str) -> None:
    distribution = SdistRead("s-1.tar.gz", "s-1.tar.gz")
    distribution.entries = [
        Entry(f"{prefix}{name}", EntryType.FILE, 7, link_target=None) for prefix in ("", "x/")
    ]
    distribution.entries.append(Entry("link", EntryType.SYMLINK, link_target=name))
    distribution.nested = [Entry(f"{name}!/{name}", EntryType.FILE, 3, depth=1)]
    found = [Finding("XX101", "n", Severity.ERROR, "s", Location(name or None), name, None, "f")]
    for order in ("name", "size", "archive"):
        made = make_tree(distribution, {}, found)
        sort(made, order)
        shown = text(made)
        assert all(line.isprintable() for line in shown.splitlines())
        assert all(columns(line) <= 80 for line in shown.splitlines())
        assert "XX101" in shown


def test_wide_characters_keep_the_columns() -> None:
    distribution = SdistRead("s-1.tar.gz", "s-1.tar.gz")
    distribution.entries = [
        Entry(f"s-1/{name}.py", EntryType.FILE, 7) for name in ("a", "漢字", "e\u0301", "漢" * 60)
    ]
    lines = [line for line in text(make_tree(distribution, {})).splitlines() if line.endswith("module")]
    assert len({columns(line) for line in lines}) == 1


def test_names_are_whole_in_a_pipe(tmp_path: Path) -> None:
    wheel = Wheel()
    name = f"sample/{'long_' * 20}name.txt"
    wheel.files[name] = b"x\n"
    shown = tree(wheel.build().write(tmp_path), "--no-findings")
    assert name.rpartition("/")[2] in shown


def test_deep_paths_neither_recurse_nor_take_long() -> None:
    distribution = SdistRead("s-1.tar.gz", "s-1.tar.gz")
    deep = "/".join("d" * 10_000)
    distribution.entries = [Entry(f"{deep}/{n}.py", EntryType.FILE, 1) for n in range(300)]
    distribution.entries += [Entry(f"{n}/{deep}", EntryType.DIRECTORY) for n in range(1000)]
    found = [Finding("XX101", "n", Severity.ERROR, "s", Location(f"{deep}/7.py"), "m", None, "f")]
    started = time.monotonic()
    made = make_tree(distribution, {}, found)
    assert len(made.nodes) <= MOST_FOLDERS + 400
    for picture in (Picture(), Picture(10**9), Picture(largest=5), Picture(kinds=True)):
        for line in text(made, picture=picture).splitlines():
            assert columns(line) <= 80
    assert time.monotonic() - started < 20
    assert made.root.count == 300
    assert max(node.path.count("/") for node in made.nodes if node.entry is None) <= DEEPEST


@pytest.mark.parametrize("arguments", [[], ["--no-findings"], ["--kinds", "--no-findings"]])
def test_twenty_thousand_members_are_shown_in_time(tmp_path: Path, arguments: list[str]) -> None:
    distribution = SdistRead("s-1.tar.gz", "s-1.tar.gz")
    distribution.entries = [
        Entry(f"s-1/p{n % 40}/q{n % 7}/module_{n}.py", EntryType.FILE, n, mode=0o644, mtime=MTIME)
        for n in range(20_000)
    ]
    started = time.process_time()
    made = make_tree(distribution, {})
    sort(made, "size")
    text(made, picture=Picture(kinds="--kinds" in arguments))
    assert time.process_time() - started < 3  # a fifth of it on a machine that does nothing else


@given(
    st.lists(
        st.tuples(
            st.text("ab/!.\\é\n", max_size=8),
            st.sampled_from(list(EntryType)),
            st.integers(0, 2),
            st.integers(0, 10**13),
        ),
        max_size=12,
    )
)
def test_any_members(rows: list[tuple[str, EntryType, int, int]]) -> None:
    distribution = SdistRead("s-1.tar.gz", "s-1.tar.gz")
    for path, type, depth, bytes_in in rows:
        entry = Entry(path, type, bytes_in, depth=depth, mtime=bytes_in, mode=bytes_in % 0o7777)
        (distribution.nested if depth else distribution.entries).append(entry)
    made = make_tree(distribution, {})
    entries = [*distribution.entries, *distribution.nested]
    placed = [node.entry for node in made.nodes if node.entry is not None]
    files = [each for each in entries if each.type is not EntryType.DIRECTORY]
    assert sorted(map(id, files)) == sorted(
        id(each) for each in placed if each.type is not EntryType.DIRECTORY
    )
    assert made.root.size >= sum(each.size for each in distribution.entries if each.is_file)
    for order in ("name", "size"):
        sort(made, order)
        for line in text(made).splitlines():
            assert columns(line) <= 80


class TestStatus:
    def test_findings_are_no_failure(self, tmp_path: Path) -> None:
        assert run("tree", full_wheel().build().write(tmp_path), "--no-config").exit_code == 0

    def test_missing(self, tmp_path: Path) -> None:
        done = run("tree", tmp_path / "none.whl", "--no-config")
        assert done.exit_code == 2
        assert "there is no such file or folder" in done.stderr

    def test_nothing_to_show(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").touch()
        assert run("tree", tmp_path / "notes.txt", "--no-config").exit_code == 2

    @pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x03\x04" + bytes(40)])
    def test_unreadable(self, tmp_path: Path, data: bytes) -> None:
        path = Built("sample-1.0-py3-none-any.whl", data).write(tmp_path)
        for more in ([], ["--no-findings"]):
            done = run("tree", path, "--no-config", *more)
            assert done.exit_code == 2
            assert "not shown: " in done.stderr
        assert tree_json(path, status=2)["errors"]

    def test_what_can_be_read_of_a_damaged_file(self, tmp_path: Path) -> None:
        built = Sdist().build()
        path = Built(built.filename, built.data[: len(built.data) // 2]).write(tmp_path)
        shown = tree(path, "--select", "AR101")
        assert "error AR101" in shown
        assert "── sample-1.0/" in shown

    def test_wrong_option(self, tmp_path: Path) -> None:
        done = run("tree", tmp_path, "--select", "nothing")
        assert done.exit_code == 2
        assert "no rule is called 'nothing'" in done.stderr


def test_json(tmp_path: Path) -> None:
    document = tree_json(
        full_wheel().build().write(tmp_path), Sdist().build().write(tmp_path), "--select", "SF102"
    )
    wheel, sdist = document["distributions"]
    assert (wheel["kind"], sdist["kind"]) == ("wheel", "sdist")
    members = {each["path"]: each for each in wheel["members"]}
    (number,) = members["sample/.env"]["findings"]
    assert document["findings"][number]["code"] == "SF102"
    assert members["sample/data/inner.zip!/deep/b.txt"]["depth"] == 1
    assert members["sample/tool"]["kind"] == "native"
    assert members["sample/core.py"]["mode"] == 0o100644
    assert members["sample/core.py"]["packed_size"] is not None
    assert all(each["packed_size"] is None for each in sdist["members"])


def test_json_of_hostile_names(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a\x1b[2J", "x")
    tree_json(Built("s-1-py3-none-any.whl", out.getvalue()).write(tmp_path))


def test_schema_names_all_kinds() -> None:
    assert set(SCHEMA["$defs"]["kind"]["enum"]) == {kind.value for kind in kinds.FileKind}


def test_project_folder_is_built(tmp_path: Path) -> None:
    from fixtures.projects import write_project

    need_backend("flit")
    done = run("tree", write_project(tmp_path, "flit"), "--no-config", "--no-isolation", "--no-findings")
    assert done.exit_code == 0
    assert "sample-1.0.tar.gz" in done.stdout
    assert "sample-1.0-py3-none-any.whl" in done.stdout


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (10**16, ">1000 TB"),
    ],
)
def test_size(number: int, shown: str) -> None:
    assert size(number) == shown


@given(st.integers(0, 10**20))
def test_size_takes_eight_columns(number: int) -> None:
    assert len(size(number)) <= 8


def test_percent() -> None:
    assert [percent(*each) for each in [(0, 0), (0, 5), (1, 1000), (1, 3), (5, 5)]] == [
        "",
        "0%",
        "<1%",
        "33%",
        "100%",
    ]


@given(st.text(), st.integers(12, 60))
def test_cut(name: str, space: int) -> None:
    shown = cut(name, space, "…")
    assert columns(shown) <= space or columns(shown) == columns(name) <= space
