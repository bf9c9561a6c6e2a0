"""Deliver what is due, each once."""

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vesicle.model.delivery import REHEARSAL, Delivery, Frozen, Gate, Policy, Tally
from vesicle.model.errors import ContentError, DiskFailure, OutsideError, UserError
from vesicle.model.issue import Issue
from vesicle.model.message import Message
from vesicle.model.notice import FAMILY
from vesicle.pipeline.prepare import Prepared
from vesicle.ports import LEASE, Channel, Clock, Ledger, never
from vesicle.schedule.due import last_moment, wall_for_readers

EMAIL = "email"
TAKEN_AT_ONCE = 200
NOTICES = frozenset({FAMILY})
LOOK_EVERY = timedelta(seconds=1)
"""How often during a send it is looked for notices, which go first."""


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one frozen message, or why it was held; or how many *notices* were handed over.

    *has_failed* tells that a channel failed, and *held* why; *said* tells what else there is to say.
    """

    slug: str
    channel: str
    tally: Tally | None = None
    held: str = ""
    has_failed: bool = False
    notices: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Where deliveries are written down and how they go out.

    *obstacle* says what outside of an issue keeps it from being sent, empty where nothing does. *undo* is
    the time from the freeze to the first take, *patience* how long after it a reader who cannot be reached
    is tried again. *stopping* tells whether to take nothing more. *errands* are run before it is looked for
    notices; they are short. *opens* is asked as often, and gives what was opened since by others, to go out
    beside what is going out already. Channels with *slots* have their posts at times of their own. In a
    *rehearsal* mails go to one address instead of their readers: they are written down under a name of
    their own, and posts and notices stay where they are.
    """

    ledger: Ledger
    channels: Mapping[str, Channel]
    clock: Clock
    obstacle: Callable[[Prepared], str] = lambda _: ""
    undo: timedelta = timedelta(0)
    patience: timedelta = timedelta(days=2)
    stopping: Callable[[], bool] = never
    errands: Callable[[], None] = nothing
    opens: Callable[[], Collection[str]] = tuple
    slots: frozenset[str] = frozenset()
    is_rehearsal: bool = False

    def name(self, issue: Issue) -> str:
        """Give the name under which *issue* is written down."""
        return name_of(issue, is_rehearsal=self.is_rehearsal)

    def policy(self, channel: str) -> Policy:
        """Tell what becomes of a post on *channel* of which nobody knows whether it is out."""
        found: Policy = getattr(self.channels.get(channel), "policy", Policy.HOLD)
        return found

    def beside(self, opens: Callable[[], Collection[str]]) -> "Dispatch":
        """Give the same, asking *opens* what has been opened since."""
        return replace(self, opens=opens)

    def undoing(self, undo: timedelta) -> "Dispatch":
        """Give the same with that time to undo."""
        return replace(self, undo=undo)


def name_of(issue: Issue, *, is_rehearsal: bool) -> str:
    """Give the name under which *issue* is written down, in a rehearsal or in earnest."""
    return f"{REHEARSAL}/{issue.slug}" if is_rehearsal else issue.slug


def send_due(
    issues: Iterable[Issue], prepared: Callable[[Issue], Prepared], dispatch: Dispatch
) -> list[Report]:
    """Freeze each due issue that may go out, with its posts, and deliver what is owed of them, and notices.

    An issue that was frozen before goes on with what was frozen, if its files still say the same or a
    person has said to go on nevertheless. Of an issue that is not among *issues* nothing goes out.
    """
    found = [_opened_or_refused(issue, prepared, dispatch) for issue in issues]
    held = [report for report in found if isinstance(report, Report)]
    opened = [one for one in found if isinstance(one, Opened)]
    names = [one.name for one in opened]
    notices = _Notices(dispatch)
    failures = {
        name: _deliver(name, channel, _Feed(name, names, dispatch, notices if name == EMAIL else None))
        for name, channel in sorted(dispatch.channels.items(), key=lambda pair: pair[0] != EMAIL)
        if (name == EMAIL and (names or notices.may_be_due())) or (names and name not in dispatch.slots)
    }
    sent = (
        Report(
            slug=slug,
            channel=name,
            tally=dispatch.ledger.tally(slug),
            held=failures.get(name, ""),
            has_failed=bool(failures.get(name)),
        )
        for one in opened
        for slug, name in one.told.items()
    )
    failure = failures.get(EMAIL, "")
    beside = _of_notices(notices.handed, failure) if not (failure and names) else ()
    return [*held, *sent, *beside]


