"""The core of SE: what one look at a file finds, where, and what is told of it."""

from __future__ import annotations

import base64
import datetime
import gc
import json
import re
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures import tokens
from fixtures.builders import Sdist, Wheel
from pkgaudit.api import (
    ArchiveKind,
    BinaryFile,
    Candidate,
    Entry,
    EntryType,
    Exclude,
    Level,
    Member,
    Problem,
    TextFile,
    normalize,
)
from pkgaudit.literals import Hits, Search
from pkgaudit.model.member import Window
from pkgaudit.rules.secrets import rules as secrets
from pkgaudit.rules.secrets import token_scanner
from pkgaudit.rules.secrets.bytecode import sources_of
from pkgaudit.rules.secrets.catalogue.judges import found_by
from pkgaudit.rules.secrets.content import Content, decoded_source
from pkgaudit.rules.secrets.detect_secrets.layer import NOT_REWRITTEN
from pkgaudit.rules.secrets.found import Claims, Secret
from pkgaudit.rules.secrets.keys import find_keys
from pkgaudit.rules.secrets.place import Place, is_placeholder, mask, place_of
from pkgaudit.rules.secrets.proof import has_checksum, prove_jwt, prove_pypi
from pkgaudit.rules.secrets.redaction import secrets_in
from pkgaudit.rules.secrets.tokens import is_bounded
from tests.support import run_json
from tests.timing import is_linear, seconds

RULES = (
    secrets.verified_token,
    secrets.private_key,
    secrets.provider_token,
    secrets.credentials_in_url,
    secrets.credential_assignment,
    secrets.high_entropy_string,
)
DEFAULT = secrets.Secrets()
LEVELS = [secrets.Secrets(level=level) for level in secrets.LEVELS]


def view_of(text: str | bytes, path: str = "sample/core.py", encoding: str = "utf-8") -> BinaryFile:
    data = text if isinstance(text, bytes) else text.encode(encoding, "surrogatepass")
    view = BinaryFile.of(Member(Entry(path, EntryType.FILE), ArchiveKind.WHEEL), Window(data))
    assert view is not None
    return view


def text_of(text: str, path: str = "sample/core.py") -> TextFile:
    view = TextFile.of(Member(Entry(path, EntryType.FILE), ArchiveKind.WHEEL), Window(text.encode()))
    assert view is not None
    return view


def problems(view: BinaryFile, options: secrets.Secrets = DEFAULT) -> Iterator[tuple[str, Problem]]:
    for function in RULES:
        for problem in function(view, options):
            yield function.__name__, problem


class TestProofs:
    @given(st.sampled_from(["ghp", "gho", "ghu", "ghs", "ghr", "npm"]), st.text())
    def test_checksum(self, prefix: str, seed: str) -> None:
        assert has_checksum(tokens.checked_token(prefix, seed))
        assert not has_checksum(tokens.checked_token(prefix, seed, valid=False))

    def test_macaroon(self) -> None:
        proof = prove_pypi(tokens.pypi_token([[1, ["one", "two"]], [0, 2_000_000_000, 1]]))
        assert proof is not None
        assert "one, two" in proof.says
        assert proof.expires == 2_000_000_000

    @pytest.mark.parametrize(("day", "level"), [(18, Level.PROVEN), (19, Level.EXPIRED)])
    def test_day_of_the_audit_decides(self, day: int, level: Level) -> None:
        """The clock of the machine does not: the same audit has the same result everywhere."""
        token = tokens.pypi_token([[1, ["one"]], [0, 2_000_000_000, 1]])  # 2033-05-18
        proof = prove_pypi(token)
        assert proof is not None
        data, today = token.encode(), datetime.date(2033, 5, day)
        assert found_by(proof, Candidate(token, data, 0, len(data), today=today)).level == level

    @pytest.mark.parametrize("cut", range(1, 60))
    def test_macaroon_that_is_cut(self, cut: int) -> None:
        assert prove_pypi(tokens.pypi_token(cut=cut)) is None

    @given(st.text(alphabet=tokens.URL_SAFE, max_size=300))
    def test_any_text_is_judged(self, text: str) -> None:
        prove_pypi(f"pypi-AgEIcHlwaS5vcmc{text}")
        prove_jwt(f"eyJ{text}.{text}.{text}")

    @given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
    def test_any_caveat_is_read(self, caveat: object) -> None:
        assert prove_pypi(tokens.pypi_token([caveat])) is not None


