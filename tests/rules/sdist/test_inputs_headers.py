"""The own headers of the sources of an extension, which MANIFEST.in often does not name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.builders import Sdist, sample_metadata
from pkgaudit.rules.sdist.inputs_headers import _own
from tests.programs import find_compiler
from tests.support import audit

SETUP = "from setuptools import Extension, setup\n\nsetup(ext_modules=[Extension('a', ['src/a.c']{})])\n"
TABLE = "[[tool.setuptools.ext-modules]]\nname = 'a'\nsources = ['src/a.c']\n"


def found(folder: Path, source: str, *, more: str = "", pyproject: str = "", **files: str) -> list[str]:
    texts = {"src/a.c": source, **files}
    if pyproject:
        texts["pyproject.toml"] = pyproject
    else:
        texts["setup.py"] = SETUP.format(more)
    made = Sdist(files={path: text.encode() for path, text in texts.items()}, metadata=sample_metadata())
    return [f"{each.severity} {each.message}" for each in audit(folder, made.build()) if each.code == "SD105"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('#include "a.h"\n', "warning 'src/a.c' includes 'a.h', which is not in the sdist"),
        ('#include <Python.h>\n #  include "../common/x.h"\n', "error 'src/a.c' includes '../common/x.h'"),
        ('#include "other.h"\n#include <a.h>\n', ""),
        ('#ifdef _WIN32\n#include "a.h"\n#endif\n', ""),
        ('/*\n#include "a.h"\n*/\n', ""),
        ('#ifdef X\n#endif\n#include "a.hpp"\n', "warning 'src/a.c' includes 'a.hpp'"),
    ],
)
def test_headers(source: str, said: str, tmp_path: Path) -> None:
    messages = found(tmp_path, source)
    assert [each.startswith(said) for each in messages] == ([True] if said else [])


def test_header_elsewhere(tmp_path: Path) -> None:
    assert found(tmp_path, '#include "a.h"\n', **{"include/a.h": ""}) == []
    assert found(tmp_path, '#include "a.h"\n', **{"src/a.h.in": ""}) == []
    assert found(tmp_path, '#include "a.h"\n', more=", libraries=['a']") == []
    assert found(tmp_path, '#include "a.h"\n', more=", extra_link_args=['-la']") == []
    (said,) = found(tmp_path, '#include "a.h"\n', pyproject=TABLE)
    assert said.startswith("warning")
    # A source that no extension names is not compiled.
    assert found(tmp_path, "int a;\n", **{"src/b.c": '#include "b.h"\n'}) == []


@pytest.mark.parametrize("name", ["math", "frameobject", "pythread", "zlib"])
def test_source_with_the_name_of_a_header_of_others(name: str, tmp_path: Path) -> None:
    script = (
        f"from setuptools import Extension, setup\n\nsetup(ext_modules=[Extension('a', ['src/{name}.c'])])\n"
    )
    files = {f"src/{name}.c": f'#include "{name}.h"\n'.encode(), "setup.py": script.encode()}
    made = Sdist(files=files, metadata=sample_metadata())
    assert "SD105" not in {each.code for each in audit(tmp_path, made.build())}


@pytest.mark.parametrize(
    ("more", "known"),
    [
        (", include_dirs=['inc', '.']", True),
        (", include_dirs=[numpy.get_include()]", False),
        (", include_dirs=['/usr/include/a']", False),
        (", extra_compile_args=['-Iinc']", False),
        (")], include_dirs=['inc'], x=[(1", False),
    ],
)
def test_include_folders(more: str, known: bool, tmp_path: Path) -> None:
    assert bool(found(tmp_path, '#include "a.h"\n', more=more)) == known


@pytest.mark.parametrize("text", ["", TABLE])
def test_remedy_for_several_folders(text: str, tmp_path: Path) -> None:
    given = {"pyproject.toml": f"{text}include-dirs = ['inc']\n"}
    if not text:
        given = {"setup.py": SETUP.format(", include_dirs=['inc']")}
    files = {path: each.encode() for path, each in {"src/a.c": '#include "a.h"\n', **given}.items()}
    made = Sdist(files=files, metadata=sample_metadata()).build()
    (finding,) = [each for each in audit(tmp_path, made) if each.code == "SD105"]
    assert "'global-include a.h' to MANIFEST.in" in (finding.fix or "")
    assert "src/a.h" not in (finding.fix or "")


def test_settings_with_include_folders(tmp_path: Path) -> None:
    assert found(tmp_path, '#include "a.h"\n', **{"setup.cfg": "[build_ext]\ninclude_dirs = /opt/a\n"}) == []


def test_the_compiler_does_not_find_the_header(tmp_path: Path) -> None:
    source = '#include "a.h"\n'
    (tmp_path / "a.c").write_text(source)
    compiler = find_compiler("cc", "gcc", "clang")
    done = subprocess.run([compiler, "-c", "a.c"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode
    assert list(_own("a", source)) == [("a.h", 1)]
