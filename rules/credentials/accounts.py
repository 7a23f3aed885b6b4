"""Read the accounts of package indexes from credential files, settings and environment variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from pkgaudit.late import dataclass, lazy
from pkgaudit.model.addresses import Address, index_of, known_indexes
from pkgaudit.model.machine import ENVIRONMENT, Machine, Store, StoredFile
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules.credentials.words import is_token
from pkgaudit.rules.secrets.logins.env import read_environment
from pkgaudit.rules.secrets.logins.hosts import read_netrc
from pkgaudit.rules.secrets.logins.model import Entry, from_base64, is_placeholder, url_logins
from pkgaudit.rules.secrets.logins.packages import keyring_entries
from pkgaudit.rules.secrets.logins.read import read_ini, read_toml
from pkgaudit.rules.secrets.logins.variables import is_upload_variable


@dataclass(frozen=True)
class Account:
    """A password or token for an index.

    ``file`` is the path of the file or the name of the environment, ``where`` the words for the place in it.
    ``name`` is the name of the index in the settings, ``target`` its address, None if it cannot be told.
    """

    file: str
    store: Store | None
    line: int | None
    where: str
    value: str = field(repr=False)
    user: str = field(default="", repr=False)
    name: str = ""
    target: Address | None = None


@dataclass(frozen=True)
class Link:
    """The address of an index in a setting: ``key`` is the setting, ``for_upload`` whether files go there."""

    file: str
    store: Store | None
    line: int | None
    key: str
    address: Address
    name: str = ""
    for_upload: bool = False


@dataclass(frozen=True)
class TrustedHost:
    """A setting by which an installer accepts a host without a valid certificate."""

    file: str
    line: int | None
    key: str
    host: str


@dataclass(frozen=True)
class Contents:
    """The contents of a file: accounts, addresses, trusted hosts, and whether it wants hashes."""

    accounts: tuple[Account, ...] = ()
    links: tuple[Link, ...] = ()
    trusted: tuple[TrustedHost, ...] = ()
    requires_hashes: bool = False


_EXAMPLES = frozenset({"doc", "docs", "documentation", "example", "examples", "sample", "samples", "vendor"})
"""The usual names of folders with documentation, examples, and the code of other projects."""


def is_example(file: StoredFile) -> bool:
    """Return whether a file in the project is in a folder of tests, examples or other people's code."""
    return any(is_test_folder(each) or each.lower() in _EXAMPLES for each in file.folders)


def real_files(machine: Machine) -> list[StoredFile]:
    """Return the files whose settings somebody uses."""
    return [each for each in machine.stored if not is_example(each)]


def accounts_of(machine: Machine) -> list[Account]:
    """Return the accounts in all files and variables, with the addresses that other files tell.

    The passwords of hosts other than indexes are left out.
    """
    files = real_files(machine)
    links = links_of(machine)
    hosts = {each.address.host for each in links}
    names = {each.name: each.address for each in links if each.store is Store.POETRY and each.name}
    found = [account for each in files for account in contents_of(each).accounts]
    found += _of_variables(ENVIRONMENT, None, _entries(machine.variables))
    return [
        _addressed(each, names)
        for each in found
        if each.store not in (Store.NETRC, Store.KEYRING) or _is_index(each, hosts)
    ]


def _addressed(account: Account, names: Mapping[str, Address]) -> Account:
    """Return an account of Poetry with the address that its configuration gives to the name."""
    if account.target is not None or account.name not in names:
        return account
    values = (account.file, account.store, account.line, account.where, account.value, account.user)
    return Account(*values, account.name, names[account.name])


def _is_index(account: Account, hosts: Iterable[str]) -> bool:
    target = account.target
    if target is None:
        return account.name != ""  # the entry of a named index in a keyring
    return index_of(target) is not None or target.host in hosts


def links_of(machine: Machine) -> list[Link]:
    """Return the addresses of indexes in all files and variables."""
    found = [link for each in real_files(machine) for link in contents_of(each).links]
    for name, value in machine.variables.items():
        if _URL_VARIABLE.fullmatch(name):
            entry = Entry((name,), value, 0)
            found += _links(ENVIRONMENT, None, entry, name, for_upload=not _FOR_INSTALL.fullmatch(name))
    return found


def trusted_hosts_of(machine: Machine) -> list[TrustedHost]:
    """Return the settings by which installers accept hosts without a valid certificate."""
    found = [each for file in real_files(machine) for each in contents_of(file).trusted]
    for name in ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST"):
        for host in machine.variables.get(name, "").split():
            found.append(TrustedHost(ENVIRONMENT, None, name, host))
    return found


