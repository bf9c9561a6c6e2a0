"""Posts at the slots of their channels: the next that waits, a pinned one, or an evergreen explainer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from vesicle.model.content import Content
from vesicle.model.delivery import Frozen
from vesicle.model.item import Item, Kind, Status
from vesicle.model.message import Message
from vesicle.model.slot import Job, Slot, SlotState
from vesicle.model.word import Word
from vesicle.pipeline import words
from vesicle.pipeline.book import Book, Found
from vesicle.pipeline.send import Dispatch, Report, send_post
from vesicle.ports import Posts, WaitingPost, Words

_AGAIN = timedelta(minutes=5)
_NOTHING = "nothing waits"
_DOUBTFUL = "the database was put back after it, and does not know what went out"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDesk:
    """What posts need to be published by themselves.

    *rests* gives for each channel how long an explainer rests before it is posted there again; one that is
    not there never is. *content* gives what the files say, None while one of them is being written;
    *rendered* renders an item for a channel; *hold* holds a post until a person lets it go on. Where the
    database is a copy that was put back *doubtful_until* then (UTC), slots before that may have been used.
    """

    posts: Posts
    rests: Mapping[str, timedelta]
    content: Callable[[datetime], Content | None]
    rendered: Callable[[Item, str, Content], Message]
    hold: Callable[[str], None]
    words: Words
    doubtful_until: datetime | None = None


class PostLane:
    """Publishes posts. A slot is bound to its post before that is sent, so that a kill changes nothing."""

    def __init__(self, book: Book, desk: PostDesk, dispatch: Dispatch) -> None:
        self._book = book
        self._desk = desk
        self._dispatch = dispatch

    def tick(self, now: datetime) -> list[Report]:
        """Publish what is due at *now*."""
        pinned = self._desk.posts.pinned(until=now)
        self._book.add([slot for post in pinned if (slot := self._pin(post))])
        found = self._book.look(now)
        self._tell_over(found, now)
        bound = [(slot, self._bound(slot, now)) for slot in found.ready]
        return [self._published(slot, slug, now) for slot, slug in bound if slug]

    def _pin(self, post: WaitingPost) -> Slot | None:
        is_due = post.pinned is not None and not post.is_held
        name = f"{Job.PIN.value}/{post.channel}"
        if not is_due or post.pinned is None or name not in self._book.timetables:
            return None
        return Slot(name=name, due=post.pinned, what=post.slug)

    def _bound(self, slot: Slot, now: datetime) -> str:
        """Give the post that goes out at *slot*, the same after a kill; empty where there is none."""
        if slot.what:
            return slot.what
        if self._desk.doubtful_until is not None and slot.due <= self._desk.doubtful_until:
            self._book.close(slot, SlotState.SKIPPED, why=_DOUBTFUL)
            return ""
        slug = self._next(slot.about) or self._evergreen(slot, now)
        if slug:
            self._book.keep(slot, what=slug)
        else:
            self._book.close(slot, SlotState.SKIPPED, why=_NOTHING)
        return slug

    def _next(self, channel: str) -> str:
        waiting = self._desk.posts.waiting(channel)
        return next((post.slug for post in waiting if not post.pinned and not post.is_held), "")

    def _evergreen(self, slot: Slot, now: datetime) -> str:
        """Freeze the post of the explainer that rested longest on the channel, and give its slug.

        Only what went out with an issue before, which a person approved, and reads the same today.
        """
        rest = self._desk.rests.get(slot.about)
        content = self._desk.content(now)
        if rest is None or content is None:
            return ""
        items = {item.slug: item for item in content.items.values() if _is_evergreen(item)}
        last = self._desk.posts.last(slot.about, items.keys())
        for name, one in sorted(last.items(), key=lambda pair: pair[1].at):
            if now - one.at >= rest and self._desk.rendered(items[name], slot.about, content) == one.message:
                return self._frozen(slot, one.message)
        return ""

    def _frozen(self, slot: Slot, message: Message) -> str:
        slug = f"evergreen-{slot.due:%Y%m%d-%H%M}/{message.slug}/{slot.about}"
        frozen = Frozen(
            slug=slug, channel=slot.about, hash=f"evergreen:{message.slug}", messages={message.lang: message}
        )
        self._dispatch.ledger.freeze(frozen, None)
        return slug

    def _published(self, slot: Slot, slug: str, now: datetime) -> Report:
        failure = send_post(slug, slot.about, self._dispatch)
        ledger = self._dispatch.ledger
        if not ledger.owed(slug):
            self._book.close(slot, SlotState.DONE, what=slug)
        else:
            why = failure or "it could not be delivered yet"
            self._book.keep(slot, what=slug, why=why, attempts=slot.attempts + 1, retry_at=now + _AGAIN)
        return Report(
            slug=slug,
            channel=slot.about,
            tally=ledger.tally(slug),
            held=failure,
            has_failed=bool(failure),
        )

    def _tell_over(self, found: Found, now: datetime) -> None:
        missed = [slot for slot in found.over if slot.state is SlotState.MISSED]
        for slot in missed:
            if slot.job is Job.PIN:
                # Its time was a person's wish: when it is to go out now is theirs to say.
                self._desk.posts.pin(slot.what, None)
                self._desk.hold(slot.what)
        self._desk.words.note([self._missed(slot) for slot in missed], now=now)

    def _missed(self, slot: Slot) -> Word:
        zone = self._book.timetables[slot.name].zone
        return words.was_missed(slot.what or slot.name, slot.due, zone, slot.why or "nothing ran")


def _is_evergreen(item: Item) -> bool:
    return item.kind is Kind.EXPLAINER and item.status is Status.READY
