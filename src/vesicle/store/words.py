"""What the editor is to be told, in a database."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from vesicle.model.word import DAY, WEIGHT, Cause, Digest, Pace, Waiting, Word
from vesicle.ports import Writer
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.freezing import freeze_one
from vesicle.store.packing import pack_word, unpack_word
from vesicle.store.tables import digests, words

_UNTOLD = words.c.word.is_not(None)


class SqlWords:
    """A `ports.Words` in a database; the mails are owed in its ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, words: Iterable[Word], *, now: datetime) -> int:
        """Note what is so; return how many of *words* are news."""
        noted = tuple(words)
        with self._database.reading() as connection:
            # Most of what is noted is known, and need not wait for whoever is writing.
            if all(_is_known(_find(connection, word.cause, word.about), word) for word in noted):
                return 0
        with self._database.writing() as connection:
            return sum([_note(connection, word) for word in noted])

    def resolve(self, cause: Cause, about: str) -> None:
        """Note that it is no longer so; if it comes back, it is news."""
        with self._database.reading() as connection:
            known = _find(connection, cause, about)
            if known is None or known.state is None:
                return
        over = update(words).where(words.c.cause == cause, words.c.about == about)
        with self._database.writing() as connection:
            # When the editor heard of it stays: what comes and goes is not told each time at once.
            connection.execute(over.values(state=None, told=None, word=None))

    def untold(self) -> Sequence[Word]:
        """Give what waits to be told, the most important first."""
        with self._database.reading() as connection:
            waiting = [one.word for one in _waiting(connection)]
        return sorted(waiting, key=lambda word: WEIGHT[word.cause])

    def tell(self, writer: Writer, *, now: datetime, pace: Pace) -> Sequence[Word]:
        """Freeze the mails of the digest that is due, and give what it tells."""
        with self._database.reading() as connection:
            # There is mostly nothing to tell, and then mostly not yet.
            if not connection.execute(select(words.c.id).where(_UNTOLD).limit(1)).first():
                return ()
            if _due(connection, pace, now) is None:
                return ()
        with self._database.writing() as connection:
            digest = _due(connection, pace, now)
            if digest is None:
                return ()
            # Rounded down: what is kept as later than now would count as a clock that was put back.
            at = now.replace(microsecond=0)
            _freeze(connection, writer, digest, at)
            for word in digest.words:
                _tell(connection, word, at)
            return digest.words


def _note(connection: Connection, word: Word) -> bool:
    """Note one word; tell whether it is news."""
    known = _find(connection, word.cause, word.about)
    if _is_known(known, word):
        return False
    if known is None:
        first = {"cause": word.cause, "about": word.about, "state": word.state, "word": pack_word(word)}
        connection.execute(insert(words).values(first))
        return True
    is_told = known.told == word.state
    values = {"state": word.state, "word": None if is_told else pack_word(word)}
    connection.execute(update(words).where(words.c.id == known.id).values(values))
    return not is_told


def _is_known(known: AnyRow | None, word: Word) -> bool:
    return known is not None and known.state == word.state


def _find(connection: Connection, cause: Cause, about: str) -> AnyRow | None:
    rows = select(words).where(words.c.cause == cause, words.c.about == about)
    return connection.execute(rows).one_or_none()


def _waiting(connection: Connection) -> list[Waiting]:
    rows = select(words.c.word, words.c.heard).where(_UNTOLD).order_by(words.c.id)
    return [Waiting(word=unpack_word(row.word), heard=row.heard) for row in connection.execute(rows)]


def _due(connection: Connection, pace: Pace, now: datetime) -> Digest | None:
    sent = connection.execute(select(digests.c.at).where(digests.c.at > now - DAY)).scalars().all()
    last = connection.execute(select(func.max(digests.c.number))).scalar_one_or_none() or 0
    return pace.digest(_waiting(connection), sent, number=last + 1, now=now)


def _freeze(connection: Connection, writer: Writer, digest: Digest, at: datetime) -> None:
    mails = writer(digest)
    for mail in mails:
        freeze_one(connection, mail, None)
    if mails:
        connection.execute(insert(digests).values(number=digest.number, at=at))
        old = (digests.c.at <= at - DAY) & (digests.c.number < digest.number)
        connection.execute(delete(digests).where(old))


def _tell(connection: Connection, word: Word, at: datetime) -> None:
    told = update(words).where(words.c.cause == word.cause, words.c.about == word.about)
    connection.execute(told.values(told=word.state, heard=at, word=None))
