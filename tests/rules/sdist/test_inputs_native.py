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
from pkgaudit.rules.sdist.inputs_native import native_inputs
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree
from pkgaudit.rules.sdist.native_script import (
    NativeScript,
    made_by_cmake,
    made_by_meson,
    read_cmake,
    read_meson,
)
from pkgaudit.rules.sdist.pyproject_file import Pyproject
from tests.programs import find_program

BACKENDS = {"meson.build": "mesonpy", "CMakeLists.txt": "scikit_build_core.build"}
MESON = "project('a', version: '1.0')\n"
CMAKE = "cmake_minimum_required(VERSION 3.15)\nproject(a NONE)\n"


def missing_of(
    name: str, text: str, *files: str, settings: Mapping[str, object] | None = None, **more: str
) -> list[Missing]:
    """Return what the rule says of a script and other files; ``more`` has scripts in folders."""
    texts = {name: text, **{f"{folder}/{name}": each for folder, each in more.items()}}
    model = SdistModel("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    model.entries = [Entry(f"sample-1.0/{path}", EntryType.FILE, 1) for path in (*texts, *files)]
    scripts = {
        f"sample-1.0/{path}": NativeScript(name, zlib.compress(each.encode())) for path, each in texts.items()
    }
    tables = {
        "build-system": {"build-backend": BACKENDS[name]},
        "tool": {"scikit-build": settings or {}},
    }
    pyproject = Pyproject("sample-1.0/pyproject.toml", "", tables)
    return list(native_inputs("sample-1.0", Tree(model), pyproject, Summaries(scripts)))


def found(
    name: str, text: str, *files: str, settings: Mapping[str, object] | None = None, **more: str
) -> list[str]:
    said = missing_of(name, text, *files, settings=settings, **more)
    return [f"{each.location.line} {each.path}" for each in said]


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("run_command('a', check: true)\nsubdir('src')\n", ""),
        ("subdir('src')\nrun_command('a', check: true)\n", "src/meson.build"),
        ("configure_file(output: 'a', command: ['a.py'])\nx = files('a')\n", ""),
        ("custom_target('x', output: 'a', command: ['a.py'])\nx = files('a.c')\n", "a.c"),
        ("d = dependency('z', disabler: true)\nexecutable('t', 'a.c', dependencies: d)\n", ""),
        ("subdir('src')\n", "src/meson.build"),
        ("x = files('a.c')\n", "a.c"),
        ("x = files(['a.c', 'b.c'])\n", "a.c b.c"),
        ("py = import('python').find_installation()\npy.install_sources('a.py', subdir: 'x')\n", "a.py"),
        ("py.install_sources(\n  ['a.py', 'b/c.py'],\n  subdir: 'x',\n)\n", "a.py b/c.py"),
        ("py.extension_module('_a', 'a.c', install: true)\n", "a.c"),
        ("py.extension_module('_a', ['a.c'] + more, files('b.c'))\n", "a.c b.c"),
        ("configure_file(input: 'a.in', output: 'a', configuration: c)\n", "a.in"),
        ("if false\n  subdir('b')\nendif\nsubdir('a')\n", "a/meson.build"),
        ("inc = include_directories('inc', ['more'], is_system: true)\n", "inc more"),
        ("py.extension_module('_a', x, include_directories: ['inc', '.'])\n", "inc"),
        ("include_directories('.', '..', 'subprojects/a/inc', x / 'y')\n", ""),
        ("if false\n  inc = include_directories('inc')\nendif\n", ""),
        ("if false\n  subdir('b')\nendif\n", ""),
        ("foreach f : ['a']\n  files('b')\nendforeach\n", ""),
        ("x = files('a' / 'b.c', 'a' + '.c', 'x'.format())\n", ""),
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
        ("add_library(a ALIAS b)\nadd_library(c INTERFACE)\nadd_library(d ${X}/d.c $<1:e.c>)\n", ""),
        ("# add_subdirectory(a)\n#[[ add_subdirectory(b)\n]]\nmessage([=[\nadd_subdirectory(c)\n]=])\n", ""),
        ("execute_process(COMMAND git submodule update)\nadd_subdirectory(a)\n", ""),
        ("configure_file(a.c.in a.c)\nadd_library(x a.c b.c)\n", "a.c.in b.c"),
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
    assert found("meson.build", f"{MESON}subdir('a')\n", a="run_command('x')\n", b="files('c.c')\n") == []


@pytest.mark.parametrize(
    ("name", "text", "severity"),
    [
        ("meson.build", "subdir('a')\n", "error"),
        ("meson.build", "subdir('a')\nrun_command('x')\n", "warning"),
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
    assert found("CMakeLists.txt", text, settings={"overrides": []}) == []
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


@pytest.mark.parametrize("text", ["#[[\n", "[=[=", "${", '"\\"', "'''", "'\\", "([", "configure_file("])
def test_unclosed_texts_take_little_time(text: str) -> None:
    start = time.perf_counter()
    for reader in (read_meson, read_cmake):
        assert not list(reader(text * 20_000))
    made_by_cmake(text * 8_000)
    made_by_meson(text * 8_000)
    assert time.perf_counter() - start < 2
