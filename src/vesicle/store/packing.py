"""Nouns as JSON text and back, without loss."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from vesicle.model.delivery import Receipt
from vesicle.model.issue import Mailbox
from vesicle.model.limits import Frame
from vesicle.model.message import Card, Link, Message, Picture
from vesicle.model.meter import Meter
from vesicle.model.paper import Harvest, Judgement, Paper
from vesicle.model.paper import Link as PaperLink
from vesicle.model.word import Word

_LINKS = tuple[PaperLink, ...]


def pack_message(message: Message) -> str:
    """Give *message* as JSON."""
    return _json(asdict(message))


def unpack_message(text: str) -> Message:
    """Give back the message that `pack_message` wrote."""
    fields = json.loads(text)
    sender = fields.pop("sender")
    return Message(
        links=tuple(Link(**link) for link in fields.pop("links")),
        pictures=tuple(_picture(**picture) for picture in fields.pop("pictures")),
        parts=tuple(fields.pop("parts", ())),
        headers=tuple((name, value) for name, value in fields.pop("headers")),
        sender=Mailbox(**sender) if sender else None,
        **fields,
    )


def _picture(card: Mapping[str, Any] | None = None, **fields: Any) -> Picture:  # noqa: ANN401 - as in JSON
    return Picture(card=Card(**{**card, "frame": Frame(**card["frame"])}) if card else None, **fields)


# Enough for the number under which a mail server keeps a mail; a million of them are kept for a while.
_SAID = 80


def pack_receipt(receipt: Receipt) -> str | None:
    """Give *receipt* as text: the bare words where there is nothing else, None where it says nothing."""
    if receipt == Receipt():
        return None
    return receipt.raw[:_SAID] if not (receipt.remote or receipt.url) else _json(asdict(receipt))


def unpack_receipt(text: str | None) -> Receipt:
    """Give back the receipt that `pack_receipt` wrote."""
    if text is None or not text.startswith("{"):
        return Receipt(raw=text or "")
    return Receipt(**json.loads(text))


def pack_meter(meter: Meter) -> str:
    """Give *meter* as JSON."""
    return _adapter(Meter).dump_json(meter).decode()


def unpack_meter(text: str) -> Meter:
    """Give back the meter that `pack_meter` wrote."""
    meter: Meter = _adapter(Meter).validate_json(text)
    return meter


def pack_paper(paper: Paper) -> str:
    """Give *paper* as JSON, without the fields that have their default."""
    return _adapter(Paper).dump_json(paper, exclude_defaults=True).decode()


def unpack_paper(text: str) -> Paper:
    """Give back the paper that `pack_paper` wrote."""
    paper: Paper = _adapter(Paper).validate_json(text)
    return paper


def pack_judgement(judgement: Judgement | None) -> str | None:
    """Give *judgement* as JSON, None where there is none."""
    return _adapter(Judgement).dump_json(judgement).decode() if judgement else None


def unpack_judgement(text: str | None) -> Judgement | None:
    """Give back the judgement that `pack_judgement` wrote."""
    judgement: Judgement | None = None if text is None else _adapter(Judgement).validate_json(text)
    return judgement


def pack_links(links: tuple[PaperLink, ...]) -> str:
    """Give *links* as a JSON list."""
    return _adapter(_LINKS).dump_json(links).decode()


def unpack_links(text: str) -> tuple[PaperLink, ...]:
    """Give back the links that `pack_links` wrote."""
    links: tuple[PaperLink, ...] = _adapter(_LINKS).validate_json(text)
    return links


def pack_harvest(harvest: Harvest) -> str:
    """Give *harvest* as JSON."""
    return _adapter(Harvest).dump_json(harvest).decode()


def unpack_harvest(text: str) -> Harvest:
    """Give back the harvest that `pack_harvest` wrote."""
    harvest: Harvest = _adapter(Harvest).validate_json(text)
    return harvest


def pack_word(word: Word) -> str:
    """Give *word* as JSON, without the fields that have their default."""
    return _adapter(Word).dump_json(word, exclude_defaults=True).decode()


def unpack_word(text: str) -> Word:
    """Give back the word that `pack_word` wrote."""
    word: Word = _adapter(Word).validate_json(text)
    return word


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, or tuples of one
    # Made when first asked for: pydantic builds a program of each, which takes longer than an import may.
    return TypeAdapter(kind)


def _json(value: object) -> str:
    # Thai and Persian are kept as letters: half the size of their escapes or less, and readable.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
