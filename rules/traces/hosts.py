"""Find hosts of private networks in settings, core metadata and lists of packages to install."""

from __future__ import annotations

import ipaddress
import re
from itertools import islice

from pkgaudit.api import BinaryFile, TextFile
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.secrets.place import Place, place_of

MOST = 20_000
"""URLs and settings that are read per file."""

MOST_HOSTS = 50
"""Hosts that are kept per file: lock files name many URLs but few hosts, and reports show a few."""

_BYTES_PER_STEP = 100
"""Bytes of settings that are searched in a step, see `Member.spend`."""

_LONGEST_LINE = 300
"""Bytes before a host that are searched for the beginning of a comment: a bound on long lines."""


@dataclass(frozen=True)
class Host:
    """A host, the line of its first appearance, and whether it is a source of packages."""

    name: str
    line: int
    is_source: bool


@dataclass(frozen=True)
class Hosts:
    """The hosts in a file: all of them, because the user's own suffixes may make any host internal."""

    hosts: tuple[Host, ...]


_SOURCES = lazy(
    r"pip\.(?:conf|ini)|\.?(?:np|yarn|pnpm)m?rc|\.yarnrc\.yml|\.pypirc|uv\.toml|.*\.lock|pipfile|package(?:-lock)?\.json"
    r"|npm-shrinkwrap\.json|pnpm-lock\.yaml|.*requirements.*\.(?:txt|in)|.*constraints.*\.txt|environment.*\.ya?ml"
    r"|\.?condarc|pylock.*\.toml|direct_url\.json|\.gitmodules|dependency_links\.txt"
)
"""Names of the files that name sources of packages and modules."""
# Other settings: a host may be a default that users override, so it is reported at info level.
_SETTINGS = lazy(r".*\.(?:toml|ini|cfg|conf|properties|env|ya?ml)|\.env(?:\..*)?|dockerfile.*")
_NEVER = (".py", ".pyi", ".pyc", ".so", ".h", ".hpp", ".js", ".html", ".png")
"""Ends of the names of most other files, which are sorted out before the slower patterns."""
_METADATA = lazy(r"metadata|pkg-info")

# 253 is the longest name in the DNS (RFC 1035, section 2.3.4), 45 the longest IPv6 address; the other limits
# only bound the time.
_URL = lazy(
    rb"\b(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,19})://(?:[^\s/@\"'<>]{1,200}@)?(?P<host>[A-Za-z0-9._-]{1,253}"
    rb"|\[[0-9A-Fa-f:.]{2,45}\])(?=[:/\s\"'<>,;)\]#?]|\Z)"
)
# Keys whose values are hosts without a scheme. Other keys (`name`, `domain`, `url`) have too many other
# values with dots.
_SETTING = lazy(
    rb"^[ \t]*[\"']?(?:trusted[-_]host|[\w.-]{0,40}(?:proxy|registry|server|host|endpoint|address))[\"']?"
    rb"[ \t]*[=:][ \t]*[\"']?(?P<host>[A-Za-z0-9][A-Za-z0-9._-]{3,252})(?=[:/\s\"',]|\Z)",
    re.MULTILINE | re.IGNORECASE,
)
_GIT = lazy(rb"\bgit@(?P<host>[A-Za-z0-9._-]{1,253}):")
# Every match of the expressions contains one of these: most settings files have none and are skipped.
_WORTH = (b"://", b"git@", b"host", b"proxy", b"server", b"registry", b"endpoint", b"address")

