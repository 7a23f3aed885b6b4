"""The second layer: its gates let through all that a plugin finds, with any engine, in linear time."""

from __future__ import annotations

import importlib.metadata
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgaudit.rules.data.loader import load
from pkgaudit.rules.secrets.detect_secrets import layer as second
from pkgaudit.rules.secrets.detect_secrets import plugins as detect
from pkgaudit.rules.secrets.detect_secrets import prefilter, transform
from pkgaudit.rules.secrets.detect_secrets import table as tables
from pkgaudit.rules.secrets.detect_secrets.layer import (
    LONG_LINES,
    NOT_REWRITTEN,
    TOO_MANY_HITS,
    Hit,
    PluginError,
    second_layer,
)
from pkgaudit.rules.secrets.detect_secrets.lines import lines_of
from pkgaudit.rules.secrets.detect_secrets.prefilter import LONG, admits
from pkgaudit.rules.secrets.detect_secrets.table import Gate
from tests.timing import is_linear, seconds
from tools import derive_prefilter

GATES = tables.table().gates
ENGINES = {"hyperscan": prefilter.hyperscan_scan, "re2": prefilter.re2_scan, "plain": prefilter.plain_scan}
HEX = "1f3870be274f6c49b3e31a0c6728957f"


def found(text: str, name: str = "a.py", level: str = "thorough", **options: Any) -> list[Hit]:
    hits, errors, _ = second_layer(text.encode(), name, level=level, **options)
    assert not errors
    return hits


def plugins_of(hits: list[Hit]) -> set[str]:
    return {hit.plugin for hit in hits}


def values_of(hits: list[Hit]) -> list[str]:
    return [hit.value for hit in hits]


class TestTable:
    def test_is_what_is_derived_from_the_plugins(self) -> None:
        known = load(tables.DATA).values
        if importlib.metadata.version(tables.DISTRIBUTION) != known["version"]:
            pytest.skip("made from another version")
        assert tables.derive() == tables.from_json(known)
        assert derive_prefilter.PATH.read_text("utf-8") == derive_prefilter.text(load(tables.DATA).date)

    def test_has_all_plugins(self) -> None:
        assert len({gate.plugin for gate in GATES}) >= 27
        assert {gate.plugin for gate in GATES} >= second.PROVIDERS

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_plugin_of_an_unknown_kind_is_asked_about_all_lines(self, engine: str) -> None:
        class Odd:
            def analyze_string(self, text: str) -> Iterator[str]:
                yield from re.findall("x+", text)

        gate = Gate("Odd", "odd", "", (tables._LINE,), (tables._LINE,), (None,))
        data = b"a\n\nbc\nx"
        lines = lines_of(data, ENGINES[engine]([gate])(data), "utf-8")
        assert [line.whole for line, _ in lines if admits(gate, data, line.start, line.end, None)] == [
            "a",
            "bc",
            "x",
        ]
        assert [*detect.values(Odd(), "a xx", None)] == [detect.Value("xx", 2, 4)]

    def test_is_derived_for_other_versions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.6.0")
        assert tables.table.__wrapped__() == tables.Table(
            "1.6.0", GATES, tables.table().families, tables.table().yaml, tables.table().typed
        )

    @pytest.mark.parametrize(
        "name", ["a.py", "a/b.tar.gz", ".env", ".env.local", "..a", "a.", "a", "x.y/a", "a.PY", ".a.b"]
    )
    def test_suffix_is_what_splitext_says(self, name: str) -> None:
        import os.path

        assert tables.suffix_of(name) == os.path.splitext(name)[1]


ODD = "\u0130\u0131\u017f\u212a\u0663\u00e9\u00f1\u00a0\u3000"
ALPHABET = [*map(chr, range(0x20, 0x7F)), "\t", *ODD]


