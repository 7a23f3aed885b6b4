"""Core metadata: what the cases leave open, above all agreement with the libraries that the index runs."""

from __future__ import annotations

import email.utils
import random
from collections.abc import Callable
from email.parser import BytesParser
from email.policy import compat32
from importlib.metadata import version

import packaging
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.metadata import ExceptionGroup, Metadata, RawMetadata, parse_email
from packaging.version import Version

from fixtures.builders import sample_metadata
from pkgaudit.api import CoreMetadata, Entry, EntryType, Problem, Severity, Wheel
from pkgaudit.rules._shared.fields import FIELDS, MOST, Field, is_at_least
from pkgaudit.rules._shared.index_words import DATE
from pkgaudit.rules._shared.strict_metadata import invalid
from pkgaudit.rules.metadata.addresses import address_fault, single_address
from pkgaudit.rules.metadata.urls import url_fault
from tests.support import registry

PATH = "sample-1.0.dist-info/METADATA"
FAMILIES = ("MD1", "RM10", "LC10")


def wheel_of(data: bytes) -> Wheel:
    wheel = Wheel("dist/sample-1.0-py3-none-any.whl", "sample-1.0-py3-none-any.whl", kept={PATH: data})
    wheel.entries = [Entry(PATH, EntryType.FILE, len(data))]
    return wheel


def problems(data: bytes) -> dict[str, list[Problem]]:
    """Return what the rules over core metadata, readme and license of one wheel find, by code."""
    wheel = wheel_of(data)
    found = {
        each.code: list(each.function(wheel))
        for each in registry()
        if each.code.startswith(FAMILIES) and not each.arguments and issubclass(Wheel, each.subject)
    }
    return {code: each for code, each in found.items() if each}


def errors(data: bytes) -> set[str]:
    codes = {each.code: each for each in registry()}
    return {
        code
        for code, each in problems(data).items()
        if any((problem.severity or codes[code].severity) is Severity.ERROR for problem in each)
    }


def is_sent_by_uploaders(data: bytes) -> bool:
    """Return whether an uploader that reads with ``packaging`` would send the file."""
    raw, unparsed = parse_email(data)
    if not is_at_least(raw.get("metadata_version", "0"), "2.4"):
        raw.pop("license_files", None)
        unparsed.pop("license-file", None)
    if unparsed:
        return False
    try:
        Metadata.from_raw(raw)
    except (ExceptionGroup, ValueError):  # packaging 26.0 stumbles over a brace in a value
        return False
    return True


