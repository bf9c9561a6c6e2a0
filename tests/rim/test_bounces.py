"""Real bounces: the test mails of flufl.bounce, which are in its source distribution and in no wheel.

They are not ours to copy. `VESICLE_BOUNCES` names the folder of the unpacked distribution.
"""

import ast
import os
import random
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from vesicle.learn.mail import Kind, delivery, read
from vesicle.learn.mail.mime import taken_apart
from vesicle.model.event import Event, EventType

FOLDER = Path(os.environ.get("VESICLE_BOUNCES") or "no-such-folder")
MAILS = FOLDER / "tests" / "data"
PART = re.compile(rb"^Content-Type:\s*message/delivery-status", re.IGNORECASE | re.MULTILINE)
FINAL = re.compile(rb"^Final-Recipient:", re.IGNORECASE | re.MULTILINE)
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not MAILS.exists(), reason="VESICLE_BOUNCES does not name flufl.bounce's source"),
]
Failures = tuple[set[str], set[str]]
"""The addresses that wait, and those that failed."""

REPORTS = [*(f"dsn_{number:02}.txt" for number in range(1, 19)), "simple_42.txt"]
"""All mails of theirs with a part `message/delivery-status` that names somebody (RFC 3464, section 2.3)."""

DISAGREE = {
    # Their table is of one detector, which finds nothing; the report says `Action: failed`, and names whom.
    "simple_42.txt": (set[str](), {"david...@gmail.com"}),
}
"""What we read otherwise than their table says."""

NOT_GONE = {
    "dsn_01.txt": "the recipient reached the disk quota",
    "dsn_02.txt": "4.4.7: the time was up (RFC 3463: class 4 is a persistent transient failure)",
    "dsn_03.txt": "the mail was too large",
    "hotpop_01.txt": "over disk quota",
    "newmailru_01.txt": "exceeding their quota",
    "postfix_04.txt": "mail quota exceeded",
    "qmail_06.txt": "disk quota exceeded",
    "simple_07.txt": "the mailbox is full",
    "simple_09.txt": "quota exceeded",
    "simple_38.txt": "quota exceeded",
    "simple_42.txt": "5.7.1: we look like spam; `rejected`, nobody is to blame",
    "simple_44.txt": "4.4.4 Temporary server error",
    "simple_45.txt": "the account is over quota",
    "yahoo_01.txt": "4.4.1: no connection to the next server",
    "yahoo_02.txt": "the account is over quota",
}
"""Of those that failed, the ones that we do not take for gone for good, and what the mail says itself."""


@pytest.fixture(scope="module")
def expected() -> dict[str, Failures]:
    """Their own table: each file with the addresses that a detector of theirs finds in it."""
    body = ast.parse((FOLDER / "tests" / "test_detectors.py").read_text()).body
    [table] = [
        node.value
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DETECTORS"
    ]
    found: dict[str, Failures] = {}
    for _, name, addresses, is_temporary in ast.literal_eval(table):
        kept = found.setdefault(name, (set(), set()))[0 if is_temporary else 1]
        kept.update(address.decode() for address in addresses)
    return found


def failures(events: Iterable[Event]) -> Failures:
    told = tuple(events)
    failed = {event.recipient for event in told if event.type in (EventType.BOUNCED, EventType.REJECTED)}
    return {event.recipient for event in told if event.type is EventType.DEFERRED}, failed


def test_nearly_all_are_classed_as_their_own_table_says(expected: dict[str, Failures]) -> None:
    ours = {name: failures(read((MAILS / name).read_bytes()).events) for name in expected}
    wrong = {name: ours[name] for name in expected if ours[name] != expected[name]}
    assert len(expected) == 115
    assert wrong == DISAGREE
    assert 1 - len(wrong) / len(expected) >= 0.98


def test_our_parser_alone_classes_all_reports_among_them(expected: dict[str, Failures]) -> None:
    mails = {path.name: path.read_bytes() for path in sorted(MAILS.glob("*.txt"))}
    there = [name for name, mail in mails.items() if PART.search(mail) and FINAL.search(mail)]
    assert there == REPORTS
    ours = {name: failures(delivery.events(taken_apart((MAILS / name).read_bytes()))) for name in REPORTS}
    assert ours == {name: DISAGREE.get(name, expected[name]) for name in REPORTS}


def test_who_failed_is_gone_for_good_but_for_those_where_the_mail_says_otherwise(
    expected: dict[str, Failures],
) -> None:
    milder = set()
    for name, (_, failed) in expected.items():
        gone = {event.recipient for event in read((MAILS / name).read_bytes()).events if event.is_permanent}
        assert gone <= failed
        if gone != failed or name in DISAGREE:
            milder.add(name)
    assert milder == set(NOT_GONE)


def test_the_others_are_kept_for_a_person(expected: dict[str, Failures]) -> None:
    """Those without a row: nothing in them tells an address; theirs finds none either."""
    others = [path for path in sorted(MAILS.glob("*.txt")) if path.name not in expected]
    assert [path.name for path in others] == ["bounce_01.txt", "dumbass_01.txt"]
    assert [read(path.read_bytes()).kind for path in others] == [Kind.UNMATCHED, Kind.UNMATCHED]


def test_each_of_them_with_anything_changed_raises_nothing() -> None:
    drawn = random.Random(5)
    for path in sorted(MAILS.glob("*.txt")) * 5:
        mail = bytearray(path.read_bytes())
        for _ in range(drawn.randint(1, 30)):
            at = drawn.randrange(len(mail))
            mail[at : at + drawn.randint(0, 8)] = drawn.choice(
                [b"", b"\n", b"\0", b"\xff", b"--", b"<", b";"]
            )
        read(bytes(mail))
