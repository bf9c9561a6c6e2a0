"""A text in Telegram's HTML."""

from collections.abc import Sequence
from html import escape

from vesicle.model.message import Link
from vesicle.text.rich.placed import placed


def html(text: str, links: Sequence[Link]) -> str:
    """Write *text* for the parse mode `HTML` of Telegram's Bot API, each of *links* that is in it as a link.

    It is plain but for the links: `&`, `<` and `>` are escaped, in addresses quotes as well (Bot API 10.1,
    "HTML style", read 2026-11-22).
    """
    pieces, last = [], 0
    for start, end, link in placed(text, links):
        words = escape(text[start:end], quote=False)
        pieces += [escape(text[last:start], quote=False), f'<a href="{escape(link.url)}">{words}</a>']
        last = end
    return "".join([*pieces, escape(text[last:], quote=False)])
