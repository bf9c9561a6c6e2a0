"""A site's pages without a network: a client, the stores behind it, and a clock to move."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from vesicle.model.message import Card
from vesicle.model.notice import CONFIRM
from vesicle.model.reader import Ask, AskPurpose, Settlement, Standing, Wishes
from vesicle.model.subscriber import Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.pipeline.reception import Reception
from vesicle.pipeline.sign_up import Offer
from vesicle.store import packaged
from vesicle.testing import nouns
from vesicle.testing.memory import MemoryLedger, MemoryReaders, MemorySubscribers
from vesicle.text import doors
from vesicle.text.doors import Door, Visitor
from vesicle.web.application import application
from vesicle.web.house import House, Site
from vesicle.web.limits import Limits
from vesicle.web.wording import wordings

KEY = b"k" * 64
ANN = "a" * 32
START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
HOST = "letters.example.org"
TOPICS = {"skin": {"en": "Skin", "th": "ผิวหนัง", "fa": "پوست"}, "bone": {"en": "Bone"}}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TEMPLATES = packaged.templates(packaged.site())
LANGUAGES = ("en", "th", "fa")
DRAWN = "0123456789abcdef01234567.png"


class Gallery:
    """Pictures that are the names of their cards; of posts only one is there."""

    def picture(self, card: Card) -> bytes:
        return card.words.encode()

    def drawn(self, name: str) -> bytes | None:
        return b"drawn" if name == DRAWN else None


@dataclass
class Pages:
    """The pages of a site with one reader, Ann, who is pending."""

    now: datetime = START
    subscribers: MemorySubscribers = field(default_factory=MemorySubscribers)
    reports: list[tuple[str, bytes]] = field(default_factory=list)
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(self.subscribers)
        self.readers = MemoryReaders(self.subscribers, self.ledger)
        self.subscribers.add([(ann(), asked())])
        self.mail_confirmation()
        self.reception = Reception(
            readers=self.readers,
            subscribers=self.subscribers,
            key=KEY,
            clock=lambda: self.now,
            offer=Offer(
                languages=LANGUAGES,
                topics=tuple(TOPICS),
                wordings=wordings(TEMPLATES, LANGUAGES, site="Letters & More"),
                version="1",
            ),
            is_throwaway=lambda domain: domain == "thrown.example",
        )
        self.house = House(
            site=Site(
                name="Letters & More",
                url=f"https://{HOST}",
                postal_address="1 Street, Town",
                contact="letters@example.org",
                topics=TOPICS,
            ),
            reception=self.reception,
            templates=TEMPLATES,
            limits=Limits(10_000, seconds=self.seconds),
            reports=self._report,
            gallery=Gallery(),
        )

    def client(self, **more: str) -> TestClient:
        headers = {"user-agent": BROWSER, "accept-language": "en", **more}
        app = application(self.house)
        return TestClient(app, base_url=f"https://{HOST}", headers=headers, raise_server_exceptions=False)

    def change(self, **parts: Any) -> None:
        """Give the pages another reception, with *parts* of it changed."""
        self.reception = replace(self.reception, **parts)
        self.house = replace(self.house, reception=self.reception)

    def later(self, **length: float) -> None:
        self.now += timedelta(**length)

    def status(self, person_id: str = ANN) -> SubscriberStatus:
        person = self.subscribers.with_id(person_id)
        assert person
        return person.status

    def mail_confirmation(self) -> None:
        """Owe Ann the next mail to confirm."""
        wishes = Wishes(language="en", topics=("skin",))
        self.readers.ask(Ask(purpose=AskPurpose.SIGN_UP, email=ann().email, wishes=wishes, consent=asked()))
        self.readers.settle(owes_confirmation, now=START - timedelta(days=1), limit=1)

    def confirm(self) -> None:
        person = self.subscribers.with_id(ANN)
        assert person
        self.subscribers.set_status(ANN, SubscriberStatus.CONFIRMED, asked())

    def path(self, door: Door, *, about: str = "", person_id: str = ANN) -> str:
        made = self.now if door in (Door.CONFIRM, Door.DATA) else None
        subject = about or {Door.CONFIRM: "1", Door.DATA: "1", Door.LEAVE: "letters"}.get(door, "")
        return doors.url("", KEY, door, Visitor(person_id=person_id, about=subject, made=made))

    def seconds(self) -> float:
        return self.now.timestamp()

    def _report(self, provider: str, body: bytes, headers: object) -> None:
        if self.failure:
            raise self.failure
        self.reports.append((provider, body))


def owes_confirmation(ask: Ask, standing: Standing) -> Settlement:
    return Settlement(notice=nouns.notice(CONFIRM, str(standing.number)))


def ann() -> Subscriber:
    return Subscriber(
        id=ANN,
        email="ann@readers.example",
        status=SubscriberStatus.PENDING,
        language="en",
        topics=("skin",),
    )


def asked() -> Consent:
    return Consent(event=ConsentEvent.ASKED, at=START, source="form sign-up", version="1", language="en")
