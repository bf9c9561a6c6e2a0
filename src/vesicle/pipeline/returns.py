"""Read what came back as mail, and let it take effect."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from vesicle.learn.mail import Kind, Reading
from vesicle.model.errors import DiskFailure, OutsideError
from vesicle.model.event import Effect, Noted
from vesicle.pipeline.returned import effect
from vesicle.ports import Clock, Mailbox, Returns

AT_ONCE = 100
"""How many mails take effect in one transaction."""

Read = Callable[[bytes], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was in one mailbox: mails by what they were, what they did; *failure* says why it was left."""

    mailbox: str
    kinds: Mapping[Kind, int] = field(default_factory=dict)
    effects: Mapping[Effect, int] = field(default_factory=dict)
    failure: str = ""

    @property
    def mails(self) -> int:
        """Count the mails that were read."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """What reading mailboxes needs. *stopping* tells whether to take no more mails."""

    returns: Returns
    read: Read
    clock: Clock
    stopping: Callable[[], bool]


def collect(mailboxes: Mapping[str, Mailbox], collecting: Collecting) -> list[Collected]:
    """Read every mail of *mailboxes*, and put it aside when what it says is written down.

    Killed between the two, the mail is read again, which changes nothing. A mailbox that fails is named in
    its result, and the others are read. Raises DiskFailure where what they say cannot be written down.
    """
    return [_collect(name, mailbox, collecting) for name, mailbox in mailboxes.items()]


def _collect(name: str, mailbox: Mailbox, collecting: Collecting) -> Collected:
    kinds, effects, failure = Counter[Kind](), Counter[Effect](), ""
    try:
        for readings in _batches(mailbox, collecting):
            for mail_id, kind, noted in _taken(readings, collecting):
                mailbox.put_aside(mail_id, is_understood=kind is not Kind.UNMATCHED)
                kinds[kind] += 1
                effects.update(one.effect for one in noted if one.effect is not Effect.NONE)
    except DiskFailure:
        raise
    except OutsideError as error:
        failure = str(error)
    return Collected(mailbox=name, kinds=kinds, effects=effects, failure=failure)


def _batches(mailbox: Mailbox, collecting: Collecting) -> Iterator[list[tuple[str, Reading]]]:
    """Yield mails by their ids, some at a time, as they were understood; none of their contents is kept.

    Where the mailbox fails, what it gave before comes first.
    """
    batch: list[tuple[str, Reading]] = []
    failure: OutsideError | None = None
    try:
        for mail in mailbox.new():
            batch.append((mail.id, collecting.read(mail.content)))
            if len(batch) == AT_ONCE or collecting.stopping():
                yield batch
                batch = []
            if collecting.stopping():
                return
    except OutsideError as error:
        failure = error
    if batch:
        yield batch
    if failure:
        raise failure


def _taken(
    readings: Sequence[tuple[str, Reading]], collecting: Collecting
) -> Iterator[tuple[str, Kind, Sequence[Noted]]]:
    """Let mails take effect, and yield each with what it was: about nobody, it is for a person to read."""
    events = [event for _, reading in readings for event in reading.events]
    noted = iter(
        collecting.returns.take(events, effect, is_signed=False, now=collecting.clock()) if events else ()
    )
    for mail_id, reading in readings:
        ours = list(islice(noted, len(reading.events)))
        is_about_nobody = reading.kind is Kind.EVENTS and not any(one.is_matched for one in ours)
        yield mail_id, Kind.UNMATCHED if is_about_nobody else reading.kind, ours
