"""Finding the credential files of a machine: their places, hostile files, and the files of a checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pkgaudit.inputs import machine as machine_module
from pkgaudit.inputs.machine import LARGEST, look_at_machine
from pkgaudit.model.machine import Machine, Store, StoredFile

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
on_posix = pytest.mark.skipif(os.name != "posix", reason="such files are special to POSIX")


def write(path: Path, text: str | bytes = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def look(home: Path, environment: Mapping[str, str] | None = None, system: str = "linux") -> Machine:
    return look_at_machine(home / "elsewhere", environment or {}, home, system)


def mine(machine: Machine) -> list[StoredFile]:
    """Return the files in the home: the machine that runs the tests may have its own in ``/etc``."""
    return [each for each in machine.stored if each.path.startswith("~/")]


class TestPlaces:
    @pytest.mark.parametrize(
        ("system", "path", "store"),
        [
            ("linux", ".pypirc", Store.PYPIRC),
            ("linux", ".netrc", Store.NETRC),
            ("win32", "_netrc", Store.NETRC),
            ("linux", ".config/pip/pip.conf", Store.PIP),
            ("linux", ".pip/pip.conf", Store.PIP),
            ("darwin", "Library/Application Support/pip/pip.conf", Store.PIP),
            ("win32", "AppData/Roaming/pip/pip.ini", Store.PIP),
            ("linux", ".local/share/uv/credentials/credentials.toml", Store.UV_CREDENTIALS),
            ("win32", "AppData/Roaming/uv/data/credentials/credentials.toml", Store.UV_CREDENTIALS),
            ("darwin", ".config/uv/uv.toml", Store.UV),
            ("linux", ".config/pypoetry/auth.toml", Store.POETRY),
            ("darwin", "Library/Application Support/pypoetry/auth.toml", Store.POETRY),
            ("win32", "AppData/Roaming/pypoetry/config.toml", Store.POETRY),
            ("linux", ".config/pdm/config.toml", Store.PDM),
            ("win32", "AppData/Local/pdm/pdm/config.toml", Store.PDM),
            ("linux", ".config/hatch/config.toml", Store.HATCH),
            ("darwin", "Library/Application Support/hatch/config.toml", Store.HATCH),
            ("linux", ".local/share/python_keyring/keyring_pass.cfg", Store.KEYRING),
            ("freebsd14", ".config/pip/pip.conf", Store.PIP),
        ],
    )
    def test_place(self, system: str, path: str, store: Store, tmp_path: Path) -> None:
        write(tmp_path / path, "x")
        (file,) = mine(look(tmp_path, system=system))
        assert (file.path, file.store, file.text) == (f"~/{path}", store, "x")

    @pytest.mark.parametrize(
        ("variable", "value", "path"),
        [
            ("NETRC", "a/netrc", "a/netrc"),
            ("PIP_CONFIG_FILE", "a/pip.conf", "a/pip.conf"),
            ("UV_CREDENTIALS_DIR", "a", "a/credentials.toml"),
            ("UV_CONFIG_FILE", "a/uv.toml", "a/uv.toml"),
            ("POETRY_CONFIG_DIR", "a", "a/auth.toml"),
            ("PDM_CONFIG_FILE", "a/pdm.toml", "a/pdm.toml"),
            ("HATCH_CONFIG", "a/hatch.toml", "a/hatch.toml"),
            ("XDG_CONFIG_HOME", "a", "a/pip/pip.conf"),
            ("XDG_DATA_HOME", "a", "a/uv/credentials/credentials.toml"),
            ("VIRTUAL_ENV", "a", "a/pip.conf"),
        ],
    )
    def test_variable(self, variable: str, value: str, path: str, tmp_path: Path) -> None:
        write(tmp_path / path)
        (file,) = mine(look(tmp_path, {variable: str(tmp_path / value)}))
        assert file.path == f"~/{path}"

    def test_null_device_means_no_file(self, tmp_path: Path) -> None:
        assert mine(look(tmp_path, {"PIP_CONFIG_FILE": os.devnull, "NETRC": "a\0b"})) == []

    def test_variables(self, tmp_path: Path) -> None:
        given = {"TWINE_PASSWORD": "a", "HOME": "b", "UV_INDEX_CORP_PASSWORD": "c", "PIP_INDEX_URL": ""}
        assert look(tmp_path, given).variables == {"TWINE_PASSWORD": "a", "UV_INDEX_CORP_PASSWORD": "c"}

    @pytest.mark.parametrize(
        ("value", "is_set"), [("true", True), ("1", True), ("false", False), ("", False)]
    )
    def test_ci(self, value: str, is_set: bool, tmp_path: Path) -> None:
        assert look(tmp_path, {"CI": value}).in_ci is is_set


class TestHostileFiles:
    def reason(self, home: Path) -> str:
        (file,) = mine(look(home))
        assert file.text is None
        return file.reason

    def test_huge_file(self, tmp_path: Path) -> None:
        with open(tmp_path / ".pypirc", "wb") as stream:
            stream.truncate(100 << 20)
        assert self.reason(tmp_path) == f"has more than {LARGEST:,} bytes, which is more than is read"

    @on_posix
    def test_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / ".pypirc")
        assert self.reason(tmp_path) == "is not a regular file"

    @on_posix
    def test_link_to_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / ".pypirc").symlink_to(tmp_path / "none")
        assert self.reason(tmp_path) == "is a link to a file that does not exist"

    @on_posix
    def test_link_to_itself(self, tmp_path: Path) -> None:
        (tmp_path / ".pypirc").symlink_to(".pypirc")
        assert self.reason(tmp_path).startswith("cannot be read: ")

    @on_posix
    @pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may read everything")
    def test_no_permission(self, tmp_path: Path) -> None:
        write(tmp_path / ".pypirc").chmod(0)
        assert self.reason(tmp_path) == "cannot be read: Permission denied"

    @pytest.mark.parametrize("data", [b"[pypi]\npassword = \xff\n", "[pypi]\n".encode("utf-16")])
    def test_not_utf_8(self, data: bytes, tmp_path: Path) -> None:
        write(tmp_path / ".pypirc", data)
        assert self.reason(tmp_path) == "is not UTF-8"

    def test_line_ends_and_byte_order_mark(self, tmp_path: Path) -> None:
        write(tmp_path / ".pypirc", b"\xef\xbb\xbf[pypi]\r\nusername = a\r")
        (file,) = mine(look(tmp_path))
        assert file.text == "[pypi]\nusername = a\n"

    def test_folder(self, tmp_path: Path) -> None:
        (tmp_path / ".pypirc").mkdir()
        assert mine(look(tmp_path)) == []

    @on_posix
    def test_owner_and_mode(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path / ".pypirc").chmod(0o640)
        (file,) = mine(look(tmp_path))
        assert (file.mode, file.is_foreign) == (0o640, False)
        other = os.stat(tmp_path).st_uid + 1
        monkeypatch.setattr("os.geteuid", lambda: other)
        (file,) = mine(look(tmp_path))
        assert file.is_foreign is (os.stat(tmp_path).st_uid != 0)


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=Ada", "-c", "user.email=ada@python.org")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


@needs_git
class TestCheckout:
    @pytest.fixture
    def project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            monkeypatch.delenv(name)
        project = tmp_path / "work"
        write(project / ".gitignore", ".env\n.pypirc\n")
        write(project / ".pypirc")
        write(project / ".env")
        write(project / "pdm.toml")
        write(project / "packages/a/uv.toml")
        write(project / "packages/b/uv.toml")
        git(project, "init", "-q")
        git(project, "add", "-f", ".pypirc", "packages/a")
        return project

    def test_files(self, project: Path, tmp_path: Path) -> None:
        machine = look_at_machine(project, {}, tmp_path, "linux")
        found = {each.path: each.is_ignored for each in machine.stored if each.in_checkout}
        # A tracked file is not ignored, whatever the patterns say.
        assert found == {".pypirc": False, ".env": True, "pdm.toml": False, "packages/a/uv.toml": False}

    def test_git_that_fails(self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a container, git refuses the checkout of another account, or is missing."""
        monkeypatch.setenv("PATH", "")
        machine = look_at_machine(project, {}, tmp_path, "linux")
        assert [each.is_ignored for each in machine.stored if each.path == ".env"] == [None]
        (project / ".git").rename(tmp_path / "git")
        write(project / "setup.py")
        machine = look_at_machine(project, {}, tmp_path, "linux")
        assert [each.is_ignored for each in machine.stored if each.path == ".env"] == [False]

    def test_folder_in_a_project(self, project: Path, tmp_path: Path) -> None:
        machine = look_at_machine(project / "packages/b", {}, tmp_path, "linux")
        assert {"uv.toml", "../../pdm.toml", "../a/uv.toml"} <= {each.path for each in machine.stored}

    def test_home_with_version_control(self, tmp_path: Path) -> None:
        """What git does not track there is private by its place."""
        write(tmp_path / ".pypirc")
        write(tmp_path / ".netrc")
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", ".netrc")
        machine = look_at_machine(tmp_path, {}, tmp_path, "linux")
        found = {each.store: each.in_checkout for each in machine.stored if "/etc/" not in each.path}
        assert found == {Store.PYPIRC: False, Store.NETRC: True}

    def test_workflows_and_locked_files(self, project: Path, tmp_path: Path) -> None:
        write(project / ".github/workflows/a.yml", "on: push\n")
        write(project / ".github/workflows/b.txt")
        write(project / ".gitlab-ci.yml", "a: b\n")
        write(project / "requirements.txt", f"a==1 \\\n    --hash=sha256:{'0' * 64}\n")
        write(project / "requirements-dev.txt", "a==1\n")
        machine = look_at_machine(project, {}, tmp_path, "linux")
        assert [(each.path, each.service) for each in machine.workflows] == [
            (".github/workflows/a.yml", "github"),
            (".gitlab-ci.yml", "gitlab"),
        ]
        assert machine.locked == ["requirements.txt"]