@lru_cache(maxsize=256)
def contents_of(file: StoredFile) -> Contents:
    """Return the accounts and settings in a file; none if it cannot be read."""
    if not file.text:
        return Contents()
    if file.store is Store.PYPIRC:
        return _pypirc(file, file.text)
    if file.store is Store.NETRC:
        return Contents(tuple(_netrc(file, file.text)))
    if file.store is Store.PIP:
        return _pip(file, file.text)
    if file.store is Store.KEYRING:
        return Contents(tuple(_keyring(file, file.text)))
    if file.store is Store.VARIABLES:
        entries = read_environment(file.text, is_script=file.path.endswith(".envrc"))
        return Contents(tuple(_of_variables(file.path, file.store, entries)))
    return _toml(file, file.text)


def address_of(text: str) -> Address | None:
    """Return the address in a text, None if it has none, or a variable in its place."""
    try:
        address = None if is_placeholder(text) else Address.parse(text)
    except ValueError:
        return None
    # Before a slash or a hash sign in a password that is not encoded, a part of it looks like a host.
    is_cut = _CUT.match(text) is not None and address is not None and "." not in address.host
    return None if is_cut else address


def _known(name: str) -> Address | None:
    index = known_indexes().get(name)
    return None if index is None else Address.parse(index.upload)


_CUT = lazy(r"\s*[a-z]{1,20}://[^/?#]*[/?#].*@", re.DOTALL | re.IGNORECASE)
"""An address with an at sign after its host."""
_PLAIN_NAME = lazy(r"[A-Za-z][\w.-]{0,40}")
_INDEX_NAME = lazy(r"^[\w.-]{1,200}=(?=[a-z]+://)")


def _place(kind: str, name: str) -> str:
    """Return the words for a place by its name, unless the name may be a secret itself."""
    return f"the {kind} {name!r}" if _PLAIN_NAME.fullmatch(name) and not is_token(name) else f"a {kind}"


def _addresses(value: str) -> list[str]:
    """Return the addresses in a value; uv allows the name of an index before each."""
    return [_INDEX_NAME.sub("", each) for each in value.split()]


def _in_addresses(file: str, store: Store | None, entry: Entry, where: str) -> Iterator[Account]:
    """Yield the logins in the addresses of a value."""
    for word in _addresses(entry.value):
        login = next(url_logins(word), None)
        if login is not None:
            user = _user_of(word)
            is_user = unquote(user) == unquote(login.value)
            yield Account(
                file,
                store,
                entry.line or None,
                where,
                unquote(login.value),
                "" if is_user else unquote(user),
                target=address_of(word),
            )


def _user_of(address: str) -> str:
    try:
        return urlsplit(address).username or ""
    except ValueError:  # such as an open bracket of an IPv6 address
        return ""


def _links(
    file: str, store: Store | None, entry: Entry, key: str, name: str = "", *, for_upload: bool
) -> Iterator[Link]:
    for word in _addresses(entry.value):
        address = address_of(word) if "://" in word else None
        if address is not None:
            yield Link(file, store, entry.line or None, key, address, name, for_upload)


def _pypirc(file: StoredFile, text: str) -> Contents:
    sections: dict[str, dict[str, Entry]] = {}
    passwords: list[tuple[str, Entry]] = []
    for entry in read_ini(text):
        sections.setdefault(entry.path[0], {}).setdefault(entry.key, entry)
        if entry.key == "password" and not is_placeholder(entry.value):
            passwords.append((entry.path[0], entry))
    targets: dict[str, Address | None] = {}
    accounts: list[Account] = []
    links: list[Link] = []
    for name, values in sections.items():
        where = _place("section", name)
        address = values.get("repository")
        targets[name] = _known("pypi" if name == "server-login" else name)
        if address is not None:
            targets[name] = address_of(address.value)
            accounts += _in_addresses(file.path, file.store, address, where)
            links += _links(file.path, file.store, address, address.key, name, for_upload=True)
    # A section that is there twice has two passwords, although no tool reads such a file.
    for name, entry in passwords:
        user = sections[name].get("username")
        login = user.value if user is not None else ""
        place = (file.path, file.store, entry.line, _place("section", name))
        accounts.append(Account(*place, entry.value, login, name, targets[name]))
    return Contents(tuple(accounts), tuple(links))


def _netrc(file: StoredFile, text: str) -> Iterator[Account]:
    for each in read_netrc(text):
        target = address_of(f"https://{each.host}/") if each.host else None
        # Only the default entry, which has no host, is for the host of every index.
        if is_placeholder(each.password) or (each.host and target is None):
            continue
        where = f"the entry for {target.host}" if target is not None else "the default entry"
        yield Account(file.path, file.store, each.line, where, each.password, each.login, target=target)


