"""What can be read off finished HTML: its links and its pictures. What stands in comments is not seen."""

from collections.abc import Sequence
from html.parser import HTMLParser

from vesicle.model.message import Link, Picture


def links(html: str) -> tuple[Link, ...]:
    """Give the links of *html* in order, with the words a reader sees or, for an image, its alt text."""
    return tuple(_read(html).links)


def pictures(html: str) -> tuple[Picture, ...]:
    """Give the images of *html* in order."""
    return tuple(_read(html).pictures)


def _read(html: str) -> "_Reader":
    reader = _Reader(convert_charrefs=True)
    reader.feed(html)
    reader.close()
    reader.end_link()
    return reader


class _Reader(HTMLParser):
    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self.links: list[Link] = []
        self.pictures: list[Picture] = []
        self._href: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        # A browser keeps the first of two attributes of one name, dict() the last.
        attributes = dict(reversed(attrs))
        if tag == "a":
            self.end_link()
            self._href = attributes.get("href")
        elif tag == "img":
            alt = attributes["alt"] or "" if "alt" in attributes else None
            self.pictures.append(Picture(src=attributes.get("src") or "", alt=alt))
            self._words.append(f" {alt or ''} ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.end_link()

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def end_link(self) -> None:
        if self._href is not None:
            self.links.append(Link(url=self._href, text=" ".join("".join(self._words).split())))
        self._href = None
        self._words.clear()
