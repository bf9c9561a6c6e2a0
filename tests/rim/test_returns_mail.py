"""Mails that come back into a mailbox: read, taken, put aside; killed at any instant, each counts once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from tests.contract.boxes import aside_of, put_into
from tests.rim.returned import KEY, NOW, Site
from tests.unit.learn.mails import OURS, plain, report, status
from tests.unit.learn.mails import TOKEN as OTHER_TOKEN
from tests.unit.learn.mails import complaint as a_complaint
from tests.unit.learn.mails import group as a_group

from vesicle.deliver.email import verp
from vesicle.learn import postmark
from vesicle.learn.mail import Kind, read
from vesicle.mailbox import maildir
from vesicle.model.errors import Forged, NotFound, TemporaryFailure, UserError
from vesicle.model.event import Effect
from vesicle.model.subscriber import SubscriberStatus
from vesicle.pipeline.returns import Collected, Collecting, collect
from vesicle.pipeline.webhooks import Provider, Webhooks
from vesicle.ports import Mailbox, Returned, never
from vesicle.testing.keys import FixedKeys

ROOT = Path(__file__).resolve().parents[2]
MAILS = 200


class Post:
    """A Maildir that the mails to one site's people come back to."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.path = folder / "Maildir"
        for name in ("tmp", "new", "cur"):
            (self.path / name).mkdir(parents=True)
        self.put = put_into(self.path)
        self.mailbox = maildir.Mailbox(maildir.Options(path="Maildir"), folder=folder)

    def collect(self, *more: tuple[str, Mailbox]) -> list[Collected]:
        collecting = Collecting(returns=self.site.returns, read=read, clock=lambda: NOW, stopping=never)
        return collect({"bounces": self.mailbox, **dict(more)}, collecting)

    def aside(self) -> tuple[int, int]:
        """Count the mails that were understood, and that were not."""
        find = aside_of(self.path)
        return len(find(True)), len(find(False))


def token(person: int, purpose: str = verp.BOUNCE) -> str:
    return verp.make(KEY, purpose, slug="one", person_id=f"{person:032x}")


def bounce(person: int, code: str = "5.1.1", action: str = "failed") -> bytes:
    ours = OURS.replace(OTHER_TOKEN, token(person))
    made = report(status(a_group(action, code)), to=f"b+{token(person)}@bounce.example.org", ours=ours)
    return made.replace(b"<20261126.1@", f"<{person}@".encode())


def complaint(person: int) -> bytes:
    """A complaint that quotes our mail, in whose header the token stands."""
    return a_complaint(ours=OURS.replace(OTHER_TOKEN, token(person))).replace(
        b"<20261126.1@", f"<c{person}@".encode()
    )


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    site = Site(tmp_path, people=5)
    site.send("one")
    yield Post(site, tmp_path)
    site.close()


def test_every_kind_of_mail_does_what_it_says_and_is_put_aside(post: Post) -> None:
    post.put(bounce(0))
    post.put(complaint(1))
    post.put(plain(f"leave+{token(2, verp.LEAVE)}@bounce.example.org"))
    post.put(plain(f"b+{token(3)}@bounce.example.org", header="Auto-Submitted: auto-replied\n"))
    post.put(b"Subject: Dear sir\n\nI am a prince.\n")
    (found,) = post.collect()
    assert found.kinds == {Kind.EVENTS: 3, Kind.AUTOMATIC: 1, Kind.UNMATCHED: 1}
    assert found.effects == {Effect.BOUNCED: 1, Effect.COMPLAINED: 1, Effect.LEFT: 1}
    assert [post.site.status(number).value for number in range(4)] == [
        "bounced",
        "complained",
        "unsubscribed",
        "confirmed",
    ]
    assert post.aside() == (4, 1)
    assert post.collect()[0].mails == 0


def test_a_forged_report_touches_nobody_and_is_kept_for_a_person(post: Post) -> None:
    forged = bounce(0).replace(token(0).encode(), b"a" * 56)
    post.put(forged.replace(b"reader@example.com", post.site.people[0].email.encode()))
    (found,) = post.collect()
    assert (found.kinds, found.effects) == ({Kind.UNMATCHED: 1}, {})
    assert (post.site.status(), post.site.count(), post.aside()) == (SubscriberStatus.CONFIRMED, 0, (0, 1))


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied\n",
        "Auto-Submitted: auto-generated\n",
        "X-Autoreply: yes\n",
        "Precedence: auto_reply\n",
        "X-Auto-Response-Suppress: All\n",
    ],
)
@pytest.mark.parametrize("subject", ["Out of office", "550 5.1.1 user unknown", "Undeliverable: away"])
def test_no_answer_of_a_machine_suppresses_anybody(post: Post, header: str, subject: str) -> None:
    body = "I am away. 550 5.1.1 user unknown. Delivery failed permanently."
    post.put(plain(f"b+{token(0)}@bounce.example.org", header=header, subject=subject, body=body))
    (found,) = post.collect()
    assert found.effects == {}
    assert post.site.status() is SubscriberStatus.CONFIRMED


