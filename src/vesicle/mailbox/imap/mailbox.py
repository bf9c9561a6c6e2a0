"""The folder as a mailbox: batches, and a second connection where the first is lost."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from vesicle.mailbox.imap.connection import Connection, Lost
from vesicle.mailbox.imap.options import Options
from vesicle.mailbox.maildir import MOST_BYTES
from vesicle.model.errors import TemporaryFailure
from vesicle.ports import Returned

_MOST_AT_ONCE = 100
_ID = re.compile(r"([0-9]{1,10})\.([0-9]{1,10})")
T = TypeVar("T")


class Mailbox:
    """A folder of an account on a mail server, by IMAP (RFC 3501); for one thread at a time."""

    def __init__(self, options: Options, *, folder: Path) -> None:
        self._options = options
        self._connection: Connection | None = None

    def new(self) -> Iterator[Returned]:
        """Yield the mails of the folder in the order they came, but for those marked as deleted.

        Of each at most `MOST_BYTES` are given, and none is marked as read. Raises TemporaryFailure where
        the server is away, PermanentFailure where it refuses us, and TemporaryFailure at the end, where it
        did not give some mails.
        """
        uids, validity = self._asked(lambda one: (one.uids(), one.validity))
        kept_back: list[TemporaryFailure] = []
        for first in range(0, len(uids), _MOST_AT_ONCE):
            some = uids[first : first + _MOST_AT_ONCE]
            sizes = self._asked(partial(Connection.sizes, uids=some), validity)
            for batch in _batches(sizes):
                for uid, content in sorted(self._contents(batch, validity, kept_back).items()):
                    yield Returned(id=f"{validity}.{uid}", content=content)
        if kept_back:
            raise kept_back[0]

    def put_aside(self, mail_id: str, *, is_understood: bool) -> None:
        """Move a mail into the folder `understood`, as read, or into `unmatched`.

        Where the server cannot move in one step and the connection is lost between the steps, the mail may
        be in that folder twice. Raises TemporaryFailure where the server is away or full.
        """
        found = _ID.fullmatch(mail_id)
        if found:
            validity, uid = int(found[1]), int(found[2])
            self._asked(partial(_move, validity=validity, uid=uid, is_understood=is_understood))

    def close(self) -> None:
        """Let the connection go; the next question opens it again."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _contents(
        self, uids: Sequence[int], validity: int, kept_back: list[TemporaryFailure]
    ) -> Mapping[int, bytes]:
        """Give the mails *uids*, one by one where the server does not give them together."""
        try:
            found = self._asked(partial(Connection.contents, uids=uids), validity)
            return {uid: content for uid, content in found.items() if uid in uids}
        except Lost:
            raise
        except TemporaryFailure as error:
            if len(uids) == 1:
                kept_back.append(error)
                return {}
        each = [self._contents([uid], validity, kept_back) for uid in uids]
        return {uid: content for one in each for uid, content in one.items()}

    def _asked(self, question: Callable[[Connection], T], validity: int | None = None) -> T:
        """Ask, and once more over a new connection where the old one is lost.

        Raises TemporaryFailure where the UIDs are no longer those of *validity*.
        """
        try:
            return self._put(question, validity)
        except Lost:
            self._drop()
        try:
            return self._put(question, validity)
        except Lost:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._connection:
            self._connection.drop()
            self._connection = None

    def _put(self, question: Callable[[Connection], T], validity: int | None) -> T:
        if self._connection is None:
            self._connection = Connection(self._options)
        if validity not in (None, self._connection.validity):
            raise TemporaryFailure(
                f"{self._options.folder} was numbered anew while it was read: read it again"
            )
        return question(self._connection)


def _batches(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Yield UIDs so that what is fetched together has `MOST_BYTES`, or is one mail."""
    batch: list[int] = []
    total = 0
    for uid, size in sorted(sizes.items()):
        if batch and total + size > MOST_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch


def _move(connection: Connection, validity: int, uid: int, *, is_understood: bool) -> None:
    if connection.validity == validity:
        connection.move(uid, "understood" if is_understood else "unmatched", is_read=is_understood)
