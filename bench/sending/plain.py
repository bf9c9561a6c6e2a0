"""Peers that are libraries or programs for SMTP alone: smtp-source, smtplib, aiosmtplib."""

import asyncio
import smtplib
import subprocess
from collections.abc import Callable, Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from importlib import import_module
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from sending.loopback import HOST, program
from sending.work import KEY, SITE_URL, Job, Meter, Spent, deliveries, letters, message
from vesicle.deliver.email.letter import Letter
from vesicle.model.delivery import Delivery
from vesicle.model.message import Personal
from vesicle.queue.clock import now
from vesicle.text import tokens

Server = Any
"""A connection of aiosmtplib, which bench/ does not import before it is asked for."""


class Shared:
    """An iterator that several threads take from."""

    def __init__(self, source: Iterator[Any]) -> None:
        self._source = source
        self._lock = Lock()

    def __iter__(self) -> Iterator[Any]:
        while True:
            with self._lock:
                one = next(self._source, None)
            if one is None:
                return
            yield one


def smtp_source(job: Job) -> Spent:
    """Send one of our mails again and again, the same to all, by postfix's own load generator."""
    name = program("smtp-source")
    if name is None:
        raise SystemExit("smtp-source is not installed: it is in Debian's postfix")
    letter = next(letters(job))
    file = Path(job.folder, "mail")
    # It ends each line of the file by CRLF itself.
    file.write_bytes(letter.mail.replace(b"\r\n", b"\n"))
    command = [name, "-d", "-s", str(job.connections), "-m", str(job.count), "-F", str(file)]
    command += ["-f", letter.sender, "-t", letter.to, f"{HOST}:{job.port}"]
    with Meter() as meter:
        subprocess.run(command, check=True)
    return meter.spent(job.count, has_peak=False)


def smtplib_bytes(job: Job) -> Spent:
    """Send the bytes that our own sender would send, by smtplib in threads."""

    def send(server: smtplib.SMTP, letter: Letter) -> None:
        server.sendmail(letter.sender, [letter.to], letter.mail)

    return _in_threads(job, letters(job), send)


def smtplib_messages(job: Job) -> Spent:
    """Build an EmailMessage for each reader, as the documentation of `email` shows, in threads."""

    def send(server: smtplib.SMTP, delivery: Delivery) -> None:
        server.send_message(built(delivery))

    return _in_threads(job, deliveries(job), send)


def _in_threads(job: Job, source: Iterator[Any], send: Callable[[smtplib.SMTP, Any], None]) -> Spent:
    shared = Shared(source)
    message(small=job.small)

    def work() -> None:
        with smtplib.SMTP(HOST, job.port) as server:
            for one in shared:
                send(server, one)

    threads = [Thread(target=work) for _ in range(job.connections)]
    with Meter() as meter:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return meter.spent(job.count)


def aiosmtplib_bytes(job: Job) -> Spent:
    """Send the bytes that our own sender would send, by aiosmtplib in tasks."""

    async def send(server: Server, letter: Letter) -> None:
        await server.sendmail(letter.sender, [letter.to], letter.mail)

    return _in_tasks(job, letters(job), send)


def aiosmtplib_messages(job: Job) -> Spent:
    """Build an EmailMessage for each reader, and send it by aiosmtplib in tasks."""

    async def send(server: Server, delivery: Delivery) -> None:
        await server.send_message(built(delivery))

    return _in_tasks(job, deliveries(job), send)


def _in_tasks(job: Job, source: Iterator[Any], send: Callable[[Any, Any], Any]) -> Spent:
    client = import_module("aiosmtplib").SMTP
    message(small=job.small)

    async def work() -> None:
        async with client(hostname=HOST, port=job.port, use_tls=False, start_tls=False) as server:
            for one in source:
                await send(server, one)

    async def all_of_it() -> None:
        await asyncio.gather(*(work() for _ in range(job.connections)))

    with Meter() as meter:
        asyncio.run(all_of_it())
    return meter.spent(job.count)


def built(delivery: Delivery) -> EmailMessage:
    """Build the mail of one reader with the standard library: same parts, headers and values as ours."""
    mail, to = delivery.message, delivery.to
    if mail.sender is None or to is None:
        raise ValueError("a newsletter has a sender and a reader")
    address = leave_url(delivery)
    found = EmailMessage()
    found["From"] = Address(mail.sender.name, addr_spec=mail.sender.address)
    found["To"] = Address(to.name, addr_spec=to.email)
    found["Subject"] = mail.subject
    found["Date"] = format_datetime(now())
    found["Message-ID"] = make_msgid(domain=mail.sender.domain)
    for name, value in mail.headers:
        found[name] = with_links(value, address)
    found.set_content(with_links(mail.text, address))
    found.add_alternative(with_links(mail.html, address), subtype="html")
    return found


def with_links(text: str, address: str) -> str:
    """Put *address* where the reader's links stand: for peers, the link to choose is the one to leave.

    So they make one token a mail, and we two.
    """
    return text.replace(Personal.UNSUBSCRIBE_URL, address).replace(Personal.CHOOSE_URL, address)


def leave_url(delivery: Delivery) -> str:
    """Give the reader's own address to leave, made as ours are."""
    subject = f"{delivery.to.id if delivery.to else ''}.{delivery.frozen}"
    return f"{SITE_URL}/u/{tokens.make(KEY, 'unsubscribe', subject)}"
