"""Mailboxes of each kind for the contract, and what another program sees of them."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from smtplib import LMTP
from tempfile import TemporaryDirectory

from vesicle.mailbox import close as let_go
from vesicle.mailbox import imap, lmtp, maildir
from vesicle.ports import Mailbox
from vesicle.testing.imapserver import ImapServer

NOBODY = 65534
DOVECOT_PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
DOVECOT = """\
base_dir = {home}/run
state_dir = {home}/run
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{home}/%u
first_valid_uid = {nobody}
passdb {{
  driver = static
  args = password=secret-word
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home={home}/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


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


def put_into(path: Path, *, owner: int = -1) -> Callable[[bytes], None]:
    """Deliver as a mail server does, with file times a second apart."""
    numbers = count(1)

    def put(content: bytes) -> None:
        number = next(numbers)
        name = f"{1_700_000_000 + number}.M{number}P1.host,S={len(content)}"
        (path / "tmp" / name).write_bytes(content)
        os.utime(path / "tmp" / name, (1_700_000_000 + number,) * 2)
        os.chown(path / "tmp" / name, owner, owner)
        (path / "tmp" / name).rename(path / "new" / name)

    return put


def aside_of(path: Path, *, within: str = "") -> Callable[[bool], list[bytes]]:
    """Look into the folders of a Maildir++."""

    def aside(is_understood: bool) -> list[bytes]:
        folder = path / f"{within}.{'understood' if is_understood else 'unmatched'}"
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


@contextmanager
def by_imap(folder: Path, *extensions: str) -> Iterator[Box]:
    with (
        ImapServer(extensions=extensions or ImapServer().extensions) as server,
        clients(server.port) as opened,
    ):

        def aside(is_understood: bool) -> list[bytes]:
            return server.contents("INBOX/understood" if is_understood else "INBOX/unmatched")

        yield Box(mailbox=opened(), put=lambda one: _ignored(server.put(one)), reopened=opened, aside=aside)


def by_old_imap(folder: Path) -> AbstractContextManager[Box]:
    """A server that cannot move, nor remove one mail alone."""
    return by_imap(folder, "IDLE")


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running Dovecot: every user there may be has the same password, and a Maildir below *home*."""

    home: Path
    port: int

    @contextmanager
    def box(self, user: str) -> Iterator[Box]:
        path = self.home / user
        for folder in (path, *(path / name for name in ("tmp", "new", "cur"))):
            folder.mkdir()
            os.chown(folder, NOBODY, NOBODY)
        with clients(self.port, user) as opened:
            yield Box(
                mailbox=opened(),
                put=put_into(path, owner=NOBODY),
                reopened=opened,
                aside=aside_of(path, within=".INBOX"),
                spares_nul=False,
            )


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Run a Dovecot on a free port of 127.0.0.1 and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Its processes run as somebody else, who has no way into the folder of a test.
    with TemporaryDirectory(prefix="dovecot-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        (home / "dovecot.conf").write_text(DOVECOT.format(home=home, port=port, nobody=NOBODY))
        command = [DOVECOT_PROGRAM, "-F", "-c", str(home / "dovecot.conf")]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            try:
                said = next((line for line in process.stderr if "starting up" in line or "Fatal" in line), "")
                assert "starting up" in said, said
                yield Dovecot(home, port)
            finally:
                process.terminate()
                process.wait(30)


@contextmanager
def clients(port: int, user: str = "me") -> Iterator[Callable[[], Mailbox]]:
    options = imap.Options(
        host="127.0.0.1", port=port, security="none", username=user, password="secret-word"
    )
    mailboxes: list[imap.Mailbox] = []

    def opened() -> Mailbox:
        mailboxes.append(imap.Mailbox(options, folder=Path()))
        return mailboxes[-1]

    try:
        yield opened
    finally:
        let_go(mailboxes)


def _ignored(_: object) -> None:
    """Take a value that nobody asks for."""