class Generator:
    """Makes strings that an expression is likely to match, with odd letters wherever it takes them."""

    _options: ClassVar[dict[tuple[int, str], list[str]]] = {}
    """The letters that a part of an expression matches, by its flags and the part."""

    def __init__(self, expression: re.Pattern[str], rng: random.Random) -> None:
        parser = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
        self._compile = import_module(
            "re._compiler" if sys.version_info >= (3, 11) else "sre_compile"
        ).compile
        self._subpattern = parser.SubPattern
        self._tree = parser.parse(expression.pattern, expression.flags)
        self._flags, self._rng = expression.flags, rng
        self._groups: dict[int, str] = {}

    def text(self) -> str:
        return self._sequence(self._tree)

    def _sequence(self, tree: Any) -> str:
        return "".join(self._item(str(op), value, op) for op, value in tree)

    def _item(self, name: str, value: Any, op: Any) -> str:
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, tree = value
            count = self._rng.randint(least, min(int(most), least + self._rng.choice((0, 1, 3, 30))))
            return "".join(self._sequence(tree) for _ in range(count))
        if name == "SUBPATTERN":
            self._groups[value[0]] = text = self._sequence(value[3])
            return text
        if name == "BRANCH":
            return self._sequence(self._rng.choice(value[1]))
        if name == "GROUPREF":
            return self._groups.get(value, "")
        if name in ("AT", "ASSERT", "ASSERT_NOT"):
            return ""
        options = self._options.setdefault((self._flags, repr((name, value))), [])
        if not options:
            one = self._compile(self._subpattern(self._tree.state, [(op, value)]), self._flags)
            letters = ALPHABET if name != "LITERAL" else [*ALPHABET, chr(value)]
            options += [letter for letter in letters if one.match(letter)]
        return self._rng.choice(options)


def expressions_of(gate: Gate) -> list[re.Pattern[str]]:
    made = detect.plugin(gate.module, gate.plugin)
    if gate.family:
        return list(groups_of(gate))
    return [made.regex] if gate.distinct else list(made.denylist)


def groups_of(gate: Gate) -> Any:
    suffix = next(each for each, family in tables.table().families.items() if family == gate.family)
    return detect.keyword_groups(gate.module, suffix)


def lines_for(gate: Gate, rng: random.Random, count: int) -> Iterator[str]:
    """Yield lines in which the plugin finds something."""
    made = detect.plugin(gate.module, gate.plugin)
    for expression in expressions_of(gate):
        generator = Generator(expression, rng)
        for _ in range(count):
            edges = ["".join(rng.choices(ALPHABET, k=rng.randint(0, 12))) for _ in range(2)]
            text = generator.text()
            if gate.distinct:
                text = f"'{''.join(rng.choices(made.charset, k=rng.randint(8, 80)))}'"
            line = rng.choice(("", edges[0])) + text + rng.choice(("", edges[1]))
            line = line.rstrip()
            if any(detect.values(made, line, None)) if gate.distinct else expression.search(line):
                yield line


@cache
def scan_of(engine: str) -> prefilter.Scan:
    return ENGINES[engine](GATES)


def is_admitted(gate: Gate, line: str, engine: str) -> bool:
    data = f"first\n{line}\nlast".encode()
    for at, places in lines_of(data, scan_of(engine)(data), "utf-8"):
        for number in places:
            if GATES[number] == gate and admits(gate, data, at.start, at.end, None) and at.number == 2:
                return True
    return False


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.plugin + gate.family)
def test_gates_let_through_what_the_plugin_finds(gate: Gate) -> None:
    rng = random.Random(gate.plugin)
    lines = [*lines_for(gate, rng, 25)]
    assert len(lines) >= 10
    for line in lines:
        for engine in ENGINES:
            assert is_admitted(gate, line, engine), (engine, line)


@cache
def mixture(seed: int, lines: int) -> str:
    """Return a text in which all plugins find something here and there."""
    rng = random.Random(seed)
    ordinary = [
        "import os",
        "",
        "x = {'a': 1}",
        "    return self.value  # why",
        "é = '日本語'",
        "\t",
        "a" * 50,
    ]
    special = [line for gate in GATES for line in lines_for(gate, rng, 2)]
    return "".join(
        rng.choice(special if rng.random() < 0.1 else ordinary) + rng.choice(("\n", "\n", "\r\n", "\r"))
        for _ in range(lines)
    )


