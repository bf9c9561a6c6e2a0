"""What `vesicle doctor` looks at of a site's mail: servers, DNS, a mail that was really sent."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from vesicle import registry
from vesicle.app import trial
from vesicle.deliver.email.address import route
from vesicle.deliver.email.options import Dkim, Options
from vesicle.deliver.email.trying import tried
from vesicle.model.checkup import Line, unseen
from vesicle.model.errors import OutsideError, PermanentFailure, UserError
from vesicle.model.issue import Newsletter
from vesicle.model.problem import Place, Problem
from vesicle.pipeline.diagnose import dkim, dmarc, exchange, servers, signed, spf
from vesicle.pipeline.diagnose.naming import Names, is_reserved, unless_away
from vesicle.pipeline.diagnose.rounds import Area
from vesicle.pipeline.send import EMAIL
from vesicle.ports import Mailbox

if TYPE_CHECKING:
    from vesicle.app import App


class Postal:
    """The mail of the site of *app*; *wait* lets seconds pass."""

    def __init__(self, app: "App", *, wait: Callable[[float], None]) -> None:
        self._app = app
        self._wait = wait

    def areas(self, *, sends: bool) -> Iterator[Area]:
        """Yield what is to be looked at; a mail is sent where it *sends*."""
        yield Area(name="mail server", look=self._servers)
        for domain, newsletter in self._senders.items():
            yield from self._domain(domain, newsletter)
        yield Area(name="signed mail", look=lambda: self._signed(sends=sends))

    @cached_property
    def options(self) -> Options | None:
        """Give the options of the channel `email`; None where there is none, or it cannot be read."""
        try:
            plugin = self._plugin()
        except UserError:
            return None
        found = plugin.options if plugin else None
        return found if isinstance(found, Options) else None

    def _plugin(self) -> registry.Plugin | None:
        entries = {name: one for name, one in self._app.settings.channels.items() if name == EMAIL}
        return next((plugin for _, plugin in self._app.plugins("deliver", entries)), None)

    @cached_property
    def _names(self) -> Names:
        from vesicle.net.dns import Dns  # noqa: PLC0415 - nothing else asks DNS

        host, port = self._app.settings.doctor.server
        return Dns(host, port=port)

    @cached_property
    def _senders(self) -> dict[str, Newsletter]:
        """Give the domains that newsletters are from, each with one of them."""
        return {_ascii(one.sender.domain): one for one in self._app.newsletters.values()}

    def _servers(self) -> Iterator[Line]:
        self._plugin()  # raises what is wrong with its settings
        for name, server in (self.options.each() if self.options else {}).items():
            yield from servers.look(name, server, tried(server), now=self._app.clock())

    def _domain(self, domain: str, newsletter: Newsletter) -> Iterator[Area]:
        if is_reserved(domain):
            yield Area(name=f"DNS of {domain}", look=lambda: iter([_nobodys(domain)]))
            return
        bounces = self.options.bounce_domain if self.options else ""
        answers = _ascii(newsletter.reply_to.rpartition("@")[2].lower())
        yield self._asking(f"SPF of {bounces or domain}", lambda: spf.look(bounces or domain, self._names))
        yield self._asking(f"DKIM of {domain}", lambda: self._dkim(domain))
        yield self._asking(f"DMARC of {domain}", lambda: self._dmarc(domain, bounces))
        for name in dict.fromkeys((domain, answers)):
            yield self._written_to(name, takes_bounces=False)
        if bounces and bounces not in (domain, answers):
            yield self._written_to(bounces, takes_bounces=True)

    def _asking(self, name: str, look: Callable[[], Iterator[Line]]) -> Area:
        return Area(name=name, look=lambda: unless_away(name, look()))

    def _written_to(self, domain: str, *, takes_bounces: bool) -> Area:
        return self._asking(
            f"mail to {domain}", lambda: exchange.look(domain, self._names, takes_bounces=takes_bounces)
        )

    def _dkim(self, domain: str) -> Iterator[Line]:
        options = self.options.dkim if self.options else None
        if options is None:
            yield dkim.elsewhere(domain)
        else:
            yield from dkim.look(_signing(options), self._names)

    def _dmarc(self, domain: str, bounces: str) -> Iterator[Line]:
        signer = self.options.dkim.domain.lower() if self.options and self.options.dkim else ""
        sender = dmarc.Sender(domain=domain, envelope=bounces or domain, signer=signer)
        return dmarc.look(sender, self._names)

    def _signed(self, *, sends: bool) -> Iterator[Line]:
        doctor = self._app.settings.doctor
        if not doctor.mailbox:
            yield signed.not_set()
        elif not sends:
            yield signed.not_asked()
        else:
            yield from self._sent(doctor.mailbox)

    def _sent(self, name: str) -> Iterator[Line]:
        mailbox = self._test_mailbox(name)
        try:
            verify = import_module("vesicle.deliver.email.verifying").signatures
        except ImportError:
            yield signed.not_verified()
            return
        for domain, newsletter in self._senders.items():
            try:
                word = self._posted(newsletter)
            except OutsideError as error:
                yield signed.not_sent(error)
                continue
            seconds = self._app.settings.doctor.wait_seconds
            mail = trial.arrived(mailbox, word, seconds=seconds, wait=self._wait)
            if mail is None:
                yield signed.not_arrived(name, seconds)
            else:
                yield from signed.look(tuple(verify(mail, self._names.texts)), domain, self._names)

    def _posted(self, newsletter: Newsletter) -> str:
        plugin = self._plugin()
        if plugin is None:
            raise PermanentFailure("there is no channel `email`")
        channel = plugin.make(plugin.options, desk=self._app.posting.desk(EMAIL))
        return trial.send(self._app, channel, newsletter)

    def _test_mailbox(self, name: str) -> Mailbox:
        known = self._app.settings.returns.mailboxes
        if name not in known:
            raise UserError([_no_mailbox(name, known)])
        # Switched off, it is one that `vesicle run` leaves alone.
        entry = known[name].model_copy(update={"enabled": True})
        ((_, plugin),) = self._app.plugins("mailbox", {name: entry})
        mailbox: Mailbox = plugin.make(plugin.options, folder=self._app.root)
        return mailbox


def _signing(options: Dkim) -> dkim.Signing:
    try:
        key = import_module("vesicle.deliver.email.dkim").public_key(options)
    except ImportError as error:
        mend = "install it with: pip install 'vesicle[dkim]'"
        raise UserError("email: dkim needs the package cryptography", mend=mend) from error
    return dkim.Signing(
        domain=options.domain, selector=options.selector, key=key, algorithm=options.algorithm
    )


def _no_mailbox(name: str, known: Iterable[str]) -> Problem:
    return Problem(
        code="doctor.no-mailbox",
        text=f"`doctor: mailbox` names `{name}`, and there is no such mailbox",
        where=Place(file="config.yaml"),
        mend=f"known: {', '.join(known) or 'none'}; write it below `returns: mailboxes`",
    )


def _nobodys(domain: str) -> Line:
    mend = "write your own domain as `sender`"
    return unseen("doctor.dns", f"DNS of {domain}", f"{domain} stands in examples alone", mend=mend)


def _ascii(domain: str) -> str:
    """Give *domain* as DNS knows it, unchanged where it cannot be written so."""
    found = route(f"a@{domain}")
    return domain if isinstance(found, str) else found.domain
