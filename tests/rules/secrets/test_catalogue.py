"""What each entry of the catalogue promises: these tests go through the table, whatever stands in it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures import tokens
from fixtures.templates import MAKERS
from pkgaudit.api import Candidate, Found, Level, Token
from pkgaudit.rules.secrets import checksums, proof
from pkgaudit.rules.secrets.catalogue.code_hosts import TOKENS
from pkgaudit.rules.secrets.catalogue.judges import looks_random
from tests.timing import seconds

IDS = [token.name for token in TOKENS]
SEEDS = [f"seed {i}" for i in range(5)]
SURE = (Level.SHAPE, Level.PROVEN)
each_token = pytest.mark.parametrize("token", TOKENS, ids=IDS)


@cache
def _places_of(literal: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(literal))


def candidates(token: Token, data: bytes, binary: bool = False) -> Iterator[Candidate]:
    """Yield what matches where a literal stands, as the scan does."""
    done = 0
    for at in sorted({m.start() for each in token.literals for m in _places_of(each).finditer(data)}):
        for place in range(max(done, at - token.lead), at + 1):
            match = token.regex.match(data, place)
            if match is None or match.end() <= at:
                continue
            start, end = match.span("token" if "token" in token.regex.groupindex else 0)
            if not binary and token.stop.match(data, end):
                continue
            yield Candidate(data[start:end].decode("latin-1"), data, start, end, binary)
            done = end
            break


def judged(token: Token, text: str | bytes, binary: bool = False) -> list[Found | None]:
    data = text.encode() if isinstance(text, str) else text
    return [token.judge(each) for each in candidates(token, data, binary)]


def level_of(token: Token, sample: str) -> Level:
    """Return the level that a sample of an entry has, by its first seed."""
    found = judged(token, tokens.expand(sample, SEEDS[0]))
    assert len(found) == 1
    assert found[0] is not None
    return found[0].level


@cache
def texts_of(token: Token) -> st.SearchStrategy[bytes]:
    """Return what makes texts that a token's pattern matches, its long repetitions made short."""
    short = re.sub(rb"\{(\d+),(\d{3,})\}", rb"{\1,100}", re.sub(rb"\{(\d{3,}),", rb"{90,", token.pattern))
    return st.from_regex(re.compile(short, re.DOTALL), fullmatch=True)