@pytest.mark.parametrize("name", ["a.py", "a.yaml", "a.cpp", "a.go", "a.c", ".env", "a.txt"])
def test_engines_find_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    texts = [mixture(seed, 80) for seed in range(4)] + [mixture(9, 300).replace("\n", " ").replace("\r", " ")]
    for engine in ENGINES.values():
        monkeypatch.setattr(second, "_scan", cache(lambda part, family, e=engine: scan_with(part, family, e)))
        results.append([sorted(map(repr_of, found(text, name))) for text in texts])
    assert results[0] == results[1] == results[2]
    assert all(results[0])


def scan_with(part: str, family: str, engine: Any) -> Any:
    gates = tuple(gate for gate in GATES if second._part_of(gate) == part and gate.family in ("", family))
    return gates, engine(gates)


def repr_of(hit: Hit) -> tuple[Any, ...]:
    return hit.plugin, hit.value, hit.line, hit.start, hit.end


@given(st.text(alphabet="=:! \t\u00a0ax.-[](", max_size=40))
@settings(deadline=None, max_examples=250)
def test_indirect_references_are_those_of_detect_secrets(line: str) -> None:
    theirs = import_module("detect_secrets.filters.heuristic").is_indirect_reference
    assert detect.is_indirect_reference(line) == theirs(line)


