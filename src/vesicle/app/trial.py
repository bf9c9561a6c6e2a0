"""Sends one mail to the site's own test mailbox, and waits for it there."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from vesicle.mailbox import close
from vesicle.model.delivery import Frozen, State
from vesicle.model.errors import PermanentFailure
from vesicle.model.issue import Newsletter
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Subscriber, SubscriberStatus
from vesicle.pipeline.send import EMAIL
from vesicle.ports import LEASE, Channel, Mailbox
from vesicle.queue.randomness import random_id
from vesicle.render.mail import automatic, leaving

if TYPE_CHECKING:
    from vesicle.app import App

_PAUSE = 2.0
_TEXT = "This mail was sent by `vesicle doctor --send-test`, to see how it arrives. Nothing is to be done."


def send(app: "App", channel: Channel, newsletter: Newsletter) -> str:
    """Send a mail in the name of *newsletter*; give the word it is known by. Raises OutsideError."""
    from vesicle.testing.memory import MemoryLedger, MemorySubscribers  # noqa: PLC0415 - a double, seldom wanted

    word, address = random_id(), app.settings.doctor.test_address
    person = Subscriber(id=random_id(), email=address, status=SubscriberStatus.CONFIRMED, language="en")
    ledger = MemoryLedger(MemorySubscribers([person]))
    message = _message(newsletter, word)
    ledger.freeze(Frozen(slug=message.slug, channel=EMAIL, hash="", messages={"en": message}), Audience())
    taken = ledger.take(EMAIL, limit=1, now=app.clock(), lease=LEASE)
    channel.deliver_all(iter(taken), ledger)
    outcome = ledger.outcome(taken[0].key)
    if outcome is None or outcome.state is not State.SENT:
        raise PermanentFailure(f"not sent to {address}: {outcome.reason if outcome else 'no answer'}")
    return word


def arrived(mailbox: Mailbox, word: str, *, seconds: int, wait: Callable[[float], None]) -> bytes | None:
    """Give the mail that holds *word*, put aside once it is read; None where it does not come in time.

    Raises TemporaryFailure where the mailbox is away.
    """
    try:
        for number in range(max(1, int(seconds / _PAUSE))):
            if number:
                wait(_PAUSE)
            for mail in mailbox.new():
                if word.encode() in mail.content:
                    mailbox.put_aside(mail.id, is_understood=True)
                    return mail.content
        return None
    finally:
        close([mailbox])


def _message(newsletter: Newsletter, word: str) -> Message:
    slug = f"doctor/{word}"
    headers = (*leaving(newsletter), *automatic(newsletter, lang="en", slug="doctor", stream="test"))
    return Message(
        channel=EMAIL,
        slug=slug,
        lang="en",
        subject=f"A test of {newsletter.name}",
        text=_TEXT,
        html=f"<p>{_TEXT}</p>",
        sender=newsletter.sender,
        headers=headers,
    )
