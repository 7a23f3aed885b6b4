"""SF101 to SF106: credentials, environments, version-control folders, bytecode and own artifacts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pkgaudit.api import (
    ArchiveKind,
    BinaryFile,
    Distribution,
    Location,
    Problem,
    Severity,
    Summaries,
    Wheel,
    normalize,
    quoted,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.patterns import File, Folder, Hit, inventory_of
from pkgaudit.rules.secrets.logins.env import ENVIRONMENT_FILES, Settings, judge_settings
from pkgaudit.rules.secrets.logins.formats import CREDENTIAL_FILES, find_login, format_of
from pkgaudit.rules.secrets.logins.model import Login
from pkgaudit.rules.stray.environments import (
    environments,
    installed_metadata,
    is_installed_by_node,
    lone_configurations,
)
from pkgaudit.rules.stray.pattern_rules import (
    CHECK,
    DELETE,
    REVOKE,
    Choice,
    in_examples,
    in_tests,
    problems,
)


@dataclass(frozen=True)
class CredentialFiles(Choice):
    """Paths of files with credentials."""

    patterns: tuple[str, ...] = CREDENTIAL_FILES


_BYTES_PER_STEP = 25
"""Bytes of a credential file that are read in a step, see `Member.spend`."""


def _may_read(file: BinaryFile) -> bool:
    return file.member.spend(len(file.data) // _BYTES_PER_STEP)


@summary
def login(file: BinaryFile) -> Login | None:
    """Return the credential in a file whose name says that it is for credentials."""
    if file.window.offset or format_of(file.path) is None or not _may_read(file):
        return None
    return find_login(file.path, file.data)


@rule("SF101", "credential-file", Severity.ERROR, confidential=True, since="0.1.0")
def credential_file(
    distribution: Distribution, logins: Summaries[Login], options: CredentialFiles
) -> Iterator[Problem]:
    """The archive contains a file with credentials.

    The rule selects files by name and then parses them: settings and logins of pip, uv, Poetry, npm, git,
    Docker, Kubernetes, clouds and databases, the files of keyring, `.envrc`, Terraform state files, key
    stores, private keys, shell histories. It only reports a value that is neither a variable nor a
    placeholder, and does not report public keys or stores that only contain certificates. Default passwords,
    encrypted passwords, keys with a passphrase, Terraform state files and a history without credentials are a
    warning. In folders of tests, examples and documentation, where keys made for tests are common, every
    severity is one level lower.

    ## Why it matters
    Every uploaded file is public at once, is copied by mirrors and scanners within minutes, and stays public
    after the release is deleted. Settings of upload tools, registries and clouds, password databases and key
    stores are often in a project's folder for good reasons, and a build backend that packs the whole folder
    packs them too.

    ## How to fix it
    Leave the file out and **revoke the credential** if the archive was ever uploaded. To allow a file
    that belongs in the archive and contains no working credential, list it as a gitignore pattern:

        [tool.pkgaudit.credential-file]
        allow = ["sample/data/demo.p12"]

    `extend` adds patterns, `patterns` replaces the built-in ones.

    ## References
    - <https://docs.pypi.org/trusted-publishers/>
    - <https://packaging.python.org/en/latest/specifications/pypirc/>
    - <https://owasp.org/www-community/vulnerabilities/Use_of_hard-coded_password>
    """

    def judge(hit: Hit) -> Severity | None:
        found = logins.get(hit.path) if hit.folder is None else None
        by_name = hit.folder is None and hit.size and format_of(hit.path) is None
        if found is None and not by_name and not options.extends(hit):
            return None
        # Visual Studio creates this key for a project template, to sign test builds.
        weak = (found is not None and found.weak) or hit.name.endswith("_TemporaryKey.pfx")
        if in_tests(hit) or in_examples(hit):
            return Severity.INFO if weak else Severity.WARNING
        return Severity.WARNING if weak else Severity.ERROR

    for hit in options.hits(distribution):
        found = logins.get(hit.path) if hit.folder is None else None
        predicate = f"contains {_shown(found)}" if found else "is a credential file"
        place = Location(hit.path, found.line if found else None)
        first = None if judge(hit) is Severity.INFO else REVOKE  # default passwords of tests protect nothing
        for problem in problems(
            [hit],
            predicate,
            judge,
            first=first,
            place=lambda _, place=place: place,  # type: ignore[misc]
        ):
            yield replace(
                _identified(problem, found.value_digest if found else ""),
                baseline_hashes=found.baseline_hashes if found else (),
                data={**problem.data, "kind": found.what, "count": found.more + 1} if found else problem.data,
            )


def _shown(found: Login) -> str:
    """Return the words for a credential, with its line and its redacted value."""
    seen = ", ".join(each for each in (f"line {found.line}" if found.line else "", found.masked) if each)
    more = f" and {found.more} more" if found.more else ""
    return f"{found.what}{f' ({seen})' if seen else ''}{more}"


def _identified(problem: Problem, digest: str) -> Problem:
    return replace(problem, key=digest) if digest else problem


@dataclass(frozen=True)
class EnvironmentFiles(Choice):
    """Paths of environment files."""

    patterns: tuple[str, ...] = ENVIRONMENT_FILES


@summary
def settings(file: BinaryFile) -> Settings | None:
    """Return what an environment file sets."""
    if file.window.offset or not file.member.name.casefold().startswith(".env") or not _may_read(file):
        return None
    return judge_settings(file.data)


@rule("SF102", "environment-file", Severity.ERROR, confidential=True, since="0.1.0")
def environment_file(
    distribution: Distribution, settings: Summaries[Settings], options: EnvironmentFiles
) -> Iterator[Problem]:
    """The archive contains an environment file.

    The rule does not report `.env.example`, `.env.template` and similar files, which are meant to be shared.
    A file that only sets harmless variables (ports, debug switches, `PYTHONPATH`, public values of a front
    end) is reported as a warning. In folders of tests and examples, a file that sets a credential is reported
    as a warning, and any other file at info level.

    ## Why it matters
    Developers keep passwords and tokens in `.env` because nobody shares that file. A build backend that packs
    the whole folder, or all files that git does not ignore, packs it too, and then everybody can read it.

    ## How to fix it
    Leave the file out, and change every password and token in it if the archive was ever uploaded. To allow a
    file that belongs in the archive, list it as a gitignore pattern:

        [tool.pkgaudit.environment-file]
        allow = ["*.env.ci"]

    `extend` adds patterns, `patterns` replaces the built-in ones.

    ## References
    - <https://12factor.net/config>
    - <https://docs.pypi.org/trusted-publishers/>
    """

    def judge(hit: Hit) -> Severity | None:
        if hit.folder is not None or not hit.size:
            return Severity.ERROR if options.extends(hit) else None
        found = settings.get(hit.path)
        if in_tests(hit) or in_examples(hit):
            is_plain = found is not None and not found.masked and found.variable != ""
            return Severity.INFO if is_plain else Severity.WARNING
        # The file only sets ports and switches, which reveal little.
        harmless = found is not None and found.variable is None
        return Severity.WARNING if harmless else Severity.ERROR

    for hit in options.hits(distribution):
        found = settings.get(hit.path)
        predicate, place = "is an environment file", Location(hit.path)
        if found and found.variable:
            predicate = f"{predicate} that sets {quoted(found.variable)}"
            place = Location(hit.path, found.line)
        if found and found.masked:
            predicate = f"{predicate} to a value that looks like a credential ({found.masked})"
        # If a value is not known to be a credential, only the author can say whether it is one.
        first: str | None = REVOKE if found is None or found.masked else CHECK
        if found is not None and not found.masked and judge(hit) is not Severity.ERROR:
            first = None
        for problem in problems(
            [hit],
            predicate,
            judge,
            first=first,
            place=lambda _, place=place: place,  # type: ignore[misc]
        ):
            data = {**problem.data, "key": found.variable} if found and found.variable else problem.data
            yield replace(_identified(problem, found.value_digest if found else ""), data=data)


@dataclass(frozen=True)
class VersionControl(Choice):
    """Paths of version control folders."""

    # A `.git` file belongs to a submodule or a worktree. CVS folders are recognized by their files below,
    # because other folders are called cvs too.
    patterns: tuple[str, ...] = (".git/", ".hg/", ".svn/", ".bzr/", ".jj/", "_darcs/", ".git")


@rule("SF103", "version-control-directory", Severity.ERROR, confidential=True, since="0.1.0")
def version_control_directory(distribution: Distribution, options: VersionControl) -> Iterator[Problem]:
    """The archive contains the folder of a version control system.

    A file called `.git`, which git writes into the folder of a submodule or worktree, only contains the path
    of the repository on the build machine. The file is reported at info level. In test folders, where a
    repository may be test data, the finding is a warning.

    ## Why it matters
    The folder contains the whole history: files that were deleted because they should never have been
    committed, unpublished branches, addresses of internal servers, sometimes a token in the URL of a remote.
    It is also often many times larger than the project.

    ## How to fix it
    Leave the folder out, or build from a fresh clone or an export. If an archive with the folder was
    uploaded, the history is public: revoke every secret that was ever committed. Allow a folder that belongs
    in the archive:

        [tool.pkgaudit.version-control-directory]
        allow = ["sample/data/repository/.git/"]

    ## References
    - <https://git-scm.com/docs/gitrepository-layout>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    inventory = inventory_of(distribution)
    # Many folders are called cvs; the folders of CVS itself contain these files.
    concurrent = [
        each for each in inventory.folders.get("cvs", []) if each.file("entries") and each.file("root")
    ]

    def judge(hit: Hit) -> Severity | None:
        if hit.folder is None and not options.extends(hit):
            return Severity.INFO
        return Severity.WARNING if in_tests(hit) else Severity.ERROR

    hits = options.hits(distribution, marked=concurrent)
    yield from problems(hits, "belongs to version control", judge)


