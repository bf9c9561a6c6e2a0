"""Signing up: what the form keeps, what it asks about, and that it tells nobody who is on the list."""

import re
from collections.abc import Callable
from hashlib import sha256

import pytest
from starlette.testclient import TestClient
from tests.unit.web.site import LANGUAGES, START, Pages, ann

from vesicle.model.reader import AskPurpose, Wishes
from vesicle.model.subscriber import ConsentEvent, Frequency, SuppressionReason
from vesicle.pipeline.sign_up import Form

Fill = Callable[..., dict[str, object]]


def test_the_form_keeps_who_asks_for_what_with_the_words_that_were_shown(
    pages: Pages, client: TestClient, fill: Fill
) -> None:
    answer = client.post("/sign-up?lang=th", data=fill(topics=["bone"], language="fa", frequency="monthly"))
    assert (answer.status_code, "ดูในกล่องจดหมายของคุณ" in answer.text) == (200, True)
    (ask,) = pages.readers.asks
    assert (ask.purpose, ask.email) == (AskPurpose.SIGN_UP, "new@readers.example")
    assert ask.wishes == Wishes(language="fa", topics=("bone",), frequency=Frequency.MONTHLY)
    consent, words = ask.consent, pages.readers.texts[ask.consent.wording]
    assert words in client.get("/?lang=th").text.replace("&amp;", "&")
    assert consent.wording == sha256(words.encode()).hexdigest()
    assert (consent.event, consent.source) == (ConsentEvent.ASKED, "form sign-up")
    assert (consent.version, consent.language) == ("1", "th")
    assert consent.at > START


def test_the_answer_is_the_same_bytes_whoever_is_on_the_list(
    pages: Pages, client: TestClient, fill: Fill
) -> None:
    pages.subscribers.suppress("gone@readers.example", SuppressionReason.COMPLAINED, now=START)
    addresses = ("new@readers.example", ann().email, "gone@readers.example")
    answers = [client.post("/sign-up", data=fill(email=one)) for one in addresses]
    assert len({(one.status_code, one.content, str(one.headers)) for one in answers}) == 1
    assert [ask.email for ask in pages.readers.asks] == list(addresses)


@pytest.mark.parametrize("seconds", [1.9, 24 * 3600 + 1])
def test_a_form_that_is_sent_too_soon_or_too_late_is_let_go_without_a_word(
    pages: Pages, client: TestClient, fill: Fill, seconds: float
) -> None:
    good = client.post("/sign-up", data=fill())
    stamp = pages.reception.stamp("sign up")
    pages.later(seconds=seconds)
    answer = client.post("/sign-up", data=filled(stamp))
    assert (answer.content, len(pages.readers.asks)) == (good.content, 1)


def filled(stamp: str) -> dict[str, object]:
    return {"email": "new@readers.example", "language": "en", "frequency": "every issue", "stamp": stamp}


@pytest.mark.parametrize("changes", [{"comment": "hello"}, {"stamp": "forged"}])
def test_what_a_program_wrote_is_let_go_without_a_word(
    pages: Pages, client: TestClient, fill: Fill, changes: dict[str, str]
) -> None:
    good = client.post("/sign-up", data=fill())
    assert client.post("/sign-up", data=fill(**changes)).content == good.content
    assert len(pages.readers.asks) == 1


def test_a_stamp_of_another_form_counts_for_nothing(pages: Pages, client: TestClient, fill: Fill) -> None:
    stamp = pages.reception.stamp("data")
    client.post("/sign-up", data=fill(stamp=stamp))
    assert pages.readers.asks == []


def test_a_form_from_elsewhere_is_shown_again_filled_in_and_counts_at_once(
    pages: Pages, client: TestClient, fill: Fill
) -> None:
    answer = client.post("/sign-up", data=fill(stamp="", topics=["bone"], language="th"))
    assert pages.readers.asks == []
    assert 'value="new@readers.example"' in answer.text
    assert 'value="bone" checked' in answer.text
    assert 'value="th" checked' in answer.text
    client.post("/sign-up", data={**filled(stamp_of(answer.text)), "language": "th"})
    assert len(pages.readers.asks) == 1


