"""The pictures of pages and of posts."""

import re

import pytest
from starlette.testclient import TestClient
from tests.unit.web.site import DRAWN


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Letters & More"), ("th", "Letters & More"), ("fa", "Letters & More")]
)
def test_each_page_names_a_picture_that_is_there(client: TestClient, lang: str, words: str) -> None:
    page = client.get("/", params={"lang": lang}).text
    (address,) = re.findall(r'property="og:image" content="([^"]+)"', page)
    assert address == f"https://letters.example.org/cards/page.{lang}.png"
    answer = client.get(address)
    assert answer.headers["content-type"] == "image/png"
    assert words in answer.text


def test_the_card_of_a_post_is_given_by_its_name(client: TestClient) -> None:
    assert client.get(f"/cards/{DRAWN}").content == b"drawn"


@pytest.mark.parametrize(
    "name",
    ["page.de.png", "page..png", "f" * 24 + ".png", "..%2fconfig.yaml", "%2e%2e%2f.env", DRAWN + "x", "x"],
)
def test_nothing_else_is_given(client: TestClient, name: str) -> None:
    assert client.get(f"/cards/{name}").status_code == 404
