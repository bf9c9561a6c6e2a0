"""Whether the mails that arrived are right: parsed by the standard library, and sent twice."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path

from sending.loopback import Sink
from sending.ours import DATABASE, send, sending
from sending.work import HTML_BYTES, KEY, SITE_URL, Job, message, person
from vesicle.model.delivery import State
from vesicle.model.message import Personal
from vesicle.model.subscriber import Subscriber
from vesicle.text import doors, tokens
from vesicle.text.doors import Door, Visitor

_LEAVE = re.compile(re.escape(SITE_URL) + r"/u/([\w.-]+)")


def prove(job: Job) -> dict[str, object]:
    """Send to the readers of the job's database twice, each time as if never sent; tell what is wrong."""
    people = {one.email: one for one in map(person, range(job.count))}
    first, faults = _sent(job, people, "first")
    second, more = _sent(job, people, "second")
    found = Counter([*faults, *more])
    if first != second:
        found["Message-ID not the same when sent again"] += sum(first[to] != second.get(to) for to in first)
    if len(set(first.values())) != len(people):
        found["Message-ID not unique"] += len(people) - len(set(first.values()))
    return {"parsed": len(first) + len(second), "recipients": len(people), "wrong": dict(found)}


def _sent(job: Job, people: dict[str, Subscriber], name: str) -> tuple[dict[str, str], list[str]]:
    """Send once from a copy of the database; give the Message-ID by recipient, and what is wrong."""
    folder = Path(job.folder, name)
    folder.mkdir()
    shutil.copy(Path(job.folder, DATABASE), folder)
    ids: dict[str, str] = {}
    wrong: list[str] = []
    with Sink(keeps=True) as sink:
        here = replace(job, folder=str(folder), port=sink.port)
        with sending(here) as (_, dispatch, _):
            sent = send(here, dispatch)[State.SENT]
        if sink.received(job.count) != job.count or sent != job.count:
            wrong.append(f"{sent} sent and {sink.received(job.count)} received of {job.count}")
        for raw in sink.kept():
            mail = message_from_bytes(raw, policy=default)
            name_there, to = parseaddr(str(mail["To"]))
            wrong += ["sent to somebody twice"] if to in ids else []
            ids[to] = str(mail["Message-ID"])
            wrong += _faults(mail, people.get(to), name_there)
    return ids, wrong


def _faults(mail: EmailMessage, to: Subscriber | None, name: str) -> Iterator[str]:
    """Yield what is wrong in a mail."""
    if to is None:
        yield "sent to nobody on the list"
        return
    if f"<{to.email}>" != mail["X-Rcpt-Args"]:
        yield "the envelope names another"
    if name != to.name:
        yield "name"
    parts = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    texts = {kind: part.get_content() if part else "" for kind, part in parts.items()}
    places = {"List-Unsubscribe": str(mail["List-Unsubscribe"]), **texts}
    links = {place: set(_LEAVE.findall(text)) for place, text in places.items()}
    if len(set().union(*links.values())) != 1 or not all(links.values()):
        yield "the address to leave is not one and the same in header, text and HTML"
        return
    (token,) = links["html"]
    subject = tokens.read(KEY, "unsubscribe", token) or ""
    if subject.partition(".")[0] != to.id:
        yield "token"
    yield from _other_words(texts["html"], token, to.id)


def _other_words(html: str, token: str, person_id: str) -> Iterator[str]:
    chooses = doors.url(SITE_URL, KEY, Door.CHOOSE, Visitor(person_id=person_id))
    expected = message(small=False).html.replace(Personal.UNSUBSCRIBE_URL, f"{SITE_URL}/u/{token}")
    expected = expected.replace(Personal.CHOOSE_URL, chooses)
    if len(message(small=False).html.encode()) != HTML_BYTES:
        yield "the issue has not the size it is to have"
    if html.strip() != expected.strip():
        yield "HTML"
