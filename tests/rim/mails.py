"""Every mail that a site sends to one of its readers, as bytes would arrive, and the links in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from tests.unit.web.site import HOST, KEY, LANGUAGES, TEMPLATES

from vesicle.app import App
from vesicle.deliver.email import Options
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.model.delivery import Delivery
from vesicle.model.message import Message
from vesicle.model.subscriber import Subscriber
from vesicle.pipeline.notices import Notices
from vesicle.store import packaged
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk

_LINK = re.compile(rf"https://{re.escape(HOST)}(/[^\s\"'<>]*)?")


def every_mail(reader: Subscriber, *, now: datetime) -> Iterator[EmailMessage]:
    """Yield the sample issue and each notice to *reader*, in every language that there is."""
    desk = replace(plain_desk(FixedClock(now)), key=KEY, site_url=f"https://{HOST}")
    letters = Letters(Options(), desk)
    for slug, message in (*_issue(now), *_notices(now)):
        delivery = Delivery(
            key=f"{slug}:{reader.id}", frozen=slug, message=message, token="t", attempts=1, to=reader
        )
        letter = letters.write(delivery)
        assert isinstance(letter, Letter), letter
        yield message_from_bytes(letter.mail, policy=default)


def links(mails: Sequence[EmailMessage]) -> list[str]:
    """Give the paths on our own host that *mails* lead to, from both parts and from the header, each once."""
    found: dict[str, None] = {}
    for mail in mails:
        parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        for text in (*parts, str(mail["List-Unsubscribe"])):
            found |= {path or "/": None for path in _LINK.findall(text)}
    return list(found)


def _issue(now: datetime) -> Iterator[tuple[str, Message]]:
    app = App(packaged.site(), clock=FixedClock(now), environ={})
    content = app.content.read()
    (issue,) = content.issues.values()
    yield from ((issue.slug, mail) for mail in app.prepare(issue, content).mails)


def _notices(now: datetime) -> Iterator[tuple[str, Message]]:
    newsletter = nouns.newsletter(languages=LANGUAGES, site_url=f"https://{HOST}")
    series = (("welcome-1", timedelta(0)), ("welcome-2", timedelta(days=3)))
    notices = Notices(newsletter, TEMPLATES, welcome=series)
    welcome = [frozen for _, frozen in notices.welcome(1, now)]
    for frozen in (notices.confirm(1), notices.already(now), notices.data(now), *welcome):
        yield from ((frozen.slug, message) for message in frozen.messages.values())
