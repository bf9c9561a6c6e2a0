"""Addresses that mail comes back to, each telling which delivery it was about (VERP), and only by our key.

A token is small letters and digits alone, because mail servers change the case of addresses: base32
(RFC 4648) of the reader's id, of a hash of what was frozen, and of a seal.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

_ID = re.compile(r"[0-9a-f]{32}")
_ID_BYTES = 16
_SLUG_BYTES = 8
_SEAL_BYTES = 11
_BYTES = _ID_BYTES + _SLUG_BYTES + _SEAL_BYTES

BOUNCE = "bounce"
"""The purpose of envelope senders and envelope ids."""

LEAVE = "leave"
"""The purpose of addresses that a reader leaves by writing to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which delivery a token is about: the reader's id, and a hash of the frozen message's slug."""

    person_id: str
    slug_hash: bytes


def make(key: bytes, purpose: str, *, slug: str, person_id: str) -> str:
    """Make the token of the delivery of *slug* to *person_id*, 56 characters long.

    Raises ValueError for an id that is not 32 hexadecimal digits.
    """
    if not _ID.fullmatch(person_id):
        raise ValueError(f"'{person_id}' is not 32 hexadecimal digits")
    told = bytes.fromhex(person_id) + slug_hash(slug)
    return base64.b32encode(told + _seal(key, purpose, told)).decode().lower()


def read(key: bytes, purpose: str, token: str) -> Origin | None:
    """Give what *token* is about, in whatever case it came back; None where our key did not make it."""
    try:
        raw = base64.b32decode(token.upper())
    except (binascii.Error, ValueError):
        return None
    told, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    if len(raw) != _BYTES or not hmac.compare_digest(seal, _seal(key, purpose, told)):
        return None
    return Origin(person_id=told[:_ID_BYTES].hex(), slug_hash=told[_ID_BYTES:])


def message_seal(key: bytes, delivery_key: str) -> str:
    """Give what stands between the slug and the domain of our Message-ID: 32 hexadecimal digits."""
    return hmac.digest(key, b"vesicle message-id " + delivery_key.encode(), "sha256").hex()[:32]


def slug_hash(slug: str) -> bytes:
    """Give the 8 bytes that stand for a slug in a token."""
    return sha256(slug.encode()).digest()[:_SLUG_BYTES]


def _seal(key: bytes, purpose: str, told: bytes) -> bytes:
    return hmac.digest(key, b"vesicle verp " + purpose.encode() + b":" + told, "sha256")[:_SEAL_BYTES]
