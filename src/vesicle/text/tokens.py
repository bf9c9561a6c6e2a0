"""Tokens in links: they say which person may do which one thing, and only the secret key can make them.

A token is `<key id>.<subject>.<seal>`, all URL-safe. The seal is HMAC-SHA-256, cut to 192 bits, over the
purpose and the subject, so that a token made for one purpose opens no other.
"""

import base64
import binascii
import hmac
from functools import lru_cache

from vesicle.model.errors import UserError

KEY_BYTES = 32
_SEAL_BYTES = 24


@lru_cache(maxsize=4)
def key_id(key: bytes) -> str:
    """Give the eight hexadecimal digits that name *key* without telling anything of it.

    Raises UserError when *key* is shorter than 32 bytes.
    """
    return _mac(key, b"key id").hex()[:8]


def make(key: bytes, purpose: str, subject: str) -> str:
    """Make the token that lets its holder do *purpose* for *subject*, which anyone can read in it.

    *subject* is a random id with what it is about, never an address. Raises UserError when *key* is
    shorter than 32 bytes.
    """
    named = purpose.encode()
    # The length keeps "a" + "bc" and "ab" + "c" apart.
    seal = _mac(key, b"token %d:%b%b" % (len(named), named, subject.encode()))[:_SEAL_BYTES]
    return ".".join((key_id(key), _armoured(subject.encode()), _armoured(seal)))


def read(key: bytes, purpose: str, token: str) -> str | None:
    """Give the subject of *token*, or None when it was not made with *key* for *purpose*.

    A wrong seal takes the same time wherever its first wrong character is. Raises UserError when *key* is
    shorter than 32 bytes.
    """
    subject = _subject(token)
    expected = make(key, purpose, subject or "")
    return subject if subject is not None and hmac.compare_digest(expected, token) else None


def _subject(token: str) -> str | None:
    """Give the subject as written in a text of a token's shape, which may be forged."""
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        return None
    try:
        return base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _armoured(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _mac(key: bytes, data: bytes) -> bytes:
    if len(key) < KEY_BYTES:
        raise UserError(
            f"the secret key has {len(key)} bytes; links need one of at least {KEY_BYTES}",
            mend="make one with: python -c 'import secrets; print(secrets.token_hex(32))'",
        )
    return hmac.digest(key, b"vesicle " + data, "sha256")
