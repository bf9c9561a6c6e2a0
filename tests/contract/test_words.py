"""The contract of `ports.Words`: what the editor is told, how often, and that it is owed with being told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.notice import FAMILY
from vesicle.model.word import Cause, Digest, Pace, Word
from vesicle.ports import Deliveries, Ledger, Words
from vesicle.testing import nouns

NOW = datetime(2026, 11, 25, 9, 0, 0, 500_000, tzinfo=UTC)
LEASE = timedelta(minutes=5)
PACE = Pace(every=timedelta(minutes=30), most_a_day=24)
MINUTE = timedelta(minutes=1)


def a_word(cause: Cause = Cause.DRAFT, about: str = "one", state: str = "a") -> Word:
    return Word(cause=cause, about=about, state=state, text=f"{cause} {about} {state}")


class Desk:
    """Who tells: what each digest held, in order."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.digests: list[Digest] = []

    def note(self, *words: Word) -> int:
        return self.words.note(words, now=NOW)

    def tell(self, at: datetime = NOW, pace: Pace = PACE) -> list[str]:
        return [word.text for word in self.words.tell(self._mails, now=at, pace=pace)]

    def _mails(self, digest: Digest) -> Sequence[Frozen]:
        self.digests.append(digest)
        return [nouns.notice("word", str(digest.number), address="editor@x.example")]


@pytest.fixture
def desk(words: Words) -> Desk:
    return Desk(words)


def taken(ledger: Ledger, at: datetime = NOW) -> list[Delivery]:
    return list(ledger.take("email", limit=100, now=at, lease=LEASE, of={FAMILY}))


# what is news


def test_what_is_noted_is_told_once(desk: Desk) -> None:
    assert desk.note(a_word()) == 1
    assert desk.tell() == ["draft one a"]
    assert desk.note(a_word()) == 0
    assert desk.tell(NOW + timedelta(days=9)) == []


def test_it_is_told_as_it_was_noted(desk: Desk) -> None:
    word = Word(
        cause=Cause.SENT,
        about="one",
        state="s",
        text="a",
        mend="`b`",
        title="خزه",
        facts=(("sent", "9"),),
        lines=("x", "y"),
        preview="p\nq",
    )
    desk.note(word)
    assert list(desk.words.untold()) == [word]
    desk.tell()
    assert desk.digests == [Digest(number=1, words=(word,))]
    assert list(desk.words.untold()) == []


def test_another_state_is_news_and_only_the_last_is_told(desk: Desk) -> None:
    assert [desk.note(a_word(state=state)) for state in "abbc"] == [1, 1, 0, 1]
    assert desk.tell() == ["draft one c"]
    assert desk.note(a_word(state="a")) == 1
    assert desk.tell(NOW + PACE.every) == ["draft one a"]


def test_what_is_as_it_was_told_before_anybody_heard_otherwise_is_no_news(desk: Desk) -> None:
    desk.note(a_word(state="a"))
    desk.tell()
    assert desk.note(a_word(state="b")) == 1
    assert desk.note(a_word(state="a")) == 0
    assert desk.tell(NOW + PACE.every) == []


def test_what_is_over_before_it_was_told_is_not_told(desk: Desk) -> None:
    desk.note(a_word(), a_word(about="two"))
    desk.words.resolve(Cause.DRAFT, "one")
    assert desk.tell() == ["draft two a"]


def test_what_comes_back_is_told_again_but_not_at_once(desk: Desk) -> None:
    desk.note(a_word(Cause.HELD))
    assert desk.tell() == ["held one a"]
    desk.words.resolve(Cause.HELD, "one")
    assert desk.note(a_word(Cause.HELD)) == 1
    assert desk.tell(NOW + PACE.every - MINUTE) == []
    assert desk.tell(NOW + PACE.every) == ["held one a"]


def test_what_nobody_noted_can_be_over(desk: Desk) -> None:
    desk.words.resolve(Cause.HELD, "one")
    assert desk.tell() == []


def test_causes_and_things_are_apart(desk: Desk) -> None:
    assert desk.note(a_word(), a_word(Cause.SENT), a_word(about="two"), a_word()) == 3
    assert desk.tell() == ["draft one a", "draft two a", "sent one a"]


# when it is told


def test_what_is_not_urgent_is_gathered(desk: Desk) -> None:
    desk.note(a_word(about="one"))
    desk.tell()
    desk.note(a_word(about="two"))
    assert desk.tell(NOW + MINUTE) == []
    desk.note(a_word(about="three"))
    assert desk.tell(NOW + PACE.every - MINUTE) == []
    assert desk.tell(NOW + PACE.every) == ["draft two a", "draft three a"]
    assert [digest.number for digest in desk.digests] == [1, 2]


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause.is_urgent])
def test_what_is_urgent_goes_at_once_and_takes_the_rest_along(desk: Desk, cause: Cause) -> None:
    desk.note(a_word(about="one"))
    desk.tell()
    desk.note(a_word(about="two"), a_word(cause, "three"))
    assert desk.tell(NOW + MINUTE) == [f"{cause} three a", "draft two a"]


