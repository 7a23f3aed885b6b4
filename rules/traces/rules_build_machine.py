"""PV101 to PV103, PV105: traces of the build machine and of people."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
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
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.traces.accounts import Kind, kind_of
from pkgaudit.rules.traces.find import find_homes
from pkgaudit.rules.traces.homes import Evidence, Homes, Trace, homes_of, is_foreign, is_sbom
from pkgaudit.rules.traces.hosts import Hosts, hosts_of, is_internal
from pkgaudit.rules.traces.owners import owners_of

SHOWN = 4
"""How many accounts or hosts of a severity are reported one by one; the others are one more problem. Chosen,
as for SF."""


@dataclass(frozen=True)
class HomePaths:
    """Accounts whose home directories may appear.

    ``allow`` lists accounts that may be public, ``build`` accounts of build machines.
    """

    table: ClassVar[str] = "accounts"

    allow: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    def kind_of(self, trace: Trace) -> Kind:
        """Return the kind of a trace's account; the options come first."""
        name = trace.account.lower()
        if name in map(str.lower, self.allow):
            return Kind.NONE
        if name in map(str.lower, self.build):
            return Kind.BUILD
        return trace.kind


@summary
def homes(file: BinaryFile) -> Homes | None:
    """Return the paths below home directories in a file."""
    return homes_of(file)


@summary
def hosts(file: BinaryFile) -> Hosts | None:
    """Return the hosts in a file of settings."""
    return None if file.window.offset else hosts_of(file)


_PREDICATES = {
    Evidence.BYTECODE: "contains its source path {}",
    Evidence.MACHINE: "contains the path {}",
    Evidence.EXAMPLE: "contains the path {}",
    Evidence.MEDIA: "contains the path {} in its metadata",
    Evidence.TEXT: "contains the path {} as a value",
    Evidence.GZIP: "contains the path {}",
}
"""The predicates of the message, by evidence."""


@rule("PV101", "home-path", Severity.WARNING, since="0.1.0")
def home_path(distribution: Distribution, homes: Summaries[Homes], options: HomePaths) -> Iterator[Problem]:
    r"""A file contains a home-directory path, which reveals an account name.

    The finding is a warning in machine-written files: the source path in compiled Python, paths of sources
    and libraries in native code and its debug information, build results and caches, lists of files, SBOMs,
    source maps, the header of a compiled requirements file, `direct_url.json`. It is reported at info level
    in metadata of images and documents, in data of tests and documentation, and in settings and strings of
    programs. The rule ignores comments, documentation and tests, and names such as `user`, `you` or `alice`.

    ## Why it matters
    The path reveals who built the release and how the machine is set up: an account name is often a person's
    name or login. It also shows that the file was built on a developer's machine. A build from a fresh clone
    produces another file, or none, so nobody can reproduce the release.

    ## How to fix it
    Build in a clean environment, and leave out files that builds leave behind. Compilers replace the path
    with `-ffile-prefix-map=$PWD=.` (gcc, clang), `--remap-path-prefix` (rustc), `-trimpath` (go) or
    `/PDBALTPATH:%_PDB%` (link.exe), and Python with `python -m compileall -s DIR`. List accounts that may be
    public, and accounts of build machines:

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
            # A path in a text written by people may be an example, and the project cannot change files that
            # others built.
            if trace.evidence >= Evidence.MACHINE and not is_foreign(path):
                severity = Severity.WARNING
            found.setdefault(trace.account, []).append((severity, path, trace))
    for trace in _of_gzip(distribution):
        if options.kind_of(trace) is Kind.PERSON:
            found.setdefault(trace.account, []).append((Severity.WARNING, "", trace))
    by_severity: dict[Severity, list[Problem]] = {}
    for account, traces in found.items():
        severity, path, trace = max(traces, key=lambda each: (each[0], each[2].evidence))
        more = _more_files({each[1] for each in traces})
        subject = quoted(path) if path else "the gzip header"
        predicate = _PREDICATES[trace.evidence].format(quoted(trace.path))
        by_severity.setdefault(severity, []).append(
            Problem(
                f"{subject} {predicate}, which reveals the account name {quoted(account)}{more}",
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


_ABSOLUTE = lazy(r"[/\\]|[A-Za-z]:")


def _of_gzip(distribution: Distribution) -> Iterator[Trace]:
    """Yield the trace in the name of the tar in the gzip header, which should not contain folders."""
    header = distribution.gzip_header
    if header is not None and _ABSOLUTE.match(header.name):
        for home in find_homes(header.name.encode("utf-8", "replace")):
            # 200: as for other traces, because a message must stay readable.
            yield Trace(home.account, home.path[:200], None, Evidence.GZIP, kind_of(home.account))


# The remedy depends on the program that wrote the path.
_FIXES = {
    Evidence.BYTECODE: "delete the bytecode and build from a fresh clone",
    Evidence.MACHINE: (
        "build in a clean environment, with a compiler that replaces the path, or leave the file out if a "
        "build left it behind"
    ),
    Evidence.EXAMPLE: "regenerate the data without the path, or leave the file out",
    Evidence.MEDIA: "export the file again without embedded metadata",
    Evidence.TEXT: "read the path from the environment, or make it relative",
    Evidence.GZIP: "compress the tar from within its own folder, or without a name (gzip -n)",
}


_SBOM_FIX = (
    "build the wheel from the sdist, as `python -m build` does, so the SBOM names a temporary folder, or "
    "write the SBOM without paths"
)


def _shown(path: str) -> str:
    """Return a path as data: a cut path ends in an ellipsis, so a secret in it is still redacted."""
    return path if len(path) < 200 else f"{path}…"  # the length to which paths of traces are cut


def _more_files(files: Collection[str]) -> str:
    """Return the end of a message about the first of several files: how many others there are."""
    rest = len(files) - 1
    return f"; {counted(rest, 'more file')} {'does' if rest == 1 else 'do'} so too" if rest else ""


def _same(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _folded(problems: list[Problem], noun: str, severity: Severity) -> Iterator[Problem]:
    """Yield the first problems, and one problem for all others."""
    rest = problems[SHOWN - 1 :] if len(problems) > SHOWN else []
    yield from problems[: len(problems) - len(rest)]
    if rest:
        # 5 and 40 are chosen: the names fit into two lines.
        names = ", ".join(quoted(each.key or "", 40) for each in rest[:5])
        first = rest[0]
        yield Problem(
            f"{len(rest)} more {noun} appear in the same way: {names}{' …' if len(rest) > 5 else ''}",
            first.location,
            first.fix,
            severity,
            key="more",
            data={"count": len(rest), noun: [each.key or "" for each in rest]},
        )


@rule("PV102", "build-path", Severity.INFO, pedantic=True, since="0.1.0")
def build_path(distribution: Distribution, homes: Summaries[Homes], options: HomePaths) -> Iterator[Problem]:
    """A file contains a path of the build machine.

    The rule reports paths in bytecode, native code and build results that are below the home directory of a
    machine's account, such as the runners of GitHub, GitLab and Azure. It ignores paths of crates below
    `.cargo`, which every build with Rust contains, and copied libraries of other projects in a wheel.

    ## Why it matters
    The path itself is harmless. But a file with such a path differs from the same file built on another
    machine, so nobody can show that both come from the same sources.

    ## How to fix it
    Let compilers replace the path: `-ffile-prefix-map=$PWD=.` (gcc, clang), `--remap-path-prefix` (rustc),
    `-trimpath` (go), `/PDBALTPATH:%_PDB%` (link.exe). Leave out bytecode and other build results.

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
    more = _more_files({each[0] for each in found})
    yield Problem(
        f"{quoted(path)} contains the path {quoted(trace.path)} of the build machine{more}",
        Location(path, trace.line),
        _FIXES[trace.evidence],
        key="build",
        data={"machine_path": _shown(trace.path), "files": len({each[0] for each in found})},
    )


