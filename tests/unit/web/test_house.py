"""What all pages have in common: words in every language, and links below the path of a site."""

import re
from dataclasses import replace

import pytest
from tests.unit.web.site import TEMPLATES, Pages

from vesicle.pipeline.reception import REASONS
from vesicle.render.words import words
from vesicle.text.doors import Door

PAGE_KEYS = [key for key in words(TEMPLATES, "en") if key.startswith("page ")]


@pytest.mark.parametrize("lang", ["th", "fa"])
@pytest.mark.parametrize("key", PAGE_KEYS)
def test_every_word_of_the_pages_is_translated_with_what_is_put_into_it(lang: str, key: str) -> None:
    theirs, english = words(TEMPLATES, lang)[key], words(TEMPLATES, "en")[key]
    assert theirs != english
    assert re.findall(r"\{\w+\}", theirs) == re.findall(r"\{\w+\}", english)


def test_every_word_that_a_page_may_say_is_there() -> None:
    named = {f"page {reason}" for reason in REASONS}
    for name, text in TEMPLATES.items():
        if name.startswith("web/"):
            named |= set(re.findall(r'words\["(page [^"]+)"\]', text))
    assert named <= set(PAGE_KEYS)


def test_a_site_below_a_path_has_its_links_there(pages: Pages) -> None:
    pages.house = replace(pages.house, site=replace(pages.house.site, url="https://example.org/letters"))
    client = pages.client()
    client.base_url = "https://example.org"
    for path in ("/", "/data", pages.path(Door.LEAVE)):
        text = client.get(path).text
        assert 'href="/letters/style.css"' in text
        links = re.findall(r'(?:href|action)="(/[^"]*)"', text)
        assert [link for link in links if not link.startswith("/letters/")] == []
    assert 'action="https://example.org/letters/sign-up?lang=en"' in client.get("/embed").text
    assert "Disallow: /letters/u/" in client.get("/robots.txt").text


def test_a_topic_without_a_name_in_a_language_has_its_first(pages: Pages) -> None:
    assert pages.house.topics("th") == [("skin", "ผิวหนัง"), ("bone", "Bone")]
    assert pages.house.mail_languages("de")[-1] == ("de", "Deutsch")
