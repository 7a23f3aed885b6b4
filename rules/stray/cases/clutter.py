"""Cases of SF2xx: stray files that clutter."""

from __future__ import annotations

from fixtures.builders import Built
from fixtures.cases import bad, good
from fixtures.samples import LAYOUT, sdist, wheel


@bad("SF201", at=("sample-1.0/.mypy_cache", "sample-1.0/sample/.ipynb_checkpoints"), also=LAYOUT)
def caches() -> Built:
    return sdist(
        {
            ".mypy_cache/3.11/sample.json": b"{}\n",
            ".mypy_cache/.gitignore": b"*\n",
            "sample/.ipynb_checkpoints/a-checkpoint.ipynb": b"{}\n",
        }
    )


@bad("SF201", at="sample/.pytest_cache", also=LAYOUT)
def cache_in_wheel() -> Built:
    return wheel({"sample/.pytest_cache/README.md": b"x\n"})


@good("SF201")
def modules_called_cache() -> Built:
    return wheel({"sample/cache/__init__.py": b'"""Caches."""\n'})


@bad("SF202", at=("sample-1.0/.coverage.host.42", "sample-1.0/htmlcov"), also=LAYOUT)
def reports() -> Built:
    return sdist({".coverage.host.42": b"SQLite format 3\x00", "htmlcov/index.html": b"<html></html>\n"})


@good("SF202")
def configuration_of_coverage() -> Built:
    return sdist({".coveragerc": b"[run]\n", "sample/coverage/__init__.py": b'"""Coverage."""\n'})


@bad("SF203", at=("sample/.DS_Store", "sample/THUMBS.DB", "sample/core.py~"), also=LAYOUT)
def junk() -> Built:
    return wheel(
        {"sample/.DS_Store": b"\x00Bud1", "sample/THUMBS.DB": b"\xd0\xcf", "sample/core.py~": b"x = 1\n"}
    )


@bad("SF203", at=("sample-1.0/__MACOSX", "sample-1.0/sample/.core.py.swp"), also=LAYOUT)
def junk_in_sdist() -> Built:
    return sdist({"__MACOSX/sample/._core.py": b"\x00\x05", "sample/.core.py.swp": b"b0VIM"})


@bad(
    "SF203",
    at=("sample", *(f"sample/m{number}.py~" for number in range(3))),
    also=LAYOUT,
    says="each of 9 more paths is a leftover of an operating system or an editor: ",
)
def much_junk() -> Built:
    return wheel({f"sample/m{number}.py~": b"x = 1\n" for number in range(12)})


@good("SF203")
def names_like_junk() -> Built:
    return wheel({"sample/thumbs.py": b'"""Thumbs."""\n', "sample/_.py": b'"""Private."""\n'})


@bad("SF204", at="sample-1.0/.idea", also=LAYOUT, says="2 files")
def ide() -> Built:
    return sdist({".idea/workspace.xml": b"<project/>\n", ".idea/sample.iml": b"<module/>\n"})


@bad("SF204", at="sample/x.sublime-workspace", also=LAYOUT)
def ide_in_wheel() -> Built:
    return wheel({"sample/x.sublime-workspace": b"{}\n"})


@good("SF204")
def grammar_of_an_editor() -> Built:
    return wheel(
        {"sample/python.sublime-syntax": b"name: Python\n", "sample/settings.py": b'"""Settings."""\n'}
    )


@bad("SF205", at=("sample/CLAUDE.md", "sample/.cursor"), also=LAYOUT)
def instructions_in_wheel() -> Built:
    return wheel({"sample/CLAUDE.md": b"# sample\n", "sample/.cursor/rules/a.mdc": b"x\n"})


@bad("SF205", at=("sample-1.0/AGENTS.md", "sample-1.0/.aider.chat.history.md"), also=LAYOUT, severity="info")
def instructions_in_sdist() -> Built:
    return sdist({"AGENTS.md": b"# sample\n", ".aider.chat.history.md": b"# chat\n"})


@good("SF205")
def pages_about_agents() -> Built:
    return wheel(
        {"sample/help/agents.md": b"# Agents\n", "sample/.agents/skills/sample/SKILL.md": b"# Skill\n"}
    )


@bad("SF206", at=("sample-1.0/build", "sample-1.0/rust/target"), also=LAYOUT)
def folders_of_builds() -> Built:
    return sdist(
        {
            "build/lib/sample/__init__.py": b"",
            "build/bdist.linux-x86_64/x": b"x",
            "rust/target/.rustc_info.json": b"{}\n",
            "rust/target/debug/sample": b"x",
        }
    )


@bad("SF206", at=("sample-1.0/src/fast.o", "sample-1.0/cmake/CMakeFiles"), also=LAYOUT)
def objects() -> Built:
    return sdist({"src/fast.o": b"\x7fELF", "src/fast.c": b"int x;\n", "cmake/CMakeFiles/a.txt": b"x\n"})


@bad("SF206", at="sample.egg-info", also=LAYOUT)
def egg_info_in_wheel() -> Built:
    return wheel({"sample.egg-info/PKG-INFO": b"Name: sample\n"})


@bad("SF206", at="sample/static/app.js.map", also=LAYOUT, severity="info", says="2 source maps")
def source_maps() -> Built:
    return wheel({"sample/static/app.js.map": b"{}\n", "sample/static/app.css.map": b"{}\n"})


@good("SF206")
def packages_called_as_builds() -> Built:
    return sdist(
        {
            "sample/build/__init__.py": b'"""Builds."""\n',
            "sample/build/lib/__init__.py": b'"""Libraries."""\n',
            "sample/target/__init__.py": b'"""Targets."""\n',
            "build/Dockerfile": b"FROM scratch\n",
            "sample.egg-info/PKG-INFO": b"Name: sample\n",
            "sample/shapes/cube.obj": b"v 0 0 0\n",
            "sample/proteins/1abc.pdb": b"HEADER\n",
        }
    )
