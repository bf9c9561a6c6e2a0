"""The mould of a newsletter: everything that is the same for all is encoded once, a mail is a join."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from vesicle.deliver.email.address import route
from vesicle.deliver.email.headers import Stamp, field, header_value, mailbox_field, text_field
from vesicle.deliver.email.parts import Context, Part, part
from vesicle.model.errors import ContentError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message, Personal
from vesicle.model.problem import Place, Problem

UNSUBSCRIBE_MAIL = "VSCLunsubscribeMAILx"
"""Stands in a header for the address that a reader leaves by writing to."""

_STAND_IN = re.compile(f"({'|'.join(sorted(Personal, key=len, reverse=True))})")
_HEADER_STAND_IN = re.compile(f"({'|'.join(sorted([*Personal, UNSUBSCRIBE_MAIL], key=len, reverse=True))})")
# What every stand-in starts with; nothing of it may be left in a mail.
_MARK = "VSCL"
_OWN_FIELDS = frozenset(
    {"from", "sender", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version"}
    | {"content-type", "content-transfer-encoding", "content-disposition", "content-id", "dkim-signature"}
)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in a header for a personal value."""

    name: str


class Mould:
    """A newsletter in one language, to be filled for one recipient after the other.

    A mail is a `multipart/alternative` of text and HTML, each in quoted-printable or base64, whichever is
    shorter: all ASCII (but for a UTF-8 address), CRLF line ends, no line of its body above 76 characters,
    none that starts with a full stop. The same message and the same values give the same bytes on every
    machine. *sender* is the message's, with the domain in ASCII; *names* are the values that it asks for.
    """

    def __init__(self, message: Message) -> None:
        """Encode *message*.

        Raises ContentError when it lacks its sender, subject, text or HTML, when a header cannot be
        written, and when a stand-in is unknown or stands where none may (subject, sender).
        """
        self.sender = _sender(message)
        self._pieces = tuple(_merged(_pieces(message, self.sender)))
        self.names = _names(message)

    def fill(self, stamp: Stamp, values: Mapping[str, str]) -> bytes:
        """Give the whole mail for one recipient, without the final dot of SMTP.

        Raises ContentError when a value is missing or cannot be written where it stands.
        """
        filled = [stamp.fields()]
        try:
            for piece in self._pieces:
                if isinstance(piece, bytes):
                    filled.append(piece)
                elif isinstance(piece, _Slot):
                    filled.append(header_value(piece.name, values[piece.name]))
                else:
                    filled.extend(piece.fill(values))
        except KeyError as error:
            what = f"no value was given for {error.args[0]}"
            raise ContentError(what, mend="report this as a fault of Vesicle") from error
        return b"".join(filled)


def _names(message: Message) -> frozenset[str]:
    headers = (value for _, value in message.headers)
    return frozenset(
        name for text in (message.text, message.html, *headers) for name in _HEADER_STAND_IN.findall(text)
    )


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


def _pieces(message: Message, sender: Mailbox) -> Iterator[bytes | _Slot | Part]:
    # "=_" cannot occur in quoted-printable or base64, so that no text can hold the boundary (RFC 2045, 6.7).
    digest = sha256(f"{message.text}\0{message.html}".encode(errors="replace")).hexdigest()
    boundary = b"=_%b" % digest[:32].encode()
    yield mailbox_field("From", sender)
    yield text_field("Subject", message.subject)
    for name, value in message.headers:
        yield from _header(message, name, value)
    yield b"MIME-Version: 1.0\r\n"
    yield b'Content-Type: multipart/alternative; boundary="%b"\r\n' % boundary
    for context, text in ((Context.TEXT, message.text), (Context.HTML, message.html)):
        content = _part(message, context, text)
        yield b"\r\n--%b\r\nContent-Type: text/%b; charset=utf-8\r\n" % (boundary, context.value.encode())
        yield b"Content-Transfer-Encoding: %b\r\n\r\n" % content.encoding
        yield content
    yield b"\r\n--%b--\r\n" % boundary


def _header(message: Message, name: str, value: str) -> Iterator[bytes | _Slot]:
    if name.lower() in _OWN_FIELDS:
        raise _refused(message, f"sets the header {name}", "leave it out: it is written for every mail")
    encoded = field(name, value).decode("ascii")
    if len(_HEADER_STAND_IN.findall(encoded)) != len(_HEADER_STAND_IN.findall(value)):
        raise _refused(message, f"has a stand-in in the header {name}", "write that header in ASCII")
    for place, text in enumerate(_HEADER_STAND_IN.split(encoded)):
        if place % 2:
            yield _Slot(text)
        else:
            _refuse_mark(message, text, f"the header {name}")
            yield text.encode()


def _part(message: Message, context: Context, content: str) -> Part:
    for text in _STAND_IN.split(content)[::2]:
        _refuse_mark(message, text, f"the {context.name.lower()} part")
    return part(content, context, split=_STAND_IN.split, where=message.slug)


def _merged(pieces: Iterator[bytes | _Slot | Part]) -> Iterator[bytes | _Slot | Part]:
    """Yield *pieces* with neighbouring bytes joined."""
    joined = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            joined += piece
        else:
            yield joined
            yield piece
            joined = b""
    yield joined


def _refuse_mark(message: Message, text: str, where: str) -> None:
    if found := re.search(rf"{_MARK}\w*", text):
        what = f"has {found[0]} in {where}, where it would reach the readers"
        raise _refused(
            message, what, f"known stand-ins: {', '.join(Personal)}, in text, HTML and headers alone"
        )


def _refused(message: Message, what: str, mend: str) -> ContentError:
    text = f"the newsletter '{message.slug}' ({message.lang}) {what}"
    return ContentError([Problem(code="email.mould", text=text, where=Place(file=message.slug), mend=mend)])
