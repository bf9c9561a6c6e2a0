"""Writes posts into files, for a person to publish."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from vesicle.disk import sync_folder
from vesicle.model.delivery import Delivery, Outcome, Receipt, State
from vesicle.model.errors import TemporaryFailure
from vesicle.ports import Desk, Ledger
from vesicle.posting.places import file_name, refuse_outside, write

_log = logging.getLogger(__name__)
_RETRY_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The folder of the site that the posts go to; raises UserError for one outside the site."""

    folder: str = "outbox"

    def __post_init__(self) -> None:
        refuse_outside(self.folder, who="outbox")


class Channel:
    """Delivers the text of a post to `<folder>/<channel>/<slug>.<language>.txt`, whole or not at all.

    The point of no return is the renaming of a finished file. A file that is there is never changed, since
    a person may have edited it: where it holds the same text the post counts as sent, where it holds
    another the post goes beside it, under a name with eight digits that are the delivery's own. A file of
    that name can only be this delivery's, so the post counts as sent whatever it holds by now.
    """

    def __init__(self, options: Options, *, desk: Desk) -> None:
        self._site = Path(desk.folder)
        self._folder = self._site / options.folder / file_name(desk.name)
        self._name = desk.name
        self._clock = desk.clock

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once.

        Raises TemporaryFailure when the folder cannot be written to; the post in hand is then deferred and
        the rest of *feed* untouched.
        """
        for delivery in feed:
            self._deliver(delivery, ledger)
        ledger.flush()

    def _deliver(self, delivery: Delivery, ledger: Ledger) -> None:
        draft = self._folder / f".{_digits(delivery)}.tmp"
        with self._deferring(delivery, ledger):
            _write(draft, _text(delivery))
        if not ledger.begin(delivery, now=self._clock()).result():
            draft.unlink()
            ledger.release([delivery])
            return
        # Even where only the last step failed and the file is there, the next try finds it and is done.
        with self._deferring(delivery, ledger):
            path = _publish(delivery, draft)
        receipt = Receipt(remote=path.relative_to(self._site).as_posix())
        ledger.end(delivery, Outcome(state=State.SENT, at=self._clock(), receipt=receipt))
        _log.info("deliver.sent channel=%s key=%s", self._name, delivery.key)

    @contextmanager
    def _deferring(self, delivery: Delivery, ledger: Ledger) -> Iterator[None]:
        """Put *delivery* off and end the run when the disk fails."""
        try:
            yield
        except OSError as error:
            reason = f"{self._folder} cannot be written to: {error.strerror}"
            at = self._clock()
            ledger.end(
                delivery, Outcome(state=State.DEFERRED, at=at, reason=reason, retry_at=at + _RETRY_AFTER)
            )
            raise TemporaryFailure(reason) from error


def _publish(delivery: Delivery, draft: Path) -> Path:
    """Give *draft* its name, unless the post is there already, and return the path of the post."""
    slug, lang = file_name(delivery.message.slug), file_name(delivery.message.lang)
    shared = draft.with_name(f"{slug}.{lang}.txt")
    own = draft.with_name(f"{slug}.{lang}.{_digits(delivery)}.txt")
    for path, is_done in ((shared, _holds(shared, _text(delivery))), (own, own.exists())):
        if is_done:
            draft.unlink()
            return path
    path = own if shared.exists() else shared
    draft.replace(path)
    sync_folder(path.parent)
    return path


def _text(delivery: Delivery) -> bytes:
    return delivery.message.text.encode()


def _digits(delivery: Delivery) -> str:
    return hashlib.sha256(delivery.key.encode()).hexdigest()[:8]


def _holds(path: Path, text: bytes) -> bool:
    return path.is_file() and path.read_bytes() == text


def _write(path: Path, text: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, text)
