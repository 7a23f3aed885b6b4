"""Find credentials for hosts: machines, version control, databases, web servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from itertools import islice

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.secrets.logins.model import (
    Credential,
    Entry,
    basic_login,
    found,
    names_credential,
    url_logins,
)
from pkgaudit.rules.secrets.logins.read import MOST_ENTRIES, read_ini, read_lines

# A token is a line end, a comment, a quoted string or a word.
_NETRC = lazy(r'\n|#[^\n]*|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[^\s"][^\s]*')


@dataclass(frozen=True)
class NetrcEntry:
    """An entry of a netrc file: the password of a host. ``host`` is empty for the entry of all hosts."""

    host: str
    login: str
    password: str = field(repr=False)
    line: int


def read_netrc(text: str) -> Iterator[NetrcEntry]:
    """Read tokens with any white space between them; a macro continues to the next empty line.

    Source: https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html.
    """
    expects, machine, login, macro, line, empty = "", "", "", False, 1, True
    for match in islice(_NETRC.finditer(text), 8 * MOST_ENTRIES):
        token = match[0]
        if token == "\n":
            macro = macro and not empty
            line, empty = line + 1, True
            continue
        empty = False
        if macro or (token[0] == "#" and expects != "password"):
            continue
        value = re.sub(r"\\(.)", r"\1", token.strip('"')) if token[0] == '"' else token
        if expects == "password":
            if login.lower() not in ("anonymous", "ftp"):
                yield NetrcEntry(machine, login, value, line)
        elif expects == "machine":
            machine, login = value, ""
        elif expects == "login":
            login = value
        elif expects == "macdef":
            macro = True
        elif token in ("machine", "login", "password", "account", "macdef", "user"):
            expects = "login" if token == "user" else token
            continue
        elif token == "default":
            machine, login = "", ""
        expects = ""


def find_in_netrc(text: str) -> Iterator[Credential]:
    """Yield the passwords of a netrc file."""
    for each in read_netrc(text):
        where = each.host[:80] or "all hosts"
        yield from found(Entry((each.host,), each.password, each.line), f"a password for {where}")


def find_in_git_credentials(text: str) -> Iterator[Credential]:
    """Source: https://git-scm.com/docs/git-credential-store."""
    yield from url_logins(text)


# 8192: Apache and nginx reject longer headers by default.
_HEADER = lazy(r"authorization:\s{0,9}(basic|bearer|token)\s{1,9}(\S{1,8192})", re.IGNORECASE)


def find_in_git_config(text: str) -> Iterator[Credential]:
    """Yield logins in URLs of remotes and their substitutes, authentication headers, and tokens of tools.

    Sources: https://git-scm.com/docs/git-config and
    https://github.com/actions/checkout (which leaves a header).
    """
    for line, entry in enumerate(islice(text.split("\n"), MOST_ENTRIES), 1):
        if "@" in entry and not entry.lstrip().startswith(("#", ";")):
            yield from url_logins(entry, line)
    for option in read_ini(text, "=", nested=False):
        if option.key == "extraheader":
            header = _HEADER.search(option.value)
            if header:
                value = basic_login(header[2]) if header[1].lower() == "basic" else None
                yield from found(option, "an authentication header", header[2] if value is None else value)
        elif option.key == "smtppass" or option.key in ("token", "oauth-token", "password"):
            yield from found(option, f"a password ({'.'.join(option.path)[:80]})")


# Hashes of crypt(3), bcrypt, Argon2 and Apache's own MD5 and SHA, and the 13 characters of DES crypt.
_HASH = lazy(
    r"\$(?:apr1|1|5|6|y|7|2[abxy]?|argon2\w{0,3})\$\S{8,400}|\{S?SHA[0-9]{0,3}\}\S{8,200}|[./0-9A-Za-z]{13}"
)


def find_in_htpasswd(text: str) -> Iterator[Credential]:
    """Source: https://httpd.apache.org/docs/current/misc/password_encryptions.html."""
    for entry in read_lines(text):
        user, colon, value = entry.value.partition(":")
        if not colon or user.startswith("#") or not value:
            continue
        value = value.split(":")[0].strip()
        if _HASH.fullmatch(value):
            yield Credential("a password hash", value, entry.line)
        elif not re.search(r"\s", user):
            plain = value.removeprefix("{PLAIN}")
            yield from found(Entry((user,), plain, entry.line), "a password", weak=True)


def find_in_htdigest(text: str) -> Iterator[Credential]:
    """Source: https://httpd.apache.org/docs/current/programs/htdigest.html."""
    for entry in read_lines(text):
        parts = entry.value.split(":")
        if len(parts) == 3 and re.fullmatch(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}", parts[2]):
            yield from found(Entry((parts[0],), parts[2], entry.line), "a password hash")


_PGPASS = lazy(r"(?:[^:\\]|\\.)*")


def find_in_pgpass(text: str) -> Iterator[Credential]:
    """Source: https://www.postgresql.org/docs/current/libpq-pgpass.html."""
    for entry in read_lines(text):
        if entry.value.startswith("#"):
            continue
        parts = entry.value.replace("\\\\", "\0").replace("\\:", "\1").split(":")
        if len(parts) >= 5:
            value = ":".join(parts[4:]).replace("\1", ":").replace("\0", "\\")
            yield from found(Entry((parts[0],), value, entry.line), f"a password for {parts[0][:80]}")


def find_in_options(text: str) -> Iterator[Credential]:
    """Yield credentials in the options of INI files: MySQL, command-line tools of clouds, rclone."""
    for entry in read_ini(text, nested=False):
        if names_credential(entry.key):
            where = f" of {entry.path[0][:80]}" if entry.path[0] else ""
            yield from found(entry, f"a credential ({entry.key[:80]}{where})")
        else:
            yield from url_logins(entry.value, entry.line)


_LONGEST_TOKEN = 8192
"""Characters of the longest token: it must fit into a request header, see above."""


def find_bare_token(text: str) -> Iterator[Credential]:
    """Yield the token of a file that only contains a token, as for Vault and Hugging Face."""
    token = text.strip()
    # Tokens of both have more than 20 characters; 8 is chosen to exclude single words.
    if 8 <= len(token) <= _LONGEST_TOKEN and not re.search(r"\s", token):
        line = text.count("\n", 0, len(text) - len(text.lstrip())) + 1
        yield from found(Entry((), token, line), "a token")


# Elements of Maven's servers, and attributes of NuGet's packageSourceCredentials and apikeys.
_PASSWORD_OF_XML = lazy(
    r"<(password|passphrase|privateKey|secret|token)>([^<>\n]{1,1024})<|"
    r"key=\"(ClearTextPassword|Password|[\w.:/-]{0,100}apikey)\"\s{0,20}value=\"([^\"\n]{1,1024})\"",
    re.IGNORECASE,
)


def find_in_settings_xml(text: str) -> Iterator[Credential]:
    """Yield passwords in settings of Maven and NuGet.

    Sources: https://maven.apache.org/settings.html#servers and
    https://learn.microsoft.com/nuget/reference/nuget-config-file.
    """
    line, seen = 1, 0
    for match in islice(_PASSWORD_OF_XML.finditer(text), MOST_ENTRIES):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        value = (match[2] or match[4]).strip()
        yield from found(Entry((), value, line), f"a {(match[1] or match[3])[:40]}")
