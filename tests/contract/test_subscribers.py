from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.contract.conftest import CONSENT

from vesicle.model.errors import UserError
from vesicle.model.subscriber import (
    Added,
    Audience,
    Consent,
    ConsentEvent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.ports import Subscribers

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
ADA_ID, BOB_ID, NOBODY_ID = "a" * 32, "b" * 32, "0" * 32


def person(id: str = ADA_ID, **changes: Any) -> Subscriber:
    fields = {
        "email": f"{id[0]}@example.org",
        "status": SubscriberStatus.CONFIRMED,
        "language": "en",
        "name": "Somebody",
    }
    return Subscriber(id=id, **(fields | changes))


def add(subscribers: Subscribers, *people: Subscriber) -> list[Added]:
    return list(subscribers.add([(one, CONSENT) for one in people]))


# who comes in


def test_adds_a_person_and_gives_them_back_whole(subscribers: Subscribers) -> None:
    ada = person(
        name="Ada",
        topics=("sleep", "moss"),
        zone="Asia/Bangkok",
        attributes={"country": "TH", 'a "quoted" name': "ไทย"},
        since=date(2026, 11, 26),
    )
    assert add(subscribers, ada) == [Added.ADDED]
    assert subscribers.with_id(ADA_ID) == ada
    assert subscribers.find("a@example.org") == ada
    assert list(subscribers.all()) == [ada]


def test_keeps_letters_of_every_script(subscribers: Subscribers) -> None:
    somchai = person(email="สมชาย@example.org", language="th", name="สมชาย ใจดี", topics=("การนอน",))
    add(subscribers, somchai)
    assert list(subscribers.all()) == [somchai]


def test_stores_the_address_without_spaces_and_with_its_domain_in_lower_case(
    subscribers: Subscribers,
) -> None:
    add(subscribers, person(email="  Ada.Lovelace@Example.ORG\n"))
    assert [each.email for each in subscribers.all()] == ["Ada.Lovelace@example.org"]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("Ada@example.org", "ada@example.org"),
        ("Ada@example.org", "ADA@example.org"),
        ("Ada@example.org", " ada@EXAMPLE.org "),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ADA@BÜCHER.example"),
    ],
)
def test_an_address_that_is_there_in_any_spelling_is_left_as_it_is(
    subscribers: Subscribers, first: str, again: str
) -> None:
    gone = person(email=first, status=SubscriberStatus.UNSUBSCRIBED)
    assert add(subscribers, gone) == [Added.ADDED]
    assert add(subscribers, person(BOB_ID, email=again)) == [Added.KNOWN]
    assert subscribers.find(again) == gone
    assert list(subscribers.all()) == [gone]
    assert len(subscribers.consents(ADA_ID)) == 1


def test_tells_apart_addresses_that_only_look_alike(subscribers: Subscribers) -> None:
    one, two = person(email="strasse@example.org"), person(BOB_ID, email="straße@example.org")
    assert add(subscribers, one, two) == [Added.ADDED, Added.ADDED]


def test_tells_of_many_in_their_order_and_takes_the_first_of_two(subscribers: Subscribers) -> None:
    subscribers.suppress("s@example.org", SuppressionReason.BOUNCED, now=NOW)
    crowd = [
        person("1" * 32, email="x@example.org"),
        person("2" * 32, email="s@example.org"),
        person("3" * 32, email="X@example.org"),
        person("4" * 32, email="y@example.org"),
    ]
    told = [Added.ADDED, Added.SUPPRESSED, Added.KNOWN, Added.ADDED]
    assert add(subscribers, *crowd) == told
    assert list(subscribers.all()) == [crowd[0], crowd[3]] or list(subscribers.all()) == [crowd[3], crowd[0]]


def test_adding_nobody_adds_nobody(subscribers: Subscribers) -> None:
    assert add(subscribers) == []


