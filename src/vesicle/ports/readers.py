"""What readers do on the public pages, as a store keeps it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from vesicle.model.delivery import Frozen
from vesicle.model.reader import Ask, Confirmation, Settled, Settlement, Standing, Wishes
from vesicle.model.subscriber import Consent

Judge = Callable[[Ask, Standing], Settlement]
"""Decide what is done about an ask; it is called within a transaction, and does no I/O."""


class Readers(Protocol):
    """The people on the list, as they change it themselves. Each method is one durable transaction.

    Nobody is told apart by an error: what concerns somebody who is not there, or not any more, does nothing.
    """

    def ask(self, ask: Ask, *, wording: str = "") -> None:
        """Keep *ask* for `settle`. *wording* is the text whose hash its consent has, kept once."""
        ...

    def settle(self, judge: Judge, *, now: datetime, limit: int) -> Settled:
        """Settle the oldest asks, at most *limit*, as *judge* decides; tell how many, and the refusals.

        Of each ask its person, its entry of the consent log, the notice it is owed and that it is settled
        are written down together or not at all; its address is then forgotten.
        """
        ...

    def confirm(
        self,
        person_id: str,
        number: int,
        consent: Consent,
        *,
        series: Sequence[tuple[datetime, Frozen]] = (),
    ) -> Confirmation:
        """Put a pending person on the list, by the confirmation mail with *number*, once.

        *series* are the notices that they are then owed, each from its moment on.
        """
        ...

    def leave(self, person_id: str, consent: Consent, *, reason: str = "") -> bool:
        """Take a person off the list; tell whether they were on it. *reason* is kept without them."""
        ...

    def prefer(self, person_id: str, wishes: Wishes, consent: Consent) -> bool:
        """Keep how a person wants the newsletter; tell whether they are there and have not left."""
        ...

    def wishes(self, person_id: str) -> Wishes | None:
        """Give how a person wants the newsletter; None where they are not there or have left."""
        ...

    def wording(self, digest: str) -> str:
        """Give the text whose SHA-256 (hex) is *digest*, as `ask` kept it; empty where it did not."""
        ...
