"""One record as a tree, and what is read off its elements."""

import re
from html import escape

from lxml import etree

from vesicle.model.errors import PermanentFailure

Element = etree._Element
SAFE = ("i", "b", "sup", "sub", "u")

_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)
_NOTHING = etree.Element("nothing")
_TO_FOLD = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")


def tree(record: bytes) -> Element:
    """Parse one record; raises PermanentFailure where it is no well-formed XML in UTF-8."""
    try:
        return etree.fromstring(record, _PARSER)
    except etree.XMLSyntaxError as error:
        raise PermanentFailure(f"a record of the PubMed XML cannot be read: {error.msg}") from error


def child(element: Element, *path: str) -> Element:
    """Give the first child of each name of *path* in turn; an empty element where there is none."""
    for name in path:
        element = next(element.iterchildren(name), _NOTHING)
    return element


def texts(element: Element, name: str) -> tuple[str, ...]:
    """Give the texts of the children called *name*, without the empty ones."""
    return tuple(filter(None, map(text, element.iterchildren(name))))


def text(element: Element) -> str:
    """Give all descendant text, with runs of white space as one blank.

    White space is that of XML (blank, tab, line ends); a no-break or thin space is left as it is.
    """
    return folded("".join(element.itertext()) if len(element) else element.text or "")


def markup(element: Element) -> str:
    """Give the same text as HTML with the elements of `SAFE`, escaped; empty where it has none of them."""
    if not len(element) or next(element.iter(*SAFE), None) is None:
        return ""
    return folded(_inner(element))


def folded(text: str) -> str:
    """Give *text* with runs of XML white space as one blank, and none at the ends."""
    # Four searches for one character are ten times as fast as one for a pattern, and seldom find anything.
    if "\n" in text or "  " in text or "\t" in text or "\r" in text:
        text = _TO_FOLD.sub(" ", text)
    return text.strip(" ")


def _inner(element: Element) -> str:
    parts = [escape(element.text or "", quote=False)]
    for part in element:
        inner = _inner(part)
        parts.append(f"<{part.tag}>{inner}</{part.tag}>" if part.tag in SAFE else inner)
        parts.append(escape(part.tail or "", quote=False))
    return "".join(parts)
