"""The sample mail in a real browser: live tests, for machines with Chromium and the group `browser`."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from tests.e2e.chromium import LIVE
from tests.e2e.conftest import ISSUE, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Scheme = Literal["light", "dark"]


pytestmark = LIVE


@pytest.fixture(scope="module")
def preview(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with opened(sample, tmp_path_factory.mktemp("preview")) as site:
        site.ok("preview", ISSUE, "--no-open")
        return site.root / "preview" / ISSUE


@pytest.mark.parametrize("lang", ["en", "th"])
@pytest.mark.parametrize("width", [320, 375, 700])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_mail_fits_its_window_and_asks_for_nothing_from_elsewhere(
    preview: Path, browser: "Browser", lang: str, width: int, scheme: Scheme
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 667}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((preview / f"mail.{lang}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith("file://")] == []
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == lang
    assert page.locator("img:not([alt])").count() == 0
    assert page.evaluate("document.images.length > 0 && [...document.images].every(i => i.naturalWidth > 0)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_a_mail_stands_out_from_its_ground(
    preview: Path, browser: "Browser", scheme: Scheme
) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 667}, color_scheme=scheme)
    page.goto((preview / "mail.en.html").as_uri())
    weak = page.evaluate(CONTRAST)
    assert weak == []


def test_the_preview_page_shows_every_mail_and_post_on_a_phone(preview: Path, browser: "Browser") -> None:
    page = browser.new_page(viewport={"width": 375, "height": 667})
    page.goto((preview / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.locator("iframe").count() == 4
    assert page.locator(".post").count() == 5 * 2


# WCAG 2.1, 1.4.3: 4.5 to 1 for every visible text, by its computed colour and the nearest painted ground.
CONTRAST = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const linear = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const lum = c => { const f = c.slice(0, 3).map(linear);
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const ground = node => { for (let n = node; n; n = n.parentElement) {
    const c = rgb(getComputedStyle(n).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
    return [255, 255, 255]; };
  const weak = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.offsetParent || !node.getClientRects().length) continue;
    const [a, b] = [lum(rgb(getComputedStyle(node).color)), lum(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.push(`${ratio.toFixed(2)} ${walk.currentNode.data.trim().slice(0, 40)}`);
  }
  return weak;
}"""
