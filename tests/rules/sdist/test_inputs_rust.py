"""The crates and sources that a Rust package needs, against cargo itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import Mock

import pytest

from fixtures.builders import Sdist, sample_metadata
from pkgaudit.api import Location, Summaries
from pkgaudit.api import Sdist as SdistModel
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.rules.sdist.cases.build_inputs import system
from pkgaudit.rules.sdist.inputs_rust import Crate, rust_inputs
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree
from pkgaudit.rules.sdist.rust_manifest import read_config, read_manifest
from pkgaudit.rules.sdist.rust_source import read_source
from tests.programs import find_compiler
from tests.support import audit


def package(name: str, more: str = "", version: str = '"0.1.0"', edition: str = "2021") -> str:
    dot = ".workspace" if version == "workspace" else ""
    value = "true" if dot else version
    return f'[package]\nname = "{name}"\nversion{dot} = {value}\nedition = "{edition}"\n{more}'


CONFIG = ".cargo/config.toml"
VENDORED = '[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "crates"\n'
LIB = {"src/lib.rs": ""}
CORE = {"core/Cargo.toml": package("one"), "core/src/lib.rs": ""}
PY = {"py/Cargo.toml": package("a"), "py/src/lib.rs": ""}
ONE = '[dependencies]\none = { path = "core" }\n'
TWO = '{ path = "../two" }'


def alone(more: str = "", **files: str) -> dict[str, str]:
    return {"Cargo.toml": package("a", more), **LIB, **files}


def with_core(more: str, core: str = "") -> dict[str, str]:
    return {**alone(more), **CORE, "core/Cargo.toml": package("one", core)}


def in_workspace(members: str = '["py", "core"]', core: str = "") -> dict[str, str]:
    top = f"[workspace]\nmembers = {members}\n"
    return {"Cargo.toml": top, **PY, **CORE, "core/Cargo.toml": package("one", core)}


BROKEN: dict[str, tuple[dict[str, str], str]] = {
    "no source": ({"Cargo.toml": package("a")}, "src/lib.rs"),
    "dependency": (alone(ONE), "core/Cargo.toml"),
    "dependency outside": (alone('[dependencies]\none = { path = "../core" }\n'), "outside the sdist"),
    "optional": (alone('[dependencies]\none = { path = "core", optional = true }\n'), "core/Cargo.toml"),
    "for tests": (alone('[dev-dependencies]\none = { path = "core" }\n'), "core/Cargo.toml"),
    "for build": (alone('[build-dependencies]\none = { path = "core" }\n'), "core/Cargo.toml"),
    "for Windows": (
        alone("[target.'cfg(windows)'.dependencies]\none = { path = 'core' }\n"),
        "core/Cargo.toml",
    ),
    "dependency of a dependency": (with_core(ONE, f"[dependencies]\ntwo = {TWO}\n"), "two/Cargo.toml"),
    "for tests of a member": (
        with_core(f"{ONE}[workspace]\n", f"[dev-dependencies]\ntwo = {TWO}\n"),
        "two/Cargo.toml",
    ),
    "patch": (alone('[patch.crates-io]\none = { path = "core" }\n'), "core/Cargo.toml"),
    "patch of the configuration": (
        alone(**{CONFIG: '[patch.crates-io]\none = { path = "core" }\n'}),
        "core/Cargo.toml",
    ),
    "vendored crates": (
        alone('[dependencies]\ncfg-if = "1"\n', **{CONFIG: VENDORED}),
        "`source.v.directory` names the folder 'crates'",
    ),
    "member": (alone('[workspace]\nmembers = ["core"]\n'), "core/Cargo.toml"),
    "member, excluded": (
        alone('[workspace]\nmembers = ["core"]\nexclude = ["core"]\n'),
        "core/Cargo.toml",
    ),
    "pattern of members": (alone('[workspace]\nmembers = ["crates/*"]\n'), "no folder of the sdist matches"),
    "folder without a manifest": (
        {**alone('[workspace]\nmembers = ["crates/*"]\n'), "crates/x/README": ""},
        "crates/x/Cargo.toml",
    ),
    "sibling": ({"Cargo.toml": '[workspace]\nmembers = ["core", "py"]\n', **PY}, "core/Cargo.toml"),
    "crate of no workspace": (in_workspace('["core"]'), "neither lists nor excludes 'py/Cargo.toml'"),
    "crate that only a patch names": (
        {**PY, "Cargo.toml": "[workspace]\n[patch.crates-io]\na = { path = 'py' }\n"},
        "neither lists nor excludes",
    ),
    "shared dependency": (
        alone(
            "[dependencies]\none.workspace = true\n"
            '[workspace]\n[workspace.dependencies]\none = { path = "core" }\n'
        ),
        "core/Cargo.toml",
    ),
    "no workspace": ({"Cargo.toml": package("a", version="workspace"), **LIB}, "package.version"),
    "no workspace of a dependency": (
        {**alone(ONE), **CORE, "core/Cargo.toml": package("one", version="workspace")},
        "package.version",
    ),
    "key of a workspace": (
        {"Cargo.toml": package("a", "[workspace]\n", version="workspace"), **LIB},
        "which its workspace lacks",
    ),
    "lints": (alone("[lints]\nworkspace = true\n"), "lints"),
    "library": (alone('[lib]\npath = "rust/lib.rs"\n'), "rust/lib.rs"),
    "library without path": ({"Cargo.toml": package("a", '[lib]\nname = "b"\n')}, "src/lib.rs"),
    "library of a dependency": (with_core(ONE, '[lib]\npath = "x.rs"\n'), "core/x.rs"),
    "program": (alone('[[bin]]\nname = "b"\n'), "src/bin/b.rs"),
    "benchmark": (alone('[[bench]]\nname = "b"\n'), "benches/b.rs"),
    "test": (alone('[[test]]\nname = "b"\n'), "tests/b.rs"),
    "example": (alone('[[example]]\nname = "b"\n'), "examples/b.rs"),
    "benchmark of a member": (in_workspace(core='[[bench]]\nname = "b"\n'), "core/benches/b.rs"),
    "build script": (alone('build = "make.rs"\n'), "make.rs"),
    "build script of a dependency": (with_core(ONE, 'build = "make.rs"\n'), "core/make.rs"),
    "lock file": (alone(), "Cargo.lock"),
    "module": (alone(**{"src/lib.rs": "mod x;\n"}), "src/x.rs"),
    "module of a program": (
        {"Cargo.toml": package("a"), "src/main.rs": "mod x;\nfn main() {}\n"},
        "src/x.rs",
    ),
    "module of a module": (
        alone(**{"src/lib.rs": "mod x;\n", "src/x.rs": "pub mod y;\n", "src/y.rs": ""}),
        "src/x/y.rs",
    ),
    "text": (alone(**{"src/lib.rs": '#![doc = include_str!("../README.md")]\n'}), "README.md"),
    "constant": (
        alone(**{"src/lib.rs": '/// x\npub const X: &[u8] =\n    include_bytes!("x.bin");\n'}),
        "src/x.bin",
    ),
    "text in a function": (
        alone(
            **{
                "src/lib.rs": "/// x\n#[inline]\npub fn f() -> &'static str {\n"
                '    if cfg!(windows) { return ""; }\n    // x\n    include_str!("x.txt")\n}\n'
            }
        ),
        "src/x.txt",
    ),
    "text in a function of a dependency": (
        {**with_core(ONE), "core/src/lib.rs": 'pub fn f() -> &\'static str { include_str!("x.txt") }\n'},
        "core/src/x.txt",
    ),
    "text in a module": (
        alone(
            **{"src/lib.rs": "mod a;\n", "src/a.rs": 'fn f() { println!("{}", include_str!("a/x.txt")); }\n'}
        ),
        "src/a/x.txt",
    ),
    "included source": (alone(**{"src/lib.rs": 'include!("x.rs");\n'}), "src/x.rs"),
    "text in the folder of the crate": (
        alone(
            **{"src/lib.rs": 'const X: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/x.txt"));\n'}
        ),
        "x.txt",
    ),
}
"""Crates that cargo does not build, and a part of the message."""

SOUND: dict[str, dict[str, str]] = {
    "plain": alone(),
    "dependency": with_core(ONE),
    "for tests of a dependency": with_core(ONE, f"[dev-dependencies]\ntwo = {TWO}\n"),
    "optional, of a dependency": with_core(
        ONE, '[dependencies]\ntwo = { path = "../two", optional = true }\n'
    ),
    "for tests of an excluded crate": with_core(
        f'{ONE}[workspace]\nexclude = ["core"]\n', f"[dev-dependencies]\ntwo = {TWO}\n"
    ),
    "benchmark of a dependency": with_core(ONE, '[[bench]]\nname = "b"\n'),
    "patch of a dependency": with_core(ONE, f"[patch.crates-io]\ntwo = {TWO}\n"),
    "excluded": alone('[workspace]\nexclude = ["core"]\n'),
    "unused dependency of the workspace": alone(
        '[workspace]\n[workspace.dependencies]\none = { path = "core" }\n'
    ),
    "file among the members": {**alone('[workspace]\nmembers = ["crates/*"]\n'), "crates/README": ""},
    "excluded folder among the members": {
        "Cargo.toml": '[workspace]\nmembers = ["*"]\nexclude = ["docs"]\n',
        **PY,
        "docs/x": "",
    },
    "workspace": in_workspace(),
    "build script of another member": in_workspace(core='build = "make.rs"\n'),
    "crate outside the workspace": {
        "Cargo.toml": '[workspace]\nmembers = ["core"]\nexclude = ["py"]\n',
        **PY,
        **CORE,
    },
    "workspace of a dependency": with_core(ONE, '[workspace]\nmembers = ["two"]\n'),
    "dependency of a member": in_workspace('["core"]', '[dev-dependencies]\na = { path = "../py" }\n'),
    "pattern of members": in_workspace('["c*", "p?"]'),
    "no workspace above": {"Cargo.toml": package("b"), **LIB, **PY},
    "path of a program": alone('[[bin]]\nname = "b"\npath = "x/b.rs"\n'),
    "path of a benchmark": alone('[[bench]]\nname = "b"\npath = "x/b.rs"\n'),
    "program in a folder": {**alone('[[bin]]\nname = "b"\n'), "src/bin/b/main.rs": "fn main() {}\n"},
    "program at the default path": {**alone('[[bin]]\nname = "a"\n'), "src/main.rs": "fn main() {}\n"},
    "example in a folder": {**alone('[[example]]\nname = "b"\n'), "examples/b/main.rs": "fn main() {}\n"},
    "library of an optional dependency": with_core(
        '[dependencies]\none = { path = "core", optional = true }\n', '[lib]\npath = "x.rs"\n'
    ),
    "no build script": alone("build = false\n"),
    "vendored crates": alone(**{CONFIG: VENDORED, "crates/README": ""}),
    "other source": alone(**{CONFIG: VENDORED.replace("crates-io", "mirror")}),
    "online source": alone(
        **{CONFIG: VENDORED.replace('directory = "crates"', 'registry = "sparse+https://example.org/"')}
    ),
    "flags": alone(**{CONFIG: "[build]\nrustflags = []\n"}),
    "texts": alone('readme = "R.md"\nlicense-file = "L"\n'),
    "modules": {
        **alone(**{"src/lib.rs": "#[allow(dead_code)]\nmod x;\nmod r#z;\n", "src/x/mod.rs": "mod y;\n"}),
        "src/x/y.rs": "",
        "src/z.rs": "",
    },
    "conditional module": alone(
        **{"src/lib.rs": "#[cfg(windows)]\nmod x;\n/*\nmod y;\n*/\n#[cfg(test)]\n/// x\nmod z;\n// mod a;\n"}
    ),
    "condition before a comment": alone(
        **{"src/lib.rs": "use std::fmt;\n#[cfg(windows)] // only there;\nmod x;\n"}
    ),
    "condition after an attribute": alone(**{"src/lib.rs": "#[allow(dead_code)] #[cfg(windows)]\nmod x;\n"}),
    "unused library": {
        "Cargo.toml": package("a", "autolib = false\n"),
        "src/lib.rs": "mod x;\n",
        "src/main.rs": "fn main() {}\n",
    },
    "program beside a library": alone(**{"src/main.rs": "mod x;\nfn main() {}\n"}),
    "conditional text": alone(**{"src/lib.rs": '#![cfg_attr(docsrs, doc = include_str!("../README.md"))]\n'}),
    "texts that are not always included": alone(
        **{
            "src/lib.rs": '#[cfg(test)]\nfn f() { include_str!("x"); }\n'
            '#[cfg(test)]\nmod tests {\n    fn g() { include_str!("x"); }\n}\n'
            'fn h() {\n    #[cfg(test)]\n    include_str!("x");\n    // include_str!("x")\n}\n'
            '/// include_str!("x")\n'
            'fn i() { stringify!(include_str!("x")); }\n'
            'macro_rules! m { () => { include_str!("x") } }\n'
        }
    ),
    "module at a path": {
        **alone(**{"src/lib.rs": '#[path = "b.rs"]\nmod a;\n'}),
        "src/b.rs": "",
    },
    "made by the build script": {
        **alone(**{"src/lib.rs": "mod made;\n"}),
        "build.rs": 'fn main() { std::fs::write("src/made.rs", "").unwrap(); }\n',
    },
}
"""Crates that cargo builds."""


def folder_of(files: dict[str, str]) -> str:
    return "py" if "py/Cargo.toml" in files else ""


def found(
    files: dict[str, str],
    locking: str = "",
    reads_texts: bool = False,
    kind: str = "",
    folders: Sequence[str] = (),
) -> list[str]:
    return [each.message for each in missing(files, locking, reads_texts, kind, folders)]


def missing(
    files: dict[str, str],
    locking: str = "",
    reads_texts: bool = False,
    kind: str = "",
    folders: Sequence[str] = (),
) -> list[Missing]:
    model = SdistModel("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    model.entries = [Entry(f"sample-1.0/{path}", EntryType.FILE, len(text)) for path, text in files.items()]
    read = {f"sample-1.0/{path}": text for path, text in files.items()}
    manifests = {path: read_manifest(text) for path, text in read.items() if path.endswith("Cargo.toml")}
    configs = {path: read_config(text) for path, text in read.items() if path.endswith(CONFIG)}
    sources = {path: read_source(text) for path, text in read.items() if path.endswith(".rs")}
    place = Location("sample-1.0/pyproject.toml")
    crates = [Crate(each, place, locking, reads_texts, kind) for each in folders or [folder_of(files)]]
    return list(
        rust_inputs(
            model,
            Tree(model),
            crates,
            Summaries({path: each for path, each in manifests.items() if each is not None}),
            Summaries({path: each for path, each in sources.items() if each is not None}),
            Summaries({path: each for path, each in configs.items() if each is not None}),
        )
    )


@pytest.mark.parametrize("name", BROKEN)
def test_crate_that_cargo_does_not_build(name: str) -> None:
    files, said = BROKEN[name]
    (message,) = found(files, "--locked" if name == "lock file" else "")
    assert said in message


def test_a_crate_may_need_no_vendored_crates() -> None:
    (said,) = missing(BROKEN["vendored crates"][0])
    assert str(said.severity) == "warning"


@pytest.mark.parametrize("name", SOUND)
def test_crate_that_cargo_builds(name: str) -> None:
    assert found(SOUND[name]) == []


def builds(files: dict[str, str], folder: Path, *options: str) -> bool:
    """Return whether cargo builds the library of a crate without network."""
    cargo = find_compiler("cargo")
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    command = [cargo, "rustc", "--offline", "--quiet", "--lib", *options]
    at = folder / folder_of(files)
    done = subprocess.run(command, cwd=at, env=os.environ, capture_output=True, check=False)
    return done.returncode == 0


# All were tried with cargo 1.95; each run takes a third of a second, so the tests run one of each kind.
@pytest.mark.parametrize(
    "name",
    [
        "benchmark of a member",
        "crate of no workspace",
        "folder without a manifest",
        "lock file",
        "text",
        "shared dependency",
    ],
)
def test_cargo_does_not_build(name: str, tmp_path: Path) -> None:
    assert not builds(BROKEN[name][0], tmp_path / "a", *(["--locked"] if name == "lock file" else []))


@pytest.mark.parametrize("name", ["optional, of a dependency", "conditional module"])
def test_cargo_builds(name: str, tmp_path: Path) -> None:
    assert builds(SOUND[name], tmp_path / "a")


MAIN = {"src/main.rs": "fn main() {}\n"}
EMPTY = {"Cargo.toml": package("a")}


# All were tried with maturin 1.16: "No Cargo targets to build", or an error of cargo.
@pytest.mark.parametrize(
    ("kind", "files", "path"),
    [
        ("bin", EMPTY, "src/main.rs"),
        ("bin", alone(), "src/main.rs"),
        ("bin", alone(**{"src/bin/README": ""}), "src/main.rs"),
        ("bin", alone('[[bin]]\nname = "b"\npath = "src/b.rs"\n'), "src/b.rs"),
        ("bin", alone(**{"src/main.rs": "mod x;\nfn main() {}\n"}), "src/x.rs"),
        ("", {**EMPTY, "src/main.rs": "mod x;\nfn main() {}\n"}, "src/x.rs"),
        ("lib", EMPTY, "src/lib.rs"),
        ("", EMPTY, ""),
        ("", {**with_core(ONE), "core/src/lib.rs": "mod x;"}, "core/src/x.rs"),
    ],
)
def test_target_that_the_backend_compiles(kind: str, files: dict[str, str], path: str) -> None:
    assert [each.path for each in missing(files, kind=kind)] == [path]


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("bin", {**EMPTY, **MAIN}),
        ("bin", {**EMPTY, "src/bin/b.rs": "fn main() {}\n"}),
        ("bin", {**EMPTY, "src/bin/b/main.rs": "fn main() {}\n"}),
        ("bin", {**alone('[[bin]]\nname = "b"\npath = "b.rs"\n'), "b.rs": "fn main() {}\n"}),
        ("bin", {**alone('[[bin]]\nname = "b"\npath = "b.rs"\nrequired-features = ["x"]\n'), **MAIN}),
        ("", alone()),
        ("", {**alone(), "src/main.rs": "mod x;\nfn main() {}\n"}),
    ],
)
def test_target_that_is_there(kind: str, files: dict[str, str]) -> None:
    assert found(files, kind=kind) == []


def test_library_of_a_dependency_without_source() -> None:
    files = with_core(ONE)
    del files["core/src/lib.rs"]
    assert [each.path for each in missing(files)] == ["core/src/lib.rs"]


def test_work_for_many_crates_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    local = Mock(wraps=Tree.local)
    monkeypatch.setattr(Tree, "local", lambda tree, path: local(tree, path))
    many = range(100)
    lists = [f"{key} = {[f'{key}{each}' for each in many]}" for key in ("members", "exclude")]
    shared = "".join(f'd{each} = {{ path = "c" }}\n' for each in many)
    needed = "".join(f"d{each}.workspace = true\n" for each in many)
    top = "\n".join(["[workspace]", *lists, "[workspace.dependencies]", shared])
    files = {"Cargo.toml": top, "c/Cargo.toml": package("c", f"[dependencies]\n{needed}"), "c/src/lib.rs": ""}
    once = found(files, folders=["c"])
    steps = local.call_count
    assert steps < 2_000  # not each member for each dependency
    local.reset_mock()
    assert found(files, folders=["c"] * 50) == once
    assert local.call_count == steps


def test_maturin_reads_the_texts_of_a_crate() -> None:
    files = SOUND["texts"]
    assert [each.partition(" names ")[0] for each in found(files, reads_texts=True)] == [
        "`package.readme`",
        "`package.license-file`",
    ]


def test_lock_file_of_the_workspace() -> None:
    files = {**in_workspace(), "Cargo.lock": "version = 4\n"}
    assert found(files, "--locked") == []
    assert "'Cargo.lock'" in found(in_workspace(), "--frozen")[0]


def test_c_source_of_a_build_script() -> None:
    script = 'fn main() {\n    cc::Build::new().file("c/x.c").compile("x");\n}\n'
    files = alone(**{"build.rs": script})
    assert found(files) == ["'build.rs' compiles 'c/x.c', which is not in the sdist, so the build fails"]
    assert found({**files, "c/x.c": ""}) == []
    assert found({**files, "build.rs": script.replace("cc::", "if true { } cc::")}) == []


MODULES = '[[tool.setuptools-rust.ext-modules]]\ntarget = "sample._fast"\n'


@pytest.mark.parametrize(
    ("backend", "files", "said"),
    [
        ("maturin", {}, "'Cargo.toml', the manifest of a Rust crate"),
        ("maturin", {"rust/Cargo.toml": package("a"), "rust/src/lib.rs": ""}, ""),
        ("maturin", {"pyproject.toml": "[tool.maturin]\nlocked = true\n", **alone()}, "'Cargo.lock'"),
        ("maturin", {"pyproject.toml": '[tool.maturin]\nbindings = "bin"\n', **alone()}, "no program"),
        ("maturin", {"pyproject.toml": '[tool.maturin]\nmanifest-path = "x/Cargo.toml"\n'}, "'x/Cargo.toml'"),
        ("maturin", {"pyproject.toml": '[tool.maturin]\npython-source = "x"\n', **alone()}, "names 'x'"),
        ("setuptools", {"pyproject.toml": MODULES}, "'Cargo.toml', the manifest"),
        ("setuptools", {"pyproject.toml": f'{MODULES}args = ["--locked"]\n', **alone()}, "'Cargo.lock'"),
        ("setuptools", {"pyproject.toml": f"{MODULES}optional = true\n"}, ""),
        ("setuptools", {"setup.py": "setup(rust_extensions=[RustExtension('a', 'x/Cargo.toml')])\n"}, "'x/"),
        ("setuptools", {"setup.py": "setup(rust_extensions=[RustExtension('a', optional=True)])\n"}, ""),
        (
            "setuptools",
            {
                "setup.py": "setup(rust_extensions=[RustExtension('a', args=['--locked'])])\n",
                **alone(),
            },
            "'Cargo.lock'",
        ),
    ],
)
def test_crates_of_a_backend(backend: str, files: dict[str, str], said: str, tmp_path: Path) -> None:
    project = '[project]\nname = "sample"\nversion = "1.0"\n'
    texts = {**files, "pyproject.toml": f"{system(backend)}{project}{files.get('pyproject.toml', '')}"}
    made = Sdist(files={path: text.encode() for path, text in texts.items()}, metadata=sample_metadata())
    messages = [each.message for each in audit(tmp_path, made.build()) if each.code == "SD105"]
    assert [said in each for each in messages] == ([True] if said else [])


@pytest.mark.parametrize("line", ["", 'dynamic = ["version", "author"]\n'])
def test_maturin_builds_without_a_static_version(line: str, tmp_path: Path) -> None:
    text = f'{system("maturin")}[project]\nname = "sample"\n{line}'
    files = {path: each.encode() for path, each in {"pyproject.toml": text, **alone()}.items()}
    built = Sdist(files=files, metadata=sample_metadata()).build()
    assert {str(each.severity) for each in audit(tmp_path, built) if each.code == "SD104"} == {"warning"}
