"""The page of a run, looked at in a browser: it shows what was found, and nothing that a target says acts in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import haltspec_diagrams
from haltspec.apis import load
from haltspec.errors import AdapterFailure, Misuse, visible
from haltspec.trace import Call
from haltspec_properties.adapters import Adapter
from haltspec_properties.baseline import Baseline
from haltspec_properties.conform import Options, Run, conform
from haltspec_properties.reports.page import page
from haltspec_properties.targets import reference_target

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</pre></td></table></svg><img src=x onerror=\"document.title='owned'\">",
    "\"'><svg onload=document.title='owned'><a href=\"javascript:document.title='owned'\">",
    "{{ 7*7 }}{% include 'x' %}<!--",
    "\x00\x1b[31m\u202eturned\u2066\ud800",
    "<style>*{display:none}</style><iframe src=http://127.0.0.1:9/></iframe><base href=http://127.0.0.1:9/>",
)


class Hostile:
    """An implementation that says something hostile wherever it says anything."""

    def __init__(self, inner: Adapter) -> None:
        self.inner = inner
        self.calls = 0

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """As `Adapter.call`."""
        call = self.inner.call(operation, request, tenant=tenant, client=client)
        self.calls += 1
        said = HOSTILE[self.calls % len(HOSTILE)]
        if call.error is not None:
            return replace(call, error=said, reply={"__type": said, said: said})
        return replace(call, reply=self._changed(call.reply, said))

    def _changed(self, reply: Any, said: str) -> Any:
        """The reply with hostile members, one status in three, and one id in seven."""
        if isinstance(reply, Mapping):
            changed = {name: self._changed(inner, said) for name, inner in reply.items()}
            if "JobStatus" in changed and self.calls % 3 == 0:
                changed["JobStatus"] = said
            if "JobName" in changed and self.calls % 7 == 0:
                changed["JobName"] = said
            return {**changed, said: said}
        return [self._changed(inner, said) for inner in reply] if isinstance(reply, list) else reply


@pytest.fixture(scope="module")
def hostile() -> Run:
    """A run against a hostile target, at the end of which it says something hostile too."""
    target = reference_target(load("translate"))
    evil = replace(target, name=HOSTILE[1], adapter=Hostile(target.adapter))
    run = conform(load("translate"), evil, Options(examples=2))
    ended = AdapterFailure(HOSTILE[1], HOSTILE[0], HOSTILE[2])
    accepted = Baseline("translate").taking(run.findings[-1:]).apply(run)
    return replace(accepted, ended=ended, address=HOSTILE[2])


@pytest.fixture(scope="module")
def right() -> Run:
    """A run that finds nothing."""
    return conform(load("translate"), reference_target(load("translate")), Options(examples=2))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    if CHROMIUM is None:  # pip cannot install it; `.ci/run` does by other means
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser: Browser, run: Run, folder: Path) -> tuple[Page, list[str]]:
    """The page in the browser, and what it did besides being shown."""
    file = folder / "report.html"
    file.write_text(page(run), encoding="utf-8")
    shown = browser.new_page()
    did: list[str] = []
    shown.on("dialog", lambda dialog: did.append(f"dialog {dialog.message}"))
    shown.on("console", lambda message: did.append(f"console {message.text}"))
    shown.on("pageerror", lambda error: did.append(f"error {error}"))
    shown.on("request", lambda asked: did.append(asked.url) if not asked.url.startswith("data:image/svg") else None)
    shown.goto(file.as_uri(), wait_until="load")
    return shown, [done for done in did if done != file.as_uri()]


def test_nothing_that_the_target_says_acts(browser: Browser, hostile: Run, tmp_path: Path) -> None:
    """No script, no request, no message; all of it is text that can be read, however hostile."""
    shown, did = opened(browser, hostile, tmp_path)
    assert did == []
    assert shown.title() == visible(f"Amazon Translate: fail ({HOSTILE[1]})")
    found = len(hostile.findings) + len(hostile.warnings) + len(hostile.accepted)
    assert shown.locator("#findings ~ article").count() == found > 5
    assert shown.locator("script, iframe, base, object, embed, form, svg, link, [onerror], [onload]").count() == 0
    assert shown.locator("style").count() == 1
    addresses = shown.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert all(address.startswith("#finding-") for address in addresses)
    text = shown.locator("main").inner_text()
    for said in HOSTILE:
        assert _bare(visible(said.rpartition("\x1b")[2])) in _bare(text)
    assert not any(character in text for character in "\x00\x1b\u202e\u2066")


def _bare(text: str) -> str:
    """A text without what JSON puts before quotes."""
    return text.replace("\\", "").replace('"', "")


def test_the_check_sees_what_acts(browser: Browser, hostile: Run, tmp_path: Path) -> None:
    """A page that escaped nothing would have been noticed, and the page's own policy stops even that."""
    file = tmp_path / "bad.html"
    text = page(hostile)
    assert text.count("Content-Security-Policy") == 1
    file.write_text(text.replace("<h2 id", f"{HOSTILE[0]}<h2 id", 1))
    shown = browser.new_page()
    said: list[str] = []
    shown.on("console", lambda message: said.append(message.text))
    shown.goto(file.as_uri(), wait_until="load")
    assert shown.locator("script").count() == 1
    assert shown.title() != "owned"
    assert any("Content Security Policy" in message for message in said)