def test_a_mail_that_was_delayed_is_no_bounce(post: Post) -> None:
    post.put(bounce(0, "4.4.1", "delayed"))
    assert post.collect()[0].effects == {}
    assert post.site.status() is SubscriberStatus.CONFIRMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """A mailbox that gives some mails, and is then gone."""

    mails: tuple[bytes, ...]
    aside: list[str] = field(default_factory=list)

    def new(self) -> Iterator[Returned]:
        yield from (Returned(id=str(number), content=mail) for number, mail in enumerate(self.mails))
        raise TemporaryFailure("the server is gone")

    def put_aside(self, mail_id: str, *, is_understood: bool) -> None:
        self.aside.append(mail_id)


def test_a_mailbox_that_fails_is_named_what_it_gave_is_taken_and_the_others_are_read(post: Post) -> None:
    post.put(bounce(0))
    away = Away(mails=(bounce(1), bounce(2)))
    found = post.collect(("away", away))
    assert [(one.mailbox, one.mails, one.failure) for one in found] == [
        ("bounces", 1, ""),
        ("away", 2, "the server is gone"),
    ]
    assert away.aside == ["0", "1"]
    assert [post.site.status(number) for number in range(3)] == [SubscriberStatus.BOUNCED] * 3


# killed


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what is tested")
def test_killed_while_reading_no_event_is_lost_or_counted_twice(tmp_path: Path) -> None:
    site = Site(tmp_path, people=MAILS)
    site.send("one")
    post = Post(site, tmp_path)
    for person in range(MAILS):
        post.put(bounce(person) if person % 10 else b"Subject: something else\n\nHello\n")
    kills, random = 0, Random(5)
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.rim.returns_worker"]
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as nursery:
        assert nursery.stdin
        assert nursery.stdout
        while any((post.path / "new").iterdir()):
            nursery.stdin.write(f"{tmp_path}\n")
            nursery.stdin.flush()
            pid = int(nursery.stdout.readline().removeprefix("pid "))
            is_over = False
            for _ in range(random.randint(1, 25)):
                is_over = nursery.stdout.readline().startswith("ended")
                if is_over:
                    break
            if not is_over:
                os.kill(pid, signal.SIGKILL)
                while not (line := nursery.stdout.readline()).startswith("ended"):
                    assert line
                kills += 1
        nursery.communicate()
    assert kills >= 10
    assert post.aside() == (MAILS * 9 // 10, MAILS // 10)
    assert site.count() == MAILS * 9 // 10
    for person in range(MAILS):
        status_now = SubscriberStatus.BOUNCED if person % 10 else SubscriberStatus.CONFIRMED
        assert site.status(person) is status_now
    site.close()


# webhooks (row 43)


def webhooks(site: Site) -> Webhooks:
    options = postmark.Options(secret="s" * 40)
    provider = Provider(reports=postmark.Reports(options), keys=FixedKeys({"secret": options.secret}))
    return Webhooks(providers={"postmark": provider}, returns=site.returns, clock=lambda: NOW)


BEARER: Mapping[str, str] = {"authorization": f"Bearer {'s' * 40}"}


def told(record: str, site: Site, **more: object) -> bytes:
    email = site.people[0].email
    moment = {"BouncedAt": "2026-11-25T08:00:00Z"}
    return json.dumps({"RecordType": record, "ID": record, "Email": email, **moment, **more}).encode()


def test_a_webhook_told_twice_and_out_of_order_counts_once(post: Post) -> None:
    """Row 43 of the matrix of faults: webhook delivered twice, or out of order."""
    take, site = webhooks(post.site), post.site
    spam = told("SpamComplaint", site)
    hard = told("Bounce", site, Type="HardBounce")
    for body in (spam, hard, spam, hard, told("Delivery", site)):
        take("postmark", body, BEARER)
    assert site.count() == 2
    assert site.status() is SubscriberStatus.COMPLAINED


def test_a_webhook_that_proves_nothing_does_nothing(post: Post) -> None:
    take, site = webhooks(post.site), post.site
    with pytest.raises(Forged):
        take("postmark", told("SpamComplaint", site), {})
    with pytest.raises(NotFound):
        take("ses", told("SpamComplaint", site), BEARER)
    with pytest.raises(UserError):
        take("postmark", b"[]", BEARER)
    assert (site.count(), site.status()) == (0, SubscriberStatus.CONFIRMED)
