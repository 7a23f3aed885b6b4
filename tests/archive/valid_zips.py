"""Valid zip archives of every shape that writers give them, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from fixtures.zips import (
    ALL_ONES,
    DEFLATED,
    STORED,
    UTF8,
    Central,
    Local,
    Zip,
    extra,
    unicode_path,
    widen,
    zip64_extra,
)

# Everything but control characters, the two line ends of Unicode and surrogates.
CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029")
NAMES = (
    st.lists(st.text(CHARACTERS, min_size=1, max_size=30), min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda name: len(name.encode()) < 255 and "" not in name.split("/"))
)
REPEATED = st.builds(lambda data, times: data * times, st.binary(max_size=20), st.integers(0, 5000))
CONTENTS = st.binary(max_size=300) | REPEATED
TAGS = st.sampled_from([0x000A, 0x5455, 0x7875, 0x9901, 0xCAFE, 0xD935]) | st.integers(0x8000, 0xFFFF)
EXTRAS = st.lists(st.builds(extra, TAGS, st.binary(max_size=12)), max_size=3).map(b"".join)
SYSTEMS = st.sampled_from([(3, 30), (0, 20), (10, 63), (19, 21)])
LOCAL_ZIP64 = st.sampled_from(["none", "none", "both", "size of stored data", "repeated", "offset", "disk"])
CENTRAL_ZIP64 = st.sampled_from(
    [
        (),
        (),
        ("size",),
        ("packed_size",),
        ("size", "packed_size"),
        ("offset",),
        ("size", "packed_size", "offset"),
    ]
)
ENDS = st.sampled_from(["plain", "plain", "zip64", "zip64 beside", "offset", "size", "count"])


@st.composite
def valid_zips(draw: st.DrawFn) -> Zip:
    """Draw names, contents, methods, zip64 and other extra fields, orders, end records and a comment."""
    archive = Zip.of([])
    names = draw(st.lists(NAMES, unique=True, max_size=6))
    for name in names:
        folder = draw(st.integers(0, 5)) == 0
        content = b"" if folder else draw(CONTENTS)
        method = draw(st.sampled_from([STORED, DEFLATED]))
        central = archive.add(f"{name}/" if folder else name, content, method)
        assert central.local is not None
        _set_what_differs_among_writers(draw, central.local, central)
        _add_zip64(draw, central.local, central)
    for central in draw(st.permutations(archive.centrals)):
        archive.remove(central)
        archive.insert(central, before=archive.end)
    fill_in_zip64_offsets(archive)
    _add_end(archive, draw(ENDS))
    archive.end.comment = draw(st.binary(max_size=40).filter(lambda comment: b"PK" not in comment))
    return archive


def _set_what_differs_among_writers(draw: st.DrawFn, local: Local, central: Central) -> None:
    marked = draw(st.booleans()) or not local.name.isascii()
    level = draw(st.integers(0, 3)) << 1 if local.method == DEFLATED else 0
    local.flags = central.flags = level | (UTF8 if marked else 0)
    local.date = central.date = draw(st.integers(0, 0xFFFF))
    local.time = central.time = draw(st.integers(0, 0xFFFF))
    local.version = draw(st.sampled_from([10, 20, 45]))
    central.version = draw(st.sampled_from([10, 20, 45, 63]))
    central.system, central.made_by = draw(SYSTEMS)
    central.internal_attributes = draw(st.integers(0, 1))
    local.extra, central.extra = draw(EXTRAS), draw(EXTRAS)
    if draw(st.booleans()):
        field = unicode_path(local.name, local.name)
        local.extra += field if draw(st.booleans()) else b""
        central.extra += field


def _add_zip64(draw: st.DrawFn, local: Local, central: Central) -> None:
    kind = draw(LOCAL_ZIP64)
    if kind == "both":
        widen(local, "size", "packed_size")
    elif kind == "size of stored data":
        if local.method == STORED:
            widen(local, "size")
    elif kind != "none":
        offset = () if kind == "repeated" else (0,)
        local.extra += zip64_extra(local.size, local.packed_size, *offset, disk=0 if kind == "disk" else None)
        if draw(st.booleans()):
            local.size = local.packed_size = ALL_ONES
    fields = draw(CENTRAL_ZIP64)
    if fields:
        central.offset = 0 if "offset" in fields else None
        widen(central, *fields)


def fill_in_zip64_offsets(archive: Zip) -> None:
    """Put the true offsets into the zip64 fields, the first of their headers, that are to hold them."""
    for central in archive.centrals:
        if central.offset == ALL_ONES:
            assert central.local is not None
            end = 4 + int.from_bytes(central.extra[2:4], "little")
            place = archive.position(central.local).to_bytes(8, "little")
            central.extra = central.extra[: end - 8] + place + central.extra[end:]


def _add_end(archive: Zip, kind: str) -> None:
    if kind != "plain":
        archive.add_zip64_end(sentinels=kind == "zip64")
    if kind == "offset":
        archive.end.directory_offset = ALL_ONES
    elif kind == "size":
        archive.end.directory_size = ALL_ONES
    elif kind == "count":
        archive.end.entries = archive.end.entries_here = 0xFFFF
