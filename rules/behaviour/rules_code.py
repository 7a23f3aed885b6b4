"""BH101, BH104, BH105, BH107, BH108, BH109: code that hides, downloads, sends or opens something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pkgaudit.api import (
    Distribution,
    Location,
    Problem,
    PythonFile,
    Sdist,
    Severity,
    Summaries,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.settings import table_of
from pkgaudit.rules.behaviour.flows import Behavior, Flow, read_behavior
from pkgaudit.rules.behaviour.test_files import severity_at


@summary
def behavior(file: PythonFile) -> Behavior | None:
    """Return what the calls of a module do together, as far as a rule reports it."""
    return read_behavior(file)


_ASIDE = frozenset({"tools", "scripts", "utils", "misc", "contrib", "maint", "dev", "ci"})
"""Folders of an sdist with scripts for its authors; some are packages."""

_DEEPEST = 20
"""The most nested packages that are looked at: more than projects have."""


def severity_of(distribution: Distribution, path: str, usual: Severity) -> Severity | None:
    """Return the severity of a finding at a path, None if it is not reported there.

    It is one level lower for a script that nobody imports: a module of an sdist outside of its packages,
    which only the authors run, and a module whose path in a wheel is not a dotted name.
    """
    severity = severity_at(path, distribution.kind, usual)
    if severity is not usual or usual is Severity.INFO:
        return severity
    if not isinstance(distribution, Sdist):
        parts = path.rpartition(".data/")[2].rpartition(".")[0].split("/")
        return usual if all(map(str.isidentifier, parts)) else Severity(usual - 1)
    root, *folders, name = path.split("/")
    if not folders and name == "setup.py":
        return usual
    packages = folders[1:] if folders[:1] in (["src"], ["lib"], ["python"]) else folders
    above = "/".join((root, *folders[: len(folders) - len(packages)]))
    is_imported = bool(packages) and packages[0] not in _ASIDE
    for folder in packages[:_DEEPEST]:
        above = f"{above}/{folder}"
        is_imported = is_imported and f"{above}/__init__.py" in distribution.by_path
    return usual if is_imported else Severity(usual - 1)


def _found(
    distribution: Distribution, modules: Mapping[str, Behavior], kinds: Iterable[str]
) -> Iterator[tuple[str, Flow]]:
    for path, module in modules.items():
        for flow in module.of(*kinds):
            yield path, flow


def _problem(path: str, flow: Flow, says: str, fix: str, severity: Severity, **data: str) -> Problem:
    return Problem(
        f"{quoted(path)} {says}",
        Location(path, flow.line),
        fix,
        severity,
        key=f"{flow.call} {flow.source}",
        data={"path": path, "call": flow.call, **data},
    )


_IMPORTED = {True: " when it is imported", False: ""}


@rule("BH101", "obfuscated-execution", Severity.ERROR, since="0.1.0")
def obfuscated_execution(distribution: Distribution, modules: Summaries[Behavior]) -> Iterator[Problem]:
    """A module runs code that it decodes, or that it reads from the network.

    - `exec` or `eval` gets the result of a decoder: of base64 and similar codecs, hexadecimal digits, a
      decompressor, `marshal.loads`, a method called `decrypt`, or `chr` applied to numbers.
    - `exec` or `eval` gets what the module reads from the network.
    - A process is started with a command line that the module decodes from a constant, that makes Python run
      decoded text, or that contains an encoded PowerShell command of 20 characters or more.

    The rule resolves imports, other names of these functions, `getattr` and `__import__`. It follows values
    through up to three assignments in the function or the module, but not through parameters, attributes or
    the results of functions, so loaders of plug-ins, templates and caches are not reported. In a wheel, the
    files of tests, examples, documentation and benchmarks are warnings; in an sdist, they are reported at
    info level, and scripts outside of packages are warnings. Measured on 966 wheels and 192 sdists: no
    wheel, and the tool of one sdist.

    ## Why it matters
    Nobody can review such code, and only code that must not be seen needs this form. The hijacked releases
    of litellm in 2026 decoded a text of base64 and ran it when the package was imported. Code from the
    network can change after the release.

    ## How to fix it
    If nobody in the project wrote the code, do not upload the release: find out how the code got into it,
    and revoke the credentials of the machine that built it. Otherwise publish the code as a module; read
    packed data with `json` or `ast.literal_eval`.

    ## References
    - <https://docs.litellm.ai/blog/security-update-march-2026>
    - <https://policies.python.org/pypi.org/Acceptable-Use-Policy/>
    """
    for path, flow in _found(distribution, modules, _HIDDEN):
        severity = severity_of(distribution, path, Severity.ERROR)
        if severity is None:
            continue
        says = _HIDDEN[flow.kind].format(call=flow.call, source=flow.source)
        yield _problem(
            path,
            flow,
            f"{says}{_IMPORTED[flow.at_import]}",
            "find out how the code got there; if it is intended, publish it as readable source",
            severity,
            argument=flow.source,
        )


_HIDDEN = {
    "decoded": "runs code that it decodes ({call} gets the result of {source})",
    "remote": "runs code that it reads from the network ({call} gets the result of {source})",
    "command": "starts a process with {source} ({call})",
}
"""The predicates for the kinds of hidden code."""


@rule("BH107", "download-and-run", Severity.WARNING, since="0.1.0")
def download_and_run(distribution: Distribution, modules: Summaries[Behavior]) -> Iterator[Problem]:
    """A function downloads a file and starts a program.

    The function saves what it reads from the network (`urlretrieve`, or a request and a file opened for
    writing bytes) and starts a process. It is an error if this happens when the module is imported, or if a
    shell runs a script that `curl` or `wget` downloads. Functions of the module that its top level calls, or
    passes to a thread, a timer or `atexit.register`, count too. In a wheel, the files of tests, examples,
    documentation and benchmarks are reported one level lower; in an sdist, they are reported at info level,
    and scripts outside of packages one level lower. Measured on 966 wheels and 192 sdists: a function of one
    wheel (torch), and a script of one sdist, both warnings that are right.

    ## Why it matters
    The program is not part of the release, so nobody can review it, and it can change at any time. Hijacked
    releases of ultralytics, lightning and mistralai downloaded and started programs in this way.

    ## How to fix it
    If nobody in the project wrote the code, do not upload the release. Otherwise put the program into the
    wheel, or depend on a project that provides it. If it must be downloaded, do it only when the user asks
    for it, compare the file with a known hash, and ignore this finding with a reason.

    ## References
    - <https://blog.pypi.org/posts/2024-12-11-ultralytics-attack-analysis/>
    """
    for path, flow in _found(distribution, modules, ("download", "script")):
        is_script = flow.kind == "script"
        usual = Severity.ERROR if flow.at_import or is_script else Severity.WARNING
        severity = severity_of(distribution, path, usual)
        if severity is None:
            continue
        if is_script:
            says = f"runs a script from the network in a shell ({flow.call} with {flow.source})"
        else:
            says = f"downloads a file ({flow.source}) and starts a program ({flow.call}) in the same function"
        yield _problem(
            path,
            flow,
            f"{says}{_IMPORTED[flow.at_import]}",
            "put the program into the wheel, or compare the downloaded file with a known hash",
            severity,
            argument=flow.source,
        )


@rule("BH108", "reverse-shell", Severity.ERROR, since="0.1.0")
def reverse_shell(distribution: Distribution, modules: Summaries[Behavior]) -> Iterator[Problem]:
    """A function connects the input or output of a program with a socket.

    The function makes a socket, and starts a process after `os.dup2` of the file descriptor of the socket,
    or with that file descriptor as `stdin` or `stdout`. In a wheel, the files of tests, examples,
    documentation and benchmarks are warnings; in an sdist, they are reported at info level, and scripts
    outside of packages are warnings. Measured on 966 wheels and 192 sdists: none.

    ## Why it matters
    The computer at the other end of the socket controls the program. If the program is a shell, it controls
    the machine of the user.

    ## How to fix it
    If nobody in the project wrote the code, do not upload the release. Otherwise read from the socket, check
    what it sends, and pass it to the program through a pipe.

    ## References
    - <https://attack.mitre.org/techniques/T1059/>
    """
    for path, flow in _found(distribution, modules, ("shell",)):
        severity = severity_of(distribution, path, Severity.ERROR)
        if severity is not None:
            says = f"connects a program ({flow.call}) with a socket"
            fix = "find out how the code got there; pass data to programs through a pipe"
            yield _problem(path, flow, f"{says}{_IMPORTED[flow.at_import]}", fix, severity)


@rule("BH105", "exfiltration", Severity.WARNING, since="0.1.0")
def exfiltration(distribution: Distribution, modules: Summaries[Behavior]) -> Iterator[Problem]:
    """A function collects all environment variables, or several credentials, and uses the network.

    - The function uses the environment as a whole (`dict(os.environ)`, `os.environ.items()`, `os.environ` in
      an f-string …), uses the network, and starts no process, which would need the environment.
    - The function names two or more different places of credentials, such as `.aws/credentials` and
      `.pypirc`, reads a file and sends data.

    It is an error if this happens when the module is imported. In a wheel, the files of tests, examples,
    documentation and benchmarks are reported one level lower; in an sdist, they are reported at info level,
    and scripts outside of packages one level lower. Measured on 966 wheels and 192 sdists: none.

    ## Why it matters
    Environment variables and these files contain the passwords and tokens of users. A client reads the
    variables and the file that it needs, never all of them.

    ## How to fix it
    If nobody in the project wrote the code, do not upload the release. Otherwise read the variables by their
    names, and leave the credentials of other programs to these programs.

    ## References
    - <https://attack.mitre.org/techniques/T1552/>
    """
    for path, flow in _found(distribution, modules, ("environment", "credentials")):
        severity = severity_of(distribution, path, Severity.ERROR if flow.at_import else Severity.WARNING)
        if severity is None:
            continue
        if flow.kind == "environment":
            says = f"uses all environment variables and the network ({flow.call}) in the same function"
        else:
            says = f"sends data ({flow.call}) in a function that reads credentials ({flow.source})"
        yield _problem(
            path,
            flow,
            f"{says}{_IMPORTED[flow.at_import]}",
            "read only the variables and files that the code needs, by their names",
            severity,
        )


@rule("BH109", "exfiltration-host", Severity.INFO, since="0.1.0")
def exfiltration_host(distribution: Distribution, modules: Summaries[Behavior]) -> Iterator[Problem]:
    """A module contains the address of a webhook, a tunnel or a mining pool.

    Only complete addresses with a token or an identifier count: bots of Telegram, webhook.site, the hosts of
    interactsh and Pipedream, tunnels of ngrok and Cloudflare, files on transfer.sh, and
    `stratum+tcp` addresses. Docstrings and files of tests in a wheel do not count. SE103 reports the
    webhooks of Discord and Slack. Measured on 655 projects: none.

    ## Why it matters
    Anybody can make such an address without a name, so malware sends what it stole there. In a
    release, the address is also public: anybody can write to a webhook whose token is known.

    ## How to fix it
    Remove the address, or read it from the configuration of the user.

    ## References
    - <https://attack.mitre.org/techniques/T1567/004/>
    """
    for path, flow in _found(distribution, modules, ("host",)):
        severity = severity_of(distribution, path, Severity.INFO)
        if severity is not None:
            yield Problem(
                f"{quoted(path)} contains the address of a webhook or a similar service: {quoted(flow.call)}",
                Location(path, flow.line),
                "remove the address, or read it from the configuration of the user",
                severity,
                key=flow.call,
                data={"path": path, "host": flow.call},
            )


@rule("BH104", "install-time-behavior", Severity.WARNING, since="0.1.0")
def install_time_behavior(sdist: Sdist, modules: Summaries[Behavior]) -> Iterator[Problem]:
    """The build of the sdist uses the network.

    The rule reads `setup.py`, the build backend in the sdist (`backend-path`) and the build hook of Hatch. It
    reports calls that open the network, and `curl` or `wget`, in the code that an import of the module runs,
    in the method `run` of a command, and in the methods `initialize` and `finalize` of a hook. It is an
    error if the same code is reported by BH101 or BH107. The rule does not follow imports of other modules.
    Measured on 192 sdists: none.

    ## Why it matters
    The build runs on the machine of everybody who installs the sdist. It fails without the network, and its
    result depends on a file that is not in the release. Most malware on PyPI runs at this time.

    ## How to fix it
    Put the files that the build needs into the sdist, or declare the projects that provide them in
    `build-system.requires`.

    ## References
    - <https://pip.pypa.io/en/stable/reference/build-system/>
    - <https://hatch.pypa.io/latest/plugins/build-hook/custom/>
    """
    for path in _build_files(sdist):
        module = modules.get(path)
        if module is None:
            continue
        worse = module.of("download", "script", *_HIDDEN)
        for flow in module.of("build")[:1]:
            yield _problem(
                path,
                flow,
                f"uses the network when the sdist is built ({flow.call})",
                "put the files that the build needs into the sdist, or declare them as build requirements",
                Severity.ERROR if any(each.at_import for each in worse) else Severity.WARNING,
            )


def _build_files(sdist: Sdist) -> Iterator[str]:
    """Yield the paths of the modules that a build of an sdist runs."""
    names = ["setup.py"]
    system = table_of(sdist, "build-system")
    folders, backend = system.get("backend-path"), system.get("build-backend")
    if isinstance(folders, list) and isinstance(backend, str):
        module = backend.partition(":")[0].replace(".", "/")
        for folder in folders:
            stem = f"{folder}/{module}".removeprefix("./")
            names += [f"{stem}.py", f"{stem}/__init__.py"]
    targets = table_of(sdist, "tool", "hatch", "build", "targets")
    hooks = [table_of(sdist, "tool", "hatch", "build", "hooks")]
    hooks += [table_of(sdist, "tool", "hatch", "build", "targets", each, "hooks") for each in targets]
    for each in hooks:
        custom = each.get("custom")
        if isinstance(custom, dict):
            names.append(str(custom.get("path", "hatch_build.py")))
    for name in dict.fromkeys(re.sub(r"^(?:\./)+", "", name) for name in names):
        yield f"{sdist.root}/{name}"