class TestKeys:
    @given(
        st.binary(max_size=300), st.sampled_from(["", "RSA ", "EC ", "OPENSSH ", "PGP ", "ENCRYPTED ", "X "])
    )
    def test_random_bytes_are_no_key(self, data: bytes, label: str) -> None:
        for key in find_keys(tokens.armored(label, data)):
            assert data[:1] in (b"\x30", b"o") or data[0] & 0x80
            assert key.data == data

    @given(st.integers(1, 120))
    def test_a_cut_key_is_no_key(self, cut: int) -> None:
        for label, key in (("RSA ", tokens.rsa_key()), ("OPENSSH ", tokens.openssh_key())):
            assert len(list(find_keys(tokens.armored(label, key)))) == 1
            assert not list(find_keys(tokens.armored(label, key[:-cut])))

    @given(st.text(alphabet="-BEGIN ENDPRIVATEKY\n=AM", max_size=400))
    def test_any_text_is_read(self, text: str) -> None:
        mark = "-----BEGIN PRIVATE" + " KEY-----"
        list(find_keys(f"{mark}{text}-----END{text}{mark}"))


class TestNothingIsTold:
    def test_the_secret_is_in_no_finding(self) -> None:
        known = [
            tokens.pypi_token(),
            tokens.checked_token("ghp"),
            tokens.checked_token("gho", valid=False),
            tokens.checked_token("npm"),
            tokens.web_token({"exp": tokens.FAR}),
            tokens.gitlab_token(),
            tokens.slack_webhook(),
            tokens.stripe_key(),
            tokens.openai_key(),
            *tokens.aws_pair(),
            tokens.random_text("mine", 24),
        ]
        text = "".join(f"'{each}'\n" for each in known)
        text += f"u = 'https://ada:{known[-1]}@files.python.org'\n"
        found = list(problems(view_of(text)))
        assert len(found) >= len(known) - 1  # the two parts of the AWS key are one
        for _, problem in found:
            said = f"{problem.message} {problem.fix} {problem.key}"
            for secret in (each.rpartition("/services/")[2] for each in known):
                for at in range(len(secret) - 10):
                    part = secret[at : at + 10]
                    assert part not in said, problem.message

    @pytest.mark.parametrize("name", [".env", ".env.local"])
    def test_an_environment_file_is_kept_out(self, name: str) -> None:
        ((_, problem),) = problems(view_of(f"TOKEN={tokens.gitlab_token()}\n", f"sample/{name}"))
        assert isinstance(problem.fix, Exclude)

    @pytest.mark.parametrize("name", [".env.example", "env.py"])
    def test_other_files_are_edited(self, name: str) -> None:
        ((_, problem),) = problems(view_of(f"TOKEN='{tokens.gitlab_token()}'\n", f"sample/{name}"))
        assert "read it from the environment" in str(problem.fix)

    @given(st.text(min_size=1, max_size=100))
    def test_mask_keeps_little(self, secret: str) -> None:
        shown = mask(secret).replace("…", "", 1)
        assert len(shown) <= max(8, len(secret)) // 4 + 2 <= 27
        assert len(secret) >= 16 or len(shown) <= len(secret) // 6

    def test_key_is_the_same_wherever_the_secret_is(self) -> None:
        token = tokens.checked_token("ghp")
        first, second = (
            next(secrets.verified_token(view_of(f"{'#' * i}\n{token}\n"), DEFAULT)) for i in (1, 5)
        )
        assert first.key == second.key
        assert re.fullmatch("[0-9a-f]{64}", first.key or "")


