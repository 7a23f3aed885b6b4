"""Any text in any store, and any workflow, is judged without an exception and in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import tokens
from pkgaudit.engine import audit_other
from pkgaudit.model.machine import Machine, Store, StoredFile, Workflow
from tests.support import planned

PARTS = (
    *("[pypi]", "[[credential]]", "[publish.index]", "[pypi-token]", "[repository.a]", "[http-basic.a]"),
    *("\n", "\r", "\t", " ", "=", ":", "'", '"', "#", "{", "}", "[", "]", "é", "\ud800", "\0"),
    *("password", "token", "auth", "repository", "url", "machine", "login", "default", "macdef", "%(x)s"),
    *("https://a:b@c/", "http://[", "https://\0@x", "http://x:99999999", "https://a b@c", "${X}", "//"),
    *("pypi-AgEIcHlwaS5vcmc", tokens.pypi_token(), "TWINE_PASSWORD", "UV_INDEX_URL", "export "),
)

YAML = (
    *(
        "jobs:",
        "a:",
        "b: c",
        "- ",
        "  ",
        "\n",
        "steps:",
        "- run: twine upload dist/*",
        "env:",
        "permissions:",
    ),
    *("- uses: pypa/gh-action-pypi-publish@v1", "with:", "password: ${{ secrets.A }}", "id-token: write"),
    *("&x ", "*x", "{", "}", "[", "]", "|", "script:", "TWINE_PASSWORD: $A", "---", "\t", "\ud800", "\0"),
)


def failures(machine: Machine) -> list[str]:
    return [each.message for each in audit_other(machine, planned("{}")[1]).failures]


@given(st.sampled_from(list(Store)), st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=40))
def test_any_text(store: Store, parts: list[str]) -> None:
    text = "".join(parts)
    file = StoredFile("~/file", store, text, mode=0o644, in_checkout=len(parts) % 2 == 0)
    assert failures(Machine([file], {"TWINE_PASSWORD": text, "PIP_INDEX_URL": text})) == []


@given(st.sampled_from(["github", "gitlab"]), st.lists(st.sampled_from(YAML), max_size=40))
def test_any_workflow(service: str, parts: list[str]) -> None:
    assert failures(Machine(workflows=[Workflow("ci.yml", service, "".join(parts))])) == []


SIZE = 1 << 17


@pytest.mark.parametrize("store", Store)
@pytest.mark.parametrize("unit", ["[a]\n", "[", "password = x1y2\n", "machine ", '"', "a=https://u:p@h/ "])
def test_large_text(store: Store, unit: str) -> None:
    file = StoredFile("~/file", store, unit * (SIZE // len(unit)))
    began = time.process_time()
    assert failures(Machine([file])) == []
    assert time.process_time() - began < 3