def test_another_person_with_a_known_id_is_an_error_and_nobody_comes_in(subscribers: Subscribers) -> None:
    add(subscribers, person())
    with pytest.raises(UserError, match="id"):
        add(subscribers, person(BOB_ID), person(email="other@example.org"))
    assert list(subscribers.all()) == [person()]


def test_everybody_is_yielded_once_over_more_than_a_chunk(subscribers: Subscribers) -> None:
    ids = [f"{number * 7 % 10:032x}" for number in range(10)]
    for one in ids:
        add(subscribers, person(one, email=f"{one}@example.org"))
    assert [each.id for each in subscribers.all()] == ids


def test_is_read_as_a_stream_while_the_list_changes(subscribers: Subscribers) -> None:
    add(subscribers, person())
    add(subscribers, person(BOB_ID))
    stream = subscribers.all()
    assert next(stream).id == ADA_ID
    add(subscribers, person("c" * 32))
    assert next(stream).id == BOB_ID


def test_nobody_is_found_where_there_is_nobody(subscribers: Subscribers) -> None:
    add(subscribers, person())
    assert subscribers.find("other@example.org") is None
    for unknown in (NOBODY_ID, "", "not an id", ADA_ID.upper(), "é" * 32):
        assert subscribers.with_id(unknown) is None
        assert subscribers.consents(unknown) == ()


# consent


def test_the_log_keeps_every_consent_in_order_with_the_wording(subscribers: Subscribers) -> None:
    first = Consent(
        event=ConsentEvent.IMPORTED,
        at=NOW,
        source="fair.csv",
        wording="f" * 64,
        version="2026",
        language="th",
    )
    subscribers.add([(person(), first)])
    later = [
        Consent(event=event, at=NOW + timedelta(days=day), source="page")
        for day, event in enumerate((ConsentEvent.WITHDRAWN, ConsentEvent.ASKED, ConsentEvent.CONFIRMED))
    ]
    for consent in later:
        subscribers.set_status(ADA_ID, SubscriberStatus.PENDING, consent)
    assert list(subscribers.consents(ADA_ID)) == [first, *later]


@pytest.mark.parametrize("status", list(SubscriberStatus))
def test_stores_a_status_and_nothing_else(subscribers: Subscribers, status: SubscriberStatus) -> None:
    add(subscribers, person(), person(BOB_ID))
    subscribers.set_status(ADA_ID, status, CONSENT)
    assert {each.id: each.status for each in subscribers.all()} == {
        ADA_ID: status,
        BOB_ID: SubscriberStatus.CONFIRMED,
    }
    assert subscribers.with_id(ADA_ID) == replace(person(), status=status)


def test_a_status_of_nobody_is_an_error(subscribers: Subscribers) -> None:
    for unknown in (NOBODY_ID, "nobody"):
        with pytest.raises(UserError, match=unknown):
            subscribers.set_status(unknown, SubscriberStatus.CONFIRMED, CONSENT)


# suppression and erasure


def test_a_suppressed_address_does_not_come_in_in_any_spelling(subscribers: Subscribers) -> None:
    subscribers.suppress("Ada@Bücher.example", SuppressionReason.COMPLAINED, now=NOW)
    for spelling in ("ada@bücher.example", " ADA@xn--bcher-kva.EXAMPLE"):
        assert subscribers.suppression(spelling) is SuppressionReason.COMPLAINED
        assert add(subscribers, person(email=spelling)) == [Added.SUPPRESSED]
    assert list(subscribers.all()) == []
    assert subscribers.suppression("bob@bücher.example") is None


def test_the_first_reason_of_a_suppression_stays(subscribers: Subscribers) -> None:
    subscribers.suppress("a@example.org", SuppressionReason.BOUNCED, now=NOW)
    subscribers.suppress("a@example.org", SuppressionReason.BY_HAND, now=NOW)
    assert subscribers.suppression("a@example.org") is SuppressionReason.BOUNCED


