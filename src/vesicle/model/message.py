"""What is rendered and ready to deliver."""

from dataclasses import dataclass
from enum import StrEnum

from vesicle.model.issue import Mailbox


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
    """A link of a message, with the words a reader sees."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image of a message; *alt* is None where the attribute is missing."""

    src: str
    alt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A newsletter or a notice in one language, or the post of one item for one channel.

    *slug* names the issue or item, *html* is empty for a post, *text* is complete by itself. Links and
    pictures are those of the HTML, or of the text where there is no HTML. *sender* and *headers* belong
    to mails alone; header values may hold stand-ins.
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
