"""The mail for one delivery: its envelope and its bytes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module

from vesicle.deliver.email import verp
from vesicle.deliver.email.address import Route, route
from vesicle.deliver.email.headers import Stamp
from vesicle.deliver.email.mould import UNSUBSCRIBE_MAIL, Mould
from vesicle.deliver.email.options import Dkim, Options
from vesicle.deliver.email.personal import Links
from vesicle.model.delivery import Delivery
from vesicle.model.errors import ContentError, UserError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message
from vesicle.model.notice import notice_parts
from vesicle.model.subscriber import Subscriber
from vesicle.ports import Desk
from vesicle.text import tokens

_SITE = re.compile(r"https?://[\x21-\x7e]{1,200}(?<!/)")
_LIST = re.compile(r"<([^<>.]+)\.[^<>]*>")

Sign = Callable[[bytes], bytes]
"""Give the header field that signs a mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as SMTP wants it; *mail* is all of it but the final dot.

    *domain* is the recipient's, in small letters; *envelope_id* names the delivery to a server that can
    carry it back (ENVID, RFC 3461), empty where the sender does so.
    """

    sender: str
    to: str
    domain: str
    needs_utf8: bool
    message_id: str
    mail: bytes
    envelope_id: str = ""


class Letters:
    """Writes letters; each newsletter is encoded once, at its first letter."""

    def __init__(self, options: Options, desk: Desk) -> None:
        """Raise UserError when *desk* has no usable key or address of the public pages."""
        tokens.key_id(desk.key)
        if not _SITE.fullmatch(desk.site_url):
            raise UserError(
                f"site_url '{desk.site_url}' cannot stand in the link to leave",
                mend="write it in ASCII without a final slash, such as https://news.example.org",
            )
        self._options = options
        self._desk = desk
        self._moulds: dict[tuple[str, str], _Cast] = {}
        self._sign = _signer(options.dkim) if options.dkim else None

    def write(self, delivery: Delivery) -> Letter | str:
        """Give the letter for *delivery*, or the reason why none can be sent to this person.

        Raises ContentError when the newsletter itself cannot be written, which is no reader's fault.
        """
        cast = self._cast(delivery)
        if delivery.to is None:
            return "an e-mail needs somebody to go to"
        to = route(delivery.to.email)
        if isinstance(to, str):
            return to
        try:
            return self._written(cast, delivery, delivery.to, to)
        except ContentError as error:
            return "; ".join(problem.text for problem in error.problems)
        except ValueError:
            return "the reader's id is not 32 hexadecimal digits"

    def _written(self, cast: "_Cast", delivery: Delivery, reader: Subscriber, to: Route) -> Letter:
        message_id, now, options = self._message_id(cast, delivery), self._desk.clock(), self._options
        # Whoever asked for a notice may have given any name: none stands in it.
        named = Mailbox(name="" if cast.is_notice else reader.name, address=to.address)
        stamp = Stamp(to=named, date=now, message_id=message_id)
        values = {name: value(reader, now) for name, value in cast.values.items()}
        back = self._way_back(delivery, reader)
        mail = cast.mould.fill(stamp, values)
        return Letter(
            sender=f"b+{back}@{options.bounce_domain}" if options.bounce_domain else cast.sender,
            to=options.redirect_all or to.address,
            domain=(options.redirect_all or to.address).rpartition("@")[2].lower(),
            needs_utf8=to.needs_utf8,
            message_id=message_id,
            mail=self._sign(mail) + mail if self._sign else mail,
            envelope_id="" if options.bounce_domain else back,
        )

    def _cast(self, delivery: Delivery) -> "_Cast":
        # What is frozen under a slug never changes, so slug and language name a message for ever.
        name = (delivery.frozen, delivery.message.lang)
        cast = self._moulds.get(name)
        if cast is None:
            marked = replace(delivery, message=self._marked(delivery.message))
            cast = _Cast(marked, self._desk, leave_by=self._options.unsubscribe_address)
            self._moulds[name] = cast
        return cast

    def _marked(self, message: Message) -> Message:
        """Give *message* with what the options add to every mail."""
        subject = f"[TEST] {message.subject}" if self._options.redirect_all else message.subject
        return replace(message, subject=subject, headers=tuple(self._headers(message)))

    def _headers(self, message: Message) -> Iterator[tuple[str, str]]:
        for name, value in message.headers:
            leaves = name.lower() == "list-unsubscribe" and self._options.unsubscribe_address
            # The link stands first: some mail programs look at the first alone.
            yield name, f"{value}, <mailto:{UNSUBSCRIBE_MAIL}>" if leaves else value
        if self._options.cfbl_address:
            yield "CFBL-Address", f"{self._options.cfbl_address}; report=arf"
        if self._options.precedence:
            yield "Precedence", self._options.precedence

    def _message_id(self, cast: "_Cast", delivery: Delivery) -> str:
        """Give the same id for the same delivery, so that a mail sent again is known as such."""
        return f"{cast.slug}.{verp.message_seal(self._desk.key, delivery.key)}@{cast.domain}"

    def _way_back(self, delivery: Delivery, reader: Subscriber) -> str:
        """Name the delivery for whoever sends the mail back."""
        try:
            return verp.make(self._desk.key, verp.BOUNCE, slug=delivery.frozen, person_id=reader.id)
        except ValueError:
            if self._options.bounce_domain:
                raise
            return ""


def _signer(options: Dkim) -> Sign:
    try:
        # `cryptography` is wanted by those alone who sign here.
        sign: Sign = import_module("vesicle.deliver.email.dkim").signer(options)
    except ImportError as error:
        mend = "install it with: pip install 'vesicle[dkim]'"
        raise UserError("email: dkim needs the package cryptography", mend=mend) from error
    return sign


class _Cast:
    """A mould, and what else is the same for all mails of a newsletter; *values* make what is not."""

    def __init__(self, delivery: Delivery, desk: Desk, *, leave_by: str) -> None:
        message = delivery.message
        self.mould = Mould(message)
        self.sender = self.mould.sender.address
        self.domain = self.mould.sender.domain
        self.slug = re.sub(r"[^A-Za-z0-9-]+", "-", message.slug)
        self.is_notice = notice_parts(delivery.frozen) is not None
        links = Links(delivery, desk, list_name=_list_name(message) or delivery.frozen, leave_by=leave_by)
        self.values = links.values(self.mould.names)


def _list_name(message: Message) -> str:
    """Give what the reader leaves: the newsletter, as the first label of List-Id."""
    headers = {name.lower(): value for name, value in message.headers}
    found = _LIST.search(headers.get("list-id", ""))
    return found[1] if found else ""
