"""What differs from one reader of a mail to the next: the links that open a page for them alone."""

from collections.abc import Callable, Mapping
from datetime import datetime

from vesicle.deliver.email import verp
from vesicle.deliver.email.mould import UNSUBSCRIBE_MAIL
from vesicle.model.delivery import Delivery
from vesicle.model.errors import ContentError
from vesicle.model.message import Personal
from vesicle.model.notice import CONFIRM, DATA, notice_parts
from vesicle.model.problem import Place, Problem
from vesicle.model.subscriber import Subscriber
from vesicle.ports import Desk
from vesicle.text import doors
from vesicle.text.doors import Door, Visitor

Value = Callable[[Subscriber, datetime], str]
"""Give a personal value for a reader, in a mail that is written at that moment (UTC)."""

# Each is about one notice, and works for a while.
_TIMED = {Door.CONFIRM: CONFIRM, Door.DATA: DATA}


class Links:
    """Makes the personal links of the mails that were frozen with *delivery*.

    *list_name* is what its readers leave, and *leave_by* the address that they can leave by writing to.
    """

    def __init__(self, delivery: Delivery, desk: Desk, *, list_name: str, leave_by: str) -> None:
        self._delivery = delivery
        self._desk = desk
        self._list_name = list_name
        self._leave_by = leave_by

    def values(self, names: frozenset[str]) -> Mapping[str, Value]:
        """Give how each of *names* is made, and no other: a link takes time, and there is one for each mail.

        Raises ContentError for a link that these mails cannot have.
        """
        makers: Mapping[str, Callable[[], Value]] = {
            Personal.UNSUBSCRIBE_URL: lambda: self._lasting(Door.LEAVE, self._list_name),
            Personal.CHOOSE_URL: lambda: self._lasting(Door.CHOOSE, ""),
            Personal.CONFIRM_URL: lambda: self._timed(Door.CONFIRM),
            Personal.DATA_URL: lambda: self._timed(Door.DATA),
            UNSUBSCRIBE_MAIL: lambda: self._leave_address,
        }
        return {name: maker() for name, maker in makers.items() if name in names}

    def _lasting(self, door: Door, about: str) -> Value:
        return lambda reader, _: self._url(door, Visitor(person_id=reader.id, about=about))

    def _timed(self, door: Door) -> Value:
        purpose, number = notice_parts(self._delivery.frozen) or ("", "")
        if purpose != _TIMED[door]:
            raise _misplaced(door, self._delivery.message.slug)
        return lambda reader, now: self._url(door, Visitor(person_id=reader.id, about=number, made=now))

    def _url(self, door: Door, visitor: Visitor) -> str:
        return doors.url(self._desk.site_url, self._desk.key, door, visitor)

    def _leave_address(self, reader: Subscriber, _: datetime) -> str:
        token = verp.make(self._desk.key, verp.LEAVE, slug=self._delivery.frozen, person_id=reader.id)
        local, _at, domain = self._leave_by.rpartition("@")
        return f"{local}+{token}@{domain}"


def _misplaced(door: Door, slug: str) -> ContentError:
    text = f"the mail '{slug}' has the link of a notice of another purpose ('{_TIMED[door]}')"
    mend = "take that link out of its templates"
    return ContentError([Problem(code="email.link", text=text, where=Place(file=slug), mend=mend)])
