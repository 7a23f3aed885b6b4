"""Digests of texts that builds and checkouts change."""

from __future__ import annotations

import hashlib

import pytest

from pkgaudit.model.texts import digest_of, text_digest


@pytest.mark.parametrize(
    "data",
    [b"#!/usr/bin/python3\nx = 1\n", b"#!python\r\nx = 1\r\n", b"x = 1\r\n", b"x = 1\n"],
)
def test_line_ends_and_interpreter_lines_change_nothing(data: bytes) -> None:
    assert digest_of(data) == hashlib.sha256(b"x = 1\n").hexdigest()


def test_code_after_a_carriage_return_belongs_to_the_text() -> None:
    assert text_digest(b"#!python\ry = 2\nx = 1\n") != text_digest(b"#!python\nx = 1\n")


def test_binary_keeps_its_digest() -> None:
    assert text_digest(b"\0\r\n") == ""
