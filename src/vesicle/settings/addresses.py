"""Addresses in settings."""

import re
from email.utils import parseaddr

from vesicle.text.lines import is_one_line


def mailbox(text: str) -> str:
    """Give *text* where it is an address, with a name or without; raises ValueError where it is none."""
    name, address = parseaddr(text)
    if not re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+", address) or not is_one_line(name):
        raise ValueError('is not an address | write `"A Name <name@example.org>"`')
    return text
