"""Composition root: from the site's folder and its settings to everything a command needs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from vesicle import registry, settings
from vesicle.app.errands import errands
from vesicle.app.keeping import Keeping
from vesicle.app.obstacles import Obstacles
from vesicle.app.outside import Outside
from vesicle.app.plugins import all_checks, plugins
from vesicle.app.posting import Posting
from vesicle.app.returning import Returning
from vesicle.app.telling import Telling, telling
from vesicle.app.timetables import with_slots
from vesicle.curate.learned import Ranker, learned
from vesicle.curate.rules import Rules
from vesicle.curate.standing import crossref as standing_of_updates
from vesicle.model.content import Content
from vesicle.model.errors import UserError
from vesicle.model.issue import Issue, Newsletter
from vesicle.model.item import Status
from vesicle.model.paper import CandidateState, Standing
from vesicle.model.problem import Place, Problem
from vesicle.net import crossref
from vesicle.pipeline.collect import Desk as Collecting
from vesicle.pipeline.enrol import Intake
from vesicle.pipeline.follow import Records
from vesicle.pipeline.notices import Notices
from vesicle.pipeline.prepare import Kitchen, Prepared, prepare
from vesicle.pipeline.send import EMAIL, Dispatch
from vesicle.ports import (
    Channel,
    Check,
    Clock,
    Deliveries,
    Inbox,
    Ledger,
    Readers,
    Refetching,
    Source,
    Subscribers,
    Watch,
    never,
    watch_nothing,
)
from vesicle.queue.lock import sole_sender
from vesicle.queue.randomness import random_number
from vesicle.settings.plugins import PluginSettings
from vesicle.store import files, packaged
from vesicle.store.content.folder import ContentFolder
from vesicle.store.content.references import Known
from vesicle.text import tokens
from vesicle.text.citations import paper_id
from vesicle.text.marked import Marked, parse

if TYPE_CHECKING:
    from vesicle.app.chores import Chores
    from vesicle.store.database import Database
    from vesicle.store.ledger import SqlLedger

CONFIG = "config.yaml"
KEY_VARIABLE = "VESICLE_KEY"


class App:
    """One site, opened. What costs time (database, templates, plug-ins) is made when first asked for.

    With *chores*, as a daemon sets them, what takes memory is done in processes of its own.
    """

    def __init__(self, root: Path, *, clock: Clock, environ: Mapping[str, str]) -> None:
        self.root = root.resolve()
        self.clock = clock
        self.environ = environ
        self.config = _config(self.root)
        self.settings = settings.load(self.config)
        self.outside = Outside(self.root, contact=self.settings.site.url, clock=clock)
        self._is_stopping: Callable[[], bool] = never
        self.chores: Chores | None = None
        self._options: Mapping[str, object] = {}

    @cached_property
    def newsletters(self) -> Mapping[str, Newsletter]:
        """Give the newsletters by slug."""
        return {slug: self.settings.newsletter(slug) for slug in self.settings.newsletters}

    @cached_property
    def content(self) -> ContentFolder:
        """Give the content folder."""
        known = Known(
            newsletters=frozenset(self.settings.newsletters), channels=frozenset(self.settings.channels)
        )
        return ContentFolder(self.root, language=self.settings.site.language, known=known)

    @cached_property
    def templates(self) -> Mapping[str, str]:
        """Give the templates by name: the packaged ones, replaced by the site's own."""
        return packaged.templates(self.root)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Give every check that is not switched off."""
        return tuple(
            plugin.make(plugin.options)
            for _, plugin in self.plugins("check", all_checks(self.settings.checks))
        )

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Give the sources of new papers by name."""
        found = self.plugins("watch", self.settings.sources)
        return {
            name: plugin.make(plugin.options, fetch=self.outside.fetch, today=self.today)
            for name, plugin in found
        }

    def today(self) -> date:
        """Give the present day (UTC)."""
        return self.clock().date()

    @property
    def rules(self) -> Rules:
        """Give the rules by which papers are ranked."""
        return self.settings.rules

    def collecting(self) -> Collecting:
        """Give what is needed to put papers into the inbox."""
        return Collecting(inbox=self.inbox, rules=self.rules, now=self.clock())

    @property
    def records(self) -> Records | None:
        """Give the way to fetch records by PMID: that of the first PubMed source; None without one."""
        return next(
            (source.papers for source in self.sources.values() if isinstance(source, Refetching)), None
        )

    def second_opinion(self, doi: str) -> Standing:
        """Ask Crossref what became of *doi*."""
        settings = self.settings.crossref
        found = crossref.updates(doi, fetch=self.outside.fetch, base=settings.base, mailto=settings.mailto)
        return standing_of_updates(found)

    def ranker(self) -> Ranker | None:
        """Give the ranker learned from the editor's decisions, where it is better than the rules."""
        decided = [
            (one.paper, one.state is CandidateState.KEPT)
            for one in sorted(self.inbox.candidates(), key=lambda one: one.found)
            if one.state is not CandidateState.NEW
        ]
        return learned(decided, self.rules)

    def published_pmids(self) -> tuple[str, ...]:
        """Give the PMIDs of the papers that ready findings rest on."""
        items = self.content.read().items.values()
        return tuple(
            item.paper.pmid
            for item in items
            if item.paper and item.status is Status.READY and item.paper.pmid
        )

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """Give the channels by name, opened with the site's key; raises UserError where it is missing."""
        found = self.plugins("deliver", self.settings.channels)
        self._options = {name: plugin.options for name, plugin in found}
        return {name: plugin.make(plugin.options, desk=self.posting.desk(name)) for name, plugin in found}

    @cached_property
    def posting(self) -> Posting:
        """Give what posts need."""
        return Posting(self)

    @property
    def stopping(self) -> Callable[[], bool]:
        """Give what tells whether to take nothing more."""
        return self._is_stopping

    @cached_property
    def database(self) -> "Database":
        """Give the site's database, made and carried up to date where needed."""
        from vesicle.store.database import open_database  # noqa: PLC0415 - the editor's commands need none

        return open_database(str(self.database_path))

    @cached_property
    def bound_database(self) -> "Database":
        """Give the database, bound to the site's key; raises UserError where it belongs to another key."""
        from vesicle.store.key import bind_key  # noqa: PLC0415 - as for the database

        bind_key(self.database, self.key)
        return self.database

    @property
    def database_path(self) -> Path:
        """Give the path of the database file."""
        return self.root / self.settings.database

    @property
    def key(self) -> bytes:
        """Give the secret key from the environment; raises UserError where there is none."""
        key = self.environ.get(KEY_VARIABLE, "")
        if len(key) < 32:  # 16 random bytes in hex
            mend = f"make one with `openssl rand -hex 32`, keep it safe, and set {KEY_VARIABLE} to it"
            raise UserError(f"the environment has no {KEY_VARIABLE} of at least 32 characters", mend=mend)
        return key.encode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give the values of the environment that must not be in any line of the log."""
        named = (KEY_VARIABLE, self.settings.monitor.heartbeat_url.removeprefix("env:"))
        return tuple(value for name in named if (value := self.environ.get(name, "")))

    def kitchen(self, content: Content, *, standings: Mapping[str, Standing] | None = None) -> Kitchen:
        """Give what is needed to prepare issues of *content*; *standings* where they are known already."""
        return Kitchen(
            content=content,
            templates=self.templates,
            checks=self.checks,
            outlets=tuple(self.posting.outlets.values()),
            standings=self.standings(content) if standings is None else standings,
            site=self.settings.site.name,
            glyphs=self.posting.glyphs,
        )

    def standings(self, content: Content) -> dict[str, Standing]:
        """Give what became of the papers of findings, as far as this machine's database knows."""
        if not self.database_path.exists():
            return {}
        references = {item.paper for item in content.items.values() if item.paper}
        found = {
            paper_id(one): self.inbox.find(one.pmid or one.doi) for one in references if one.pmid or one.doi
        }
        return {name: one.judgement.standing for name, one in found.items() if one and one.judgement}

    def prepare(self, issue: Issue, content: Content) -> Prepared:
        """Render and judge one issue; the problems of the files it is made of count as its own."""
        if issue.newsletter not in self.newsletters:
            raise UserError(one for one in content.problems if one.where.file == issue.where.file)
        return prepare(issue, self.newsletters[issue.newsletter], self.kitchen(content))

    @property
    def inbox(self) -> Inbox:
        """Give the inbox of candidates."""
        from vesicle.store.inbox import SqlInbox  # noqa: PLC0415 - as for the database

        return SqlInbox(self.database)

    @property
    def subscribers(self) -> Subscribers:
        """Give the people on the list."""
        from vesicle.store.subscribers import SqlSubscribers  # noqa: PLC0415 - as for the database

        return SqlSubscribers(self.bound_database, key=self.key)

    @property
    def readers(self) -> Readers:
        """Give the people on the list as they change it themselves."""
        from vesicle.store.readers import SqlReaders  # noqa: PLC0415 - as for the database

        return SqlReaders(self.bound_database, key=self.key)

    @cached_property
    def returning(self) -> Returning:
        """Give what comes back to the site."""
        return Returning(self)

    @property
    def keeping(self) -> Keeping:
        """Give the database as a whole: to copy, to put back, to keep small."""
        return Keeping(self)

    @cached_property
    def notices(self) -> Notices:
        """Give the notices; raises UserError where there is no newsletter in whose name they could go."""
        welcome = self.settings.notices.steps()
        return Notices(self.settings.letterhead(), self.templates, welcome=welcome)

    @cached_property
    def telling(self) -> Telling:
        """Give who tells the editor; raises UserError where there is no newsletter in whose name."""
        return telling(self)

    @contextmanager
    def intake(self, name: str, *, is_rehearsed: bool) -> Iterator[Intake]:
        """Open where the people of the import called *name* go; nowhere, where it *is_rehearsed*."""
        from vesicle.store.subscribers import Rehearsal, SqlImport  # noqa: PLC0415 - as for the database

        if is_rehearsed:
            with closing(Rehearsal(self.bound_database, key=self.key)) as rehearsal:
                yield rehearsal
        else:
            yield SqlImport(self.bound_database, key=self.key, name=name)

    @property
    def ledger(self) -> Ledger:
        """Give the ledger, to look into; `sending` gives the one to send from."""
        return self._ledger(watch=watch_nothing)

    @property
    def deliveries(self) -> Deliveries:
        """Give the deliveries as an operator sees them."""
        from vesicle.store.deliveries import SqlDeliveries  # noqa: PLC0415 - as for the database

        return SqlDeliveries(self.database)

    @contextmanager
    def sending(self, *, stop: Event | None = None, watch: Watch = watch_nothing) -> Iterator[Dispatch]:
        """Be the only sender of this site, and give what is needed to deliver.

        *stop* asks to finish what is in hand, *watch* hears of every outcome. Raises Busy when
        another process is sending.
        """
        stopping = stop.is_set if stop else never
        with sole_sender(self.database_path), self.dispatching(stopping=stopping, watch=watch) as dispatch:
            yield dispatch

    @contextmanager
    def dispatching(
        self, *, stopping: Callable[[], bool], watch: Watch = watch_nothing
    ) -> Iterator[Dispatch]:
        """Give what `sending` gives, to whoever holds the lock of the only sender."""
        self._is_stopping = stopping
        ledger = self._ledger(watch=watch)
        ledger.recover(now=self.clock())
        try:
            yield Dispatch(
                ledger=ledger,
                channels=self.channels,
                clock=self.clock,
                obstacle=Obstacles(self),
                patience=timedelta(hours=self.settings.sending.patience_hours),
                stopping=stopping,
                errands=errands(self, stopping=stopping),
                slots=with_slots(self.settings),
                is_rehearsal=self.is_rehearsal,
            )
        finally:
            ledger.close()
            self._is_stopping = never

    @contextmanager
    def beside(self) -> Iterator[Dispatch]:
        """Give what is needed to write down what is owed, beside whoever is the sender."""
        ledger = self._ledger(watch=watch_nothing)
        patience = timedelta(hours=self.settings.sending.patience_hours)
        try:
            yield Dispatch(ledger=ledger, channels=self.channels, clock=self.clock, patience=patience)
        finally:
            ledger.close()

    @property
    def reaches_others(self) -> bool:
        """Tell whether mails go further than to this machine's own mail server."""
        return bool(self.channels) and bool(getattr(self._options.get(EMAIL), "reaches_others", False))

    @property
    def is_rehearsal(self) -> bool:
        """Tell whether every mail goes to one address instead of its reader."""
        return bool(self.channels) and bool(getattr(self._options.get(EMAIL), "redirect_all", ""))

    def _ledger(self, *, watch: Watch) -> "SqlLedger":
        from vesicle.store.ledger import SqlLedger  # noqa: PLC0415 - as for the database

        doubts = self.keeping.doubts
        return SqlLedger(self.bound_database, random_token=random_number, watch=watch, doubts=doubts)

    @property
    def leaving_address(self) -> str:
        """Give an address to leave by that belongs to nobody; raises UserError like `key`."""
        return f"{self.settings.site.url}/u/{tokens.make(self.key, 'unsubscribe', 'nobody')}"

    def plugins(self, stage: str, entries: Mapping[str, PluginSettings]) -> list[tuple[str, registry.Plugin]]:
        """Give the plug-ins of *entries*; raises UserError with all that is wrong with any of them."""
        return plugins(stage, entries, config=self.config, environ=self.environ)


def _config(root: Path) -> Marked:
    path = root / CONFIG
    if not path.is_file():
        mend = "go to the site's folder, name it with `--site`, or make one with `vesicle init DIR`"
        text = "there is no config.yaml here"
        raise UserError([Problem(code="config.none", text=text, where=Place(file=CONFIG), mend=mend)])
    return parse(files.read_text(path, root=root), file=CONFIG)