_PIP_ADDRESSES = ("index-url", "extra-index-url", "find-links")
"""The settings of pip with the addresses of indexes."""


def _pip(file: StoredFile, text: str) -> Contents:
    accounts: list[Account] = []
    links: list[Link] = []
    trusted: list[TrustedHost] = []
    requires_hashes = False
    for entry in read_ini(text):
        key = entry.key.replace("_", "-")
        if key in _PIP_ADDRESSES:
            accounts += _in_addresses(file.path, file.store, entry, f"the setting '{key}'")
            links += _links(file.path, file.store, entry, key, for_upload=False)
        elif key == "trusted-host":
            trusted += [TrustedHost(file.path, entry.line, key, each) for each in entry.value.split()]
        elif key == "require-hashes":
            requires_hashes = requires_hashes or entry.value.lower() in ("1", "true", "yes", "on", "y", "t")
    return Contents(tuple(accounts), tuple(links), tuple(trusted), requires_hashes)


_SERVICE = lazy(r"(?:poetry|pdm)-repository-(.*)", re.DOTALL)
"""The service under which Poetry and PDM keep the password of a named index."""


def _keyring(file: StoredFile, text: str) -> Iterator[Account]:
    for entry in keyring_entries(text):
        service, user = entry.path
        value = from_base64(entry.value)
        if not value or is_placeholder(value):
            continue
        named = _SERVICE.fullmatch(service)
        name = named[1] if named else ""
        target = _known(name) if named else address_of(service)
        where = f"the entry for {target.host}" if target is not None else _place("entry", service)
        yield Account(file.path, file.store, entry.line, where, value, user, name, target)


# The tables with accounts, and those with addresses of indexes; elsewhere, the same keys mean other things.
_ACCOUNT_TABLES = {
    Store.UV_CREDENTIALS: lazy(r"credential"),
    Store.UV: lazy(r"(?!)"),
    Store.POETRY: lazy(r"http-basic\..+|pypi-token"),
    Store.PDM: lazy(r"(?:repository|pypi)(?:\..+)?|source"),
    Store.HATCH: lazy(r"publish\..+"),
    Store.PROJECT: lazy(r"tool\.(?:pdm|poetry)\.source|tool\.hatch\.publish\..+"),
}
_LINK_TABLES = {
    Store.UV_CREDENTIALS: lazy(r"credential"),
    Store.UV: lazy(r"(?:index|pip)?"),
    Store.POETRY: lazy(r"repositories\..+"),
    Store.PDM: lazy(r"(?:repository|pypi)(?:\..+)?|source"),
    Store.HATCH: lazy(r"publish\..+"),
    Store.PROJECT: lazy(r"tool\.(?:uv(?:\.(?:index|pip))?|(?:poetry|pdm)\.source|hatch\.publish\..+)"),
}
_SECRET_KEYS = ("password", "token", "auth")
"""The keys of passwords and tokens in these tables, as the documentation of the tools names them."""

_USER_KEYS = ("username", "user")
"""The keys of their users."""

_ADDRESS_KEYS = ("url", "service", "repo", "repository")
"""The keys of addresses beside an account."""

_LINK_KEYS = (*_ADDRESS_KEYS, "publish-url", "check-url", "index-url", "extra-index-url", "find-links")
"""All keys with the address of an index."""

_HATCH_NAMES = {"main": "pypi", "test": "testpypi"}
"""The names that Hatch gives to PyPI and TestPyPI."""

_FOR_UPLOAD = (Store.UV_CREDENTIALS, Store.POETRY, Store.HATCH)
"""The stores whose addresses are for uploads, or for both."""


def _toml(file: StoredFile, text: str) -> Contents:
    tables: dict[tuple[str, ...], dict[str, Entry]] = {}
    accounts: list[Account] = []
    links: list[Link] = []
    trusted: list[TrustedHost] = []
    urls: dict[str, str] = {}
    for entry in read_toml(text):
        keys = tuple(each for each in entry.path if not each.isdigit())
        table, key = ".".join(keys[:-1]), keys[-1].lower() if keys else ""
        is_repository = table == "publish.index.repos"
        if _LINK_TABLES[file.store].fullmatch(table) and (key in _LINK_KEYS or is_repository):
            name = key if is_repository else keys[-2] if len(keys) > 1 else ""
            is_upload = key == "publish-url" or file.store in _FOR_UPLOAD or table.startswith("repository")
            # The key of a repository is its name, which may be any text.
            setting = "repos" if is_repository else key
            accounts += _in_addresses(file.path, file.store, entry, f"the setting '{setting}'")
            links += _links(file.path, file.store, entry, setting, name, for_upload=is_upload)
            urls[name] = entry.value
        if key == "allow-insecure-host" and table in ("", "tool.uv"):
            trusted.append(TrustedHost(file.path, entry.line, key, entry.value))
        if _ACCOUNT_TABLES[file.store].fullmatch(table):
            tables.setdefault(entry.path[:-1], {})[key] = entry
    for path, values in tables.items():
        accounts += _of_table(file, path, values, urls)
    return Contents(tuple(accounts), tuple(links), tuple(trusted))


