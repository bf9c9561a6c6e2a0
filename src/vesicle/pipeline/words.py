"""What the editor is told: words made of facts. Pure.

Each gives a word whose state stays the same for as long as there is nothing new to tell.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from vesicle.model.delivery import State, Tally
from vesicle.model.message import Message, Personal
from vesicle.model.paper import Candidate, Standing
from vesicle.model.problem import Problem
from vesicle.model.word import Cause, Word
from vesicle.pipeline.prepare import Prepared
from vesicle.text.lines import one_line, without_controls

_FIGURES = {
    State.SENT: "Sent",
    State.FAILED: "Failed",
    State.UNKNOWN: "Unknown, perhaps sent",
    State.SKIPPED: "Skipped (left or paused)",
}
# What a message about a fault has of its moment: times, counts, ids, numbers of lines.
_OF_THE_MOMENT = re.compile(r"\S*\d\S*")


def draft_ready(prepared: Prepared, due: datetime, zone: str) -> Word:
    """Tell that an issue waits for its approval, with what is wrong with it and what it says."""
    issue, errors = prepared.issue, len(prepared.errors)
    told = sorted(prepared.problems, key=lambda problem: not problem.is_error)
    if errors:
        text = f"It cannot be approved yet: {_counted(errors, 'error')} to mend."
        mend = f"Mend what is listed below, see it with `vesicle preview {issue.slug}`, then approve it."
    else:
        text = f"It waits for approval, and is due {moment_in(due, zone)}."
        mend = f"Look at it with `vesicle preview {issue.slug}`, then say `vesicle approve {issue.slug}`."
    return _printable(
        Word(
            cause=Cause.DRAFT,
            about=issue.slug,
            state=_state(prepared.hash, *map(str, told)),
            title=issue.subject or issue.slug,
            text=text,
            mend=mend,
            facts=tuple(_shown(prepared, due, zone)),
            lines=tuple(map(_problem, told)),
            preview=_preview(prepared),
        )
    )


def was_approved(prepared: Prepared, due: datetime, zone: str) -> Word:
    """Tell that somebody approved an issue, or changed what they approved."""
    issue, approval = prepared.issue, prepared.issue.approval
    by = f"{approval.by} approved it." if approval else "It goes out without approval, as `config.yaml` says."
    return _printable(
        Word(
            cause=Cause.APPROVED,
            about=issue.slug,
            state=_state(prepared.hash),
            title=issue.subject,
            text=f"{by} It is due {moment_in(due, zone)}.",
            mend=f"To take that back, write `status: draft` into `{issue.where.file}`.",
        )
    )


def was_sent(slug: str, tally: Tally, *, title: str = "") -> Word:
    """Tell that an issue was sent, and to how many; once, whatever is found out about it later."""
    missed = tally[State.FAILED] + tally[State.UNKNOWN]
    asks = f"`vesicle deliveries {slug}` names who did not get it, and why." if missed else ""
    return _printable(
        Word(
            cause=Cause.SENT,
            about=slug,
            state="sent",
            title=title,
            text=f"{tally[State.SENT]:,} of {tally.total:,} mails were accepted by mail servers.",
            mend=asks,
            facts=tuple((name, f"{tally[state]:,}") for state, name in _FIGURES.items() if tally[state]),
        )
    )


def was_held(slug: str, why: str, *, title: str = "") -> Word:
    """Tell that an issue that is due is held, and why."""
    mend = f"When the cause is gone it goes on, or say `vesicle resume {slug}` if it was held after it began."
    return _printable(
        Word(cause=Cause.HELD, about=slug, state=_lasting(why), title=title, text=_sentence(why), mend=mend)
    )


def rate_too_high(slug: str, why: str, *, title: str = "") -> Word:
    """Tell that an issue is held because too much of it came back; *why* gives the figures."""
    mend = (
        f"Find out where these addresses came from. `vesicle resume {slug}` goes on, and "
        f"`vesicle cancel {slug}` ends it for everybody who has not got it."
    )
    return _printable(
        Word(cause=Cause.RATE, about=slug, state=_lasting(why), title=title, text=_sentence(why), mend=mend)
    )


def was_missed(entry: str, due: datetime, zone: str, why: str, *, mend: str) -> Word:
    """Tell that the slot of *entry* (an issue, a post, a channel) went by at *due*, why, and what to do."""
    return _printable(
        Word(
            cause=Cause.MISSED,
            about=f"{entry} {due:%Y-%m-%dT%H:%M%z}",
            state="missed",
            title=entry,
            text=f"It was due {moment_in(due, zone)}, and did not happen: {_sentence(why, first=False)}",
            mend=mend,
        )
    )


def post_failed(post: str, why: str) -> Word:
    """Tell that a post did not go out, or that nobody knows whether it did."""
    return _printable(
        Word(
            cause=Cause.MISSED,
            about=post,
            state=_lasting(why),
            text=_sentence(why),
            mend=f"`vesicle deliveries {post}` says what the channel answered.",
        )
    )


def was_skipped(newsletter: str, due: datetime, zone: str, *, items: int, least: int) -> Word:
    """Tell that there is no issue for a date, because too few items were ready."""
    ready = f"{_counted(items, 'item')} ready" if items else "no item ready"
    return _printable(
        Word(
            cause=Cause.SKIPPED,
            about=f"{newsletter} {due:%Y-%m-%dT%H:%M%z}",
            state="skipped",
            title=newsletter,
            text=f"There is no issue for {moment_in(due, zone)}: {ready}, and it takes {least}.",
            mend=f"Set items to `status: ready`, then `vesicle compose {newsletter}`.",
        )
    )


def paper_changed(candidate: Candidate, standing: Standing) -> Word:
    """Tell that a paper that was kept or published no longer stands as it did."""
    paper = candidate.paper
    name = paper.pmid or (f"doi:{paper.doi}" if paper.doi else paper.id)
    names = (("PMID", paper.pmid), ("DOI", paper.doi), ("Journal", paper.journal), ("See", paper.url))
    return _printable(
        Word(
            cause=Cause.RETRACTED,
            about=name,
            state=standing.value,
            title=paper.title,
            text=f"This paper is now: {standing.value}.",
            mend="Read the notice, then correct or withdraw each finding that rests on it. `vesicle check` "
            "names the issues that it keeps back.",
            facts=tuple((label, value) for label, value in names if value),
        )
    )


def source_failing(name: str, problem: str, times: int) -> Word:
    """Tell that a source of papers failed *times* runs in a row."""
    return _printable(
        Word(
            cause=Cause.SOURCE,
            about=name,
            state=_lasting(problem),
            text=f"{_counted(times, 'run')} in a row failed: {_sentence(problem, first=False)}",
            mend=f"`vesicle doctor` looks at it; `vesicle watch` tries all sources again. If {name} is gone "
            "for good, set `enabled: false` for it in `config.yaml`.",
        )
    )


def content_stuck(problem: str) -> Word:
    """Tell that the content cannot be brought up to date from where it comes from."""
    mend = "Look into the site's folder with `git status`, and put right what keeps it from going forward."
    return _printable(
        Word(
            cause=Cause.CONTENT,
            about="content",
            state=_lasting(problem),
            text=_sentence(problem),
            mend=mend,
        )
    )


def clock_jumped(by: timedelta, at: datetime) -> Word:
    """Tell that the machine's clock was put forward or back (negative), noticed *at* (UTC)."""
    way, length = (
        "back" if by < timedelta(0) else "forward",
        timedelta(seconds=round(abs(by.total_seconds()))),
    )
    return _printable(
        Word(
            cause=Cause.CLOCK,
            about="clock",
            state=f"{at:%Y-%m-%dT%H:%M}",
            text=f"It was put {way} by {length} (hours:minutes:seconds).",
            mend="See with `timedatectl` that the machine asks a time server. `vesicle schedule` shows what "
            "is due.",
        )
    )