def test_what_changes_all_the_time_is_told_once_in_a_while_even_if_urgent(desk: Desk) -> None:
    told = []
    for second in range(0, 7200, 20):
        desk.note(a_word(Cause.RATE, state=str(second)), a_word(state=str(second)))
        told += desk.tell(NOW + timedelta(seconds=second))
    assert told == [f"{cause} one {state}" for state in (0, 1800, 3600, 5400) for cause in ("rate", "draft")]


def test_the_most_important_stands_first(desk: Desk) -> None:
    desk.note(*(a_word(cause) for cause in reversed(Cause)))
    assert desk.tell() == [f"{cause} one a" for cause in Cause]


def test_after_so_many_a_day_one_more_tells_what_is_urgent_alone(desk: Desk) -> None:
    pace = Pace(every=timedelta(minutes=1), most_a_day=3)
    for number in range(3):
        desk.note(a_word(about=str(number)))
        assert desk.tell(NOW + number * MINUTE, pace)
    desk.note(a_word(about="waits"))
    assert desk.tell(NOW + 10 * MINUTE, pace) == []
    desk.note(a_word(Cause.HELD, "last"))
    assert desk.tell(NOW + 20 * MINUTE, pace) == ["held last a"]
    assert [digest.quiet_until is not None for digest in desk.digests] == [False, False, False, True]
    desk.note(a_word(Cause.HELD, "waits"))
    assert desk.tell(NOW + 30 * MINUTE, pace) == []
    until = desk.digests[-1].quiet_until
    assert until == datetime(2026, 11, 26, tzinfo=UTC)
    assert desk.tell(until - timedelta(seconds=1), pace) == []
    assert desk.tell(until, pace) == ["held waits a", "draft waits a"]


def test_a_clock_that_is_put_back_keeps_nothing_back(desk: Desk) -> None:
    desk.note(a_word())
    desk.tell()
    desk.note(a_word(state="b"))
    assert desk.tell(NOW - timedelta(days=2)) == ["draft one b"]


def test_a_storm_is_one_mail(desk: Desk, ledger: Ledger) -> None:
    news = sum(desk.note(a_word(Cause.SOURCE, "pubmed")) for _ in range(10_000))
    assert news == 1
    assert sum(bool(desk.tell(NOW + timedelta(seconds=second))) for second in range(600)) == 1
    assert len(taken(ledger)) == 1


# what is owed


def test_the_mail_is_owed_to_the_address_and_to_nobody_on_the_list(desk: Desk, ledger: Ledger) -> None:
    desk.note(a_word())
    desk.tell()
    (mail,) = taken(ledger)
    assert mail.to
    assert (mail.to.email, mail.to.name, len(mail.to.id)) == ("editor@x.example", "", 32)
    assert mail.key == f"{mail.frozen}:{mail.to.id}"
    assert "editor" not in mail.key
    found = ledger.frozen(mail.frozen)
    assert found
    assert found.address == "editor@x.example"


def test_it_is_sent_once_and_an_operator_sees_how_it_ended(
    desk: Desk, ledger: Ledger, operator: Deliveries
) -> None:
    desk.note(a_word())
    desk.tell()
    (mail,) = taken(ledger)
    assert ledger.begin(mail, now=NOW).result()
    ledger.end(mail, Outcome(state=State.FAILED, at=NOW, reason="no such user"))
    ledger.flush()
    assert taken(ledger, NOW + timedelta(days=1)) == []
    (row,) = operator.undelivered(mail.frozen, {State.FAILED})
    assert (row.key, row.to, row.reason) == (mail.key, mail.to, "no such user")
    assert ledger.tally(mail.frozen).is_done


def test_one_that_nobody_knows_of_is_sent_again(desk: Desk, ledger: Ledger) -> None:
    desk.note(a_word())
    desk.tell()
    (mail,) = taken(ledger)
    assert ledger.begin(mail, now=NOW).result()
    ledger.end(mail, Outcome(state=State.UNKNOWN, at=NOW, reason="no answer"))
    ledger.flush()
    (again,) = taken(ledger, NOW + 2 * MINUTE)
    assert (again.key, again.to) == (mail.key, mail.to)


def test_where_no_mail_is_written_the_words_count_as_told_and_no_digest_as_sent(
    desk: Desk, ledger: Ledger
) -> None:
    desk.note(a_word())
    assert len(desk.words.tell(lambda _: (), now=NOW, pace=PACE)) == 1
    assert taken(ledger) == []
    desk.note(a_word(about="two"))
    assert desk.tell() == ["draft two a"]


class WriterError(Exception):
    """Raised by a writer."""


def test_a_writer_that_fails_changes_nothing(desk: Desk, ledger: Ledger) -> None:
    def fails(_: Digest) -> Sequence[Frozen]:
        raise WriterError

    desk.note(a_word())
    with pytest.raises(WriterError):
        desk.words.tell(fails, now=NOW, pace=PACE)
    assert taken(ledger) == []
    assert desk.tell() == ["draft one a"]


def test_numbers_are_never_used_again(desk: Desk) -> None:
    for day in range(5):
        desk.note(a_word(state=str(day)))
        desk.tell(NOW + timedelta(days=2 * day))
    assert [digest.number for digest in desk.digests] == [1, 2, 3, 4, 5]