lines = st.text(st.characters(exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", codec="utf-8"))
names = st.sampled_from([*(field.name for field in FIELDS.values()), "name", "X-Other", "Project-Urls"])
values = lines | st.sampled_from(
    [
        "1.0",
        "2.4",
        "UNKNOWN",
        "",
        "a, https://python.org",
        "packaging>=21",
        "MIT",
        "ada@python.org",
        "Name",
        "../x",
    ]
)
headers = st.lists(st.tuples(names, values), max_size=8)


class TestAnyInput:
    @settings(deadline=None)
    @given(st.binary())
    def test_bytes(self, data: bytes) -> None:
        problems(data)

    @settings(deadline=None)
    @given(headers, st.binary(max_size=40))
    def test_headers(self, added: list[tuple[str, str]], body: bytes) -> None:
        data = "".join(f"{name}: {value}\n" for name, value in added).encode() + b"\n" + body
        count = data.count(b"\n") + 1
        for each in problems(data).values():
            for problem in each:
                assert problem.location.line is None or 1 <= problem.location.line <= count

    @settings(deadline=None)
    @given(headers)
    def test_refused_by_uploaders_is_found(self, added: list[tuple[str, str]]) -> None:
        metadata = sample_metadata()
        metadata.headers += added
        data = bytes(metadata)
        if not is_sent_by_uploaders(data):
            assert problems(data)

    @settings(deadline=None)
    @given(headers)
    def test_no_error_of_packaging_where_packaging_has_none(self, added: list[tuple[str, str]]) -> None:
        metadata = sample_metadata()
        metadata.headers += added
        data = bytes(metadata)
        if is_sent_by_uploaders(data):
            # A Name or Version of UNKNOWN goes past packaging; the index drops it.
            unknown = {metadata_field for metadata_field in added if metadata_field[1] == "UNKNOWN"}
            index_only = {"Provides-Dist", "Obsoletes-Dist"} & {name for name, _ in added}
            assert not errors(data) & {"MD102", "MD104"} or unknown or index_only

    @settings(deadline=None)
    @given(
        st.lists(st.sampled_from(["A: b", " c", "A", ":", "From x", "B:", "\t", "é: x", "C : d", "x y: z"]))
    )
    def test_header_is_read_as_the_email_package_reads_it(self, parts: list[str]) -> None:
        for end in ("\n", "\r\n", "\r"):
            data = end.join(parts).encode()
            parsed = BytesParser(policy=compat32).parsebytes(data)
            expected = [(name, str(value)) for name, value in parsed.raw_items()]
            found = CoreMetadata(PATH, data).fields
            assert [(field.name, field.value) for field in found] == [
                (name, value.replace("\r\n", "\n").lstrip(" \t\r\n")) for name, value in expected
            ]

    @pytest.mark.parametrize(
        "data",
        [
            b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n",
            b"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n" * 2000,
            b"Content-Transfer-Encoding: base64\n\n====",
            b"Name: =?utf-8?b?!?=\nVersion: \x00\x1b[0m\n",
            b"Requires-Dist: a; " + b"(" * 5000,
            b"License-Expression: " + b"(" * 5000,
            b"Version: " + b"1" * 5000,
            b"Description-Content-Type: text/plain; x*\n",
            b"A: b\n" * 100_000,
            b"Summary: a\n" + b" b\n" * 100_000,
        ],
        ids=range(10),
    )
    def test_hostile_file(self, data: bytes) -> None:
        assert errors(b"Metadata-Version: 2.4\n" + data)


class TestFields:
    @pytest.mark.parametrize("known", FIELDS.values(), ids=lambda known: known.name)
    def test_table_is_that_of_packaging(self, known: Field) -> None:
        value = "a, https://python.org" if known.name == "Project-URL" else "1.0"
        raw, unparsed = parse_email(f"{known.name}: {value}\n".encode())
        assert not unparsed
        assert known.raw in raw
        twice, repeated = parse_email(f"{known.name}: {value}\n{known.name}: b, {value}\n".encode())
        assert known.repeats == (known.raw in twice and not repeated)

    @pytest.mark.parametrize("known", FIELDS.values(), ids=lambda known: known.name)
    def test_since_is_that_of_packaging(self, known: Field) -> None:
        for declared in ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"):
            raw = RawMetadata(name="a", version="1", metadata_version=declared)
            if known.raw not in raw:
                raw[known.raw] = ["a"] if known.repeats else "a"  # type: ignore[literal-required]
            said = ""
            try:
                Metadata.from_raw(raw)
            except ExceptionGroup as group:
                said = str(group.exceptions)
            assert ("introduced in metadata version" in said) == (not is_at_least(declared, known.since))

    def test_many_problems_are_cut_short(self) -> None:
        data = bytes(sample_metadata()).replace(b"\n\n", b"\n" + b"Classifier: none\n" * 9 + b"\n", 1)
        assert len(problems(data)["MD106"]) == 1
        several = "".join(f"Classifier: none {number}\n" for number in range(200)).encode()
        found = problems(bytes(sample_metadata()).replace(b"\n\n", b"\n" + several + b"\n", 1))["MD106"]
        assert len(found) == MOST + 1
        assert "not listed" in found[-1].message

    def test_values_in_messages_are_cut_and_escaped(self) -> None:
        data = b"Metadata-Version: 2.4\nName: \x1b[31m" + b"x" * 10_000 + b"\nVersion: 1\n"
        (problem,) = problems(data)["MD104"]
        assert "\x1b" not in problem.message
        assert len(problem.message) < 300


@pytest.mark.skipif(
    Version(packaging.__version__) < Version("26.3"), reason="older packaging takes it, as the index does"
)
def test_what_only_a_newer_packaging_refuses_is_a_warning() -> None:
    data = (
        b"Metadata-Version: 2.4\nName: sample\nVersion: 1\n"
        b"License-Expression: (GPL-2.0-only) WITH Classpath-exception-2.0\n"
    )
    (problem,) = problems(data)["MD104"]
    assert problem.severity is Severity.WARNING
    assert "PyPI still accepted it" in problem.message


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        (["Dynamic: ", "Dynamic: Summary"], True),
        (["Dynamic: "], True),
        (["Dynamic: UNKNOWN"], True),
        (["Dynamic: ", "Dynamic: "], True),
        (["Classifier: ", "Classifier: UNKNOWN"], False),
        (["Classifier: ", "Classifier: Typing :: Typed"], True),
        (["Provides-Extra: ", "Provides-Extra: fast"], True),
        (["Requires-Dist: UNKNOWN"], False),
        (["Provides-Dist: "], False),
        (["Provides-Dist: ", "Provides-Dist: other"], True),
    ],
)
def test_empty_value_is_an_error_where_somebody_refuses_it(headers: list[str], is_refused: bool) -> None:
    lines = ["Metadata-Version: 2.4", "Name: sample", "Version: 1", *headers, "", "text", ""]
    assert bool(errors("\n".join(lines).encode())) == is_refused


def test_newer_version_says_how_old_the_data_is() -> None:
    (problem,) = problems(b"Metadata-Version: 2.9\nName: sample\nVersion: 1\n\ntext\n")["MD103"]
    assert DATE in problem.message
    (problem,) = problems(b"Metadata-Version: 2.4\nName: a\nVersion: 1\nClassifier: a\n\ntext\n")["MD106"]
    year, month, day = map(int, version("trove-classifiers").split(".")[:3])
    assert f"(trove-classifiers of {year}-{month:02}-{day:02})" in problem.message


def fuzz(
    judge: Callable[[str], object], own: Callable[[str], object], words: list[str], prefix: str = ""
) -> None:
    """Compare two judges on texts put together from words, the same ones at each run."""
    chance = random.Random(2)
    for _ in range(3000):
        text = prefix + "".join(chance.choice(words) for _ in range(chance.randint(1, 8)))
        assert own(text) == judge(text), text


