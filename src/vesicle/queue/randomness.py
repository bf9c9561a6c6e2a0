"""Randomness from the operating system."""

import secrets


def random_id() -> str:
    """Give 128 random bits in hex, such as the id of a subscriber."""
    return secrets.token_hex(16)


def random_number() -> int:
    """Give 63 random bits: the token of a lease, as a whole number that every database can hold."""
    return secrets.randbits(63)
