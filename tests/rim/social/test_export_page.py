"""The page of an exported post: what it says, that it needs nothing else, and that its buttons copy."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.e2e.chromium import LIVE, launched

from vesicle.deliver.export import Channel, Options
from vesicle.model.delivery import Frozen
from vesicle.model.limits import Frame
from vesicle.model.message import Card, Link, Message, Picture
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import LIMITS, plain_desk
from vesicle.testing.memory import MemoryLedger

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
URL = "https://doi.org/10.1/x"
CARD = Card(source="s", data=json.dumps({"title": "A finding"}), frame=Frame(width=1600, height=900))
POST = Message(
    channel="whatsapp",
    slug="migraine",
    lang="en",
    subject="A <finding>",
    text=f"\nA finding 🧪 & <more>.\n\n{URL}",
    links=(Link(url=URL, text=URL),),
    pictures=(Picture(src=CARD.name, alt='A card: "A finding"', card=CARD),),
)
PERSIAN = replace(POST, lang="fa", text="MSC یک یافته\u200cی تازه", subject="یافته")
THAI = replace(POST, lang="th", text="กำลังใจ", subject="ไทย")
THREAD = replace(POST, parts=("One", "Two\n\n🧪", "Three"), text="One\n\nTwo\n\n🧪\n\nThree")


class Page(HTMLParser):
    """A page as a browser reads it: its elements, and the text in those with an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append((tag, dict(attrs).get("id") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag, name in self._open:
            if name and tag == "pre":
                self.texts[name] = self.texts.get(name, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Give the attributes of each element called *tag*."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, name: str) -> str:
        """Give what stands in the <pre> called *name*: the line break after its tag is none of it."""
        return self.texts[name].removeprefix("\n")


def written(site: Path, post: Message = POST, *, compose: str = "", name: str = "whatsapp") -> Path:
    """Let the channel write the folder of *post*; give its page."""
    ledger = MemoryLedger()
    ledger.freeze(
        Frozen(slug=f"issue/{post.slug}/{name}", channel="c", hash="h", messages={post.lang: post}), None
    )
    limits = replace(LIMITS, compose=compose)
    desk = plain_desk(FixedClock(NOW), name=name, folder=str(site), limits=limits)
    feed = iter(ledger.take("c", limit=1, now=NOW, lease=timedelta(hours=1)))
    Channel(Options(), desk=desk).deliver_all(feed, ledger)
    return next(site.rglob("index.html"))


def page(site: Path, post: Message = POST, *, compose: str = "", name: str = "whatsapp") -> Page:
    return Page(written(site, post, compose=compose, name=name).read_text())


def link(found: Page) -> str:
    """Give where the button to open the channel leads."""
    (first,) = [one for one in found.all("a") if one.get("class") == "first"]
    return str(first["href"])


@pytest.mark.parametrize("post", [POST, THAI, PERSIAN])
def test_the_text_is_there_to_the_letter_in_its_language_and_direction(tmp_path: Path, post: Message) -> None:
    found = page(tmp_path, post)
    assert found.text("text-0") == post.text
    text = next(one for one in found.all("pre") if one.get("id") == "text-0")
    assert (text["lang"], text["dir"]) == (post.lang, "rtl" if post.lang == "fa" else "ltr")


@settings(deadline=None, max_examples=60)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), min_size=1))
def test_any_text_is_there_to_the_letter(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    found = page(tmp_path_factory.mktemp("site"), replace(POST, text=text, subject=text))
    assert found.text("text-0") == text


def test_each_part_has_its_button_and_its_length(tmp_path: Path) -> None:
    html = written(tmp_path, THREAD).read_text()
    found = Page(html)
    assert [found.text(f"text-{number}") for number in range(3)] == ["One", "Two\n\n🧪", "Three"]
    copied = [one["data-copy"] for one in found.all("button")]
    assert copied == ["text-0", "text-1", "text-2", "alt", "command"]
    assert "Part 2 of 3 <span>6 of 300 graphemes</span>" in html
    assert "as a reply to the one before" in html


def test_picture_alternative_text_and_command_are_there(tmp_path: Path) -> None:
    found = page(tmp_path)
    (image,) = found.all("img")
    assert image["src"] == f"data:image/png;base64,{base64.b64encode(CARD.name.encode()).decode()}"
    assert image["alt"] == found.text("alt") == 'A card: "A finding"'
    (save,) = [one for one in found.all("a") if "download" in one]
    assert save["href"] == save["download"] == "card.png"
    assert found.text("command") == "vesicle post --confirm issue/migraine/whatsapp"


def test_without_a_picture_nothing_is_said_of_one(tmp_path: Path) -> None:
    html = written(tmp_path, replace(POST, pictures=())).read_text()
    assert "picture" not in re.sub(r"<style>.*</style>|<script>.*</script>", "", html, flags=re.DOTALL)


def test_the_button_opens_the_channel_with_the_text_filled_in(tmp_path: Path) -> None:
    address = link(page(tmp_path, compose="https://bsky.app/intent/compose?text={text}"))
    assert parse_qs(urlsplit(address).query) == {"text": [POST.text]}


def test_a_channel_that_takes_the_link_apart_gets_it_once(tmp_path: Path) -> None:
    address = link(page(tmp_path, compose="https://t.me/share/url?url={url}&text={text}"))
    assert parse_qs(urlsplit(address).query) == {"url": [URL], "text": ["A finding 🧪 & <more>."]}


def test_a_post_without_a_link_shares_the_site(tmp_path: Path) -> None:
    address = link(page(tmp_path, replace(POST, links=()), compose="https://x.example/?u={url}"))
    assert parse_qs(urlsplit(address).query) == {"u": ["https://news.example.org"]}


def test_of_a_thread_the_first_part_is_filled_in(tmp_path: Path) -> None:
    address = link(page(tmp_path, THREAD, compose="https://x.com/intent/post?text={text}"))
    assert address == "https://x.com/intent/post?text=One"


def test_braces_in_a_text_are_no_places_for_another(tmp_path: Path) -> None:
    odd = replace(POST, text="{url} {text}")
    address = link(page(tmp_path, odd, compose="https://x.example/?u={url}&t={text}"))
    assert parse_qs(urlsplit(address).query) == {"u": [URL], "t": ["{url} {text}"]}


def test_a_text_that_no_address_holds_is_left_to_be_pasted(tmp_path: Path) -> None:
    long = replace(POST, text="ไ" * 1000)
    assert link(page(tmp_path, long, compose="https://wa.me/?text={text}")) == "https://wa.me/?text="


def test_where_there_is_no_such_address_there_is_no_button(tmp_path: Path) -> None:
    html = written(tmp_path, name="youtube").read_text()
    assert [one.get("class") for one in Page(html).all("a")] == ["second"]
    assert "Begin a new post on YouTube" in html
    assert "Publish on YouTube: A &lt;finding&gt;" in html


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing_but_its_own(tmp_path: Path) -> None:
    html = written(tmp_path, compose="https://wa.me/?text={text}").read_text()
    (policy,) = [
        str(one["content"])
        for one in Page(html).all("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; img-src data:; ")
    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert re.findall(r"url\(|@import|\bsrc=\"(?!data:)|<link|style=|\bon\w+=", html) == []


@LIVE[0]
@LIVE[1]
def test_buttons_copy_to_the_letter_by_key_and_without_a_clipboard(tmp_path: Path) -> None:
    address = written(tmp_path, THREAD, compose="https://wa.me/?text={text}").as_uri()
    with launched() as browser:
        for has_clipboard in (True, False):
            context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
            tab = context.new_page()
            said: list[str] = []

            def listen(line: "ConsoleMessage", said: list[str] = said) -> None:
                said.append(line.text)

            tab.on("console", listen)
            if not has_clipboard:
                tab.add_init_script("delete Navigator.prototype.clipboard")
            tab.goto(address)
            button = tab.get_by_role("button", name="Copy part 2 of 3")
            button.focus()
            tab.keyboard.press("Enter")
            tab.wait_for_selector("[role=status]:text('Copied')")
            if has_clipboard:
                assert tab.evaluate("navigator.clipboard.readText()") == "Two\n\n🧪"
            with tab.expect_download() as download:
                tab.get_by_role("link", name="Save the picture").click()
            assert download.value.suggested_filename == "card.png"
            assert said == []
            context.close()


@LIVE[0]
@LIVE[1]
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("post", [THREAD, PERSIAN])
def test_the_page_is_accessible_and_fits_a_phone(
    tmp_path: Path, post: Message, scheme: Literal["light", "dark"]
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - skipped where it is not installed

    address = written(tmp_path, post, compose="https://wa.me/?text={text}").as_uri()
    with launched() as browser:
        tab = browser.new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme, bypass_csp=True)
        tab.goto(address)
        found = Axe().run(tab)
        assert found.violations_count == 0, found.generate_report()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320
