"""The page for a browser, in a browser: offline, with and without scripts, whatever the archive says."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fixtures import tokens
from fixtures.builders import Built, Sdist, Wheel, zip_archive
from pkgaudit import audit
from pkgaudit.config.config import Config, parse_config
from pkgaudit.finding import (
    Excerpt,
    Failure,
    Finding,
    Location,
    Place,
    Severity,
    Suppression,
    SuppressionKind,
    Verdict,
)
from pkgaudit.inputs.paths import Skipped
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.distribution import Wheel as WheelModel
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.report.html import write
from pkgaudit.report.html_elements import el, markdown
from pkgaudit.report.html_treemap import plan
from pkgaudit.report.result import Result, Style
from pkgaudit.report.tree import make_tree
from pkgaudit.verdict.policy import Policy, merge, sort_key
from rules.readme.cases.readme import readme
from tests.programs import find_program, need
from tests.support import audit_paths, registry

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

in_browser = pytest.mark.once

Opener = Callable[..., "Page"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright_api = need("playwright.sync_api")
    program = find_program("chromium", "chromium-browser", "google-chrome")
    with playwright_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Page:
    """A page for all tests: to start one takes the browser longer than to show a report."""
    return browser.new_context(offline=True).new_page()


@pytest.fixture
def view(browser: Browser, tab: Page, tmp_path: Path) -> Iterator[Opener]:
    """Open a page from its file; it may ask for nothing else, complain of nothing and open no dialog.

    With ``own`` or options of a context, it is another page than the other tests have.
    """
    contexts: list[Any] = []
    files: list[Path] = []
    troubles: list[str] = []
    asked_for: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        troubles.append(dialog.message)
        dialog.dismiss()

    listeners: dict[Any, Callable[..., None]] = {
        "request": lambda asked: asked_for.append(asked.url),
        "console": lambda message: troubles.append(message.text),
        "pageerror": lambda error: troubles.append(str(error)),
        "dialog": dismiss,
    }
    for event, listener in listeners.items():
        tab.on(event, listener)

    def open_page(
        html: str, width: int = 1280, color_scheme: Any = "light", *, own: bool = False, **options: Any
    ) -> Page:
        files.append(tmp_path / f"report-{len(files)}.html")
        files[-1].write_text(html, "ascii")
        page = tab
        if own or options:
            contexts.append(browser.new_context(offline=True, **options))
            page = contexts[-1].new_page()
            for event, listener in listeners.items():
                page.on(event, listener)
        page.emulate_media(color_scheme=color_scheme, media="screen", reduced_motion="no-preference")
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(files[-1].as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)
    assert not troubles
    assert {each.as_uri() for each in files} == {each.partition("#")[0] for each in asked_for}


def html(result: Result) -> str:
    out = io.StringIO()
    write(result, out, Style())
    return out.getvalue()


def audited(folder: Path, *built: Built, config: Config | None = None, **parts: Any) -> Result:
    """Audit distributions with all rules, as the command does."""
    config = config or parse_config({}, "test")
    audits = audit_paths([each.write(folder) for each in built], config)
    distributions = [each.distribution for each in audits if each.distribution is not None]
    judged = Policy(config, registry()).apply(found for each in audits for found in each.findings)
    findings = sorted(merge(judged, distributions), key=sort_key)
    bad = any(each.severity is Severity.ERROR and each.suppressed is None for each in findings)
    verdict = Verdict.FAIL if bad else Verdict.PASS
    return Result(verdict, Severity.ERROR, distributions, findings, registry=registry(), **parts)


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A wheel and an sdist with findings of all severities, some in both, one of them suppressed."""
    wheel, sdist = Wheel(), Sdist()
    wheel.files |= {
        "sample/.env": b"DATABASE_PASSWORD=" + b"k7Gw2Lq9Zt4v\n",
        "sample/data.bin": bytes(60_000),
    }
    wheel.files |= {f"sample/left{number}.orig": b"old\n" for number in range(14)}
    sdist.files |= {"sample/.env": wheel.files["sample/.env"], "docs/conf.py": b"x = 1\n"}
    assert wheel.metadata is not None
    wheel.metadata.add("Requires-Dist", "six @ https://x.python.org/six.zip")
    result = audited(tmp_path_factory.mktemp("dist"), wheel.build(), sdist.build())
    suppressed = Suppression(SuppressionKind.PER_FILE, "looked at in May")
    last = replace(result.findings[-1], suppressed=suppressed)
    marked = [
        replace(each, severity=Severity.WARNING) if n % 3 == 1 else each
        for n, each in enumerate(result.findings[:-1])
    ]
    marked.append(replace(marked[0], severity=Severity.INFO, message="only advice", fingerprint="i"))
    return replace(result, findings=[*sorted(marked, key=sort_key), last])