class TestWhatIsFound:
    def test_places(self) -> None:
        text = "é = 1\r\nurl = 'https://bob:hunter2@host.org'\rlog('ghp_" + "a1B2" * 9 + "')\n"
        data = text.encode()
        hits = second_layer(data, "a.py")[0]
        assert [(hit.line, data[hit.start : hit.end].decode()) for hit in hits] == [
            (2, "hunter2"),
            (3, "ghp_" + "a1B2" * 9),
        ]

    def test_latin_1(self) -> None:
        data = "é\npassword = 'é5ecretif'\n".encode("latin-1")
        (hit,) = second_layer(data, "a.py", level="thorough", encoding="latin-1")[0]
        assert (hit.value, data[hit.start : hit.end]) == ("é5ecretif", hit.value.encode("latin-1"))

    def test_what_is_default(self) -> None:
        text = f"password = 'hunter2x'\nx = '{HEX}'\n"
        assert not found(text, level="default")
        both = {"KeywordDetector", "HexHighEntropyString"}
        assert plugins_of(found(text, "a.conf", level="default", configuration=True)) == both
        assert plugins_of(found(text)) == both

    def test_a_call_hides_tokens_no_more(self) -> None:
        assert plugins_of(found("c = Client('ghp_" + "a1B2" * 9 + "')")) == {"GitHubTokenDetector"}
        assert not found("password = get('password = \"hunter2x\"')")

    def test_pragmas_are_for_the_caller(self) -> None:
        assert found("password = 'hunter2x'  # pragma: allowlist secret")

    def test_names_hide_nothing(self) -> None:
        for name in ("swagger/a.py", "a.css", "package-lock.json", "a.svg"):
            assert plugins_of(found(f"x = '{HEX}'", name)) == {"HexHighEntropyString"}

    def test_rewritten_files(self) -> None:
        for name, text in {
            "a.yaml": f"a:\n  - b: c\n  - db_password: hunter2x\n    c: {HEX}\n",
            "a.ini": f"# x\n[a]\nb = c\n\ndb_password = hunter2x\nc = {HEX}\n",
            ".env": f"B=c\nDB_PASSWORD=hunter2x\nC={HEX}\n",
        }.items():
            hits = found(text, name, level="default", configuration=True)
            assert {text[hit.start : hit.end] for hit in hits} == {"hunter2x", HEX}, name
            assert {text.splitlines()[hit.line - 1].split()[-1][-len(hit.value) :] for hit in hits} == {
                "hunter2x",
                HEX,
            }

    def test_tokens_in_comments_of_rewritten_files(self) -> None:
        text = "a: b\n# ghp_" + "a1B2" * 9 + "\n"
        for level in ("default", "thorough"):
            assert plugins_of(found(text, "a.yaml", level, configuration=True)) == {"GitHubTokenDetector"}

    def test_odd_yaml_is_read_line_by_line(self) -> None:
        assert values_of(found("a: !!int ${{ b }}\npassword: hunter2x\n", "a.yaml")) == ["hunter2x"]

    def test_long_lines(self) -> None:
        token = "ghp_" + "a1B2" * 9
        for before, after in ((0, 9000), (5000, 5000), (9000, 0), (LONG - 60, 3)):
            text = "é," * (before // 2) + token + ",x" * (after // 2)
            (hit,) = found(text)
            assert text.encode()[hit.start : hit.end].decode() == token
        many = " ".join("ghp_" + f"{number:05}" * 7 + "x" for number in range(400))
        assert len(found(many)) == 400

    def test_skip(self) -> None:
        text = "'https://bob:hunter2@host.org' 'ghp_" + "a1B2" * 9 + "'"
        claimed = [
            (text.index(part), text.index(part) + len(part)) for part in ("hunter2", "ghp_" + "a1B2" * 9)
        ]
        skip = lambda start, end: any(start < last and end > first for first, last in claimed)  # noqa: E731
        assert not found(text, skip=skip)
        assert len(found(text)) == 2

    def test_without(self) -> None:
        text = "'https://bob:hunter2@host.org' 'ghp_" + "a1B2" * 9 + "'"
        assert plugins_of(found(text, without={"BasicAuthDetector"})) == {"GitHubTokenDetector"}


BASE64 = "q7Zp2LxW9vTtKb4RmYc8NfHs3JdGe6Ua"
COMPLETE = {
    "plain": "a: {}\n",
    "single quotes": "a: '{}'\n",
    "double quotes": 'a: "{}" # text\n',
    "no blank in a flow": '{{"a":"{}"}}\n',
    "flow": "{{a: {}}}\n",
    "item": "a:\n- b: {}\n",
    "block": "a: |-\n  {}\n",
    "anchor": "a: &x {}\nb: *x\n",
    "tag": "a: !!str {}\n",
    "next line": "a:\n  {}\n",
    "quotes in a text": "a: the key '{}' of it\n",
    "no-break space": "a:\n\u2028  {}\n",
}
PARTS = {
    "action": "uses: actions/checkout@{} # v4\n",
    "path": "a: x:///b.{}\n",
    "expression": "a: (?:{}|b)\n",
    "call": "a: f({})\n",
}


class TestYaml:
    """PyYAML reads a fifth of a megabyte per second, so it is only called for what may be found."""

    @pytest.fixture(autouse=True)
    def _counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []

        def counted(text: str, name: str) -> list[str] | None:
            self.calls.append(name)
            return as_yaml(text, name)

        as_yaml = transform.as_yaml
        monkeypatch.setattr(transform, "as_yaml", counted)

    @pytest.mark.parametrize("value", [HEX, BASE64])
    @pytest.mark.parametrize("form", COMPLETE)
    def test_a_complete_value_is_found(self, form: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
        text = COMPLETE[form].format(value)
        hits = found(text, "a.yaml", "default", configuration=True)
        assert len(self.calls) == 1
        monkeypatch.setattr(transform, "is_literal_yaml", lambda *_: False)
        assert found(text, "a.yaml", "default", configuration=True) == hits
        assert form == "no-break space" or value in values_of(hits)

    @pytest.mark.parametrize("form", PARTS)
    def test_a_part_of_a_value_is_not_looked_for(self, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
        text = "".join(PARTS[form].format(value) for value in (HEX, BASE64))
        assert found(text, "a.yaml", "default", configuration=True) == []
        assert self.calls == []
        monkeypatch.setattr(transform, "is_literal_yaml", lambda *_: False)
        assert found(text, "a.yaml", "default", configuration=True) == []
        assert len(self.calls) == 1

    @pytest.mark.parametrize("text", ['a: "{}\\\n  {}"\n', 'a: "\\x41{}{}"\n', "a: !!binary |\n  {}\n  {}\n"])
    def test_what_is_spelled_otherwise_is_read(self, text: str) -> None:
        found(text.format(HEX, BASE64), "a.yml", "default", configuration=True)
        assert len(self.calls) == 1

    def test_random_strings_may_be_left_out(self) -> None:
        text = COMPLETE["plain"].format(HEX)
        assert found(text, "a.yaml", "default", configuration=True, random=False) == []
        assert self.calls == []

    def test_nodes_are_only_counted_if_there_are_references(self, monkeypatch: pytest.MonkeyPatch) -> None:
        composed = []
        monkeypatch.setattr(import_module("yaml"), "compose", lambda text, **_: composed.append(text))
        assert transform._has_few_references("a: b & c\nd: x?y=1&z=2 * 3\ne: a*b, R&D\n")
        assert composed == []
        transform._has_few_references("a: &x 1\nb: [*x]\n")
        assert len(composed) == 1


class TestBehavior:
    def test_is_not_imported_for_nothing(self) -> None:
        code = (
            "import sys\nfrom pkgaudit.rules.secrets.detect_secrets.layer import second_layer\n"
            "data = b\"import os\\nx = 'https://host.org/a:b'\\nAPACHE = 'AKIA'\\npassword = 'x'\\n\" * 99\n"
            "assert second_layer(data, 'a.py') == ([], [], [])\n"
            "assert second_layer(b'[a]\\nb = c\\n', 'a.cfg', configuration=True) == ([], [], [])\n"
            "assert second_layer(b'a: [b]\\n', 'a.yaml', configuration=True) == ([], [], [])\n"
            "assert not {'detect_secrets', 'requests', 'yaml'} & {*sys.modules}\n"
            "second_layer(b'ghp_' + b'a1' * 18, 'a.py')\nassert 'detect_secrets' in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_no_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: Any) -> None:
            raise AssertionError

        monkeypatch.setattr(socket.socket, "connect", refuse)
        assert found(mixture(3, 300))

    def test_a_failing_plugin_hides_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(text: str) -> Iterator[str]:
            raise ValueError(text)

        monkeypatch.setattr(detect.plugin("github_token", "GitHubTokenDetector"), "analyze_string", fail)
        text = "ghp_" + "a1B2" * 9 + " https://bob:hunter2@host.org"
        hits, errors, _ = second_layer(text.encode(), "a.py")
        assert values_of(hits) == ["hunter2"]
        assert [type(error) for error in errors] == [PluginError]
        assert "ghp_" not in str(errors) + repr(errors[0].__cause__) + repr(hits)
        assert "hunter2" not in repr(hits)

    def test_a_table_that_cannot_be_had(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(part: str, family: str) -> None:
            raise ImportError(part)

        monkeypatch.setattr(second, "_scan", fail)
        hits, errors, _ = second_layer(b"x", "a.py")
        assert (hits, [type(error) for error in errors]) == ([], [PluginError])

    def test_threads(self) -> None:
        text = mixture(5, 200)
        expected = found(text)
        results: list[list[Hit]] = []
        threads = [
            threading.Thread(target=lambda: results.extend(found(text) for _ in range(5))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [expected] * 20

    @pytest.mark.parametrize(
        ("name", "text", "limits"),
        [
            ("a.yaml", "a: [b]\nb: 1f3870be274f6c49b3e31a0c6728957f\n", []),
            ("a.yaml", f"a: {HEX}\n" + "b: c\n" * 60_000, [NOT_REWRITTEN]),
            ("a.ini", f"[a]\na = {HEX}\n" + "b = c\n" * 60_000, [NOT_REWRITTEN]),
            ("a.yaml", f"a: {HEX}\nb: {' ' * 300}c\n", [NOT_REWRITTEN]),
            ("a.conf", f"[a]\na = {HEX}\nb ={' ' * 300}c\n", [NOT_REWRITTEN]),
            ("a.py", f"a = '{HEX}'\n" + "b = c\n" * 60_000, []),
        ],
    )
    def test_a_file_that_is_not_rewritten_is_named(self, name: str, text: str, limits: list[str]) -> None:
        is_settings = name != "a.py"
        assert second_layer(text.encode(), name, configuration=is_settings)[2] == limits

    def test_hits_that_are_not_judged_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = f"password = 'hunter2x'\nx = '{HEX}'\n".encode()
        assert second_layer(text, "a.py", level="thorough")[2] == []
        monkeypatch.setattr(second, "MOST_HITS", 1)
        assert second_layer(text, "a.py", level="thorough")[2] == [TOO_MANY_HITS]

    def test_passwords_that_are_not_searched_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = b"password = 'hunter2x', secret = 'hunter3x', api_key = 'hunter4x'\n"
        assert second_layer(text, "a.conf", configuration=True)[2] == []
        monkeypatch.setattr(second, "_MOST_AGAIN", 10)
        assert second_layer(text, "a.conf", configuration=True)[2] == [LONG_LINES]

    @given(st.binary(max_size=200), st.sampled_from(["a.py", "a.yaml", "a.ini", ".env"]))
    @settings(deadline=None, max_examples=200)
    def test_takes_any_bytes(self, data: bytes, name: str) -> None:
        for encoding in ("utf-8", "latin-1"):
            assert not second_layer(data, name, level="thorough", encoding=encoding)[1]


HOSTILE = {
    "spaces": " ",
    "key and spaces": "key" + " " * 250 + "a",
    "quotes": "'\"",
    "keyword=": "password=",
    "keyword": 'password="x" ',
    "keywords": "pwd",
    "keywords and quotes": 'pwd"',
    "comparisons": '"x" == password ',
    "base64": "".join(random.Random(1).choices("ABCDEFGHabcdefghMNO0123456789+/", k=4000)),
    "hex": f'"{HEX}",',
    "ids and hex": f'_id,"{HEX}"',
    "minified": 'var a="b",c=d(e);if(x.secret){y("password",z)}',
    "aws": "aws key ",
    "aws keys": 'aws_key="' + "a1B/" * 10 + '" ',
    "url": "://a:b",
    "urls": "://a:b@",
    "slack": "xoxb-1-",
    "openai": "sk-sk-sk-T3BlbkFJ",
    "npm": "//a/:_authToken= npm_",
    "jwt": "eyJ" * 20 + "=eyJ",
    "jwts": "eyJa.e.",
    "discord": "MNO.abcdef.",
    "artifactory": "AP",
    "ip": "1.2.3.",
    "not latin": '密码password密碼"',
    "indirect": "a=b(",
}


@pytest.mark.once
@pytest.mark.parametrize("name", ["a.py", "a.conf"])
@pytest.mark.parametrize("part", HOSTILE)
def test_time_is_linear_in_the_length_of_a_line(part: str, name: str) -> None:
    """A line four times as long may take little more than four times the time."""

    def measure(size: int) -> float:
        text = HOSTILE[part] * max(1, size // len(HOSTILE[part]))
        return seconds(lambda: found(text, name, "thorough", configuration=True))

    measure(0)  # imports
    assert is_linear(measure, 15_000, 60_000, factor=2, enough=0.03)


BRANCHES = "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(24))
CONFIGURATION = {
    "branching.yaml": f"a: &a [x, x]\n{BRANCHES}",
    "recursive.yaml": "a: &a [*a]\n",
    "deep.yaml": "[" * 20_000,
    "blanks.yaml": 'a: "x' + " " * 200_000 + 'y"\n',
    "references.yaml": "x: &x [" + "a," * 5000 + "]\ny: [" + "*x," * 5000 + "]\n",
    "defaults.ini": "[DEFAULT]\n" + "".join(f"k{i}=v\n[s{i}]\n" for i in range(8000)),
    "interpolation.ini": "[a]\n" + "".join(f"k{i}={f'%(k{i + 1})s' * 30}\n" for i in range(9)) + "k9=x\n",
    "comments.ini": "#c\n" * 80_000 + "[a]\nb=c\n",
    "words.ini": "[a]\n" + "a " * 100_000 + "\n",
    "values.ini": "[a]\nk=\n" + " v\n" * 60_000,
    "blanks.ini": "[a]\nk" + " " * 200_000 + "x\n",
}


@pytest.mark.parametrize("name", CONFIGURATION)
def test_configuration_that_was_made_to_take_long(name: str) -> None:
    start = time.process_time()
    found(CONFIGURATION[name] + "\n# password: x", name)
    assert time.process_time() - start < 10
