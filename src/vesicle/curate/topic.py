"""What the terms of the rules earn a paper."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from vesicle.curate.rules import Group, Rules, Together
from vesicle.curate.terms import pattern, words_between
from vesicle.model.paper import Paper, Reason
from vesicle.text.fingerprint import sentences

Span = tuple[int, int]
Aliases = Mapping[str, tuple[str, ...]]

_NO_ALIASES: Aliases = {}
_ABBREVIATION = re.compile(r"\(((?=[^()]*[A-Z][^()]*[A-Z])\w[\w-]{1,11}?)s?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """Where a title or a sentence speaks of each group, and the words that belong to something else."""

    text: str
    spans: Mapping[str, tuple[Span, ...]]
    others: Mapping[str, tuple[Span, ...]]

    def words(self, group: str) -> tuple[str, ...]:
        """Give the words that name *group* here, as written."""
        return tuple(self.text[start:end] for start, end in self.spans[group])


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What the terms earned; *is_met* tells whether every group of a pair was found."""

    reasons: tuple[Reason, ...]
    is_met: bool


def topic(paper: Paper, rules: Rules) -> Topic:
    """Find the terms of *rules* in the title and the abstract of *paper*."""
    parts = (paper.title, *(sentence for part in paper.abstract for sentence in sentences(part.text)))
    found = [mentions(part, rules.groups) for part in parts]
    if aliases := _aliases(found):
        found = [mentions(part, rules.groups, aliases) for part in parts]
    title, *text = found
    reasons = [one for group in rules.groups for one in _group(group, title, text)]
    reasons += [one for pair in rules.together for one in _pair(pair, title, text)]
    wanted = {name for pair in rules.together for name in (pair.first, pair.second)}
    met = {name for where in (title, *text) for name, spans in where.spans.items() if spans}
    return Topic(reasons=tuple(reasons), is_met=wanted <= met if wanted else bool(met))


def mentions(text: str, groups: Sequence[Group], aliases: Aliases = _NO_ALIASES) -> Mentions:
    """Find each group in *text*, by its terms and *aliases*; see `Group` for what is not counted."""
    spans: dict[str, tuple[Span, ...]] = {}
    others: dict[str, tuple[Span, ...]] = {}
    for group in groups:
        found = _spans(group.terms, text)
        own = _spans(aliases.get(group.name, ()), text)
        found += [one for one in own if not _overlaps(one, found)]
        earlier = [span for known in spans.values() for span in known]
        against = [one for one in _spans(group.against, text) if found and not _overlaps(one, earlier)]
        spans[group.name] = tuple(sorted(one for one in found if not _overlaps(one, against)))
        others[group.name] = tuple(against)
    return Mentions(text=text, spans=spans, others=others)


def _aliases(parts: Sequence[Mentions]) -> Aliases:
    """Give the abbreviations that a paper defines behind a term: "muscle-derived stem cells (MDSCs)"."""
    found: dict[str, dict[str, None]] = {}
    for part in parts:
        for bracket in _ABBREVIATION.finditer(part.text):
            before = [
                (span, name)
                for name, spans in part.spans.items()
                for span in spans
                if span[1] <= bracket.start()
            ]
            span, name = max(before, key=lambda one: one[0][1], default=((0, 0), ""))
            if name and words_between(part.text, span, bracket.span()) <= 1:
                found.setdefault(name, {})[f"{bracket[1]}|{bracket[1]}s"] = None
    return {name: tuple(terms) for name, terms in found.items()}


def _group(group: Group, title: Mentions, text: Sequence[Mentions]) -> Iterator[Reason]:
    if words := title.words(group.name):
        yield Reason(rule=f"{group.name} in the title", points=group.title_points, words=_once(words))
    if words := tuple(word for where in text for word in where.words(group.name)):
        points = min(group.cap, group.text_points * len(words))
        yield Reason(rule=f"{group.name} in the abstract", points=points, words=_once(words))
    others = [where.text[start:end] for where in (title, *text) for start, end in where.others[group.name]]
    if others and group.against_points:
        rule = f"{group.name} of something else"
        yield Reason(rule=rule, points=group.against_points, words=_once(others))


def _pair(pair: Together, title: Mentions, text: Sequence[Mentions]) -> Iterator[Reason]:
    name = f"{pair.first} and {pair.second}"
    if both := _both(pair, title):
        yield Reason(rule=f"{name} in the title", points=pair.title_points, words=both)
    met = [where for where in text if _both(pair, where)]
    if met:
        words = _both(pair, met[0])
        yield Reason(rule=f"{name} in one sentence", points=pair.sentence_points, words=words)
    near = [stretch for where in (title, *met) if (stretch := _near(pair, where))]
    if near:
        points = min(pair.cap, pair.near_points * len(near))
        yield Reason(rule=f"{name} side by side", points=points, words=_once(near))


def _both(pair: Together, where: Mentions) -> tuple[str, ...]:
    first, second = where.words(pair.first), where.words(pair.second)
    return (first[0], second[0]) if first and second else ()


def _near(pair: Together, where: Mentions) -> str:
    """Give the stretch of text that holds both groups side by side, empty where there is none."""
    for one, other in product(where.spans[pair.first], where.spans[pair.second]):
        if words_between(where.text, one, other) <= pair.within:
            return where.text[min(one[0], other[0]) : max(one[1], other[1])]
    return ""


def _spans(terms: tuple[str, ...], text: str) -> list[Span]:
    return [found.span() for found in pattern(terms).finditer(text)]


def _overlaps(one: Span, others: Sequence[Span]) -> bool:
    return any(one[0] < other[1] and other[0] < one[1] for other in others)


def _once(words: Sequence[str]) -> tuple[str, ...]:
    return tuple({word.casefold(): word for word in reversed(words)}.values())[::-1]