@dataclass(frozen=True)
class BytecodeFiles(Choice):
    """Paths of bytecode files."""

    patterns: tuple[str, ...] = ("__pycache__/", "*.pyc", "*.pyo")


@rule("SF104", "bytecode", Severity.ERROR, since="0.1.0")
def bytecode(distribution: Distribution, options: BytecodeFiles) -> Iterator[Problem]:
    """The archive contains compiled bytecode.

    The finding is an error in a wheel. It is a warning in an sdist, in test data, in a nested archive, and
    for a `module.pyc` without its source in a wheel, because some programs are published without sources on
    purpose.

    ## Why it matters
    Bytecode belongs to one Python version and to the source from which it was compiled. Installers compile it
    again, and may reject or overwrite the files of a wheel. Python prefers a stale bytecode file to the
    source if their timestamps fit. Bytecode also contains paths of the build machine, and constants that the
    source no longer has, such as a token that was removed an hour before the release.

    ## How to fix it
    Delete the caches before building, or better, build from a fresh clone. Allow bytecode that belongs in the
    archive:

        [tool.pkgaudit.bytecode]
        allow = ["sample/data/*.pyc"]

    ## References
    - <https://peps.python.org/pep-3147/>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    """
    wheel = distribution.kind is ArchiveKind.WHEEL

    def judge(hit: Hit) -> Severity | None:
        if options.extends(hit):
            return Severity.ERROR if wheel else Severity.WARNING
        if hit.is_nested and (hit.folder is None or in_tests(hit)):
            return None  # a zipped library, as for embedded interpreters, or test data
        # Python imports a `module.pyc` that has no source beside it (PEP 3147), and some closed programs are
        # published that way.
        on_purpose = hit.folder is None and _source_of(hit.files[0]) is None
        is_minor = not wheel or hit.is_nested or in_tests(hit) or on_purpose
        return Severity.WARNING if is_minor else Severity.ERROR

    yield from problems(
        options.hits(distribution), "is bytecode for a single Python version", judge, first=DELETE
    )


