"""Words made of facts: when they are news, and that whatever they hold can be mailed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import fromstring
from tests.unit.pipeline.test_notices import TEMPLATES

from vesicle.deliver.email import Options
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.model.delivery import Delivery, State, Tally
from vesicle.model.errors import ContentError
from vesicle.model.message import Message, Personal
from vesicle.model.notice import notice_parts
from vesicle.model.paper import Candidate, Standing
from vesicle.model.problem import Place, Problem, Severity
from vesicle.model.word import Cause, Digest, Word
from vesicle.pipeline import words
from vesicle.pipeline.digest import digest_mails, digest_problems
from vesicle.pipeline.prepare import Prepared
from vesicle.render.word import MOST_BLOCKS, word_mail
from vesicle.store.identity import addressee
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ZONE = "Asia/Bangkok"
LETTER = nouns.newsletter()
LETTERS = Letters(Options(host="localhost", bounce_domain="bounces.example.org"), plain_desk(FixedClock(NOW)))
PROBLEM = Problem(code="x", text="it is wrong", where=Place(file="a.md", line=3), mend="put it right")


def prepared(text: str = "Hello.", *problems: Problem) -> Prepared:
    mail = Message(channel="email", slug="one", lang="en", text=text)
    return Prepared(
        issue=nouns.issue(),
        newsletter=LETTER,
        mails=(mail,),
        posts=(),
        problems=problems,
        titles=("A title",),
    )


def written(*told: Word, address: str = "editor@x.example") -> Letter:
    digest = Digest(number=1, words=told)
    (frozen,) = digest_mails(digest, addresses=[address], newsletter=LETTER, templates=TEMPLATES)
    to = addressee(frozen.slug, address)
    message = frozen.messages["en"]
    letter = LETTERS.write(
        Delivery(
            key=f"{frozen.slug}:{to.id}", frozen=frozen.slug, message=message, token="", attempts=1, to=to
        )
    )
    assert isinstance(letter, Letter)
    return letter


def test_a_draft_tells_its_subject_its_items_its_text_and_its_problems() -> None:
    long = replace(PROBLEM, text="it is long", severity=Severity.WARNING)
    whole = prepared(f"Hello.\n\nLeave: {Personal.UNSUBSCRIBE_URL}", long, PROBLEM)
    word = words.draft_ready(whole, NOW, ZONE)
    assert dict(word.facts) == {
        "Newsletter": "Letter, issue 1",
        "Due": "Wednesday 25 November 2026 at 16:00 (Asia/Bangkok)",
        "Subject": "A subject",
        "Preheader": "A preheader",
        "Item 1": "A title",
    }
    assert word.lines == (
        "a.md:3: it is wrong. To mend it: put it right",
        "Warning: a.md:3: it is long. To mend it: put it right",
    )
    assert "1 error to mend" in word.text
    assert word.preview == "Hello.\n\nLeave: #unsubscribe"


def test_a_draft_is_news_when_its_texts_or_its_problems_change() -> None:
    states = [
        words.draft_ready(one, NOW, ZONE).state
        for one in (prepared(), prepared(), prepared("Bye."), prepared("Hello.", PROBLEM))
    ]
    assert states[0] == states[1]
    assert len(set(states)) == 3


def test_what_was_sent_is_told_once_whatever_is_found_out_later() -> None:
    first = words.was_sent("one", Tally(counts={State.SENT: 3, State.UNKNOWN: 1}))
    later = words.was_sent("one", Tally(counts={State.SENT: 4}))
    assert first.state == later.state
    assert first.facts == (("Sent", "3"), ("Unknown, perhaps sent", "1"))
    assert ("vesicle deliveries one" in first.mend, later.mend) == (True, "")


@pytest.mark.parametrize(
    "make",
    [
        lambda text: words.was_held("one", text),
        lambda text: words.rate_too_high("one", text),
        lambda text: words.source_failing("pubmed", text, 3),
        words.content_stuck,
    ],
)
def test_the_same_fault_at_another_moment_is_no_news_and_another_fault_is(
    make: Callable[[str], Word],
) -> None:
    first, again, other = (
        make("3 of 400 failed at 09:00, for the network is down"),
        make("5 of 800 failed at 10:31, for the network is down"),
        make("5 of 800 failed at 10:31, for the key was refused"),
    )
    assert first.state == again.state != other.state
    assert first.about == other.about


def test_each_missed_or_skipped_date_is_a_thing_of_its_own() -> None:
    later = NOW + timedelta(days=7)
    missed = [words.was_missed("one", at, ZONE, "it was off", mend="m").about for at in (NOW, NOW, later)]
    skipped = [words.was_skipped("letter", at, ZONE, items=0, least=3).about for at in (NOW, NOW, later)]
    assert [len(set(missed)), len(set(skipped))] == [2, 2]


def test_a_paper_that_becomes_worse_is_news() -> None:
    candidate = Candidate(paper=nouns.paper("1"), found=NOW)
    told = [words.paper_changed(candidate, one) for one in (Standing.CONCERN, Standing.RETRACTED)]
    assert [word.about for word in told] == ["1", "1"]
    assert told[0].state != told[1].state


def test_the_clock_says_which_way() -> None:
    assert "put back by 2:00:00" in words.clock_jumped(timedelta(hours=-2), NOW).text
    assert "put forward by 0:30:00" in words.clock_jumped(timedelta(minutes=30), NOW).text


# mails


def test_each_address_has_a_mail_of_its_own_named_by_number_and_place() -> None:
    digest = Digest(number=7, words=(words.content_stuck("no"),))
    mails = digest_mails(digest, addresses=["a@x.org", "b@x.org"], newsletter=LETTER, templates=TEMPLATES)
    assert [notice_parts(mail.slug) for mail in mails] == [("word", "7-1"), ("word", "7-2")]
    assert [mail.address for mail in mails] == ["a@x.org", "b@x.org"]


def test_without_addresses_nothing_is_rendered() -> None:
    digest = Digest(number=7, words=(words.content_stuck("no"),))
    assert digest_mails(digest, addresses=[], newsletter=LETTER, templates={}) == []


def test_broken_templates_are_told() -> None:
    assert digest_problems(LETTER, TEMPLATES) == ()
    (problem,) = digest_problems(LETTER, {**TEMPLATES, "notice/word.txt.j2": "{{"})
    assert problem.where.file == "templates/notice/word.txt.j2"


def test_a_template_with_the_link_of_a_reader_is_refused() -> None:
    templates = {**TEMPLATES, "notice/word.txt.j2": f"Leave: {Personal.UNSUBSCRIBE_URL}"}
    with pytest.raises(ContentError, match="a reader's own link"):
        word_mail(
            Digest(number=1, words=(words.content_stuck("no"),)), newsletter=LETTER, templates=templates
        )


def test_the_mail_as_it_is_sent_asks_for_no_answer_and_offers_no_way_to_leave() -> None:
    letter = written(words.was_held("one", "why not"))
    mail = BytesParser(policy=policy.default).parsebytes(letter.mail)
    assert (letter.to, str(mail["To"])) == ("editor@x.example", "editor@x.example")
    assert letter.sender.startswith("b+")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [name for name in mail.keys() if name.lower().startswith("list-")] == []  # noqa: SIM118 - a mail


def test_a_long_digest_tells_some_in_full_and_names_the_rest() -> None:
    many = tuple(words.source_failing(f"source {number}", "it is down", 3) for number in range(500))
    mail = word_mail(Digest(number=1, words=many), newsletter=LETTER, templates=TEMPLATES)
    assert mail.subject == "Source failing: source 0 (and 499 more)"
    assert mail.text.count("SOURCE FAILING") == MOST_BLOCKS
    assert mail.text.count("- Source failing: source ") == 500 - MOST_BLOCKS


def test_a_draft_as_long_as_a_book_is_cut() -> None:
    drafts = tuple(
        replace(words.draft_ready(prepared("word " * 100_000), NOW, ZONE), about=str(number))
        for number in range(3)
    )
    mail = word_mail(Digest(number=1, words=drafts), newsletter=LETTER, templates=TEMPLATES)
    assert len(mail.text) < 40_000
    assert mail.text.count("the text goes on") == 3


ANYTHING = st.text(st.characters(codec=None)) | st.sampled_from(
    [
        f"{Personal.UNSUBSCRIBE_URL}",
        "VSCLx",
        "a\r\nBcc: all@x.org",
        "\ud800",
        "\x00",
        "\ufdd0a:1\ufdd1",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "<mj-raw>",
        "</p></mj-text>",
        "\u202eevil",
        "`",
        '" onload="alert(1)',
        "&amp;",
    ]
)


@given(one=ANYTHING, other=ANYTHING)
@settings(max_examples=100)
def test_whatever_is_told_of_faults_becomes_a_mail_and_nothing_else(one: str, other: str) -> None:
    told = [
        words.source_failing(one, other, 3),
        words.was_held("one", other, title=one),
        words.draft_ready(
            prepared(one.encode(errors="ignore").decode(), replace(PROBLEM, text=other)), NOW, ZONE
        ),
        Word(cause=Cause.CONTENT, about=one, state="", text=other, facts=((one, other),), preview=one),
    ]
    mail = BytesParser(policy=policy.default).parsebytes(written(*told).mail)
    assert (mail["Bcc"], mail.defects) == (None, [])
    page = mail.get_body(("html",))
    assert page
    elements = list(fromstring(page.get_content()).iter())
    assert {element.tag for element in elements}.isdisjoint({"script", "a", "img", "mj-raw", "iframe"})
    assert [name for element in elements for name in element.attrib if str(name).startswith("on")] == []
