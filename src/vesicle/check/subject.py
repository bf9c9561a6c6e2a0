import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from vesicle.model.problem import Place, Problem, Severity
from vesicle.ports import Case, Part

_SHOUT_LETTERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The most characters of a subject, and the fewest and most of a preheader, that inboxes show."""

    subject_most: int = 60
    preheader_least: int = 40
    preheader_most: int = 110


class _Line(NamedTuple):
    """What the inbox shows of a newsletter in one language, and where its editor wrote that."""

    lang: str
    subject: str
    preheader: str
    subject_at: Place
    preheader_at: Place


class Check:
    """The two lines that an inbox shows of a newsletter are there, short, and not the same."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.ISSUE, Part.MESSAGES})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield the problems of each language's subject and preheader, once for the same words."""
        for line in dict.fromkeys(_lines(case)):
            yield from self._subject(line)
            yield from self._preheader(line)

    def _subject(self, line: _Line) -> Iterator[Problem]:
        text, most, where = line.subject, self._options.subject_most, line.subject_at
        name = f"the subject in {line.lang}"
        if not text.strip():
            yield Problem(
                code="subject.empty", text=f"{name} is empty", where=where, mend="write `subject: …`"
            )
        if _has_controls(text):
            yield _controls(name, where)
        if len(text) > most:
            yield Problem(
                code="subject.long",
                text=f"{name} has {len(text)} characters",
                where=where,
                mend=f"say it in at most {most}; phones cut the rest",
                severity=Severity.WARNING,
            )
        if text.isupper() and sum(map(str.isalpha, text)) >= _SHOUT_LETTERS:
            yield Problem(
                code="subject.capitals",
                text=f"{name} is in capitals",
                where=where,
                mend="write it as a sentence",
                why="Spam filters and readers take it for shouting.",
                severity=Severity.WARNING,
            )

    def _preheader(self, line: _Line) -> Iterator[Problem]:
        text, where, name = line.preheader.strip(), line.preheader_at, f"the preheader in {line.lang}"
        least, most = self._options.preheader_least, self._options.preheader_most
        if _has_controls(line.preheader):
            yield _controls(name, where)
        if not text:
            mend = "write `preheader: …`, the line that the inbox shows behind the subject"
            yield Problem(code="subject.preheader-empty", text=f"{name} is empty", where=where, mend=mend)
        elif text.casefold() == line.subject.strip().casefold():
            yield Problem(
                code="subject.preheader-same",
                text=f"{name} repeats the subject",
                where=where,
                mend="say what the subject does not",
                severity=Severity.WARNING,
            )
        elif not least <= len(text) <= most:
            yield Problem(
                code="subject.preheader-length",
                text=f"{name} has {len(text)} characters",
                where=where,
                mend=f"write {least} to {most} characters",
                severity=Severity.WARNING,
            )


def _lines(case: Case) -> Iterator[_Line]:
    issue = case.issue
    if issue:
        at = issue.place("subject"), issue.place("preheader")
        for words in (issue.wording(issue.lang), *issue.translations.values()):
            yield _Line(words.lang, words.subject, words.preheader, *at)
    for message in case.messages:
        if message.channel == "email" or message.html:
            at = (
                (issue.place("subject"), issue.place("preheader"))
                if issue
                else (Place(file=message.slug),) * 2
            )
            # A message in a language without a translation carries the issue's own words.
            lang = message.lang
            if issue and message.subject == issue.wording(lang).subject:
                lang = issue.wording(lang).lang
            yield _Line(lang, message.subject, message.preheader, *at)


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text)


def _controls(name: str, where: Place) -> Problem:
    return Problem(
        code="subject.control",
        text=f"{name} holds a line break or another control character",
        where=where,
        mend="write it on one line, with plain spaces",
        why="A line break in a header can end it and start another one.",
    )
