"""Walks over syntax trees: the same nodes as those of `ast`, without operators and contexts."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from pkgaudit.rules._shared import nodes
from pkgaudit.rules._shared.nodes import children, walk

LEFT_OUT = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.type_ignore)

SOURCE = """
import a.b as c, d; from a import (b as c, d)
global e
def f(g, /, h: int = 1, *i, j, k=2, **l) -> "m": nonlocal n
async def o():
    async with p as q, r: await s
    async for t in u: yield v
    return [w async for w in x if y]
class z(aa, metaclass=bb): cc: int; dd: str = "x"
@ee
def ff(): return {**gg, hh: ii, 1: -jj}
match kk:
    case [1, *ll] | {"a": 2, **mm} | nn(oo, pp=3) | None | qq.rr as ss if tt: pass
try: uu[1:2, ...] += vv or not ww
except (xx, yy) as zz: raise a from b
finally: del c
print(f"{a!r:>{b}}", *c, d=(e := 1), **f)
lambda x, *, y, z=1: x if y else z < 1 < 2
if a: {b, {c for c in d}, (e for e in f), {g: h for g in i}}
while a: del b; break
for c in d: continue
async def e(): return await f
def g(): yield from h
[j] = k + l
with (yield): assert a, b
"""

NEWER = {
    (3, 11): "try: pass\nexcept* a: pass\n",
    (3, 12): "type A[B: int, *C, **D] = E\ndef f[G](): pass\nclass H[I]: pass\n",
    (3, 14): "t'{a!r:>{b}}'\n",
}


def source() -> str:
    return SOURCE + "".join(text for since, text in NEWER.items() if sys.version_info >= since)


def test_children_are_those_of_ast() -> None:
    seen = set()
    for node in ast.walk(ast.parse(source())):
        seen.add(node.__class__)
        expected = [each for each in ast.iter_child_nodes(node) if not isinstance(each, LEFT_OUT)]
        if isinstance(node, LEFT_OUT):
            continue
        assert children(node) == expected, ast.dump(node)
    concrete = {
        each
        for each in vars(ast).values()
        if isinstance(each, type) and each.__bases__[0] in (ast.stmt, ast.expr, ast.pattern)
    }
    assert concrete <= seen, concrete - seen


def test_walk_is_complete() -> None:
    tree = ast.parse(source())
    expected = {each for each in ast.walk(tree) if not isinstance(each, LEFT_OUT)}
    found = list(walk(tree))
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("path", sorted(Path(nodes.__file__).parent.glob("*.py")), ids=lambda each: each.name)
def test_on_real_sources(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    expected = {each for each in ast.walk(tree) if not isinstance(each, LEFT_OUT)}
    assert set(walk(tree)) == expected
