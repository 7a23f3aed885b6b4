"""Generated parts of the website: the rule pages and the command-line reference.

The rule pages are written into ``docs/rules`` before Sphinx searches for files. Pages at the top of the
repository are included, with adapted links. Rule names become links to their pages.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
from sphinx.application import Sphinx

from pkgaudit.cli import main
from pkgaudit.cli.sections import sections
from pkgaudit.config.schema import make_schema
from pkgaudit.pages.option_docs import Option, described, meaning_of, spelled
from pkgaudit.pages.rule_page import family_of, page
from pkgaudit.pages.site import docs_url
from pkgaudit.rule import Registry, Rule, load_registry

COMMANDS = "<!-- commands: made of the code when the site is built -->"
OPTIONS = "<!-- options of rules: made of the code when the site is built -->"

TOP = {
    "README.md": "readme.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Files at the top of the repository, and the pages that include them."""

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_NAMED = re.compile(r"(?<![\w`\[/])`?([A-Z]{2}\d{3})`?(?: ([a-z][a-z0-9]*(?:-[a-z0-9]+)*))?(?![\w\]\[*-])")
_HEADING = re.compile(r"#+ ")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the functions below to the events of Sphinx."""
    app.connect("builder-inited", write_rules)
    app.connect("build-finished", write_schema)
    app.connect("source-read", read_page)
    app.connect("include-read", read_included)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_schema(app: Sphinx, error: Exception | None) -> None:
    """Write the schema of the configuration to the address in its ``$id``."""
    if error is None:
        text = json.dumps(make_schema(load_registry()), indent=2)
        (Path(app.outdir) / "pkgaudit.schema.json").write_text(text + "\n", "utf-8")


def write_rules(app: Sphinx) -> None:
    """Write a page for each rule, and their index; remove pages of rules that no longer exist."""
    folder = Path(app.srcdir) / "rules"
    folder.mkdir(exist_ok=True)
    rules = list(load_registry())
    texts = {f"{rule.name}.md": on_site(rule) for rule in rules}
    texts["index.md"] = "\n".join(index(rules)) + "\n"
    for path in folder.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:  # otherwise Sphinx reads it again
            path.write_text(text, "utf-8")


def on_site(rule: Rule) -> str:
    """Return the page of a rule, with a link to the index, and relative links within the website.

    Rule pages are not in the table of contents, because 150 pages would make it useless.
    """
    text = re.sub(rf"- (.+): <{re.escape(docs_url())}([\w/-]+)\.html>", r"- [\1](../\2.md)", page(rule))
    title, rest = text.split("\n\n", 1)
    back = f"[Rules](index.md) / [{rule.family}: {family_of(rule)[0]}](index.md#{anchor(rule)})"
    return f"---\norphan: true\n---\n\n{title}\n\n{back}\n\n{rest}"


def anchor(rule: Rule) -> str:
    """Return the anchor of the rule's family in the index."""
    return re.sub(r"[^\w-]", "", f"{rule.family}: {family_of(rule)[0]}".lower().replace(" ", "-"))


def index(rules: list[Rule]) -> Iterator[str]:
    """Yield the lines of the rule index, with a table for each family."""
    yield "# Rules\n"
    yield "An **error** stops the release: the index rejects the file, a credential leaks, the package breaks"
    yield "when it is installed, or the archive is unsafe. A **warning** is almost certainly a mistake, and"
    yield "**info** is advice. A finding can have a lower severity than its rule, for example in tests.\n"
    yield "- *PyPI*: predicts a rejection by PyPI; part of the profile `pypi`."
    yield "- *PyPI only*: the same, but skipped by the profile `private`, for a private index."
    yield "- *pedantic*: runs with `--pedantic`, or if it is selected."
    yield "- *preview*: new; runs with `--preview`, or if it is selected.\n"
    yield "In the terminal, `pkgaudit rules` lists the rules, and `pkgaudit explain RULE` shows one page.\n"
    for family in dict.fromkeys(rule.family for rule in rules):
        mine = [rule for rule in rules if rule.family == family]
        about, guide = family_of(mine[0])
        yield f"## {family}: {about}\n"
        if guide:
            yield f"See also [the guide](../{guide.removesuffix('.html')}.md).\n"
        yield "| code | name | severity | meaning | runs |\n| --- | --- | --- | --- | --- |"
        for rule in mine:
            name = f"[{rule.name}]({rule.name}.md)"
            yield f"| {rule.code} | {name} | {rule.severity} | {rule.summary} | {marks(rule)} |"
        yield ""


def marks(rule: Rule) -> str:
    """Return the marks that show in which runs a rule takes part."""
    said = {
        "PyPI": rule.index and not rule.pypi_only,
        "PyPI only": rule.pypi_only,
        "pedantic": rule.pedantic,
        "preview": rule.preview,
    }
    return ", ".join(f"*{name}*" for name, is_so in said.items() if is_so)


