"""Composition root: from the site's folder and its settings to everything a command needs."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vesicle import registry, settings
from vesicle.model.content import Content
from vesicle.model.errors import PermanentFailure, UserError
from vesicle.model.issue import Issue, Newsletter
from vesicle.model.problem import Place, Problem
from vesicle.net.http import Http
from vesicle.pipeline.prepare import Kitchen, Prepared, prepare
from vesicle.pipeline.send import EMAIL, Dispatch
from vesicle.ports import Channel, Check, Clock, Desk, Inbox, Ledger, Source, Subscribers
from vesicle.queue.randomness import random_id
from vesicle.store import files, packaged
from vesicle.store.content.folder import ContentFolder
from vesicle.store.content.references import Known
from vesicle.text.marked import Marked, parse

if TYPE_CHECKING:
    from vesicle.store.database import Database

CONFIG = "config.yaml"
KEY_VARIABLE = "VESICLE_KEY"


class App:
    """One site, opened. What costs time (database, templates, plug-ins) is made when first asked for."""

    def __init__(self, root: Path, *, clock: Clock, environ: Mapping[str, str]) -> None:
        self.root = root.resolve()
        self.clock = clock
        self.environ = environ
        self.config = _config(self.root)
        self.settings = settings.load(self.config)

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
        return tuple(plugin.make(plugin.options) for _, plugin in self._plugins("check", self._checks()))

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Give the sources of new papers by name."""
        found = self._plugins("watch", self.settings.sources)
        return {name: plugin.make(plugin.options, fetch=self.fetch) for name, plugin in found}

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """Give the channels by name, opened with the site's key; raises UserError where it is missing."""
        return {
            name: plugin.make(plugin.options, desk=self._desk(name))
            for name, plugin in self._plugins("deliver", self.settings.channels)
        }

    @property
    def post_channels(self) -> tuple[str, ...]:
        """Give the names of the channels that posts go to."""
        return tuple(name for name, one in self.settings.channels.items() if name != EMAIL and one.enabled)

    @cached_property
    def database(self) -> "Database":
        """Give the site's database, made and carried up to date where needed."""
        from vesicle.store.database import open_database  # noqa: PLC0415 - the editor's commands need none

        return open_database(str(self.database_path))

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

    def fetch(self, where: str) -> bytes:
        """Give what stands at a URL, or in a file named from the site's folder."""
        if where.startswith(("https://", "http://")):
            with Http(contact=self.settings.site.url) as http:
                return http.get(where)
        try:
            return (self.root / where).read_bytes()
        except OSError as error:
            raise PermanentFailure(f"{where} cannot be read: {error.strerror}") from error

    def kitchen(self, content: Content) -> Kitchen:
        """Give what is needed to prepare issues of *content*."""
        return Kitchen(
            content=content, templates=self.templates, checks=self.checks, channels=self.post_channels
        )

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

        return SqlSubscribers(self.database)

    @property
    def ledger(self) -> Ledger:
        """Give the ledger of deliveries."""
        from vesicle.store.ledger import SqlLedger  # noqa: PLC0415 - as for the database

        return SqlLedger(self.database, random_token=random_id)

    def dispatch(self) -> Dispatch:
        """Give what is needed to deliver."""
        return Dispatch(
            ledger=self.ledger, subscribers=self.subscribers, channels=self.channels, clock=self.clock
        )

    def _desk(self, name: str) -> Desk:
        return Desk(
            name=name, folder=str(self.root), site_url=self.settings.site.url, key=self.key, clock=self.clock
        )

    def _checks(self) -> dict[str, settings.PluginSettings]:
        ours = {name: settings.PluginSettings() for name in registry.names("check")}
        return {**ours, **self.settings.checks}

    def _plugins(
        self, stage: str, entries: Mapping[str, settings.PluginSettings]
    ) -> list[tuple[str, registry.Plugin]]:
        section = {"watch": "sources", "check": "checks", "deliver": "channels"}[stage]
        found: list[tuple[str, registry.Plugin]] = []
        problems: list[Problem] = []
        for name, one in entries.items():
            entry = registry.Entry(by=one.by or name, options=one.options(), path=(section, name))
            try:
                if one.enabled:
                    plugin = registry.load(stage, entry, marked=self.config, environ=self.environ)
                    found.append((name, plugin))
            except UserError as error:
                problems += error.problems
        if problems:
            raise UserError(problems)
        return found


def _config(root: Path) -> Marked:
    path = root / CONFIG
    if not path.is_file():
        mend = "go to the site's folder, name it with `--site`, or make one with `vesicle init DIR`"
        text = "there is no config.yaml here"
        raise UserError([Problem(code="config.none", text=text, where=Place(file=CONFIG), mend=mend)])
    return parse(files.read_text(path, root=root), file=CONFIG)
