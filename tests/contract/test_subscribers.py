import pytest

from vesicle.model.errors import UserError
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.ports import Subscribers


def person(
    name: str = "ada", *, email: str = "", status: SubscriberStatus = SubscriberStatus.CONFIRMED
) -> Subscriber:
    return Subscriber(
        id=name, email=email or f"{name}@example.org", status=status, language="en", name=name.title()
    )


def test_adds_a_person_and_gives_them_back_whole(subscribers: Subscribers) -> None:
    assert subscribers.add(person("ada"))
    assert list(subscribers.confirmed()) == [person("ada")]


def test_keeps_letters_of_every_script(subscribers: Subscribers) -> None:
    somchai = Subscriber(
        id="1", email="สมชาย@example.org", status=SubscriberStatus.CONFIRMED, language="th", name="สมชาย ใจดี"
    )
    subscribers.add(somchai)
    assert list(subscribers.confirmed()) == [somchai]


def test_stores_the_address_without_spaces_and_with_its_domain_in_lower_case(
    subscribers: Subscribers,
) -> None:
    subscribers.add(person(email="  Ada.Lovelace@Example.ORG\n"))
    assert [each.email for each in subscribers.confirmed()] == ["Ada.Lovelace@example.org"]


@pytest.mark.parametrize("again", ["ada@example.org", "ADA@example.org", " ada@EXAMPLE.org "])
def test_refuses_an_address_that_is_there_in_any_case_and_leaves_it(
    subscribers: Subscribers, again: str
) -> None:
    subscribers.add(person("first", email="Ada@example.org", status=SubscriberStatus.UNSUBSCRIBED))
    assert not subscribers.add(person("second", email=again))
    assert list(subscribers.confirmed()) == []


def test_tells_apart_addresses_that_only_look_alike(subscribers: Subscribers) -> None:
    assert subscribers.add(person("one", email="strasse@example.org"))
    assert subscribers.add(person("two", email="straße@example.org"))


def test_adding_the_same_person_again_changes_nothing(subscribers: Subscribers) -> None:
    subscribers.add(person("ada"))
    assert not subscribers.add(person("ada"))
    assert list(subscribers.confirmed()) == [person("ada")]


def test_another_person_with_a_known_id_is_an_error(subscribers: Subscribers) -> None:
    subscribers.add(person("ada"))
    with pytest.raises(UserError, match="ada"):
        subscribers.add(person("ada", email="other@example.org"))
    assert list(subscribers.confirmed()) == [person("ada")]


def test_yields_only_the_confirmed(subscribers: Subscribers) -> None:
    for status in SubscriberStatus:
        subscribers.add(person(status.value, status=status))
    assert [each.id for each in subscribers.confirmed()] == ["confirmed"]


def test_yields_more_than_a_chunk_once_each_in_the_order_of_ids(subscribers: Subscribers) -> None:
    names = [f"{number * 7 % 10:032x}" for number in range(10)]
    for name in names:
        subscribers.add(person(name))
    assert [each.id for each in subscribers.confirmed()] == sorted(names)


def test_is_read_as_a_stream_while_the_list_changes(subscribers: Subscribers) -> None:
    for name in ("a", "b"):
        subscribers.add(person(name))
    stream = subscribers.confirmed()
    assert next(stream).id == "a"
    subscribers.add(person("c"))
    assert next(stream).id == "b"


@pytest.mark.parametrize("status", list(SubscriberStatus))
def test_stores_a_status_and_nothing_else(subscribers: Subscribers, status: SubscriberStatus) -> None:
    subscribers.add(person("ada"))
    subscribers.set_status(person("ada", email="other@example.org", status=status))
    is_confirmed = status is SubscriberStatus.CONFIRMED
    assert list(subscribers.confirmed()) == ([person("ada")] if is_confirmed else [])


def test_a_status_can_be_taken_back(subscribers: Subscribers) -> None:
    subscribers.add(person("ada"))
    subscribers.set_status(person("ada", status=SubscriberStatus.UNSUBSCRIBED))
    subscribers.set_status(person("ada"))
    assert list(subscribers.confirmed()) == [person("ada")]


def test_a_status_of_nobody_is_an_error(subscribers: Subscribers) -> None:
    with pytest.raises(UserError, match="nobody"):
        subscribers.set_status(person("nobody"))
