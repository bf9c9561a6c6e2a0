"""Made-up nouns for tests: whole ones, of which a test names only what it is about."""

from datetime import date, datetime
from typing import Any

from vesicle.model.delivery import Frozen, Policy
from vesicle.model.issue import ApprovalRule, Issue, IssueStatus, Mailbox, Newsletter
from vesicle.model.item import Item, Kind, Status
from vesicle.model.message import Message
from vesicle.model.notice import notice_name
from vesicle.model.paper import Paper
from vesicle.model.problem import Place
from vesicle.model.subscriber import SubscriberStatus


def newsletter(**changes: Any) -> Newsletter:  # noqa: ANN401 - any field of a newsletter
    """Give a newsletter called "letter", due every Thursday at 09:00 in Bangkok, with *changes*."""
    fields: dict[str, Any] = {
        "slug": "letter",
        "name": "Letter",
        "sender": Mailbox(name="Letter", address="letter@example.org"),
        "reply_to": "letter@example.org",
        "postal_address": "1 Street, 12345 Town",
        "about": "You asked for it.",
        "zone": "Asia/Bangkok",
        "cadence": "every thursday at 09:00",
        "languages": ("en",),
        "fallback": "en",
        "max_items": 5,
        "approval": ApprovalRule.PERSON,
        "site_url": "https://example.org",
    }
    return Newsletter(**(fields | changes))


def issue(**changes: Any) -> Issue:  # noqa: ANN401 - any field of an issue
    """Give a ready issue of the newsletter "letter", due on Thursday 2026-11-26 at 09:00, with *changes*."""
    fields: dict[str, Any] = {
        "slug": "one",
        "newsletter": "letter",
        "number": 1,
        "due": datetime(2026, 11, 26, 9, 0),  # noqa: DTZ001 - a wall time has no zone
        "subject": "A subject",
        "preheader": "A preheader",
        "intro": "",
        "lang": "en",
        "status": IssueStatus.READY,
        "sections": (),
        "where": Place(file="content/issues/one.md"),
    }
    return Issue(**(fields | changes))


def item(**changes: Any) -> Item:  # noqa: ANN401 - any field of an item
    """Give a ready finding called "item", with *changes*."""
    fields: dict[str, Any] = {
        "slug": "item",
        "lang": "en",
        "kind": Kind.FINDING,
        "title": "A title",
        "summary": "A summary.",
        "body": "A body.",
        "status": Status.READY,
        "updated": date(2026, 1, 1),
        "where": Place(file="content/findings/item.md"),
    }
    return Item(**(fields | changes))


def paper(pmid: str, **changes: Any) -> Paper:  # noqa: ANN401 - any field of a paper
    """Give the PubMed record *pmid*, with *changes*."""
    fields: dict[str, Any] = {
        "source": "pubmed",
        "id": pmid,
        "pmid": pmid,
        "title": f"Paper {pmid} about something",
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
    }
    return Paper(**(fields | changes))


def notice(purpose: str, number: str, **changes: Any) -> Frozen:  # noqa: ANN401 - any field of what is frozen
    """Give the notice of *purpose* with *number*, in English, for people of every status, with *changes*."""
    message = Message(channel="email", slug=f"notice-{purpose}", lang="en", text=f"A notice to {purpose}.")
    fields: dict[str, Any] = {
        "slug": notice_name(purpose, number, "0" * 8),
        "channel": "email",
        "hash": f"sha256:{purpose}",
        "messages": {"en": message},
        "policy": Policy.RESEND,
        "reaches": frozenset(SubscriberStatus),
    }
    return Frozen(**(fields | changes))
