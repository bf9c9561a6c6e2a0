"""Mailboxes of each kind for the contract, and what another program sees of them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from smtplib import LMTP

from vesicle.mailbox import lmtp, maildir
from vesicle.ports import Mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A mailbox: *put* delivers a mail, *reopened* gives it as another process has it.

    *aside* gives the mails among those understood (True) or unmatched (False), in no order. A mail that
    went through a protocol of lines has CRLF where it had LF, and *spares_nul* tells whether NUL survived.
    """

    mailbox: Mailbox
    put: Callable[[bytes], None]
    reopened: Callable[[], Mailbox]
    aside: Callable[[bool], list[bytes]]
    spares_nul: bool = True


def put_into(path: Path) -> Callable[[bytes], None]:
    """Deliver as a mail server does, with file times a second apart."""
    numbers = count(1)

    def put(content: bytes) -> None:
        number = next(numbers)
        name = f"{1_700_000_000 + number}.M{number}P1.host,S={len(content)}"
        (path / "tmp" / name).write_bytes(content)
        os.utime(path / "tmp" / name, (1_700_000_000 + number,) * 2)
        (path / "tmp" / name).rename(path / "new" / name)

    return put


def aside_of(path: Path) -> Callable[[bool], list[bytes]]:
    """Look into the folders of a Maildir++."""

    def aside(is_understood: bool) -> list[bytes]:
        folder = path / (".understood" if is_understood else ".unmatched")
        return [file.read_bytes() for kind in ("new", "cur") for file in (folder / kind).glob("*")]

    return aside


@contextmanager
def in_maildir(folder: Path) -> Iterator[Box]:
    path = folder / "Maildir"
    for name in ("tmp", "new", "cur"):
        (path / name).mkdir(parents=True)

    def opened() -> Mailbox:
        return maildir.Mailbox(maildir.Options(path="Maildir"), folder=folder)

    yield Box(mailbox=opened(), put=put_into(path), reopened=opened, aside=aside_of(path))


@contextmanager
def by_lmtp(folder: Path) -> Iterator[Box]:
    def opened() -> lmtp.Mailbox:
        return lmtp.Mailbox(lmtp.Options(path="returns", port=0), folder=folder)

    mailbox = opened()

    def put(content: bytes) -> None:
        with LMTP("127.0.0.1", mailbox.port, timeout=30) as client:
            client.sendmail("", ["b+token@example.org"], content)

    with mailbox.listen():
        yield Box(mailbox=mailbox, put=put, reopened=opened, aside=aside_of(folder / "returns"))
