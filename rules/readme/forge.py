"""The addresses of a project's files on the website of its repository."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pkgaudit.api import CoreMetadata
from pkgaudit.late import dataclass

LABELS = ("source", "sourcecode", "repository", "github", "code", "homepage")
"""The normalized labels of a Project-URL that lead to the repository, the best first; then Home-page.

https://packaging.python.org/en/latest/specifications/well-known-project-urls/
"""

_PART = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Forge:
    """The addresses before the path of a file, for its page and for its content."""

    page: str
    content: str

    def address_of(self, path: str, *, is_image: bool) -> str:
        """Return the address of a relative path in the root of the repository."""
        path = re.sub(r"^(?:\.?/)+", "", path)
        return (self.content if is_image else self.page) + path


def forge_of(metadata: CoreMetadata) -> Forge | None:
    """Return the repository that the project's URLs name on GitHub, GitLab or Codeberg, None without one."""
    found: dict[str, str] = {}
    for field in metadata.fields:
        if field.key == "home-page":
            found.setdefault("", field.value)
        elif field.key == "project-url":
            label, _, url = field.value.partition(",")
            found.setdefault(re.sub(r"[^a-z]", "", label.lower()), url.strip())
    for label in (*LABELS, ""):
        forge = _forge(found.get(label, ""))
        if forge:
            return forge
    return None


def _forge(url: str) -> Forge | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None  # MD106 reports it
    host = (parts.hostname or "").removeprefix("www.")
    names = [each for each in parts.path.split("/") if each]
    # The owner and the repository; GitLab has groups in groups, whose last name is followed by "-".
    depth = names.index("-") if "-" in names else len(names) if "gitlab" in host else 2
    names = names[:depth]
    if len(names) < 2 or not all(map(_PART.fullmatch, names)):
        return None
    path = "/".join(names).removesuffix(".git")
    if host == "github.com":
        return Forge(f"https://{host}/{path}/blob/HEAD/", f"https://raw.githubusercontent.com/{path}/HEAD/")
    if host == "gitlab.com" or host.startswith("gitlab."):
        return Forge(f"https://{host}/{path}/-/blob/HEAD/", f"https://{host}/{path}/-/raw/HEAD/")
    if host == "codeberg.org":
        return Forge(f"https://{host}/{path}/src/branch/main/", f"https://{host}/{path}/raw/branch/main/")
    return None
