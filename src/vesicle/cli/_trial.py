"""Sends an issue to one address, as a test that the ledger knows nothing of."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.pipeline.prepare import Prepared


def send_trial(app: "App", prepared: "Prepared", address: str) -> None:
    """Send each language of what was prepared to *address*, with [TEST] in the subject.

    Approval and audience are not asked for. Raises ContentError when there are errors in it, OutsideError
    when it could not be sent.
    """
    from vesicle.cli._screen import counted
    from vesicle.model.delivery import Frozen, State
    from vesicle.model.errors import ContentError, PermanentFailure
    from vesicle.model.subscriber import Audience, Subscriber, SubscriberStatus
    from vesicle.pipeline.send import EMAIL
    from vesicle.ports import LEASE
    from vesicle.queue.randomness import random_id
    from vesicle.testing.memory import MemoryLedger, MemorySubscribers

    if prepared.errors:
        raise ContentError(prepared.errors)
    person = Subscriber(
        id=random_id(),
        email=address,
        status=SubscriberStatus.CONFIRMED,
        language=prepared.newsletter.fallback,
    )
    ledger = MemoryLedger(MemorySubscribers([person]))
    for mail in prepared.mails:
        marked = replace(mail, subject=f"[TEST] {mail.subject}")
        slug = f"{mail.slug}/test/{mail.lang}"
        frozen = Frozen(slug=slug, channel=EMAIL, hash=prepared.hash, messages={mail.lang: marked})
        ledger.freeze(frozen, Audience())
    taken = ledger.take(EMAIL, limit=len(prepared.mails), now=app.clock(), lease=LEASE)
    app.channels[EMAIL].deliver_all(iter(taken), ledger)
    outcomes = [ledger.outcome(one.key) for one in taken]
    for outcome in outcomes:
        if outcome is None or outcome.state is not State.SENT:
            raise PermanentFailure(f"not sent to {address}: {outcome.reason if outcome else 'no answer'}")
    click.echo(f"{counted(len(outcomes), 'mail')} sent to {address}, marked [TEST].")