class TestOneRuleEach:
    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("password = '{}'".format(tokens.checked_token("ghp")), "verified_token"),
            ("url = https://ada:{}@files.python.org".format(tokens.checked_token("ghp")), "verified_token"),
            (f"url = https://ada:{tokens.gitlab_token()}@files.python.org", "provider_token"),
            (f"secret: '{tokens.stripe_key()}'", "provider_token"),
            ("api_key = '{}'".format(tokens.random_text("one", 40)), "credential_assignment"),
            ("other = '{}'".format(tokens.random_text("one", 40)), "high_entropy_string"),
        ],
    )
    def test_the_most_specific(self, text: str, rule: str) -> None:
        assert [name for name, _ in problems(view_of(text, "sample/default.ini"))] == [rule]

    @given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), max_size=30))
    def test_claims_do_not_overlap(self, stretches: list[tuple[int, int]]) -> None:
        claims, taken = Claims(), set[int]()
        for start, size in stretches:
            free = not taken & set(range(start, start + size))
            assert claims.take(start, start + size) is free
            if free:
                taken |= set(range(start, start + size))

    def test_a_file_is_looked_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        searched: list[bytes] = []
        actual = token_scanner._search

        def search(binary: bool) -> Search:
            def note(data: bytes) -> Hits:
                searched.append(data)
                return actual(binary)(data)

            return note

        monkeypatch.setattr(token_scanner, "_search", search)
        view = view_of(f"x = '{tokens.checked_token('ghp')}'\n")
        assert list(problems(view))
        secrets.leaks(view)
        assert len(searched) == 1


class TestFailure:
    """A look that fails hides nothing of what others find, and does not pass for a clean file."""

    @pytest.fixture
    def failing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def find(content: Content, starts: object) -> Iterator[object]:
            raise RuntimeError("url")
            yield

        monkeypatch.setattr(token_scanner, "find_url_passwords", find)

    def test_hides_nothing_and_is_told(self, failing: None) -> None:
        view = view_of(f"'{tokens.stripe_key()}'\n'{tokens.checked_token('ghp')}' 'http://a:b@c'\n")
        assert len(list(secrets.verified_token(view, DEFAULT))) == 1
        assert len(list(secrets.provider_token(view, DEFAULT))) == 1
        with pytest.raises(RuntimeError):
            list(secrets.credentials_in_url(view, DEFAULT))

    def test_a_view_is_not_kept_alive(self, failing: None) -> None:
        view = view_of(f"'{tokens.gitlab_token()}' 'http://a:b@c'\n")
        with pytest.raises(RuntimeError):
            list(problems(view))
        alive = weakref.ref(view)
        del view
        gc.collect()
        assert alive() is None

    def test_nor_is_one_without_a_failure(self) -> None:
        view = view_of(f"'{tokens.gitlab_token()}'\n")
        assert list(problems(view))
        alive = weakref.ref(view)
        del view
        gc.collect()
        assert alive() is None


