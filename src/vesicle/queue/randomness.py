"""Randomness from the operating system."""

import secrets
import time


def random_id() -> str:
    """Give 128 random bits in hex, such as the id of a subscriber."""
    return secrets.token_hex(16)


def random_number() -> int:
    """Give 63 random bits: the token of a lease, as a whole number that every database can hold."""
    return secrets.randbits(63)


def growing_id() -> str:
    """Give 128 bits in hex, of which the last 80 are random and the first 48 count milliseconds since 1970.

    For people who come in by the thousand: an index of ids that grow is only ever added to at its end.
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
