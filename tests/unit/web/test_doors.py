"""What the links of mails open: confirming, leaving, choosing, one's own data."""

import json
from datetime import date

import pytest
from starlette.testclient import TestClient
from tests.unit.web.site import ANN, BROWSER, KEY, Pages, asked

from vesicle.model.delivery import Frozen
from vesicle.model.reader import Wishes
from vesicle.model.subscriber import ConsentEvent, Frequency, SubscriberStatus, SuppressionReason
from vesicle.pipeline.reception import REASONS
from vesicle.testing import nouns
from vesicle.text import tokens
from vesicle.text.doors import Door
from vesicle.web.signing import TRAP

AS_IT_WAS = Wishes(language="en", topics=("skin",))
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def pressed(pages: Pages, client: TestClient, *, seconds: float = 5, agent: str = BROWSER) -> str:
    """Open the page of a confirmation mail and press its button; give the page that follows."""
    path = pages.path(Door.CONFIRM)
    stamp = stamp_of(client.get(path).text)
    pages.later(seconds=seconds)
    return str(client.post(path, data={"stamp": stamp}, headers={"user-agent": agent}).text)


def paused_until(pages: Pages) -> date | None:
    wished = pages.readers.wishes(ANN)
    assert wished
    return wished.paused_until


def stamp_of(page: str) -> str:
    return page.partition('name="stamp" value="')[2].partition('"')[0]


def test_a_press_confirms_and_logs_the_words_that_stood_there(pages: Pages, client: TestClient) -> None:
    assert "You are on the list" in pressed(pages, client)
    assert pages.status() is SubscriberStatus.CONFIRMED
    consent = pages.subscribers.consents(ANN)[-1]
    assert (consent.event, consent.source) == (ConsentEvent.CONFIRMED, "page confirm")
    assert (len(consent.wording), consent.language) == (64, "en")


def test_a_second_press_changes_nothing(pages: Pages, client: TestClient) -> None:
    pressed(pages, client)
    assert "You were on the list already" in pressed(pages, client)
    assert len(pages.subscribers.consents(ANN)) == 2


def test_the_welcome_series_is_made_for_the_number_of_the_mail_and_the_moment(pages: Pages) -> None:
    def welcome(number: int, now: object) -> list[tuple[object, Frozen]]:
        return [(now, nouns.notice("welcome", f"{number}-1"))]

    pages.change(welcome=welcome)
    pressed(pages, pages.client())
    assert pages.ledger.tally(nouns.notice("welcome", "1-1").slug).total == 1


@pytest.mark.parametrize(("seconds", "agent"), [(1.4, BROWSER), (60, "Barracuda Sentinel"), (60, "")])
def test_what_may_be_a_program_is_asked_once_more(
    pages: Pages, client: TestClient, seconds: float, agent: str
) -> None:
    again = pressed(pages, client, seconds=seconds, agent=agent)
    assert "Please press the button once more" in again
    assert pages.status() is SubscriberStatus.PENDING
    pages.later(seconds=2)
    second = {"stamp": stamp_of(again)}
    done = client.post(pages.path(Door.CONFIRM), data=second, headers={"user-agent": agent})
    assert "You are on the list" in done.text


def test_a_press_without_a_stamp_is_asked_once_more(pages: Pages, client: TestClient) -> None:
    assert "once more" in client.post(pages.path(Door.CONFIRM)).text
    assert pages.status() is SubscriberStatus.PENDING


@pytest.mark.parametrize(("hours", "works"), [(71.9, True), (72.1, False)])
def test_the_link_to_confirm_works_for_72_hours(
    pages: Pages, client: TestClient, hours: float, works: bool
) -> None:
    path = pages.path(Door.CONFIRM)
    pages.later(hours=hours)
    stamp = pages.reception.confirm_stamp()
    pages.later(seconds=2)
    answer = client.post(path, data={"stamp": stamp})
    assert (answer.status_code, pages.status() is SubscriberStatus.CONFIRMED) == (
        200 if works else 404,
        works,
    )


def test_the_link_of_every_confirmation_mail_works_until_the_person_leaves(
    pages: Pages, client: TestClient
) -> None:
    pages.mail_confirmation()
    assert "You are on the list" in pressed(pages, client)
    client.post(pages.path(Door.LEAVE), data=ONE_CLICK)
    assert "This link does not work any more" in pressed(pages, client)


