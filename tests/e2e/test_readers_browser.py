"""Every journey of a reader in a real browser, in three languages: live, as `test_browser.py` says.

The journeys are made with JavaScript off, 320 pixels wide, and by the keyboard alone. Each page that they
come by is looked at by axe, in both colour schemes.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.chromium import LIVE
from tests.e2e.reading import served
from tests.unit.web.site import ANN, BROWSER, LANGUAGES, Pages

from vesicle.model.reader import Wishes
from vesicle.model.subscriber import Frequency, SubscriberStatus
from vesicle.render.words import Words
from vesicle.text.doors import Door
from vesicle.web.application import application

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTH = 320


pytestmark = LIVE


class Reader:
    """Somebody with a small telephone and a keyboard, who allows no script."""

    def __init__(self, page: "Page", url: str, pages: Pages, lang: str) -> None:
        self.page, self.url, self.pages, self.lang = page, url, pages, lang
        self.words: Words = pages.house.words(lang)

    def open(self, path: str) -> None:
        """Open a page in the reader's language, and look at it."""
        self.page.goto(f"{self.url}{path}?lang={self.lang}")
        self.look()

    def look(self) -> None:
        """See that the page fits, has one heading and one primary button at most, and nothing to miss."""
        page = self.page
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        assert page.locator("html").get_attribute("lang") == self.lang
        assert page.locator("html").get_attribute("dir") == ("rtl" if self.lang == "fa" else "ltr")
        assert page.locator("h1").count() == 1
        assert page.locator(".first").count() <= 1
        assert page.locator("script").count() == 0
        small = page.evaluate(SMALL)
        assert small == []

    def tab_to(self, selector: str) -> None:
        """Press Tab until what *selector* names has the focus, and can be seen to have it."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("(name) => document.activeElement.matches(name)", selector):
                assert self.page.evaluate(SEEN), f"{selector} does not show its focus"
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    def press(self, selector: str, key: str = "Enter") -> None:
        """Go to a control and press *key* on it, half a minute after the page came."""
        self.tab_to(selector)
        self.pages.later(seconds=30)
        if key == "Enter":
            with self.page.expect_navigation():
                self.page.keyboard.press(key)
            self.look()
        else:
            self.page.keyboard.press(key)

    def reads(self, key: str, **values: Any) -> bool:
        """Tell whether the heading of the page is the word of that key."""
        return bool(
            self.page.locator("h1").inner_text() == self.words[key].format(site="Letters & More", **values)
        )


# Targets of a finger: 44 pixels (WCAG 2.2, 2.5.5), but for links within a sentence.
SMALL = """() => [...document.querySelectorAll("button, nav a, summary, label.choice, input[type=email]")]
  .filter(node => node.getClientRects().length && getComputedStyle(node).clipPath === "none")
  .filter(node => node.getBoundingClientRect().height < 44 || node.getBoundingClientRect().width < 44)
  .map(node => node.outerHTML.slice(0, 80))"""
SEEN = """() => { const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2; }"""


@pytest.fixture(params=LANGUAGES)
def reader(request: pytest.FixtureRequest, browser: "Browser") -> Iterator[Reader]:
    pages = Pages()
    with served(application(pages.house)) as url:
        context = browser.new_context(
            viewport={"width": WIDTH, "height": 640}, java_script_enabled=False, user_agent=BROWSER
        )
        yield Reader(context.new_page(), url, pages, request.param)
        context.close()


def test_signing_up(reader: Reader) -> None:
    reader.open("/")
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    reader.tab_to("#email")
    reader.page.keyboard.type("new@readers.example")
    reader.press("[value=bone]", "Space")
    reader.tab_to("[name=language]")
    reader.tab_to("[name=frequency]")
    reader.page.keyboard.press("ArrowDown")
    reader.press(".first")
    assert reader.reads("page mailbox title")
    (ask,) = reader.pages.readers.asks
    assert ask.email == "new@readers.example"
    assert ask.wishes == Wishes(language=reader.lang, topics=("bone",), frequency=Frequency.MONTHLY)


def test_mending_errors(reader: Reader) -> None:
    reader.open("/")
    reader.press(".first")
    assert reader.page.evaluate("document.activeElement.id") == "errors"
    reader.tab_to("#errors a")
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("document.activeElement.id") == "email"
    assert reader.page.locator("#email").get_attribute("aria-invalid") == "true"
    reader.page.keyboard.type("new@gmial.com")
    reader.press(".first")
    assert reader.page.evaluate("document.activeElement.id") == "hint"
    reader.press("#hint button")
    assert reader.reads("page mailbox title")
    assert [ask.email for ask in reader.pages.readers.asks] == ["new@gmail.com"]


def test_confirming(reader: Reader) -> None:
    reader.open(reader.pages.path(Door.CONFIRM))
    reader.press(".first")
    assert reader.reads("page confirmed title")
    assert reader.pages.status() is SubscriberStatus.CONFIRMED
    reader.open(reader.pages.path(Door.CONFIRM))
    reader.press(".first")
    assert reader.reads("page already title")


def test_leaving_with_a_reason(reader: Reader) -> None:
    reader.pages.confirm()
    reader.open(reader.pages.path(Door.LEAVE))
    reader.press("summary", "Space")
    reader.press("[name=reason]", "Space")
    reader.press(".first")
    assert reader.reads("page left title")
    assert reader.pages.status() is SubscriberStatus.UNSUBSCRIBED
    assert reader.pages.readers.reasons == ["too many"]


def test_having_a_break_instead(reader: Reader) -> None:
    reader.pages.confirm()
    reader.open(reader.pages.path(Door.LEAVE))
    reader.press("[name=pause][value='30']")
    wished = reader.pages.readers.wishes(ANN)
    assert wished
    assert wished.paused_until == date(2026, 12, 25)


def test_choosing(reader: Reader) -> None:
    reader.pages.confirm()
    reader.open(reader.pages.path(Door.CHOOSE))
    reader.press("[value=bone]", "Space")
    reader.tab_to("[name=pause]")
    reader.page.keyboard.press("ArrowDown")
    reader.press(".first")
    wished = reader.pages.readers.wishes(ANN)
    assert wished
    assert wished.topics == ("skin", "bone")
    assert wished.paused_until == date(2026, 12, 25)
    reader.press("[value=leave]")
    assert reader.reads("page left title")


def test_seeing_and_erasing_ones_data(reader: Reader) -> None:
    reader.open("/data")
    reader.tab_to("#email")
    reader.page.keyboard.type("ann@readers.example")
    reader.press(".first")
    assert reader.reads("page mailbox data title")
    reader.open(reader.pages.path(Door.DATA))
    reader.tab_to(".first")
    with reader.page.expect_download() as download:
        reader.page.keyboard.press("Enter")
    assert download.value.suggested_filename == "my-data.json"
    reader.press("[value=erase]")
    assert reader.page.locator("#sure").get_attribute("aria-invalid") == "true"
    reader.press("#sure", "Space")
    reader.press("[value=erase]")
    assert reader.reads("page erased title")
    assert reader.pages.subscribers.with_id(ANN) is None


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing_on_any_page(browser: "Browser", lang: str, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - as for playwright

    pages = Pages()
    pages.confirm()
    paths = ["/", "/data", "/nothing", *(pages.path(door) for door in Door)]
    errors = [("/sign-up", {"email": "ann"}), ("/sign-up", {"email": "a@gmial.com", "language": "en"})]
    errors += [(pages.path(Door.DATA), {"do": "erase"}), (pages.path(Door.CHOOSE), {"language": "xx"})]
    errors += [(pages.path(Door.CONFIRM), {}), (pages.path(Door.CHOOSE), {"topics": "skin"})]
    with served(application(pages.house)) as url:
        page = browser.new_page(viewport={"width": WIDTH, "height": 640}, color_scheme=scheme)
        for path in paths:
            page.goto(f"{url}{path}?lang={lang}")
            assert Axe().run(page).response["violations"] == [], path
        for path, form in errors:
            _post(page, f"{url}{path}?lang={lang}", form)
            assert Axe().run(page).response["violations"] == [], path
        page.close()


def _post(page: "Page", url: str, form: dict[str, str]) -> None:
    """Show what *url* answers to *form*, at its own address."""
    headers = {"accept-language": "en"}
    answer = page.request.post(url, form={**form}, headers=headers)
    page.route(url, lambda route: route.fulfill(body=answer.body(), headers=dict(answer.headers)))
    page.goto(url)
    page.unroute(url)


def test_the_pages_ask_for_nothing_from_elsewhere(browser: "Browser") -> None:
    pages = Pages()
    with served(application(pages.house)) as url:
        page = browser.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        for path in ("/", pages.path(Door.LEAVE)):
            page.goto(f"{url}{path}")
        assert [one for one in asked if not one.startswith(url)] == []
        assert [one for one in said if not re.search("favicon|404", one)] == []
        page.close()