def finding(**changes: Any) -> Finding:
    made = Finding(
        "XX101", "some-name", Severity.ERROR, "dist/a.whl", Location("a.py", 3), "is wrong", None, "f"
    )
    return replace(made, **changes)


def synthetic(entries: list[Entry], *findings: Finding, **parts: Any) -> Result:
    wheel = WheelModel("dist/a.whl", "a.whl", 1234, "0" * 64, entries)
    verdict = Verdict.FAIL if findings else Verdict.PASS
    return Result(verdict, Severity.ERROR, [wheel], list(findings), **parts)


def shown(page: Page) -> int:
    return int(page.locator("#findings .finding:visible").count())


@in_browser
def test_verdict_and_findings_are_there_without_scripts(view: Opener, failing: Result) -> None:
    page = view(html(failing), java_script_enabled=False)
    assert page.locator("h1").inner_text() == "Fail sample 1.0"
    assert page.title() == "Fail: sample 1.0 · pkgaudit"
    assert not page.locator("#filters, #theme").locator("visible=true").count()
    for summary in page.locator("details.more > summary, #suppressed summary").all():
        summary.click()
    assert shown(page) == len(failing.counted)
    text = page.locator("main").inner_text()
    for each in failing.findings:
        assert " ".join(each.message.split()) in " ".join(text.split())
    assert "looked at in May" in text
    page.locator("details.about > summary").first.click()
    assert "Why it matters" in page.locator("details.about").first.inner_text()
    box = page.locator("svg.treemap").first.bounding_box()
    assert box
    assert box["height"] == 440


@in_browser
def test_filters_by_mouse(view: Opener, failing: Result) -> None:
    page = view(html(failing))
    total = len(failing.counted)
    status = page.locator("#shown")
    assert status.inner_text() == f"{total} findings"
    page.locator(".check", has_text="warning").click()
    left = sum(each.severity is not Severity.WARNING for each in failing.counted)
    assert 0 < left < total
    assert status.inner_text() == f"{left} of {total} findings"
    assert not page.locator(".rule.warning").locator("visible=true").count()
    page.locator("#show-all").click()
    assert status.inner_text() == f"{total} findings"
    rule = failing.counted[0]
    page.locator("#by-rule").select_option(f"{rule.code} {rule.name}")
    assert {each.get_attribute("data-rule") for each in page.locator(".rule:visible").all()} == {rule.code}
    page.locator("#by-rule").select_option(rule.code[:2])
    families = {each.get_attribute("data-rule") for each in page.locator(".rule:visible").all()}
    assert {each[:2] for each in families if each} == {rule.code[:2]}


@in_browser
def test_filters_by_keyboard(view: Opener, failing: Result) -> None:
    page = view(html(failing))
    total = len(failing.counted)
    page.locator("#filters input").first.focus()
    page.keyboard.press("Space")
    left = sum(each.severity is not Severity.ERROR for each in failing.counted)
    assert page.locator("#shown").inner_text() == f"{left} of {total} findings"
    page.locator("#show-all").focus()
    page.keyboard.press("Enter")
    page.locator("#by-place").focus()
    page.keyboard.press("ArrowDown")
    path = failing.distributions[0].path
    assert page.locator("#shown").inner_text() == f"{len(failing.of(path))} of {total} findings"
    page.keyboard.press("Home")
    page.locator("#by-text").focus()
    page.keyboard.type("LEFT1.orig merge")
    assert page.locator("#findings .finding:visible .place").all_inner_texts() == ["sample/left1.orig"]


