"""One connection of LMTP (RFC 2033): what is said, and what is answered."""

import errno
import logging
import re
from collections.abc import Callable
from socket import socket

from vesicle.mailbox.maildir import MOST_BYTES

_LONGEST_LINE = 4_096
_PIECE = 65_536
_MOST_RECIPIENTS = 50
_MOST_FAULTS = 20
_OFFERED = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", f"SIZE {MOST_BYTES}")
_PATH = re.compile(r"(?i)(?:FROM|TO):\s*<([^<>\x00-\x1f\x7f]*)>((?: [!-~]+)*)\s*")
_SIZE = re.compile(r"(?i) SIZE=(\d{1,20})(?: |$)")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_TOO_LARGE = f"552 5.3.4 a mail may have {MOST_BYTES} bytes"
_KEPT = "250 2.0.0 kept"

_log = logging.getLogger(__name__)


class Talk:
    """Takes the mails of one connection; *keep* has a mail on the disk when it returns, or raises OSError.

    Each recipient gets a mail of its own, with the envelope in front of it (Delivered-To, Return-Path), and
    an answer of its own.
    """

    def __init__(self, connection: socket, *, keep: Callable[[bytes], None], name: str) -> None:
        self._connection, self._keep, self._name = connection, keep, name
        self._is_greeted = self._is_ended = False
        self._faults = 0
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._answers: dict[str, Callable[[str], str]] = {
            "LHLO": self._lhlo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "RSET": self._rset,
            "NOOP": lambda _: "250 2.0.0 OK",
            "VRFY": lambda _: "252 2.1.5 send it, and see",
            "QUIT": self._quit,
            "HELO": lambda _: "500 5.5.1 this is LMTP: say LHLO",
            "EHLO": lambda _: "500 5.5.1 this is LMTP: say LHLO",
        }

    def run(self) -> None:
        """Talk until one side ends it; raises OSError where the connection fails."""
        with self._connection.makefile("rb") as self._input:
            self._say(f"220 {self._name} LMTP")
            while not self._is_ended:
                line = self._input.readline(_LONGEST_LINE)
                if not line.endswith(b"\n"):
                    if len(line) == _LONGEST_LINE:
                        self._say("500 5.5.2 too long for a command")
                    return
                self._command(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _command(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        if verb.upper() == "DATA":
            self._data()
            return
        answer = self._answers.get(verb.upper())
        reply = answer(rest) if answer else "500 5.5.1 not known here"
        self._faults += reply[0] == "5"
        if self._faults > _MOST_FAULTS:
            self._is_ended, reply = True, "421 4.7.0 too many mistakes"
        self._say(reply)

    def _lhlo(self, _: str) -> str:
        self._is_greeted = True
        self._rset("")
        return "\r\n".join(
            [f"250-{self._name}", *(f"250-{one}" for one in _OFFERED[:-1]), f"250 {_OFFERED[-1]}"]
        )

    def _mail(self, rest: str) -> str:
        found = _PATH.fullmatch(rest)
        size = _SIZE.search(found[2]) if found else None
        if not self._is_greeted or self._sender is not None:
            return "503 5.5.1 not now"
        if not found:
            return "501 5.5.4 MAIL FROM:<address>"
        if size and int(size[1]) > MOST_BYTES:
            return _TOO_LARGE
        self._sender = found[1]
        return "250 2.1.0 OK"

    def _rcpt(self, rest: str) -> str:
        found = _PATH.fullmatch(rest)
        if self._sender is None:
            return "503 5.5.1 MAIL comes first"
        if not found or not found[1]:
            return "501 5.5.4 RCPT TO:<address>"
        if len(self._recipients) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        self._recipients.append(found[1])
        return "250 2.1.5 OK"

    def _rset(self, _: str) -> str:
        self._sender, self._recipients = None, []
        return "250 2.0.0 OK"

    def _quit(self, _: str) -> str:
        self._is_ended = True
        return "221 2.0.0 bye"

    def _data(self) -> None:
        """Take a mail and answer for each recipient: never before its own copy is on the disk."""
        if not self._recipients:
            self._say("503 5.5.1 RCPT comes first")
            return
        self._say("354 go on, end with a dot")
        content = self._content()
        for recipient in self._recipients:
            self._say(_TOO_LARGE if content is None else self._kept(recipient, content))
        self._rset("")

    def _kept(self, recipient: str, content: bytes) -> str:
        envelope = f"Return-Path: <{self._sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        try:
            self._keep(envelope + content)
        except OSError as error:
            _log.warning("mailbox.lmtp-not-kept error=%s", error.strerror)
            return (
                "452 4.3.1 the disk is full"
                if error.errno in _FULL
                else "451 4.3.0 the disk does not keep it"
            )
        return _KEPT

    def _content(self) -> bytes | None:
        """Read a mail up to its final dot; None where it was too large, of which nothing is held.

        The end is CRLF, dot, CRLF and nothing else: other programs may take a bare LF for the end of a line
        (CVE-2023-51764). Raises ConnectionError where it never comes.
        """
        kept: list[bytes] = []
        size, before = 0, b"\r\n"
        while True:
            piece = self._input.readline(_PIECE)
            if not piece:
                raise ConnectionError("the connection ended within a mail")
            is_start, before = before == b"\r\n", (before + piece)[-2:]
            if is_start and piece == b".\r\n":
                return b"".join(kept) if size <= MOST_BYTES else None
            piece = piece[1:] if is_start and piece.startswith(b".") else piece
            size += len(piece)
            if size <= MOST_BYTES:
                kept.append(piece)
            else:
                kept.clear()

    def _say(self, reply: str) -> None:
        self._connection.sendall(f"{reply}\r\n".encode())
