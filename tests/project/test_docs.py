"""The site: it builds strictly and offline, links lead somewhere, and what it says of the command is so."""

from __future__ import annotations

import html.parser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag

import click
import pytest

from fixtures.builders import Wheel
from pkgaudit.cli import COMMANDS, main
from pkgaudit.pages.site import docs_url
from pkgaudit.report.result import formats
from tests.programs import need, need_backend
from tests.support import registry

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TOP = ("README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md")
OF_SPHINX = {"genindex.html", "search.html"}


@dataclass
class Page(html.parser.HTMLParser):
    """What a page of the site links to, loads, and can be linked to at."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.text = self.path.read_text("utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "link" and values.get("rel") != "canonical":
            self.loads.append(values.get("href", ""))
        self.loads += [values[name] for name in ("src", "srcset", "poster", "data") if name in values]
        self.loads += re.findall(r"url\(([^)]*)\)", values.get("style", ""))


BUILD = """
import functools, gc, sys
from sphinx.cmd.build import main
from sphinx.search.en import SearchEnglish
gc.disable()
SearchEnglish.stem = functools.cache(SearchEnglish.stem)
sys.exit(main(sys.argv[1:]))
"""
"""Sphinx without the garbage collector, and with one look at each word for its index.

These would take an eighth and a fifteenth of the time, and Sphinx has no options for them.
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly from a copy, since the pages on rules are written beside the others."""
    for module in ("sphinx", "furo", "myst_parser", "sphinx_copybutton", "sphinx_design"):
        need(module)
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("rules", "_build", "__pycache__"))
    for name in TOP:
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-c", BUILD, "-q", "-W", "--keep-going", "-n", "-b", "html"]
    done = subprocess.run([*command, "docs", "html"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}


def is_outside(address: str) -> bool:
    return re.match(r"[a-z]+:|//", address) is not None


class TestSite:
    def test_the_schema_is_where_its_id_says(self, site: Path) -> None:
        schema = json.loads((site / "pkgaudit.schema.json").read_text("utf-8"))
        assert schema["$id"] == docs_url("pkgaudit.schema.json")
        assert "private-key" in json.dumps(schema)

    def test_every_rule_has_a_page(self, site: Path) -> None:
        for rule in registry():
            text = (site / "rules" / f"{rule.name}.html").read_text("utf-8")
            assert f"<h1>{rule.code} {rule.name}<" in text

    def test_every_page_is_reached_from_the_front_page(self, site: Path, pages: dict[Path, Page]) -> None:
        reached, waiting = {site / "index.html"}, deque([site / "index.html"])
        while waiting:
            path = waiting.popleft()
            for link in pages[path].links:
                target = (
                    (path.parent / unquote(urldefrag(link)[0])).resolve() if not is_outside(link) else path
                )
                if target in pages and target not in reached:
                    reached.add(target)
                    waiting.append(target)
        assert {path.relative_to(site).as_posix() for path in pages.keys() - reached} <= OF_SPHINX

    def test_the_front_page_leads_to_every_feature(self, site: Path, pages: dict[Path, Page]) -> None:
        links = {urldefrag(link)[0] for link in pages[site / "index.html"].links}
        for name in (
            *("start", "howto", "rules/index", "configuration", "formats", "findings", "tree", "secrets"),
            *("commands", "plugins", "architecture", "security", "comparison", "changelog", "json"),
        ):
            assert f"{name}.html" in links

    def test_links_and_anchors_lead_somewhere(self, site: Path, pages: dict[Path, Page]) -> None:
        broken = []
        for path, page in pages.items():
            for link in page.links:
                if is_outside(link):
                    continue
                address, anchor = urldefrag(link)
                target = (path.parent / unquote(address)).resolve() if address else path
                is_there = target in pages if target.suffix == ".html" else target.is_file()
                if not is_there or (anchor and target in pages and unquote(anchor) not in pages[target].ids):
                    broken.append(f"{path.relative_to(site)}: {link}")
        assert broken == []

    def test_loads_nothing_from_elsewhere(self, site: Path, pages: dict[Path, Page]) -> None:
        assert [load for page in pages.values() for load in page.loads if is_outside(load)] == []
        for path in (site / "_static").rglob("*.css"):
            text = path.read_text("utf-8")
            outside = re.findall(r"(?:@import|url\()\s*['\"]?((?:https?:)?//[^'\")]*)", text)
            assert outside == [], path

    def test_has_no_leftover_of_its_sources(self, pages: dict[Path, Page]) -> None:
        for path, page in pages.items():
            assert "{include}" not in page.text, path
            assert "<!-- commands" not in page.text, path
            assert ":::" not in page.text, path
            prose = re.sub(r"<code\b.*?</code>", "", page.text, flags=re.DOTALL)
            assert not re.search(r"\]\([\w./-]*\.md\b", prose), path

    def test_the_reference_has_every_command_and_option(self, site: Path) -> None:
        text = (site / "commands.html").read_text("utf-8")
        for name in ("", *COMMANDS):
            assert f"<h2>{f'pkgaudit {name}'.strip()}<" in text
            for each in command_of(name).params:
                if isinstance(each, click.Option) and not each.hidden:
                    assert max(each.opts, key=len) in text

    def test_names_of_rules_are_links(self, site: Path) -> None:
        text = (site / "comparison.html").read_text("utf-8")
        assert re.search(r'href="rules/bytecode\.html">(<span[^>]*>)?SF104 bytecode<', text)


@cache
def command_of(name: str, next_word: str = "") -> click.Command:
    """Return a subcommand, or what stands for all of them: the audit with what the group itself has."""
    assert isinstance(main, click.Group)
    command = main.get_command(click.Context(main), name or "audit")
    assert command is not None, name
    inner = command.commands.get(next_word) if isinstance(command, click.Group) else None
    default: click.Command = getattr(command, "default", command)
    return inner or default


def command_lines() -> list[tuple[str, str]]:
    """Return the lines that begin with the command, in blocks of code and in code inside of text."""
    found = []
    for path in [*DOCS.rglob("*.md"), *(ROOT / name for name in TOP)]:
        if "rules" in path.relative_to(ROOT).parts:
            continue
        text = path.read_text("utf-8").replace("\\\n", " ")
        blocks = "\n".join(re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL))
        lines = re.findall(r"^\s*(?:\$ |- |run: )?(pkgaudit [^\n]*)$", blocks, re.MULTILINE)
        lines += re.findall(r"`(pkgaudit [^`]+)`", text)
        found += [(path.relative_to(ROOT).as_posix(), " ".join(line.split())) for line in lines]
    return found


ENDS = frozenset("|;&>") | {"&&", "--"}
"""Words after which a line is not a command line of pkgaudit any more."""


def test_commands_in_pages_exist() -> None:
    lines = command_lines()
    assert len(lines) > 30
    wrong = []
    for place, line in lines:
        try:
            words = shlex.split(line, comments=True)[1:]
        except ValueError:  # prose with an apostrophe
            continue
        words = words[: next((at for at, word in enumerate(words) if word in ENDS), len(words))]
        name = words[0] if words and words[0] in COMMANDS else ""
        if words and re.fullmatch(r"[a-z]+", words[0]) and not name:
            wrong.append(f"{place}: {line}")
            continue
        known = {
            option
            for each in command_of(name, *words[1:2]).params
            for option in (*each.opts, *each.secondary_opts)
        }
        known |= {"--help", "-h"} | ({"--version"} if not name else set())
        options = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
        wrong += [f"{place}: {line}: {option}" for option in options if option not in known]
    assert wrong == []


def test_every_format_is_described() -> None:
    text = (DOCS / "formats.md").read_text("utf-8")
    for name in formats():
        assert f"| `{name}` |" in text
        assert re.search(rf"^## .*\b{name}\b", text, re.MULTILINE)


def test_pages_can_be_read_where_the_code_is() -> None:
    """Relative links of the Markdown lead to files, since code hosts show the pages too."""
    for path in [*DOCS.glob("*.md"), *DOCS.glob("howto/*.md"), *(ROOT / name for name in TOP)]:
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", prose):
            address = urldefrag(link)[0]
            if address and not is_outside(address) and not address.startswith("rules/"):
                assert (path.parent / address).exists(), f"{path.name}: {link}"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sources of the example plug-in, and with ``site``, where it is installed."""
    need_backend("setuptools")
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(DOCS / "example-plugin", folder / "source")
    need("uv")
    install = [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    where = ["--python", sys.executable, "--target", str(folder / "site")]
    subprocess.run([*install, *where, str(folder / "source")], check=True)
    return folder


class TestExamplePlugin:
    """The package that the page on writing rules shows, installed for real."""

    def run(self, installed: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(installed / "site")}
        return subprocess.run(command, capture_output=True, text=True, cwd=installed, env=environment)

    def test_finds_its_fault(self, installed: Path) -> None:
        wheel = Wheel()
        wheel.files["sample/harbours.csv"] = b"harbor,height\nEsbjerg,1.8\n"
        path = wheel.build().write(installed)
        done = self.run(installed, "pkgaudit", path, "--no-config", "--fail-on", "warning")
        assert done.returncode == 1, done.stderr
        assert "warning AC101 undescribed-data" in done.stdout
        assert "sample/harbours.csv: has 2 rows and no description" in " ".join(done.stdout.split())
        assert "package-data" in done.stdout  # what its remedy is for the build backend of the wheel
        (installed / "pkgaudit.toml").write_text("[undescribed-data]\nleast = 3\n")
        assert self.run(installed, "pkgaudit", path).returncode == 0
        (installed / "pkgaudit.toml").unlink()

    def test_is_explained(self, installed: Path) -> None:
        text = self.run(installed, "pkgaudit", "explain", "AC101", "--format", "markdown").stdout
        assert text.startswith(
            "# AC101 undescribed-data\n\nSeverity: **warning**.\n\nA data file has no desc"
        )
        for words in (
            "tides/harbours.csv: has 412 rows and no description",
            "- `least` (default `2`), a whole number",
            "[tool.hatch.build]",
            "py.install_sources('tides/harbours.md', subdir: 'tides')",
        ):
            assert words in text
        assert "On the web" not in text

    def test_passes_its_own_tests(self, installed: Path) -> None:
        done = self.run(installed, "pytest", "-q", "-p", "no:cacheprovider", installed / "source" / "tests")
        assert done.returncode == 0, done.stdout

    def test_its_page_shows_its_files(self) -> None:
        page = (DOCS / "plugins.md").read_text("utf-8")
        for path in (DOCS / "example-plugin").rglob("*.*"):
            if path.is_file() and path.name != "__init__.py" and "__pycache__" not in path.parts:
                assert f"{{literalinclude}} {path.relative_to(DOCS).as_posix()}" in page
