"""Cases of RL108 to RL113: a release beside the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fixtures.builders import Built, Metadata, Sdist, Wheel, sample_metadata
from fixtures.cases import Successive, bad, good
from fixtures.samples import requiring

HOOK = b"import sample.core\n"

MARKED = ("WH124", "WH125", "WH106", "SF110")
"""Rules that report the same files for other reasons."""


METADATA = "sample-1.1.dist-info/METADATA"


def wheel(
    files: Mapping[str, bytes] | None = None,
    version: str = "1.1",
    metadata: Metadata | None = None,
    tag: str = "py3-none-any",
) -> Built:
    """Return the sample wheel of a version with additional files; ``1.0`` in paths becomes the version."""
    made = Wheel(version=version, metadata=metadata or sample_metadata(), tag=tag)
    made.files |= {path.replace("1.0", version): data for path, data in (files or {}).items()}
    return made.build()


def change(
    new: Mapping[str, bytes] | None = None,
    old: Mapping[str, bytes] | None = None,
    since: str = "1.0",
    metadata: tuple[Metadata, Metadata] | None = None,
) -> Successive:
    """Return the wheel of 1.1 with additional files, and that of another version with others."""
    ours, theirs = metadata or (None, None)
    return Successive([wheel(new, "1.1", ours)], [wheel(old, since, theirs)])


def entry_points(text: str) -> dict[str, bytes]:
    return {"sample-1.0.dist-info/entry_points.txt": text.encode()}


@good("RL108", "RL109", "RL110", "RL111", "RL112", "RL113")
def nothing_changed() -> Successive:
    return change()


# RL108


@bad("RL108", says="more than the 12.5 kB of version '1.0': 'sample/words.txt' (+300.0 kB)")
def large_file() -> Successive:
    return change({"sample/words.txt": b"word\n" * 60_000})


@bad("RL108", says="less than the 312.5 kB of version '1.0': 'sample/words.txt' (-300.0 kB)")
def data_that_is_gone() -> Successive:
    return change(old={"sample/words.txt": b"word\n" * 60_000})


@good("RL108")
def file_that_became_twice_as_large() -> Successive:
    return change({"sample/words.txt": b"word\n" * 30_000}, {"sample/words.txt": b"word\n" * 15_000})


@good("RL108")
def growth_by_a_tenth() -> Successive:
    return change({"sample/words.txt": b"word\n" * 660_000}, {"sample/words.txt": b"word\n" * 600_000})


# RL109


@bad("RL109", says="does not install 'tools', which version '1.0' installed")
def package_that_is_gone() -> Successive:
    return change(old={"tools/__init__.py": b""})


@bad("RL109", severity="info")
def package_that_a_major_version_removed() -> Successive:
    return change(old={"tools.py": b"x = 1\n"}, since="0.9")


@good("RL109")
def package_of_tests_that_is_gone() -> Successive:
    return change(old={"tests/__init__.py": b"", "docs/conf.py": b"x = 1\n"})


@good("RL109", also=["NB104"])
def package_of_another_system() -> Successive:
    windows = wheel({"sample_win.py": b"x = 1\n"}, "1.0", tag="cp313-cp313-win_amd64")
    linux = wheel(tag="cp313-cp313-manylinux_2_28_x86_64")
    return Successive([linux], [windows])


# RL110


@bad(
    "RL110", at="sample.pth", also=MARKED, says="'sample.pth' runs code at every start of Python, and is not"
)
def new_hook() -> Successive:
    return change({"sample.pth": HOOK})


@bad("RL110", at="sample.pth", also=MARKED)
def hook_that_only_added_a_folder_before() -> Successive:
    return change({"sample.pth": HOOK}, {"sample.pth": b"sample\n"})


@bad("RL110", at="sample.pth", also=MARKED, severity="warning", says="has other content than in")
def hook_with_other_content() -> Successive:
    return change({"sample.pth": HOOK}, {"sample.pth": b"import sample\n"})


@bad("RL110", at="sample.start", also=MARKED)
def new_function_at_the_start() -> Successive:
    return change({"sample.start": b"sample.core:answer\n"})


@bad("RL110", at="sitecustomize.py", also=MARKED)
def new_module_of_the_site() -> Successive:
    return change({"sitecustomize.py": b"x = 1\n"})


@bad("RL110", at="sample-1.1-py3.12-nspkg.pth", also=MARKED, severity="warning", says="has other content")
def hook_of_a_namespace_by_another_setuptools() -> Successive:
    name = "sample-1.0-py3.{}-nspkg.pth"
    return change({name.format(12): HOOK}, {name.format(8): b"import sample\n"})


@good("RL110", also=MARKED)
def hook_that_was_there() -> Successive:
    return change({"sample-1.0-nspkg.pth": HOOK}, {"sample-1.0-nspkg.pth": HOOK})


@good(
    "RL110",
    config={"path-file": {"allow": {"sample.pth": f"sha256:{hashlib.sha256(HOOK).hexdigest()}"}}},
)
def hook_that_is_allowed() -> Successive:
    return change({"sample.pth": HOOK})


@good("RL110", also=MARKED)
def hook_beside_an_old_sdist() -> Successive:
    return Successive([wheel({"sample.pth": HOOK})], [Sdist().build()])


# RL111


@bad(
    "RL111",
    also=["LC101", "LC102", "LC103"],
    says="contains no license text, and version '1.0' contained one",
)
def license_that_is_gone() -> Successive:
    made = Wheel(version="1.1", licenses={})
    return Successive([made.build()], [wheel(version="1.0")])


@bad("RL111", says="'sample' has no 'py.typed', and had one in version '1.0'")
def mark_of_types_that_is_gone() -> Successive:
    made = Wheel(version="1.1")
    del made.files["sample/py.typed"]
    return Successive([made.build()], [wheel(version="1.0")])


@bad("RL111", says="lacks the command 'sample-run' of version '1.0'")
def command_that_is_gone() -> Successive:
    return change(old=entry_points("[console_scripts]\nsample-run = sample.core:answer\n"))


@bad("RL111", says="lacks the group of entry points 'sample.parts' of version '1.0'")
def plug_in_that_is_gone() -> Successive:
    return change(old=entry_points("[sample.parts]\ncore = sample.core:answer\n"))


@bad("RL111", says="lacks the extras 'fast', 'tls' of version '1.0'")
def extras_that_are_gone() -> Successive:
    return change(metadata=(sample_metadata(), requiring(extras=("fast", "tls"))))


@bad("RL111", severity="info")
def extras_for_development_that_are_gone() -> Successive:
    return change(metadata=(sample_metadata(), requiring(extras=("dev", "docs"))))


@good("RL111")
def license_in_another_folder() -> Successive:
    return change(
        {"sample-1.0.dist-info/licenses/LICENSE": b"MIT\n"}, {"sample-1.0.dist-info/LICENSE": b"MIT\n"}
    )


@good("RL111")
def command_from_another_place() -> Successive:
    return change(
        entry_points("[console_scripts]\nsample-run = sample.core:answer\n"),
        {"sample-1.0.data/scripts/sample-run": b"#!python\nimport sample\n"},
    )


# RL112


@bad("RL112", at=f"{METADATA}:13", says="the release requires 'attrs', which version '1.0' did not require")
def new_requirement() -> Successive:
    return change(metadata=(requiring("attrs>=24"), requiring()))


@bad("RL112", at=f"{METADATA}", says="the release does not require 'attrs', which version '1.0' required")
def requirement_that_is_gone() -> Successive:
    return change(metadata=(requiring(), requiring("attrs>=24")))


@bad("RL112", at=f"{METADATA}:11", says="the release requires Python 3.12, and version '1.0' allowed 3.10")
def newer_python() -> Successive:
    return change(metadata=(requiring(python=">=3.12"), requiring(python=">=3.10")))


@good("RL112")
def other_bound_of_a_requirement() -> Successive:
    return change(metadata=(requiring("attrs>=24"), requiring("Attrs")))


@good("RL112")
def requirement_of_an_extra() -> Successive:
    return change(
        metadata=(requiring('attrs; extra == "fast"', extras=("fast",)), requiring(extras=("fast",)))
    )


# RL113


@bad("RL113", says="has the version of an earlier release, and other content")
def version_that_exists() -> Successive:
    return change({"sample/new.py": b"x = 1\n"}, since="1.1")


@bad("RL113", says="has a version below all earlier ones, of which '2.0' is the lowest")
def version_below_the_others() -> Successive:
    return change(since="2.0")


@good("RL113")
def the_same_file() -> Successive:
    return change(since="1.1")


@good("RL113")
def wheel_for_a_released_sdist() -> Successive:
    return Successive([wheel()], [Sdist(version="1.1").build()])
