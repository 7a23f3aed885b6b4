"""SF101 to SF106: files that leak or bloat: credentials, environments, histories, bytecode, artifacts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
    """Which files hold credentials."""

    patterns: tuple[str, ...] = CREDENTIAL_FILES


@summary
def login(file: BinaryFile) -> Login | None:
    """Return what a file holds that is named as one for credentials."""
    if file.window.offset or format_of(file.path) is None:
        return None
    return find_login(file.path, file.data)


@rule("SF101", "credential-file", Severity.ERROR, confidential=True, since="0.1.0")
def credential_file(
    distribution: Distribution, logins: Summaries[Login], options: CredentialFiles
) -> Iterator[Problem]:
    """A file with credentials is packed into the archive.

    ## Why it matters
    Everything that is uploaded is public at once, is copied by mirrors and scanners within
    minutes, and stays public after the release is deleted. Configuration of upload tools, registries
    and clouds, password databases and key stores lie in the project's folder for good reasons, and
    a build backend that packs whatever it finds takes them along.

    Files are chosen by their names and then parsed: settings and logins of pip, uv, Poetry, npm, git,
    Docker, Kubernetes, clouds and databases, states of Terraform, key stores, private keys, histories of
    shells. Only a value that is neither a variable nor a placeholder counts; public keys, and stores
    that have certificates alone, are no credentials. Default passwords, keys under a passphrase, the
    state of an infrastructure and a history without credentials are a warning. Under folders of tests,
    examples and documentation all is milder by one step, as keys made for tests are common there.

    ## How to fix it
    Leave the file out and **revoke the credential** if the archive was ever uploaded. For a file
    that belongs there, and holds nothing that works, name it with a gitignore pattern:

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
        # Visual Studio makes such a one for a template of a project, to sign what is only tried out.
        weak = (found is not None and found.weak) or hit.name.endswith("_TemporaryKey.pfx")
        if in_tests(hit) or in_examples(hit):
            return Severity.INFO if weak else Severity.WARNING
        return Severity.WARNING if weak else Severity.ERROR

    for hit in options.hits(distribution):
        found = logins.get(hit.path) if hit.folder is None else None
        what = f"holds {_told(found)}" if found else "is a file for credentials"
        place = Location(hit.path, found.line if found else None)
        first = None if judge(hit) is Severity.INFO else REVOKE  # default passwords of tests guard nothing
        for problem in problems([hit], what, judge, first=first, place=lambda _, place=place: place):  # type: ignore[misc]
            yield replace(
                _identified(problem, found.value_digest if found else ""),
                baseline_hashes=found.baseline_hashes if found else (),
                data={**problem.data, "kind": found.what, "count": found.more + 1} if found else problem.data,
            )


def _told(found: Login) -> str:
    """Return what a file holds, with the line and as much of the credential as may be seen."""
    seen = ", ".join(each for each in (f"line {found.line}" if found.line else "", found.masked) if each)
    more = f" and {found.more} more" if found.more else ""
    return f"{found.what}{f' ({seen})' if seen else ''}{more}"


def _identified(problem: Problem, digest: str) -> Problem:
    return replace(problem, key=digest) if digest else problem


@dataclass(frozen=True)
class EnvironmentFiles(Choice):
    """Which files set environment variables."""

    patterns: tuple[str, ...] = ENVIRONMENT_FILES


@summary
def settings(file: BinaryFile) -> Settings | None:
    """Return what an environment file tells."""
    if file.window.offset or not file.member.name.casefold().startswith(".env"):
        return None
    return judge_settings(file.data)


