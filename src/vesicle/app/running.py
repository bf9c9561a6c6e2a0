"""What `vesicle run` keeps doing for one site, while it is the only sender."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from vesicle.app import library
from vesicle.app.timetables import timetables
from vesicle.model.content import Content
from vesicle.model.delivery import State
from vesicle.model.errors import TemporaryFailure
from vesicle.model.issue import Issue, Newsletter
from vesicle.model.problem import Problem
from vesicle.model.pulse import Lane
from vesicle.model.slot import Job
from vesicle.pipeline.book import Book
from vesicle.pipeline.lanes.issues import IssueDesk, IssueLane
from vesicle.pipeline.lanes.library import LibraryDesk, LibraryLane
from vesicle.pipeline.lanes.posts import PostDesk, PostLane
from vesicle.pipeline.prepare import Prepared
from vesicle.pipeline.reactions import count_reactions
from vesicle.pipeline.send import Dispatch, Report
from vesicle.ports import Posts, Slots, Words
from vesicle.store.content.settled import SettledContent

if TYPE_CHECKING:
    from vesicle.app import App

_log = logging.getLogger(__name__)

_SLOTS_KEPT = timedelta(days=400)
"""How long it is known what became of a slot."""

_CARDS_KEPT = timedelta(days=400)
"""How long after its last use a drawn card is kept: networks fetch some of them from the site's pages."""

_COUNT_EVERY = timedelta(days=1)

_FRESH = timedelta(minutes=10)
"""How long an issue that is looked at again and again counts as rendered and judged."""