def _source_of(file: File) -> File | None:
    stem = file.name.rpartition(".")[0].casefold()
    return file.folder.file(f"{stem}.py")


@dataclass(frozen=True)
class Environments(Choice):
    """Paths of environments."""

    patterns: tuple[str, ...] = (".venv/", "node_modules/")


@rule("SF105", "virtual-environment", Severity.ERROR, since="0.1.0")
def virtual_environment(distribution: Distribution, options: Environments) -> Iterator[Problem]:
    """The archive contains an environment with other installed projects.

    The rule reports `.venv/`, the folder of a `pyvenv.cfg`, a `venv/` or `env/` with the layout of an
    environment, a `site-packages/` with files of an installer, and `node_modules/`. The finding is a warning
    for

    - a `*.dist-info/` folder of an installed project outside of these folders, unless it is in a folder of
      vendored projects or comes from the project's own wheel,
    - an environment in a test folder,
    - a `pyvenv.cfg` outside of an environment,
    - a `node_modules/` in a wheel without files of an installer, because some programs are published that
      way.

    ## Why it matters
    A virtual environment or a `node_modules/` folder in the project adds thousands of files of other
    projects, with their licenses and vulnerabilities, for one platform and one machine. An sdist can exceed
    the size limit of the index because of it.

    ## How to fix it
    Leave the folder out. Keep environments outside of the project, or under a name that version control and
    the build backend ignore. Allow a folder that belongs in the archive:

        [tool.pkgaudit.virtual-environment]
        allow = ["sample/runtime/node_modules/"]

    ## References
    - <https://docs.python.org/3/library/venv.html>
    - <https://packaging.python.org/en/latest/specifications/virtual-environments/>
    """
    inventory = inventory_of(distribution)
    metadata = installed_metadata(inventory, distribution)
    leftovers = frozenset(metadata)

    def judge(hit: Hit) -> Severity | None:
        is_minor = in_tests(hit)
        if not options.extends(hit):
            if hit.folder is None:
                is_minor = True
            elif hit.name.casefold() == "node_modules" and isinstance(distribution, Wheel):
                is_minor = is_minor or not is_installed_by_node(hit.folder)
        return Severity.WARNING if is_minor else Severity.ERROR

    hits = options.hits(
        distribution,
        marked=[*environments(inventory), *metadata],
        also=lone_configurations(inventory),
    )
    whole = [hit for hit in hits if hit.folder not in leftovers]
    yield from problems(whole, "belongs to an environment of the build machine", judge)
    rest = [hit for hit in hits if hit.folder in leftovers]
    yield from problems(rest, "is the metadata folder of an installed project", lambda _: Severity.WARNING)


