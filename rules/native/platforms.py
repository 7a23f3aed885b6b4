"""Judges binaries by the platform tags of a wheel: architecture, format, macOS version."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Exclude, Problem, Severity, counted, quoted
from pkgaudit.rules._shared.wheel_tags import inner_tags
from pkgaudit.rules.native.header import Header
from pkgaudit.rules.native.report import listed, problem
from pkgaudit.rules.native.tags import FORMAT_NAMES, SYSTEM_NAMES
from pkgaudit.rules.native.wheel import Natives

_DESKTOP = frozenset({"x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64", "loongarch64"})
"""Architectures that Python runs on. A binary for another processor is firmware, so it counts as data."""

_EMULATED = {("macos", "x86_64"), ("windows", "x86_64"), ("windows", "i686"), ("linux", "i686")}
"""Architectures of programs that a system of another architecture runs too, directly or by emulation."""

_REBUILD = "build the wheel for {}, or give it the tag of its binaries"


def _tags(natives: Natives) -> list[str]:
    return sorted(each.tag for each in natives.platforms)


def _tagged(natives: Natives) -> str:
    return listed(_tags(natives))


def _is_judged(natives: Natives) -> bool:
    return natives.is_sound and natives.is_known and bool(natives.headers)


def _code(natives: Natives) -> dict[str, Header]:
    """Return the binaries that some system could load, without those in test folders."""
    return {
        path: header
        for path, header in natives.headers.items()
        if header.architectures and not natives.is_test(path) and not any(i.managed for i in header.images)
    }


def wrong_architecture(natives: Natives) -> Iterator[Problem]:
    """Judge the architecture of binaries of the right format."""
    if not _is_judged(natives):
        return
    wrong: dict[tuple[str, str], list[str]] = {}
    blamed: set[str] = set()
    groups = [paths for _, paths in sorted(natives.modules.items())]
    modules = {path for paths in groups for path in paths}
    for _, paths in sorted(natives.by_name.items()):
        if paths[0] in natives.loaded and not modules.intersection(paths):
            groups.append(sorted({*paths}))
    for paths in groups:
        headers = [natives.headers[path] for path in paths if natives.headers[path].format in natives.formats]
        if any(not header.whole and "header" in header.unread for header in headers):
            continue  # an image of the file is beyond the part in memory
        found = frozenset(each for header in headers for each in header.architectures)
        wanted = frozenset(
            each
            for platform in natives.platforms
            if any(header.format == platform.format for header in headers)
            for each in platform.architectures
        )
        if found and wanted - found and not blamed.intersection(paths):
            key = (", ".join(sorted(found)), ", ".join(sorted(wanted - found)))
            wrong.setdefault(key, []).append(paths[0])
            blamed.update(paths)
    for (found_names, lacking), paths in wrong.items():
        yield problem(
            paths,
            f"{quoted(min(paths))} is built for {found_names}, but Python loads it, and the platform "
            f"{_tagged(natives)} needs {lacking}",
            _REBUILD.format(lacking),
            key=f"{found_names}/{lacking}",
            data={
                "actual": found_names.split(", "),
                "expected": lacking.split(", "),
                "tags": _tags(natives),
            },
        )
    if not wrong:
        yield from _other_architectures(natives)


def _other_architectures(natives: Natives) -> Iterator[Problem]:
    """Judge binaries that are not loaded as extension modules: if only some are wrong, they may be data."""
    code = {path: each for path, each in _code(natives).items() if each.format in natives.formats}
    foreign = {
        path: header
        for path, header in code.items()
        if not header.architectures & natives.architectures and path not in natives.loaded
    }
    if not foreign:
        return
    actual = sorted({each for header in foreign.values() for each in header.architectures})
    names = ", ".join(actual)
    systems = natives.systems
    linked = [
        path
        for path, header in foreign.items()
        if (header.needed or header.is_library)
        and header.architectures & _DESKTOP
        and (header.is_library or not all((s, a) in _EMULATED for s in systems for a in header.architectures))
    ]
    if linked and len(foreign) == len(code) and not natives.suffixes and not natives.has_nested:
        yield problem(
            linked,
            f"{quoted(min(linked))} is built for {names}, but the platform {_tagged(natives)} needs "
            f"{', '.join(sorted(natives.architectures))}, and no file in the wheel is built for that",
            _REBUILD.format(", ".join(sorted(natives.architectures))),
            key=f"all/{names}",
            data={"actual": actual, "expected": sorted(natives.architectures), "tags": _tags(natives)},
        )
        return
    yield problem(
        foreign,
        f"{quoted(min(foreign))} is built for {names}, but the wheel is for {_tagged(natives)}; "
        "this is fine if it is data, such as a program for another machine",
        severity=Severity.INFO,
        key=f"data/{names}",
        data={"actual": actual, "tags": _tags(natives)},
    )


def wrong_platform(natives: Natives) -> Iterator[Problem]:
    """Judge the format of binaries."""
    if not _is_judged(natives):
        return
    expected = sorted(FORMAT_NAMES[each] for each in natives.formats)
    wanted = " or ".join(expected)
    broken: list[str] = []
    beside: list[str] = []
    for paths in natives.modules.values():
        foreign = [path for path in paths if natives.headers[path].format not in natives.formats]
        if foreign:
            # Beside the right module it is left over from a build, or the wheel supports all platforms.
            (beside if len(foreign) < len(paths) else broken).append(foreign[0])
    if broken:
        format = FORMAT_NAMES[natives.headers[min(broken)].format]
        yield problem(
            broken,
            f"{quoted(min(broken))} is an extension module in the format {format}, but the platform "
            f"{_tagged(natives)} needs {wanted}",
            _REBUILD.format(" and ".join(sorted(SYSTEM_NAMES[each] for each in natives.systems))),
            key=f"module/{format}",
            data={"actual": [format], "expected": expected, "tags": _tags(natives)},
        )
        return
    code = _code(natives)
    foreign = [path for path in code if code[path].format not in natives.formats]
    libraries = [path for path in foreign if code[path].is_library and code[path].architectures & _DESKTOP]
    if libraries and len(foreign) == len(code) and not natives.suffixes and not natives.has_nested:
        format = FORMAT_NAMES[natives.headers[min(libraries)].format]
        yield problem(
            libraries,
            f"{quoted(min(libraries))} has the format {format}, but the platform {_tagged(natives)} needs "
            f"{wanted}, and no file in the wheel has that format",
            _REBUILD.format(" and ".join(sorted(SYSTEM_NAMES[each] for each in natives.systems))),
            key=f"all/{format}",
            data={"actual": [format], "expected": expected, "tags": _tags(natives)},
        )
    elif beside or foreign:
        paths = beside or foreign
        formats = sorted({FORMAT_NAMES[natives.headers[path].format] for path in paths})
        yield problem(
            paths,
            f"{quoted(min(paths))} has the format {' and '.join(formats)}, which the platform "
            f"{_tagged(natives)} cannot load; this is fine if it is data for other platforms",
            severity=Severity.INFO,
            key=f"data/{formats}",
            data={"actual": formats, "expected": expected, "tags": _tags(natives)},
        )
    yield from _wrong_libc(natives)


def _wrong_libc(natives: Natives) -> Iterator[Problem]:
    """Judge the C library that the extension modules of a wheel for Linux are linked with."""
    if natives.systems != {"linux"} or {each.libc for each in natives.platforms} != {"glibc"}:
        return
    found = [
        path
        for path in natives.loaded
        if any(each == "libc.so" or each.startswith("libc.musl-") for each in natives.headers[path].needed)
    ]
    if found:
        yield problem(
            found,
            f"{quoted(min(found))} is linked with musl, but the platform {_tagged(natives)} has glibc",
            "build the wheel in a manylinux image, or tag it musllinux",
            key="musl",
            data={"actual": ["musl"], "expected": ["glibc"], "tags": _tags(natives)},
        )


def pure_wheel_with_binary(natives: Natives) -> Iterator[Problem]:
    """Judge extension modules in a wheel that is tagged or marked as pure Python."""
    if not natives.is_sound or not natives.suffixes:
        return
    if natives.is_any:
        per_module = [{natives.headers[path].format for path in paths} for paths in natives.modules.values()]
        # A wheel that has each module for several systems has them on purpose.
        many = all(len(formats) > 1 for formats in per_module)
        first = min(natives.suffixes)
        yield problem(
            natives.suffixes,
            f"{quoted(first)} is an extension module for {_what(natives.headers[first])}, but the wheel is "
            "tagged for any platform"
            + ("; it has the module for several platforms, and fails on all others" if many else ""),
            _remedy(natives),
            severity=Severity.INFO if many else None,
            key="any",
            data={"actual": [_what(natives.headers[first])], "tag": "any"},
        )
        return
    inner = inner_tags(natives.wheel)
    if inner is not None and inner.is_pure:
        root = [path for path in natives.suffixes if ".data/" not in path]
        if root:
            yield problem(
                root,
                f"{quoted(min(root))} is an extension module, but WHEEL has Root-Is-Purelib: true, so it is "
                "installed into the folder for pure Python packages",
                "build it as a wheel with extension modules, with Root-Is-Purelib: false",
                severity=Severity.WARNING,
                key="purelib",
                data={"field": "Root-Is-Purelib", "value": "true"},
            )


def _remedy(natives: Natives) -> str | Exclude:
    """Return what to do about extension modules in a wheel for any platform: it may be meant to be pure."""
    said = "build it with the tags of its platform: the build backend must know that it is not pure Python"
    if len(natives.suffixes) > 1:
        return f"{said}. If an earlier build left the modules there, delete them and build again"
    return Exclude(min(natives.suffixes), f"{said}. If an earlier build left the module there, exclude it")


def _what(header: Header) -> str:
    system = {"elf": "Linux", "mach-o": "macOS", "pe": "Windows"}[header.format]
    return f"{system} on {', '.join(sorted(header.architectures)) or 'an unknown architecture'}"


# Other native content of a platform wheel: static libraries, object files, Node add-ons, WebAssembly, iOS
# frameworks, Java archives with native code.
_NATIVE_SUFFIXES = (".a", ".lib", ".o", ".obj", ".node", ".wasm", ".fwork", ".jar", ".exe", ".so", ".dylib")


def platform_wheel_without_binary(natives: Natives) -> Iterator[Problem]:
    """Judge a wheel with a platform tag that contains no native binary."""
    wheel, tags = natives.wheel, natives.tags
    if not natives.is_sound or tags is None or natives.is_any or not natives.is_known:
        return
    if natives.headers or natives.has_nested or wheel.unread or wheel.nested:
        return
    if any(path.lower().endswith(_NATIVE_SUFFIXES) for path in wheel.files):
        return  # native code in a format that no reader here supports
    exact = sorted(each for each in tags.abis if each != "none")
    what = f"{_tagged(natives)}{f' and the ABI {listed(exact)}' if exact else ''}"
    if exact:
        yield Problem(
            f"the wheel is tagged for {what}, but none of its {counted(len(wheel.files), 'file')} is a "
            "native binary",
            wheel.location,
            "check whether an optional extension module failed to build; tag a pure Python wheel "
            "py3-none-any",
            key="abi",
            data={"tags": _tags(natives), "abis": exact, "count": len(wheel.files)},
        )
    else:
        yield Problem(
            f"the wheel is tagged for {what}, but none of its files is a native binary",
            wheel.location,
            "tag it for any platform, unless its Python code is only for this platform",
            Severity.INFO,
            key="none",
            data={"tags": _tags(natives)},
        )


def macos_version_mismatch(natives: Natives) -> Iterator[Problem]:
    """Judge the oldest macOS that binaries run on."""
    if not natives.is_sound or "macos" not in natives.systems:
        return
    found: dict[tuple[Severity, str], list[tuple[tuple[int, ...], str, tuple[int, int]]]] = {}
    for path, header in natives.fitting.items():
        for image in header.images:
            if not image.is_code or image.system not in ("", "macos") or not image.minimum:
                continue
            bounds = [
                (_floor(each.version, image.architecture), each.tag)
                for each in natives.platforms
                if each.version and image.architecture in each.architectures
            ]
            if not bounds or image.minimum <= min(bounds)[0]:
                continue
            bound, tag = min(bounds)
            # From macOS 11 on a tag has only the major version, and minor releases add few symbols.
            is_minor = bound[0] >= 11 and bound[0] == image.minimum[0]
            is_main = path in natives.loaded or not natives.suffixes
            severity = Severity.ERROR if is_main and not is_minor else Severity.WARNING
            found.setdefault((severity, tag), []).append((image.minimum, path, bound))
    for (severity, tag), uses in sorted(found.items(), reverse=True):
        worst = max(minimum for minimum, *_ in uses)
        _, path, bound = min((each for each in uses if each[0] == worst), key=lambda use: (use[1], use[2]))
        newest = ".".join(map(str, worst))
        # From 11 on a tag has only the major version.
        promise = f"{worst[0] + (worst[1] > 0)}_0" if worst[0] > 10 else f"{worst[0]}_{worst[1]}"
        paths = {each for _, each, _ in uses}
        yield Problem(
            f"{quoted(path)} is built for macOS {newest} and later, but the tag {quoted(tag)} promises "
            f"{'.'.join(map(str, bound))}"
            + (f" ({len(paths):,} binaries are built for a newer macOS)" if len(paths) > 1 else ""),
            problem([path], "").location,
            f"build everything with MACOSX_DEPLOYMENT_TARGET={'.'.join(map(str, bound))}, including bundled "
            f"libraries, or tag the wheel macosx_{promise}",
            severity,
            key=f"{tag}/{newest}",
            data={
                "version": newest,
                "expected": ".".join(map(str, bound)),
                "tag": tag,
                "paths": sorted(paths),
            },
        )


def _floor(version: tuple[int, int], architecture: str) -> tuple[int, int]:
    """Return the macOS version that a tag means on an architecture."""
    # macOS 11 identifies itself as 10.16 to old programs, and is the first version for arm64.
    if architecture == "aarch64" or (version[0] == 10 and version[1] >= 16):
        return max(version, (11, 0))
    return version