def stamp_of(page: str) -> str:
    return page.partition('name="stamp" value="')[2].partition('"')[0]


def test_every_error_is_told_by_its_field_and_nothing_is_lost(client: TestClient, fill: Fill) -> None:
    form = fill(email="ann@nowhere", language="xx", topics=["skin"], frequency="monthly")
    text = client.post("/sign-up", data=form).text
    assert "<title>Please look at this once more" in text
    for name in ("email", "language"):
        assert f'href="#{name}"' in text
        assert f'id="{name}"' in text
        assert f'id="{name}-error"' in text
    assert 'aria-describedby="email-note email-error" aria-invalid="true"' in text
    assert 'id="errors" role="alert" tabindex="-1" autofocus' in text
    assert 'value="ann@nowhere"' in text
    assert 'value="skin" checked' in text
    assert 'value="monthly" checked' in text
    assert stamp_of(text) == form["stamp"]


def test_a_typing_error_can_be_mended_with_one_button(pages: Pages, client: TestClient, fill: Fill) -> None:
    form = fill(email="new@gmial.com", topics=["bone"], frequency="monthly")
    hint = client.post("/sign-up", data=form).text.partition('id="hint"')[2].partition("</form>")[0]
    assert pages.readers.asks == []
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', hint)
    assert fields == [("email", "new@gmail.com"), *((key, value_of(form, key)) for key in ORDER)]
    client.post("/sign-up", data=dict(fields))
    assert [ask.email for ask in pages.readers.asks] == ["new@gmail.com"]


ORDER = ("topics", "language", "frequency", "stamp")


def value_of(form: dict[str, object], key: str) -> str:
    value = form[key]
    return str(value[0] if isinstance(value, list) else value)


@pytest.mark.parametrize("email", ["new@gmial.com", "new@thrown.example"])
def test_whoever_knows_better_goes_on_as_it_is(
    pages: Pages, client: TestClient, fill: Fill, email: str
) -> None:
    form = fill(email=email)
    text = client.post("/sign-up", data=form).text
    assert f'name="accepted" value="{email}"' in text
    client.post("/sign-up", data={**form, "accepted": email})
    assert [ask.email for ask in pages.readers.asks] == [email]


def test_where_somebody_comes_from_is_kept_as_a_keyed_hash_of_their_network(pages: Pages) -> None:
    for host in ("192.0.2.1", "192.0.2.200", "198.51.100.1", "nowhere"):
        stamp = pages.reception.stamp("sign up")
        pages.later(seconds=5)
        form = Form(email="new@readers.example", language="en", stamp=stamp)
        pages.reception.sign_up(form, shown="en", host=host)
    first, second, third, fourth = (ask.network for ask in pages.readers.asks)
    assert first == second != third
    assert (len(first), fourth) == (16, b"")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_to_embed_has_all_that_the_page_asks_for(
    pages: Pages, client: TestClient, lang: str
) -> None:
    answer = client.get("/embed", params={"lang": lang})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert f'action="https://letters.example.org/sign-up?lang={lang}"' in answer.text
    assert pages.reception.wording(lang).replace("&", "&amp;") in answer.text
    for name in ("email", "topics", "language", "frequency", "comment"):
        assert f'name="{name}"' in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("query", "accepts", "lang"),
    [("", "fa-IR,en;q=0.1", "fa"), ("?lang=th", "fa", "th"), ("?lang=xx", "th", "th"), ("", "de", "en")],
)
def test_a_page_speaks_the_language_that_is_asked_for(
    client: TestClient, query: str, accepts: str, lang: str
) -> None:
    answer = client.get(f"/{query}", headers={"accept-language": accepts})
    assert answer.headers["content-language"] == lang
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "fa" else "ltr"}">' in answer.text
