"""What readers do on the public pages, in a database."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from vesicle.model.delivery import Frozen
from vesicle.model.notice import CONFIRM, notice_parts
from vesicle.model.reader import Ask, AskPurpose, Confirmation, Settled, Settlement, Standing, Wishes
from vesicle.model.subscriber import Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.ports import Judge
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.freezing import owe
from vesicle.store.identity import address_hash, address_key
from vesicle.store.subscribers.adding import add_people
from vesicle.store.subscribers.consent_log import form_id, log_consent
from vesicle.store.subscribers.rows import find, subscriber
from vesicle.store.tables import asks, departures, forms, subscribers, suppressions, wordings

COUNTED_FOR = timedelta(hours=1)
"""How long a mail that was owed counts for the limits of its network and domain."""

KEPT_FOR = timedelta(days=1)
"""How long a settled ask is kept, without its address."""

_ON_THE_LIST = (SubscriberStatus.PENDING, SubscriberStatus.CONFIRMED)


class SqlReaders:
    """A `ports.Readers` in a database that is bound to *key* (`key.bind_key`)."""

    def __init__(self, database: Database, *, key: bytes) -> None:
        self._database = database
        self._key = key

    def ask(self, ask: Ask, *, wording: str = "") -> None:
        """Keep *ask* for `settle`, with the same work whoever it is about."""
        with self._database.writing() as connection:
            _keep_wording(connection, ask.consent, wording)
            row = {
                "purpose": ask.purpose,
                "email": ask.email,
                "domain": address_key(ask.email).rpartition("@")[2],
                "network": ask.network,
                "language": ask.wishes.language,
                "topics": list(ask.wishes.topics),
                "frequency": ask.wishes.frequency,
                "form_id": form_id(connection, ask.consent),
                "at": ask.consent.at,
                "is_owed": False,
            }
            connection.execute(insert(asks).values(row))

    def settle(self, judge: Judge, *, now: datetime, limit: int) -> Settled:
        """Answer the oldest asks, at most *limit*, as *judge* decides; tell how many, and the refusals."""
        refusals: Counter[str] = Counter()
        old = asks.c.settled < now - KEPT_FOR
        with self._database.reading() as connection:
            # Most looks find nothing, and need not wait for whoever is writing.
            if not connection.execute(select(asks.c.id).where(asks.c.settled.is_(None) | old)).first():
                return Settled(count=0, refusals=refusals)
        with self._database.writing() as connection:
            connection.execute(asks.delete().where(old))
            rows = (
                select(asks, forms.c.source, forms.c.wording, forms.c.version)
                .add_columns(forms.c.language.label("shown_in"))
                .join(forms, forms.c.id == asks.c.form_id)
                .where(asks.c.settled.is_(None))
                .order_by(asks.c.id)
                .limit(limit)
            )
            found = connection.execute(rows).all()
            for row in found:
                decided = self._settle_one(connection, row, judge, now)
                refusals[decided.refusal] += bool(decided.refusal)
        return Settled(count=len(found), refusals=+refusals)

    def confirm(
        self,
        person_id: str,
        number: int,
        consent: Consent,
        *,
        series: Sequence[tuple[datetime, Frozen]] = (),
    ) -> Confirmation:
        """Put a pending person on the list, by the confirmation mail with *number*, once."""
        with self._database.writing() as connection:
            row = find(connection, person_id)
            if row is not None and row.status is SubscriberStatus.CONFIRMED:
                return Confirmation.ALREADY
            if row is None or not _may_confirm(connection, row, number):
                return Confirmation.VOID
            values = {"status": SubscriberStatus.CONFIRMED, "settled": row.asked, "since": consent.at.date()}
            connection.execute(update(subscribers).where(subscribers.c.id == row.id).values(values))
            log_consent(connection, row.id, consent)
            for due, notice in series:
                owe(connection, notice, row.id, due=due)
            return Confirmation.CONFIRMED

    def leave(self, person_id: str, consent: Consent, *, reason: str = "") -> bool:
        """Take a person off the list; tell whether they were on it."""
        with self._database.writing() as connection:
            row = find(connection, person_id)
            if row is None or row.status not in _ON_THE_LIST:
                return False
            values = {"status": SubscriberStatus.UNSUBSCRIBED, "settled": row.asked}
            connection.execute(update(subscribers).where(subscribers.c.id == row.id).values(values))
            log_consent(connection, row.id, consent)
            if reason:
                connection.execute(insert(departures).values(at=consent.at, reason=reason))
            return True

    def prefer(self, person_id: str, wishes: Wishes, consent: Consent) -> bool:
        """Keep how a person wants the newsletter; tell whether they are there and have not left."""
        with self._database.writing() as connection:
            row = find(connection, person_id)
            if row is None or row.status not in _ON_THE_LIST:
                return False
            _keep_wishes(connection, row.id, wishes)
            log_consent(connection, row.id, consent)
            return True

    def wishes(self, person_id: str) -> Wishes | None:
        """Give how a person wants the newsletter; None where they are not there or have left."""
        with self._database.reading() as connection:
            row = find(connection, person_id)
        if row is None or row.status not in _ON_THE_LIST:
            return None
        return Wishes(
            language=row.language,
            topics=tuple(row.topics),
            frequency=row.frequency,
            paused_until=row.paused_until,
        )

    def wording(self, digest: str) -> str:
        """Give the text whose SHA-256 (hex) is *digest*, as `ask` kept it; empty where it did not."""
        with self._database.reading() as connection:
            text = select(wordings.c.text).where(wordings.c.hash == digest)
            return connection.execute(text).scalar_one_or_none() or ""

    def _settle_one(self, connection: Connection, row: AnyRow, judge: Judge, now: datetime) -> Settlement:
        ask = _ask(row)
        digest = address_hash(self._key, ask.email)
        known = connection.execute(select(subscribers).where(subscribers.c.hash == digest)).one_or_none()
        decided = judge(ask, _standing(connection, row, known, digest, now))
        if decided.enrols:
            known = self._enrol(connection, ask, known, decided)
        is_owed = decided.notice is not None and known is not None
        if decided.notice is not None and known is not None:
            owe(connection, decided.notice, known.id, due=now)
            _count_confirmation(connection, known, decided.notice)
        done = update(asks).where(asks.c.id == row.id)
        connection.execute(done.values(settled=now, email="", is_owed=is_owed))
        return decided

    def _enrol(
        self, connection: Connection, ask: Ask, known: AnyRow | None, decided: Settlement
    ) -> AnyRow | None:
        if known is None:
            person = Subscriber(
                id=decided.new_id,
                email=ask.email,
                status=SubscriberStatus.PENDING,
                language=ask.wishes.language,
                topics=ask.wishes.topics,
                frequency=ask.wishes.frequency,
            )
            add_people(connection, self._key, [(person, ask.consent)])
            return find(connection, decided.new_id)
        again = update(subscribers).where(subscribers.c.id == known.id)
        connection.execute(again.values(status=SubscriberStatus.PENDING))
        _keep_wishes(connection, known.id, ask.wishes)
        log_consent(connection, known.id, ask.consent)
        return known


def _ask(row: AnyRow) -> Ask:
    consent = Consent(
        event=ConsentEvent.ASKED,
        at=row.at,
        source=row.source,
        wording=row.wording,
        version=row.version,
        language=row.shown_in,
    )
    wishes = Wishes(language=row.language, topics=tuple(row.topics), frequency=row.frequency)
    purpose: AskPurpose = row.purpose
    return Ask(purpose=purpose, email=row.email, wishes=wishes, consent=consent, network=row.network)


def _standing(
    connection: Connection, row: AnyRow, known: AnyRow | None, digest: bytes, now: datetime
) -> Standing:
    why = select(suppressions.c.reason).where(suppressions.c.hash == digest)
    lately = select(func.count()).where(asks.c.is_owed.is_(True), asks.c.settled > now - COUNTED_FOR)
    network = lately.where(asks.c.network == row.network)
    return Standing(
        person=subscriber(known) if known else None,
        suppression=connection.execute(why).scalar_one_or_none(),
        number=known.asked + 1 if known else 1,
        asked=known.asked - known.settled if known else 0,
        from_network=connection.execute(network).scalar_one() if row.network else 0,
        from_domain=connection.execute(lately.where(asks.c.domain == row.domain)).scalar_one(),
    )


def _count_confirmation(connection: Connection, known: AnyRow, notice: Frozen) -> None:
    parts = notice_parts(notice.slug)
    if parts and parts[0] == CONFIRM:
        sent = update(subscribers).where(subscribers.c.id == known.id)
        connection.execute(sent.values(asked=int(parts[1])))


def _may_confirm(connection: Connection, row: AnyRow, number: int) -> bool:
    is_theirs = row.status is SubscriberStatus.PENDING and row.settled < number <= row.asked
    suppressed = select(suppressions.c.hash).where(suppressions.c.hash == row.hash)
    return is_theirs and connection.execute(suppressed).first() is None


def _keep_wishes(connection: Connection, number: int, wishes: Wishes) -> None:
    values = {
        "language": wishes.language,
        "topics": list(wishes.topics),
        "frequency": wishes.frequency,
        "paused_until": wishes.paused_until,
    }
    connection.execute(update(subscribers).where(subscribers.c.id == number).values(values))


def _keep_wording(connection: Connection, consent: Consent, wording: str) -> None:
    if wording:
        row = sqlite_insert(wordings).values(hash=consent.wording, text=wording)
        connection.execute(row.on_conflict_do_nothing())
