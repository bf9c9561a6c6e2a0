"""What is rendered and ready to deliver."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from vesicle.model.issue import Mailbox
from vesicle.model.limits import Frame


class Personal(StrEnum):
    """Stand-ins for what differs from one recipient to the next.

    They are compiled into a message like any word and replaced as bytes when it is sent, so they hold
    letters and digits alone: nothing that HTML, a URL or quoted-printable would write differently.
    """

    UNSUBSCRIBE_URL = "VSCLunsubscribeURLx"
    CONFIRM_URL = "VSCLconfirmURLx"
    CHOOSE_URL = "VSCLchooseURLx"
    DATA_URL = "VSCLdataURLx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a message, with the words a reader sees: of a post, as they stand in its text."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A picture that is made from words: all that it is drawn from, so that it can be drawn at any time.

    *source* is the text of a Typst template and *data* the JSON that it shows. Two cards of one *name* are
    the same picture.
    """

    source: str
    data: str
    frame: Frame

    @property
    def name(self) -> str:
        """Give a file name that no other picture has."""
        frame = self.frame
        what = json.dumps([self.source, self.data, frame.width, frame.height, frame.format])
        ending = "jpg" if frame.format == "jpeg" else frame.format
        return f"{sha256(what.encode()).hexdigest()[:24]}.{ending}"

    @property
    def words(self) -> str:
        """Give all the texts of the data, one after the other."""
        return "\n".join(_texts(json.loads(self.data)))


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for one in inside:
        yield from _texts(one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image of a message; *alt* is None where the attribute is missing.

    *src* is where it stands or, of a *card*, the name that it gets.
    """

    src: str
    alt: str | None
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A newsletter or a notice in one language, or the post of one item for one channel.

    *slug* names the issue or item, *html* is empty for a post, *text* is complete by itself. Links and
    pictures are those of the HTML, or of the text where there is no HTML. *sender* and *headers* belong
    to mails alone; header values may hold stand-ins. *parts* are the texts of a thread in their order, and
    *text* is then all of them; a post that is one text has none.
    """

    channel: str
    slug: str
    lang: str
    text: str
    subject: str = ""
    preheader: str = ""
    html: str = ""
    links: tuple[Link, ...] = ()
    pictures: tuple[Picture, ...] = ()
    sender: Mailbox | None = None
    headers: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the texts that a channel publishes one after the other: those of a thread, or the one."""
        return self.parts or (self.text,)
