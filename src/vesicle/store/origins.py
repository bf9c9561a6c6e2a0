"""Which delivery something is about that came back, in the transaction of whoever asks."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, literal, select

from vesicle.deliver.email import verp
from vesicle.model.delivery import is_rehearsed
from vesicle.model.event import Event
from vesicle.model.subscriber import Subscriber
from vesicle.store.columns import AnyRow
from vesicle.store.identity import address_hash, addressee, delivery_key
from vesicle.store.subscribers.rows import find, subscriber
from vesicle.store.tables import deliveries, frozen, subscribers

_MOST_MAILS = 500
"""How many of the last mails to somebody are tried out for a Message-ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The person (a row of `subscribers`), and the number of what was frozen; None where nobody knows."""

    person: AnyRow
    frozen_id: int | None = None


class Origins:
    """Finds people and what they were sent, by whatever only our *key* can have made."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._slugs: dict[bytes, int] = {}
        self._beside: set[int] = set()
        self._read_up_to = 0

    def find(self, connection: Connection, event: Event, *, is_signed: bool) -> Found | None:
        """Give whom *event* is about; the address alone counts only where a provider *is_signed* for it.

        What came back of a rehearsal is about nobody: the mail went to another address than the reader's.
        So is what came back of a mail to an address: its owner got it as what they are beside a reader.
        """
        origin = self._origin(event)
        frozen_id = self._frozen(connection, origin.slug_hash) if origin else None
        if frozen_id in self._beside:
            return None
        person = find(connection, origin.person_id) if origin else None
        if person is not None:
            return Found(person=person, frozen_id=frozen_id)
        person = self._with_address(connection, event.recipient)
        seal = _seal(event)
        if person is None or (seal and self._is_beside(connection, seal)):
            return None
        frozen_id = self._by_message_id(connection, person, seal) if seal else None
        return Found(person=person, frozen_id=frozen_id) if is_signed or frozen_id else None

    def _origin(self, event: Event) -> verp.Origin | None:
        read = (verp.read(self._key, purpose, event.token) for purpose in (verp.BOUNCE, verp.LEAVE))
        return next((one for one in read if one), None) if event.token else None

    def _frozen(self, connection: Connection, slug_hash: bytes) -> int | None:
        if slug_hash not in self._slugs:
            new = select(frozen.c.id, frozen.c.slug, frozen.c.address).where(frozen.c.id > self._read_up_to)
            for row in connection.execute(new.order_by(frozen.c.id)):
                self._slugs[verp.slug_hash(row.slug)] = self._read_up_to = row.id
                self._beside |= {row.id} if is_rehearsed(row.slug) or row.address else set()
        return self._slugs.get(slug_hash)

    def _with_address(self, connection: Connection, email: str) -> AnyRow | None:
        if "@" not in email:
            return None
        digest = address_hash(self._key, email)
        return connection.execute(select(subscribers).where(subscribers.c.hash == digest)).one_or_none()

    def _by_message_id(self, connection: Connection, person: AnyRow, seal: str) -> int | None:
        to = subscriber(person)
        for frozen_id, slug in _mails(connection, person):
            if self._is_sealed(seal, slug, to):
                return None if is_rehearsed(slug) else frozen_id
        return None

    def _is_beside(self, connection: Connection, seal: str) -> bool:
        """Tell whether *seal* is that of one of the last mails to an address."""
        mails = _mails_to_addresses(connection)
        return any(self._is_sealed(seal, slug, addressee(slug, address)) for slug, address in mails)

    def _is_sealed(self, seal: str, slug: str, to: Subscriber) -> bool:
        ours = verp.message_seal(self._key, delivery_key(slug, "", to))
        return hmac.compare_digest(seal, ours)


def _seal(event: Event) -> str:
    """Give what may be the seal in the Message-ID of the mail that came back; empty where there is none."""
    seal = event.message_id.partition("@")[0].rpartition(".")[2]
    return seal if len(seal) == 32 and seal.isascii() else ""


def _mails_to_addresses(connection: Connection) -> Iterator[tuple[str, str]]:
    is_to_one = frozen.c.address != literal("", literal_execute=True)  # the condition of the index
    rows = select(frozen.c.slug, frozen.c.address).where(is_to_one).order_by(frozen.c.id.desc())
    yield from ((row.slug, row.address) for row in connection.execute(rows.limit(_MOST_MAILS)))


def _mails(connection: Connection, person: AnyRow) -> Iterator[tuple[int, str]]:
    rows = (
        select(frozen.c.id, frozen.c.slug)
        # The sum keeps SQLite from reading all deliveries to find those of one person.
        .join(
            deliveries,
            (deliveries.c.frozen_id == frozen.c.id + 0) & (deliveries.c.subscriber_id == person.id),
        )
        .order_by(frozen.c.id.desc())
        .limit(_MOST_MAILS)
    )
    yield from ((row.id, row.slug) for row in connection.execute(rows))
