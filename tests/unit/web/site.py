"""A site's pages without a network: a client, the stores behind it, and a clock to move."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from starlette.testclient import TestClient

from vesicle.model.delivery import Frozen
from vesicle.model.reader import Ask, Confirmation, Wishes
from vesicle.model.subscriber import Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.pipeline.reception import Reception
from vesicle.pipeline.sign_up import Offer
from vesicle.store import packaged
from vesicle.testing.memory import MemorySubscribers
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


@dataclass
class Readers:
    """A `ports.Readers` that keeps what it is told, on the people of *subscribers*."""

    subscribers: MemorySubscribers
    asks: list[Ask] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    series: list[tuple[datetime, Frozen]] = field(default_factory=list)
    number: int = 1
    wished: dict[str, Wishes] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def ask(self, ask: Ask, *, wording: str = "") -> None:
        self.asks.append(ask)
        if wording:
            self.texts[sha256(wording.encode()).hexdigest()] = wording

    def settle(self, judge: object, *, now: datetime, limit: int) -> int:
        return 0

    def confirm(
        self,
        person_id: str,
        number: int,
        consent: Consent,
        *,
        series: Sequence[tuple[datetime, Frozen]] = (),
    ) -> Confirmation:
        person = self.subscribers.with_id(person_id)
        if person is None or number != self.number:
            return Confirmation.VOID
        if person.status is SubscriberStatus.CONFIRMED:
            return Confirmation.ALREADY
        self.subscribers.set_status(person_id, SubscriberStatus.CONFIRMED, consent)
        self.series += series
        return Confirmation.CONFIRMED

    def leave(self, person_id: str, consent: Consent, *, reason: str = "") -> bool:
        if reason:
            self.reasons.append(reason)
        if self.wishes(person_id) is None:
            return False
        self.subscribers.set_status(person_id, SubscriberStatus.UNSUBSCRIBED, consent)
        return True

    def prefer(self, person_id: str, wishes: Wishes, consent: Consent) -> bool:
        person = self.subscribers.with_id(person_id)
        if person is None or self.wishes(person_id) is None:
            return False
        self.subscribers.set_status(person_id, person.status, consent)
        self.wished[person_id] = wishes
        return True

    def wishes(self, person_id: str) -> Wishes | None:
        person = self.subscribers.with_id(person_id)
        if person is None or person.status is SubscriberStatus.UNSUBSCRIBED:
            return None
        default = Wishes(language=person.language, topics=person.topics)
        return self.wished.get(person_id, default)

    def wording(self, digest: str) -> str:
        return self.texts.get(digest, "")


@dataclass
class Pages:
    """The pages of a site with one reader, Ann, who is pending."""

    now: datetime = START
    subscribers: MemorySubscribers = field(default_factory=MemorySubscribers)
    reports: list[tuple[str, bytes]] = field(default_factory=list)
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self.readers = Readers(self.subscribers)
        self.subscribers.add([(ann(), asked())])
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