@rule("SF102", "environment-file", Severity.ERROR, confidential=True, since="0.1.0")
def environment_file(
    distribution: Distribution, settings: Summaries[Settings], options: EnvironmentFiles
) -> Iterator[Problem]:
    """A file of environment variables is packed into the archive.

    ## Why it matters
    `.env` is where passwords and tokens of a developer's machine are kept, just because it is not
    to be shared. Build backends do not know that: those that pack the whole folder (or whatever git
    does not ignore) take it along, and everybody can read it from then on.

    `.env.example`, `.env.template` and their like are meant to be shared and are not reported.
    A file that sets nothing but harmless variables (ports, debug switches, `PYTHONPATH`, what a
    front end shows to its users) is a warning. Under folders of tests and examples a file is a warning if it
    sets a credential, and an info otherwise.

    ## How to fix it
    Leave the file out, and change every password and token in it if the archive was ever uploaded.
    For a file that belongs there, name it with a gitignore pattern:

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
        told = settings.get(hit.path)
        if in_tests(hit) or in_examples(hit):
            is_plain = told is not None and not told.masked and told.variable != ""
            return Severity.INFO if is_plain else Severity.WARNING
        # It sets ports and switches alone, which tell little.
        harmless = told is not None and told.variable is None
        return Severity.WARNING if harmless else Severity.ERROR

    for hit in options.hits(distribution):
        told = settings.get(hit.path)
        what, place = "sets environment variables", Location(hit.path)
        if told and told.variable:
            what, place = f"sets {quoted(told.variable)}", Location(hit.path, told.line)
        if told and told.masked:
            what = f"{what} to what looks like a credential ({told.masked})"
        # Of what is not known to be a credential only the author can say what it opens.
        first: str | None = REVOKE if told is None or told.masked else CHECK
        if told is not None and not told.masked and judge(hit) is not Severity.ERROR:
            first = None
        for problem in problems(
            [hit],
            f"{what} and is packed",
            judge,
            first=first,
            place=lambda _, place=place: place,  # type: ignore[misc]
        ):
            data = {**problem.data, "key": told.variable} if told and told.variable else problem.data
            yield replace(_identified(problem, told.value_digest if told else ""), data=data)


@dataclass(frozen=True)
class VersionControl(Choice):
    """Which folders belong to version control."""

    # A `.git` that is a file belongs to a submodule or a worktree. CVS is judged by its files below, since
    # many things are called cvs.
    patterns: tuple[str, ...] = (".git/", ".hg/", ".svn/", ".bzr/", ".jj/", "_darcs/", ".git")


@rule("SF103", "version-control-directory", Severity.ERROR, confidential=True, since="0.1.0")
def version_control_directory(distribution: Distribution, options: VersionControl) -> Iterator[Problem]:
    """The folder of a version control system is packed into the archive.

    ## Why it matters
    It holds the whole history: files that were deleted because they should never have been there,
    unpublished branches, addresses of internal servers, sometimes a token in the URL of a remote.
    It is also often many times larger than the project.

    A file called `.git` (git leaves it in the folder of a submodule or worktree) only says where the
    repository is on the machine of the build, and is an info. Under folders of tests a
    repository may be the data of a test, which is a warning.

    ## How to fix it
    Leave the folder out, or build from a fresh clone or an export. If an archive with it was
    uploaded, take the history for public: revoke whatever secret was ever committed.

        [tool.pkgaudit.version-control-directory]
        allow = ["sample/data/repository/.git/"]

    ## References
    - <https://git-scm.com/docs/gitrepository-layout>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    inventory = inventory_of(distribution)
    # Many things are called cvs; the system's own folders hold these files.
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
    """Which files are bytecode."""

    patterns: tuple[str, ...] = ("__pycache__/", "*.pyc", "*.pyo")


