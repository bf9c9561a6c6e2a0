from datetime import UTC, datetime, timedelta

from vesicle.app.timetables import of_newsletters
from vesicle.model.content import Content
from vesicle.model.issue import Newsletter
from vesicle.model.slot import Job, Slot, SlotState, Timetable
from vesicle.pipeline.agenda import Appointment, Desk, agenda
from vesicle.ports import WaitingPost
from vesicle.testing import nouns

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
POSTS = Timetable(job=Job.POST, about="bluesky", rule="every day at 10:00", zone="UTC")
PINS = Timetable(job=Job.PIN, about="bluesky", rule="", zone="UTC")


def post(slug: str, **changes: object) -> WaitingPost:
    fields = {"channel": "bluesky", "item": slug, "text": slug, "pinned": None, "is_held": False}
    return WaitingPost(slug=slug, **(fields | changes))  # type: ignore[arg-type]  # fields of a post


def found(newsletter: Newsletter | None = None, **changes: object) -> list[Appointment]:
    letters = {"letter": newsletter} if newsletter else {}
    fields = {
        "timetables": tuple(of_newsletters(letters)),
        "newsletters": letters,
        "content": Content(),
        "kept": (),
        "waiting": {},
        "zones": {},
        "frozen": frozenset(),
        "held": {},
    }
    return agenda(Desk(**(fields | changes)), now=NOW, until=NOW + WEEK)  # type: ignore[arg-type]  # fields


def test_an_issue_is_shown_at_its_time_with_what_keeps_it() -> None:
    content = Content(issues={"one": nouns.issue()})
    (one,) = found(nouns.newsletter(), content=content, held={"one": "not approved"})
    assert (one.due, one.slug, one.note, one.zone) == (DUE, "one", "not approved", "Asia/Bangkok")


def test_a_slot_without_an_issue_says_so_and_one_that_is_out_is_not_shown() -> None:
    (one,) = found(nouns.newsletter())
    assert (one.due, one.note) == (DUE, "there is no issue for it yet")
    content = Content(issues={"one": nouns.issue()})
    assert found(nouns.newsletter(), content=content, frozen=frozenset({"one"})) == []


def test_with_times_of_readers_it_is_shown_when_the_first_of_them_gets_it() -> None:
    content = Content(issues={"one": nouns.issue()})
    letter = nouns.newsletter(readers_time="09:00")
    (one,) = found(letter, content=content, zones={"letter": ("Pacific/Auckland",)})
    assert one.due == datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
    assert one.note == "each reader at 09:00 of their own time; it may go out"


def test_posts_take_the_slots_of_their_channel_in_turn() -> None:
    waiting = {"bluesky": (post("a"), post("b", is_held=True), post("c"), post("p", pinned=NOW + HOUR))}
    shown = found(timetables=(POSTS, PINS), waiting=waiting)
    assert [(one.job, one.slug) for one in shown[:4]] == [
        (Job.PIN, "p"),
        (Job.POST, "a"),
        (Job.POST, "c"),
        (Job.POST, ""),
    ]
    assert shown[3].note == "nothing waits yet"


def test_what_is_overdue_comes_first_with_the_reason() -> None:
    kept = (
        Slot(name="watch/pubmed", due=NOW - HOUR, why="HTTP 503"),
        Slot(name="post/bluesky", due=NOW - 2 * HOUR, state=SlotState.MISSED),
        Slot(name="post/bluesky", due=NOW - 3 * HOUR, state=SlotState.DONE),
        Slot(name="post/bluesky", due=NOW - timedelta(days=40), state=SlotState.MISSED),
    )
    shown = found(timetables=(POSTS,), kept=kept)
    assert [(one.name, one.state, one.note) for one in shown[:2]] == [
        ("post/bluesky", "missed", ""),
        ("watch/pubmed", "in hand", "HTTP 503"),
    ]
    assert not any(one.is_overdue for one in shown[2:])