def read_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Insert the generated parts, adapt links to files at the top, and link rule names."""
    text = source[0]
    if COMMANDS in text:
        text = text.replace(COMMANDS, "\n".join(commands()))
    if OPTIONS in text:
        text = text.replace(OPTIONS, "\n".join(options_of_rules()))
    top, slash, _ = name.partition("/")
    source[0] = linked(
        bent(text, "../"), "../rules/" if slash and top != "rules" else "" if slash else "rules/"
    )


def read_included(app: Sphinx, path: Path, parent: str, source: list[str]) -> None:
    """Adapt the links of a file at the top of the repository that a page includes."""
    if path.name in TOP:
        source[0] = linked(bent(source[0].replace("](docs/", "]("), ""), "rules/")


def bent(text: str, prefix: str) -> str:
    """Return Markdown that links to the including pages instead of the files at the top."""
    for name, included in TOP.items():
        text = re.sub(rf"\]\({re.escape(prefix + name)}(?=[#)])", f"]({included}", text)
    return text


@cache
def known_rules() -> Registry:
    """Return the rules, loaded once for all pages."""
    return load_registry()


def linked(text: str, folder: str) -> str:
    """Return Markdown in which rule codes in prose, with or without their names, are links."""
    registry = known_rules()

    def link(match: re.Match[str]) -> str:
        found = registry.find(match[1])
        named = [rule for rule in found if rule.name == match[2]]
        if named:
            return f"[{match[0]}]({folder}{named[0].name}.md)"
        code, rest = match[0].split(" ")[0], match[0].partition(" ")
        if not found:
            return match[0]
        target = found[0].name if len(found) == 1 else "index"
        return f"[{code}]({folder}{target}.md){rest[1]}{rest[2]}"

    return _in_prose(text, lambda line: _NAMED.sub(link, line))


def _in_prose(text: str, change: Callable[[str], str]) -> str:
    """Return Markdown with its prose changed, but not its code blocks, headings and links."""
    lines, fence = [], ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if found and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
        elif not fence and not line.startswith("    ") and not _HEADING.match(line):
            # Leave out link texts, and code spans with anything besides a code.
            pieces = re.split(r"(\[[^\]]*\]\([^)]*\)|`[^`]*`|<[^>]*>)", line)
            line = "".join(
                change(piece) if number % 2 == 0 or re.fullmatch(r"`[A-Z]{2}\d{3}`", piece) else piece
                for number, piece in enumerate(pieces)
            )
        lines.append(line)
    return "\n".join(lines)


def commands() -> Iterator[str]:
    """Yield the command-line reference: the text of ``--help`` for the command and each subcommand."""
    context = click.Context(main, info_name="pkgaudit", max_content_width=100)
    group = main
    assert isinstance(group, click.Group)
    audit = group.get_command(context, "audit")
    assert audit is not None
    version = [each for each in group.params if isinstance(each, click.Option)]
    yield from _command("pkgaudit", group, "PATH...", [*audit.params, *version])
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        # A group may do something without a subcommand.
        command = getattr(command, "default", command)
        usage = " ".join(
            each.make_metavar(context) for each in command.params if each.param_type_name == "argument"
        )
        yield from _command(f"pkgaudit {name}", command, usage, command.params)


def _command(
    name: str, command: click.Command, arguments: str, params: list[click.Parameter]
) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"```text\n{name} [OPTIONS] {arguments}".rstrip() + "\n```\n"
    yield _as_markdown(inspect.cleandoc(command.help or "")) + "\n"
    context = click.Context(command, info_name=name)
    for title, options in sections(params):
        yield f"**{title}**\n\n| option | meaning |\n| --- | --- |"
        for each in options:
            option, meaning = each.get_help_record(context) or ("", "")
            yield f"| `{option.replace('|', chr(92) + '|')}` | {_plain(' '.join(meaning.split()))} |"
        yield ""


def _plain(text: str) -> str:
    """Return plain text as Markdown, with special characters escaped."""
    return re.sub(r"([\\*_<>\[\]|`])", r"\\\1", text)


def _as_markdown(text: str) -> str:
    """Return the help text of a command, with unwrapped paragraphs of click as code blocks."""
    parts = text.replace("\f", "\n\n").split("\n\n")
    return "\n\n".join(
        f"```text\n{part.removeprefix(chr(8)).strip(chr(10))}\n```" if part.startswith("\b") else _plain(part)
        for part in parts
    )


def options_of_rules() -> Iterator[str]:
    """Yield a table of rule options; options that a class gives to several tables come first."""
    tables: dict[str, tuple[type[Any], list[Rule]]] = {}
    for rule in load_registry():
        if rule.options is not None:
            tables.setdefault(rule.table, (rule.options, []))[1].append(rule)
    homes: dict[type[Any], list[str]] = {}
    for table, (made, _) in tables.items():
        for home in dict.fromkeys(option.home for option in described(made)):
            homes.setdefault(home, []).append(table)
    yield "| table | rules | key | type | default | meaning |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for home, names in homes.items():
        made = tables[names[0]][0]
        by_meaning: dict[str, list[Option]] = {}
        for option in described(made):
            if option.home is home:
                by_meaning.setdefault(meaning_of(option, made), []).append(option)
        ours = ", ".join(f"`{name}`" for name in names)
        codes = ", ".join(dict.fromkeys(rule.code for name in names for rule in tables[name][1]))
        for meaning, options in by_meaning.items():
            keys = ", ".join(f"`{option.key}`" for option in options)
            types = " or ".join(dict.fromkeys(option.kind for option in options))
            defaults = " or ".join(dict.fromkeys(map(_default, options)))
            if len(names) > 1 and made is not home:
                defaults = "of the rule"
            yield f"| {ours} | {codes} | {keys} | {types} | {defaults} | {meaning} |"


def _default(option: Option) -> str:
    return "none" if option.default in (None, (), {}) else f"`{spelled(option.default)}`"
