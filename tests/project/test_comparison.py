"""docs/comparison.md names what there is, and all that the peers check."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.peer_tools import MEANS, PYROMA, TRACEBACK, Tool, read_auditwheel, read_twine, tools
from tests.support import registry

pytestmark = pytest.mark.once

TEXT = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text("utf-8")

SECTIONS = {part.partition("\n")[0].split(" (")[0]: part for part in TEXT.split("\n## ")[1:]}

ITEM = re.compile(r"([A-Z]{2}\d{3}) ([a-z][a-z0-9-]+)(?: \((pedantic)\))?")


def rows(section: str) -> Iterator[list[str]]:
    """Yield the cells of each row, but for the header, of the first table of a section."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


COMPARED = [name for name in SECTIONS if name not in ("What pkgaudit does not do", "Results")]


@pytest.mark.parametrize("section", COMPARED)
class TestSections:
    def test_rules_have_their_codes(self, section: str) -> None:
        items = [item for _, ours, _ in rows(section) for item in ours.split(", ") if item]
        assert items
        for item in items:
            if item == "`pkgaudit tree`":
                continue
            match = ITEM.fullmatch(item)
            assert match, item
            (rule,) = registry().find(match[2])
            assert (rule.code, rule.pedantic) == (match[1], match[3] is not None), item

    def test_what_is_not_ours_has_a_reason(self, section: str) -> None:
        assert all(ours or reason for _, ours, reason in rows(section))


def test_all_codes_exist() -> None:
    codes = set(re.findall(r"\b(?!FT)[A-Z]{2}\d{3}\b", TEXT))  # FT001 is a check of ft-readiness
    assert {code for code in codes if not registry().find(code)} == set()


def checks(section: str) -> dict[str, set[str]]:
    """Return the codes and names of pkgaudit's rules by the first word, or words, of the rows."""
    return {
        word: set(re.findall(r"[A-Z]{2}\d{3}|[a-z][a-z0-9-]{3,}", ours))
        for check, ours, _ in rows(section)
        for word in re.findall(r"[\w-]+", check)
    }


def test_all_of_check_wheel_contents() -> None:
    module = pytest.importorskip("check_wheel_contents.checks")
    assert {each.name for each in module.Check} <= set(checks("check-wheel-contents"))


def test_all_of_pydistcheck() -> None:
    module = pytest.importorskip("pydistcheck._checks")
    assert set(module.ALL_CHECKS) == set(checks("pydistcheck")) - {"inspect", "--inspect"}


def test_all_of_wheel_inspect() -> None:
    module = pytest.importorskip("wheel_inspect.errors")
    bases = (module.WheelValidationError, module.RecordValidationError, module.MalformedRecordError)
    known = {
        name.removesuffix("Error")
        for name, each in vars(module).items()
        if isinstance(each, type) and each not in bases and name != "MissingDistInfoFileError"
    }
    named = checks("wheel-inspect")
    assert {name for name in known if name not in named and f"{name}Error" not in named} == set()


def test_all_of_pyroma() -> None:
    module = pytest.importorskip("pyroma.ratings")
    names = {type(each).__name__ for each in module.ALL_TESTS}
    assert names <= set(checks("pyroma"))
    assert set(PYROMA.values()) == set(MEANS["pyroma"]) <= names


@pytest.mark.parametrize(
    ("name", "module", "said"),
    [
        ("wheeltruth", "wheeltruth.check", r'"(?:error|warning|info)",\s*"([a-z]+-[a-z-]+)"'),
        ("reldoctor", "reldoctor.doctor", r'Finding\("\w+", "(\w+)"'),
        ("ft-readiness", "ft_readiness.checks", r'"(FT\d+)"'),
    ],
)
def test_all_of_a_small_tool(name: str, module: str, said: str) -> None:
    source = inspect.getsource(pytest.importorskip(module))
    found = set(re.findall(said, source))
    assert found
    assert found - set(checks(name)) == set()


class TestScript:
    def test_each_peer_has_its_meanings(self) -> None:
        assert {tool.name for tool in tools()} == {"pkgaudit", *MEANS}

    @pytest.mark.parametrize("name", sorted(MEANS))
    def test_meanings_are_rules(self, name: str) -> None:
        for pattern, meant in MEANS[name].items():
            re.compile(pattern)
            assert all(registry().find(word) for word in meant.split()), pattern

    @pytest.mark.parametrize("name", ["check-wheel-contents", "pydistcheck", "pyroma"])
    def test_says_what_the_document_says(self, name: str) -> None:
        named = checks(name)
        for check in MEANS[name].keys() & named.keys():
            loose = {"AR103", "SF108", "SF101"}
            assert set(MEANS[name][check].split()) - loose <= named[check], check

    def test_reads_twine(self) -> None:
        said = (
            "Checking a.whl: ERROR    InvalidDistribution: Invalid distribution metadata: "
            "'a b' is invalid for 'name'; 'x' is not a valid dynamic field   \n"
        )
        assert read_twine("a.whl", said) == {
            "'a b' is invalid for 'name'",
            "'x' is not a valid dynamic field",
        }
        assert read_twine("a.whl", "Checking a.whl: \x1b[32mPASSED\x1b[0m\n") == set()

    @pytest.mark.parametrize(
        ("tag", "shown", "complaints"),
        [
            ("manylinux_2_17_x86_64", "manylinux_2_34_x86_64", {"symbols"}),
            ("manylinux_2_28_x86_64", "manylinux_2_5_x86_64", set()),
            ("manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_17_x86_64", set()),
            ("manylinux1_x86_64.manylinux_2_28_x86_64", "manylinux_2_17_x86_64", {"symbols"}),
            ("linux_x86_64", "manylinux_2_17_x86_64", set()),
            ("any", "manylinux_2_17_x86_64", {"binaries in a wheel for any platform"}),
        ],
    )
    def test_reads_auditwheel(self, tag: str, shown: str, complaints: set[str]) -> None:
        output = f'{{"overall_tag": "{shown}", "sym_tag": "{shown}", "external_libs": {{}}}}\n\nINFO: x\n'
        assert read_auditwheel(f"a-1-cp311-cp311-{tag}.whl", output) == complaints

    def test_tells_a_crash_from_a_complaint(self) -> None:
        peer = next(tool for tool in tools() if tool.name == "check-wheel-contents")
        output = f"a.whl: W001: Wheel contains .pyc files:\n  a.pyc\n{TRACEBACK}:\n"
        assert isinstance(peer, Tool)
        assert peer.read("a.whl", output) == {"W001"}
        assert peer.means("W001", {"SF104": {"SF104", "bytecode"}}) == {"SF104", "bytecode"}
        assert peer.means("W004", {}) == set()
