"""Look again at what was kept or published: has anything become of it since."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vesicle.curate.standing import gravest
from vesicle.model.errors import OutsideError
from vesicle.model.paper import Candidate, CandidateState, Cursor, Harvest, Page, Standing
from vesicle.pipeline.collect import Desk, entries, take_in
from vesicle.ports import Entry, Inbox

NAME = "follow-up"
# Retractions come months and years later; a week is soon enough for them and cheap: 200 papers a request.
EVERY = timedelta(days=7)

Records = Callable[[Sequence[str]], Iterator[Page]]
"""Fetch records by PMID."""

SecondOpinion = Callable[[str], Standing]
"""Give the standing of a DOI elsewhere; raises TemporaryFailure or PermanentFailure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A paper that stands otherwise than when a person last heard of it."""

    candidate: Candidate
    standing: Standing


def followed(desk: Desk, published: Iterable[str]) -> tuple[str, ...]:
    """Give the PMIDs to look at again: those of kept candidates and of *published* findings."""
    kept = (one.paper.pmid for one in desk.inbox.candidates(CandidateState.KEPT))
    return tuple(dict.fromkeys(pmid for pmid in (*kept, *published) if pmid))


def is_due(desk: Desk) -> bool:
    """Tell whether the last complete follow-up is a week old."""
    last = desk.inbox.cursor(NAME).position
    return not last or last <= (desk.now - EVERY).isoformat()


def follow(pmids: Sequence[str], records: Records, desk: Desk, *, opinion: SecondOpinion) -> Harvest:
    """Fetch *pmids* anew and store what they say now, with a second opinion on each that has a DOI.

    A paper that is followed counts as kept. A second opinion that cannot be had is a warning, and costs
    nothing but itself.
    """
    account = Harvest(source=NAME, found=len(pmids), new=0)
    try:
        for page in records(pmids):
            account = _with(account, page, desk, opinion)
    except OutsideError as error:
        account = replace(account, problem=str(error))
    if account.missing:
        gone = f"PubMed does not give what we follow: {', '.join(account.missing)}"
        account = replace(account, warnings=(*account.warnings, gone))
    cursor = None if account.problem else Cursor(position=desk.now.isoformat())
    desk.inbox.finish(account, cursor, now=desk.now)
    return account


def unknown(pmids: Iterable[str], inbox: Inbox, *, now: datetime) -> tuple[str, ...]:
    """Give those of *pmids* of which it is not known how they stand, or not since more than a week.

    A day more than a week is allowed, so that a follow-up that runs every week is never late.
    """
    last = inbox.cursor(NAME).position
    is_stale = not last or last <= (now - EVERY - timedelta(days=1)).isoformat()
    found = {pmid: inbox.find(pmid) for pmid in pmids}
    return tuple(pmid for pmid, one in found.items() if is_stale or one is None or one.judgement is None)


def changed(pmids: Iterable[str], desk: Desk) -> Iterator[Change]:
    """Yield those of *pmids* that no longer stand as they did."""
    for pmid in pmids:
        candidate = desk.inbox.find(pmid)
        standing = candidate.judgement.standing if candidate and candidate.judgement else Standing.SOUND
        if candidate and standing is not Standing.SOUND:
            yield Change(candidate=candidate, standing=standing)


def untold(pmids: Iterable[str], desk: Desk) -> Iterator[Change]:
    """Yield those of *pmids* that no longer stand as they did, each standing once for ever."""
    for one in changed(pmids, desk):
        if desk.inbox.flag(one.candidate.paper.pmid, one.standing, now=desk.now):
            yield one


def _with(account: Harvest, page: Page, desk: Desk, opinion: SecondOpinion) -> Harvest:
    stored = take_in(page.papers, desk)
    desk.inbox.delete(page.deleted, now=desk.now)
    for paper in page.papers:
        candidate = desk.inbox.find(paper.pmid)
        if candidate and candidate.state is CandidateState.NEW:
            desk.inbox.decide(paper.pmid, CandidateState.KEPT, now=desk.now)
    # The record's own word is safe by now, whatever happens to the second opinions.
    graver, warnings = _opined(entries(page.papers, desk), opinion)
    again = desk.inbox.store(graver, now=desk.now)
    return replace(
        account,
        fetched=account.fetched + len(page.papers),
        changed=account.changed + stored.changed + again.changed,
        missing=(*account.missing, *page.missing),
        warnings=(*account.warnings, *warnings),
    )


def _opined(judged: Iterable[Entry], opinion: SecondOpinion) -> tuple[list[Entry], list[str]]:
    """Give the entries that a second opinion makes graver, and why some opinions could not be had."""
    graver: list[Entry] = []
    warnings: list[str] = []
    for one in judged:
        try:
            told = opinion(one.paper.doi) if one.paper.doi else Standing.SOUND
        except OutsideError as error:
            warnings.append(f"no second opinion on PMID {one.paper.pmid}: {error}")
            continue
        standing = gravest(one.judgement.standing, told)
        if standing is not one.judgement.standing:
            graver.append(replace(one, judgement=replace(one.judgement, standing=standing)))
    return graver, warnings
