"""HM201: the files of a release compared with the manifests that the user gave."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from os.path import basename

from packaging.version import InvalidVersion, Version

from pkgaudit.api import Location, Problem, Severity, counted, make_distribution, quoted, rule
from pkgaudit.model.release_files import Listed, Manifest, ReleaseFile, ReleaseFiles

_SHOWN = 20
"""The most missing files of a manifest that are listed, each as a finding. Chosen: few releases have more."""

_SAME = "upload the files that were audited, or audit these files and write the manifest again"


@rule("HM201", "release-manifest-mismatch", Severity.ERROR, since="0.1.0")
def release_manifest_mismatch(files: ReleaseFiles) -> Iterator[Problem]:
    """The files of the release are not those in its manifest.

    The rule runs if a manifest was given, with `--manifest` or to `pkgaudit verify`, and after an upload by
    `pkgaudit gate --confirm`. It reports a file that has changed, that is missing, or that the manifest or
    the index does not list. It also reports a manifest with the
    result of an audit that failed and, as a warning, of an audit with another configuration than this one.

    A requirements file and a pylock.toml may also list dependencies. Their entries for other projects than
    those of the given files are not missing. Attestations need not be listed.

    ## Why it matters
    An audit is only valid for the bytes that it read. If the files change between the audit and the upload,
    for example in the storage of a CI system, nobody has audited the files that users install.

    ## How to fix it
    Upload the files that were audited. If the files were rebuilt on purpose, audit them and write the
    manifest again with `pkgaudit dist/* -o manifest=release.json`.

    ## References
    - <https://www.gnu.org/software/coreutils/manual/html_node/sha2-utilities.html>
    - <https://pip.pypa.io/en/stable/topics/secure-installs/>
    - <https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md>
    """
    for manifest in files.manifests:
        if manifest.is_index:
            yield from _of_index(manifest, files)
            continue
        yield from _of_audit(manifest, files)
        comparison = _Comparison(manifest, files)
        yield from comparison.files()
        yield from comparison.missing()


def _of_index(manifest: Manifest, files: ReleaseFiles) -> Iterator[Problem]:
    """Compare the uploaded files with those that the index serves."""
    served = {each.name: each.sha256 for each in manifest.entries}
    for file in files.given:
        data = {"name": file.name, "url": manifest.path, "hash": file.sha256}
        if file.name not in served:
            yield Problem(
                f"{manifest.path} does not serve {quoted(file.name)}, although the upload reported success",
                fix="check that the address is the simple API of the index; if it is, upload the file again",
                key="unserved",
                distribution=file.path,
                data=data,
            )
        elif file.sha256 not in served[file.name]:
            other = ", ".join(served[file.name])
            yield Problem(
                f"{manifest.path} serves other content under the name {quoted(file.name)}: the sha256 is "
                f"{other}, and that of the audited file is {file.sha256}",
                fix="release the audited files under a new version; an index does not replace a file",
                key="served",
                distribution=file.path,
                data={**data, "expected": list(served[file.name])},
            )


def _of_audit(manifest: Manifest, files: ReleaseFiles) -> Iterator[Problem]:
    """Judge the result in the manifest."""
    name = quoted(basename(manifest.path))
    if manifest.result == "FAILED":
        yield Problem(
            f"{name} contains the result of an audit that failed",
            fix="fix the findings of the audit, build the release again, and audit it",
            key="failed",
            distribution=manifest.path,
        )
    if manifest.configuration and manifest.configuration != files.configuration:
        yield Problem(
            f"{name} contains the result of an audit with another configuration, or by another version of "
            "pkgaudit",
            fix="give this command the configuration and the options of the audit, or audit the files again",
            severity=Severity.WARNING,
            key="configuration",
            distribution=manifest.path,
            data={"actual": manifest.configuration, "expected": files.configuration},
        )
    if manifest.signatures is not None:
        yield Problem(
            f"the statement is compared, but the {counted(manifest.signatures, 'signature')} of its envelope "
            f"{'is' if manifest.signatures == 1 else 'are'} not checked",
            distribution=manifest.path,
            unjudged=True,
        )


class _Comparison:
    """The comparison of the given files with one manifest, which may have a million entries."""

    def __init__(self, manifest: Manifest, files: ReleaseFiles) -> None:
        self._manifest = manifest
        self._files = files
        self._where = quoted(basename(manifest.path))
        self._named = {each.name: each for each in manifest.entries if each.name}
        self._given: dict[str, list[ReleaseFile]] = {}
        for file in files.given:
            self._given.setdefault(file.project, []).append(file)
        self._hashed = [each for each in manifest.entries if not each.name and each.project in self._given]
        """The entries for given projects that name no file."""

    def files(self) -> Iterator[Problem]:
        """Compare each given file with its entries."""
        for each in self._files.given:
            accepted = [digest for entry in self._entries(each) for digest in entry.sha256]
            if each.sha256 in accepted:
                continue
            data = {"name": each.name, "manifest": self._manifest.path, "hash": each.sha256}
            if accepted:
                listed = accepted[0] if len(accepted) == 1 else f"other hashes, such as {accepted[0]}"
                yield Problem(
                    f"{quoted(each.name)} has changed: it has the sha256 {each.sha256}, and {self._where} "
                    f"lists {listed}",
                    fix=_SAME,
                    key=f"changed\0{self._manifest.form}",
                    distribution=each.path,
                    data={**data, "expected": accepted},
                )
            elif make_distribution(each.name):
                yield Problem(
                    f"{quoted(each.name)} is not listed in {self._where}{self._instead(each)}",
                    fix=_SAME,
                    key=f"unlisted\0{self._manifest.form}",
                    distribution=each.path,
                    data=data,
                )

    def _entries(self, file: ReleaseFile) -> list[Listed]:
        if file.name in self._named:
            return [self._named[file.name]]
        return [each for each in self._hashed if _is_of(each, file)]

    def _instead(self, file: ReleaseFile) -> str:
        """Return what the manifest lists instead of a file, as the rest of a sentence."""
        if name := self._names.get(file.sha256):
            return f", but its content is, as {quoted(name)}"
        versions = [each.version for each in self._hashed if each.project == file.project]
        return f", but version {quoted(versions[0])} of the project is" if versions else ""

    @cached_property
    def _names(self) -> dict[str, str]:
        """The filenames by digest."""
        return {digest: each.name for each in self._named.values() for digest in each.sha256}

    def missing(self) -> Iterator[Problem]:
        """Report the entries without a file."""
        given = {each.name for each in self._files.given}
        missing = [each for name, each in self._named.items() if name not in given and self._belongs(each)]
        for each in missing[:_SHOWN]:
            yield self._is_missing(f"{quoted(each.name)} is missing", each.line, [each.name])
        if rest := missing[_SHOWN:]:
            what = f"{counted(len(rest), 'more file')} {'are' if rest[1:] else 'is'} missing"
            yield self._is_missing(what, None, [each.name for each in rest])
        for entry in self._hashed:
            mine = {each.sha256 for each in self._given[entry.project] if _is_of(entry, each)}
            # A file that has changed has one of the hashes that no file has. Copies of a file have one hash.
            number = len({*entry.sha256}) - len(mine)
            if mine and number > 0:
                of = f"{entry.project} {entry.version}".strip()
                what = f"{counted(number, 'file')} of {of} {'are' if number > 1 else 'is'} missing"
                yield self._is_missing(what, entry.line, [])

    def _belongs(self, entry: Listed) -> bool:
        """Return whether an entry must have a file: it is not a dependency, and its file was looked for."""
        is_known = self._manifest.is_complete or entry.project in self._given
        return is_known and bool(make_distribution(entry.name) or not self._files.only_distributions)

    def _is_missing(self, what: str, line: int | None, names: list[str]) -> Problem:
        return Problem(
            f"{what}; {self._where} lists more files than were found",
            Location(None, line),
            "name all files of the release (such as dist/*) after the manifest, or audit these files and "
            "write the manifest again",
            key=f"missing\0{what}",
            distribution=self._manifest.path,
            data={"names": names},
        )


def _is_of(entry: Listed, file: ReleaseFile) -> bool:
    """Return whether a file belongs to an entry; an entry without a version stands for every version."""
    if entry.project != file.project:
        return False
    if not entry.version or entry.version == file.version:
        return True
    try:
        return Version(entry.version) == Version(file.version)
    except InvalidVersion:
        return False
