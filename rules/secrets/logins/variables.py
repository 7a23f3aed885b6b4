"""The environment variables from which uploaders read the passwords and tokens of indexes."""

from __future__ import annotations

from pkgaudit.late import lazy

UPLOAD_VARIABLES = {
    "TWINE_PASSWORD": "",
    "UV_PUBLISH_": "(?:TOKEN|PASSWORD)",
    "UV_INDEX_": r"\w{1,60}_PASSWORD",
    "HATCH_INDEX_AUTH": "",
    "FLIT_PASSWORD": "",
    "POETRY_PYPI_TOKEN_": r"\w{1,60}",
    "POETRY_HTTP_BASIC_": r"\w{1,60}_PASSWORD",
    "MATURIN_P": "(?:YPI_TOKEN|ASSWORD)",
    "PDM_PUBLISH_PASSWORD": "",
    "PYPI_TOKEN": "",
    "PYPI_PASSWORD": "",
    "PYPI_API_TOKEN": "",
}
"""The beginnings of the names, with patterns of the ends. Scripts pass those with PYPI on to an uploader."""

_NAME = lazy("|".join(f"{head}{rest}" for head, rest in UPLOAD_VARIABLES.items()))


def is_upload_variable(name: str) -> bool:
    """Return whether a variable contains the password or the token of an index."""
    return _NAME.fullmatch(name) is not None
