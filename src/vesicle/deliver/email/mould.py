"""The mould of a newsletter: everything that is the same for all is encoded once, a mail is a join."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from itertools import groupby

from vesicle.deliver.email.address import route
from vesicle.deliver.email.headers import Stamp, field, header_value, mailbox_field, text_field
from vesicle.deliver.email.quoted import SOFT_BREAK, quoted
from vesicle.model.errors import ContentError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message, Personal
from vesicle.model.problem import Place, Problem

_STAND_IN = re.compile(f"({'|'.join(sorted(Personal, key=len, reverse=True))})")
# What every stand-in starts with; nothing of it may be left in a mail.
_MARK = "VSCL"
_OWN_FIELDS = frozenset(
    {"from", "sender", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version"}
    | {"content-type", "content-transfer-encoding", "content-disposition", "content-id"}
)


class _Context(Enum):
    """Where in a mail a personal value stands, which decides how it is written."""

    HEADER = "header"
    TEXT = "text"
    HTML = "html"


_SUBTYPES = {_Context.TEXT: b"plain", _Context.HTML: b"html"}


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in a mail for a personal value."""

    context: _Context
    name: Personal


class Mould:
    """A newsletter in one language, to be filled for one recipient after the other.

    A mail is a `multipart/alternative` of text and HTML, both quoted-printable: all ASCII (but for a UTF-8
    address), CRLF line ends, no line of its body above 76 characters, none that starts with a full stop.
    The same message and the same values give the same bytes on every machine. *sender* is the message's,
    with the domain in ASCII.
    """

    def __init__(self, message: Message) -> None:
        """Encode *message*.

        Raises ContentError when it lacks its sender, subject, text or HTML, when a header cannot be
        written, and when a stand-in is unknown or stands where none may (subject, sender).
        """
        self.sender = _sender(message)
        self._pieces = tuple(_merged(_pieces(message, self.sender)))
        self._slots = frozenset(piece for piece in self._pieces if isinstance(piece, _Slot))

    def fill(self, stamp: Stamp, values: Mapping[Personal, str]) -> bytes:
        """Give the whole mail for one recipient, without the final dot of SMTP.

        Raises ContentError when a value is missing or cannot be written where it stands.
        """
        written = {slot: _written(slot, values) for slot in self._slots}
        body = (piece if isinstance(piece, bytes) else written[piece] for piece in self._pieces)
        return stamp.fields() + b"".join(body)


def _sender(message: Message) -> Mailbox:
    """Give the sender of a message that has all that a newsletter needs, with its domain in ASCII."""
    missing = [name for name in ("sender", "subject", "text", "html") if not getattr(message, name)]
    if message.sender is None or missing:
        raise _refused(message, f"lacks its {', '.join(missing)}", "give the newsletter its missing parts")
    for text in (message.subject, message.sender.name, message.sender.address):
        _refuse_mark(message, text, "the subject or the sender")
    found = route(message.sender.address)
    if isinstance(found, str) or found.needs_utf8:
        reason = found if isinstance(found, str) else "the address is not ASCII, which few servers take"
        raise _refused(message, f"has a sender that cannot send: {reason}", "mend the sender in config.yaml")
    return Mailbox(name=message.sender.name, address=found.address)


def _pieces(message: Message, sender: Mailbox) -> Iterator[bytes | _Slot]:
    # "=_" cannot occur in quoted-printable, so that no text can hold the boundary (RFC 2045, section 6.7).
    digest = sha256(f"{message.text}\0{message.html}".encode(errors="replace")).hexdigest()
    boundary = b"=_%b" % digest[:32].encode()
    yield mailbox_field("From", sender)
    yield text_field("Subject", message.subject)
    for name, value in message.headers:
        yield from _header(message, name, value)
    yield b"MIME-Version: 1.0\r\n"
    yield b'Content-Type: multipart/alternative; boundary="%b"\r\n' % boundary
    for context, text in ((_Context.TEXT, message.text), (_Context.HTML, message.html)):
        yield b"\r\n--%b\r\nContent-Type: text/%b; charset=utf-8\r\n" % (boundary, _SUBTYPES[context])
        yield b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        yield from _part(message, context, text)
    yield b"\r\n--%b--\r\n" % boundary


def _header(message: Message, name: str, value: str) -> Iterator[bytes | _Slot]:
    if name.lower() in _OWN_FIELDS:
        raise _refused(message, f"sets the header {name}", "leave it out: it is written for every mail")
    encoded = field(name, value).decode("ascii")
    if len(_STAND_IN.findall(encoded)) != len(_STAND_IN.findall(value)):
        raise _refused(message, f"has a stand-in in the header {name}", "write that header in ASCII")
    for place, text in enumerate(_STAND_IN.split(encoded)):
        if place % 2:
            yield _Slot(_Context.HEADER, Personal(text))
        else:
            _refuse_mark(message, text, f"the header {name}")
            yield text.encode()


def _part(message: Message, context: _Context, content: str) -> Iterator[bytes | _Slot]:
    """Yield one part; a value starts on a line of its own, and a soft line break follows it."""
    texts = _STAND_IN.split(content)
    last = len(texts) - 1
    for place, text in enumerate(texts):
        if place % 2:
            yield _Slot(context, Personal(text))
            continue
        _refuse_mark(message, text, f"the {context.value} part")
        yield SOFT_BREAK if place and (text or place < last) else b""
        yield quoted(text, where=message.slug)
        yield SOFT_BREAK if text and place < last and not text.endswith(("\n", "\r")) else b""


def _written(slot: _Slot, values: Mapping[Personal, str]) -> bytes:
    """Write the value of *slot* as its context asks."""
    if slot.name not in values:
        raise ContentError(
            f"no value was given for {slot.name.name}", mend="report this as a fault of Vesicle"
        )
    value = values[slot.name]
    if slot.context is _Context.HEADER:
        return header_value(slot.name.name, value)
    text = html.escape(value) if slot.context is _Context.HTML else value
    return quoted(text, where=slot.name.name)


def _merged(pieces: Iterable[bytes | _Slot]) -> Iterator[bytes | _Slot]:
    """Yield *pieces* with neighbouring bytes joined."""
    for is_slot, group in groupby(pieces, key=lambda piece: isinstance(piece, _Slot)):
        if is_slot:
            yield from group
        else:
            yield b"".join(piece for piece in group if isinstance(piece, bytes))


def _refuse_mark(message: Message, text: str, where: str) -> None:
    if found := re.search(rf"{_MARK}\w*", text):
        what = f"has {found[0]} in {where}, where it would reach the readers"
        raise _refused(
            message, what, f"known stand-ins: {', '.join(Personal)}, in text, HTML and headers alone"
        )


def _refused(message: Message, what: str, mend: str) -> ContentError:
    text = f"the newsletter '{message.slug}' ({message.lang}) {what}"
    return ContentError([Problem(code="email.mould", text=text, where=Place(file=message.slug), mend=mend)])
