"""Cases of HM201 and HM202: the files of a release with manifests and attestations."""

from __future__ import annotations

from dataclasses import replace

from fixtures.cases import bad, good
from pkgaudit.model.release_files import Attestation, Listed, Manifest, ReleaseFile, ReleaseFiles

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64

WHEEL = ReleaseFile("dist/sample-1.0-py3-none-any.whl", 1000, ONE, "sample", "1.0")
SDIST = ReleaseFile("dist/sample-1.0.tar.gz", 2000, TWO, "sample", "1.0")

SUMS = Manifest(
    "dist/SHA256SUMS",
    "a list of checksums",
    (Listed(1, WHEEL.name, (ONE,)), Listed(2, SDIST.name, (TWO,))),
)

LOCK = Manifest(
    "requirements.txt",
    "a requirements file",
    (Listed(3, "", (ONE, TWO), "sample", "1.0"), Listed(6, "", (THREE,), "dependency", "2.0")),
    is_complete=False,
)

STATEMENT = replace(SUMS, path="release.json", form="an in-toto statement", result="WARNED")

PUBLISH = Attestation(
    f"{WHEEL.path}.publish.attestation",
    WHEEL.name,
    WHEEL.path,
    subject=WHEEL.name,
    sha256=ONE,
    predicate_type="https://docs.pypi.org/attestations/publish/v1",
)


def compared(*manifests: Manifest, given: tuple[ReleaseFile, ...] = (WHEEL, SDIST)) -> ReleaseFiles:
    """Return files with manifests."""
    return ReleaseFiles(list(given), list(manifests), configuration="c" * 64)


def attested(*attestations: Attestation) -> ReleaseFiles:
    """Return the files with attestations."""
    return ReleaseFiles([WHEEL, SDIST], attestations=list(attestations))


@good("HM201", "HM202")
def nothing_to_compare() -> ReleaseFiles:
    return ReleaseFiles([WHEEL, SDIST])


@good("HM201")
def equal_files() -> ReleaseFiles:
    return compared(SUMS, LOCK, STATEMENT, replace(STATEMENT, configuration="c" * 64))


@good("HM201")
def a_list_with_a_file_that_is_no_distribution() -> ReleaseFiles:
    return compared(replace(SUMS, entries=(*SUMS.entries, Listed(3, "sbom.json", (THREE,)))))


@good("HM201")
def another_spelling_of_the_version() -> ReleaseFiles:
    return compared(replace(LOCK, entries=(LOCK.entries[0]._replace(version="1.0.0"),)))


@good("HM201")
def a_lock_file_with_files_of_dependencies() -> ReleaseFiles:
    mine = tuple(each._replace(project="sample", version="1.0") for each in SUMS.entries)
    other = Listed(None, "dependency-2.0.tar.gz", (THREE,), "dependency", "2.0")
    return compared(Manifest("pylock.toml", "a lock file", (*mine, other), is_complete=False))


@bad("HM201", says=f"has changed: it has the sha256 {THREE}, and 'SHA256SUMS' lists {TWO}")
def a_changed_file() -> ReleaseFiles:
    return compared(SUMS, given=(WHEEL, replace(SDIST, sha256=THREE)))


@bad("HM201", says="has changed: it has the sha256 3333")
def a_file_without_its_hash() -> ReleaseFiles:
    return compared(LOCK, given=(WHEEL, replace(SDIST, sha256=THREE)))


@bad("HM201", at=":2", says="'sample-1.0.tar.gz' is missing; 'SHA256SUMS' lists more files than were found")
def a_missing_file() -> ReleaseFiles:
    return compared(SUMS, given=(WHEEL,))


@bad("HM201", at=":3", says="1 file of sample 1.0 is missing")
def a_missing_file_without_a_name() -> ReleaseFiles:
    return compared(LOCK, given=(WHEEL,))


@bad("HM201", at=(*map(":{}".format, range(2, 22)), ""), says="6 more files are missing")
def many_missing_files() -> ReleaseFiles:
    more = (Listed(number, f"sample-{number}.tar.gz", (THREE,)) for number in range(3, 28))
    return compared(replace(SUMS, entries=(*SUMS.entries, *more)), given=(WHEEL,))


@bad("HM201", says="'other-1.0.tar.gz' is not listed in 'SHA256SUMS'")
def an_unlisted_file() -> ReleaseFiles:
    return compared(
        SUMS, given=(WHEEL, SDIST, ReleaseFile("dist/other-1.0.tar.gz", 1, THREE, "other", "1.0"))
    )


@bad("HM201", at=("", ":2"), says="but its content is, as 'sample-1.0.tar.gz'")
def a_renamed_file() -> ReleaseFiles:
    return compared(SUMS, given=(WHEEL, replace(SDIST, path="dist/sample-1.1.tar.gz")))


@bad("HM201", at=("", ""), says="but version '1.0' of the project is")
def the_manifest_of_the_previous_release() -> ReleaseFiles:
    return compared(LOCK, given=(replace(WHEEL, version="1.1"), replace(SDIST, version="1.1")))


@bad("HM201", says="'release.json' contains the result of an audit that failed")
def a_failed_audit() -> ReleaseFiles:
    return compared(replace(STATEMENT, result="FAILED"))


@bad("HM201", severity="warning", says="with another configuration, or by another version")
def an_audit_with_another_configuration() -> ReleaseFiles:
    return compared(replace(STATEMENT, configuration="d" * 64))


@good("HM201")
def an_envelope() -> ReleaseFiles:
    return compared(replace(STATEMENT, signatures=2))


@good("HM202")
def an_attestation_with_another_spelling() -> ReleaseFiles:
    return attested(PUBLISH, replace(PUBLISH, subject="Sample-1.0-PY3-none-any.whl"))


@bad("HM202", says="is not JSON")
def a_malformed_attestation() -> ReleaseFiles:
    return attested(
        Attestation(PUBLISH.path, WHEEL.name, WHEEL.path, fault="is not JSON: Expecting value in line 1")
    )


@bad("HM202", says="is an attestation of 'sample-1.0.tar.gz', not of 'sample-1.0-py3-none-any.whl'")
def an_attestation_of_the_other_file() -> ReleaseFiles:
    return attested(replace(PUBLISH, subject=SDIST.name, sha256=TWO))


@bad("HM202", says=f"has the sha256 {ONE}, and the attestation is for {THREE}")
def an_attestation_of_other_content() -> ReleaseFiles:
    return attested(replace(PUBLISH, sha256=THREE))


@bad("HM202", severity="warning", says="its distribution 'other-1.0.tar.gz' was not given")
def an_attestation_without_its_distribution() -> ReleaseFiles:
    name = "other-1.0.tar.gz"
    return attested(replace(PUBLISH, path=f"dist/{name}.attestation", distribution=name, file=None))


@bad("HM202", severity="warning", says="is an attestation, but its name begins with no distribution")
def an_attestation_with_another_name() -> ReleaseFiles:
    return attested(replace(PUBLISH, path="dist/release.attestation", distribution="", file=None))


@bad(
    "HM202",
    severity="warning",
    says="of the type 'https://example.com/audit', which PyPI rejects",
)
def an_attestation_of_a_type_for_other_places() -> ReleaseFiles:
    return attested(replace(PUBLISH, predicate_type="https://example.com/audit"))


@bad("HM202", says="has no valid signature of the configured publisher: 'wrong repository'")
def an_attestation_of_another_publisher() -> ReleaseFiles:
    return attested(replace(PUBLISH, unsigned="'wrong repository'"))