@dataclass(frozen=True)
class InternalHosts:
    """The hosts that are internal.

    ``suffixes`` lists more domains of a private network, ``allow`` hosts or domains that may be public.
    """

    suffixes: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()


@rule("PV103", "internal-host", Severity.WARNING, since="0.1.0")
def internal_host(
    distribution: Distribution, hosts: Summaries[Hosts], options: InternalHosts
) -> Iterator[Problem]:
    """A file names a host of a private network, which nobody outside can reach.

    The rule searches for private addresses and hosts below `.corp`, `.internal`, `.intranet`, `.lan`,
    `.local` and `.localdomain`. The finding is a warning in core metadata, lock files, requirements and
    settings of installers, and is reported at info level in other settings (`*.toml`, `*.ini`, `*.cfg`,
    `*.yaml`, `.env`). The rule ignores code, documentation, tests, example names and hosts of well-known
    platforms.

    ## Why it matters
    A link or a package source on this host works for nobody else. The name also helps attackers: they learn
    the names of servers, and names of packages on an internal index that they can register on PyPI.

    ## How to fix it
    Name a public host, or leave the setting out of the archive. List private domains of your own, and hosts
    that may be public:

        [tool.pkgaudit.internal-host]
        suffixes = ["acme-office.net"]
        allow = ["printer.lan"]

    ## References
    - <https://datatracker.ietf.org/doc/html/rfc1918>
    - <https://datatracker.ietf.org/doc/html/rfc6762#appendix-G>
    -
      <https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en>
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
        more = _more_files({each[1] for each in places})
        by_severity.setdefault(severity, []).append(
            Problem(
                f"{quoted(path)} names the host {quoted(name)}, which exists only on a private network{more}",
                Location(path, line),
                "name a public host, or leave the setting out",
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
    """Names of owners that may be public."""

    allow: tuple[str, ...] = ()


@rule("PV105", "owner-name", Severity.INFO, pedantic=True, since="0.1.0")
def owner_name(sdist: Sdist, options: OwnerNames) -> Iterator[Problem]:
    """The tar headers name a person as the owner of the members.

    The rule ignores owners that every system has (`root`, `staff`, `users`), numbers, and accounts of build
    machines.

    ## Why it matters
    The account name, often a person's name, is published with the release but serves no purpose: users who
    unpack the archive become the owners themselves. Two people who build the same sources get different
    files.

    ## How to fix it
    Build in CI or in a container, or with a backend that leaves owners out: flit, hatchling, pdm-backend and
    poetry-core do. With setuptools, set the owner in `setup.cfg`:

        [sdist]
        owner = root
        group = root

    List names that may be public:

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
        f"the tar headers name the {first.role} {quoted(first.name, 40)} ({first.number}) for "
        f"{counted(first.members, 'member')}{more}",
        fix="build in CI or in a container, or leave owner names out of the archive",
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
