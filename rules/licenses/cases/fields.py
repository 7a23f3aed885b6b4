"""Cases of LC: licenses."""

from __future__ import annotations

from fixtures.builders import LICENSE, Built, Metadata, Sdist, Wheel, record_file, sample_metadata
from fixtures.cases import bad, good
from fixtures.samples import METADATA, PKG_INFO


def old_metadata() -> Metadata:
    """Return metadata as build backends wrote it before License-File was a field."""
    metadata = sample_metadata()
    metadata.set("Metadata-Version", "2.1")
    metadata.set("License-Expression")
    metadata.set("License", "Apache-2.0")
    return metadata


def two_license_files() -> Metadata:
    metadata = sample_metadata()
    metadata.set("License-File", "LICENSE", "vendor/six/LICENSE")
    return metadata


# LC101


@bad("LC101", at=f"{METADATA}:7", says="'sample-1.0.dist-info/licenses/LICENSE'")
def wheel_without_its_license() -> Built:
    return Wheel(licenses={}).build()


@bad(
    "LC101",
    at=f"{METADATA}:7",
    says="so it was removed after the build; PyPI rejects the file",
    also=("HM105",),
)
def license_taken_out_of_the_wheel() -> Built:
    wheel = Wheel()
    wheel.record = record_file(wheel.rows())
    wheel.licenses = {}
    return wheel.build()


@bad("LC101", at=f"{METADATA}:7")
def license_beside_the_metadata() -> Built:
    wheel = Wheel(licenses={})
    wheel.files["sample-1.0.dist-info/LICENSE"] = LICENSE
    return wheel.build()


@bad("LC101", at=f"{METADATA}:8", says="'vendor/six/LICENSE'", also=("LC106",))
def nested_license_in_the_wrong_folder() -> Built:
    return Wheel(metadata=two_license_files(), licenses={"LICENSE": LICENSE, "six/LICENSE": LICENSE}).build()


@bad("LC101", at=f"{PKG_INFO}:7", says="'sample-1.0/LICENSE'", also=("SD105",))
def sdist_without_its_license() -> Built:
    sdist = Sdist()
    del sdist.files["LICENSE"]
    return sdist.build()


@bad("LC101", at=f"{METADATA}:6", severity="warning", says="License-File 'LICENSE' is missing")
def old_wheel_without_its_license() -> Built:
    return Wheel(metadata=old_metadata(), licenses={}).build()


@good("LC101")
def nested_license() -> list[Built]:
    sdist = Sdist(metadata=two_license_files())
    sdist.files["vendor/six/LICENSE"] = LICENSE
    licenses = {"LICENSE": LICENSE, "vendor/six/LICENSE": LICENSE}
    return [Wheel(metadata=two_license_files(), licenses=licenses).build(), sdist.build()]


@good("LC101")
def old_wheel_with_the_license_beside_the_metadata() -> Built:
    wheel = Wheel(metadata=old_metadata(), licenses={})
    wheel.files["sample-1.0.dist-info/LICENSE"] = LICENSE
    return wheel.build()


# LC102


@bad("LC102", at=f"{METADATA}:13", says="'Apache Software License'")
def both_fields() -> Built:
    metadata = sample_metadata()
    metadata.add("License", "Apache Software License")
    return Wheel(metadata=metadata).build()


@bad("LC102", at=f"{PKG_INFO}:13")
def both_fields_that_agree() -> Built:
    metadata = sample_metadata()
    metadata.add("License", "Apache-2.0")
    return Sdist(metadata=metadata).build()


@good("LC102", "LC103")
def empty_license_beside_the_expression() -> Built:
    metadata = sample_metadata()
    metadata.add("License", "")
    return Wheel(metadata=metadata).build()


# LC103


@bad("LC103", at=METADATA, also=("LC106",))
def no_license() -> Built:
    metadata = sample_metadata()
    metadata.set("License-Expression")
    metadata.set("License-File")
    return Wheel(metadata=metadata, licenses={}).build()


@bad("LC103", at=PKG_INFO, also=("LC106", "MD211"))
def license_unknown() -> Built:
    metadata = sample_metadata()
    metadata.set("License-Expression")
    metadata.set("License-File")
    metadata.set("License", "UNKNOWN")
    return Sdist(metadata=metadata).build()


@good("LC103")
def license_by_classifier() -> Built:
    metadata = sample_metadata()
    metadata.set("License-Expression")
    metadata.set("License-File")
    metadata.add("Classifier", "License :: Other/Proprietary License")
    return Wheel(metadata=metadata, licenses={}).build()
