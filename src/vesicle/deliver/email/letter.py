"""The mail for one delivery: its envelope and its bytes."""

import hashlib
import hmac
import re
from dataclasses import dataclass

from vesicle.deliver.email.address import route
from vesicle.deliver.email.headers import Stamp
from vesicle.deliver.email.mould import Mould
from vesicle.model.delivery import Delivery
from vesicle.model.errors import ContentError, UserError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Personal
from vesicle.model.subscriber import Subscriber
from vesicle.ports import Desk
from vesicle.text import tokens

_SITE = re.compile(r"https?://[\x21-\x7e]{1,200}(?<!/)")
_LIST = re.compile(r"<([^<>.]+)\.[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as SMTP wants it; *mail* is all of it but the final dot."""

    sender: str
    to: str
    domain: str
    needs_utf8: bool
    message_id: str
    mail: bytes
    envelope_id: str = ""


class Letters:
    """Writes letters; each newsletter is encoded once, at its first letter."""

    def __init__(self, desk: Desk) -> None:
        """Raise UserError when *desk* has no usable key or address of the public pages."""
        tokens.key_id(desk.key)
        if not _SITE.fullmatch(desk.site_url):
            raise UserError(
                f"site_url '{desk.site_url}' cannot stand in the link to leave",
                mend="write it in ASCII without a final slash, such as https://news.example.org",
            )
        self._desk = desk
        self._moulds: dict[tuple[str, str], Mould] = {}

    def write(self, delivery: Delivery) -> Letter | str:
        """Give the letter for *delivery*, or the reason why none can be sent to this person.

        Raises ContentError when the newsletter itself cannot be written, which is no reader's fault.
        """
        mould = self._mould(delivery)
        if delivery.to is None:
            return "an e-mail needs somebody to go to"
        to = route(delivery.to.email)
        if isinstance(to, str):
            return to
        message_id = self._message_id(delivery, mould.sender)
        mailbox = Mailbox(name=delivery.to.name, address=to.address)
        stamp = Stamp(to=mailbox, date=self._desk.clock(), message_id=message_id)
        try:
            mail = mould.fill(stamp, {Personal.UNSUBSCRIBE_URL: self._leave_url(delivery, delivery.to)})
        except ContentError as error:
            return "; ".join(problem.text for problem in error.problems)
        return Letter(
            sender=mould.sender.address,
            to=to.address,
            domain=to.domain.lower(),
            needs_utf8=to.needs_utf8,
            message_id=message_id,
            mail=mail,
        )

    def _mould(self, delivery: Delivery) -> Mould:
        # What is frozen under a slug never changes, so slug and language name a message for ever.
        name = (delivery.frozen, delivery.message.lang)
        if name not in self._moulds:
            self._moulds[name] = Mould(delivery.message)
        return self._moulds[name]

    def _message_id(self, delivery: Delivery, sender: Mailbox) -> str:
        """Give the same id for the same delivery, so that a mail sent again is known as such."""
        seal = hmac.new(self._desk.key, b"vesicle message-id " + delivery.key.encode(), hashlib.sha256)
        slug = re.sub(r"[^A-Za-z0-9-]+", "-", delivery.message.slug)
        return f"{slug}.{seal.hexdigest()[:32]}@{sender.domain}"

    def _leave_url(self, delivery: Delivery, subscriber: Subscriber) -> str:
        subject = f"{subscriber.id}.{_list_name(delivery)}"
        return f"{self._desk.site_url}/u/{tokens.make(self._desk.key, 'unsubscribe', subject)}"


def _list_name(delivery: Delivery) -> str:
    """Give what the reader leaves: the newsletter, as the first label of List-Id, else what was frozen."""
    headers = {name.lower(): value for name, value in delivery.message.headers}
    found = _LIST.search(headers.get("list-id", ""))
    return found[1] if found else delivery.frozen
