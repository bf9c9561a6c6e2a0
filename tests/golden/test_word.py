"""What the editor is told, as it was looked at: a digest of one word, and one with all there are."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.content import Content
from vesicle.model.delivery import State, Tally
from vesicle.model.issue import Approval, Issue, Newsletter
from vesicle.model.message import Message
from vesicle.model.paper import Candidate, Paper, Standing
from vesicle.model.problem import Place, Problem, Severity
from vesicle.model.word import Cause, Digest, Word
from vesicle.pipeline import words
from vesicle.pipeline.prepare import Kitchen, Prepared, prepare
from vesicle.render.word import word_mail
from vesicle.render.wrap import COLUMNS, columns

ZONE = "Asia/Bangkok"
DUE = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
PAPER = Paper(
    source="pubmed",
    id="41000001",
    pmid="41000001",
    doi="10.5555/moss.2026.17",
    title="Sleeping on moss: a trial in 24 rats",
    journal="Journal of Made-Up Medicine",
    url="https://pubmed.ncbi.nlm.nih.gov/41000001/",
)
PROBLEMS = (
    Problem(
        code="alt.missing",
        text="this picture has no alt text",
        where=Place(file="content/findings/moss-and-sleep.md", line=14),
        mend="write in one sentence what the picture shows",
    ),
    Problem(
        code="subject.long",
        text="the subject has 74 characters, and phones show about 40",
        where=Place(file="content/issues/2026-11-26-moss.md", line=4, column=10),
        mend="put what matters first",
        severity=Severity.WARNING,
    ),
)


@pytest.fixture(scope="session")
def prepared(
    issue: Issue, newsletter: Newsletter, content: Content, templates: Mapping[str, str]
) -> Prepared:
    kitchen = Kitchen(content=content, templates=templates, checks=(), outlets=())
    return prepare(issue, newsletter, kitchen)


@pytest.fixture(scope="session")
def every(prepared: Prepared) -> tuple[Word, ...]:
    """One word of each cause."""
    slug, subject = prepared.issue.slug, prepared.issue.subject
    approved = Approval(by="Sam Reed", at=DUE - timedelta(days=1), hash=prepared.hash)
    persian = replace(prepared, newsletter=replace(prepared.newsletter, fallback="fa"), problems=PROBLEMS)
    wording = prepared.issue.translations["fa"]
    persian = replace(
        persian, issue=replace(persian.issue, subject=wording.subject, preheader=wording.preheader)
    )
    tally = Tally(counts={State.SENT: 1180, State.FAILED: 12, State.UNKNOWN: 1, State.SKIPPED: 11})
    return (
        words.paper_changed(Candidate(paper=PAPER, found=DUE), Standing.RETRACTED),
        words.rate_too_high(slug, "14 of 402 bounced for good; the limit is 2.00%", title=subject),
        words.was_held(slug, "changed since it was approved: look again", title=subject),
        words.was_missed(
            "2026-11-19-dust",
            DUE - timedelta(days=7),
            ZONE,
            "the machine was off for 9 hours",
            mend="`vesicle send 2026-11-19-dust` says how to send it now; or give it another `due`.",
        ),
        words.content_stuck("git pull: fatal: Not possible to fast-forward, aborting."),
        words.source_failing("pubmed", "eutils.ncbi.nlm.nih.gov: HTTP 503 Service Unavailable", 3),
        words.clock_jumped(timedelta(hours=-2), DUE),
        words.was_skipped("nowhere-notes", DUE, ZONE, items=1, least=3),
        words.draft_ready(persian, DUE, ZONE),
        words.was_approved(replace(prepared, issue=replace(prepared.issue, approval=approved)), DUE, ZONE),
        words.was_sent(slug, tally, title=subject),
    )


@pytest.fixture(params=["one", "every", "last"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def message(
    name: str,
    every: tuple[Word, ...],
    prepared: Prepared,
    newsletter: Newsletter,
    templates: Mapping[str, str],
) -> Message:
    digests = {
        "one": Digest(number=1, words=(words.draft_ready(prepared, DUE, ZONE),)),
        "every": Digest(number=2, words=every),
        "last": Digest(number=25, words=every[2:3], quiet_until=datetime(2026, 11, 27, tzinfo=UTC)),
    }
    return word_mail(digests[name], newsletter=newsletter, templates=templates)


def test_there_is_a_word_of_every_cause(every: tuple[Word, ...]) -> None:
    assert [word.cause for word in every] == list(Cause)


def test_html_is_as_reviewed(message: Message, name: str, golden: Callable[[str, str], str]) -> None:
    one_tag_a_line = message.html.replace("><", ">\n<") + "\n"
    assert golden(f"words/{name}.html", one_tag_a_line) == one_tag_a_line


def test_text_is_as_reviewed(message: Message, name: str, golden: Callable[[str, str], str]) -> None:
    told = f"{message.subject}\n{message.preheader}\n\n{message.text}"
    assert golden(f"words/{name}.txt", told) == told


def test_html_calls_no_other_host(message: Message) -> None:
    assert "<img" not in message.html
    assert re.findall(r'(?:src|href)="(?!mailto:)([^"]*)"', message.html) == []


def test_text_is_no_wider_than_78_columns_and_has_no_residue(message: Message) -> None:
    wide = [line for line in message.text.splitlines() if columns(line) > COLUMNS]
    assert [line for line in wide if " " in line.removeprefix("> ")] == []
    assert not re.search(r"</|\{|&\w+;|\ufdd0|VSCL", message.text + message.subject + message.preheader)


def test_nobody_can_leave_by_it_and_machines_do_not_answer_it(message: Message) -> None:
    headers = dict(message.headers)
    assert headers["Auto-Submitted"] == "auto-generated"
    assert [name for name in headers if name.startswith("List-")] == []