@dataclass(frozen=True)
class Artifacts(Choice):
    """Paths of possible artifacts of the project's own builds."""

    patterns: tuple[str, ...] = ("*.whl", "*.egg", "*.tar.gz")


@rule("SF106", "own-artifact", Severity.ERROR, since="0.1.0")
def own_artifact(distribution: Distribution, options: Artifacts) -> Iterator[Problem]:
    """The archive contains a wheel, egg or sdist of the project itself.

    ## Why it matters
    The next build packs the archives in `dist/`, the build after that packs both, and so on: the size doubles
    with each release. The older archives also publish files again that were removed from the project since.

    The rule does not report archives of *other* projects, because a program may include wheels to install,
    nor archives in test folders. An archive without PKG-INFO is not an sdist: bindings to a library often
    include its sources under the same name.

    ## How to fix it
    Leave `dist/` out, or empty it before building. Allow an archive that belongs in the distribution:

        [tool.pkgaudit.own-artifact]
        allow = ["sample/bundled/"]

    ## References
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    own: dict[Folder | File, list[File]] = {}
    for hit in options.hits(distribution):
        file = hit.files[0]
        if options.extends(hit) or (
            hit.folder is None and not hit.is_nested and not in_tests(hit) and _is_own(file, distribution)
        ):
            folders = (file.folder, *file.folder.above())
            inside = next((each for each in folders if each.name.casefold() == "dist"), None)
            own.setdefault(inside or file, []).append(file)
    for place, files in own.items():
        hit = Hit(place if isinstance(place, Folder) else None, tuple(files))
        for problem in problems([hit], _predicate_of(hit), lambda _: Severity.ERROR, first=DELETE):
            yield replace(problem, data={**problem.data, "names": [file.name for file in files]})


def _predicate_of(hit: Hit) -> str:
    if hit.folder is None:
        return "is a build of the project itself"
    names = ", ".join(quoted(file.name) for file in hit.files[:3])
    return f"contains builds of the project itself: {names}{' …' if len(hit.files) > 3 else ''}"


def _is_own(file: File, distribution: Distribution) -> bool:
    if file.name.casefold().endswith(".tar.gz"):
        project, _, version = file.name[: -len(".tar.gz")].rpartition("-")
        if not version[:1].isdigit() or _is_no_sdist(file, distribution):
            return False
    else:
        project = file.name.partition("-")[0]
    return bool(project) and normalize(project) == distribution.project


def _is_no_sdist(file: File, distribution: Distribution) -> bool:
    """Return whether an archive was read and has no PKG-INFO: bindings often pack the library's sources."""
    inside = f"{file.path}!/"
    members = [each.path.removeprefix(inside) for each in distribution.nested if each.path.startswith(inside)]
    return bool(members) and not any(re.fullmatch(r"[^/]+/PKG-INFO", each) for each in members)
