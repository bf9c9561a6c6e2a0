"""Makes a title or a paragraph that came as HTML into plain text and into HTML that is safe."""

from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

_KEPT = {"i": "i", "em": "i", "italic": "i", "b": "b", "strong": "b", "bold": "b", "sup": "sup", "sub": "sub"}
_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section"})
_UNSEEN = frozenset({"script", "style"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """A text, and the same with its markup (i, b, sup, sub) as safe HTML; *html* is empty without markup."""

    text: str
    html: str = ""


def inline(html: str) -> Inline:
    """Read *html*: other tags are dropped and their words stay, scripts go whole, open tags are closed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.read()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._text: list[str] = []
        self._html: list[str] = []
        self._open: list[str] = []
        self._unseen = 0
        self._has_markup = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BREAKS:
            self._put(" ")
        elif tag in _KEPT:
            self._open.append(_KEPT[tag])
            self._html.append(f"<{_KEPT[tag]}>")
            self._has_markup = True

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif tag in _BREAKS:
            self._put(" ")
        elif _KEPT.get(tag) in self._open:
            self._close(until=_KEPT[tag])

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._put(data)

    def read(self) -> Inline:
        while self._open:
            self._html.append(f"</{self._open.pop()}>")
        text, html = (" ".join("".join(parts).split()) for parts in (self._text, self._html))
        return Inline(text=text, html=html if self._has_markup and text else "")

    def _close(self, *, until: str) -> None:
        while (last := self._open.pop()) != until:
            self._html.append(f"</{last}>")
        self._html.append(f"</{until}>")

    def _put(self, words: str) -> None:
        self._text.append(words)
        self._html.append(escape(words, quote=False))