class TestPragma:
    @pytest.mark.parametrize(
        "line",
        [
            "'{}'  # pragma: allowlist secret",
            "'{}'  # pragma: whitelist secret",
            "'{}'; // pragma: allowlist secret",
            "'{}'; /* pragma: allowlist secret */",
            "'{}' <!-- pragma: allowlist secret -->",
            "# pragma: allowlist nextline secret\n'{}'",
            "// pragma: allowlist nextline secret\r\n'{}'\r",
        ],
    )
    def test_leaves_alone(self, line: str) -> None:
        found = list(problems(view_of(line.format(tokens.checked_token("ghp")) + "\n")))
        assert [problem.inline_reason for _, problem in found]
        assert all(problem.inline_reason and "pragma" in problem.inline_reason for _, problem in found)

    @pytest.mark.parametrize(
        "line",
        [
            "'{}'  # pragma: no cover",
            "'{}'\n# pragma: allowlist secret",
            "x = 1  # pragma: allowlist nextline secret\n'{}'",
            "# pragma: allowlist nextline secret\n\n'{}'",
        ],
    )
    def test_does_not_reach_further(self, line: str) -> None:
        found = list(problems(view_of(line.format(tokens.checked_token("ghp")) + "\n")))
        assert [problem.inline_reason for _, problem in found] == [None]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("sample/core.py", Place.CODE),
        ("sample/latest/core.py", Place.CODE),
        ("contest/attest.py", Place.CODE),
        ("testcontainers/core.py", Place.CODE),
        ("sample/tests/core.py", Place.TEST),
        ("sample/unit_tests/core.py", Place.TEST),
        ("sample/greentest/a.pem", Place.TEST),
        ("sample/test_core.py", Place.TEST),
        ("sample/conftest.py", Place.TEST),
        ("sample/dummyserver/a.key", Place.TEST),
        ("sample/docs/core.py", Place.DOCUMENT),
        ("sample/docs_src/core.py", Place.DOCUMENT),
        ("sample/docs_tool/core.py", Place.CODE),
        ("sample/README.md", Place.DOCUMENT),
        ("sample-1.0.dist-info/METADATA", Place.DOCUMENT),
    ],
)
def test_place(path: str, place: Place) -> None:
    assert place_of(view_of("x", path)) is place


WHEEL, SDIST = ArchiveKind.WHEEL, ArchiveKind.SDIST


@pytest.mark.parametrize(
    ("project", "archive", "path", "place"),
    [
        *(
            (project, *rest)
            for project in ("demo", "example", "sample", "test-utils", "fake-agent", "foo-examples", "tests")
            for folder in [project.replace("-", "_")]
            for rest in (
                (WHEEL, f"{folder}/core.py", Place.CODE),
                (WHEEL, f"{folder}/tests/core.py", Place.TEST),
                (WHEEL, f"{folder}/docs/core.py", Place.DOCUMENT),
                (WHEEL, f"{folder}-1.0.data/purelib/{folder}/core.py", Place.CODE),
                (WHEEL, f"{folder}-1.0.dist-info/entry_points.txt", Place.CODE),
                (WHEEL, f"{folder}.py", Place.CODE),
                (SDIST, f"{folder}-1.0/{folder}/core.py", Place.CODE),
                (SDIST, f"{folder}-1.0/src/{folder}/core.py", Place.CODE),
                (SDIST, f"{folder}-1.0/src/{folder}.egg-info/entry_points.txt", Place.CODE),
                (SDIST, f"{folder}-1.0/{folder}.py", Place.CODE),
                (SDIST, f"{folder}-1.0/setup.cfg", Place.CODE),
                (SDIST, f"{folder}-1.0/a.zip!/core.py", Place.CODE),
                (SDIST, f"{folder}-1.0/{folder}/tests/core.py", Place.TEST),
                (SDIST, f"{folder}-1.0/README.md", Place.DOCUMENT),
            )
        ),
        ("example", WHEEL, "example/example.py", Place.CODE),
        ("acme.demo", WHEEL, "acme/demo/core.py", Place.CODE),
        ("acme.demo", SDIST, "acme_demo-1.0/src/acme/demo/core.py", Place.CODE),
        ("acme.demo", SDIST, "acme_demo-1.0/demo/core.py", Place.DOCUMENT),
        ("foo", WHEEL, "example/core.py", Place.CODE),
        ("foo", SDIST, "foo-1.0/src/example/core.py", Place.CODE),
        ("foo", SDIST, "foo-1.0/example/core.py", Place.DOCUMENT),
        ("foo", SDIST, "foo-1.0/src/tests/core.py", Place.TEST),
        ("foo", SDIST, "foo-1.0/test_foo.py", Place.TEST),
        ("foo", WHEEL, "test_utils/core.py", Place.TEST),
        ("readme", SDIST, "readme-1.0/README.md", Place.DOCUMENT),
    ],
)
def test_the_project_itself_is_no_place(project: str, archive: ArchiveKind, path: str, place: Place) -> None:
    member = Member(Entry(path, EntryType.FILE), archive, project=normalize(project))
    assert place_of(BinaryFile(member, Window(b"x"))) is place


