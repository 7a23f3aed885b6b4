"""PV101 to PV103, PV105: traces of the machine and of the people that built the distribution."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Location,
    Problem,
    Sdist,
    Severity,
    Summaries,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules.traces.accounts import Kind, kind_of
from pkgaudit.rules.traces.find import find_homes
from pkgaudit.rules.traces.homes import Evidence, Homes, Trace, homes_of, is_foreign, is_sbom
from pkgaudit.rules.traces.hosts import Hosts, hosts_of, is_internal
from pkgaudit.rules.traces.owners import owners_of

SHOWN = 4
"""How many accounts or hosts of a severity are told one by one; the rest is one more problem. Chosen, as for
SF."""


@dataclass(frozen=True)
class HomePaths:
    """Whose home folders do not matter.

    ``allow`` names accounts that may be seen, ``build`` accounts of the machines that build.
    """

    table: ClassVar[str] = "accounts"

    allow: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    def kind_of(self, trace: Trace) -> Kind:
        """Return whose account it is, with what the user says of it."""
        name = trace.account.lower()
        if name in map(str.lower, self.allow):
            return Kind.NONE
        if name in map(str.lower, self.build):
            return Kind.BUILD
        return trace.kind


@summary
def homes(file: BinaryFile) -> Homes | None:
    """Return the paths below home folders in a file."""
    return homes_of(file)


@summary
def hosts(file: BinaryFile) -> Hosts | None:
    """Return the hosts that a file of settings names."""
    return None if file.window.offset else hosts_of(file)


# Words for the message; what a machine wrote says itself where it comes from.
_SAID = {
    Evidence.BYTECODE: "as the path of its source",
    Evidence.MACHINE: "",
    Evidence.EXAMPLE: "",
    Evidence.MEDIA: "in what the program that made the file wrote about it",
    Evidence.TEXT: "as a value",
    Evidence.GZIP: "in the header of gzip",
}


@rule("PV101", "home-path", Severity.WARNING, since="0.1.0")
def home_path(distribution: Distribution, homes: Summaries[Homes], options: HomePaths) -> Iterator[Problem]:
    r"""A path of somebody's home folder is packed, and with it the name of an account.

    A warning where a machine wrote the path: as the place of the source in compiled Python, as a place
    of sources or of libraries in native code and its debug information, in results and caches of builds,
    lists of files, bills of materials, source maps, the header of a compiled list of requirements,
    `direct_url.json`. Other traces are an info: in what programs for images and documents write into their
    files, in data of tests and documentation, and in settings and strings of programs. What people write in
    comments, documentation and tests is not looked at. Names such as `user`, `you` or `alice` do not count.

    ## Why it matters
    The path tells who built the release and how the machine is laid out: the name of an account is
    often a person's name or login. The file also shows that it was made on somebody's machine and left in
    the folder: a build from a fresh clone would not have it, or would have it otherwise, so that nobody can
    build the same file again.

    ## How to fix it
    Build in a clean environment, and leave out files that builds leave behind. Compilers replace the path
    with `-ffile-prefix-map=$PWD=.` (gcc, clang), `--remap-path-prefix` (rustc), `-trimpath` (go) or
    `/PDBALTPATH:%_PDB%` (link.exe), Python with `python -m compileall -s DIR`. Accounts that may be seen,
    and those of machines that build, are named by

        [tool.pkgaudit.accounts]
        allow = ["sales"]
        build = ["buildfarm"]

    ## References
    - <https://reproducible-builds.org/docs/build-path/>
    - <https://gcc.gnu.org/onlinedocs/gcc/Overall-Options.html#index-ffile-prefix-map>
    - <https://docs.python.org/3/library/compileall.html#cmdoption-compileall-s>
    - <https://docs.python.org/3/library/pathlib.html#pathlib.Path.relative_to>
    """
    if not distribution.is_readable:
        return
    found: dict[str, list[tuple[Severity, str, Trace]]] = {}
    for path, each in homes.items():
        for trace in each.traces:
            if options.kind_of(trace) is not Kind.PERSON:
                continue
            severity = Severity.INFO
            # What people write may be an example, and what others built is not the project's to change.
            if trace.evidence >= Evidence.MACHINE and not is_foreign(path):
                severity = Severity.WARNING
            found.setdefault(trace.account, []).append((severity, path, trace))
    for trace in _of_gzip(distribution):
        if options.kind_of(trace) is Kind.PERSON:
            found.setdefault(trace.account, []).append((Severity.WARNING, "", trace))
    by_severity: dict[Severity, list[Problem]] = {}
    for account, traces in found.items():
        severity, path, trace = max(traces, key=lambda each: (each[0], each[2].evidence))
        more = _and_so({each[1] for each in traces})
        where = f" {_SAID[trace.evidence]}" if _SAID[trace.evidence] else ""
        by_severity.setdefault(severity, []).append(
            Problem(
                f"it holds the path {quoted(trace.path)}{where}, which tells "
                f"the account {quoted(account)}{more}",
                Location(path or None, trace.line),
                _SBOM_FIX if is_sbom(path) else _FIXES[trace.evidence],
                severity,
                key=account,
                digest=_same(account),
                data={
                    "account": account,
                    "machine_path": _shown(trace.path),
                    "files": len({each[1] for each in traces}),
                },
            )
        )
    for severity, problems in by_severity.items():
        yield from _folded(problems, "accounts", severity)


_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


def _of_gzip(distribution: Distribution) -> Iterator[Trace]:
    """Yield the trace that the name of the tar in the header of gzip is, which should have no folders."""
    header = distribution.gzip_header
    if header is not None and _ABSOLUTE.match(header.name):
        for home in find_homes(header.name.encode("utf-8", "replace")):
            # 200: as for other traces, so that a message stays readable.
            yield Trace(home.account, home.path[:200], None, Evidence.GZIP, kind_of(home.account))


# What removes the path depends on who wrote it there.
_FIXES = {
    Evidence.BYTECODE: "delete the bytecode and build from a fresh clone",
    Evidence.MACHINE: (
        "build in a clean environment, with a compiler that replaces the path, or leave the file out if a "
        "build left it behind"
    ),
    Evidence.EXAMPLE: "write the data anew without the path, or leave the file out",
    Evidence.MEDIA: "export the file anew without what the program knows about it",
    Evidence.TEXT: "take the path from the environment, or make it relative",
    Evidence.GZIP: "pack the tar from its own folder, or without a name (gzip -n)",
}


_SBOM_FIX = (
    "build the wheel from the sdist, as `python -m build` does: the bill of materials then names a temporary "
    "folder; or write it without paths"
)


def _shown(path: str) -> str:
    """Return a path as data: what was cut ends in a sign of it, so that a secret there is still masked."""
    return path if len(path) < 200 else f"{path}…"  # as long as paths of traces are kept


def _and_so(files: Collection[str]) -> str:
    """Return how many files do what is said of the first of them, to stand behind the sentence."""
    rest = len(files) - 1
    return f", and so {'does' if rest == 1 else 'do'} {counted(rest, 'more file')}" if rest else ""


def _same(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _folded(problems: list[Problem], noun: str, severity: Severity) -> Iterator[Problem]:
    """Yield the first problems, and one for all others."""
    rest = problems[SHOWN - 1 :] if len(problems) > SHOWN else []
    yield from problems[: len(problems) - len(rest)]
    if rest:
        # 5 and 40 are chosen: the names fit into two lines.
        names = ", ".join(quoted(each.key or "", 40) for each in rest[:5])
        first = rest[0]
        yield Problem(
            f"{len(rest)} more {noun} are told in the same way: {names}{' …' if len(rest) > 5 else ''}",
            first.location,
            first.fix,
            severity,
            key="more",
            data={"count": len(rest), noun: [each.key or "" for each in rest]},
        )


@rule("PV102", "build-path", Severity.INFO, pedantic=True, since="0.1.0")
def build_path(distribution: Distribution, homes: Summaries[Homes], options: HomePaths) -> Iterator[Problem]:
    """Paths of the machine that built the distribution are packed.

    These are paths below the home folder of an account that is no person's, as those of the runners of
    GitHub, GitLab and Azure, in bytecode, native code and results of builds. Paths of crates below
    `.cargo`, which every build with Rust has, do not count, nor do the libraries of others
    that are copied into a wheel.

    ## Why it matters
    It does no harm. A file with such paths differs from one that is built elsewhere, so that nobody can
    show that both come from the same sources.

    ## How to fix it
    Have compilers replace the path: `-ffile-prefix-map=$PWD=.` (gcc, clang), `--remap-path-prefix` (rustc),
    `-trimpath` (go), `/PDBALTPATH:%_PDB%` (link.exe). Leave out bytecode and other results of builds.

    ## References
    - <https://reproducible-builds.org/docs/build-path/>
    - <https://gcc.gnu.org/onlinedocs/gcc/Overall-Options.html#index-ffile-prefix-map>
    """
    if not distribution.is_readable:
        return
    found: list[tuple[str, Trace]] = []
    for path, each in homes.items():
        for trace in each.traces:
            kind = options.kind_of(trace)
            is_build = trace.evidence >= Evidence.MACHINE and kind in (Kind.BUILD, Kind.EXAMPLE, Kind.SERVICE)
            if is_build and not is_foreign(path):
                found.append((path, trace))
    if not found:
        return
    path, trace = max(found, key=lambda each: each[1].evidence)
    more = _and_so({each[0] for each in found})
    yield Problem(
        f"it holds the path {quoted(trace.path)} of the machine that built it{more}",
        Location(path, trace.line),
        _FIXES[trace.evidence],
        key="build",
        data={"machine_path": _shown(trace.path), "files": len({each[0] for each in found})},
    )


@dataclass(frozen=True)
class InternalHosts:
    """Which hosts are internal.

    ``suffixes`` are further domains of an own network, ``allow`` are hosts or domains that may be named.
    """

    suffixes: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()


@rule("PV103", "internal-host", Severity.WARNING, since="0.1.0")
def internal_host(
    distribution: Distribution, hosts: Summaries[Hosts], options: InternalHosts
) -> Iterator[Problem]:
    """A host of an own network is named, which nobody outside can reach.

    Hosts below `.corp`, `.internal`, `.intranet`, `.lan`, `.local` and `.localdomain` and private addresses
    are looked for in core metadata, lock files, requirements and settings of installers, where they are a
    warning, and in other settings (`*.toml`, `*.ini`, `*.cfg`, `*.yaml`, `.env`), where they are an info.
    Code, documentation, tests, names of examples and hosts of well-known platforms do not count.

    ## Why it matters
    A link or a source of packages there works for nobody else. And it tells what an attacker likes to know:
    the names of servers, and names of packages of an internal index that can be registered elsewhere.

    ## How to fix it
    Name a public host, or leave the setting out of what is packed. Domains of your own that are not public,
    and hosts that may be named, are given by

        [tool.pkgaudit.internal-host]
        suffixes = ["acme-office.net"]
        allow = ["printer.lan"]

    ## References
    - <https://datatracker.ietf.org/doc/html/rfc1918>
    - <https://datatracker.ietf.org/doc/html/rfc6762#appendix-G>
    - <https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en>
    """
    suffixes, allowed = _domains(options.suffixes), _domains(options.allow)
    found: dict[str, list[tuple[Severity, str, int]]] = {}
    for path, each in hosts.items():
        for host in each.hosts:
            if not is_internal(host.name, suffixes) or _is_below(host.name, allowed):
                continue
            is_own = host.is_source or _is_below(host.name, suffixes)
            severity = Severity.WARNING if is_own else Severity.INFO
            found.setdefault(host.name, []).append((severity, path, host.line))
    by_severity: dict[Severity, list[Problem]] = {}
    for name, places in found.items():
        severity, path, line = max(places, key=lambda each: each[0])
        more = _and_so({each[1] for each in places})
        by_severity.setdefault(severity, []).append(
            Problem(
                f"it names the host {quoted(name)}, which only an own network knows{more}",
                Location(path, line),
                "name a host that everybody can reach, or leave it out",
                severity,
                key=name,
                digest=_same(name),
                data={"host": name, "files": len({each[1] for each in places})},
            )
        )
    for severity, problems in by_severity.items():
        yield from _folded(problems, "hosts", severity)


def _domains(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text.lower().removeprefix("*").strip(".") for text in texts)


def _is_below(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == each or host.endswith(f".{each}") for each in domains if each)


@dataclass(frozen=True)
class OwnerNames:
    """Which names of owners may be seen."""

    allow: tuple[str, ...] = ()


@rule("PV105", "owner-name", Severity.INFO, pedantic=True, since="0.1.0")
def owner_name(sdist: Sdist, options: OwnerNames) -> Iterator[Problem]:
    """The headers of the tar name a person as the owner of its members.

    Owners that every system has (`root`, `staff`, `users`), numbers, and accounts of machines that build are
    not looked at.

    ## Why it matters
    The name of an account, often a person's, is published with the release and has no use there: whoever
    unpacks the archive as a user becomes the owner himself. Two people who build the same sources get
    different files.

    ## How to fix it
    Build in CI or in a container, or with a backend that leaves owners out, as flit, hatchling, pdm-backend
    and poetry-core do. With setuptools, `setup.cfg` sets them:

        [sdist]
        owner = root
        group = root

    Names that may be seen are given by

        [tool.pkgaudit.owner-name]
        allow = ["acme-release"]

    ## References
    - <https://reproducible-builds.org/docs/archives/>
    - <https://setuptools.pypa.io/en/latest/deprecated/distutils/sourcedist.html>
    """
    owners = owners_of(sdist, options.allow)
    if not owners:
        return
    first = owners[0]
    others = ", ".join(quoted(each.name, 40) for each in owners[1:6])
    more = f" (and {others})" if others else ""
    yield Problem(
        f"the headers name the {first.role} {quoted(first.name, 40)} ({first.number}) for "
        f"{counted(first.members, 'member')}{more}",
        fix="build in CI or in a container, or leave the names of owners out of the archive",
        key=first.name,
        digest=_same(first.name),
        data={
            "account": first.name,
            "role": first.role,
            "number": first.number,
            "count": first.members,
            "accounts": [each.name for each in owners],
        },
    )