@rule("SF104", "bytecode", Severity.ERROR, since="0.1.0")
def bytecode(distribution: Distribution, options: BytecodeFiles) -> Iterator[Problem]:
    """Compiled bytecode is packed into the archive.

    ## Why it matters
    Bytecode belongs to the Python version and to the source that it was made of. Installers make it
    anew, and may refuse or overwrite what a wheel brings. Python prefers a stale one whose time
    stamp fits to the source that everybody reads. It also holds what the source no longer does:
    paths of the machine, and constants such as a token that was removed an hour before the release.

    In a wheel it is an error. It is a warning in an sdist, in data of tests, in an archive
    inside, and where a wheel has a `module.pyc` and no source of it: that is a program which ships
    without its sources on purpose.

    ## How to fix it
    Delete the caches before building, or better, build from a fresh clone.

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
            return None  # a zipped library, as embedded interpreters have one, or the data of a test
        # Python imports a `module.pyc` beside no source (PEP 3147), and some closed programs are shipped that
        # way.
        on_purpose = hit.folder is None and _source_of(hit.files[0]) is None
        milder = not wheel or hit.is_nested or in_tests(hit) or on_purpose
        return Severity.WARNING if milder else Severity.ERROR

    yield from problems(options.hits(distribution), "is bytecode of one Python version", judge, first=DELETE)


def _source_of(file: File) -> File | None:
    stem = file.name.rpartition(".")[0].casefold()
    return file.folder.file(f"{stem}.py")


@dataclass(frozen=True)
class Environments(Choice):
    """Which folders are environments."""

    patterns: tuple[str, ...] = (".venv/", "node_modules/")


@rule("SF105", "virtual-environment", Severity.ERROR, since="0.1.0")
def virtual_environment(distribution: Distribution, options: Environments) -> Iterator[Problem]:
    """An environment with other projects installed in it is packed into the archive.

    ## Why it matters
    A virtual environment or `node_modules/` in the project's folder adds thousands of files of other
    projects, with their licenses and their weaknesses, for one platform and one machine, and
    grows an sdist over the limits of the index.

    Reported are `.venv/`, the folder of a `pyvenv.cfg`, a `venv/` or `env/` that has an environment's
    layout, a `site-packages/` with what an installer leaves there, and `node_modules/`. A
    `*.dist-info/` of an installed project elsewhere (other than in a folder of vendored projects, or
    of the project's own wheel) is a warning, and so are an environment under folders of tests, a
    `pyvenv.cfg` with no environment around it, and a `node_modules/` in a wheel that no installer has
    left its mark in, since programs are shipped that way.

    ## How to fix it
    Leave the folder out, and keep environments outside of the project or under a name that version
    control and the build backend ignore.

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
        milder = in_tests(hit)
        if not options.extends(hit):
            if hit.folder is None:
                milder = True
            elif hit.name.casefold() == "node_modules" and isinstance(distribution, Wheel):
                milder = milder or not is_installed_by_node(hit.folder)
        return Severity.WARNING if milder else Severity.ERROR

    hits = options.hits(
        distribution,
        marked=[*environments(inventory), *metadata],
        also=lone_configurations(inventory),
    )
    whole = [hit for hit in hits if hit.folder not in leftovers]
    yield from problems(whole, "is an environment of the machine it was built on", judge)
    rest = [hit for hit in hits if hit.folder in leftovers]
    yield from problems(rest, "is what an installer leaves of a project", lambda _: Severity.WARNING)


@dataclass(frozen=True)
class Artifacts(Choice):
    """Which files may be artifacts of the project's own builds."""

    patterns: tuple[str, ...] = ("*.whl", "*.egg", "*.tar.gz")


@rule("SF106", "own-artifact", Severity.ERROR, since="0.1.0")
def own_artifact(distribution: Distribution, options: Artifacts) -> Iterator[Problem]:
    """A wheel, egg or sdist of the project itself is packed into the archive.

    ## Why it matters
    Builds that lie in `dist/` are packed into the next build, which then holds the one before, and so
    on: the archive doubles with each release, and whoever unpacks it finds an older version of the
    same project, with whatever was taken out of it since.

    Archives of *other* projects are left alone, since a program may bring wheels to install, and so
    are those under folders of tests.

    ## How to fix it
    Leave `dist/` out, or empty it before building.

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
            hit.folder is None
            and not hit.is_nested
            and not in_tests(hit)
            and _is_own(file.name, distribution)
        ):
            folders = (file.folder, *file.folder.above())
            inside = next((each for each in folders if each.name.casefold() == "dist"), None)
            own.setdefault(inside or file, []).append(file)
    for place, files in own.items():
        hit = Hit(place if isinstance(place, Folder) else None, tuple(files))
        for problem in problems([hit], _artifact_words(hit), lambda _: Severity.ERROR, first=DELETE):
            yield replace(problem, data={**problem.data, "names": [file.name for file in files]})


def _artifact_words(hit: Hit) -> str:
    if hit.folder is None:
        return "is a build of the project itself"
    names = ", ".join(quoted(file.name) for file in hit.files[:3])
    return f"holds builds of the project itself: {names}{' …' if len(hit.files) > 3 else ''}"


def _is_own(name: str, distribution: Distribution) -> bool:
    if name.casefold().endswith(".tar.gz"):
        project, _, version = name[: -len(".tar.gz")].rpartition("-")
        if not version[:1].isdigit():
            return False
    else:
        project = name.partition("-")[0]
    return bool(project) and normalize(project) == distribution.project
