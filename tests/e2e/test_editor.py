"""The editor's mailbox: what `vesicle run` puts there."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.e2e.conftest import ISSUE, Site, opened

from vesicle.model.delivery import State, Tally
from vesicle.model.word import Word
from vesicle.pipeline import words
from vesicle.store.database import open_database
from vesicle.store.words import SqlWords

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
EDITOR = "\neditor:\n  addresses: [Ada Fern <ada@editors.example>]\n"


@pytest.fixture
def site(sample: Path, readers: Path, tmp_path: Path) -> Iterator[Site]:
    """A site with three readers and an editor."""
    with opened(sample, tmp_path) as made:
        shutil.copytree(readers, made.root / ".vesicle")
        config = made.root / "config.yaml"
        config.write_text(config.read_text() + EDITOR)
        yield made


def note(site: Site, *told: Word) -> None:
    database = open_database(str(site.root / ".vesicle" / "vesicle.db"))
    SqlWords(database).note(told, now=NOW)
    database.close()


def to_editor(site: Site) -> list[EmailMessage]:
    return [mail for mail in site.mails() if mail["To"] == "ada@editors.example"]


HELD = words.was_held(ISSUE, "nobody approved it")
SENT = words.was_sent("2020-11-19-before", Tally(counts={State.SENT: 3}))


def test_what_is_noted_is_in_the_mailbox_once_in_one_mail(site: Site) -> None:
    note(site, HELD, SENT)
    for _ in range(2):
        site.run("run", "--once")
    (mail,) = to_editor(site)
    assert mail["Subject"] == f"Held: {ISSUE} (and 1 more)"
    assert (mail["Auto-Submitted"], mail["List-Unsubscribe"]) == ("auto-generated", None)
    text = mail.get_body(("plain",))
    assert text
    assert "3 of 3 mails were accepted" in text.get_content()
    assert f"vesicle resume {ISSUE}" in " ".join(text.get_content().split())


@pytest.mark.long
def test_in_a_rehearsal_the_editor_is_not_told_but_afterwards(site: Site) -> None:
    site.edit("config.yaml", "  email:\n", "  email:\n    redirect_all: trial@readers.example\n")
    note(site, HELD)
    site.run("run", "--once")
    assert [mail["To"] for mail in site.mails() if "Held" in str(mail["Subject"])] == []
    site.edit("config.yaml", "    redirect_all: trial@readers.example\n", "")
    site.run("run", "--once")
    assert len(to_editor(site)) == 1


def test_check_names_a_broken_template_of_these_mails(site: Site) -> None:
    folder = site.root / "templates" / "notice"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "word.txt.j2").write_text("{{")
    done = site.run("check")
    assert done.code == 1
    assert "templates/notice/word.txt.j2" in done.err


def test_an_editor_that_is_no_address_is_told_with_its_line(site: Site) -> None:
    site.edit("config.yaml", "[Ada Fern <ada@editors.example>]", "[Ada Fern]")
    done = site.run("run", "--once")
    assert done.code == 2
    assert "is not an address" in done.err
