"""The mailbox `maildir`: what counts as a mail, how it is moved, and what a kill leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vesicle.mailbox.maildir import MOST_BYTES, Mailbox, Options
from vesicle.model.errors import TemporaryFailure

READER = """
import sys
from pathlib import Path
from threading import Event
from vesicle.mailbox.maildir import Mailbox, Options

mailbox = Mailbox(Options(path="."), folder=Path(sys.argv[1]))
for number, mail in enumerate(mailbox.new()):
    if number == int(sys.argv[2]):
        sys.stdout.write("read\\n")
        sys.stdout.flush()
        Event().wait()
    mailbox.put_aside(mail.id, is_understood=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    return tmp_path / "Maildir"


@pytest.fixture
def mailbox(path: Path) -> Mailbox:
    return Mailbox(Options(path=path.name), folder=path.parent)


def put(path: Path, name: str | bytes, content: bytes = b"mail") -> None:
    with open(os.path.join(os.fsencode(path), os.fsencode(name)), "wb") as file:
        file.write(content)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


@pytest.mark.parametrize(
    "name",
    [
        b"1.M1.host",
        b"a b",
        b"100%25",
        b"%2e%2e",
        b"\xff\xfe",
        "ผู้อ่าน".encode(),
        b"a'\"$(x)\n",
        b"-rf",
        b"~",
        b"x*?[",
    ],
)
@pytest.mark.parametrize("kind", ["new", "cur"])
def test_whatever_a_file_is_called_it_is_a_mail(mailbox: Mailbox, path: Path, name: bytes, kind: str) -> None:
    put(path / kind, name + b":2,F" * (kind == "cur"))
    (one,) = mailbox.new()
    assert one.id.isascii()
    assert one.id.isprintable()
    another = Mailbox(Options(path="Maildir"), folder=path.parent)
    another.put_aside(one.id, is_understood=True)
    assert names(path / ".understood" / "cur") == [os.fsdecode(name) + ":2,S"]
    assert list(mailbox.new()) == []


def test_what_is_no_mail_is_left_alone(mailbox: Mailbox, path: Path) -> None:
    put(path / "tmp", "not yet whole")
    put(path / "new", ".hidden")
    put(path / "cur", "deleted by somebody:2,ST")
    put(path, "outside")
    (path / "new" / "link").symlink_to(path / "outside")
    (path / "new" / "folder").mkdir()
    os.mkfifo(path / "new" / "pipe")
    before = sorted(path.rglob("*"))
    assert list(mailbox.new()) == []
    assert sorted(path.rglob("*")) == before


def test_understood_mails_are_read_and_unmatched_ones_are_not(mailbox: Mailbox, path: Path) -> None:
    put(path / "new", "one")
    put(path / "cur", "two:2,RS")
    for mail_id in ("one", "two"):
        mailbox.put_aside(mail_id, is_understood=mail_id == "one")
    assert names(path / ".understood" / "cur") == ["one:2,S"]
    assert names(path / ".unmatched" / "new") == ["two"]
    assert (path / ".unmatched" / "maildirfolder").exists()
    assert {names(path / name)[0] for name in (".understood", ".unmatched")} == {"cur"}


def test_a_mail_that_a_program_marks_while_it_is_read_is_put_aside(mailbox: Mailbox, path: Path) -> None:
    put(path / "new", "one")
    for one in mailbox.new():
        (path / "new" / "one").rename(path / "cur" / "one:2,S")
        mailbox.put_aside(one.id, is_understood=False)
    assert names(path / ".unmatched" / "new") == ["one"]


def test_a_mail_of_the_same_name_is_never_replaced(mailbox: Mailbox, path: Path) -> None:
    for number in range(3):
        put(path / "new", "one", b"mail %d" % number)
        mailbox.put_aside("one", is_understood=False)
    folder = path / ".unmatched" / "new"
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == {
        "one": b"mail 0",
        "one-1": b"mail 1",
        "one-2": b"mail 2",
    }


def test_a_folder_of_a_maildir_has_its_own_beside_it(tmp_path: Path, path: Path) -> None:
    for name in ("tmp", "new", "cur"):
        (path / ".bounces" / name).mkdir(parents=True)
    (path / ".bounces" / "maildirfolder").touch()
    put(path / ".bounces" / "new", "one")
    Mailbox(Options(path="Maildir/.bounces"), folder=tmp_path).put_aside("one", is_understood=True)
    assert names(path / ".bounces.understood" / "cur") == ["one:2,S"]


def test_of_a_large_mail_the_beginning_is_given_and_all_of_it_put_aside(mailbox: Mailbox, path: Path) -> None:
    put(path / "new", "large", b"x" * (MOST_BYTES + 1))
    (one,) = mailbox.new()
    assert len(one.content) == MOST_BYTES
    mailbox.put_aside(one.id, is_understood=False)
    assert (path / ".unmatched" / "new" / "large").stat().st_size == MOST_BYTES + 1


def test_without_a_maildir_it_is_away(tmp_path: Path) -> None:
    with pytest.raises(TemporaryFailure, match=r"there is no Maildir to read at .*nowhere"):
        list(Mailbox(Options(path="nowhere"), folder=tmp_path).new())


def test_a_path_may_lead_out_of_the_site(path: Path, tmp_path: Path) -> None:
    put(path / "new", "one")
    (one,) = Mailbox(Options(path=str(path)), folder=tmp_path / "site").new()
    assert one.content == b"mail"


def test_a_folder_that_was_damaged_is_told_and_the_mail_stays(mailbox: Mailbox, path: Path) -> None:
    put(path / "new", "one")
    (path / ".understood").mkdir()
    (path / ".understood" / "maildirfolder").touch()
    with pytest.raises(TemporaryFailure, match="cannot be moved"):
        mailbox.put_aside("one", is_understood=True)
    assert names(path / "new") == ["one"]


def test_what_is_kept_is_a_mail_that_replaces_no_other(mailbox: Mailbox, path: Path) -> None:
    for number in range(20):
        mailbox.keep(b"mail %d" % number)
    assert [one.content for one in mailbox.new()] == [b"mail %d" % number for number in range(20)]
    assert names(path / "tmp") == []


@pytest.mark.parametrize("number", [0, 1, 4])
def test_killed_between_reading_and_putting_aside_the_mail_is_still_new(
    mailbox: Mailbox, path: Path, number: int
) -> None:
    for count in range(5):
        put(path / "new", f"mail-{count}")
        os.utime(path / "new" / f"mail-{count}", (count, count))
    command = [sys.executable, "-c", READER, str(path), str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"read\n"
        process.kill()
    assert [one.id for one in mailbox.new()] == [f"mail-{count}" for count in range(number, 5)]
    assert len(names(path / ".understood" / "cur")) == number