def test_pictures_are_shown(browser: Browser, hostile: Run, tmp_path: Path) -> None:
    """Those of the paths, each once, and one of the coverage; each with a text in its place."""
    shown, _ = opened(browser, hostile, tmp_path)
    widths = shown.locator("img").evaluate_all("all => all.map(image => image.naturalWidth)")
    assert len(widths) >= 2
    assert all(width > 200 for width in widths)
    alts = shown.locator("img").evaluate_all("all => all.map(image => image.alt)")
    assert len(set(alts)) == len(alts)
    assert alts[-1].endswith("with the rows that the run met and those it did not")
    assert any(", with the path of these calls: started" in alt for alt in alts)


def test_calls_are_told_in_order(browser: Browser, hostile: Run, tmp_path: Path) -> None:
    """The last one, which breaks the rule, is marked; a finding can be linked to."""
    shown, _ = opened(browser, hostile, tmp_path)
    (finding, *_) = hostile.findings
    article = shown.locator("#finding-1")
    assert visible(finding.rule) in article.locator("h3").inner_text()
    operations = article.locator("tbody td:nth-child(4) strong").all_inner_texts()
    assert operations == [call.operation for call in finding.calls]
    assert article.locator("tr.breaks").count() == 1
    assert article.locator("tbody tr").last.get_attribute("class") == "breaks"


def test_a_conforming_service(browser: Browser, right: Run, tmp_path: Path) -> None:
    """Nothing is found; the rows that were met are drawn."""
    shown, did = opened(browser, right, tmp_path)
    assert did == []
    assert shown.locator("h1 .badge").inner_text() == "pass"
    assert shown.locator("#findings + p").inner_text() == "None."
    met = sum(1 for row in right.rows if right.report.taken.get(row))
    assert f"{met} of {len(right.rows)}" in shown.locator("header dl").inner_text()
    assert shown.locator("img").count() == 1


def test_it_fits_a_small_screen(browser: Browser, hostile: Run, tmp_path: Path) -> None:
    """Nothing makes the page wider than a telephone: long texts break, wide tables scroll by themselves."""
    shown, _ = opened(browser, hostile, tmp_path)
    shown.set_viewport_size({"width": 390, "height": 800})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390


class _Elements(HTMLParser):
    """The elements and addresses of a page, for machines without a browser."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += (value or "" for name, value in attrs if name in ("src", "href"))
        assert not any(name.startswith("on") for name, _ in attrs)


def test_it_stands_for_itself(hostile: Run) -> None:
    """Every address is in the page."""
    read = _Elements()
    read.feed(page(hostile))
    assert read.tags.isdisjoint({"script", "iframe", "svg", "base", "link", "object", "form"})
    assert all(address.startswith(("#finding-", "data:image/svg+xml;base64,")) for address in read.addresses)


def test_without_graphviz_there_are_no_pictures(right: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so, and has all the rest."""

    def refuse(_drawing: object) -> None:
        raise Misuse("no Graphviz is installed", "install it")

    monkeypatch.setattr(haltspec_diagrams, "lay_out", refuse)
    text = page(right)
    assert "There are no pictures: no Graphviz is installed; install it" in text
    assert "<img" not in text