class TestEmail:
    @pytest.mark.skipif(
        not getattr(email.utils, "supports_strict_parsing", False),
        reason="parses leniently, unlike the index",
    )
    def test_address_is_that_of_the_standard_library(self) -> None:
        words = [
            "ada",
            "@",
            "<",
            ">",
            "(c)",
            ":",
            ";",
            "(",
            ")",
            '"',
            '"a b"',
            "\\",
            ",",
            ".",
            "[",
            "]",
            " ",
            "x.org",
            "é",
        ]
        fuzz(lambda text: email.utils.parseaddr(text)[1], single_address, words)

    def test_fault_is_that_of_email_validator(self) -> None:
        validator = pytest.importorskip("email_validator")

        def is_refused(text: str) -> bool:
            try:
                validator.validate_email(text, check_deliverability=False)
            except validator.EmailNotValidError:
                return True
            return False

        words = [
            "ada",
            ".",
            "-",
            "--",
            "_",
            "test",
            "local",
            "arpa",
            "1",
            "[",
            "]",
            "com",
            "+",
            "!",
            "a" * 63,
            '"',
        ]
        for prefix in ("ada@", "ada@python.", ""):
            fuzz(is_refused, lambda text: address_fault(text) is not None, words, prefix)

    @pytest.mark.parametrize(
        ("value", "address"),
        [
            ("Ada Lovelace <ada@python.org>", "ada@python.org"),
            ("ada@python.org (Ada Lovelace (the first))", "ada@python.org"),
            ('"Lovelace, Ada" <ada@python.org>', "ada@python.org"),
            ("Ada Lovelace", "Ada"),
            ("Ada at python.org", "Ada"),
            ("ada@python.org, charles@python.org", ""),
            ("Lovelace, Ada <ada@python.org>", ""),
            ("Ada [at] python.org", ""),
            ("ada@python.org)", ""),
            ("", ""),
            ("team: ada@python.org;", "ada@python.org"),
            ("a:" * 4000 + "ada@python.org", ""),
            ("(" * 4000 + ")" * 4000, ""),
        ],
    )
    def test_single_address(self, value: str, address: str) -> None:
        assert single_address(value) == address

    def test_international_addresses(self) -> None:
        assert address_fault("núria@bücher.example") is None
        assert address_fault("núria@@bücher.example")
        assert address_fault("núria@bücher.test")

    def test_fault_of_an_international_address_is_one(self) -> None:
        validator = pytest.importorskip("email_validator")
        chance = random.Random(3)
        words = ["bücher", "ü", ".", "。", "_", "test", "com", "-", "a", "b", "1", "xn--", "\xa0", "\u200b"]
        words += ["\xad", "\u0301", "\u017f", "練習", "ü" * 60, "™", "←", "\ue000", "\uff0d", "℀", "Å", "א"]
        for _ in range(3000):
            text = "ada@" + "".join(chance.choice(words) for _ in range(chance.randint(1, 6)))
            if address_fault(text):
                with pytest.raises(validator.EmailNotValidError):
                    validator.validate_email(text, check_deliverability=False)


class TestUrl:
    def test_fault_is_that_of_the_index(self) -> None:
        rfc3986 = pytest.importorskip("rfc3986")
        parts = ("scheme", "host", "port", "path", "query")

        def is_refused(text: str) -> bool:
            validator = rfc3986.validators.Validator().allow_schemes("http", "https")
            validator.require_presence_of("scheme").check_validity_of(*parts)
            try:
                validator.validate(rfc3986.uri_reference(text).normalize())
            except rfc3986.exceptions.RFC3986Exception:
                return True
            return False

        words = [
            "http",
            "HTTPS",
            ":",
            "//",
            "/",
            "?",
            "#",
            "[",
            "]",
            "x.org",
            "a b",
            "@",
            ":99999",
            ":80",
            "::1",
            "é",
            "[::1%25a]",
            "[v1.a]",
            "/..",
            "..",
            "/.",
        ]
        fuzz(is_refused, lambda text: url_fault(text) is not None, words)
        fuzz(is_refused, lambda text: url_fault(text) is not None, words, "https://")


class TestStrict:
    @pytest.mark.parametrize("value", ["LicenseRef-", "(MIT) WITH Classpath-exception-2.0"])
    def test_license_expression_that_only_newer_packaging_refuses(self, value: str) -> None:
        fault = invalid("license-expression", value)
        assert fault is None or fault[1] is Severity.WARNING

    @pytest.mark.parametrize(
        "value", ["MIT OR", "MIT WITH", "(MIT", "MIT Apache-2.0", "LicenseRef-a_b", "LicenseRef-a+", "X"]
    )
    def test_license_expression_that_all_refuse(self, value: str) -> None:
        fault = invalid("license-expression", value)
        assert fault
        assert fault[1] is Severity.ERROR

    def test_value_too_long_to_be_judged(self) -> None:
        assert invalid("requires-dist", "a >> 1" * 10_000) is None