@in_browser
def test_many_findings_of_a_rule_fold_and_what_is_searched_for_unfolds(view: Opener) -> None:
    page = view(html(synthetic([], *(finding(location=Location(f"m{number}.py")) for number in range(20)))))
    assert shown(page) == 8
    assert page.locator(".more summary").inner_text() == "12 more"
    page.locator("#by-text").fill("m19.py")
    assert page.locator("#findings .finding:visible .place").all_inner_texts() == ["m19.py"]
    assert page.locator(".rule .count").inner_text() == "1 of 20"


@in_browser
def test_a_finding_has_its_line_with_a_caret_and_its_fix(view: Opener) -> None:
    one = finding(
        location=Location("a.py", 3, 9),
        excerpt=Excerpt("\ttoken = '…'", 2),
        fix="leave it out: in MANIFEST.in:\nexclude a.py",
        also=(Place("dist/b.whl", Location("b.py", 7)),),
        digest="0123456789abcdef" * 4,
    )
    page = view(html(synthetic([], one)))
    assert page.locator(".place").inner_text() == "a.py:3:9"
    frame = page.locator(".frame")
    assert frame.locator("code").inner_text() == "    token = '…'"
    assert frame.locator("mark").inner_text() == "t"
    caret = frame.locator("mark").evaluate("e => getComputedStyle(e, '::after').content")
    assert caret.startswith('"^"')
    assert page.locator(".fix p").inner_text() == "Fix leave it out: in MANIFEST.in:"
    assert page.locator(".fix pre").inner_text() == "exclude a.py"
    assert "dist/b.whl: b.py:7" in page.locator(".also").inner_text()
    assert page.locator(".content").inner_text() == "Content hash 0123456789abcdef"


@in_browser
def test_what_is_no_distribution_has_its_section(view: Opener) -> None:
    other = finding(distribution="pyproject.toml", location=Location(None, 4), message="is never used")
    parts: dict[str, Any] = {
        "failures": [Failure("cannot be read", "dist/b.whl", "x.py", "some-rule")],
        "skipped": [Skipped("dist/a.whl.asc", "signature")],
    }
    page = view(html(synthetic([], other, **parts)))
    assert page.locator(".of h3").inner_text().split() == ["✕", "fail", "pyproject.toml"]
    assert "dist/b.whl x.py cannot be read (some-rule)" in page.locator("#not-audited").inner_text()
    assert "The audit is incomplete: 1 part failed." in page.locator(".headline").inner_text()
    page.locator("#skipped summary").click()
    assert page.locator("#skipped li").inner_text() == "dist/a.whl.asc signature"


def boxes(page: Page) -> dict[str, tuple[float, float, float, float]]:
    """Return where the rectangles of files are, by path."""
    script = """all => all.map(e => { const r = (e.querySelector("rect") ?? e).getBoundingClientRect();
        return [e.querySelector("title").textContent, r.x, r.y, r.width, r.height] })"""
    found = page.locator(".treemap .cell.file").evaluate_all(script)
    return {title.split(" · ")[0]: (x, y, width, height) for title, x, y, width, height in found}


SIZES = {
    "a/x/one.bin": 400_000,
    "a/x/two.py": 90_000,
    "a/y/three.py": 150_000,
    "a/four.so": 300_000,
    "b/five.txt": 200_000,
    "b/c/d/six.json": 60_000,
    "seven.py": 120_000,
}