def send_post(slug: str, channel: str, dispatch: Dispatch) -> str:
    """Deliver one post that was frozen as *slug*; say why it did not go out, where the channel failed."""
    return _deliver(channel, dispatch.channels[channel], _Feed(channel, [slug], dispatch))


def _of_notices(handed: int, failure: str) -> Iterator[Report]:
    """Report what went out beside issues, or why it could not."""
    if failure:
        yield Report(slug="notices", channel=EMAIL, held=failure, has_failed=True)
    elif handed:
        yield Report(slug="notices", channel=EMAIL, notices=handed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An issue that may go out under *name*; *told* is what is reported of it, slug → channel."""

    name: str
    told: Mapping[str, str]


def _opened_or_refused(
    issue: Issue, prepared: Callable[[Issue], Prepared], dispatch: Dispatch
) -> "Report | Opened":
    """Do what `open_issue` does; what is wrong with one issue keeps no other."""
    try:
        return open_issue(issue, prepared, dispatch)
    except UserError as error:
        return _held(issue, str(error))


def open_issue(issue: Issue, prepared: Callable[[Issue], Prepared], dispatch: Dispatch) -> Report | Opened:
    """Open *issue* for delivery, frozen now if it was not before, or report that it is held."""
    name = dispatch.name(issue)
    before = dispatch.ledger.frozen(name)
    if before is None:
        ready = prepared(issue)
        held = ready.held or dispatch.obstacle(ready)
        return _held(issue, held) if held else Opened(name=name, told=freeze(ready, dispatch))
    if dispatch.ledger.tally(name).is_done:
        # Its posts may be owed still.
        return Opened(name=name, told={})
    why = _why_not(issue, before, prepared, dispatch)
    return _held(issue, why) if why else Opened(name=name, told={name: before.channel})


def _why_not(issue: Issue, before: Frozen, prepared: Callable[[Issue], Prepared], dispatch: Dispatch) -> str:
    """Say why an issue that was frozen may not go on; empty when it may. A change of its files holds it."""
    name = dispatch.name(issue)
    gate = dispatch.ledger.gate(name)
    if not gate.is_open:
        because = dispatch.ledger.why(name)
        return _GATES[gate].format(name, f" ({because})" if because else "")
    ready = prepared(issue)
    if gate is Gate.AS_FROZEN:
        return dispatch.obstacle(ready)
    why = ready.held
    if ready.hash != before.hash:
        why = f"changed since it was frozen: `vesicle resume {name} --as-frozen` sends what was frozen"
    if why:
        dispatch.ledger.hold(name)
    return why or dispatch.obstacle(ready)


_GATES = {
    Gate.HELD: "held{1}: `vesicle resume {0}` lets it go on",
    Gate.RESTORED: "held: the database is an older copy, and mails may have gone out since; "
    "`vesicle deliveries {0}` shows what it knows, `vesicle resume {0}` goes on with the rest of that",
    Gate.CANCELLED: "cancelled",
}


def _held(issue: Issue, why: str) -> Report:
    return Report(slug=issue.slug, channel=EMAIL, held=why)


def freeze(prepared: Prepared, dispatch: Dispatch) -> dict[str, str]:
    """Write down the mails owed to the audience and the posts owed to channels; give slug → channel."""
    issue, newsletter, seal = prepared.issue, prepared.newsletter, prepared.hash
    ordered = sorted(prepared.mails, key=lambda mail: mail.lang != newsletter.fallback)
    now = dispatch.clock()
    wall = None if dispatch.is_rehearsal else wall_for_readers(issue, newsletter)
    last = now + dispatch.undo if wall is None else max(now, last_moment(issue, newsletter))
    mails = Frozen(
        slug=dispatch.name(issue),
        channel=EMAIL,
        hash=seal,
        messages={mail.lang: mail for mail in ordered},
        start=now + dispatch.undo if dispatch.undo else None,
        give_up=last + dispatch.patience,
        series="" if dispatch.is_rehearsal else newsletter.slug,
        at=now,
        wall=wall,
        zone=newsletter.zone,
    )
    posts = [] if dispatch.is_rehearsal else [_frozen_post(mails, post, dispatch) for post in prepared.posts]
    dispatch.ledger.freeze(mails, newsletter.audience, posts=posts)
    return {frozen.slug: frozen.channel for frozen in (mails, *posts)}


def _frozen_post(mails: Frozen, post: Message, dispatch: Dispatch) -> Frozen:
    # One that waits for a slot may wait longer than readers are tried.
    give_up = None if post.channel in dispatch.slots else mails.give_up
    return Frozen(
        slug=f"{mails.slug}/{post.slug}/{post.channel}",
        channel=post.channel,
        hash=mails.hash,
        messages={post.lang: post},
        start=mails.start,
        give_up=give_up,
        policy=dispatch.policy(post.channel),
    )


def _deliver(name: str, channel: Channel, feed: "_Feed") -> str:
    """Deliver what is owed on one channel; say why it stopped, if it did."""
    deliveries = feed.deliveries()
    try:
        channel.deliver_all(deliveries, feed.dispatch.ledger)
    except DiskFailure:
        raise
    except (ContentError, OutsideError) as error:
        return str(error)
    finally:
        deliveries.close()
    return ""


class _Feed:
    """What is owed of some *issues* on the channel called *name*, and with *notices* of these.

    Issues take turns: one to a million readers does not make the next one wait.
    """

    def __init__(
        self, name: str, issues: Iterable[str], dispatch: Dispatch, notices: "_Notices | None" = None
    ) -> None:
        self.dispatch = dispatch
        self._name = name
        self._turns = deque(issues)
        self._notices = notices

    def deliveries(self) -> Generator[Delivery]:
        """Yield what is due, notices first; what was taken and not asked for goes back at once."""
        rest: deque[Delivery] = deque()
        try:
            while not self.dispatch.stopping():
                rest.extendleft(self._beside())
                rest.extend(() if rest else self._taken())
                if not rest:
                    return
                yield rest.popleft()
        finally:
            self.dispatch.ledger.release(rest)

    def _beside(self) -> Sequence[Delivery]:
        """Look, once in a while, for notices and for what was opened since."""
        if self._notices is None or not self._notices.is_time():
            return ()
        self._turns += (one for one in self.dispatch.opens() if one not in self._turns)
        return self._notices.due()

    def _taken(self) -> Sequence[Delivery]:
        for _ in range(len(self._turns)):
            self._turns.rotate(-1)
            if found := _taken(self._name, {self._turns[-1]}, self.dispatch):
                return found
        return ()


class _Notices:
    """What is owed to single people: looked for at first, and then once in a while; *handed* over so far."""

    def __init__(self, dispatch: Dispatch) -> None:
        self.handed = 0
        self._dispatch = dispatch
        self._looked: datetime | None = None

    def may_be_due(self) -> bool:
        """Run the errands, and tell whether any notice may be due; so an idle daemon opens no channel."""
        if self._dispatch.is_rehearsal:
            return False
        self._dispatch.errands()
        return self._dispatch.ledger.may_be_due(EMAIL, of=NOTICES)

    def is_time(self) -> bool:
        """Tell whether it is time to look; never in a rehearsal."""
        now = self._dispatch.clock()
        # A clock that was put back is no reason to wait for it.
        is_early = self._looked is not None and abs(now - self._looked) < LOOK_EVERY
        if is_early or self._dispatch.is_rehearsal:
            return False
        self._looked = now
        return True

    def due(self) -> Sequence[Delivery]:
        """Give what is due now."""
        self._dispatch.errands()
        found = _taken(EMAIL, NOTICES, self._dispatch)
        self.handed += len(found)
        return found


def _taken(name: str, issues: Collection[str], dispatch: Dispatch) -> Sequence[Delivery]:
    now = dispatch.clock()
    return dispatch.ledger.take(name, limit=TAKEN_AT_ONCE, now=now, lease=LEASE, of=issues)