class TestKeyring:
    @pytest.fixture
    def installed(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Return the names of packages that seem to be installed."""
        names = ["keyring"]
        monkeypatch.setattr(machine_module, "_is_installed", lambda name: name in names)
        monkeypatch.setattr(machine_module, "entry_points", lambda **_: [])
        return names

    def test_not_installed(self, installed: list[str], tmp_path: Path) -> None:
        installed.clear()
        assert look(tmp_path, {"PYTHON_KEYRING_BACKEND": "a.B"}).keyring.backend is None

    @pytest.mark.parametrize(
        ("packages", "backend"),
        [
            ([], "keyring.backends.fail.Keyring"),
            (["keyrings.alt"], "keyrings.alt.file.PlaintextKeyring"),
            (["keyrings.alt", "pycryptodome"], "keyrings.alt.file.EncryptedKeyring"),
        ],
    )
    def test_without_a_desktop(
        self, packages: list[str], backend: str, installed: list[str], tmp_path: Path
    ) -> None:
        installed += packages
        assert look(tmp_path).keyring.backend == backend

    def test_with_a_desktop(self, installed: list[str], tmp_path: Path) -> None:
        installed.append("keyrings.alt")
        assert look(tmp_path, {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}).keyring.backend is None
        assert look(tmp_path, system="darwin").keyring.backend is None

    def test_named(self, installed: list[str], tmp_path: Path) -> None:
        write(
            tmp_path / ".config/python_keyring/keyringrc.cfg",
            "[backend]\ndefault-keyring=keyrings.alt.file.PlaintextKeyring\n",
        )
        assert look(tmp_path).keyring.backend == "keyrings.alt.file.PlaintextKeyring"
        null = "keyring.backends.null.Keyring"
        assert look(tmp_path, {"PYTHON_KEYRING_BACKEND": null}).keyring.backend == null

    def test_no_back_end_is_imported(self, tmp_path: Path) -> None:
        before = {name for name in sys.modules if name.startswith("keyring")}
        look(tmp_path)
        assert {name for name in sys.modules if name.startswith("keyring")} == before
