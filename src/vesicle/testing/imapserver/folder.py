"""A folder of the server: mails with UIDs and flags."""

from collections.abc import Callable
from dataclasses import dataclass, field

DELETED = "\\Deleted"


@dataclass(slots=True)
class Stored:
    """One mail of a folder."""

    uid: int
    content: bytes
    flags: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Folder:
    """Mails in the order they came."""

    validity: int
    next_uid: int = 1
    mails: list[Stored] = field(default_factory=list)

    def add(self, content: bytes, flags: set[str] | None = None) -> int:
        """Put a mail behind the others and give its UID."""
        uid = self.next_uid
        self.mails.append(Stored(uid, content, set(flags or ())))
        self.next_uid += 1
        return uid

    def by_uid(self, text: str) -> list[tuple[int, Stored]]:
        """Give the mails of a UID set with their sequence numbers."""
        return self._chosen(text, lambda number, mail: mail.uid, self.next_uid - 1)

    def by_number(self, text: str) -> list[tuple[int, Stored]]:
        """Give the mails of a set of sequence numbers with these numbers."""
        return self._chosen(text, lambda number, mail: number, len(self.mails))

    def _chosen(self, text: str, key: Callable[[int, Stored], int], last: int) -> list[tuple[int, Stored]]:
        ranges = []
        for part in text.split(","):
            ends = [last if end == "*" else int(end) for end in part.split(":")]
            ranges.append((min(ends), max(ends)))
        numbered = enumerate(self.mails, start=1)
        return [(n, mail) for n, mail in numbered if any(a <= key(n, mail) <= b for a, b in ranges)]
