"""Traces of people and machines: which paths are found, whose accounts they are, which hosts are internal."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.builders import Wheel
from pkgaudit.api import ArchiveKind, BinaryFile, Entry, EntryType, Member, Window
from pkgaudit.rules.data.loader import load
from pkgaudit.rules.traces.accounts import Kind, kind_of
from pkgaudit.rules.traces.cases.build_machine import HOME, PERSON, USERS, WINDOWS
from pkgaudit.rules.traces.find import find_homes
from pkgaudit.rules.traces.homes import homes_of
from pkgaudit.rules.traces.hosts import is_internal
from tests.support import audit

NAME = PERSON


@pytest.mark.parametrize(
    ("text", "path", "below"),
    [
        (f"{HOME}{NAME}/a/b.py", f"{HOME}{NAME}/a/b.py", 2),
        (f"x = '{HOME}{NAME}'", f"{HOME}{NAME}", 0),
        (f"file://{HOME}{NAME}/a", f"{HOME}{NAME}/a", 1),
        (f"file://localhost{HOME}{NAME}/a", f"{HOME}{NAME}/a", 1),
        (f"-I{HOME}{NAME}/a", f"{HOME}{NAME}/a", 1),
        (f"PATH=/usr/bin:{HOME}{NAME}/bin", f"{HOME}{NAME}/bin", 1),
        (f'"/export{HOME}{NAME}/a"', f"/export{HOME}{NAME}/a", 1),
        (f"(/mnt/c{USERS}{NAME}/a)", f"/mnt/c{USERS}{NAME}/a", 1),
        (f" /c{USERS}{NAME}/a", f"/c{USERS}{NAME}/a", 1),
        (f"C:{USERS}Maria Pia/a/b", f"C:{USERS}Maria Pia/a/b", 2),
        (f"file:///C:{USERS}{NAME}/a", f"{USERS}{NAME}/a", 1),
        (f"{WINDOWS}{NAME}\\a\\b", f"{WINDOWS}{NAME}\\a\\b", 2),
        (f"{WINDOWS}{NAME}\\a".replace("\\", "\\\\"), f"{WINDOWS}{NAME}\\a", 1),
        (f"{WINDOWS}Maria Pia\\a\\b".lower(), f"{WINDOWS}Maria Pia\\a\\b".lower(), 2),
        (f"{HOME}josé/a", f"{HOME}josé/a", 1),
        (f"file://{HOME}jos%C3%A9/a%20b/c", f"{HOME}josé/a", 1),
        (f"file:///C:{USERS}Maria%20Pia/a", f"{USERS}Maria Pia/a", 1),
        (f"file:///c%3A{USERS}{NAME}/a", f"{USERS}{NAME}/a", 1),
        (f"file:%2F%2F%2F{HOME[1:-1]}%2F{NAME}%2Fa", f"{HOME}{NAME}/a", 1),
        ("file:///c:/Users/".replace("/", "%2F").replace(":", "%3A") + f"{NAME}/a", f"c:{USERS}{NAME}/a", 1),
        (f'"%2F{HOME[1:-1]}%2F{NAME}%2Fa"', f"{HOME}{NAME}/a", 1),
        (f"webpack:///{USERS}{NAME}/a.ts", f"{USERS}{NAME}/a.ts", 1),
        (f"=//wsl.localhost/Ubuntu{HOME}{NAME}/a", f"//wsl.localhost/Ubuntu{HOME}{NAME}/a", 1),
        (
            f"//wsl$/Ubuntu{HOME}{NAME}/a".replace("/", "\\"),
            f"{HOME}{NAME}/a".replace("/", "\\"),
            1,
        ),
    ],
)
def test_finds(text: str, path: str, below: int) -> None:
    (found,) = find_homes(text.encode())
    assert (found.path, found.below, found.joined) == (path, below, False)


@pytest.mark.parametrize(
    "text",
    [
        f"https://a.org{HOME}{NAME}/x",
        f"dbfs:{HOME}{NAME}/x",
        f"scheme://{HOME}{NAME}/x",
        f"https%3A%2F%2Fa.org%2F{HOME[1:-1]}%2F{NAME}%2Fx",
        f"/x%2F{HOME[1:-1]}%2F{NAME}%2Fx",
        "/home/",
        "C:\\users\\",
    ],
)
def test_finds_no(text: str) -> None:
    assert [each for each in find_homes(text.encode()) if not each.joined] == []


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]), st.booleans())
def test_finds_in_any_bytes(before: bytes, encoding: str, windows: bool) -> None:
    text = f"\0{WINDOWS}{NAME}\\a\\b.c\0" if windows else f"\0{HOME}{NAME}/a/b.c\0"
    even = before + b"\0" * (4 - len(before) % 2)
    found = [each for each in find_homes(even + text.encode(encoding) + before) if each.account == NAME]
    assert found
    assert found[-1].path.endswith("b.c")


@given(
    st.binary(),
    st.sampled_from(["x.pyc", "x.so", "x.map", "x.py", "METADATA", "x.svg", "x.cfg"]),
)
def test_any_bytes(data: bytes, name: str) -> None:
    for start in (b"", HOME.encode(), WINDOWS.encode(), USERS.encode("utf-16-le")):
        member = Member(Entry(name, EntryType.FILE), ArchiveKind.SDIST)
        view = BinaryFile.of(member, Window(start + data + start))
        if view is not None:
            homes_of(view)


@pytest.mark.once
@pytest.mark.parametrize(
    "piece",
    [
        HOME,
        f"{HOME}a/",
        WINDOWS,
        f"{USERS}a a ",
        f"{HOME}%25",
        "%2F" + HOME[1:-1] + "%2F",
        "U\0s\0e\0r\0s\0",
        "/\\" + HOME,
    ],
)
def test_is_fast_on_what_repeats(piece: str) -> None:
    data = piece.encode() * (3_000_000 // len(piece))
    start = time.perf_counter()
    for name in ("x.bin", "x.pyc", "x.txt", "x.toml"):
        member = Member(Entry(name, EntryType.FILE), ArchiveKind.WHEEL)
        view = BinaryFile.of(member, Window(data))
        assert view is not None
        homes_of(view)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ("ekaterina", Kind.PERSON),
        ("Ottilie", Kind.PERSON),
        ("j.smith2", Kind.PERSON),
        ("Maria Pia", Kind.PERSON),
        ("MARIAP~1", Kind.PERSON),
        ("runner", Kind.BUILD),
        ("RUNNER~1", Kind.BUILD),
        ("runneradmin", Kind.BUILD),
        ("ubuntu2", Kind.BUILD),
        ("gitlab-runner", Kind.BUILD),
        ("acme-ci", Kind.BUILD),
        ("alice", Kind.EXAMPLE),
        ("username", Kind.EXAMPLE),
        ("your_name", Kind.EXAMPLE),
        ("annika", Kind.PERSON),
        ("theodora", Kind.PERSON),
        ("Barbara", Kind.PERSON),
        ("mykola", Kind.PERSON),
        ("a_name", Kind.EXAMPLE),
        ("myusername", Kind.EXAMPLE),
        ("anotheruser2", Kind.EXAMPLE),
        ("user12", Kind.BUILD),
        ("xxxx", Kind.EXAMPLE),
        ("file.txt", Kind.EXAMPLE),
        ("hadoop", Kind.BUILD),
        ("www-data", Kind.SERVICE),
        ("$USER", Kind.NONE),
        ("{name}", Kind.NONE),
        ("..", Kind.NONE),
        ("", Kind.NONE),
        ("a" * 100, Kind.NONE),
    ],
)
def test_kinds_of_accounts(account: str, kind: Kind) -> None:
    assert kind_of(account) is kind


def test_accounts_are_sorted_and_lower() -> None:
    for names in load("accounts").values.values():
        assert all(first < second for first, second in pairwise(names))
        assert all(name == name.lower() for name in names)


@pytest.mark.parametrize(
    "host",
    [
        "build.office.corp",
        "a.b.internal",
        "wiki.intranet",
        "nexus.team.lan",
        "10.42.7.1",
        "172.30.4.5",
        "192.168.77.3",
    ],
)
def test_internal(host: str) -> None:
    assert is_internal(host)


@pytest.mark.parametrize(
    "host",
    [
        "python.org",
        "internal",
        "corp.python.org",
        "host.docker.internal",
        "a.svc.cluster.local",
        "printer.local",
        "db.internal",
        "my-host.corp",
        "example.corp",
        "a..corp",
        "8.8.8.8",
        "127.0.0.1",
        "172.17.0.1",
        "192.168.1.1",
        "10.0.0.1",
        "10.0.0.999",
        "::1",
        "fd00::1",
        "",
    ],
)
def test_not_internal(host: str) -> None:
    assert not is_internal(host)


def test_accounts_are_one_finding_over_a_release(tmp_path: Path) -> None:
    made = []
    for tag in ("py2-none-any", "py3-none-any"):
        wheel = Wheel(tag=tag)
        wheel.files["sample/model.bin"] = b"\0\1" + f"{HOME}{NAME}/src/a.c".encode() + b"\0" + tag.encode()
        made.append(wheel.build())
    found = [each for each in audit(tmp_path, made, {"select": ["PV101"]}) if each.code == "PV101"]
    assert len({each.digest for each in found}) == 1
