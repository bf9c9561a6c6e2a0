"""A case without a fault: each test changes one thing of it."""

from datetime import date, datetime

import pytest

from vesicle.model.issue import Issue, IssueStatus, Mailbox, Section
from vesicle.model.item import (
    Claim,
    Design,
    Evidence,
    Image,
    Item,
    Kind,
    PaperReference,
    Snippet,
    Status,
    Subject,
)
from vesicle.model.message import Link, Message, Personal, Picture
from vesicle.model.paper import FiledPaper, Paper
from vesicle.model.problem import Place
from vesicle.text.fingerprint import fingerprint

ABSTRACT = (
    "Secretome and wounds in old rats\n\n"
    "From an initial pool of 75 articles, 16 studies published up to 2024 were selected by two readers. "
    "Scars became smaller in all of them. No study was blinded."
)
FILE = "content/findings/wounds.md"


@pytest.fixture
def paper() -> FiledPaper:
    record = Paper(
        source="made-up",
        id="1",
        pmid="1",
        title="Secretome and wounds in old rats",
        url="https://example.org/1",
    )
    return FiledPaper(paper=record, fingerprint=fingerprint(ABSTRACT))


@pytest.fixture
def finding() -> Item:
    return Item(
        slug="wounds",
        lang="en",
        kind=Kind.FINDING,
        title="Wounds of old rats closed sooner",
        summary="A look at sixteen small studies.",
        body="\n".join(["Ten words stand on every single line of this body."] * 5),
        status=Status.READY,
        updated=date(2026, 11, 22),
        where=Place(file=FILE),
        paper=PaperReference(pmid="1"),
        claims=(
            Claim(
                text="Scars shrank in each study.",
                passage="Scars became smaller in all of them.",
                where=Place(file=FILE, line=12),
            ),
        ),
        caveat="Nobody knew who had been treated.",
        evidence=Evidence(design=Design.ANIMAL_STUDY, subjects=(Subject.ANIMALS,)),
        image=Image(
            src="wound.png",
            alt="A wound on day 1 and on day 9",
            credit="A. Maker",
            licence="CC BY 4.0",
            where=Place(file=FILE, line=20),
        ),
        places={
            "title": Place(file=FILE, line=2),
            "body": Place(file=FILE, line=30),
            "paper": Place(file=FILE, line=8),
        },
    )


@pytest.fixture
def explainer() -> Item:
    where = Place(file="content/explainers/secretome.md", line=6)
    return Item(
        slug="secretome",
        lang="en",
        kind=Kind.EXPLAINER,
        title="What a secretome is",
        summary="All that a cell sheds.",
        body="Cells shed proteins.",
        status=Status.READY,
        updated=date(2026, 11, 22),
        where=Place(file="content/explainers/secretome.md"),
        snippets=(Snippet(text="Cells shed proteins.", source="PMID 34095124", where=where),),
    )


@pytest.fixture
def issue() -> Issue:
    where = Place(file="content/issues/2026-11-26-one.md", line=1)
    return Issue(
        slug="2026-11-26-one",
        newsletter="media",
        number=1,
        due=datetime(2026, 11, 26, 9),  # noqa: DTZ001 - wall-clock time of the newsletter's zone
        subject="Old rats, new skin",
        preheader="Sixteen small studies of what cells leave behind",
        intro="",
        lang="en",
        status=IssueStatus.READY,
        sections=(Section(heading="Findings", items=("wounds",), where=where),),
        where=where,
        places={"subject": Place(file=where.file, line=4), "preheader": Place(file=where.file, line=5)},
    )


@pytest.fixture
def message() -> Message:
    url = Personal.UNSUBSCRIBE_URL.value
    return Message(
        channel="email",
        slug="2026-11-26-one",
        lang="en",
        subject="Old rats, new skin",
        preheader="Sixteen small studies of what cells leave behind",
        html=f'<p>Hello</p><a href="{url}">Leave</a>',
        text=f"Hello\n\nLeave: {url}\n",
        links=(Link(url=url, text="Leave"), Link(url="https://doi.org/10.1000/1", text="Source")),
        pictures=(Picture(src="https://example.org/wound.png", alt="A wound"),),
        sender=Mailbox(name="Media", address="news@example.org"),
        headers=(
            ("List-Unsubscribe", f"<{url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
    )
