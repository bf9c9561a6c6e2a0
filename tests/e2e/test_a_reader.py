"""The whole way of a reader, on loopback, with everything real: live, as `test_browser.py` says.

A browser for the pages, a mail server with its Maildir, `vesicle serve`, `vesicle run`.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from tests.e2e.chromium import LIVE
from tests.e2e.conftest import ISSUE, Site, ago
from tests.e2e.test_readers import Served, serving
from tests.unit.learn.mails import group, report, status
from tests.unit.web.site import BROWSER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = LIVE

NEXT = "2020-12-03-conditioned-media"


class Way:
    """A site whose pages are served, whose bounces come into a Maildir, and the readers' browser."""

    def __init__(self, site: Site, pages: Served, context: "BrowserContext") -> None:
        self.site, self.pages, self.context = site, pages, context
        self.seen = 0

    def look(self, paths: Iterable[str]) -> list["Page"]:
        """Open pages beside each other, and look at them for as long as a person does at least."""
        opened = [self.context.new_page() for _ in paths]
        for page, path in zip(opened, paths, strict=True):
            page.goto(self.pages.url + path)
        while any(page.evaluate("performance.now()") < 2200 for page in opened):
            pass  # younger, and the form is a program's
        return opened

    def sign_up(self, people: Mapping[str, str]) -> None:
        """Let each of *people* ask for the newsletter on the page in their language."""
        opened = self.look([f"/?lang={lang}" for lang in people.values()])
        for page, email in zip(opened, people, strict=True):
            page.fill("#email", email)
            page.press("#email", "Enter")
            assert email not in page.content()

    def runs(self) -> list[EmailMessage]:
        """Let `vesicle run` do what is due; give the mails that have come since the last time, in order."""
        done = self.site.run("run", "--once")
        assert done.code in (0, 1), done.err + done.out  # 1: an issue is not approved yet
        new = self.site.server.received[self.seen :]
        self.seen = len(self.site.server.received)
        return [parsed(one.content) for one in new]

    def confirm(self, mails: Iterable[EmailMessage]) -> None:
        """Press the button behind the link of each confirmation mail."""
        for page in self.look([path_in(mail, "c") for mail in mails]):
            page.click("main button")

    def status(self, email: str) -> str:
        return self.site.ok("subscribers", "show", email)

    def bounce(self, email: str) -> None:
        """Put the report of a mail server into the Maildir: there is no mailbox called *email*."""
        sender = next(one.sender for one in self.site.server.received if one.recipient == email)
        told = status(group(recipient=f"rfc822; {email}", more=""))
        folder = self.site.root / "returned"
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "new" / "1.report").write_bytes(report(told, to=sender, ours=""))


def parsed(content: bytes) -> EmailMessage:
    from email import message_from_bytes  # noqa: PLC0415
    from email.policy import default  # noqa: PLC0415

    return message_from_bytes(content, policy=default)


def path_in(mail: EmailMessage, door: str) -> str:
    """Give the path of the link in a mail that opens one door, from its text part."""
    body = mail.get_body(("plain",))
    found = re.search(rf"https://\S+?(/{door}/[\w.-]+)", body.get_content() if body else "")
    assert found
    return found[1]


@pytest.fixture
def way(site: Site, browser: "Browser", tmp_path: Path) -> Iterator[Way]:
    config = site.root / "config.yaml"
    site.edit(
        "config.yaml", "    security: none\n", "    security: none\n    bounce_domain: returns.example\n"
    )
    with config.open("a") as file:
        file.write("\nreturns:\n  mailboxes:\n    bounces: {by: maildir, path: returned}\n")
    for ending in ("md", "th.md"):
        folder = site.root / "content" / "issues"
        shutil.copy(folder / f"{ISSUE}.{ending}", folder / f"{NEXT}.{ending}")
    text = (site.root / "content" / "issues" / f"{NEXT}.md").read_text()
    (due,) = [line for line in text.splitlines() if line.startswith("due: ")]
    site.edit(f"content/issues/{NEXT}.md", due, f"due: {ago(minutes=1)}")
    site.edit(f"content/issues/{NEXT}.md", "number: 1", "number: 2")
    (site.root / "returned" / "new").mkdir(parents=True)
    (site.root / "returned" / "cur").mkdir()
    context = browser.new_context(java_script_enabled=False, user_agent=BROWSER)
    with serving(site) as pages:
        yield Way(site, pages, context)


def recipients(mails: list[EmailMessage]) -> dict[str, list[str]]:
    """Give the subjects that came to each address."""
    found: dict[str, list[str]] = {}
    for mail in mails:
        found.setdefault(str(mail["To"]), []).append(str(mail["Subject"]))
    return found


def test_from_signing_up_to_leaving_and_a_bounce(way: Way) -> None:
    """Sign up, confirm, get an issue, leave with one click, get no other; a bounce ends it too."""
    people = {"ann@readers.example": "en", "boon@readers.example": "th", "cyrus@readers.example": "fa"}
    way.sign_up(people)
    asked = way.runs()
    assert sorted(recipients(asked)) == sorted(people)
    assert {str(mail["Content-Language"]) for mail in asked} == {"en", "th", "fa"}
    way.confirm(asked)
    assert "confirmed" in way.status("ann@readers.example")
    way.site.ok("approve", ISSUE, "--by", "An editor")
    first = way.runs()
    assert {email: len(subjects) for email, subjects in recipients(first).items()} == dict.fromkeys(people, 2)

    issue = next(mail for mail in first if mail["To"] == "ann@readers.example" and "List-Unsubscribe" in mail)
    leave = urlsplit(str(issue["List-Unsubscribe"]).split(">")[0].lstrip("<")).path
    answer = httpx.post(way.pages.url + leave, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    way.bounce("boon@readers.example")

    way.site.ok("approve", NEXT, "--by", "An editor")
    assert list(recipients(way.runs())) == ["cyrus@readers.example"]
    assert "unsubscribed" in way.status("ann@readers.example")
    assert "bounced" in way.status("boon@readers.example")
