"""Nouns as JSON text and back, without loss."""

import json
from dataclasses import asdict

from vesicle.model.delivery import Receipt
from vesicle.model.issue import Mailbox
from vesicle.model.message import Link, Message, Picture
from vesicle.model.paper import Passage


def pack_message(message: Message) -> str:
    """Give *message* as JSON."""
    return _json(asdict(message))


def unpack_message(text: str) -> Message:
    """Give back the message that `pack_message` wrote."""
    fields = json.loads(text)
    sender = fields.pop("sender")
    return Message(
        links=tuple(Link(**link) for link in fields.pop("links")),
        pictures=tuple(Picture(**picture) for picture in fields.pop("pictures")),
        headers=tuple((name, value) for name, value in fields.pop("headers")),
        sender=Mailbox(**sender) if sender else None,
        **fields,
    )


def pack_receipt(receipt: Receipt) -> str | None:
    """Give *receipt* as JSON, None where it says nothing."""
    return None if receipt == Receipt() else _json(asdict(receipt))


def pack_authors(authors: tuple[str, ...]) -> str:
    """Give names as a JSON list."""
    return _json(authors)


def unpack_authors(text: str) -> tuple[str, ...]:
    """Give back the names that `pack_authors` wrote."""
    return tuple(json.loads(text))


def pack_abstract(abstract: tuple[Passage, ...]) -> str:
    """Give an abstract as a JSON list of its passages."""
    return _json([asdict(passage) for passage in abstract])


def unpack_abstract(text: str) -> tuple[Passage, ...]:
    """Give back the abstract that `pack_abstract` wrote."""
    return tuple(Passage(**passage) for passage in json.loads(text))


def _json(value: object) -> str:
    # Thai and Persian are kept as letters: half the size of their escapes or less, and readable.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
