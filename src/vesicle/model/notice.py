"""Mails owed to one person outside an issue, and the names under which they are frozen.

All notices of one purpose and number that read the same share one frozen message, so that a million
confirmations are a million small rows.
"""

FAMILY = "notice"
"""What the name of every notice starts with, as that of a post starts with its issue."""

CONFIRM = "confirm"
ALREADY = "already"
WELCOME = "welcome"
DATA = "data"
WORD = "word"
"""The purpose of what the editor is told; its number is that of the digest, and of the mailbox."""


def notice_name(purpose: str, number: str, seal: str) -> str:
    """Give the name of a notice; *number* tells it from another of its purpose to the same person.

    *seal* is the hash of what it says, shortened to eight digits: a changed template is another notice.
    """
    return f"{FAMILY}/{purpose}/{number}/{seal[:8]}"


def notice_parts(name: str) -> tuple[str, str] | None:
    """Give purpose and number of the notice called *name*; None where it is no notice."""
    family, _, rest = name.partition("/")
    parts = rest.split("/")
    return (parts[0], parts[1]) if family == FAMILY and len(parts) == 3 else None
