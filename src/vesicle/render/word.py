"""A digest to the mail that tells it to the editor."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from vesicle.model.errors import ContentError
from vesicle.model.issue import Newsletter
from vesicle.model.message import Message
from vesicle.model.notice import WORD
from vesicle.model.problem import Place, Problem
from vesicle.model.word import Cause, Digest, Word
from vesicle.render import mail, marks, mjml
from vesicle.render.environment import environment, render
from vesicle.render.wrap import COLUMNS, columns
from vesicle.text.html import links, pictures
from vesicle.text.lines import one_line, without_controls

LANG = "en"

MOST_BLOCKS = 20
"""How many words of a digest are told in full; of the others, each has a line."""

_MOST_LINES = 30
_MOST_TEXT = 1_000
_MOST_SUBJECT = 120
# Gmail shows 102 KB of a mail: all previews of a digest together have so many characters.
_MOST_PREVIEW = 24_000

HEADLINES: Mapping[Cause, str] = {
    Cause.RETRACTED: "Paper retracted or corrected",
    Cause.RATE: "Too much comes back",
    Cause.HELD: "Held",
    Cause.MISSED: "Missed",
    Cause.CONTENT: "Content cannot be pulled",
    Cause.SOURCE: "Source failing",
    Cause.CLOCK: "Clock changed",
    Cause.SKIPPED: "No issue",
    Cause.DRAFT: "Draft ready",
    Cause.APPROVED: "Approved",
    Cause.SENT: "Sent",
}
WHY: Mapping[Cause, str] = {
    Cause.RETRACTED: "What rests on it may be wrong, and readers trust it.",
    Cause.RATE: "Mail providers put a sender whose mails come back or are called spam into the spam folder, "
    "with all their mails.",
    Cause.HELD: "While it is held, nobody gets it.",
    Cause.MISSED: "So late, it is not made up for: a person decides.",
    Cause.CONTENT: "The server goes on with the files it has, and what you changed since does not count.",
    Cause.SOURCE: "No new papers come from it. None is lost: it goes on where it ended.",
    Cause.CLOCK: "Issues and posts go out by it.",
    Cause.SKIPPED: "Readers get nothing that day.",
    Cause.DRAFT: "Nothing of it goes out before a person has approved it.",
    Cause.APPROVED: "",
    Cause.SENT: "",
}

# What stands for a personal link in a mail starts so (`model.message.Personal`); in words it is only text.
_MARK = "VSCL"
_UNMARKED = "VSC\u2060L"
# Characters that turn the direction of what follows: in a subject nothing ends what they begin.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFDD0, 0xFDD1])
_CODE = re.compile(r"`([^`]+)`")
_BEGINS = re.compile(r"[-*>#]|\d+\.|<")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a sentence, which may be code."""

    text: str
    is_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A word as a template shows it; *preview* are paragraphs of lines, and *more* says what was left out."""

    headline: str
    name: str
    text: str
    why: str
    mend: tuple[Piece, ...]
    facts: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    preview: tuple[tuple[str, ...], ...]
    more: str


def word_mail(digest: Digest, *, newsletter: Newsletter, templates: Mapping[str, str]) -> Message:
    """Render *digest* by the templates `notice/word`, in the name of *newsletter*.

    Whatever a word holds is text, and nothing of it becomes markup, a header or a personal link. Raises
    ContentError where a template is missing or broken.
    """
    jinja = environment(templates)
    view = _view(digest, newsletter)
    page = mjml.compile(render(jinja, f"notice/{WORD}.mjml.j2", view))
    text = render(jinja, f"notice/{WORD}.txt.j2", view)
    _refuse_links(page + text)
    return Message(
        channel="email",
        slug=f"notice-{WORD}",
        lang=LANG,
        subject=str(view["subject"]),
        preheader=str(view["preheader"]),
        html=page,
        text=text,
        links=links(page),
        pictures=pictures(page),
        sender=newsletter.sender,
        headers=tuple(_headers(newsletter)),
    )


def _view(digest: Digest, newsletter: Newsletter) -> dict[str, object]:
    until = digest.quiet_until
    return {
        "newsletter": newsletter,
        "lang": LANG,
        "direction": "ltr",
        "subject": _subject(digest),
        "preheader": _cut(_safe(digest.words[0].text), _MOST_SUBJECT),
        "blocks": tuple(_blocks(digest.words[:MOST_BLOCKS])),
        "others": tuple(map(_headed, digest.words[MOST_BLOCKS:])),
        "quiet_until": f"{until.astimezone(ZoneInfo(newsletter.zone)):%H:%M} ({newsletter.zone})"
        if until
        else "",
    }


def _subject(digest: Digest) -> str:
    others = len(digest.words) - 1
    more = f" (and {others:,} more)" if others else ""
    return _cut(_headed(digest.words[0]), _MOST_SUBJECT - len(more)) + more


def _headed(word: Word) -> str:
    return f"{HEADLINES[word.cause]}: {_safe(word.name)}"


def _blocks(words: tuple[Word, ...]) -> Iterator[Block]:
    room = _MOST_PREVIEW
    for word in words:
        whole = _inert(without_controls(word.preview))
        preview, room = whole[:room], max(0, room - len(whole))
        yield _block(word, preview, is_cut=preview != whole)


def _block(word: Word, preview: str, *, is_cut: bool) -> Block:
    left = len(word.lines) - _MOST_LINES
    left_out = (
        f"and {left} more" if left > 0 else "",
        "the text goes on" if is_cut else "",
    )
    return Block(
        headline=HEADLINES[word.cause],
        name=_cut(_safe(word.name), _MOST_TEXT),
        text=_cut(_safe(word.text), _MOST_TEXT),
        why=WHY[word.cause],
        mend=tuple(_pieces(_cut(_safe(word.mend), _MOST_TEXT))),
        facts=tuple((_safe(name), _cut(_safe(value), _MOST_TEXT)) for name, value in word.facts),
        lines=tuple(_cut(_safe(line), _MOST_TEXT) for line in word.lines[:_MOST_LINES]),
        preview=tuple(_paragraphs(preview)),
        more="; ".join(filter(None, left_out)),
    )


def _pieces(text: str) -> Iterator[Piece]:
    for place, part in enumerate(_CODE.split(text)):
        if part:
            yield Piece(text=part, is_code=bool(place % 2))


def _paragraphs(text: str) -> Iterator[tuple[str, ...]]:
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        if paragraph.strip():
            yield tuple(_unwrapped(paragraph.splitlines()))


def _unwrapped(lines: list[str]) -> Iterator[str]:
    """Yield *lines* as they were before `wrap` broke those that were too long."""
    current, last = "", ""
    for line in lines:
        first_word = line.split(maxsplit=1)[0]
        was_full = bool(last) and columns(last) + 1 + columns(first_word) > COLUMNS
        if was_full and not _BEGINS.match(first_word):
            current = f"{current} {line.strip()}"
        else:
            yield from (current,) if current else ()
            current = line
        last = line
    yield current


def _safe(text: str) -> str:
    return _inert(one_line(text))


def _inert(text: str) -> str:
    return text.translate(_TURNS).replace(_MARK, _UNMARKED)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _headers(newsletter: Newsletter) -> Iterator[mail.Header]:
    yield "Reply-To", mail.line(newsletter.reply_to)
    yield from mail.automatic(newsletter, lang=LANG, slug=f"notice-{WORD}", stream=WORD)


def _refuse_links(text: str) -> None:
    """Raise ContentError where a template shows a link of one reader: an editor is none."""
    if _MARK in text:
        where = Place(file=f"{marks.FOLDER}notice/{WORD}.mjml.j2")
        mend = "take it out: whoever is told here is no reader"
        problem = Problem(
            code="notice.link", text="this mail has a reader's own link", where=where, mend=mend
        )
        raise ContentError([problem])
