"""What the inbox makes of a record that belongs to a paper it knows. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from vesicle.model.paper import Candidate, CandidateState, Judgement, Paper, Standing, Stored
from vesicle.ports import Entry

_GRAVEST_FIRST = tuple(Standing)
_BORROWED = ("pmid", "doi", "pmcid")
_FIELDS = tuple(field.name for field in fields(Paper) if field.name not in _BORROWED)
_RESOLVERS = ("https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A candidate in the inbox, and when the editor last decided on it (None: never, or not known)."""

    candidate: Candidate
    decided: datetime | None = None


class Shelf:
    """Candidates by number, and the names each is known by; *number* is given to the next new one.

    A name belongs to one candidate. A candidate gathers the names of all its records, so that a DOI that
    was another version's, or the id at another source, still leads to it.
    """

    def __init__(self, held: Mapping[int, Held], names: Mapping[str, int], *, number: int) -> None:
        self.held = dict(held)
        self.names = dict(names)
        self.joined: dict[int, int] = {}
        self._number = number

    def copy(self) -> "Shelf":
        """Give a shelf of the same candidates, with nothing joined yet."""
        return Shelf(self.held, self.names, number=self._number)

    def put(self, entry: Entry, *, now: datetime) -> None:
        """Make *entry* a new candidate, or bring the one it is known as up to date.

        Candidates that turn out by it to be one paper are joined under the lowest of their numbers.
        """
        known = self.known(entry.paper)
        new = Candidate(paper=entry.paper, found=now, judgement=entry.judgement, links=entry.links)
        if known:
            number = self._join(known)
            held = self.held[number]
            self.held[number] = replace(held, candidate=brought_up_to_date(held.candidate, new))
        else:
            number, self._number = self._number, self._number + 1
            self.held[number] = Held(candidate=new)
        for name in paper_names(entry.paper):
            self.names.setdefault(name, number)

    def known(self, paper: Paper) -> tuple[int, ...]:
        """Give the numbers of the candidates that *paper* is."""
        found: dict[int, Paper] = {}
        *identifiers, at_source = paper_names(paper)
        for name in (*identifiers, at_source):
            number = self.names.get(name)
            if number is None:
                continue
            other = self.held[number].candidate.paper
            if not any(_contradict(one, other, name == at_source) for one in (paper, *found.values())):
                found[number] = other
        return tuple(found)

    def stored(self, before: Mapping[int, Held]) -> Stored:
        """Tell what became new and what changed since *before*."""
        kept = self.held.keys() & before.keys()
        changed = {number for number in kept if self.held[number] != before[number]}
        changed |= {self.survivor(gone) for gone in before.keys() - self.held.keys()}
        return Stored(new=len(self.held.keys() - before.keys()), changed=len(changed))

    def survivor(self, number: int) -> int:
        """Give the number under which a candidate is now."""
        while number in self.joined:
            number = self.joined[number]
        return number

    def _join(self, numbers: Iterable[int]) -> int:
        first, *others = sorted(numbers)
        for number in others:
            self.held[first] = _joined(self.held[first], self.held.pop(number))
            self.joined[number] = first
        if others:
            self.names = {name: self.survivor(number) for name, number in self.names.items()}
        return first


def paper_names(paper: Paper) -> tuple[str, ...]:
    """Give every name that *paper* may be known by, the surest first; the last is its source and id there."""
    pmid = (f"pmid:{paper.pmid}",) if paper.pmid else ()
    doi = (f"doi:{paper.doi.lower()}",) if paper.doi else ()
    return (*pmid, *doi, f"{paper.source}:{paper.id}")


def candidate_name(name: str) -> str:
    """Give the one of `paper_names` that a person means: a PMID, a DOI in any dress, or an identity."""
    plain = name.strip()
    folded = plain.lower()
    for resolver in _RESOLVERS:
        folded = folded.removeprefix(resolver)
    if folded.startswith(("pmid:", "doi:")):
        kind, _, rest = folded.partition(":")
        return f"{kind}:{rest.strip()}"
    if folded.startswith("10."):
        return f"doi:{folded}"
    return f"pmid:{plain}" if plain.isdecimal() else plain


