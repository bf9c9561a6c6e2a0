import io
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import UserError
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.pipeline.enrol import Account, enrol
from vesicle.testing.memory import MemorySubscribers


def run(text: str, subscribers: MemorySubscribers | None = None) -> Account:
    numbers = count(1)
    return enrol(
        io.StringIO(text, newline=""),
        subscribers or MemorySubscribers(),
        file="people.csv",
        language="en",
        random_id=lambda: f"{next(numbers):032x}",
    )


def test_people_are_added_with_their_language_or_the_sites() -> None:
    subscribers = MemorySubscribers()
    account = run("email,language,name\na@x.example,th,Ann\nb@x.example,,\n", subscribers)
    assert (account.added, account.known, account.problems) == (2, 0, ())
    assert [(one.email, one.language) for one in subscribers.confirmed()] == [
        ("a@x.example", "th"),
        ("b@x.example", "en"),
    ]


def test_nobody_is_brought_back_by_an_import() -> None:
    gone = Subscriber(id="9" * 32, email="a@x.example", status=SubscriberStatus.UNSUBSCRIBED, language="en")
    subscribers = MemorySubscribers([gone])
    account = run("email\nA@X.example\n", subscribers)
    assert (account.added, account.known) == (0, 1)
    assert list(subscribers.confirmed()) == []


def test_each_bad_line_is_named_without_its_address_and_the_others_are_added() -> None:
    account = run("email,language\nnot an address,en\nb@x.example,Thai\nc@x.example,th\n")
    assert account.added == 1
    assert [(one.code, one.where.line) for one in account.problems] == [
        ("people.address", 2),
        ("people.language", 3),
    ]
    assert "not an address" not in "".join(str(one) for one in account.problems)


@pytest.mark.parametrize("heading", ["", "mail\n", "email,vorname\n"])
def test_a_wrong_heading_is_refused_whole(heading: str) -> None:
    with pytest.raises(UserError) as caught:
        run(heading + "a@x.example\n")
    assert caught.value.problems[0].code == "people.heading"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_is_people_or_problems_and_every_line_counts_once(text: str) -> None:
    account = run("email\n" + text)
    assert account.added >= 0
    assert all(problem.where.line and problem.where.line > 1 for problem in account.problems)
