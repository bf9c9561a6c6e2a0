"""A mail server on loopback that keeps what it accepts, and misbehaves when told to."""

import asyncio
import mailbox
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Moment(StrEnum):
    """When a script is asked what to do."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "the final dot"


DROP = "drop the connection"
SILENCE = "never answer"
Script = Callable[[Moment, str], str]
"""Decide what happens at a moment: a refusal, DROP, SILENCE, or "" for what a good server does.

The second argument is the sender at MAIL and the recipient from RCPT on. At the final dot DROP and SILENCE
lose the answer alone: the mail is kept.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One mail that was accepted: its envelope and the bytes that came."""

    sender: str
    recipient: str
    content: bytes


def _usual(moment: Moment, address: str) -> str:
    return ""


class MailServer:
    """Listens on a free port of 127.0.0.1 inside a `with`, and keeps mails in the Maildir *folder*.

    *script* decides what it answers; with *tls* it offers STARTTLS, with *login* (name and password) AUTH.
    *received* holds what it accepted, in order.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path | str,
        *,
        script: Script = _usual,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        offers_utf8: bool = True,
    ) -> None:
        self.maildir = mailbox.Maildir(folder)
        self.received: list[Received] = []
        self.connections = 0
        self._login = login
        self._controller = _Controller(
            _Handler(self, script),
            hostname=self.host,
            port=0,
            tls_context=tls,
            enable_SMTPUTF8=offers_utf8,
            authenticator=self._is_known if login else None,
            auth_required=bool(login and tls),
            auth_require_tls=tls is not None,
        )

    @property
    def port(self) -> int:
        """Give the port, once the server has started."""
        port: int = self._controller.port
        return port

    def __enter__(self) -> Self:
        self._controller.start()
        # Starting ends with a connection of the controller to itself.
        self.connections = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    def keep(self, mail: Received) -> None:
        """Put *mail* into the Maildir."""
        self.maildir.add(mail.content)
        self.received.append(mail)

    def _is_known(
        self, smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._login, handled=False)


class _Controller(Controller):
    """Starts the server on a port that the system chooses."""

    def factory(self) -> "_Server":
        return _Server(self.handler, loop=self.loop, hostname="localhost", **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        if isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd leaves it without types


class _Server(SMTP):
    """Asks the script before it asks for the mail, for which aiosmtpd has no hook."""

    event_handler: "_Handler"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.server.connections += 1
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:
        recipients = self.envelope.rcpt_tos if self.envelope else []
        reply = await self.event_handler.ask(self, Moment.DATA, recipients[0]) if recipients else ""
        if reply:
            await self.push(reply)
        else:
            await super().smtp_DATA(arg)


class _Handler:
    """The hooks that aiosmtpd calls; their names and arguments are its own."""

    def __init__(self, server: MailServer, script: Script) -> None:
        self.server = server
        self._script = script

    async def handle_MAIL(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self.ask(smtp, Moment.MAIL, address) or "250 2.1.0 OK"

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self.ask(smtp, Moment.RCPT, address)
        if not reply:
            envelope.rcpt_tos.append(address)
        return reply or "250 2.1.5 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        recipient = ", ".join(envelope.rcpt_tos)
        reply = self._script(Moment.DOT, recipient)
        if not reply.startswith(("4", "5")):
            sender, content = envelope.mail_from or "", envelope.original_content or b""
            self.server.keep(Received(sender=sender, recipient=recipient, content=content))
        return await _followed(smtp, reply) or f"250 2.0.0 OK kept as {len(self.server.received)}"

    async def ask(self, smtp: SMTP, moment: Moment, address: str) -> str:
        """Give the reply that the script wants, empty for the usual one."""
        return await _followed(smtp, self._script(moment, address))


async def _followed(smtp: SMTP, reply: str) -> str:
    if reply == DROP and isinstance(smtp.transport, asyncio.WriteTransport):
        smtp.transport.abort()
    if reply in (DROP, SILENCE):
        # The end of the connection cancels this.
        await asyncio.Event().wait()
    return reply
