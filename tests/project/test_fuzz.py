"""The fuzzers work, and some of their inputs are audited each time."""

from __future__ import annotations

from random import Random

import pytest

from fixtures.builders import Built, Sdist, Wheel
from fuzz.check import faults, seeds
from fuzz.mutate import LARGEST, members_of, mutate, packed

BUILT = (Wheel().build(), Sdist().build())


@pytest.mark.parametrize("built", BUILT, ids=["wheel", "sdist"])
def test_a_distribution_is_taken_apart_and_packed_again(built: Built) -> None:
    members = members_of(built)
    assert members
    assert members_of(packed(built.filename, members)) == members


def test_changes_are_the_same_each_time_and_of_many_kinds() -> None:
    made = [mutate(BUILT[number % 2], Random(number), BUILT) for number in range(60)]
    assert made == [mutate(BUILT[number % 2], Random(number), BUILT) for number in range(60)]
    assert len({each.data for each in made}) > 50
    assert any(members_of(each) for each in made)
    assert all(len(each.data) <= LARGEST for each in made)


@pytest.mark.parametrize("start", range(0, 16, 4))
def test_no_fault_is_found(start: int) -> None:
    everything = seeds()
    assert len(everything) > 500
    for number in range(start, start + 4):
        random = Random(number)
        assert faults(mutate(random.choice(everything), random, everything)) == [], number
