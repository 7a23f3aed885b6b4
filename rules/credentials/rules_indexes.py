"""CR110 and CR114: addresses of indexes, and how installers check what they receive from them."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Location, Problem, Severity, quoted, rule
from pkgaudit.model.addresses import Address
from pkgaudit.model.machine import Machine, Store
from pkgaudit.rules.credentials.accounts import (
    TrustedHost,
    address_of,
    contents_of,
    links_of,
    real_files,
    trusted_hosts_of,
)


@rule("CR110", "insecure-repository", Severity.ERROR, since="0.1.0")
def insecure_repository(machine: Machine) -> Iterator[Problem]:
    """A setting names an index with `http://`, or a host whose certificate is not checked.

    The rule reads the addresses of indexes in the configurations of all tools and in their environment
    variables, and `trusted-host` of pip and `allow-insecure-host` of uv. Addresses of this machine itself are
    not reported.

    ## Why it matters
    Everybody between this machine and the index can read the password that the uploader sends, and replace
    the packages that the installer receives. twine, uv, PDM and Poetry send the password without a warning.

    ## How to fix it
    Write the address with `https://` and delete `trusted-host`. If the index has a certificate of your own
    authority, give that to the tool, such as with pip's setting `cert`.

    ## References
    - <https://pip.pypa.io/en/stable/topics/https-certificates/>
    - <https://pip.pypa.io/en/stable/cli/pip/#cmdoption-trusted-host>
    """
    for link in links_of(machine):
        if link.address.scheme == "http" and not link.address.is_loopback:
            yield Problem(
                f"the setting '{link.key}' names the index http://{link.address.host} without encryption",
                Location(line=link.line),
                "write the address with 'https://'",
                key=f"{link.key} {link.address.host}",
                distribution=link.file,
                data={"host": link.address.host, "key": link.key},
            )
    for each in trusted_hosts_of(machine):
        address = _address(each)
        if address is not None and not address.is_loopback:
            yield Problem(
                f"the setting '{each.key}' accepts {address.host} without a valid certificate",
                Location(line=each.line),
                "delete the setting; give the certificate of your own authority to the tool if it has one",
                key=f"{each.key} {address.host}",
                distribution=each.file,
                data={"host": address.host, "key": each.key},
            )


def _address(trusted: TrustedHost) -> Address | None:
    return address_of(trusted.host if "://" in trusted.host else f"https://{trusted.host}/")


@rule("CR114", "hashes-not-required", Severity.INFO, since="0.1.0")
def hashes_not_required(machine: Machine) -> Iterator[Problem]:
    """The project has a requirements file with hashes, but pip's configuration does not require hashes.

    The rule is silent without a configuration of pip, or if any of them, or `PIP_REQUIRE_HASHES`,
    requires hashes.

    ## Why it matters
    pip checks the hashes of this one file. Any other `pip install` in the same environment, such as in a
    script or in a second step, installs packages unchecked.

    ## How to fix it
    Add the setting to the configuration of pip:

        [install]
        require-hashes = true

    ## References
    - <https://pip.pypa.io/en/stable/topics/secure-installs/>
    """
    files = [each for each in real_files(machine) if each.store is Store.PIP and each.text is not None]
    is_required = any(contents_of(each).requires_hashes for each in files)
    if not files or not machine.locked or is_required or "PIP_REQUIRE_HASHES" in machine.variables:
        return
    yield Problem(
        f"the configuration does not require hashes, although {quoted(machine.locked[0])} has some",
        fix="set 'require-hashes = true' in the section [install]",
        key="hashes",
        distribution=files[-1].path,
        data={"path": machine.locked[0]},
    )
