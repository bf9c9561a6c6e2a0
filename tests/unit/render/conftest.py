from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pytest

from vesicle.model.issue import ApprovalRule, Issue, IssueStatus, Mailbox, Newsletter, Section
from vesicle.model.item import Design, Evidence, Item, Kind, PaperReference, Status, Subject
from vesicle.model.problem import Place
from vesicle.store import packaged


@pytest.fixture(scope="session")
def templates() -> Mapping[str, str]:
    return packaged.templates(Path("nowhere"))


@pytest.fixture
def finding() -> Item:
    return Item(
        slug="moss",
        lang="en",
        kind=Kind.FINDING,
        title="Moss and sleep",
        summary="Rats on moss slept longer.",
        body="In 24 rats, [moss](https://a.example/moss) helped.",
        status=Status.READY,
        updated=date(2026, 11, 20),
        where=Place(file="content/findings/moss.md"),
        topics=("moon-moss", "sleep"),
        paper=PaperReference(doi="10.5555/moss.1"),
        caveat="Rats are not people.",
        evidence=Evidence(design=Design.ANIMAL_STUDY, subjects=(Subject.ANIMALS,), size="24 rats"),
    )


@pytest.fixture
def letter() -> Newsletter:
    return Newsletter(
        slug="notes",
        name="Nowhere Notes",
        sender=Mailbox(name="Nowhere Notes", address="notes@Mail.Example.org"),
        reply_to="editor@example.org",
        postal_address="1 Blank Street",
        about="About moss.",
        zone="Asia/Bangkok",
        cadence="every thursday at 09:00",
        languages=("en", "th"),
        fallback="en",
        max_items=6,
        approval=ApprovalRule.PERSON,
        site_url="https://notes.example.org",
    )


@pytest.fixture
def issue() -> Issue:
    return Issue(
        slug="2026-11-26-moss",
        newsletter="notes",
        number=1,
        due=datetime(2026, 11, 26, 9, 0),  # noqa: DTZ001  # wall-clock time of the newsletter's zone
        subject="Moss",
        preheader="What is new about moss",
        intro="Good morning.",
        lang="en",
        status=IssueStatus.READY,
        sections=(
            Section(heading="Findings", items=("moss",), where=Place(file="content/issues/i.md", line=9)),
        ),
        where=Place(file="content/issues/i.md"),
    )
