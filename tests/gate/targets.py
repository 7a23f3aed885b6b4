"""Where uploaders send files to, by options, variables and files: one table for the gate and for them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PYPI, TESTPYPI = "https://upload.pypi.org/legacy", "https://test.pypi.org/legacy"


@dataclass(frozen=True)
class Target:
    """A command line with its settings, and where it uploads to.

    ``{URL}`` is the address of an index, in ``words``, ``env`` and ``files``. ``to`` is the path there, or
    the complete address of another index; None if the uploader stops because of its settings. ``files`` are
    below the project, or with ``~/`` below the home folder. ``folder`` is where the command runs. ``source``
    is a part of the setting that the gate names. ``is_slow`` keeps a case from the real uploader, which takes
    a second to start, unless ``PKGAUDIT_ALL_TARGETS`` is set.
    """

    name: str
    tool: str
    words: str
    to: str | None
    source: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    folder: str = "."
    is_slow: bool = False

    def write(self, folder: Path, url: str) -> None:
        """Write the files below a folder, which gets a ``project`` and a ``home``."""
        for name, text in {"pyproject.toml": PYPROJECT, **self.files}.items():
            path = folder / "home" / name[2:] if name.startswith("~/") else folder / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{URL}", url))
        (folder / "project" / self.folder).mkdir(parents=True, exist_ok=True)
        (folder / "home").mkdir(exist_ok=True)

    def command(self, url: str) -> list[str]:
        """Return the words of the command without files."""
        return shlex.split(self.words.replace("{URL}", url))

    def variables(self, folder: Path, url: str) -> dict[str, str]:
        """Return the environment variables; ``{ROOT}`` is the folder."""
        made = {"HOME": str(folder / "home"), "USERPROFILE": str(folder / "home"), **self.env}
        return {key: each.replace("{URL}", url).replace("{ROOT}", str(folder)) for key, each in made.items()}


PYPROJECT = '[project]\nname = "sample"\nversion = "1.0"\n'

PYPIRC = "[distutils]\nindex-servers = local\n[local]\nrepository = {URL}/user/\n"


def _of(start: str) -> Callable[..., Target]:
    """Return a function that makes the cases of a command."""

    def make(name: str, words: str, to: str | None, source: str = "", **more: Any) -> Target:
        return Target(name, start.split()[0], f"{start} {words}", to, source, **more)

    return make


_twine = _of("twine upload")
_uv = _of("uv publish")
_hatch = _of("hatch publish")
_pdm = _of("pdm publish --no-build")
_poetry = _of("poetry publish -n")
_maturin = _of("maturin upload")

TWINE = [
    _twine("nothing", "", PYPI, "the default"),
    _twine("flag", "--repository-url {URL}/flag/", "/flag", "--repository-url"),
    _twine("abbreviated flag", "--repository-u={URL}/flag/", "/flag", "--repository-url", is_slow=True),
    _twine(
        "variable",
        "",
        "/var",
        "TWINE_REPOSITORY_URL",
        env={"TWINE_REPOSITORY_URL": "{URL}/var/"},
        is_slow=True,
    ),
    _twine(
        "variable before name",
        "-r local",
        "/var",
        "TWINE_REPOSITORY_URL",
        env={"TWINE_REPOSITORY_URL": "{URL}/var/"},
        files={"~/.pypirc": PYPIRC},
    ),
    _twine(
        "flag before variable",
        "--repository-url {URL}/flag/",
        "/flag",
        "--repository-url",
        env={"TWINE_REPOSITORY_URL": "{URL}/var/"},
        is_slow=True,
    ),
    _twine(
        "empty flag before variable",
        "--repository-url= -r local",
        "/user",
        "[local] in ~/.pypirc",
        env={"TWINE_REPOSITORY_URL": "{URL}/var/"},
        files={"~/.pypirc": PYPIRC},
        is_slow=True,
    ),
    _twine("name", "-rlocal", "/user", "[local] in ~/.pypirc", files={"~/.pypirc": PYPIRC}),
    _twine(
        "name in a variable",
        "",
        "/user",
        "[local] in ~/.pypirc",
        env={"TWINE_REPOSITORY": "local"},
        files={"~/.pypirc": PYPIRC},
        is_slow=True,
    ),
    _twine(
        "name before variable",
        "--repository=local",
        "/user",
        "[local] in ~/.pypirc",
        env={"TWINE_REPOSITORY": "nowhere"},
        files={"~/.pypirc": PYPIRC},
        is_slow=True,
    ),
    _twine(
        "other file",
        "--config-file other.ini -r local",
        "/user",
        "[local] in ",
        files={"other.ini": PYPIRC},
        is_slow=True,
    ),
    _twine("missing file", "--config-file other.ini -r local", None, is_slow=True),
    _twine(
        "PyPI's section",
        "",
        "/user",
        "[pypi] in ~/.pypirc",
        files={"~/.pypirc": PYPIRC.replace("local", "pypi")},
        is_slow=True,
    ),
    _twine("TestPyPI", "-r testpypi", TESTPYPI, "--repository", is_slow=True),
    _twine(
        "TestPyPI is not a server",
        "-r testpypi",
        None,
        "--repository",
        files={"~/.pypirc": PYPIRC},
        is_slow=True,
    ),
    _twine("unknown name", "-r nowhere", None, "--repository", files={"~/.pypirc": PYPIRC}, is_slow=True),
    _twine(
        "section that is not a server",
        "-r local",
        None,
        "--repository",
        files={"~/.pypirc": "[local]\nrepository = {URL}/user/\n"},
    ),
    _twine(
        "malformed file", "-r local", None, files={"~/.pypirc": "repository = {URL}/user/\n"}, is_slow=True
    ),
    _twine("no address", "--repository-url local", None, "--repository-url", is_slow=True),
]

UV_PROJECT = PYPROJECT + '[tool.uv]\npublish-url = "{URL}/project/"\n'
UV_INDEX = (
    PYPROJECT + '[[tool.uv.index]]\nname = "local"\nurl = "{URL}/simple/"\npublish-url = "{URL}/index/"\n'
)

UV_ROOT = (
    PYPROJECT
    + '[tool.uv]\npublish-url = "{URL}/root/"\n[tool.uv.workspace]\nmembers = ["a/*"]\nexclude = ["a/c"]\n'
)

UV_MEMBER = '[project]\nname = "member"\nversion = "1.0"\n[tool.uv]\npublish-url = "{URL}/member/"\n'

UV = [
    _uv("nothing", "", PYPI, "the default"),
    _uv("flag", "--publish-url {URL}/flag/", "/flag", "--publish-url"),
    _uv("variable", "", "/var", "UV_PUBLISH_URL", env={"UV_PUBLISH_URL": "{URL}/var/"}),
    _uv(
        "flag before variable",
        "--publish-url={URL}/flag/",
        "/flag",
        "--publish-url",
        env={"UV_PUBLISH_URL": "{URL}/var/"},
    ),
    _uv("empty flag", "--publish-url ''", None, env={"UV_PUBLISH_URL": "{URL}/var/"}),
    _uv("empty variable", "", None, env={"UV_PUBLISH_URL": ""}, files={"pyproject.toml": UV_PROJECT}),
    _uv("project", "", "/project", "publish-url in ", files={"pyproject.toml": UV_PROJECT}),
    _uv(
        "variable before project",
        "",
        "/var",
        "UV_PUBLISH_URL",
        env={"UV_PUBLISH_URL": "{URL}/var/"},
        files={"pyproject.toml": UV_PROJECT},
    ),
    _uv(
        "project's uv.toml",
        "",
        "/own",
        "uv.toml",
        files={"pyproject.toml": UV_PROJECT, "uv.toml": 'publish-url = "{URL}/own/"\n'},
    ),
    _uv("sub-folder", "", "/project", "[tool.uv]", files={"pyproject.toml": UV_PROJECT}, folder="sub/folder"),
    _uv(
        "user",
        "",
        "/user",
        "~/.config/uv/uv.toml",
        files={"~/.config/uv/uv.toml": 'publish-url = "{URL}/user/"\n'},
    ),
    _uv(
        "project before user",
        "",
        "/project",
        "[tool.uv]",
        files={"pyproject.toml": UV_PROJECT, "~/.config/uv/uv.toml": 'publish-url = "{URL}/user/"\n'},
    ),
    _uv(
        "user beside a project without address",
        "",
        "/user",
        "uv.toml",
        files={
            "pyproject.toml": PYPROJECT + "[tool.uv]\npackage = true\n",
            "~/.config/uv/uv.toml": 'publish-url = "{URL}/user/"\n',
        },
    ),
    _uv(
        "system",
        "",
        "/system",
        "uv.toml",
        env={"XDG_CONFIG_DIRS": "{ROOT}/project/xdg"},
        files={"xdg/uv/uv.toml": 'publish-url = "{URL}/system/"\n'},
    ),
    _uv(
        "user before system",
        "",
        "/user",
        "~/elsewhere/uv/uv.toml",
        env={"XDG_CONFIG_DIRS": "{ROOT}/project/xdg", "XDG_CONFIG_HOME": "{ROOT}/home/elsewhere"},
        files={
            "xdg/uv/uv.toml": 'publish-url = "{URL}/system/"\n',
            "~/elsewhere/uv/uv.toml": 'publish-url = "{URL}/user/"\n',
        },
    ),
    _uv(
        "file in a variable",
        "",
        "/file",
        "other.toml",
        env={"UV_CONFIG_FILE": "other.toml"},
        files={"pyproject.toml": UV_PROJECT, "other.toml": 'publish-url = "{URL}/file/"\n'},
    ),
    _uv(
        "file",
        "--config-file other.toml",
        "/file",
        "other.toml",
        files={"pyproject.toml": UV_PROJECT, "other.toml": 'publish-url = "{URL}/file/"\n'},
    ),
    _uv(
        "file from another folder",
        "--config-file other.toml --directory sub",
        "/sub",
        "other.toml",
        files={
            "sub/other.toml": 'publish-url = "{URL}/sub/"\n',
            "other.toml": 'publish-url = "{URL}/file/"\n',
        },
    ),
    _uv("no settings", "--no-config", PYPI, "the default", files={"pyproject.toml": UV_PROJECT}),
    _uv(
        "no settings by a variable", "", PYPI, env={"UV_NO_CONFIG": "1"}, files={"pyproject.toml": UV_PROJECT}
    ),
    _uv(
        "settings despite a variable",
        "",
        "/project",
        env={"UV_NO_CONFIG": "0"},
        files={"pyproject.toml": UV_PROJECT},
    ),
    _uv("index", "--index local", "/index", "the index 'local'", files={"pyproject.toml": UV_INDEX}),
    _uv(
        "index in a variable",
        "",
        "/index",
        env={"UV_PUBLISH_INDEX": "local"},
        files={"pyproject.toml": UV_INDEX},
    ),
    _uv(
        "index of the user",
        "--index local",
        "/user",
        "the index 'local'",
        files={
            "~/.config/uv/uv.toml": '[[index]]\nname = "local"\nurl = "{URL}"\npublish-url = "{URL}/user/"\n',
        },
    ),
    _uv("unknown index", "--index nowhere", None, "", files={"pyproject.toml": UV_INDEX}),
    _uv(
        "index without address",
        "--index local",
        None,
        files={"pyproject.toml": PYPROJECT + '[[tool.uv.index]]\nname = "local"\nurl = "{URL}/simple/"\n'},
    ),
    _uv(
        "index and address",
        "--index local",
        None,
        env={"UV_PUBLISH_URL": "{URL}/var/"},
        files={"pyproject.toml": UV_INDEX},
    ),
    _uv("directory", "--directory sub", "/project", files={"sub/pyproject.toml": UV_PROJECT}),
    _uv(
        "directory in a variable",
        "",
        "/project",
        env={"UV_WORKING_DIR": "sub"},
        files={"sub/pyproject.toml": UV_PROJECT},
    ),
    _uv(
        "directory in a variable by its former name",
        "",
        "/project",
        env={"UV_WORKING_DIRECTORY": "sub"},
        files={"sub/pyproject.toml": UV_PROJECT},
    ),
    _uv("other project", "--project sub", "/project", files={"sub/pyproject.toml": UV_PROJECT}),
    _uv(
        "project in a variable",
        "",
        "/project",
        env={"UV_PROJECT": "sub"},
        files={"sub/pyproject.toml": UV_PROJECT},
    ),
    Target(
        "option before the command",
        "uv",
        "uv --project sub publish",
        "/project",
        files={"sub/pyproject.toml": UV_PROJECT},
    ),
    _uv(
        "workspace",
        "",
        "/root",
        "[tool.uv]",
        files={"pyproject.toml": UV_ROOT, "a/b/pyproject.toml": UV_MEMBER},
        folder="a/b",
    ),
    _uv(
        "excluded from a workspace",
        "",
        "/member",
        "[tool.uv]",
        files={"pyproject.toml": UV_ROOT, "a/c/pyproject.toml": UV_MEMBER},
        folder="a/c",
    ),
    _uv(
        "no member of a workspace",
        "",
        "/member",
        "[tool.uv]",
        files={"pyproject.toml": UV_ROOT, "b/pyproject.toml": UV_MEMBER},
        folder="b",
    ),
    _uv(
        "project inside a member",
        "",
        "/member",
        "[tool.uv]",
        files={
            "pyproject.toml": UV_ROOT.replace('"a/*"', '"a/*", "a/*/*"'),
            "a/b/pyproject.toml": PYPROJECT,
            "a/b/d/pyproject.toml": UV_MEMBER,
        },
        folder="a/b/d",
    ),
    _uv(
        "settings without a project",
        "",
        "/member",
        "[tool.uv]",
        files={"pyproject.toml": UV_ROOT, "a/b/pyproject.toml": '[tool.uv]\npublish-url = "{URL}/member/"\n'},
        folder="a/b",
    ),
    _uv(
        "unmanaged project",
        "",
        "/member",
        "[tool.uv]",
        files={"pyproject.toml": UV_ROOT, "a/b/pyproject.toml": UV_MEMBER + "managed = false\n"},
        folder="a/b",
    ),
    _uv("malformed settings", "", None, files={"uv.toml": "publish-url =\n"}),
]

HATCH_CONFIG = "~/.config/hatch/config.toml"
HATCH_NAMED = '[publish.index.repos.local]\nurl = "{URL}/user/"\n'

HATCH = [
    _hatch("nothing", "", PYPI, "the default", is_slow=True),
    _hatch("flag", "--repo={URL}/flag/", "/flag", "--repo", is_slow=True),
    _hatch("variable", "", "/var", "HATCH_INDEX_REPO", env={"HATCH_INDEX_REPO": "{URL}/var/"}),
    _hatch(
        "empty flag before variable",
        "--repo=",
        PYPI,
        "the default",
        env={"HATCH_INDEX_REPO": "{URL}/var/"},
        is_slow=True,
    ),
    _hatch("name", "-r local", "/user", "publish.index.repos.local in ~", files={HATCH_CONFIG: HATCH_NAMED}),
    _hatch(
        "flag before variable",
        "-r{URL}/flag/",
        "/flag",
        "--repo",
        env={"HATCH_INDEX_REPO": "{URL}/var/"},
        is_slow=True,
    ),
    _hatch(
        "name as text",
        "-r local",
        "/user",
        files={HATCH_CONFIG: '[publish.index.repos]\nlocal = "{URL}/user/"\n'},
        is_slow=True,
    ),
    _hatch(
        "user",
        "",
        "/user",
        "publish.index.repos.local",
        files={HATCH_CONFIG: f'[publish.index]\nrepo = "local"\n{HATCH_NAMED}'},
        is_slow=True,
    ),
    _hatch(
        "address of the user",
        "",
        "/user",
        "publish.index.repo in ~",
        files={HATCH_CONFIG: '[publish.index]\nrepo = "{URL}/user/"\n'},
        is_slow=True,
    ),
    _hatch(
        "variable before user",
        "",
        "/var",
        env={"HATCH_INDEX_REPO": "{URL}/var/"},
        files={HATCH_CONFIG: '[publish.index]\nrepo = "{URL}/user/"\n'},
        is_slow=True,
    ),
    _hatch(
        "file in a variable",
        "-r local",
        "/user",
        env={"HATCH_CONFIG": "{ROOT}/project/other.toml"},
        files={"other.toml": HATCH_NAMED},
        is_slow=True,
    ),
    _hatch(
        "user after an empty flag",
        "-r ''",
        "/user",
        "publish.index.repo in ~",
        env={"HATCH_INDEX_REPO": "{URL}/var/"},
        files={HATCH_CONFIG: '[publish.index]\nrepo = "{URL}/user/"\n'},
        is_slow=True,
    ),
    _hatch("TestPyPI", "-r test", TESTPYPI, "--repo", is_slow=True),
    _hatch(
        "PyPI's address is fixed",
        "",
        PYPI,
        files={HATCH_CONFIG: '[publish.index.repos.main]\nurl = "{URL}/user/"\n'},
        is_slow=True,
    ),
    _hatch("name in .pypirc", "-r local", None, "--repo", files={"~/.pypirc": PYPIRC}),
    _hatch(
        "project",
        "",
        PYPI,
        "the default",
        files={"pyproject.toml": PYPROJECT + '[tool.hatch.publish.index]\nrepo = "{URL}/project/"\n'},
        is_slow=True,
    ),
    _hatch("malformed settings", "-r local", None, files={HATCH_CONFIG: "["}, is_slow=True),
]

PDM_NAMED = '[repository.local]\nurl = "{URL}/%s/"\n'
PDM_CONFIG = "~/.config/pdm/config.toml"

PDM = [
    _pdm(
        "empty flag after variable",
        "--repository=",
        "/var",
        "PDM_PUBLISH_REPO",
        env={"PDM_PUBLISH_REPO": "{URL}/var/"},
        is_slow=True,
    ),
    Target(
        "abbreviated settings",
        "pdm",
        "pdm --conf=other.toml publish --no-build",
        "/other",
        "repository.pypi.url in ",
        files={"other.toml": '[repository.pypi]\nurl = "{URL}/other/"\n'},
        is_slow=True,
    ),
    _pdm("nothing", "", PYPI, "the default"),
    _pdm("flag", "--repository={URL}/flag/", "/flag", "--repository", is_slow=True),
    _pdm("variable", "", "/var", "PDM_PUBLISH_REPO", env={"PDM_PUBLISH_REPO": "{URL}/var/"}, is_slow=True),
    _pdm(
        "flag before variable",
        "-r{URL}/flag/",
        "/flag",
        "--repository",
        env={"PDM_PUBLISH_REPO": "{URL}/var/"},
        is_slow=True,
    ),
    _pdm(
        "project before user",
        "-r local",
        "/project",
        "repository.local.url in ",
        files={"pdm.toml": PDM_NAMED % "project", PDM_CONFIG: PDM_NAMED % "user"},
    ),
    _pdm(
        "user",
        "-r local",
        "/user",
        "repository.local.url in ~",
        files={PDM_CONFIG: PDM_NAMED % "user"},
        is_slow=True,
    ),
    _pdm(
        "user fills in",
        "-r local",
        "/user",
        "repository.local.url in ~",
        files={"pdm.toml": '[repository.local]\nusername = "me"\n', PDM_CONFIG: PDM_NAMED % "user"},
        is_slow=True,
    ),
    _pdm(
        "options of the project",
        "",
        "/project",
        "repository.local.url",
        files={
            "pyproject.toml": PYPROJECT + '[tool.pdm.options]\npublish = ["-r", "local"]\n',
            "pdm.toml": PDM_NAMED % "project",
        },
    ),
    _pdm(
        "flag before options",
        "-r {URL}/flag/",
        "/flag",
        "--repository",
        files={"pyproject.toml": PYPROJECT + '[tool.pdm.options]\npublish = ["-r", "local"]\n'},
        is_slow=True,
    ),
    _pdm(
        "sub-folder",
        "-r local",
        "/project",
        files={"pdm.toml": PDM_NAMED % "project"},
        folder="sub",
        is_slow=True,
    ),
    _pdm(
        "other project",
        "-p sub -r local",
        "/project",
        files={"sub/pdm.toml": PDM_NAMED % "project", "sub/pyproject.toml": PYPROJECT},
        is_slow=True,
    ),
    _pdm(
        "file in a variable",
        "-r local",
        "/user",
        env={"PDM_CONFIG_FILE": "{ROOT}/project/other.toml"},
        files={"other.toml": PDM_NAMED % "user"},
        is_slow=True,
    ),
    Target(
        "option before the command",
        "pdm",
        "pdm -c other.toml publish --no-build -r local",
        "/user",
        files={"other.toml": PDM_NAMED % "user"},
        is_slow=True,
    ),
    _pdm(
        "system",
        "-r local",
        "/system",
        env={"XDG_CONFIG_DIRS": "{ROOT}/project/xdg"},
        files={"xdg/pdm/config.toml": PDM_NAMED % "system"},
        is_slow=True,
    ),
    _pdm(
        "user without address before system",
        "-r local",
        None,
        env={"XDG_CONFIG_DIRS": "{ROOT}/project/xdg"},
        files={
            "xdg/pdm/config.toml": PDM_NAMED % "system",
            PDM_CONFIG: '[repository.local]\nusername = "me"\n',
        },
        is_slow=True,
    ),
    _pdm(
        "PyPI's address",
        "",
        "/user",
        "repository.pypi.url",
        files={PDM_CONFIG: '[repository.pypi]\nurl = "{URL}/user/"\n'},
        is_slow=True,
    ),
    _pdm("unknown name", "-r nowhere", None, is_slow=True),
    _pdm("TestPyPI", "-r testpypi", TESTPYPI, "--repository", is_slow=True),
    _pdm("malformed settings", "-r local", None, files={"pdm.toml": "["}, is_slow=True),
]

POETRY_NAMED = '[repositories.local]\nurl = "{URL}/%s/"\n'
POETRY_CONFIG = "~/.config/pypoetry/config.toml"
POETRY_SOURCE = (
    PYPROJECT + '[[tool.poetry.source]]\nname = "local"\nurl = "{URL}/source/"\npriority = "explicit"\n'
)

POETRY = [
    _poetry("nothing", "", PYPI, "the default"),
    _poetry(
        "variable",
        "-r local",
        "/var",
        "POETRY_REPOSITORIES_LOCAL_URL",
        env={"POETRY_REPOSITORIES_LOCAL_URL": "{URL}/var/"},
        is_slow=True,
    ),
    Target(
        "name before the command",
        "poetry",
        "poetry -n --repository=local publish",
        "/var",
        "POETRY_REPOSITORIES_LOCAL_URL",
        env={"POETRY_REPOSITORIES_LOCAL_URL": "{URL}/var/"},
        is_slow=True,
    ),
    _poetry(
        "name with a hyphen",
        "-rmy-repo",
        "/var",
        env={"POETRY_REPOSITORIES_MY_REPO_URL": "{URL}/var/"},
        is_slow=True,
    ),
    _poetry(
        "name with a dot",
        "-r my.repo",
        None,
        env={"POETRY_REPOSITORIES_MY_REPO_URL": "{URL}/var/"},
        is_slow=True,
    ),
    _poetry(
        "user",
        "-r local",
        "/user",
        "repositories.local in ~",
        files={POETRY_CONFIG: POETRY_NAMED % "user"},
        is_slow=True,
    ),
    _poetry(
        "project before user",
        "--repository=local",
        "/project",
        "poetry.toml",
        files={"poetry.toml": POETRY_NAMED % "project", POETRY_CONFIG: POETRY_NAMED % "user"},
    ),
    _poetry(
        "variable before project",
        "-r local",
        "/var",
        env={"POETRY_REPOSITORIES_LOCAL_URL": "{URL}/var/"},
        files={"poetry.toml": POETRY_NAMED % "project"},
        is_slow=True,
    ),
    _poetry(
        "source",
        "-r local",
        "/source",
        "the source 'local'",
        files={"pyproject.toml": POETRY_SOURCE},
        is_slow=True,
    ),
    _poetry(
        "settings before source",
        "-r local",
        "/project",
        files={"pyproject.toml": POETRY_SOURCE, "poetry.toml": POETRY_NAMED % "project"},
        is_slow=True,
    ),
    _poetry(
        "source before settings with any variable",
        "-r local",
        "/source",
        env={"POETRY_REPOSITORIES_OTHER_URL": "{URL}/other/"},
        files={"pyproject.toml": POETRY_SOURCE, "poetry.toml": POETRY_NAMED % "project"},
    ),
    _poetry(
        "folder in a variable",
        "-r local",
        "/user",
        env={"POETRY_CONFIG_DIR": "{ROOT}/project/other"},
        files={"other/config.toml": POETRY_NAMED % "user"},
        is_slow=True,
    ),
    _poetry(
        "sub-folder",
        "-r local",
        "/project",
        files={"poetry.toml": POETRY_NAMED % "project"},
        folder="sub",
        is_slow=True,
    ),
    _poetry(
        "other folder",
        "-C sub -r local",
        "/project",
        files={"sub/poetry.toml": POETRY_NAMED % "project", "sub/pyproject.toml": PYPROJECT},
        is_slow=True,
    ),
    Target(
        "options before the command",
        "poetry",
        "poetry -nC sub publish -r local",
        "/project",
        files={"sub/poetry.toml": POETRY_NAMED % "project", "sub/pyproject.toml": PYPROJECT},
        is_slow=True,
    ),
    _poetry(
        "other project",
        "--project sub -r local",
        "/project",
        files={"sub/poetry.toml": POETRY_NAMED % "project", "sub/pyproject.toml": PYPROJECT},
        is_slow=True,
    ),
    _poetry("empty flag", "-r ''", PYPI, "the default", is_slow=True),
    _poetry("address", "-r {URL}/flag/", None, "", is_slow=True),
    _poetry("PyPI by name", "-r pypi", None, is_slow=True),
    _poetry("malformed settings", "-r local", None, files={"poetry.toml": "["}, is_slow=True),
]

MATURIN = [
    _maturin("nothing", "", PYPI, "the default"),
    _maturin("flag", "--repository-url {URL}/flag/", "/flag", "--repository-url"),
    _maturin("variable", "", "/var", "MATURIN_REPOSITORY_URL", env={"MATURIN_REPOSITORY_URL": "{URL}/var/"}),
    _maturin("name", "-r local", "/user", "[local] in ~/.pypirc", files={"~/.pypirc": PYPIRC}),
    _maturin(
        "name in a variable", "", "/user", env={"MATURIN_REPOSITORY": "local"}, files={"~/.pypirc": PYPIRC}
    ),
    _maturin("name and flag", "-r local --repository-url {URL}/flag/", "/flag", files={"~/.pypirc": PYPIRC}),
    _maturin("flag and name", "--repository-url {URL}/flag/ -r local", "/user", files={"~/.pypirc": PYPIRC}),
    _maturin("empty address", "--repository-url ''", None, files={"~/.pypirc": PYPIRC}),
    _maturin("empty variable", "", None, env={"MATURIN_REPOSITORY_URL": ""}, files={"~/.pypirc": PYPIRC}),
    _maturin("empty name", "-r ''", None, files={"~/.pypirc": PYPIRC}),
    _maturin("address as name", "-r {URL}/flag/", None, "--repository"),
    _maturin(
        "two variables",
        "",
        None,
        env={"MATURIN_REPOSITORY_URL": "{URL}/var/", "MATURIN_REPOSITORY": "local"},
        files={"~/.pypirc": PYPIRC},
    ),
    _maturin(
        "flag and variable",
        "--repository-url {URL}/flag/",
        None,
        env={"MATURIN_REPOSITORY": "local"},
        files={"~/.pypirc": PYPIRC},
    ),
    _maturin(
        "variable and name",
        "-r local",
        None,
        env={"MATURIN_REPOSITORY_URL": "{URL}/var/"},
        files={"~/.pypirc": PYPIRC},
    ),
    _maturin(
        "PyPI's section", "", "/user", "[pypi] in ~", files={"~/.pypirc": PYPIRC.replace("local", "pypi")}
    ),
    _maturin("TestPyPI", "-r testpypi", TESTPYPI, "--repository"),
    _maturin(
        "TestPyPI is not a server", "-r testpypi", TESTPYPI, "--repository", files={"~/.pypirc": PYPIRC}
    ),
    _maturin("unknown name", "-r nowhere", None, "--repository", files={"~/.pypirc": PYPIRC}),
    _maturin(
        "section that is not a server",
        "-r local",
        "/user",
        files={"~/.pypirc": "[local]\nrepository = {URL}/user/\n"},
    ),
    _maturin("malformed file", "-r local", None, files={"~/.pypirc": "repository = {URL}/user/\n"}),
]

TARGETS = [*TWINE, *UV, *HATCH, *PDM, *POETRY, *MATURIN]
