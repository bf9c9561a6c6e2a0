"""What every mail has: headers that say whose it is and that a machine sent it, and a filled preheader."""

import re
from collections.abc import Iterator
from email.utils import formataddr

from vesicle.model.issue import Newsletter
from vesicle.model.message import Personal

# Gmail shows up to 200 characters behind the subject (resend/react-email PR 3100): what follows the
# preheader is filled up with characters that take room and show nothing.
PREHEADER_ROOM = 200
_FILLER = "\u034f\u200c\u00a0"

Header = tuple[str, str]


def filler(preheader: str) -> str:
    """Give what follows *preheader*, so that no words of the mail do."""
    return _FILLER * max(0, PREHEADER_ROOM - len(preheader))


def leaving(newsletter: Newsletter) -> Iterator[Header]:
    """Yield the headers of list mail: which list, and how to leave it in one step (RFC 2919, RFC 8058)."""
    yield "List-Id", formataddr((line(newsletter.name), f"{newsletter.slug}.{_domain(newsletter)}"))
    yield "List-Unsubscribe", f"<{Personal.UNSUBSCRIBE_URL}>"
    yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def automatic(newsletter: Newsletter, *, lang: str, slug: str, stream: str) -> Iterator[Header]:
    """Yield the headers that keep answering machines quiet (RFC 3834), and those for statistics."""
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"
    yield "Feedback-ID", f"{slug}:{newsletter.slug}:{stream}:{_sender_id(_domain(newsletter))}"
    yield "Content-Language", lang


def line(text: str) -> str:
    """Put *text* on one line: a line break would end its header."""
    return " ".join(text.split())


def _domain(newsletter: Newsletter) -> str:
    return newsletter.sender.domain.encode("idna").decode("ascii")


def _sender_id(domain: str) -> str:
    """Give 5 to 15 letters and digits that stay the same (support.google.com/mail/answer/6254652)."""
    return re.sub(r"[^a-z0-9]", "", domain)[-15:].rjust(5, "0")