@pytest.mark.parametrize(
    ("before", "bounded"),
    [("", True), ("'", True), ("x", False), ("_", False), ("\\n", True), ("%3D", True), ("=", True)],
)
def test_is_bounded(before: str, bounded: bool) -> None:
    assert is_bounded(f"{before}ghp_".encode(), len(before)) is bounded


def test_placeholders() -> None:
    assert is_placeholder("your-token-here")
    assert not is_placeholder(tokens.gitlab_token())


HOSTILE = {
    "spaces": " " * 64,
    "quotes": "'\"" * 32,
    "dashes": "-" * 64,
    "jwt": "eyJ" * 20 + "=eyJ",
    "bounded jwt": "=eyJabc",
    "aws": "aws key ",
    "aws ids": "AKIA",
    "url": "://a:b",
    "slack": "xoxb-1-",
    "gitlab": "glagent-",
    "openai": "sk-sk-sk-T3BlbkFJ",
    "npm": "//a/:_authToken= ",
    "begin": "-----BEGIN PRIVATE" + " KEY-----",
    "keyword": 'password="x" ',
    "keyword and spaces": "password=" + " " * 55,
    "base64": tokens.random_text("long", 64),
    "pragma": f"'{tokens.checked_token('ghp')}' pragma: ",
    "pragma and quotes": f"'{tokens.checked_token('ghp')}' '' # pragma: allowlist secret ''",
    "discord": "M.abcdef.",
    "dots": ".",
    "putty": "PuTTY-User-Key-File-2: a ",
    "minified": 'function(a,b){return a["x"]=b.c(1),d?"e":\'f\'};',
    "pypi": "pypi-AgEIcHlwaS5vcmcC",
    "bounded pypi": " pypi-AgEIcHlwaS5vcmcC",
    "web key": '{"kty":"RSA","d":"',
    "login": "https:" + "//a:b1c2d3e4f5@c.d ",
}


