"""The files that meson and CMake need to configure a build, against these programs."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import time
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from pkgaudit.api import Sdist as SdistModel
from pkgaudit.api import Summaries
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.rules.sdist.cmake_script import cmake_uses
from pkgaudit.rules.sdist.inputs_cython import CythonNeeds, needs_in
from pkgaudit.rules.sdist.inputs_native import native_inputs
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree
from pkgaudit.rules.sdist.meson_script import meson_uses
from pkgaudit.rules.sdist.native_script import NativeScript, made_by_cmake
from pkgaudit.rules.sdist.pyproject_file import Pyproject
from tests.programs import find_program

BACKENDS = {"meson.build": "mesonpy", "CMakeLists.txt": "scikit_build_core.build"}
MESON = "project('a', version: '1.0')\n"
CMAKE = "cmake_minimum_required(VERSION 3.15)\nproject(a NONE)\n"


def missing_of(
    name: str,
    text: str,
    *files: str,
    settings: Mapping[str, object] | None = None,
    scripts: Mapping[str, str] | None = None,
    **more: str,
) -> list[Missing]:
    """Return what the rule says of a script and other files; ``more`` has scripts in folders."""
    texts = {name: text, **{f"{folder}/{name}": each for folder, each in more.items()}, **(scripts or {})}
    model = SdistModel("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    model.entries = [Entry(f"sample-1.0/{path}", EntryType.FILE, 1) for path in (*texts, *files)]
    summaries = {
        f"sample-1.0/{path}": NativeScript(name, zlib.compress(each.encode())) for path, each in texts.items()
    }
    cython = {
        f"sample-1.0/{path}": CythonNeeds(tuple(needs_in(each)))
        for path, each in texts.items()
        if path.endswith(".pyx")
    }
    tables = {
        "build-system": {"build-backend": BACKENDS[name]},
        "tool": {"scikit-build": settings or {}},
    }
    pyproject = Pyproject("sample-1.0/pyproject.toml", "", tables)
    return list(native_inputs("sample-1.0", Tree(model), pyproject, Summaries(summaries), Summaries(cython)))


def found(
    name: str,
    text: str,
    *files: str,
    settings: Mapping[str, object] | None = None,
    scripts: Mapping[str, str] | None = None,
    **more: str,
) -> list[str]:
    said = missing_of(name, text, *files, settings=settings, scripts=scripts, **more)
    return [f"{each.location.line} {each.path}" for each in said]


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("run_command('a', check: true)\nsubdir('src')\n", "src/meson.build"),
        ("subdir('src')\nrun_command('a', check: true)\n", "src/meson.build"),
        ("configure_file(output: 'a', command: ['a.py'])\nx = files('a')\n", "a"),
        ("s = ['a.c']\ns += 'b.c'\ns += ['c.c']\nlibrary('x', s + more)\n", "a.c b.c c.c"),
        ("s = more\ns += ['a.c']\nlibrary('x', s)\n", "a.c"),
        ("s = ['a.c']\nif y\n  s = ['b.c']\nendif\nlibrary('x', s)\n", ""),
        ("s = ['a.c']\nif y\n  t = ['b.c']\nelse\n  t = []\nendif\nlibrary('x', s)\n", "a.c"),
        ("s = ['a.c']\nset_variable('s', y)\nlibrary('x', s)\n", ""),
        ("foreach f : ['a', 'b']\n  files(f / 'x.c')\nendforeach\n", "a/x.c b/x.c"),
        ("foreach e : [['a', ['a.c']]]\n  library(e[0], e[1])\nendforeach\n", "a.c"),
        ("foreach k, v : {'a': ['a.c']}\n  library(k, v)\nendforeach\n", "a.c"),
        ("s = []\nforeach f : ['a', 'b']\n  s += f + '.c'\nendforeach\nfiles(s)\n", "a.c b.c"),
        ("foreach f : ['a']\n  if y\n    continue\n  endif\n  files(f)\nendforeach\n", ""),
        ("foreach f : more\n  files('a')\nendforeach\n", ""),
        ("foreach f : []\n  files('a')\nendforeach\n", ""),
        ("x = files('@0@.c'.format('a'), '@0@.c'.format(y))\n", "a.c"),
        ("x = files(meson.current_source_dir() / 'a.c', join_paths('b', 'c.c'))\n", "a.c b/c.c"),
        ("x = files('/usr/a.c', '../b.c', meson.current_build_dir() / 'c.c')\n", ""),
        ("fs = import('fs')\nv = fs.read('VERSION')\nw = fs.exists('a') ? fs.read('a') : ''\n", "VERSION"),
        ("custom_target('x', input: ['a.in', y], output: 'a', command: ['b'])\n", "a.in"),
        ("custom_target('x', output: 'a.c', command: ['b'])\nlibrary('x', y[0])\n", ""),
        ("library('x', 'a.c', sources: ['b.c'])\ndeclare_dependency(sources: 'c.c')\n", "a.c b.c c.c"),
        ("find_program('t/a.py')\nfind_program('b')\nfind_program('t/c.py', required: false)\n", "t/a.py"),
        ("find_program('t/a.py', 'b')\nfind_program('python3')\n", ""),
        ("run_command(['t/a.py'])\nrun_command(py, 'b.py', check: true)\n", "t/a.py b.py"),
        ("run_command(py, 'b.py', check: false)\nrun_command('cat', 'a.py', check: true)\n", ""),
        ("subproject('a')\nsubproject('b', required: false)\n", "subprojects/a"),
        ("x = y and files('a')\nz = y or files('b')\n", ""),
        ("x = files('a.c').length() > 0 ? 1 : 2\nsubdir('b')\n", "a.c b/meson.build"),
        ("custom_target('x', output: 'a', command: ['a.py'])\nx = files('a.c')\n", "a.c"),
        ("d = dependency('z', disabler: true)\nexecutable('t', 'a.c', dependencies: d)\n", ""),
        ("subdir('src')\n", "src/meson.build"),
        ("x = files('a.c')\n", "a.c"),
        ("x = files(['a.c', 'b.c'])\n", "a.c b.c"),
        ("py = import('python').find_installation()\npy.install_sources('a.py', subdir: 'x')\n", "a.py"),
        ("py.install_sources(\n  ['a.py', 'b/c.py'],\n  subdir: 'x',\n)\n", "a.py b/c.py"),
        ("py.extension_module('_a', 'a.c', install: true)\n", "a.c"),
        ("py.extension_module('_a', ['a.c'] + more, files('b.c'))\n", "b.c a.c"),
        ("configure_file(input: 'a.in', output: 'a', configuration: c)\n", "a.in"),
        ("if false\n  subdir('b')\nendif\nsubdir('a')\n", "a/meson.build"),
        ("inc = include_directories('inc', ['more'], is_system: true)\n", "inc more"),
        ("py.extension_module('_a', x, include_directories: ['inc', '.'])\n", "inc"),
        ("include_directories('.', '..', 'subprojects/a/inc', x / 'y')\n", ""),
        ("if false\n  inc = include_directories('inc')\nendif\n", ""),
        ("if false\n  subdir('b')\nendif\n", ""),
        ("x = files('a' / 'b.c', 'a' + '.c', 'a' + y)\n", "a/b.c a.c"),
        ("x = files('a@0@.c'.format(1), f'@x@.c')\n", ""),
        ("subdir('a', if_found: b)\n", ""),
        ("# files('a')\nx = '''\nfiles('b')\n'''\n", ""),
        ("if x\n  subdir_done()\nendif\nsubdir('a')\n", ""),
        ("x = y ? files('a') : files('b')\n", ""),
        ("executable('a', x, c_args: ['-Da'], dependencies: [dependency('z')])\n", ""),
        ("configure_file(output: 'a', configuration: {'A': 'b'})\n", ""),
        ("run_command('a', 'b', check: true)\ndependency('z', version: '1')\n", ""),
    ],
)
def test_meson(text: str, lost: str) -> None:
    said = found("meson.build", f"{MESON}{text}")
    assert [each.split()[1] for each in said] == lost.split()


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("add_subdirectory(src)\n", "src/CMakeLists.txt"),
        ('ADD_SUBDIRECTORY("${CMAKE_CURRENT_SOURCE_DIR}/src" x)\n', "src/CMakeLists.txt"),
        ("include(cmake/a.cmake)\n", "cmake/a.cmake"),
        ("configure_file(a.in a)\n", "a.in"),
        ("pybind11_add_module(_a MODULE a.cpp b/c.cpp)\n", "a.cpp b/c.cpp"),
        ("python_add_library(_a MODULE a.c WITH_SOABI)\n", "a.c"),
        ("add_library(a STATIC\n  a.c # one\n  b.c)\n", "a.c b.c"),
        ("if(WIN32)\n  add_subdirectory(b)\nendif()\nadd_subdirectory(a)\n", "a/CMakeLists.txt"),
        ("function(f)\n  add_subdirectory(b)\nendfunction()\n", ""),
        ("include(GNUInstallDirs)\ninclude(a.cmake OPTIONAL)\n", ""),
        ("set(S a.c)\nlist(APPEND S b.c ${X})\nadd_library(x ${S} ${X}/c.c)\n", "a.c b.c"),
        ('set(S "a.c;b.c")\nadd_library(x ${S})\ntarget_sources(x PRIVATE c.c)\n', "a.c b.c c.c"),
        ("set(S a.c)\nif(WIN32)\n  set(S b.c)\nendif()\nadd_library(x ${S})\n", ""),
        ("set(S a.c)\nif(WIN32)\n  set(T b.c)\nendif()\nadd_library(x ${S})\n", "a.c"),
        ("set(S a.c)\nfilter(S)\nadd_library(x ${S})\nfile(GLOB T *.c)\nadd_library(y ${T})\n", ""),
        ("set(S a.c)\nmacro(m)\n  set(S b.c)\nendmacro()\nm()\nadd_library(x ${S})\n", ""),
        ("function(f)\n  set(S b.c)\nendfunction()\nset(S a.c)\nf()\nadd_library(x ${S})\n", "a.c"),
        ("set(S a.c CACHE STRING x)\nadd_library(x ${S})\n", ""),
        ("set(D ${CMAKE_CURRENT_SOURCE_DIR}/src)\nadd_library(x ${D}/a.c)\n", "src/a.c"),
        ("add_library(x ${PROJECT_SOURCE_DIR}/a.c ${a_SOURCE_DIR}/b.c)\n", "a.c b.c"),
        ("add_library(x ${CMAKE_CURRENT_BINARY_DIR}/a.c ${CMAKE_SOURCE_DIR}/../b.c)\n", ""),
        ("foreach(x IN ITEMS a b)\n  add_library(${x} ${x}.c)\nendforeach()\n", "a.c b.c"),
        (
            "set(L a b)\nforeach(x IN LISTS L)\n  add_subdirectory(${x})\nendforeach()\n",
            "a/CMakeLists.txt b/CMakeLists.txt",
        ),
        ("foreach(x a b)\n  configure_file(${x}.in x)\nendforeach()\n", "a.in b.in"),
        ("foreach(x RANGE 3)\n  add_library(${x} a.c)\nendforeach()\n", ""),
        ("foreach(x a)\n  if(Y)\n    break()\n  endif()\n  add_library(x a.c)\nendforeach()\n", ""),
        ("set(S a.c)\nlist(TRANSFORM S PREPEND src/)\nadd_library(x ${S})\n", "src/a.c"),
        ("install(FILES a.py DESTINATION x)\ninstall(FILES b.py DESTINATION x OPTIONAL)\n", "a.py"),
        ("install(TARGETS x DESTINATION y)\ninstall(FILES b.py DESTINATION x COMPONENT c)\n", ""),
        ("file(STRINGS VERSION v)\nfile(READ b.txt b)\n", "VERSION b.txt"),
        ("add_library(a ALIAS b)\nadd_library(c INTERFACE)\nadd_library(d ${X}/d.c $<1:e.c>)\n", ""),
        ("# add_subdirectory(a)\n#[[ add_subdirectory(b)\n]]\nmessage([=[\nadd_subdirectory(c)\n]=])\n", ""),
        ("execute_process(COMMAND git rev-parse HEAD)\nadd_library(x a.c)\n", "a.c"),
        ("FetchContent_Declare(y URL z)\nadd_library(x a.c)\n", "a.c"),
        ("FetchContent_Declare(y SOURCE_DIR z)\nadd_subdirectory(z)\nadd_library(x a.c)\n", ""),
        ("cython_transpile(a.pyx LANGUAGE C)\nadd_library(x a.c b.c)\n", "b.c"),
        ("execute_process(COMMAND git submodule update)\nadd_subdirectory(a)\n", ""),
        ("configure_file(a.c.in a.c)\nadd_library(x a.c b.c)\n", "a.c.in b.c"),
        (
            "add_custom_command(OUTPUT ${X} COMMAND y)\nadd_library(x a.c)\nadd_subdirectory(b)\n",
            "b/CMakeLists.txt",
        ),
        ('file(WRITE out/a.c "int f(void);")\nadd_library(x a.c b.c)\n', "b.c"),
        ("file(CONFIGURE OUTPUT a.c CONTENT x)\nadd_library(x a.c)\n", ""),
        ("function(f n)\n  file(APPEND ${n} x)\nendfunction()\nadd_library(x a.c)\n", ""),
        ("add_custom_command(OUTPUT a.c COMMAND x)\nadd_library(a a.c)\n", ""),
        ("if(X)\n  return()\nendif()\nadd_subdirectory(a)\n", ""),
    ],
)
def test_cmake(text: str, lost: str) -> None:
    said = found("CMakeLists.txt", f"{CMAKE}{text}")
    assert [each.split()[1] for each in said] == lost.split()


def test_scripts_in_folders_are_followed() -> None:
    assert found("meson.build", f"{MESON}subdir('a')\n", a="x = files('b.c')\n") == ["1 a/b.c"]
    assert found("meson.build", f"{MESON}subdir('a')\n", "a/b.c", a="x = files('b.c')\n") == []
    text = f"{CMAKE}add_subdirectory(a)\n"
    assert found("CMakeLists.txt", text, a="\nconfigure_file(b.in b)\n") == ["2 a/b.in"]
    assert found("CMakeLists.txt", CMAKE, a="configure_file(b.in b)\n") == []


def test_include_folder_that_exists() -> None:
    text = f"{MESON}include_directories('inc')\n"
    assert found("meson.build", text, "inc/a.h") == []
    assert found("meson.build", f"{MESON}files('inc')\n", "inc/a.h") == ["2 inc"]


def test_files_that_another_script_makes() -> None:
    text = f"{CMAKE}include(gen.cmake)\nadd_library(x a.c b.c)\n"
    assert found("CMakeLists.txt", text, "gen.cmake", made="file(TOUCH a.c)\n") == ["4 b.c"]
    assert found("CMakeLists.txt", text, "gen.cmake", "a.c.in", "b.c.in") == []


@pytest.mark.parametrize(
    ("name", "text", "severity"),
    [
        ("meson.build", "subdir('a')\n", "error"),
        ("meson.build", "run_command('x')\nsubdir('a')\n", "warning"),
        ("meson.build", "if x\n  run_command('x')\nendif\nsubdir('a')\n", "warning"),
        ("meson.build", "x = files('a.c')\n", "warning"),
        ("CMakeLists.txt", "add_subdirectory(a)\n", "warning"),
    ],
)
def test_only_a_folder_that_meson_needs_is_an_error(name: str, text: str, severity: str) -> None:
    assert [str(each.severity) for each in missing_of(name, text)] == [severity]


def test_only_a_part_of_many_scripts_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{MESON}subdir('a')\nx = files('x.c')\n"
    assert len(found("meson.build", text, a="y = files('y.c')\n")) == 2
    monkeypatch.setattr("pkgaudit.rules.sdist.inputs_native._MOST_TEXT", len(text))
    assert found("meson.build", text, a="y = files('y.c')\n") == ["3 x.c"]


def test_settings_of_scikit_build_core() -> None:
    text = "configure_file(b.in b)\n"
    cmake = {"cmake": {"source-dir": "a"}}
    assert found("CMakeLists.txt", text, settings=cmake, a=text) == ["1 a/b.in"]
    assert found("CMakeLists.txt", text, settings={"wheel": {"cmake": False}}) == []
    overridden: list[dict[str, object]] = [
        {"wheel": {"cmake": False}},
        {"cmake": {"source-dir": "c"}},
        {"generate": []},
    ]
    for each in overridden:
        assert found("CMakeLists.txt", text, settings={"overrides": [each]}) == []
    assert found("CMakeLists.txt", text, settings={"overrides": [{"cmake": {"args": []}}]}) == ["1 b.in"]
    assert found("CMakeLists.txt", text, settings={"generate": []}) == []


def configures(folder: Path, name: str, text: str) -> bool:
    (folder / name).write_text(text)
    # The environment of the tests may not be activated; meson calls ninja.
    scripts = sysconfig.get_path("scripts")
    path = os.pathsep.join((scripts, os.environ.get("PATH", os.defpath)))
    is_meson = name == "meson.build"
    program, *arguments = ["meson", "setup", "out"] if is_meson else ["cmake", "-S", ".", "-B", "out"]
    command = [find_program(program, folder=Path(scripts)), *arguments]
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return done.returncode == 0


# All commands were tried with meson 1.12 and CMake 4.4; each run takes a third of a second.
@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("meson.build", f"{MESON}configure_file(input: 'a', output: 'b', copy: true)\n", "a"),
        ("meson.build", f"{MESON}include_directories('a')\n", "a"),
        ("CMakeLists.txt", f"{CMAKE}configure_file(a b)\n", "a"),
    ],
)
def test_script_that_fails(name: str, text: str, path: str, tmp_path: Path) -> None:
    assert [each.split()[1] for each in found(name, text)] == [path]
    assert not configures(tmp_path, name, text)


def test_variables_are_shared_with_scripts_in_folders() -> None:
    text = f"{MESON}s = ['a.c']\nsubdir('a')\nfiles(s)\n"
    assert found("meson.build", text, a="s += 'b.c'\nlibrary('x', s)\n") == [
        "2 a/a.c",
        "1 a/b.c",
        "2 a.c",
        "1 b.c",
    ]
    assert found("meson.build", text, a="if y\n  subdir_done()\nendif\nfiles('c.c')\n") == ["2 a.c"]
    text = f"{CMAKE}set(S ${{CMAKE_CURRENT_SOURCE_DIR}}/a.c)\nadd_subdirectory(a)\nadd_library(y ${{S}})\n"
    assert found("CMakeLists.txt", text, a="list(APPEND S b.c)\nadd_library(x ${S})\n") == [
        "3 a.c",
        "1 a/b.c",
        "3 a.c",
    ]


def test_script_that_cmake_includes() -> None:
    path = "list(APPEND CMAKE_MODULE_PATH ${CMAKE_SOURCE_DIR}/m)\n"
    text = f"{CMAKE}{path}include({{0}})\nadd_library(x ${{S}})\n"
    script = {"m/S.cmake": "set(S a.c)\nif(X)\n  return()\nendif()\n"}
    for name in ("S", "m/S.cmake"):
        assert found("CMakeLists.txt", text.replace("{0}", name), scripts=script) == ["1 a.c"]
    assert found("CMakeLists.txt", text.replace("{0}", "Other"), scripts=script) == []


def test_declarations_that_cython_needs() -> None:
    text = f"{MESON}py.extension_module('a', 'a.pyx')\n"
    source = {"a.pyx": "from . cimport mod\n"}
    (said,) = missing_of("meson.build", text, scripts=source)
    assert (said.path, str(said.severity)) == ("mod.pxd", "warning")
    assert found("meson.build", text, "sub/mod.pxd.tp", scripts=source) == []
    assert found("meson.build", text.replace("a.pyx", "a.c"), "a.c", scripts=source) == []


def test_subproject_that_meson_downloads() -> None:
    text = f"{MESON}subproject('a')\n"
    assert found("meson.build", text, "subprojects/a.wrap") == []
    assert found("meson.build", text, "subprojects/a/meson.build") == []


@pytest.mark.parametrize(
    "text",
    [
        *("#[[\n", "[=[=", "${", '"\\"', "'''", "'\\", "([", "configure_file(", "not ", "if x\n", "-"),
        "x = 'a'\nx = x + x\nx = [x]\nx = x + x\nfiles(x)\n",
        "foreach a : ['b', 'c']\n",
        "foreach a : ['b', 'c']\nx += [a, x]\nendforeach\nlibrary('a', x)\n",
        "set(S a ${S} ${S})\nadd_library(x ${S})\n",
        "set(S a.c${S}${S})\nadd_library(x ${S})\n",
        "foreach(x a b c)\n",
        "if(x)\n",
    ],
)
def test_hostile_scripts_take_little_time(text: str) -> None:
    start = time.process_time()
    repeated = (text * 20_000)[: 1 << 15]
    for uses in (meson_uses(lambda _: repeated), cmake_uses("", lambda _: repeated)):
        assert len(list(uses)) <= 10_000
    made_by_cmake(repeated)
    assert time.process_time() - start < 2
