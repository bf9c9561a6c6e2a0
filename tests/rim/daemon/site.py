"""The site that daemons of tests work for: files as people write them, and readers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vesicle.app import App
from vesicle.model.subscriber import Consent, ConsentEvent, Subscriber, SubscriberStatus

KEY = "k" * 64
EDITOR = "editor@site.example"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_CONFIG = """site: {{name: Site, url: 'https://site.example', zone: {zone}}}
newsletters:
  letter:
    name: Letter
    sender: Letter <letter@site.example>
    postal_address: 1 Street, 12345 Town
    about: You signed up for it.
    zone: {zone}
    cadence: {issues}
    approval: {approval}
channels:
  email: {{host: localhost, port: {port}, security: none}}
  notes: {{by: outbox, when: {posts}, grace_minutes: {grace}, evergreen_weeks: 1}}
sources:
  feed: {{by: feed, feed: feed.xml, when: {watch}}}
checks: {{links: {{enabled: false}}}}
editor: {{addresses: [{editor}], digest_minutes: 1, most_a_day: 1000}}
content: {{git: {git}, every_minutes: 1}}
"""
_ITEM = """---
title: What number {number} is
status: ready
updated: 2026-01-01
summary: Number {number} is one of many, and explained here for a test.
snippets:
  - text: Number {number} is explained in one sentence that somebody wrote elsewhere.
    source: https://doi.org/10.99999/demo.{number}
author: A. Writer, editor
topics: [skin]
---
There is little to say about number {number}, and this says it.
"""
_ISSUE = """---
newsletter: letter
number: {number}
due: {due:%Y-%m-%d %H:%M}
subject: Number {number} of the letter
preheader: A line of some forty characters and a few more behind it
status: ready
sections:
  - heading: Explained
    items: [{items}]
---
Welcome to number {number}.
"""
_FEED = """<?xml version='1.0' encoding='UTF-8'?>
<rss version="2.0"><channel><title>Made up</title><link>https://feed.example</link>
<item><title>A made-up paper</title><link>https://doi.org/10.99999/demo.1</link>
<guid isPermaLink="false">10.99999/demo.1</guid><pubDate>Tue, 24 Feb 2026 06:00:00 GMT</pubDate></item>
</channel></rss>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a site does, and when: calendars as in `config.yaml`, *zone* that of all of them."""

    issues: str = "'0 12 1 1 *'"
    posts: str = "'0 12 1 1 *'"
    watch: str = "'0 12 1 1 *'"
    zone: str = "UTC"
    grace: int = 60
    approval: str = "automatic"
    git: str = "false"
    readers: int = 3


class Site:
    """A site in the folder *root*, whose mails go to *port* of this machine."""

    def __init__(self, root: Path, plan: Plan, *, port: int) -> None:
        self.root = root
        self.plan = plan
        self._port = port
        for name in ("issues", "explainers"):
            (root / "content" / name).mkdir(parents=True)
        (root / "feed.xml").write_text(_FEED)
        self.configure()
        people = [_reader(number) for number in range(plan.readers)]
        with_key = App(root, clock=lambda: LONG_AGO, environ={"VESICLE_KEY": KEY})
        with_key.subscribers.add(people)
        with_key.database.close()
        self.readers = [person.email for person, _ in people]

    @property
    def config(self) -> Path:
        """Give the file of settings."""
        return self.root / "config.yaml"

    @property
    def database(self) -> Path:
        """Give the file of the database."""
        return self.root / ".vesicle" / "vesicle.db"

    def configure(self, **changes: Any) -> None:
        """Write the settings, with *changes* to the plan."""
        self.plan = replace(self.plan, **changes)
        fields = {name: getattr(self.plan, name) for name in Plan.__dataclass_fields__}
        self.config.write_text(_CONFIG.format(port=self._port, editor=EDITOR, **fields))

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the content folder, each whole at once, as editors do."""
        for name, text in files.items():
            path = self.root / "content" / name
            draft = path.with_name(f".{path.name}")
            draft.write_text(text)
            draft.replace(path)

    def outbox(self) -> list[str]:
        """Give the names of the posts that were published, but for drafts."""
        folder = self.root / "outbox" / "notes"
        return (
            sorted(path.name for path in folder.iterdir() if path.suffix == ".txt") if folder.exists() else []
        )


def issue(number: int, due: datetime, *, items: int = 1) -> Mapping[str, str]:
    """Give the files of an issue that is due at *due* (wall-clock time), with explainers of its own."""
    names = [f"item-{number:03}-{one}" for one in range(items)]
    files = {f"explainers/{name}.md": _ITEM.format(number=name.removeprefix("item-")) for name in names}
    text = _ISSUE.format(number=number, due=due, items=", ".join(names))
    return {**files, f"issues/{slug(number)}.md": text}


def slug(number: int) -> str:
    """Give the slug of an issue."""
    return f"number-{number:03}"


def _reader(number: int) -> tuple[Subscriber, Consent]:
    person = Subscriber(
        id=f"{number + 1:032x}",
        email=f"r{number:03}@readers.example",
        status=SubscriberStatus.CONFIRMED,
        language="en",
    )
    return person, Consent(event=ConsentEvent.CONFIRMED, at=LONG_AGO, source="made up")