class Running:
    """The lanes of the site of *app*. Each is for one thread; `tick` does what all of them have to do."""

    def __init__(self, app: "App", dispatch: Dispatch) -> None:
        self._app = app
        self._prepared: dict[str, tuple[Content, datetime, Prepared]] = {}
        self._files = self._content()
        self._zones: dict[str, tuple[datetime, Collection[str]]] = {}
        self._counted: datetime | None = None
        self._stopping = dispatch.stopping
        self.timetables = timetables(app.settings, app.newsletters)
        self.slots = slots(app)
        self.words = words(app)
        self.has_posts = bool(app.posting.outlets)
        self._books = {
            "issues": self._book(Job.ISSUE, Job.COMPOSE),
            "posts": self._book(Job.POST, Job.PIN),
            "library": self._book(Job.WATCH, Job.FOLLOW_UP, Job.TIDY),
        }
        self.issues = IssueLane(self._books["issues"], self._issue_desk(), dispatch)
        self.posts = PostLane(self._books["posts"], self._post_desk(dispatch), dispatch)
        desk = self._library_desk()
        self.library = LibraryLane(self._books["library"], desk, stopping=dispatch.stopping)

    def tick(self, now: datetime) -> list[Report]:
        """Do what is due at *now*, lane by lane."""
        return [*self.issues.tick(now), *self.posts.tick(now), *self.library.tick(now)]

    def lanes(self) -> dict[str, Lane]:
        """Give how each lane stood at its last look."""
        return {name: book.lane for name, book in self._books.items()}

    def _book(self, *jobs: Job) -> Book:
        return Book(self.slots, self.timetables, jobs=frozenset(jobs))

    def _content(self) -> SettledContent:
        return SettledContent(self._app.content, self._app.root)

    def _issue_desk(self) -> IssueDesk:
        return IssueDesk(
            newsletters=self._app.newsletters,
            content=self._files,
            prepared=self._prepare,
            zones=self._zones_of,
            store=self._app.content,
            words=self.words,
        )

    def _post_desk(self, dispatch: Dispatch) -> PostDesk:
        channels = self._app.settings.channels
        rests = {name: one.evergreen_weeks for name, one in channels.items() if one.evergreen_weeks}
        restored = self._app.keeping.restoration()
        return PostDesk(
            doubtful_until=restored.at if restored and not restored.is_complete else None,
            posts=posts(self._app),
            rests={name: timedelta(weeks=weeks) for name, weeks in rests.items()},
            content=self._content(),
            rendered=self._app.posting.rendered,
            reason=self._reason,
            count=partial(self._count, dispatch),
            obstacle=self._post_obstacle,
            hold=self._app.deliveries.hold,
            words=self.words,
        )

    def _library_desk(self) -> LibraryDesk:
        app, chores = self._app, self._app.chores
        return LibraryDesk(
            watch=chores.watch if chores else partial(library.watch, app),
            follow_up=chores.follow_up if chores else partial(library.follow_up, app),
            changes=partial(library.changes, app),
            tidy=self._tidy,
            words=self.words,
        )

    def _prepare(self, issue: Issue, content: Content) -> Prepared:
        """Render and judge *issue*, or give what that came to within the last ten minutes."""
        now = self._app.clock()
        known = self._prepared.get(issue.slug)
        if known and known[0] is content and abs(now - known[1]) < _FRESH and known[2].issue == issue:
            return known[2]
        found = self._prepared_now(issue, content)
        self._prepared = {slug: one for slug, one in self._prepared.items() if one[0] is content}
        self._prepared[issue.slug] = (content, now, found)
        return found

    def _prepared_now(self, issue: Issue, content: Content) -> Prepared:
        chores, known = self._app.chores, self._files.stamp
        if chores is not None and known is not None:
            try:
                found = chores.prepare(issue.slug, known)
            except TemporaryFailure as error:
                return _unprepared(issue, self._app.newsletters[issue.newsletter], str(error))
            if found is not None:
                return found
        try:
            return self._app.prepare(issue, content)
        except Exception as error:  # a check or template of somebody else keeps no other issue back
            _log.exception("render.failed issue=%s", issue.slug)
            return _unprepared(issue, self._app.newsletters[issue.newsletter], repr(error))

    def _zones_of(self, newsletter: Newsletter) -> Collection[str]:
        now = self._app.clock()
        known = self._zones.get(newsletter.slug)
        if known is None or abs(now - known[0]) >= _FRESH:
            known = now, self._app.subscribers.zones(newsletter.audience)
            self._zones[newsletter.slug] = known
        return known[1]

    def _post_obstacle(self, slug: str, content: Content) -> str:
        """Say why the item *slug* may not be posted as things stand today."""
        items = tuple(item for (name, _), item in content.items.items() if name == slug)
        if not items:
            return "its item is gone"
        found = (problem for item in items for problem in self._app.posting.problems(item, (), content))
        errors = [problem for problem in found if problem.is_error]
        return f"{errors[0].text}: see `vesicle check`" if errors else ""

    def _reason(self, slug: str) -> str:
        """Say why a post did not go out, or who has to do what, as its channel said it."""
        ended = self._app.deliveries.undelivered(slug, (State.FAILED, State.UNKNOWN))
        return next((one.reason for one in ended), "")

    def _count(self, dispatch: Dispatch, now: datetime) -> None:
        """Ask once a day how posts were taken."""
        if self._counted is None or abs(now - self._counted) >= _COUNT_EVERY:
            self._counted = now
            count_reactions(posts(self._app), dispatch.channels, now=now, stopping=dispatch.stopping)

    def _tidy(self, now: datetime) -> None:
        self._app.posting.cards.tidy(now - _CARDS_KEPT)
        tidied = self._app.keeping.tidy(now, stopping=self._stopping)
        if not tidied.doubt:
            self.slots.forget(before=now - _SLOTS_KEPT)
        else:
            _log.warning("tidy.doubtful doubt=%s", tidied.doubt)


def verified(app: "App") -> "App":
    """Open whatever *app* will need; raises UserError with what is wrong with its settings or templates."""
    timetables(app.settings, app.newsletters)
    app.bound_database.path.touch()
    for part in (app.channels, app.sources, app.checks, app.templates, app.returning.mailboxes):
        assert part is not None
    return app


def slots(app: "App") -> Slots:
    """Give the slots of the site of *app*; no key is needed for them."""
    from vesicle.store.slots import SqlSlots  # noqa: PLC0415 - as for the database

    return SqlSlots(app.database)


def words(app: "App") -> Words:
    """Give what the editor of the site of *app* is to be told."""
    from vesicle.store.words import SqlWords  # noqa: PLC0415 - as for the database

    return SqlWords(app.bound_database)


def posts(app: "App") -> Posts:
    """Give the posts that wait at the site of *app*; no key is needed for them."""
    from vesicle.store.posts import SqlPosts  # noqa: PLC0415 - as for the database

    return SqlPosts(app.database)


def _unprepared(issue: Issue, newsletter: Newsletter, why: str) -> Prepared:
    """Give *issue* as one that cannot be rendered: it is held, and the daemon goes on."""
    problem = Problem(
        code="render.failed",
        text=f"it cannot be rendered: {why}",
        where=issue.where,
        mend="run `vesicle check`",
    )
    return Prepared(issue=issue, newsletter=newsletter, mails=(), posts=(), problems=(problem,))
