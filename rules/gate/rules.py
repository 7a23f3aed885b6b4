"""GT101 to GT106: commands that cannot get the audited files, and files that a command does not get."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Problem, Severity, quoted, rule
from pkgaudit.model.handover import Handover, Reason


def _refusals(handover: Handover, reason: Reason) -> Iterator[Problem]:
    for each in handover.refusals:
        if each.reason is reason:
            yield Problem(
                each.message,
                fix=each.fix,
                distribution=each.file,
                key=f"{handover.tool} {each.file or ''}",
                data={"command": handover.tool} | ({"path": each.file} if each.file else {}),
            )


@rule("GT101", "rebuilding-command", Severity.ERROR, since="0.1.0")
def rebuilding_command(handover: Handover) -> Iterator[Problem]:
    """The command builds new files and uploads these, not the audited ones.

    `flit publish` and `maturin publish` always build. `pdm publish` builds unless `--no-build` is given, and
    `poetry publish` builds with `--build`. The gate does not start the command.

    ## Why it matters
    The files that are uploaded were never audited. A build is not repeatable in general: times, generated
    files and the environment of the build differ, so even a build from the same commit has other bytes.

    ## How to fix it
    Add `--no-build` for pdm, and remove `--build` for poetry. For a project with flit or maturin, upload the
    audited files with twine or uv; the message shows the command.

    ## References
    - <https://flit.pypa.io/en/stable/cmdline.html>
    - <https://pdm-project.org/en/latest/reference/cli/#publish>
    - <https://python-poetry.org/docs/cli/#publish>
    - <https://www.maturin.rs/distribution>
    """
    yield from _refusals(handover, Reason.REBUILDS)


@rule("GT102", "unaudited-file", Severity.ERROR, since="0.1.0")
def unaudited_file(handover: Handover) -> Iterator[Problem]:
    """The command would upload a file that was not audited.

    An argument of the command names a distribution, a signature or a pattern that matches a distribution,
    which was not given to the gate before `--`. An argument that names no file, or a folder where the command
    takes files, is reported too. The gate does not start the command.

    ## Why it matters
    Everything that the command sends must have passed the audit. A file of an earlier build in `dist/` is the
    usual reason.

    ## How to fix it
    Name the file before `--` too, so that it is audited, or leave it out of the command. Empty `dist/` before
    each build.

    ## References
    - <https://twine.readthedocs.io/en/stable/>
    - <https://docs.astral.sh/uv/reference/cli/#uv-publish>
    """
    yield from _refusals(handover, Reason.UNAUDITED)


@rule("GT103", "unknown-handover", Severity.ERROR, since="0.1.0")
def unknown_handover(handover: Handover) -> Iterator[Problem]:
    """It is not known which files the command reads, so the audited ones cannot be handed to it.

    The gate knows the usual uploaders. For any other program, it replaces arguments that name audited files,
    and the words `{dist}` and `{files}`. A command line without any of these, a script for a shell without
    one of the words in it, and one that still names the files themselves, is refused. So are `xargs`, which
    adds files, and an option whose value is missing or is an audited file.

    ## Why it matters
    The gate gives the command private copies of the audited files, so that nothing can replace them between
    the audit and the upload. A command that finds its files itself would read other ones.

    ## How to fix it
    Write `{dist}` where the command takes a folder, or `{files}` where it takes files:
    `pkgaudit gate dist/* -- ./publish.sh {dist}`.

    ## References
    - <https://docs.python.org/3/library/subprocess.html>
    """
    yield from _refusals(handover, Reason.UNKNOWN)


@rule("GT104", "unpicked-file", Severity.ERROR, since="0.1.0")
def unpicked_file(handover: Handover) -> Iterator[Problem]:
    """The uploader would leave out an audited file, and report success.

    `poetry publish` only uploads files of its own project with a normalized name, and only those of the
    newest version. `uv publish` skips files whose name or version is not normalized. `hatch publish`,
    `uv publish` and `maturin upload` only upload wheels and `.tar.gz` files. The gate does not start the
    command.

    ## Why it matters
    The release would be incomplete, and the exit status of the uploader does not say so.

    ## How to fix it
    Rebuild the file with a backend that normalizes names, leave it out of the release, or upload with twine,
    which sends every file that it is given.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention>
    - <https://python-poetry.org/docs/cli/#publish>
    """
    yield from _refusals(handover, Reason.UNPICKED)


@rule("GT105", "signing-command", Severity.ERROR, since="0.1.0")
def signing_command(handover: Handover) -> Iterator[Problem]:
    """The uploader would sign the files, but the audited copies are read-only.

    `twine upload --sign` and `pdm publish --sign` write a signature beside each file before they upload both.
    The gate does not start the command.

    ## Why it matters
    Nothing may change beside the audited files between the audit and the upload. PyPI ignores signatures of
    this kind since 2023; some other indexes accept them.

    ## How to fix it
    Sign first, with `gpg --detach-sign --armor FILE`, and give the `.asc` files to the gate: it copies
    signatures beside the named files too, and hands them over with their distributions.

    ## References
    - <https://blog.pypi.org/posts/2023-05-23-removing-pgp/>
    - <https://twine.readthedocs.io/en/stable/>
    """
    yield from _refusals(handover, Reason.SIGNS)


@rule("GT106", "file-left-out", Severity.INFO, since="0.1.0")
def file_left_out(handover: Handover) -> Iterator[Problem]:
    """The command line does not name an audited file, so it is not uploaded.

    The gate audits everything that stands before `--`, and hands over what the command line after it names.

    ## Why it matters
    This may be intended, such as to upload one project of several. Else the release is incomplete.

    ## How to fix it
    Name the file in the command too, or use a pattern such as `dist/*`, which the gate expands.

    ## References
    - <https://packaging.python.org/en/latest/guides/distributing-packages-using-setuptools/#uploading-your-project-to-pypi>
    """
    if handover.refusals:
        return
    for each in handover.left_out:
        yield Problem(
            f"{quoted(each.name)} was audited, but the command does not name it",
            fix=f"add {each.path} to the command, or leave it out of the audit",
            distribution=each.path,
            key=each.name,
            data={"command": handover.tool, "path": each.path},
        )
