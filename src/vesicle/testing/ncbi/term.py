"""PubMed's query language: words, phrases, fields, date ranges, proximity."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product

from vesicle.testing.ncbi.boolean import OPERATORS, Group, Query, Term, Token, read
from vesicle.testing.ncbi.shelf import DAYS, Record, Shelf, normal

_TOKEN = re.compile(r'\s*(?:([():])|"([^"]*)"|\[([^\]]*)\]|([^\s()\[\]":]+))')
_DAY = re.compile(r"(\d{4})(?:[/-](\d{1,2}))?(?:[/-](\d{1,2}))?")
_NAMES = {
    "tiab": "Title/Abstract",
    "ti": "Title",
    "mh": "MeSH Terms",
    "pt": "Publication Type",
    "au": "Author",
    "ta": "Journal",
    "uid": "UID",
    "all": "All Fields",
    "crdt": "Date - Create",
    "edat": "Date - Entry",
    "lr": "Date - Modification",
    "pdat": "Date - Publication",
}
_OTHER_TAGS = {
    "mesh": "mh",
    "dp": "pdat",
    "mdat": "lr",
    "pmid": "uid",
    "tw": "all",
    "title": "ti",
    "jour": "ta",
}
_TAGS = {
    **{name: name for name in _NAMES},
    **{long.casefold(): name for name, long in _NAMES.items()},
    **_OTHER_TAGS,
}
# These are looked up as a whole heading, not as words in a text.
_HEADINGS = ("mh", "pt", "uid", "au")


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A query as PubMed understood it; without *query* it finds nothing."""

    query: Query | None
    translation: str
    unknown_words: tuple[str, ...] = ()
    unknown_fields: tuple[str, ...] = ()
    unknown_phrases: tuple[str, ...] = ()

    def search(self, shelf: Shelf) -> list[Record]:
        """Give the records found, the highest PMID first."""
        query = self.query
        return [record for record in shelf.all() if query.fits(record)] if query else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Atom:
    """A word or phrase with its tag; None where no tag was written."""

    text: str
    tag: str | None = None
    is_quoted: bool = False


@dataclass(slots=True)
class _Translation:
    """Turns atoms into queries and remembers what nobody knows."""

    shelf: Shelf
    words: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)

    def query(self, atom: _Atom) -> Query | None:
        tag, _, near = (atom.tag or "all").partition(":~")
        name = _TAGS.get(tag.strip().casefold())
        if name is None:
            self.fields.append(tag)
            name = "all"
        return self.days(name, atom, atom) if name in DAYS else self._words(atom, name, near)

    def days(self, name: str, first: _Atom, last: _Atom) -> Query | None:
        found = _dates(name, first.text, last.text)
        if found is None:
            # A day that there is not finds nothing; PubMed tells so as of an unknown word.
            texts = dict.fromkeys((first.text, last.text))
            self.words.append(" : ".join(texts) + f"[{_NAMES.get(name, name)}]")
        return found

    def _words(self, atom: _Atom, name: str, near: str) -> Query | None:
        star = "*" if atom.text.endswith("*") else ""
        words = normal(atom.text).split()
        unknown = [word for word in words if not self.shelf.knows(word + star * (word is words[-1]))]
        # A number that stands for no record is an id that is not there, not a word that is unknown.
        if name == "uid" or not unknown:
            return _term(" ".join(words) + star, name, near) if words else None
        if len(words) == 1 or not atom.is_quoted:
            self.words.append(f"{atom.text}[{_NAMES[name]}]" if atom.tag else atom.text)
            return None
        self.phrases.append(f'"{atom.text}"[{_NAMES[name]}]')
        known = [_term(word, name, "") for word in words if word not in unknown]
        query = read(known)
        return Group(inner=query) if len(known) > 1 and query else query


def translate(term: str, shelf: Shelf) -> Translated:
    """Understand *term* as PubMed does: what nobody knows is told, and left out of the translation."""
    state = _Translation(shelf)
    query = read(list(_queries(_atoms(term), state)))
    lost = " AND ".join(word if word.endswith("]") else f"{word}[All Fields]" for word in state.words)
    return Translated(
        query=query,
        translation=query.shown if query else f"({lost})",
        unknown_words=tuple(state.words),
        unknown_fields=tuple(state.fields),
        unknown_phrases=tuple(state.phrases),
    )


