"""The table of calls by what they do: consistent, and without names that no library has."""

from __future__ import annotations

import builtins
from itertools import combinations

import pytest

from pkgaudit.model.capabilities import WORDS
from pkgaudit.rules._shared.calls import KINDS, capability_of, groups, kind_of, named_in
from pkgaudit.rules.data.loader import load

LIBRARY = load("library_versions").values

PRIVATE = {"_ctypes", "_pickle", "_posixsubprocess", "_winapi"}
"""Modules of CPython that the data leave out."""

PYTHON_2 = {"__builtin__", "_winreg", "cPickle", "commands", "httplib", "popen2", "urllib2", "xmlrpclib"}
"""Modules that only Python 2 had."""

OTHERS = {
    *(
        "Crypto",
        "Cryptodome",
        "PIL",
        "_cffi_backend",
        "aiohttp",
        "anyio",
        "asyncio_dgram",
        "asyncssh",
        "boto3",
    ),
    *(
        "botocore",
        "cffi",
        "cloudpickle",
        "crontab",
        "cryptography",
        "curl_cffi",
        "cv2",
        "dill",
        "dns",
        "gnupg",
    ),
    *("dns", "gnupg", "grpc", "httplib2", "httpx", "joblib", "jsonpickle", "keyboard", "mouse", "mss"),
    *("nacl", "niquests", "numpy", "pandas", "paramiko", "pexpect", "pickle5", "plumbum"),
    *("psutil", "pyaes", "pyaudio", "pyautogui", "pycurl", "pynput", "pyperclip", "pyzipper", "requests"),
    *(
        "rsa",
        "sh",
        "sounddevice",
        "telnetlib3",
        "torch",
        "tornado",
        "treq",
        "trio",
        "urllib3",
        "websocket",
        "websockets",
    ),
    *("wget", "win32api", "win32clipboard", "win32com", "win32process"),
    *("win32serviceutil", "yaml"),
}
"""Modules of other projects in the table."""


def names(key: str) -> list[tuple[str, str]]:
    return [(name, str(group["capability"])) for group in groups() for name in group.get(key, ())]


def test_every_capability_has_words_and_every_kind_is_known() -> None:
    assert {each["capability"] for each in groups()} - {None} == WORDS.keys() - {"INSTALL_TIME"}
    assert {each["kind"] for each in groups()} - {None} == {*KINDS}


def test_every_name_has_one_capability() -> None:
    exact = [name for name, _ in (*names("exact"), *names("value"))]
    assert len(exact) == len({*exact})
    methods = [name for name, _ in names("method")]
    assert len(methods) == len({*methods})


def test_every_name_and_prefix_is_reachable() -> None:
    for name, capability in names("exact"):
        assert str(capability_of(name)) == capability
    for prefix, capability in names("prefix"):
        assert str(capability_of(f"{prefix}x")) == capability


def test_prefixes_of_different_capabilities_do_not_overlap() -> None:
    for (one, first), (other, second) in combinations(names("prefix"), 2):
        assert first == second or not (one.startswith(other) or other.startswith(one))


def test_harmless_names_of_libraries() -> None:
    assert (kind_of("requests.get"), capability_of("requests.get")) == ("network", "NETWORK")
    assert capability_of("requests.Timeout") is kind_of("requests.Timeout") is None
    assert capability_of("requestsx.get") is None
    assert capability_of("os.path.join") is None


@pytest.mark.parametrize("key", ["exact", "prefix", "value"])
def test_every_name_exists_in_some_python_or_library(key: str) -> None:
    """The modules are listed here or are in the standard library of some Python that the data know."""
    for name, _ in names(key):
        top = name.partition(".")[0]
        is_known = top in OTHERS | PYTHON_2 | PRIVATE or top in LIBRARY["names"]
        assert is_known or hasattr(builtins, top) or name == "execfile"


def test_names_of_this_python_exist() -> None:
    """Functions of modules that any system has; others are for Windows, or were removed."""
    import asyncio
    import importlib
    import os
    import pickle
    import shutil
    import socket
    import subprocess
    import tempfile

    modules = (asyncio, importlib, pickle, shutil, socket, subprocess, tempfile)
    for name, _ in names("exact"):
        top, _, rest = name.partition(".")
        for module in modules:
            if module.__name__ == top and "." not in rest:
                assert hasattr(module, rest), name
    only_elsewhere = {"startfile", "chflags", "lchflags", "lchmod", "unsetenv", "getenvb"}
    missing = {name for name, _ in names("exact") if name.startswith("os.") and not hasattr(os, name[3:])}
    assert {name[3:] for name in missing} <= only_elsewhere


def test_methods_and_values() -> None:
    assert named_in("value")["os.environ"] == "ENV"
    assert named_in("method")["write_text"] == "FILES_WRITE"