def _of_table(
    file: StoredFile, path: tuple[str, ...], values: Mapping[str, Entry], urls: Mapping[str, str]
) -> Iterator[Account]:
    table = ".".join(path)
    is_tokens = table == "pypi-token"
    user = next((values[each].value for each in _USER_KEYS if each in values), "")
    address = next((values[each].value for each in _ADDRESS_KEYS if each in values), "")
    for key, entry in values.items():
        if (not is_tokens and key not in _SECRET_KEYS) or is_placeholder(entry.value):
            continue
        name = key if is_tokens else next((each for each in reversed(path) if not each.isdigit()), "")
        target = _target(file.store, name, address, urls)
        login = "__token__" if is_tokens else user
        is_entry = file.store is Store.UV_CREDENTIALS and target is not None
        where = f"the entry for {target.host}" if is_entry and target else _place("table", name)
        yield Account(file.path, file.store, entry.line, where, entry.value, login, name, target)


def _target(store: Store, name: str, address: str, urls: Mapping[str, str]) -> Address | None:
    if store is Store.HATCH:
        chosen = (address or "main") if name == "index" else address or name
        chosen = urls.get(chosen, chosen)
        return _known(_HATCH_NAMES.get(chosen, chosen)) or address_of(chosen)
    if address:
        # A service of uv may be a host without a scheme.
        return address_of(address if "://" in address else f"https://{address}/")
    return _known("pypi") if name == "pypi" else _known(name) if store is Store.PDM else None


_URL_VARIABLE = lazy(
    r"TWINE_REPOSITORY_URL|UV_PUBLISH_URL|HATCH_INDEX_REPO|PDM_PUBLISH_REPO|MATURIN_REPOSITORY_URL"
    r"|FLIT_INDEX_URL|POETRY_REPOSITORIES_\w{1,100}_URL|(?:PIP|UV)_(?:EXTRA_)?INDEX_URL|UV_DEFAULT_INDEX|UV_INDEX"
    r"|(?:PIP|UV)_FIND_LINKS"
)
_FOR_INSTALL = lazy(r"PIP_.*|UV_(?!PUBLISH_).*")
# The variables of one uploader each, as its documentation names them.
_TARGETS = (
    ("TWINE_", "TWINE_REPOSITORY_URL"),
    ("UV_PUBLISH_", "UV_PUBLISH_URL"),
    ("HATCH_", "HATCH_INDEX_REPO"),
    ("PDM_", "PDM_PUBLISH_REPO"),
    ("MATURIN_", "MATURIN_REPOSITORY_URL"),
    ("FLIT_", "FLIT_INDEX_URL"),
)
"""The beginnings of variables with passwords, and the variables with the addresses that they are for."""


def _entries(variables: Mapping[str, str]) -> Iterator[Entry]:
    for name, value in variables.items():
        yield Entry((name,), value, 0)


def _of_variables(file: str, store: Store | None, entries: Iterable[Entry]) -> Iterator[Account]:
    """Yield the accounts in variables: of the environment, or of a file that sets it."""
    given = {each.path[0]: each for each in entries}
    for name, entry in given.items():
        where = f"the variable {name}"
        if is_upload_variable(name):
            if not is_placeholder(entry.value):
                other = re.sub("PASSWORD$", "USERNAME", re.sub("AUTH$", "USER", name))
                # The name of a variable with a token has neither ending.
                user = "__token__" if other == name else given[other].value if other in given else ""
                target = next(
                    (given[each] for head, each in _TARGETS if name.startswith(head) and each in given), None
                )
                address = None if target is None else address_of(target.value)
                yield Account(file, store, entry.line or None, where, entry.value, user, target=address)
        elif _URL_VARIABLE.fullmatch(name):
            yield from _in_addresses(file, store, entry, where)
        elif store is not None and is_token(entry.value):
            yield Account(file, store, entry.line or None, where, entry.value)