# Domains that are not in the public DNS: ICANN reserved `.internal` for private use (2024-07-29), `.local`
# belongs to multicast DNS, and RFC 6762, appendix G, lists intranet, internal, corp and lan as in use. Linux
# uses `.localdomain`.
_SUFFIXES = frozenset({"corp", "internal", "lan", "local", "intranet", "localdomain"})
# Docker, Google Cloud, Kubernetes, EC2, Podman, Lima, OrbStack, Fly.io and Railway.
_USUAL = lazy(
    r"(?:.*\.)?(?:(?:host|gateway|kubernetes|vm|model-runner)\.docker\.internal|(?:metadata|metadata\.goog|.*)\.google\.internal"
    r"|cluster\.local|svc\.local|.*compute(?:-\d)?\.internal|ec2\.internal|containers\.internal|lima\.internal|orb\.local"
    r"|localhost\.(?:local)?domain|c\.[^.]+\.internal|fly\.internal|railway\.internal|home\.arpa)"
)
"""Hosts of well-known platforms: the same everywhere, so they reveal nothing."""
_EXAMPLE = lazy(
    r"(?:my|your)[-_]?\w*|(?:some|foo|bar|baz|acme|demo|dummy|fake|test|example|sample|x{2,}|company|corporation)"
    r"(?:[-_][\w-]*|\d+)?"
)
"""Parts of made-up host names."""
_GENERIC = lazy(
    r"(?:the|corp|local|host|hostname|server|domain|service|internal|intranet|app|api|web|www|db|database|cache|redis"
    r"|node|machine|device|printer|nas|router|proxy|registry|pypi|git|gitlab|mail|ldap|kafka|queue|worker|backend)\d*"
)
"""Host names that appear directly before a suffix in examples and in container networks."""
_BRIDGES = tuple(
    map(ipaddress.ip_network, ("172.17.0.0/28", "10.0.2.0/29", "192.168.99.100/32", "192.168.56.0/27"))
)
"""Addresses that Docker and virtual machines assign on every machine."""
_HOME_NETWORKS = tuple(
    map(
        ipaddress.ip_network, ("192.168.0.0/23", "10.0.0.0/24", "10.0.1.0/24", "10.10.10.0/24", "10.1.1.0/24")
    )
)
"""Default networks of home routers, which examples use too."""
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_FRONTS = lazy(r"(?:\d{1,3}\.){3}\d{1,3}")


def hosts_of(file: BinaryFile) -> Hosts | None:
    """Return the hosts in a file of settings, core metadata or package sources."""
    name = file.member.name.lower()
    if name.endswith(_NEVER):
        return None
    is_metadata = _METADATA.fullmatch(name) is not None
    is_source = _SOURCES.fullmatch(name) is not None
    if not is_metadata and not is_source and not _SETTINGS.fullmatch(name):
        return None
    lower = file.data.lower()
    if not any(each in lower for each in _WORTH) or file.window.view(TextFile, file.member) is None:
        return None
    data = file.data
    if is_metadata:
        end = re.search(rb"\r?\n\r?\n", data)
        data = data[: end.start() if end else len(data)]
    elif place_of(file) is not Place.CODE:
        return None
    if not file.member.spend(len(data) // _BYTES_PER_STEP):
        return None
    found: dict[str, Host] = {}
    for pattern in (_URL, _GIT) if is_metadata else (_URL, _GIT, _SETTING):
        line, seen = file.window.first_line, 0
        for match in islice(pattern.finditer(data), MOST):
            host = match["host"].decode("ascii").strip("[]").rstrip(".-").lower()
            if not may_be_internal(host) or host in found or len(found) >= MOST_HOSTS:
                continue
            start = data.rfind(b"\n", max(0, match.start() - _LONGEST_LINE), match.start()) + 1
            if not is_metadata and data[start : match.start() + 1].lstrip()[:1] in (b"#", b";"):
                continue
            line += data.count(b"\n", seen, match.start())
            seen = match.start()
            found[host] = Host(host, line, is_metadata or is_source)
    return Hosts(tuple(found.values())) if found else None


def may_be_internal(host: str) -> bool:
    """Return whether a host can be internal, including the suffixes of the user."""
    return "." in host or ":" in host


def is_internal(host: str, suffixes: tuple[str, ...] = ()) -> bool:
    """Return whether a host belongs to a private network, by its name or its address."""
    if any(host == each or host.endswith(f".{each}") for each in suffixes):
        return True
    address = _address(host)
    if address is not None:
        return (
            isinstance(address, ipaddress.IPv4Address)  # local addresses of IPv6 are random or of examples
            and any(address in each for each in _PRIVATE)
            and not any(address in each for each in (*_BRIDGES, *_HOME_NETWORKS))
            and not host.endswith((".0", ".255"))  # addresses of networks and broadcasts
            and host not in _COUNTED
        )
    labels = host.split(".")
    if len(labels) < 2 or labels[-1] not in _SUFFIXES or _USUAL.fullmatch(host):
        return False
    if len(labels) == 2 and labels[-1] in ("local", "lan", "localdomain"):
        return False  # the default name of a machine in a network without a DNS server
    if len(labels) == 2 and _GENERIC.fullmatch(labels[0]):
        return False
    return all(labels) and not any(map(_EXAMPLE.fullmatch, labels[:-1]))


# Addresses with counted or repeated numbers from examples, and the usual first addresses of networks.
_COUNTED = frozenset({"10.1.2.3", "10.10.10.10", "10.11.12.13", "10.20.30.40", "172.16.0.1", "192.168.100.1"})


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if not _FRONTS.fullmatch(host) and ":" not in host:
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