@pytest.mark.parametrize("encoding", ["form", "multipart"])
def test_one_click_as_mailboxes_send_it_works_twice(pages: Pages, encoding: str) -> None:
    pages.confirm()
    client = pages.client(
        **{"user-agent": "", "origin": "https://mail.example", "sec-fetch-site": "cross-site"}
    )
    path = pages.path(Door.LEAVE)
    for _ in range(2):
        sent = {"files": {name: (None, value) for name, value in ONE_CLICK.items()}}
        answer = client.post(path, data=ONE_CLICK) if encoding == "form" else client.post(path, **sent)
        assert (answer.status_code, answer.history, answer.cookies) == (200, [], {})
    assert pages.status() is SubscriberStatus.UNSUBSCRIBED
    consent = pages.subscribers.consents(ANN)[-1]
    assert (consent.event, consent.source) == (ConsentEvent.WITHDRAWN, "one click")
    assert len(pages.subscribers.consents(ANN)) == 3


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "…", "a" * 5000])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_leaving_answers_200_whatever_the_link_is(client: TestClient, token: str, method: str) -> None:
    assert client.request(method, f"/u/{token}").status_code == 200
    assert client.post(f"/u/{token}", data=ONE_CLICK).status_code == 200


def test_a_broken_form_leaves_all_the_same(pages: Pages, client: TestClient) -> None:
    pages.confirm()
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post(pages.path(Door.LEAVE), content=b"--y\r\nrubbish", headers=headers).status_code == 200
    assert pages.status() is SubscriberStatus.UNSUBSCRIBED


def test_the_button_of_the_page_leaves_with_a_reason_of_the_list_or_none(
    pages: Pages, client: TestClient
) -> None:
    pages.confirm()
    path = pages.path(Door.LEAVE)
    assert "You have left" in client.post(path, data={"reason": REASONS[0]}).text
    assert "You have left" in client.post(path, data={"reason": "<b>free text</b>"}).text
    assert pages.readers.reasons == [REASONS[0]]
    assert pages.subscribers.consents(ANN)[-1].source == "page leave"


def test_pausing_instead_keeps_all_other_wishes(pages: Pages, client: TestClient) -> None:
    pages.confirm()
    answer = client.post(pages.path(Door.LEAVE), data={"pause": "30"})
    assert "Paused until Friday, December 25, 2026" in answer.text
    wished = pages.readers.wishes(ANN)
    assert wished == Wishes(language="en", topics=("skin",), paused_until=date(2026, 12, 25))
    assert pages.subscribers.consents(ANN)[-1].event is ConsentEvent.CHANGED


@pytest.mark.parametrize("days", ["31", "-30", "9" * 5000, "x"])
def test_no_other_pause_can_be_had(pages: Pages, client: TestClient, days: str) -> None:
    pages.confirm()
    assert client.post(pages.path(Door.LEAVE), data={"pause": days}).status_code == 200
    assert pages.readers.wishes(ANN) == AS_IT_WAS
    assert pages.status() is SubscriberStatus.CONFIRMED


def test_choosing_shows_what_is_and_keeps_what_is_chosen(pages: Pages, client: TestClient) -> None:
    pages.confirm()
    path = pages.path(Door.CHOOSE)
    page = client.get(path).text
    assert 'value="skin" checked' in page
    assert 'value="bone" checked' not in page
    chosen = {"topics": "bone", "language": "fa", "frequency": "monthly", "pause": "90"}
    saved = client.post(path, data=chosen)
    assert saved.headers["content-language"] == "fa"
    assert "ذخیره شد." in saved.text
    assert pages.readers.wishes(ANN) == Wishes(
        language="fa", topics=("bone",), frequency=Frequency.MONTHLY, paused_until=date(2027, 2, 23)
    )


def test_a_break_can_be_kept_or_ended(pages: Pages, client: TestClient) -> None:
    pages.confirm()
    path = pages.path(Door.CHOOSE)
    client.post(path, data={"pause": "30"})
    assert 'value="keep" checked' in client.get(path).text
    client.post(path, data={"pause": "keep"})
    assert paused_until(pages) == date(2026, 12, 25)
    client.post(path, data={"pause": "none"})
    assert paused_until(pages) is None


def test_topics_and_languages_that_the_page_does_not_offer_stay(pages: Pages, client: TestClient) -> None:
    pages.readers.prefer(ANN, Wishes(language="de", topics=("moss", "skin")), asked())
    page = client.get(pages.path(Door.CHOOSE)).text
    assert 'value="de" checked' in page
    client.post(pages.path(Door.CHOOSE), data={"topics": "bone", "language": "de"})
    assert pages.readers.wishes(ANN) == Wishes(language="de", topics=("bone", "moss"))


def test_a_choice_that_is_not_offered_changes_nothing(pages: Pages, client: TestClient) -> None:
    answer = client.post(pages.path(Door.CHOOSE), data={"language": "xx", "pause": "31"})
    assert answer.text.count('class="error"') == 2
    assert pages.readers.wishes(ANN) == AS_IT_WAS


