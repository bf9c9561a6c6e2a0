"""Randomness from the operating system."""

import secrets


def random_id() -> str:
    """Give 128 random bits in hex: the id of a subscriber, or the token of a lease."""
    return secrets.token_hex(16)
