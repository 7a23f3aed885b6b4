"""Patterns and dataclasses that are made at their first use."""

from __future__ import annotations

import dataclasses
import pickle
import re
import sys
import threading
from functools import cached_property
from typing import Any, ClassVar

import pytest

from pkgaudit import late
from pkgaudit.late import lazy
from tests.support import registry


@late.dataclass(frozen=True)
class Point:
    """A point."""

    table: ClassVar[str] = "points"
    x: int
    y: int = 0
    names: list[str] = dataclasses.field(default_factory=list, compare=False)
    secret: str = dataclasses.field(default="", repr=False)

    @cached_property
    def total(self) -> int:
        return self.x + self.y


def is_late(kind: type) -> bool:
    return isinstance(vars(kind)["__dataclass_fields__"], late._Late)


def fresh(frozen: bool = True) -> type:
    """Return a new dataclass without methods."""

    class Pair:
        a: int
        b: str = dataclasses.field(repr=False)
        c: int = dataclasses.field(default=3)

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError(self.a)

    return late.dataclass(frozen=frozen)(Pair)


def test_a_late_dataclass_is_like_another() -> None:
    @dataclasses.dataclass(frozen=True)
    class Other:
        x: int
        y: int = 0
        names: list[str] = dataclasses.field(default_factory=list, compare=False)
        secret: str = dataclasses.field(default="", repr=False)

    assert [each.name for each in dataclasses.fields(Point)] == [
        each.name for each in dataclasses.fields(Other)
    ]
    assert repr(Point(1, secret="s")) == repr(Other(1, secret="s")).replace(Other.__qualname__, "Point")
    assert hash(Point(1, names=["a"])) == hash(Point(1)) != hash(Point(2))
    assert Point(1, names=["a"]) == Point(1, names=["b"]) != Point(2)
    assert dataclasses.replace(Point(1, 2), x=5) == Point(5, 2)
    assert (Point.table, Point.y, Point.secret, hasattr(Point, "names")) == ("points", 0, "", False)
    assert Point.__match_args__ == Other.__match_args__
    assert Point(1, 2).total == 3


def test_it_has_no_methods_before_its_first_use() -> None:
    kind = fresh()
    assert late.is_dataclass(kind)
    assert is_late(kind)
    assert repr(kind(1, "b")).endswith("Pair(a=1, c=3)")
    assert not is_late(kind)
    with pytest.raises(ValueError, match="-1"):
        kind(-1, "b")
    assert not hasattr(kind, "b")


def test_a_frozen_one_cannot_be_changed() -> None:
    point = fresh()(1, "b")
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.a = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.a


def test_another_can_be_changed_and_has_no_hash() -> None:
    pair = fresh(frozen=False)(1, "b")
    pair.a = 2
    assert pair.a == 2
    with pytest.raises(TypeError):
        hash(pair)


@pytest.mark.parametrize(
    "first", [repr, hash, lambda each: each == each, dataclasses.fields, dataclasses.is_dataclass]
)
def test_any_use_can_be_the_first(first: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unpickled object has never called ``__init__``."""
    kind = fresh()
    unpickled: object = object.__new__(kind)
    vars(unpickled).update(a=1, b="b", c=3)
    assert callable(first)
    first(unpickled)
    assert not is_late(kind)
    assert unpickled == kind(1, "b")


def test_it_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)


@pytest.mark.parametrize("of_base", [late.dataclass(frozen=True), dataclasses.dataclass(frozen=True)])
@pytest.mark.parametrize("of_derived", [late.dataclass(frozen=True), dataclasses.dataclass(frozen=True)])
def test_either_kind_inherits_from_either(of_base: Any, of_derived: Any) -> None:
    @of_base
    class Base:
        a: int = 1

        def double(self) -> int:
            return self.a * 2

    @of_derived
    class Derived(Base):
        b: int = 2

        def double(self) -> int:
            return super().double() + 1

    class Plain(Derived):
        pass

    base: Any = Base
    derived: Any = Derived
    plain: Any = Plain
    assert plain(3).double() == 7
    assert repr(derived(3)).endswith("Derived(a=3, b=2)")
    assert base(4) == base(4) != derived(4)


def test_threads_can_use_it_first_at_the_same_time() -> None:
    kinds = [fresh() for _ in range(20)]
    failed: list[Exception] = []
    ready = threading.Barrier(4)

    def use() -> None:
        try:
            ready.wait()
            for kind in kinds:
                assert kind(1, "b") == kind(1, "b")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []


def test_nothing_is_compiled_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = re.compile
    pattern = lazy(r"a(\d+)", re.IGNORECASE)

    def compile(source: str, flags: int) -> re.Pattern[str]:
        compiled.append(source)
        return real(source, flags)

    monkeypatch.setattr(re, "compile", compile)
    assert compiled == []
    for _ in range(2):
        assert pattern.findall("A1 a23") == ["1", "23"]
    assert compiled == [r"a(\d+)"]
    assert pattern.pattern == r"a(\d+)"
    assert lazy(rb"[/\\]").split(rb"a\b/c") == [b"a", b"b", b"c"]


def test_an_unknown_attribute_is_one_of_the_pattern() -> None:
    with pytest.raises(AttributeError, match=re.escape("'re.Pattern' object has no attribute 'find'")):
        lazy("a").find  # type: ignore[attr-defined]  # noqa: B018 - raises


def test_each_pattern_can_be_compiled_and_each_dataclass_completed() -> None:
    """Nobody would notice a mistake in one that no test uses."""
    assert list(registry())
    modules = [module for name, module in sys.modules.items() if name.startswith("pkgaudit")]
    values = [each for module in modules for each in vars(module).values()]
    patterns = [each for each in values if isinstance(each, late.Lazy)]
    assert len(patterns) > 150
    for pattern in patterns:
        assert pattern.groups >= 0
    types = [each for each in values if isinstance(each, type)]
    classes = [each for each in types if "__dataclass_fields__" in vars(each)]
    assert len(classes) > 200
    for kind in classes:
        assert len(dataclasses.fields(kind)) >= 0
        assert not is_late(kind)
