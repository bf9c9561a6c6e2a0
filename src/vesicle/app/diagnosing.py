"""What `vesicle doctor` looks at, of one site."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from vesicle.app.postal import Postal
from vesicle.app.zone_rules import zone_rules
from vesicle.mailbox import close
from vesicle.model.checkup import Line, away, fault, good, unseen
from vesicle.model.content import Content
from vesicle.model.errors import OutsideError, PermanentFailure, VesicleError
from vesicle.model.paper import Cursor
from vesicle.pipeline.diagnose import clocks, database, files, key, leaving, outlets, setup, sources
from vesicle.pipeline.diagnose.naming import is_reserved
from vesicle.pipeline.diagnose.rounds import Area
from vesicle.pipeline.inspect import inspect
from vesicle.pipeline.prepare import Kitchen
from vesicle.pipeline.send import EMAIL
from vesicle.ports import Mailbox, Source, Telling
from vesicle.queue.clock import wait
from vesicle.store.inspection import MOUNTS, NEWEST, Seen, inspected

if TYPE_CHECKING:
    from vesicle.app import App

_NO_KEY = "there is no secret key to look with"
_UNREADABLE = "the database cannot be looked into"


class Diagnosing:
    """Everything that can be looked at for the site of *app*, each part by itself; nothing is changed.

    *mounts* tells which file systems are where, as `/proc/self/mounts` does, *rules* which rules of time
    zones there are; *wait* lets seconds pass.
    """

    def __init__(
        self,
        app: "App",
        *,
        mounts: Path = MOUNTS,
        rules: Callable[[], str] = zone_rules,
        wait: Callable[[float], None] = wait,
    ) -> None:
        app.outside.is_patient = False  # whoever asks for the doctor waits for an answer
        self._app = app
        self._mounts = mounts
        self._rules = rules
        self._postal = Postal(app, wait=wait)

    def areas(self, *, is_offline: bool, sends: bool) -> tuple[Area, ...]:
        """Give what is to be looked at: nothing outside if *is_offline*, with a mail where it *sends*."""
        outside = [Area(name="network", look=_offline)] if is_offline else self._outside(sends=sends)
        return (*self._inside(), *outside)

    def _inside(self) -> Iterator[Area]:
        settings = self._app.settings
        yield Area(name="configuration", look=self._setup)
        yield Area(name="secret key", look=self._key)
        yield Area(name="content", look=self._content)
        yield Area(name="database", look=lambda: database.look(self._seen))
        yield Area(name="time zones", look=self._zones)
        yield Area(name="channels", look=self._outlets)
        for name in settings.sources:
            yield Area(name=f"source {name}", look=partial(self._last_run, name))
        for name in settings.webhooks:
            yield Area(name=f"provider {name}", look=partial(self._provider, name))

    def _outside(self, *, sends: bool) -> Iterator[Area]:
        settings = self._app.settings
        for name in settings.sources:
            yield Area(name=f"source {name}", look=partial(self._reach, name))
        yield Area(name="clock", look=self._clock)
        yield Area(name="leaving with one click", look=self._leaving)
        for name in settings.returns.mailboxes:
            yield Area(name=f"mailbox {name}", look=partial(self._mailbox, name))
        for name in settings.channels:
            if name != EMAIL:
                yield Area(name=f"channel {name}", look=partial(self._channel, name))
        yield from self._postal.areas(sends=sends)

    @cached_property
    def _seen(self) -> Seen | None:
        return inspected(self._app.database_path, mounts=self._mounts)

    @cached_property
    def _is_readable(self) -> bool:
        """Tell whether the database can be opened without making it or carrying it up."""
        try:
            return bool(self._seen and self._seen.version == NEWEST and not self._seen.damage)
        except (VesicleError, OSError):
            return False

    @property
    def _has_key(self) -> bool:
        return key.is_long_enough(self._app.environ.get(key.VARIABLE, ""))

    def _setup(self) -> Iterator[Line]:
        settings, options = self._app.settings, self._postal.options
        email = settings.channels.get(EMAIL)
        parts = setup.Parts(
            newsletters=len(settings.newsletters),
            sources=sum(one.enabled for one in settings.sources.values()),
            has_rules=bool(self._app.rules.groups),
            has_email=bool(email and email.enabled),
            takes_bounces=bool(options and options.bounce_domain),
            reads_bounces=any(one.enabled for one in settings.returns.mailboxes.values()),
            redirects_to=options.redirect_all if options else "",
        )
        return setup.look(parts)

    def _key(self) -> Iterator[Line]:
        return key.look(self._app.environ.get(key.VARIABLE, ""), self._see_bound)

    def _see_bound(self, given: bytes) -> None:
        from vesicle.store.key import see_key  # noqa: PLC0415 - as for the database

        if self._is_readable:
            see_key(self._app.database, given)

    def _content(self) -> Iterator[Line]:
        app, content = self._app, self._app.content.read()
        found = inspect(content, app.newsletters, self._kitchen(content))
        notices = app.notices.problems() if app.newsletters else ()
        return files.look(found, notices)

    def _kitchen(self, content: Content) -> Kitchen:
        app = self._app
        return app.kitchen(content, standings=None if self._is_readable else {})

    def _outlets(self) -> Iterator[Line]:
        return outlets.look(self._app.posting.outlets.values(), today=self._app.clock().date())

    def _zones(self) -> Iterator[Line]:
        names = (one.zone for one in self._app.newsletters.values())
        return clocks.zones(names, self._rules(), now=self._app.clock())

    def _source(self, name: str) -> Source | None:
        found = self._app.plugins("watch", {name: self._app.settings.sources[name]})
        for _, plugin in found:
            made: Source = plugin.make(plugin.options, fetch=self._app.outside.fetch, today=self._app.today)
            return made
        return None

    def _last_run(self, name: str) -> Iterator[Line]:
        if self._source(name) is None:
            return
        if self._is_readable:
            yield from sources.last_run(name, self._app.inbox.last(name))
        elif self._app.database_path.exists():
            yield unseen("doctor.last-run", f"last run of {name}", _UNREADABLE)
        else:
            yield from sources.last_run(name, None)

    def _reach(self, name: str) -> Iterator[Line]:
        source = self._source(name)
        if source is not None:
            cursor = self._app.inbox.cursor(name) if self._is_readable else Cursor()
            yield from sources.reach(name, source, cursor)

    def _provider(self, name: str) -> Iterator[Line]:
        for _, plugin in self._app.plugins("learn", {name: self._app.settings.webhooks[name]}):
            plugin.make(plugin.options)
            yield good("doctor.provider", f"provider {name}", "its settings and secrets are there")

    def _clock(self) -> Iterator[Line]:
        address = self._app.settings.doctor.clock
        if address:
            try:
                self._app.outside.fetch(address)
            except OutsideError as error:
                yield clocks.silent(error)
        yield from clocks.clock(self._app.outside.ahead)

    def _leaving(self) -> Iterator[Line]:
        from vesicle.net.http import Bounds, Http  # noqa: PLC0415 - most commands fetch nothing

        url = self._app.settings.site.url
        if is_reserved(url.removeprefix("https://").partition("/")[0].partition(":")[0]):
            yield leaving.unreachable(url)
        elif not self._has_key:
            yield unseen("doctor.leaving", "leaving with one click", _NO_KEY)
        else:
            # RFC 8058 allows no redirect: the mail program posts to this very address.
            with Http(contact=url, pauses=(), bounds=Bounds(redirects=0)) as http:
                yield from leaving.look(self._app.leaving_address, http.get)

    def _mailbox(self, name: str) -> Iterator[Line]:
        for _, plugin in self._app.plugins("mailbox", {name: self._app.settings.returns.mailboxes[name]}):
            yield _opened(name, plugin.make(plugin.options, folder=self._app.root))

    def _channel(self, name: str) -> Iterator[Line]:
        for _, plugin in self._app.plugins("deliver", {name: self._app.settings.channels[name]}):
            what = f"channel {name}"
            if not hasattr(plugin.make, "standing"):
                yield good("doctor.channel", what, "its settings can be read")
            elif not (self._has_key and self._is_readable):
                yield unseen("doctor.channel", what, _NO_KEY if self._is_readable else _UNREADABLE)
            else:
                channel = plugin.make(plugin.options, desk=self._app.posting.desk(name))
                yield from channel.standing(self._app.clock()) if isinstance(channel, Telling) else ()


def _opened(name: str, mailbox: Mailbox) -> Line:
    what, why = f"mailbox {name}", "what comes back is not read: dead addresses are written to for ever"
    try:
        next(iter(mailbox.new()), None)
    except OutsideError as error:
        make = fault if isinstance(error, PermanentFailure) else away
        code = "refused" if isinstance(error, PermanentFailure) else "away"
        mend = (
            "look at its settings below `returns: mailboxes`, and whether its server runs: docs/mailboxes.md"
        )
        return make(f"doctor.mailbox-{code}", what, str(error), why=why, mend=mend)
    finally:
        close([mailbox])
    return good("doctor.mailbox", what, "can be opened")


def _offline() -> Iterator[Line]:
    text = "mail servers, DNS, the public pages, sources and clocks of others"
    yield unseen("doctor.offline", "network", text, mend="call it without --offline")
