"""Randomness from the operating system."""

import secrets
import time


def random_id() -> str:
    """Give 128 random bits in hex: the id of a subscriber, or the token of a lease."""
    return secrets.token_hex(16)


def growing_id() -> str:
    """Give 128 bits in hex, of which the last 80 are random and the first 48 count milliseconds since 1970.

    For people who come in by the thousand: an index of ids that grow is only ever added to at its end.
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
