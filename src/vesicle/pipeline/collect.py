"""Watch the sources and put what is new into the inbox, judged and linked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vesicle.curate.judge import judge
from vesicle.curate.links import links
from vesicle.curate.notices import implied
from vesicle.curate.rules import Rules
from vesicle.curate.standing import gravest
from vesicle.model.errors import OutsideError
from vesicle.model.paper import Cursor, Harvest, Page, Paper, Stored
from vesicle.ports import Entry, Inbox, Known, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where papers go and by which rules they are judged."""

    inbox: Inbox
    rules: Rules
    now: datetime


def collect(sources: Mapping[str, Source], desk: Desk) -> Iterator[Harvest]:
    """Run each source from where it last ended and yield the account of it.

    A source that fails is an account with a problem, not the end of the run. What it gave is kept, and its
    cursor moves only when every page is stored and the counts agree: the next run asks again.
    """
    for name, source in sources.items():
        yield harvest(name, source, desk)


def harvest(name: str, source: Source, desk: Desk) -> Harvest:
    """Run one source to its end, or to the failure that ends it."""
    account = Harvest(source=name, found=0, new=0)
    cursor: Cursor | None = None
    try:
        for page in source.fetch(desk.inbox.cursor(name)):
            account = _with(account, page, desk)
            cursor = page.cursor
    except OutsideError as error:
        account = replace(account, problem=str(error))
    account = _judged(account, desk.inbox.last(name))
    desk.inbox.finish(account, None if account.problem else cursor, now=desk.now)
    return account


def take_in(papers: Sequence[Paper], desk: Desk) -> Stored:
    """Judge, link and store *papers*, and judge their relatives anew.

    What comes in changes what is known of its relatives: a notice, for one, retracts its article.
    """
    stored = desk.inbox.store(entries(papers, desk), now=desk.now)
    relatives = {other.id: other for known in desk.inbox.known(papers) for other in known.relatives}
    desk.inbox.store(entries(tuple(relatives.values()), desk), now=desk.now)
    return stored


def entries(papers: Sequence[Paper], desk: Desk) -> list[Entry]:
    """Judge *papers* and link them with what is stored.

    A standing never becomes milder by itself: what a notice or a second opinion said stays, though the
    record does not say it yet.
    """
    return [_entry(paper, known, desk) for paper, known in zip(papers, desk.inbox.known(papers), strict=True)]


def _entry(paper: Paper, known: Known, desk: Desk) -> Entry:
    judged = judge(paper, desk.rules, now=desk.now.date())
    before = (known.standing,) if known.standing else ()
    standing = gravest(judged.standing, *before, *implied(paper, known.relatives))
    return Entry(
        paper=paper, judgement=replace(judged, standing=standing), links=links(paper, known.relatives)
    )


def _with(account: Harvest, page: Page, desk: Desk) -> Harvest:
    """Store *page* and add it to the account."""
    stored = take_in(page.papers, desk)
    desk.inbox.delete(page.deleted, now=desk.now)
    fetched = account.fetched + len(page.papers)
    return replace(
        account,
        found=fetched + len(account.missing) + len(page.missing) if page.found is None else page.found,
        fetched=fetched,
        new=account.new + stored.new,
        changed=account.changed + stored.changed,
        missing=(*account.missing, *page.missing),
        deleted=(*account.deleted, *page.deleted),
        query=page.query or account.query,
        translation=page.translation or account.translation,
        warnings=tuple(dict.fromkeys((*account.warnings, *page.warnings))),
    )


def _judged(account: Harvest, last: Harvest | None) -> Harvest:
    """Say what is wrong with a run that ended by itself, and what a person should look at."""
    came = account.fetched + len(account.missing)
    if not account.problem and came != account.found:
        text = f"the source counts {account.found} records, but {came} came; they will be asked for again"
        account = replace(account, problem=text)
    if not account.problem and not account.found and account.warnings:
        account = replace(account, problem=f"nothing was found: {'; '.join(account.warnings)}")
    if last and _undated(last.query) == _undated(account.query) and _is_read_anew(last, account):
        text = f"the source reads the query in another way than before: {account.translation}"
        account = replace(account, warnings=(*account.warnings, text))
    return account


def _is_read_anew(last: Harvest, account: Harvest) -> bool:
    return bool(last.translation) and _undated(last.translation) != _undated(account.translation)


def _undated(query: str) -> str:
    """Give a query without its dates, which move with every run."""
    return re.sub(r"\d{4}/\d{2}/\d{2}|\d{4}-\d{2}-\d{2}", "", query)
