import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import ClassVar
from urllib.parse import urlsplit

from vesicle.model.item import Item, Status
from vesicle.model.message import Personal
from vesicle.model.problem import Place, Problem, Severity
from vesicle.ports import Case, Part
from vesicle.text.citations import source_url

# [words](target "title"), with pictures and brackets among the words and a pair of brackets in the target,
# as DOIs have them; <https://…>; [name]: target. Pictures themselves (`![…](…)`) are no links.
_LINK = re.compile(
    r"(?<!!)\[(?:[^\[\]\n]|!?\[[^\[\]\n]*\])*\]\(\s*(?:<(?P<angled>[^<>\n]*)>|(?P<plain>(?:[^\s()]|\([^\s()]*\))*))"
    r"|<(?P<auto>[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]*)>"
    r"|(?m:^ {0,3}\[[^\[\]\n^][^\[\]\n]*\]:[ \t]*(?P<definition>\S+)[ \t]*(?:[\"'(].*)?$)"
)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_LOCAL = (".localhost", ".local", ".internal")

_FAULTS = {
    "empty": ("leads nowhere", "write the address, or take the link away"),
    "placeholder": ("points into the page itself", "write the full address, from https:// on"),
    "relative": ("has no scheme", "write the full address, from https:// on"),
    "unreadable": ("is not an address", "write the full address, from https:// on"),
    "scheme": ("does not start with https://", "link to a page on the web"),
    "local": ("leads to the reader's own machine or network", "link to the public address"),
    "http": ("is not encrypted", "write https:// where the other side answers it"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The schemes that a link may have besides http and https."""

    schemes: tuple[str, ...] = ("mailto", "tel")


class Check:
    """Every link leads somewhere from any reader's mail program."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.ISSUE, Part.ITEMS, Part.MESSAGES})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield the problems of links, each where an editor wrote it in an item, else once at the issue."""
        seen: set[str] = set()
        for item in case.items:
            if item.status is not Status.RETIRED:
                for url, where in _of_item(item):
                    seen.add(url)
                    yield from self._judge(url, where)
        for url, where in _of_issue(case):
            if url not in seen:
                seen.add(url)
                yield from self._judge(url, where)

    def _judge(self, url: str, where: Place) -> Iterator[Problem]:
        fault = _fault(url, self._options.schemes)
        if fault:
            text, mend = _FAULTS[fault]
            severity = Severity.WARNING if fault == "http" else Severity.ERROR
            text = f"the link “{url}” {text}" if url.strip() else f"a link {text}"
            yield Problem(code=f"links.{fault}", text=text, where=where, mend=mend, severity=severity)


def _of_item(item: Item) -> Iterator[tuple[str, Place]]:
    start = item.places.get("body")
    for url, above in _markdown_links(item.body):
        yield url, replace(start, line=start.line + above) if start and start.line else item.where
    for snippet in item.snippets:
        yield source_url(snippet.source) or snippet.source, snippet.where


def _of_issue(case: Case) -> Iterator[tuple[str, Place]]:
    if case.issue:
        for words in (case.issue.wording(case.issue.lang), *case.issue.translations.values()):
            yield from ((url, case.issue.where) for url, _ in _markdown_links(words.intro))
    for message in case.messages:
        where = case.issue.where if case.issue else Place(file=message.slug)
        yield from ((link.url, where) for link in message.links)


def _markdown_links(text: str) -> Iterator[tuple[str, int]]:
    """Give the targets of links in Markdown, each with how many lines stand above it."""
    text = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)
    for found in _LINK.finditer(text):
        yield found[found.lastgroup or 0], text.count("\n", 0, found.start())


def _fault(url: str, schemes: tuple[str, ...]) -> str:
    if any(stand_in in url for stand_in in Personal):
        return ""
    # Browsers leave out control characters and blanks: `java\nscript:` runs.
    plain = re.sub(r"[\x00-\x20]", "", url)
    if not plain or plain.startswith("#"):
        return "placeholder" if plain else "empty"
    try:
        parts = urlsplit(plain)
        host = parts.hostname or ""
    except ValueError:
        return "unreadable"
    if parts.scheme in ("http", "https"):
        return _host_fault(host) or ("http" if parts.scheme == "http" else "")
    if not parts.scheme:
        return "relative"
    return "" if parts.scheme in schemes else "scheme"


def _host_fault(host: str) -> str:
    if not host:
        return "unreadable"
    if f".{host}".rstrip(".").endswith(_LOCAL):
        return "local"
    try:
        return "" if ip_address(host).is_global else "local"
    except ValueError:
        return ""