class TestTable:
    def test_names_are_unique(self) -> None:
        assert len(set(IDS)) == len(IDS)

    @each_token
    def test_entry(self, token: Token) -> None:
        assert token.literals
        assert token.samples
        assert token.decoys
        assert token.revoke.startswith("https://")
        assert all(len(literal) >= 3 for literal in token.literals)
        assert token.regex.match(b"") is None
        assert token.stop.match(b"a")
        assert set(token.regex.groupindex) <= {"token"}
        # Unbounded repetitions make time quadratic in a file's length.
        assert not re.search(rb"(?<!\\)[*+](?![^\[]*\])|\{\d+,\}", token.pattern.replace(rb"\+", b""))

    @each_token
    @given(data=st.data())
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    def test_every_match_has_a_literal_and_is_judged(self, token: Token, data: st.DataObject) -> None:
        text = data.draw(texts_of(token))
        found = [text.find(literal) for literal in token.literals if literal in text]
        assert found
        assert min(found) <= token.lead
        for binary in (False, True):
            for each in candidates(replace(token, tail=b"\xff"), text, binary):
                token.judge(each)

    @each_token
    def test_time_is_linear(self, token: Token) -> None:
        for part in (b" ", b"a", b"\0", b"0123456789abcdef"):
            data = b"".join(literal + part * (20_000 // len(part)) for literal in token.literals[:1]) * 20
            assert seconds(lambda: judged(token, data)) < 0.5, part  # noqa: B023 - called at once

    @each_token
    def test_many_literals_in_a_row(self, token: Token) -> None:
        assert seconds(lambda: judged(token, token.literals[0] * 5_000)) < 3

    def test_no_token_stands_in_the_table(self) -> None:
        for each in TOKENS:
            for template in (*each.samples, *each.decoys):
                for token in TOKENS:
                    assert not any(found and found.level > Level.NOTE for found in judged(token, template))


class TestSamples:
    @each_token
    def test_are_found(self, token: Token) -> None:
        for sample, seed in product(token.samples, SEEDS):
            text = tokens.expand(sample, seed)
            found = judged(token, f"x = '{text}'\n")
            assert len(found) == 1, (sample, seed)
            assert found[0] is not None, (sample, seed)
            assert found[0].level is level_of(token, sample), (sample, seed)
            assert found[0].says
            assert not found[0].says.endswith(".")

    @each_token
    def test_are_found_in_binaries(self, token: Token) -> None:
        """With any byte before, and one behind that could belong to it or not."""
        for sample in token.samples:
            text = tokens.expand(sample, "binary").encode()
            expected = level_of(token, sample)
            for before, behind in ((b"z(", b"\0"), (b"]", b"N\0"), (b"l\0", b"\xda"), (b"\0", b"z\x05")):
                found = [each for each in judged(token, before + text + behind, binary=True) if each]
                assert [each.level for each in found] == [expected], (sample, behind)

    @each_token
    def test_decoys_are_none(self, token: Token) -> None:
        for decoy, seed in product(token.decoys, SEEDS):
            for found in judged(token, f"x = '{tokens.expand(decoy, seed)}'\n"):
                assert found is None or found.level <= Level.EXPIRED, (decoy, seed)

    @each_token
    def test_no_other_entry_is_surer(self, token: Token) -> None:
        """A sample is not taken for another kind of token: what claims more would win."""
        for sample in token.samples:
            text = f"x = '{tokens.expand(sample, SEEDS[0])}'\n".encode()
            own = {(each.start, each.end) for each in candidates(token, text)}
            for other in TOKENS:
                for each in candidates(other, text):
                    found = other.judge(each)
                    if other is token or found is None or found.level <= Level.NOTE:
                        continue
                    assert any(start <= each.start and each.end <= end for start, end in own), other.name

    @each_token
    def test_few_are_missed(self, token: Token) -> None:
        """Fewer than one in ten thousand true tokens, of all kinds together, may look made up."""
        share = 250 // len(token.samples) + 1
        missed = 0
        for sample in token.samples:
            expected = level_of(token, sample)
            for i in range(share):
                found = judged(token, tokens.expand(sample, f"miss {i}"))
                missed += [each.level if each else None for each in found] != [expected]
        assert missed == 0


class TestEnds:
    """Where a token's own structure says where it ends, what follows in a binary is none of it."""

    @pytest.mark.parametrize("template", ["<pypi project=sample>", "<pypi>", "<jwt>", "<jwt alg=HS256>"])
    @given(behind=st.text(alphabet=tokens.URL_SAFE, max_size=30))
    @settings(max_examples=30, deadline=None)
    def test_length(self, template: str, behind: str) -> None:
        text = tokens.expand(template)
        token = next(each for each in TOKENS if template in each.samples)
        (found,) = judged(token, text + behind, binary=True)
        assert found is not None
        assert found.level is Level.PROVEN
        assert (found.length or len(text)) == len(text)

    def test_pair(self) -> None:
        token = next(each for each in TOKENS if each.name == "AWS access key")
        key_id, secret = tokens.aws_pair()
        text = f"id={key_id}\nkey={secret}\n"
        (found,) = judged(token, text)
        assert found is not None
        assert found.with_ == secret
        assert text[found.with_at :].startswith(secret)


class TestChecksums:
    """A changed character makes a checksum wrong, whichever it is."""

    @pytest.mark.parametrize(
        "template",
        [
            *("<checked ghp>", "<checked npm>", "<gitlab glpat->", "<vercel vcp>", "<zuplo>", "<grafana>"),
            *("<age>", "<azure 64 +ASt>", "<azure 32 +ASb>", "<azure 39 +ACR>", "<cloudflare cfut>"),
        ],
    )
    def test_changes_are_seen(self, template: str) -> None:
        token = next(each for each in TOKENS if template in each.samples)
        text = tokens.expand(template)
        for at in range(text.find("_") + 1, len(text)):
            for other in "aZ7q2":
                changed = text[:at] + other + text[at + 1 :]
                if other == text[at] or text[at] in "=-":
                    continue
                for found in judged(token, changed):
                    assert found is None or found.level < Level.PROVEN, (at, other)

    @pytest.mark.parametrize(
        ("data", "seed", "expected"),
        [
            (b"abc", 0xD53CD9CECD0893B7, 0x22C74339 ^ 0x492769BF),
            (b"abcdefghijklmnopqrstuvwxyz", 0xDDDDEEEEFFFF000, 0xA128EB7E ^ 0x7260ACA2),
        ],
    )
    def test_marvin(self, data: bytes, seed: int, expected: int) -> None:
        """Source: https://github.com/microsoft/SymCrypt/blob/main/lib/marvin32.c."""
        assert checksums.marvin32(data, seed) == expected

    def test_bech32(self) -> None:
        """Source: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki#test-vectors."""
        assert checksums.has_bech32_checksum("A12UEL5L")
        assert checksums.has_bech32_checksum("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w")
        assert not checksums.has_bech32_checksum(
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3x"
        )

    def test_published_vectors(self) -> None:
        """Those that Grafana's own tests and GitLab's design document give."""
        grafana = "glsa_yscW25imSKJIuav8zF37RZmnbiDvB05G_" + "fcaaf58a"
        gitlab = "glpat" + "-vSY1cyL948aAB440qB6L4zlu9OzsUmEV.01." + "0w0sfevch"
        assert checksums.has_grafana_checksum(grafana)
        assert checksums.has_gitlab_checksum(gitlab)
        for text in (grafana, gitlab):  # published, hence none
            assert not any(found for token in TOKENS for found in judged(token, text))


class TestAnyBytes:
    @given(st.binary(max_size=300), st.sampled_from(TOKENS), st.booleans())
    @settings(max_examples=200, deadline=None)
    def test_are_judged(self, data: bytes, token: Token, binary: bool) -> None:
        text = data.decode("latin-1")
        for literal in token.literals:
            candidate = Candidate(text, data, 0, len(data), binary)
            for each in candidates(token, literal + data, binary):
                token.judge(each)
            del candidate

    @given(st.text(max_size=300))
    def test_proofs_do_not_raise(self, text: str) -> None:
        proof.prove_pypi(text)
        proof.prove_pypi(f"pypi-{text}", whole=False)
        proof.prove_jwt(text)
        proof.prove_jwt(f"{text}.{text}.{text}", whole=False)
        proof.prove_jfrog(text)
        proof.prove_bedrock(text)
        proof.is_discord(text)
        proof.is_azure_key(text)
        proof.aws_account(text)
        checksums.azure_service(text)
        checksums.has_bech32_checksum(text)
        looks_random(text, 62)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
        ),
        st.sampled_from(["exp", "iss", "role", "sub"]),
    )
    def test_any_claim_is_read(self, value: object, name: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            proof.prove_jwt(tokens.web_token({name: value, "exp": tokens.FAR} | {name: value}))
            proof.prove_pypi(
                tokens.pypi_token([[0, value], [1, value], {"permissions": value}, {"exp": value}])
            )


class TestTemplates:
    def test_every_maker_is_used(self) -> None:
        used = {
            m[1]
            for each in TOKENS
            for t in (*each.samples, *each.decoys)
            for m in re.finditer(r"<([\w-]+)", t)
        }
        assert used <= set(MAKERS)

    def test_seeds(self) -> None:
        assert tokens.expand("<hex 32>", "a") == tokens.expand("<hex 32>", "a")
        assert tokens.expand("<hex 32>", "a") != tokens.expand("<hex 32>", "b")
        assert tokens.expand("<hex 32> <hex 32>").split()[0] != tokens.expand("<hex 32> <hex 32>").split()[1]