def test_whoever_is_suppressed_stays_on_the_list_and_is_not_of_any_audience(subscribers: Subscribers) -> None:
    add(subscribers, person(), person(BOB_ID))
    subscribers.suppress("A@example.org", SuppressionReason.BOUNCED, now=NOW)
    assert subscribers.find("a@example.org") == person()
    assert subscribers.count(Audience()) == 1


def test_an_erased_person_leaves_a_suppression_alone(subscribers: Subscribers) -> None:
    add(subscribers, person(), person(BOB_ID))
    subscribers.erase(ADA_ID, now=NOW)
    assert subscribers.find("a@example.org") is None
    assert subscribers.with_id(ADA_ID) is None
    assert subscribers.consents(ADA_ID) == ()
    assert subscribers.suppression("a@example.org") is SuppressionReason.ERASED
    assert list(subscribers.all()) == [person(BOB_ID)]
    assert len(subscribers.consents(BOB_ID)) == 1
    assert add(subscribers, person("c" * 32, email="a@example.org")) == [Added.SUPPRESSED]


def test_erasing_nobody_is_an_error(subscribers: Subscribers) -> None:
    with pytest.raises(UserError, match=NOBODY_ID):
        subscribers.erase(NOBODY_ID, now=NOW)


# audiences


@pytest.mark.parametrize(
    ("audience", "who"),
    [
        (Audience(), "abcd"),
        (Audience(topics=("moss",)), "ab"),
        (Audience(topics=("moss", "dust")), "abc"),
        (Audience(topics=("mos",)), ""),
        (Audience(languages=("th",)), "b"),
        (Audience(languages=("th", "en")), "abcd"),
        (Audience(attributes={"country": "TH"}), "ac"),
        (Audience(attributes={"country": "TH", "role": "nurse"}), "c"),
        (Audience(attributes={'odd "name".': "1"}), "d"),
        (Audience(attributes={"country": ""}), ""),
        (Audience(since=date(2026, 2, 1)), "bc"),
        (Audience(since=date(2026, 2, 2)), "c"),
        (Audience(topics=("moss",), languages=("en",), since=date(2026, 1, 1)), "a"),
    ],
)
def test_counts_those_who_fit_every_filter(subscribers: Subscribers, audience: Audience, who: str) -> None:
    crowd = [
        person("a" * 32, topics=("sleep", "moss"), attributes={"country": "TH"}, since=date(2026, 1, 1)),
        person("b" * 32, topics=("moss",), language="th", since=date(2026, 2, 1)),
        person(
            "c" * 32, topics=("dust",), attributes={"country": "TH", "role": "nurse"}, since=date(2026, 3, 1)
        ),
        person("d" * 32, attributes={'odd "name".': "1"}),
    ]
    add(subscribers, *crowd, person("e" * 32, status=SubscriberStatus.PENDING, topics=("moss",)))
    assert [one.id[0] for one in crowd if audience.includes(one)] == list(who)
    assert subscribers.count(audience) == len(who)


@pytest.mark.parametrize("status", list(SubscriberStatus))
def test_only_the_confirmed_are_of_an_audience(subscribers: Subscribers, status: SubscriberStatus) -> None:
    add(subscribers, person(status=status))
    assert subscribers.count(Audience()) == (status is SubscriberStatus.CONFIRMED)


def test_the_zones_of_an_audience_are_those_of_its_confirmed_people(subscribers: Subscribers) -> None:
    zones = {"a": "Asia/Tehran", "b": "", "c": "Asia/Tehran", "d": "Europe/Berlin"}
    for letter, zone in zones.items():
        topics = () if letter == "d" else ("skin",)
        add(subscribers, person(letter * 32, zone=zone, topics=topics))
    assert set(subscribers.zones(Audience())) == {"Asia/Tehran", "", "Europe/Berlin"}
    assert set(subscribers.zones(Audience(topics=("skin",)))) == {"Asia/Tehran", ""}