def brought_up_to_date(old: Candidate, new: Candidate) -> Candidate:
    """Give *old* with what the record *new* of the same paper changes about it.

    Record, judgement and links go together. A later record of the same source replaces them, one of
    another source only where it is a higher version, graver, or holds more and is not milder: two sources
    of unequal care then settle on one record instead of taking turns. The abstract and the identifiers stay
    where *new* has none, and so does `Standing.DELETED`, unless *new* says something graver.
    """
    kept, other = (new, old) if _replaces(new, old) else (old, new)
    borrowed = {
        name: getattr(other.paper, name)
        for name in (*_BORROWED, "abstract")
        if not getattr(kept.paper, name) and getattr(other.paper, name)
    }
    if "pmid" in borrowed:  # which its version is one of
        borrowed["version"] = other.paper.version
    paper = replace(kept.paper, **borrowed) if borrowed else kept.paper
    judgement = kept.judgement or other.judgement
    if _standing(old) is Standing.DELETED and _gravity(kept) < _gravity(old):
        judgement = _marked_deleted(judgement)
    return replace(old, paper=paper, judgement=judgement, links=kept.links)


def standing_of(candidates: Iterable[Candidate]) -> Standing | None:
    """Give the gravest standing that any of *candidates* has, None where none was judged."""
    known = [one.judgement.standing for one in candidates if one.judgement]
    return min(known, key=_GRAVEST_FIRST.index, default=None)


def deleted(candidate: Candidate) -> Candidate:
    """Give *candidate* with the standing of a paper that its source has withdrawn."""
    return replace(candidate, judgement=_marked_deleted(candidate.judgement))


def _marked_deleted(judgement: Judgement | None) -> Judgement:
    if judgement is None:
        return Judgement(score=0, reasons=(), standing=Standing.DELETED, is_preprint=False)
    return replace(judgement, standing=Standing.DELETED)


def _joined(first: Held, second: Held) -> Held:
    """Make one of two candidates: the decided one's decision, the later one where both are."""
    decision = max(first, second, key=_weight)
    candidate = replace(
        brought_up_to_date(first.candidate, second.candidate),
        found=min(first.candidate.found, second.candidate.found),
        state=decision.candidate.state,
        because=decision.candidate.because,
    )
    return Held(candidate=candidate, decided=decision.decided)


def _weight(held: Held) -> tuple[bool, float]:
    is_decided = held.candidate.state is not CandidateState.NEW
    return is_decided, held.decided.timestamp() if held.decided else float("-inf")


def _contradict(one: Paper, other: Paper, is_by_source: bool) -> bool:
    """Tell whether identifiers say that these are two papers, although they have a name in common."""
    pairs = [(one.pmid, other.pmid)]
    if is_by_source:
        pairs.append((one.doi.lower(), other.doi.lower()))
    return any(mine and theirs and mine != theirs for mine, theirs in pairs)


def _replaces(new: Candidate, old: Candidate) -> bool:
    if new.paper.pmid and new.paper.pmid == old.paper.pmid and new.paper.version != old.paper.version:
        return new.paper.version > old.paper.version
    if new.paper.source == old.paper.source:
        return True
    return (_gravity(new), _filled(new.paper)) > (_gravity(old), _filled(old.paper))


def _standing(candidate: Candidate) -> Standing | None:
    return candidate.judgement.standing if candidate.judgement else None


def _gravity(candidate: Candidate) -> int:
    standing = _standing(candidate)
    return -len(_GRAVEST_FIRST) if standing is None else -_GRAVEST_FIRST.index(standing)


def _filled(paper: Paper) -> tuple[bool, int, bool]:
    """Tell how much a record holds of its own; of two alike, the one of a source that goes by PMIDs more."""
    fields_filled = sum(bool(getattr(paper, name)) for name in _FIELDS)
    return bool(paper.abstract), fields_filled, paper.id == paper.pmid


def mentioned(paper: Paper) -> Iterator[str]:
    """Yield the PMIDs that the corrections of *paper* name, each once."""
    yield from dict.fromkeys(link.pmid for link in paper.corrections if link.pmid)