def test_leaving_by_the_page_to_choose(pages: Pages, client: TestClient) -> None:
    pages.confirm()
    path = pages.path(Door.CHOOSE)
    assert "You have left" in client.post(path, data={"do": "leave"}).text
    assert pages.status() is SubscriberStatus.UNSUBSCRIBED
    assert "You are not on the list" in client.get(path).text
    assert "You are not on the list" in client.post(path, data={"language": "th"}).text


def test_asking_for_ones_data_answers_everybody_alike(pages: Pages, client: TestClient) -> None:
    found = set()
    for email in ("ann@readers.example", "nobody@readers.example"):
        stamp = stamp_of(client.get("/data").text)
        pages.later(seconds=9)
        found.add(client.post("/data", data={"email": email, "stamp": stamp}).content)
    stamp = stamp_of(client.get("/data").text)
    pages.later(seconds=9)
    found.add(client.post("/data", data={"email": "x@y.example", "stamp": stamp, TRAP: "x"}).content)
    assert len(found) == 1
    assert [ask.email for ask in pages.readers.asks] == ["ann@readers.example", "nobody@readers.example"]
    assert {ask.purpose.value for ask in pages.readers.asks} == {"data"}


def test_asking_for_ones_data_names_what_is_wrong(client: TestClient) -> None:
    stamp = stamp_of(client.get("/data").text)
    text = client.post("/data", data={"email": "ann", "stamp": stamp}).text
    assert "Look into your mailbox" in text  # too soon: not a word more
    text = client.post("/data", data={"email": "ann"}).text
    assert 'id="email-error"' in text


def test_own_data_is_all_that_is_kept_with_the_words_agreed_to(pages: Pages, client: TestClient) -> None:
    words = pages.reception.wording("en")
    pressed(pages, client)
    wording = pages.subscribers.consents(ANN)[-1].wording
    pages.readers.texts[wording] = words
    answer = client.post(pages.path(Door.DATA), data={"do": "download"})
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    found = json.loads(answer.text)
    assert (found["email"], found["status"], found["topics"]) == (
        "ann@readers.example",
        "confirmed",
        ["skin"],
    )
    assert [one["event"] for one in found["consents"]] == ["asked", "confirmed"]
    assert found["consents"][1]["words"] == words


def test_erasing_wants_the_box_ticked_and_leaves_the_suppression_alone(
    pages: Pages, client: TestClient
) -> None:
    path = pages.path(Door.DATA)
    assert 'id="sure-error"' in client.post(path, data={"do": "erase"}).text
    assert pages.subscribers.with_id(ANN)
    for _ in range(2):
        assert "Deleted" in client.post(path, data={"do": "erase", "sure": "yes"}).text
    assert pages.subscribers.with_id(ANN) is None
    assert pages.subscribers.suppression("ann@readers.example") is SuppressionReason.ERASED
    assert "Deleted" in client.post(path, data={"do": "download"}).text


@pytest.mark.parametrize(("hours", "status"), [(23.9, 200), (24.1, 404)])
def test_the_link_to_ones_data_works_for_24_hours(
    pages: Pages, client: TestClient, hours: float, status: int
) -> None:
    path = pages.path(Door.DATA)
    pages.later(hours=hours)
    assert client.get(path).status_code == status
    assert client.post(path, data={"do": "download"}).status_code == status


@pytest.mark.parametrize("made", list(Door))
@pytest.mark.parametrize("used", list(Door))
def test_a_token_opens_its_own_door_alone(pages: Pages, client: TestClient, made: Door, used: Door) -> None:
    pages.confirm()
    token = pages.path(made).rpartition("/")[2]
    before = len(pages.subscribers.consents(ANN))
    stamp = pages.reception.confirm_stamp()
    pages.later(seconds=5)
    form = {"stamp": stamp, "do": "erase", "sure": "yes", "language": "th"}
    client.post(f"/{used.path}/{token}", data=form)
    person = pages.subscribers.with_id(ANN)
    is_changed = person is None or len(pages.subscribers.consents(ANN)) > before
    assert is_changed == (made is used and used is not Door.CONFIRM)


def test_a_door_with_something_else_about_it_is_none(pages: Pages, client: TestClient) -> None:
    for about in ("x", "1x", "²", "9" * 40):
        assert client.post(pages.path(Door.CONFIRM, about=about)).status_code == 404
    token = tokens.make(KEY, Door.CONFIRM, f"{ANN}.1")
    assert client.post(f"/c/{token}").status_code == 404