def entries(sizes: dict[str, int]) -> list[Entry]:
    return [Entry(path, EntryType.FILE, size, packed_size=size // 2) for path, size in sizes.items()]


@in_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_areas_are_bytes(view: Opener, width: int) -> None:
    page = view(html(synthetic(entries(SIZES))), width)
    found = boxes(page)
    assert set(found) == set(SIZES)
    per_byte = [found[path][2] * found[path][3] / size for path, size in SIZES.items()]
    assert max(per_byte) < 1.02 * min(per_byte)
    for one, (left, top, wide, high) in found.items():  # and none is on another
        for other, (x, y, w, h) in found.items():
            apart = x >= left + wide - 1 or left >= x + w - 1 or y >= top + high - 1 or top >= y + h - 1
            assert one == other or apart


@in_browser
def test_colors_and_textures_are_the_worst_of_a_file(view: Opener) -> None:
    found = [
        finding(location=Location("a/x/one.bin")),
        finding(location=Location("a/x/one.bin"), severity=Severity.INFO),
        finding(location=Location("a/four.so"), severity=Severity.WARNING),
        finding(location=Location("seven.py"), severity=Severity.INFO),
    ]
    page = view(html(synthetic(entries(SIZES), *found)))
    script = """all => Object.fromEntries(all.map(e => [
        e.querySelector("title").textContent.split(" · ")[0],
        [...(e.tagName === "rect" ? [e] : e.querySelectorAll("rect"))]
            .map(r => getComputedStyle(r).fill)]))"""
    fills = page.locator(".treemap .cell.file").evaluate_all(script)
    error, warning, info = fills["a/x/one.bin"], fills["a/four.so"], fills["seven.py"]
    assert len({error[0], warning[0], info[0], fills["b/five.txt"][0]}) == 4
    assert [len(error), len(warning), len(info)] == [2, 2, 1]
    assert "error-texture" in error[1]
    assert "warning-texture" in warning[1]
    labels = page.locator(".treemap a text:first-of-type").all_text_contents()
    assert {"✕ one.bin", "! four.so", "i seven.py"} <= set(labels)


@in_browser
def test_a_rectangle_leads_to_its_finding(view: Opener, failing: Result) -> None:
    page = view(html(failing))
    page.locator("#by-text").fill("nothing has these words")
    assert shown(page) == 0
    link = page.locator(".treemap a[aria-label^='sample/.env']").first
    link.focus()
    assert "sample/.env" in page.locator(".readout").first.inner_text()
    page.keyboard.press("Enter")
    target = page.locator(".finding:target")
    target.wait_for()
    assert "sample/.env" in target.inner_text()
    assert target.evaluate("e => e === document.activeElement")


@in_browser
def test_archives_inside_are_drawn_inside(view: Opener, tmp_path: Path) -> None:
    wheel = Wheel()
    inner = zip_archive({"big.txt": os.urandom(60_000), "small.txt": os.urandom(30_000)})
    wheel.files["sample/inner.zip"] = inner
    page = view(html(audited(tmp_path, wheel.build())))
    found = boxes(page)
    one, other = found["sample/inner.zip!/big.txt"], found["sample/inner.zip!/small.txt"]
    assert one[2] * one[3] == pytest.approx(2 * other[2] * other[3], rel=0.1)
    outer = page.locator(".treemap svg.folder", has_text="inner.zip").last.bounding_box()
    assert outer is not None
    assert outer["x"] <= one[0]
    assert one[0] + one[2] <= outer["x"] + outer["width"] + 1


def test_small_files_are_one_rectangle_and_what_was_found_there_is_seen() -> None:
    sizes = {"big.bin": 50_000_000} | {f"d/{number}.txt": 10 for number in range(500)}
    found = finding(location=Location("d/7.txt"))
    tree = make_tree(synthetic(entries(sizes)).distributions[0], {}, [found])
    cells = plan(tree, 600)
    (marked,) = [cell for cell in cells if cell.findings]
    assert marked.box[2] * marked.box[3] > 150
    assert sum(cell.files for cell in cells) == 501
    assert len(cells) < 5


def test_small_files_with_findings_are_not_drawn_with_those_without() -> None:
    sizes = {f"{n % 20}/module_{n}.py": 1000 + n % 7 for n in range(20_000)}
    found = [finding(location=Location(path)) for path in list(sizes)[::10]]
    cells = plan(make_tree(synthetic(entries(sizes)).distributions[0], {}, found), 600)
    marked = [cell for cell in cells if cell.findings and not cell.children]
    assert sum(cell.files for cell in marked) == len(found)
    assert 20 < len(cells) <= 600


def test_many_files_make_no_large_page() -> None:
    sizes = {f"pkg/{n % 97}/{n % 13}/module_{n}.py": 100 + n * n % 30_011 for n in range(20_000)}
    findings = [finding(location=Location(path)) for path in list(sizes)[:300]]
    page = html(synthetic(entries(sizes), *findings))
    assert len(page) < 700_000
    assert page.count('class="cell') > 200
    part = entries(sizes)[:2000]
    many: list[Distribution] = [WheelModel(f"dist/{n}.whl", f"{n}.whl", 1, "", part) for n in range(30)]
    assert len(html(Result(Verdict.PASS, Severity.ERROR, many))) < 2_000_000


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "--></style><style>*{display:none}</style>",
    "</title></svg></template></textarea><svg onload=alert(1)>",
    "]]><!--<b>&lt;&#60;",
    "\x1b[31m\u202egnp\u200b\ud800\x00\ufffe\r\n",
    "`</code>",
]


def with_text(texts: list[str]) -> Result:
    """Return a result that says texts wherever it says something that an archive may have said."""
    made: list[Finding] = []
    wheels: list[Distribution] = []
    for number, text in enumerate(texts):
        made.append(
            finding(
                distribution=text,
                location=Location(text, 1, 2),
                message=text,
                fix=f"{text}\n{text}",
                excerpt=Excerpt(text, 3),
                also=tuple(Place(each, Location(each)) for each in texts),
            )
        )
        made.append(
            finding(
                code=f"XX{number + 200}", message=text, suppressed=Suppression(SuppressionKind.BASELINE, text)
            )
        )
        files = entries({each: 1000 + place * 100 for place, each in enumerate(texts)})
        files += [Entry(f"{text}!/{text}", EntryType.FILE, 500, depth=1)]
        nested = [each for each in files if each.depth]
        wheels.append(WheelModel(text, text, 10, "0" * 64, files[: len(texts)], nested))
    return Result(
        Verdict.FAIL,
        Severity.ERROR,
        wheels,
        made,
        [Failure(text, text, text, text) for text in texts],
        [Skipped(text, text) for text in texts],
    )


STRUCTURE = """() => [...document.querySelectorAll("*")].map(
    e => [e.tagName, ...[...e.attributes].map(a => a.name).sort()].join(" "))"""


@in_browser
def test_text_of_an_archive_makes_no_markup(view: Opener) -> None:
    harmless = [f"{re.sub('[^/]', 'x', each)}{number}.py" for number, each in enumerate(HOSTILE)]
    hostile = [f"{each}{number}.py" for number, each in enumerate(HOSTILE)]
    structure = view(html(with_text(harmless))).evaluate(STRUCTURE)
    page = view(html(with_text(hostile)))
    assert page.evaluate(STRUCTURE) == structure
    links = page.locator("a").evaluate_all("all => all.map(e => e.getAttribute('href'))")
    assert links
    assert all(each.startswith("#") for each in links)
    text = page.locator("main").inner_text()
    assert "<img src=x onerror=alert(1)>" in text
    assert "\\x1b[31m\\u202egnp\\u200b\\ud800\\x00\\ufffe" in text
    page.locator("#by-text").fill("javascript:alert(1)")
    assert shown(page) > 0


@in_browser
def test_a_hostile_wheel_is_shown_as_it_is(view: Opener, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files |= {f"sample/{name}.py": name.encode() for name in HOSTILE if name.isprintable()}
    wheel.files["sample/.env"] = b"PASSWORD=</script><img src=x onerror=alert(1)>\n"
    result = audited(tmp_path, wheel.build())
    assert result.counted
    page = view(html(result))
    assert page.locator("img, script:not(body > script), style:not(head > style)").count() == 0
    assert page.evaluate("document.querySelectorAll('script, style').length") == 2


@in_browser
def test_the_policy_of_the_page_lets_nothing_else_run(tab: Page, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html(synthetic([], finding())), "ascii")
    tab.goto((tmp_path / "page.html").as_uri())
    tab.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = 1";
        document.body.append(script);
        document.querySelector("h1").setAttribute("style", "display: none");
        document.querySelector("h2").setAttribute("onclick", "window.ran = 1");
        document.querySelector("h2").click();
    }""")
    assert tab.evaluate("window.ran") is None
    assert tab.locator("h1").is_visible()


def axe(page: Page) -> list[str]:
    results = need("axe_playwright_python.sync_playwright").Axe().run(page)
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in results.response["violations"]
        for node in each["nodes"]
    ]


@in_browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_accessible(view: Opener, failing: Result, scheme: str, width: int) -> None:
    page = view(html(failing), width, scheme)
    page.emulate_media(reduced_motion="reduce")
    page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true })")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    levels = [
        int(each[1]) for each in page.locator("h1, h2, h3, h4, h5").evaluate_all("a => a.map(e => e.tagName)")
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_labels_of_the_treemap_can_be_read(view: Opener, failing: Result, scheme: str) -> None:
    """They have a contrast of 4.5 at least (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""
    page = view(html(failing), color_scheme=scheme)
    script = """all => all.map(e => [getComputedStyle(e).fill,
        getComputedStyle(e.parentElement.querySelector("rect")).fill])"""
    found = page.locator(".treemap text").evaluate_all(script)
    assert len(found) > 5
    assert min(contrast(text, ground) for text, ground in found) >= 4.5


def contrast(one: str, other: str) -> float:
    lights = []
    for color in (one, other):
        parts = [int(each) / 255 for each in re.findall(r"\d+", color)[:3]]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


@in_browser
def test_theme_follows_the_system_until_one_is_chosen(view: Opener, failing: Result) -> None:
    page = view(html(failing), color_scheme="dark", own=True)  # what is chosen is kept
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    assert dark != light
    button = page.locator("#theme")
    assert button.inner_text() == "Theme: System"
    button.click()
    button.click()
    assert button.inner_text() == "Theme: Dark"
    assert page.evaluate(ground) == dark
    page.reload()
    assert button.inner_text() == "Theme: Dark"


@in_browser
def test_print(view: Opener, failing: Result) -> None:
    page = view(html(failing), color_scheme="dark")
    page.emulate_media(media="print")
    assert not page.locator("#filters, #theme, nav").locator("visible=true").count()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"


@in_browser
def test_nothing_found(view: Opener, tmp_path: Path) -> None:
    page = view(html(audited(tmp_path, Wheel().build())))
    assert page.locator("h1").inner_text() == "Pass sample 1.0"
    assert page.locator(".headline p").inner_text() == "No findings."
    assert page.locator(".overview tbody tr").inner_text().split()[:2] == ["✓", "pass"]
    assert axe(page) == []


@pytest.mark.parametrize("number", [0, 1])
def test_valid_markup(failing: Result, number: int) -> None:
    html5lib = need("html5lib")
    pages = [failing, with_text(HOSTILE)]
    html5lib.HTMLParser(strict=True).parse(html(pages[number]))


def test_elements_refuse_what_runs() -> None:
    for attributes in (
        {"onclick": "x"},
        {"style": "x"},
        {"href": "javascript:x"},
        {"href": "data:,x"},
        {"src": "x"},
    ):
        with pytest.raises(ValueError):
            el("a", "text", **attributes)
    assert el("a", "<b>", title='"') == '<a title="&quot;">&lt;b&gt;</a>'
    assert el("p", el("i", "x") + "<b>") == "<p>&lt;i&gt;x&lt;/i&gt;&lt;b&gt;</p>"


def test_documentation_is_text_and_links_to_pages() -> None:
    shown = markdown(
        "## Why\n<script>x</script> [a](javascript:x) [b](https://docs.python.org/) ![c](x.png)", "h5"
    )
    assert "<h5>Why</h5>" in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert re.findall(r'href="([^"]*)"', shown) == ["https://docs.python.org/"]


README = """\
# sample

See [usage](#usage), [the changes](CHANGES.md) and [the site](https://www.python.org/).
![shown](https://www.python.org/logo.png) [![badge](https://codecov.io/badge.svg?token=k7Gw2Lq9Zt)](https://codecov.io)

<script>document.title = "run"</script> <img src="https://a.org/b.png" onerror="document.title = 'run'">

## Usage

```python
import sample
```
"""


def with_readme(folder: Path, text: str, *others: Built) -> Result:
    """Audit a wheel and an sdist with a readme, and others."""
    need("comrak")
    built = [
        Wheel(metadata=readme(text, "text/markdown")).build(),
        Sdist(metadata=readme(text, "text/markdown")).build(),
    ]
    return audit([each.write(folder) for each in (*built, *others)])


@in_browser
def test_a_readme_with_findings_is_in_a_frame(view: Opener, tmp_path: Path) -> None:
    text = html(with_readme(tmp_path, README))
    assert text.count("<iframe ") == 1
    page = view(text)
    assert axe(page) == []
    title = page.title()
    page.locator(".finding", has_text="CHANGES.md").get_by_text("The readme as PyPI shows it").click()
    frame = page.frame_locator(".readme iframe")
    assert frame.locator("h1").is_visible()
    assert page.title() == title  # no script of the readme ran
    assert frame.locator("script, img, main a[href]:not([href^='about:srcdoc#'])").count() == 0
    assert frame.locator(".image").first.inner_text() == "shown \u00b7 https://www.python.org/logo.png"
    assert frame.locator(".dead").inner_text() == "the changes"
    line = frame.locator(".dead").evaluate("each => getComputedStyle(each).textDecorationLine")
    assert line == "line-through"
    assert frame.locator("pre .kn").inner_text() == "import"
    assert page.url.endswith("#readme-0")


@in_browser
def test_links_in_the_frame_of_a_readme(tab: Page, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html(with_readme(tmp_path, README)), "ascii")
    # The frame blocks the listeners with which Playwright clicks, and says so: this page may complain.
    tab.goto(f"{(tmp_path / 'page.html').as_uri()}#readme-0")
    frame = tab.frame_locator(".readme iframe")
    frame.get_by_role("link", name="usage", exact=True).focus()
    tab.keyboard.press("Enter")
    assert frame.locator(":target").inner_text() == "Usage"


def test_a_readme_is_framed_without_secrets(tmp_path: Path) -> None:
    need("html5lib").HTMLParser(strict=True).parse(text := html(with_readme(tmp_path, README)))
    assert "<iframe sandbox " in text
    assert "k7Gw2Lq9Zt" not in text
    assert "badge \u00b7 https://codecov.io/badge.svg?token=" in unescape(unescape(text))


@pytest.mark.parametrize("written", ["{}", "`{}`", "{0:.8}<b></b>{1}", "&#{2};{3}"])
def test_a_readme_with_a_secret_is_not_in_the_report(tmp_path: Path, written: str) -> None:
    token = tokens.checked_token("ghp")
    words = written.format(token, token[8:], ord(token[0]), token[1:])
    text = html(with_readme(tmp_path, f"{README}\n{words}\n"))
    shown = re.sub(r"<[^>]*>", "", unescape(unescape(text)))
    assert token not in shown
    assert "<iframe" not in text or words not in unescape(unescape(text))


def test_a_secret_elsewhere_may_be_in_the_readme_too(tmp_path: Path) -> None:
    secret = "k7Gw2" + "Lq9Zt4v"
    other = Wheel("sample", "1.0", tag="cp311-cp311-win_amd64", metadata=readme(README, "text/markdown"))
    other.files["sample/.env"] = f"DATABASE_PASSWORD={secret}\n".encode()
    text = html(with_readme(tmp_path, f"{README}\nWrite {secret}.\n", other.build()))
    assert "<iframe" not in text
    assert "It is not in this report: pkgaudit found a secret in the release." in text
    assert f"pkgaudit readme {tmp_path}" in text


def test_a_large_page_of_a_readme_is_not_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = with_readme(tmp_path, README)
    monkeypatch.setattr("pkgaudit.report.html_readmes._LARGEST", 1_000)
    text = html(result)
    assert "<iframe" not in text
    assert "It is not in this report: the page is too large." in text


def test_a_readme_is_not_in_a_report_that_cannot_mask_secrets(tmp_path: Path) -> None:
    result = with_readme(tmp_path, README)
    text = html(replace(result, redact=lambda _: None))
    assert "<iframe" not in text
    assert "because it has a secret that cannot be masked" in text