@pytest.mark.once
@pytest.mark.parametrize("level", secrets.LEVELS)
@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear_in_the_length_of_a_line(name: str, level: str) -> None:
    """A line eight times as long may take little more than eight times the time."""
    size = 60_000 if level == "thorough" else 100_000
    part = HOSTILE[name]

    def measure(size: int) -> float:
        view = view_of(part * (size // len(part)), "sample/default.ini")
        return seconds(lambda: [*problems(view, secrets.Secrets(level=level))])

    measure(1000)  # imports
    assert is_linear(measure, size // 8, size, factor=2.2, enough=0.03)


class TestPlaces:
    """A finding points at the first character of the token, whatever the file is written in."""

    TOKEN = tokens.checked_token("ghp", "place")

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
    @pytest.mark.parametrize("before", ["", "x\n", "\u00e9\u4e2d\U0001f511\n  \u00e9 = ", "a\r\n\r\nb\n\n# "])
    def test_of_a_text(self, encoding: str, before: str) -> None:
        text = f"{before}{self.TOKEN}\n\u00e9 {self.TOKEN}\n"
        if encoding == "utf-16-be":
            text = f"\ufeff{text}"
        found = [each.location for name, each in problems(view_of(text, encoding=encoding))]
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        assert [(each.line, each.column) for each in found] == [(line, column), (line + 1, 3)]

    def test_of_latin_1(self) -> None:
        found = [each.location for _, each in problems(view_of(f"\xe9\xe9 {self.TOKEN}\n".encode("latin-1")))]
        assert [(each.line, each.column) for each in found] == [(1, 4)]

    def test_of_a_binary(self) -> None:
        view = view_of(bytes(5000) + self.TOKEN.encode() + bytes(10), "sample/data.bin")
        ((_, problem),) = problems(view)
        assert problem.location.line is None
        assert "(at byte 5,000)" in problem.message

    def test_many(self) -> None:
        lines = [f"\u00e9 '{tokens.checked_token('ghp', str(number))}'" for number in range(2000)]
        found = [each.location for _, each in problems(view_of("\n".join(lines)))]
        assert [(each.line, each.column) for each in found] == [(number + 1, 4) for number in range(2000)]


def test_the_same_secret_is_one_finding_with_several_places(tmp_path: Path) -> None:
    token = tokens.checked_token("ghp", "everywhere")
    wheel, sdist, other = Wheel(), Sdist(), Wheel("other")
    wheel.files["sample/settings.py"] = f"TOKEN = '{token}'\n\nSAME = '{token}'\n".encode()
    wheel.files["sample/data.json"] = f'{{"token": "{token}"}}'.encode()
    sdist.files["tests/test_settings.py"] = f"TOKEN = '{token}'\n".encode()
    other.files["other/settings.py"] = f"TOKEN = '{token}'\n".encode()
    paths = [each.build().write(tmp_path) for each in (wheel, sdist, other)]
    found = [each for each in run_json(*paths)["findings"] if each["code"].startswith("SE")]
    places = [
        [(each["member"], each["line"]), *((more["member"], more["line"]) for more in each["also"])]
        for each in found
    ]
    assert sorted(map(len, places)) == [1, 4]  # another project is another finding
    assert ("sample-1.0/tests/test_settings.py", 1) in max(places, key=len)
    assert max(places, key=len)[0] == ("sample/data.json", 1)
    assert {each["severity"] for each in found} == {"error"}
    assert token not in json.dumps(found)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("sample/__pycache__/settings.cpython-311.pyc", "sample/settings.py"),
        ("sample/__pycache__/settings.cpython-313.opt-2.pyc", "sample/settings.py"),
        ("sample/__pycache__/settings.cpython-311-pytest-8.1.1.pyc", "sample/settings.py"),
        ("sample/__pycache__/odd.name.cpython-311.pyc", "sample/odd.name.py"),
        ("sample/__pycache__/settings.pyc", "sample/settings.py"),
        ("__pycache__/settings.pypy39.pyc", "settings.pyw"),
        ("sample/settings.pyc", "sample/settings.py"),
        ("sample/settings.pyo", "sample/settings.py"),
        ("data/lib.zip!/a/__pycache__/b.cpython-38.pyc", "data/lib.zip!/a/b.py"),
    ],
)
def test_source_of_bytecode(path: str, source: str) -> None:
    assert source in sources_of(path)


@given(st.text(max_size=500))
@settings(deadline=None)
def test_any_text_is_judged(text: str) -> None:
    list(problems(view_of(f"x{text}", "sample/default.yaml", "utf-16")))


@given(st.lists(st.sampled_from(sorted(HOSTILE.values())) | st.text(max_size=20), max_size=30))
@settings(deadline=None)
def test_any_mixture_is_judged(parts: list[str]) -> None:
    view = view_of("".join(["x", *parts]), "sample/default.ini", "utf-16")
    for _, problem in problems(view):
        json.dumps(problem.message)
        assert problem.location.line is not None


class TestDrowning:
    """Thousands of examples hide no secret behind them, or the file is said not to be looked at wholly."""

    def test_urls(self) -> None:
        text = "https://user:password@example.com/ " * 20_000
        text += f"postgres://ada:{tokens.random_text('url', 20)}@db.python.org/"
        assert [name for name, _ in problems(view_of(text))] == ["credentials_in_url"]

    @pytest.mark.parametrize("part", ["ghp_ ", "eyJ "])
    def test_beginnings_of_tokens(self, part: str) -> None:
        text = part * 100_001 + tokens.gitlab_token()
        told = [problem.message for _, problem in problems(view_of(text), secrets.Secrets(level="fast"))]
        assert any("not all were checked" in each for each in told)
        assert any(each.startswith("the GitLab token ") for each in told)


def test_files_of_random_strings_are_findings_of_their_own() -> None:
    first, second = (
        "".join(f'n{i} = "{tokens.random_text(f"{seed} {i}", 40)}"\n' for i in range(20)) for seed in "ab"
    )
    found = [next(problems(view_of(each, "sample/a.toml")))[1] for each in (first, second)]
    assert all("strings look random" in each.message for each in found)
    assert found[0].digest != found[1].digest


@pytest.mark.parametrize("name", ["demo", "example", "test_utils"])
def test_a_wheel_and_its_sdist_agree(name: str, tmp_path: Path) -> None:
    wheel, sdist = Wheel(name), Sdist(name)
    for made in (wheel, sdist):
        made.files[f"{name}/keys.py"] = f'TOKEN = "{tokens.checked_token("ghp")}"\n'.encode()
    severities = [
        {each["severity"] for each in run_json(built.write(tmp_path), "--select", "SE")["findings"]}
        for built in (wheel.build(), sdist.build())
    ]
    assert severities == [{"error"}, {"error"}]


def _in_utf_7(text: str) -> bytes:
    """Return a text in UTF-7 with its second line in base64, which other readers do not decode."""
    first, rest = text.split("\n", 1)
    return f"{first}\n".encode() + "".join(_base64_of(char) for char in rest).encode()


def _base64_of(char: str) -> str:
    return char if char == "\n" else f"+{base64.b64encode(char.encode('utf-16-be')).decode().rstrip('=')}-"


def _escaped(text: str) -> bytes:
    first, rest = text.split("\n", 1)
    return f"{first}\n".encode() + b"".join(b"\\x%02x" % byte for byte in rest.rstrip().encode()) + b"\n"


@pytest.mark.parametrize(
    ("coding", "encode"),
    [("utf-7", _in_utf_7), ("unicode_escape", _escaped), ("utf-8", str.encode), ("latin-1", str.encode)],
)
@pytest.mark.parametrize(
    "secret", [tokens.checked_token("ghp"), "postgres://bot:" + "x1y2z3a4b5c6@db.acme.io/x"]
)
def test_a_secret_in_a_declared_encoding(coding: str, encode: Callable[[str], bytes], secret: str) -> None:
    data = encode(f"# coding: {coding}\nTOKEN = '{secret}'\n")
    found = list(problems(view_of(data)))
    assert [(name, problem.location.line) for name, problem in found] == [
        ("verified_token" if secret.startswith("ghp") else "credentials_in_url", 2)
    ]
    assert next(secrets_in(view_of(data))) in secret


def test_a_declaration_may_be_anything() -> None:
    for line in (
        "# coding: nothing",
        "# coding: punycode",
        "# coding: utf-7\n+",
        "# coding",
        "\n\n# coding: utf-7",
    ):
        assert decoded_source(view_of(f"{line}\nx = 1\n")) is None


def test_what_plugins_did_not_look_at_is_told() -> None:
    view = view_of("a: 1f3870be274f6c49b3e31a0c6728957f\n" + "b: c\n" * 60_000, "sample/a.yaml")
    (problem,) = (each for name, each in problems(view) if name == "provider_token")
    assert problem.unjudged
    assert problem.message == f"'sample/a.yaml' was not searched completely: {NOT_REWRITTEN}"
    assert not list(problems(view, LEVELS[0]))


@pytest.mark.parametrize(
    ("fix", "step"),
    [
        ("revoke the key first, then remove it from the file", "revoke the key first"),
        (
            Exclude("a.pyc", "change the password first, then remove it from the URL"),
            "change the password first",
        ),
        (Exclude("a.pyc"), ""),
    ],
)
def test_first_step_says_nothing_of_a_file(fix: str | Exclude, step: str) -> None:
    """A comment of an archive and bytecode are no file from which somebody can remove the secret."""
    assert Secret(0, 1, fix=fix).first_step == step
