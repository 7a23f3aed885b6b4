"""Cases of GT: command lines as the gate reads them, with files that only exist by name."""

from __future__ import annotations

from dataclasses import replace

from fixtures.cases import bad, good
from pkgaudit.model.addresses import Address
from pkgaudit.model.handover import Handed, Handover, Reason, Refusal, Target

WHEEL = Handed("dist/sample-1.0-py3-none-any.whl", "sample-1.0-py3-none-any.whl", "sample", 10, "0" * 64)
SDIST = Handed("dist/sample-1.0.tar.gz", "sample-1.0.tar.gz", "sample", 10, "1" * 64)

PYPI = "https://upload.pypi.org/legacy/"
PRIVATE = "https://packages.example.com/"


def target(address: str = PYPI, source: str = "the default", credentials: str | None = None) -> Target:
    """Return a target at an address."""
    return Target(Address.parse(address), source, None, source.startswith("-"), credentials)


def twine(**changes: object) -> Handover:
    """Return the handover of two files to twine, with changes."""
    made = Handover("twine", ["twine", "upload", "x"], [WHEEL, SDIST], target=target())
    return replace(made, **changes)  # type: ignore[arg-type]  # the names of fields are those of the class


def refused(tool: str, reason: Reason, message: str, fix: str, file: str | None = None) -> Handover:
    """Return a handover that is refused."""
    return Handover(tool, handed=[WHEEL], refusals=[Refusal(reason, message, fix, file)])


@bad("GT101", says="builds new files")
def builds() -> Handover:
    message = "flit publish builds new files and uploads these; no option prevents it"
    fix = f"run 'pkgaudit gate {WHEEL.path} -- twine upload {WHEEL.path}'"
    return refused("flit", Reason.REBUILDS, message, fix)


@bad("GT102", says="was not audited")
def names_another_file() -> Handover:
    message = "old-1.0.tar.gz was not audited, and the command would upload it through 'dist/*'"
    fix = "name dist/old-1.0.tar.gz before '--' too, or leave it out of the command"
    return refused("twine", Reason.UNAUDITED, message, fix, "dist/old-1.0.tar.gz")


@bad("GT103", says="names an audited file")
def names_no_file() -> Handover:
    message = "make is not known, and no argument names an audited file"
    fix = "write {dist} where the command takes a folder, or {files} where it takes files"
    return refused("make", Reason.UNKNOWN, message, fix)


@bad("GT104", says="skips")
def leaves_out_a_file() -> Handover:
    message = "uv skips Sample-1.0.tar.gz, whose name is not normalized, and exits with status 0"
    fix = "rebuild it with a backend that normalizes filenames, or use 'twine upload'"
    return refused("uv", Reason.UNPICKED, message, fix, "dist/Sample-1.0.tar.gz")


@bad("GT105", says="would write signatures")
def signs() -> Handover:
    message = "twine would write signatures beside the audited files, which are read-only"
    fix = "remove --sign; sign with 'gpg --detach-sign --armor FILE' first, and give the .asc files too"
    return refused("twine", Reason.SIGNS, message, fix)


@bad("GT106", says="does not name it")
def does_not_get_a_file() -> Handover:
    return twine(handed=[WHEEL], left_out=[SDIST])


@good("GT101", "GT102", "GT103", "GT104", "GT105", "GT106", "GT107", "GT108", "GT109", "GT110", "GT111")
def gets_all_files() -> Handover:
    return twine()


@bad("GT107", says=f"uploads to {PYPI}, from the default; allowed: {PRIVATE}")
def other_index() -> Handover:
    return twine(allowed=[Address.parse(PRIVATE)])


@bad("GT107", says="it is not known where")
def unknown_index() -> Handover:
    return twine(allowed=[Address.parse(PYPI)], target=Target(unknown="~/.pypirc is malformed"))


@good("GT107")
def below_an_allowed_index() -> Handover:
    allowed = [Address.parse(PRIVATE)]
    return twine(
        allowed=allowed, target=target("https://PACKAGES.example.com:443/root/prod", "TWINE_REPOSITORY_URL")
    )


@good("GT107")
def unknown_index_without_a_table() -> Handover:
    return twine(target=Target(unknown="make is not an uploader that pkgaudit knows"))


@bad("GT108", says="without encryption, from PDM_PUBLISH_REPO")
def without_encryption() -> Handover:
    return twine(target=target("http://packages.example.com/", "PDM_PUBLISH_REPO"))


@good("GT108")
def on_this_machine() -> Handover:
    return twine(target=target("http://[::1]:8080/root/dev", "--repository-url"))


@bad("GT109", says="--repository-url contains")
def login_in_address() -> Handover:
    return twine(target=target("https://user:word@packages.example.com/", "--repository-url"))


@good("GT109")
def login_in_a_file() -> Handover:
    return twine(target=target("https://user:word@packages.example.com/", "[prod] in ~/.pypirc"))


@bad("GT110", says="has a classifier 'Private ::'")
def private_classifier() -> Handover:
    return twine(handed=[replace(WHEEL, is_private=True)])


@bad("GT110", severity="warning", says="would be uploaded to an unknown index, but its project matches")
def private_name_and_unknown_index() -> Handover:
    unknown = Target(unknown="make is not an uploader that pkgaudit knows")
    return twine(handed=[replace(WHEEL, project="acme")], private_names=("acme*",), target=unknown)


@bad("GT110", says="matches 'acme-*'")
def private_name() -> Handover:
    return twine(handed=[replace(WHEEL, project="acme-tools")], private_names=("acme-*",))


@good("GT110")
def private_project_on_a_private_index() -> Handover:
    return twine(handed=[replace(WHEEL, is_private=True)], target=target(PRIVATE, "-r"))


@bad("GT111", says="would use the credentials in TWINE_PASSWORD")
def attestations_with_a_password() -> Handover:
    return twine(sends_attestations=True, target=target(credentials="TWINE_PASSWORD"))


@good("GT111")
def attestations_of_a_trusted_publisher() -> Handover:
    return twine(sends_attestations=True)


@good("GT111")
def attestations_for_another_index() -> Handover:
    return twine(sends_attestations=True, target=target(PRIVATE, "-r", "TWINE_PASSWORD"))