def between(name: str, first: str, last: str) -> Query | None:
    """Give the query for the days *first* to *last* (`YYYY/MM/DD` or less) of a date field."""
    return _dates(name, first, last)


def _atoms(term: str) -> Iterator[_Atom | str]:
    """Yield operators, parentheses and colons as strings, and between them the words with their tags."""
    tokens = [found.groups() for found in _TOKEN.finditer(term)]
    waiting: list[_Atom] = []
    for mark, quoted, tag, word in tokens:
        if tag is not None:
            yield _tagged(waiting, tag)
            waiting = []
        elif word is not None and word not in OPERATORS:
            if waiting and waiting[-1].is_quoted:
                yield waiting.pop()
            waiting.append(_Atom(text=word))
        else:
            yield from waiting
            waiting = [] if quoted is None else [_Atom(text=quoted, is_quoted=True)]
            if quoted is None:
                yield str(mark or word)
    yield from waiting


def _tagged(waiting: list[_Atom], tag: str) -> _Atom:
    """Join the words before a tag: they are one phrase, in quotes or not."""
    text = " ".join(atom.text for atom in waiting)
    return _Atom(text=text, tag=tag, is_quoted=any(atom.is_quoted for atom in waiting))


def _queries(atoms: Iterator[_Atom | str], state: _Translation) -> Iterator[Token]:
    found = list(atoms)
    at = 0
    while at < len(found):
        atom = found[at]
        after = found[at + 1 : at + 3]
        if isinstance(atom, _Atom) and after[:1] == [":"] and isinstance(after[-1], _Atom):
            name = _TAGS.get((after[-1].tag or atom.tag or "").casefold(), "")
            yield state.days(name, atom, after[-1])
            at += 3
            continue
        yield state.query(atom) if isinstance(atom, _Atom) else atom
        at += 1


def _dates(name: str, first: str, last: str) -> Query | None:
    start, end = _DAY.fullmatch(first.strip()), _DAY.fullmatch(last.strip())
    day = DAYS.get(name)
    if not (start and end and day):
        return None
    low, high = _first(start), _last(end)
    if not (low and high):
        return None

    def fits(record: Record) -> bool:
        return low <= day(record) <= high

    return Term(shown=f"{low:%Y/%m/%d}:{high:%Y/%m/%d}[{_NAMES[name]}]", fits=fits)


def _first(written: re.Match[str]) -> date | None:
    try:
        return date(int(written[1]), int(written[2] or 1), int(written[3] or 1))
    except ValueError:
        return None


def _last(written: re.Match[str]) -> date | None:
    try:
        year, month = int(written[1]), int(written[2] or 12)
        return date(year, month, int(written[3] or monthrange(year, month)[1]))
    except ValueError:
        return None


def _term(phrase: str, name: str, near: str) -> Term:
    if near.isdecimal():
        return _near(phrase, name, int(near))
    start = phrase.removesuffix("*")
    mark = " ¶ " if name in _HEADINGS else " "
    needle = f"{mark}{start}" + ("" if phrase.endswith("*") else mark)

    def fits(record: Record) -> bool:
        return needle in record.words(name)

    return Term(shown=f'"{phrase}"[{_NAMES[name]}]', fits=fits)


def _near(phrase: str, name: str, distance: int) -> Term:
    """Find the words of *phrase* in any order with at most *distance* other words between them."""
    wanted = phrase.split()

    def fits(record: Record) -> bool:
        return any(_is_near(part.split(), wanted, distance) for part in record.words(name).split("¶"))

    return Term(shown=f'"{phrase}"[{_NAMES[name]}:~{distance}]', fits=fits)


def _is_near(words: list[str], wanted: list[str], distance: int) -> bool:
    places = [[at for at, word in enumerate(words) if word == one] for one in wanted]
    reach = distance + len(wanted)
    return any(max(place) - min(place) < reach for place in product(*places))
