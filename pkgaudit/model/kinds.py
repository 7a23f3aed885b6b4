"""The kind of a file, by its name and, if the name is not enough, by its first bytes."""

from __future__ import annotations

import enum
import re
from functools import lru_cache

from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.model.formats import COMPOUND, READ, unread_format
from pkgaudit.model.member import SNIFF, BinaryFile, native_format


class FileKind(enum.Enum):
    """The kinds. Their values appear in reports, and as keys in a configuration."""

    MODULE = "module"
    """A Python module as source."""
    STUB = "stub"
    BYTECODE = "pyc"
    NATIVE = "native"
    """A native library, object or executable."""
    SOURCE = "source"
    """Source in another language, or a script."""
    WEB = "web"
    """Files for browsers: markup, styles, scripts."""
    TEXT = "text"
    """Text for people."""
    CONFIG = "config"
    DATA = "data"
    IMAGE = "image"
    MEDIA = "media"
    """Fonts, sound and video."""
    ARCHIVE = "archive"
    METADATA = "metadata"
    """A description of the distribution itself."""
    LICENSE = "license"
    LINK = "link"
    SPECIAL = "special"
    """A device, a pipe or similar."""
    DIRECTORY = "folder"
    OTHER = "other"

    def __str__(self) -> str:
        return self.value

    def __hash__(self) -> int:  # the default hashes the name at each call
        return id(self)


_SUFFIXES = {
    FileKind.MODULE: "py pyw",
    FileKind.STUB: "pyi",
    FileKind.BYTECODE: "pyc pyo",
    FileKind.NATIVE: "so pyd dll dylib exe o obj a lib node ptx cubin fatbin hsaco wasm pdb bc",
    FileKind.SOURCE: (
        "c cc cpp cxx c++ cu cuh h hh hpp hxx h++ inl ipp tpp m mm s asm pyx pxd pxi f f77 f90 f95 "
        "f03 f08 for rs go java kt scala swift zig rb pl pm r jl lua cs d ml hs sh bash zsh fish bat "
        "cmd ps1 cl cmake am ac m4 mk pro i swg proto thrift capnp fbs y l sql ipynb vert frag glsl "
        "hlsl metal"
    ),
    FileKind.WEB: (
        "js mjs cjs jsx ts tsx css scss sass less html htm xhtml vue svelte map jinja jinja2 j2 tmpl "
        "mako webmanifest"
    ),
    FileKind.TEXT: "txt md markdown rst text adoc asciidoc tex pdf rtf doc docx odt po pot 1 2 3 4 5 7 8",
    FileKind.CONFIG: "toml cfg ini yaml yml conf properties env in editorconfig lock",
    FileKind.DATA: (
        "json jsonl json5 geojson ndjson csv tsv xml xsd xsl xslt dat data db sqlite sqlite3 parquet "
        "arrow feather npy npz pkl pickle h5 hdf5 hdf nc bin mo onnx pt pth ckpt safetensors tflite "
        "pb pbtxt gguf xls xlsx ods rda rds sav mat fits asn1 der pem crt cer key p12 dict bdic model "
        "tfrecord msgpack bson avro snap out log ttl rdf owl n3 ics vcf"
    ),
    FileKind.IMAGE: "png jpg jpeg gif svg ico icns bmp tif tiff webp avif heic psd xpm pgm ppm eps exr hdr",
    FileKind.MEDIA: "ttf otf woff woff2 eot pfb afm mp3 wav ogg oga flac m4a aac mid mp4 webm mov avi mkv",
    FileKind.ARCHIVE: (
        "zip whl egg jar gz tgz bz2 tbz tbz2 xz txz zst 7z rar tar lz4 lzma z crate nupkg conda war "
        "deb rpm dmg apk cab"
    ),
}
_BY_SUFFIX = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}

_NAMES = {
    FileKind.METADATA: "pkg-info record metadata wheel entry_points.txt top_level.txt direct_url.json "
    "requires.txt sources.txt dependency_links.txt zip-safe not-zip-safe namespace_packages.txt "
    "record.jws record.p7s manifest.in installer requested",
    FileKind.STUB: "py.typed",
    FileKind.CONFIG: "makefile dockerfile .gitignore .gitattributes .gitmodules .dockerignore",
    FileKind.TEXT: "readme changelog changes news authors contributors todo thanks history",
}
_BY_NAME = {name: kind for kind, names in _NAMES.items() for name in names.split()}

_IN_DIST_INFO = frozenset({FileKind.TEXT, FileKind.CONFIG, FileKind.DATA, FileKind.OTHER})

_LICENSE = re.compile(r"(?:un)?licen[cs]es?|copying|copyright|notice")
"""The word at the beginning of a license file's name."""

_LIBRARY = re.compile(r"\.so(?:\.\d+)+$")
_WORDS = re.compile(r"[^a-z]+")


@lru_cache(maxsize=4096)
def _kind_of_name(name: str) -> FileKind:
    """Return the kind of a file by its lower-case name."""
    if (kind := _BY_NAME.get(name)) is not None:
        return kind
    stem, dot, suffix = name.rpartition(".")
    kind = _BY_SUFFIX.get(suffix) if dot else None
    if kind in (None, FileKind.TEXT) or not stem:
        words = _WORDS.split(stem or name, maxsplit=2)
        if any(_LICENSE.fullmatch(word) for word in words[:2]):
            return FileKind.LICENSE
    if kind is None and stem in _BY_NAME:
        return _BY_NAME[stem]
    if kind is None and ".so." in name and _LIBRARY.search(name):
        return FileKind.NATIVE
    return kind or FileKind.OTHER


_TYPES = {
    EntryType.DIRECTORY: FileKind.DIRECTORY,
    EntryType.SYMLINK: FileKind.LINK,
    EntryType.HARDLINK: FileKind.LINK,
    EntryType.SPECIAL: FileKind.SPECIAL,
}


def kind_of_entry(entry: Entry) -> FileKind:
    """Return the kind of a member by its path and its type."""
    if entry.type is not EntryType.FILE:
        return _TYPES[entry.type]
    folder, _, name = entry.path.replace("\\", "/").rpartition("/")
    kind = _kind_of_name(name[-200:].lower())
    if ".dist-info" in folder or ".egg-info" in folder or folder.endswith("EGG-INFO"):
        if folder.lower().endswith(("/licenses", "/license_files")) or "/licenses/" in folder:
            return FileKind.LICENSE
        return FileKind.METADATA if kind in _IN_DIST_INFO else kind
    return kind


def kind_of_content(file: BinaryFile) -> FileKind | None:
    """Return the kind of a file by its content, None if the content adds nothing to the path.

    A native file is native under any name. Otherwise the content counts only if the name determines no kind.
    """
    if file.window.offset:
        return None
    data = file.data
    if native_format(data) is not None:
        return FileKind.NATIVE
    if kind_of_entry(file.member.entry) is not FileKind.OTHER:
        return None
    if data.startswith(READ) or data[257:262] == b"ustar" or unread_format(data) not in (None, COMPOUND):
        return FileKind.ARCHIVE
    if data.startswith(b"#!"):
        return FileKind.SOURCE
    return FileKind.DATA if b"\0" in data[:SNIFF] else FileKind.TEXT