def moment_in(at: datetime, zone: str) -> str:
    """Write the moment *at* (aware) in the time of *zone*, for people."""
    return f"{at.astimezone(ZoneInfo(zone)):%A %d %B %Y at %H:%M} ({zone})"


def _printable(word: Word) -> Word:
    """Give *word* as it can be stored and stand in a header: what is said of faults may hold anything."""
    return Word(
        cause=word.cause,
        about=one_line(word.about),
        state=one_line(word.state),
        text=one_line(word.text),
        mend=one_line(word.mend),
        title=one_line(word.title),
        facts=tuple((one_line(name), one_line(value)) for name, value in word.facts),
        lines=tuple(map(one_line, word.lines)),
        preview=without_controls(word.preview),
    )


def _shown(prepared: Prepared, due: datetime, zone: str) -> Iterator[tuple[str, str]]:
    issue = prepared.issue
    yield "Newsletter", f"{prepared.newsletter.name}, issue {issue.number}"
    yield "Due", moment_in(due, zone)
    yield "Subject", issue.subject
    yield "Preheader", issue.preheader
    yield from ((f"Item {number}", title) for number, title in enumerate(prepared.titles, start=1))


def _problem(problem: Problem) -> str:
    kind = "" if problem.is_error else "Warning: "
    return f"{kind}{problem.where}: {problem.text}. To mend it: {problem.mend}"


def _preview(prepared: Prepared) -> str:
    """Give the plain text of an issue in the language that most of it is written in."""
    fallback = prepared.newsletter.fallback
    mails = sorted(prepared.mails, key=lambda mail: mail.lang != fallback)
    return _inert(mails[0]) if mails else ""


def _inert(mail: Message) -> str:
    """Give the text of *mail*, in which the links of a single reader lead nowhere."""
    text = mail.text
    for link in Personal:
        text = text.replace(link, f"#{link.name.removesuffix('_URL').lower()}")
    return text


def _state(*parts: str) -> str:
    return sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]


def _lasting(text: str) -> str:
    """Give what stays of *text* while it says the same, at another time and of another number."""
    return _state(_OF_THE_MOMENT.sub("", text))


def _sentence(text: str, *, first: bool = True) -> str:
    told = text.strip()
    start = told[:1].upper() if first else told[:1]
    return f"{start}{told[1:]}{'' if told.endswith(('.', '!', '?')) else '.'}"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
