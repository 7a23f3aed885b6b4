"""Writes requirements with hashes for pip's and uv's hash mode."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, is_normalized_name
from packaging.version import InvalidVersion, Version

from pkgaudit.formatting import quoted
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.manifest.release import Content
from pkgaudit.model.distribution import Distribution

_HEAD = """\
# Hashes of a release, for installers that check them: pip and uv.
# With hashes, an installer also wants the hashes of all dependencies. To install only the release:
#   pip install --require-hashes --no-deps -r FILE
# Otherwise add these lines to a complete lock file.
"""

_MOST = 20
"""The most requirements that the comment names. Chosen: they fit into three lines."""


def text(content: Content) -> str:
    """Return a block for each project.

    Raises:
        ManifestError: a project has several versions, or a name or a version is not valid.
    """
    projects: dict[str, list[Distribution]] = {}
    for each in content.distributions:
        projects.setdefault(each.project, []).append(each)
    return _HEAD + "".join(_block(name, projects[name]) for name in sorted(projects))


def _block(project: str, files: list[Distribution]) -> str:
    versions = {_version(each): each for each in files}
    if len(versions) > 1:
        one, other = list(versions.values())[:2]
        raise ManifestError(
            f"{one.filename} and {other.filename} are different versions of {project}, and pip cannot know "
            "which one to install; give the files of one version"
        )
    if not is_normalized_name(project):
        raise ManifestError(f"{files[0].filename} has the name {quoted(project)}, which is not valid")
    [version] = versions
    requires = sorted({name for each in files for name in _requires(each)})
    comment = ""
    if requires:
        more = f", and {len(requires) - _MOST} more" if len(requires) > _MOST else ""
        comment = f"# {project} requires: {', '.join(requires[:_MOST])}{more}\n"
    lines = [f"{project}=={version}", *(f"--hash=sha256:{each.sha256}" for each in files)]
    return "\n" + comment + " \\\n    ".join(lines) + "\n"


def _version(distribution: Distribution) -> Version:
    try:
        return Version(distribution.version)
    except InvalidVersion:
        raise ManifestError(
            f"{distribution.filename} has the version {quoted(distribution.version)}, which is not valid"
        ) from None


def _requires(distribution: Distribution) -> Iterator[str]:
    """Yield the names of the projects that are installed too; those of extras are not."""
    for value in distribution.metadata.all("Requires-Dist") if distribution.metadata else ():
        try:
            requirement = Requirement(value)
        except InvalidRequirement:  # a finding of an audit, and this is only a comment
            continue
        if requirement.marker is None or "extra" not in str(requirement.marker):
            yield canonicalize_name(requirement.name)
