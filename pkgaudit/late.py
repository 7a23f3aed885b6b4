"""Makes patterns, dataclasses and lists of entry points at their first use, not when a module is imported.

Python takes up to four milliseconds to compile a pattern, and about one to write the methods of a dataclass.
The rules have hundreds of both, and an audit of a small file, such as that of a hook, uses a third of them.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import threading
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from types import MethodType
from typing import TYPE_CHECKING, Any, AnyStr, Generic, NoReturn, cast

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

_LOCK = threading.RLock()
"""Held while a class is completed; its base classes are completed at the same time."""

_LATE = ("__init__", "__match_args__", "__dataclass_fields__")
"""The attributes of a dataclass that `dataclasses.dataclass` makes at the first use of one of them. The last
one marks a class that is complete."""

_NOT_COPIED = ("__annotate__", "__annotate_func__", "__annotations_cache__", "__dict__", "__weakref__")
"""Attributes that Python makes for each class."""


def lazy(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a stand-in for the compiled pattern that compiles it on first use."""
    return cast("re.Pattern[AnyStr]", Lazy(source, flags))


class Lazy(Generic[AnyStr]):
    """Has the attributes and methods of a compiled pattern, but is not an instance of its class."""

    def __init__(self, source: AnyStr, flags: int) -> None:
        self._source: AnyStr = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the compiled pattern, and keep it, so the next use takes no extra time."""
        value = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, value)
        return value


@cache
def _installed() -> Any:
    from importlib import metadata

    return metadata.entry_points()


def entry_points(**wanted: str) -> EntryPoints:
    """Return the entry points of a ``group``, or with a ``name``. The metadata are read once in a process."""
    found: EntryPoints = _installed().select(**wanted)
    return found


def is_dataclass(kind: type) -> bool:
    """Return whether a class is a dataclass of either kind, without writing its methods."""
    return any("__dataclass_fields__" in vars(each) for each in kind.__mro__)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type | None = None, /, *, frozen: bool = False) -> Any:
        """Make a dataclass as `dataclasses.dataclass` does, except that its methods are written later."""
        return _deferred(cls, frozen) if cls is not None else lambda cls: _deferred(cls, frozen)


def _deferred(cls: type, frozen: bool) -> type:
    given = vars(cls)
    added: dict[str, Any] = {name: _Late(cls, name, frozen) for name in _LATE}
    added |= {name: each for name, each in (("__repr__", _repr), ("__eq__", _eq)) if name not in given}
    if given.get("__hash__") is None:  # as `dataclass` decides: also if the class has only its own ``__eq__``
        added["__hash__"] = _hash if frozen else None
    if frozen:
        added |= {"__setattr__": _frozen, "__delattr__": _frozen}
    for name, value in added.items():
        setattr(cls, name, value)
    return cls


class _Late:
    """An attribute of a dataclass. When it is used, it completes the class, which replaces it."""

    def __init__(self, cls: type, name: str, frozen: bool) -> None:
        self._cls = cls
        self._name = name
        self._frozen = frozen

    def __get__(self, instance: object, owner: type) -> Any:
        with _LOCK:
            if isinstance(vars(self._cls)[_LATE[-1]], _Late):
                _complete(self._cls, self._frozen)
        made = vars(self._cls)[self._name]
        return made if instance is None or self._name != "__init__" else MethodType(made, instance)


def _complete(cls: type, frozen: bool) -> None:
    """Make the late attributes of a class.

    They are made for a copy of the class, so the class itself never lacks one that another thread may need.
    """
    waiting = {*_LATE, "__eq__", "__hash__", "__repr__", "__setattr__", "__delattr__"}
    namespace = {name: each for name, each in vars(cls).items() if name not in {*waiting, *_NOT_COPIED}}
    namespace["__annotations__"] = inspect.get_annotations(cls)
    made = dataclasses.dataclass(frozen=frozen, repr=False, eq=False)
    copy: type = made(type(cls)(cls.__name__, cls.__bases__, dict(namespace)))
    for name in namespace.keys() - vars(copy).keys():
        delattr(cls, name)  # a field without a default, such as ``field(repr=False)``
    for name, value in vars(copy).items():
        is_known = name in namespace and namespace[name] is value
        if not is_known and name not in {*waiting, *_NOT_COPIED, "__annotations__"}:
            setattr(cls, name, value)  # a field's default, and what later Pythons add
    for name in _LATE:
        setattr(cls, name, vars(copy)[name])


@cache
def _fields(cls: type, purpose: str) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(cls) if getattr(each, purpose))


@cache
def _values(cls: type) -> Callable[[object], Any]:
    """Return a function that returns what is compared of an instance of a dataclass."""
    names = _fields(cls, "compare")
    if len(names) == 1:
        return lambda instance: (getattr(instance, names[0]),)
    return attrgetter(*names) if names else lambda instance: ()


@recursive_repr()
def _repr(self: Any) -> str:
    values = (f"{name}={getattr(self, name)!r}" for name in _fields(self.__class__, "repr"))
    return f"{type(self).__qualname__}({', '.join(values)})"


def _eq(self: Any, other: object) -> Any:
    values = _values(self.__class__)
    return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self.__class__)(self))


def _frozen(self: object, name: str, value: object = None) -> NoReturn:
    """Replace ``__setattr__`` and ``__delattr__``; ``__init__`` of a frozen dataclass does not call them."""
    raise dataclasses.FrozenInstanceError(f"cannot assign to or delete field {name!r}")
