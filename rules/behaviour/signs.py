"""Words without which no rule has anything to say about a module: most modules are not read."""

from __future__ import annotations

import re
from functools import cache

from pkgaudit.api import ArchiveKind, PythonFile, Window, Words
from pkgaudit.late import lazy

_RUNS = Words(b"exec", b"eval", b"builtins")
_DECODES = Words(
    *(b"b16decode", b"b32decode", b"b64decode", b"b85decode", b"a85decode", b"z85decode", b"decodebytes"),
    *(b"decodestring", b"unhexlify", b"a2b_", b"decompress", b"fromhex", b"codecs", b"marshal", b"decrypt"),
    *(b"base64", b"rot13", b"rot_13", b"chr(", b"chr,"),
)
_NETWORK = Words(
    *(b"urlopen", b"urlretrieve", b"HTTPConnection", b"HTTPSConnection", b"socket", b"requests", b"httpx"),
    *(b"urllib3", b"aiohttp", b"wget", b"ftplib", b"smtplib", b"xmlrpc", b"boto3", b"pycurl", b"httplib2"),
    *(b"niquests", b"curl_cffi", b"paramiko", b"build_opener", b"open_connection"),
)
_STARTS = Words(
    *(b"subprocess", b"popen", b"os.system", b"import system", b"startfile", b"os.exec", b"spawn"),
    *(b"execv", b"execl", b"create_subprocess", b"CreateProcess", b"fork_exec", b"ShellExecute", b"pexpect"),
)
_TEXTS = Words(b"base64", b"decode", b"decompress", b"hexlify", b"fromhex", b"a2b_", b"marshal", b"decrypt")
_ENCODED = Words(b"powershell", b"pwsh", ignores_case=True)
_SHELL = Words(b"| sh", b"|sh", b"| bash", b"|bash", b"| sudo", b"|sudo", b"| zsh", b"| dash")
ENVIRONMENT = Words(b"environ")

PLACES = Words(
    *(b".aws/credentials", b".ssh/", b".pypirc", b".kube/config", b".docker/config.json"),
    *(b".git-credentials", b".netrc", b".npmrc", b"Login Data", b"logins.json", b"key4.db", b"wallet.dat"),
    *(b"Local Extension Settings", b"Exodus", b"Electrum"),
)
"""Files with credentials: of clouds, of SSH, of indexes, of browsers, and wallets."""

_HOSTS = Words(
    *(b"api.telegram.org/bot", b"webhook.site/", b".oast."),
    *(b".interact.sh", b".interactsh.com", b".m.pipedream.net", b".ngrok", b".trycloudflare.com"),
    *(b"transfer.sh/", b"stratum+tcp"),
)

HOST = lazy(
    r"api\.telegram\.org/bot\d{6,}:[\w-]{20,}"
    r"|webhook\.site/[0-9a-f]{8}-[0-9a-f-]{20,}"
    r"|\b[0-9a-z]{16,63}\.oast\.(?:pro|live|site|online|fun|me)\b"
    r"|\b[0-9a-z]{16,63}\.interact(?:\.sh|sh\.com)\b"
    r"|\be[on][0-9a-z]{8,61}\.m\.pipedream\.net\b"
    r"|\b[0-9a-f]{4,40}(?:-[0-9a-f]{1,4}){0,8}\.ngrok(?:-free)?\.(?:io|app|dev)\b"
    r"|\b[a-z]+(?:-[a-z]+){2,5}\.trycloudflare\.com\b"
    r"|\btransfer\.sh/[0-9A-Za-z]{5,}/"
    r"|stratum\+tcp://[\w.-]+:\d+"
)
"""Addresses with a token: of a webhook, of a tunnel, of a mining pool.

The webhooks of Discord and Slack are secrets, which SE103 reports. Hidden services (`.onion`) are left out,
because newspapers and social networks have public ones, which yt-dlp lists.
"""

BUILDS = Words(b"build_wheel", b"BuildHookInterface")
"""Names in a build backend, and in a build hook of Hatch."""

BUILDING = frozenset(
    f"{prefix}{kind}"
    for prefix in ("build_", "get_requires_for_build_", "prepare_metadata_for_build_")
    for kind in ("sdist", "wheel", "editable")
)
"""The functions of a build backend: https://peps.python.org/pep-0517/, https://peps.python.org/pep-0660/"""

BACKEND = Words(b"build_wheel", b"build_sdist", b"build_editable", b"build_meta", b"BuildHookInterface")
"""Words in every build backend and build hook of Hatch."""

CURL = Words(b"curl", b"wget")


@cache
def _whole(word: bytes) -> re.Pattern[bytes]:
    # The word comes first, because `re` then searches for it ten times as fast.
    return re.compile(rb"%s(?<![\w.]%s)(?!\w)" % (word, word))


def may_matter(file: PythonFile) -> bool:
    """Return whether a module may have a behavior that a rule reports."""
    found, data = file.window.has, file.data
    network, decodes, starts = found(_NETWORK), found(_DECODES), found(_STARTS)
    if starts and (network or found(_TEXTS) or found(_ENCODED) or (found(CURL) and found(_SHELL))):
        return True
    if network and (found(ENVIRONMENT) or len(file.window.found(PLACES)) > 1):
        return True
    if names_hosts(file) or builds(file):
        return True
    if not network and not decodes:
        return False
    words = file.window.found(_RUNS)
    return b"builtins" in words or any(_whole(each).search(data) for each in words)


def may_act(window: Window) -> bool:
    """Return whether a text may use the network, start a process or decode data."""
    return window.has(_NETWORK) or window.has(_STARTS) or window.has(_DECODES)


def names_hosts(file: PythonFile) -> bool:
    """Return whether a module contains the address of a webhook or a tunnel."""
    return file.window.has(_HOSTS) and file.source is not None and HOST.search(file.source) is not None


def builds(file: PythonFile) -> bool:
    """Return whether a module may run when a distribution is built, and uses the network."""
    if file.member.archive is not ArchiveKind.SDIST:
        return False
    is_built = file.member.name == "setup.py" or file.window.has(BUILDS)
    return is_built and (file.window.has(_NETWORK) or file.window.has(CURL))
