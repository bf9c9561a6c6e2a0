"""Notices, frozen as the ledger wants them: rendered once, owed to whoever asks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from vesicle.model.delivery import Frozen, Policy
from vesicle.model.errors import ContentError
from vesicle.model.issue import Newsletter
from vesicle.model.message import Message
from vesicle.model.notice import ALREADY, CONFIRM, DATA, WELCOME, notice_name
from vesicle.model.problem import Problem
from vesicle.model.subscriber import SubscriberStatus
from vesicle.pipeline.send import EMAIL

_REACHES = {
    CONFIRM: frozenset({SubscriberStatus.PENDING}),
    ALREADY: frozenset({SubscriberStatus.CONFIRMED}),
    WELCOME: frozenset({SubscriberStatus.CONFIRMED}),
    DATA: frozenset(SubscriberStatus),
}


class Notices:
    """The notices of a site. Each is rendered when it is first asked for, and then never again.

    *welcome* are the steps of the welcome series: the name of a template, and how long after the
    confirmation it is due. Every method raises ContentError where a template is missing or broken.
    """

    def __init__(
        self,
        newsletter: Newsletter,
        templates: Mapping[str, str],
        *,
        welcome: Sequence[tuple[str, timedelta]] = (),
    ) -> None:
        self._newsletter = newsletter
        self._templates = templates
        self._welcome = tuple(welcome)
        self._sheets: dict[tuple[str, str], _Sheet] = {}

    def confirm(self, number: int) -> Frozen:
        """Give the mail that asks to confirm; *number* counts those to this person, this one too."""
        return self._frozen(CONFIRM, str(number), name=CONFIRM)

    def already(self, now: datetime) -> Frozen:
        """Give the answer to a sign-up of somebody who is on the list, at most one a month (UTC)."""
        return self._frozen(ALREADY, f"{now:%Y-%m}", name=ALREADY)

    def data(self, now: datetime) -> Frozen:
        """Give the mail with the link to one's data, at most one a day (UTC)."""
        return self._frozen(DATA, f"{now:%Y-%m-%d}", name=DATA)

    def welcome(self, number: int, now: datetime) -> Sequence[tuple[datetime, Frozen]]:
        """Give each step of the welcome series with its moment, after a confirmation with *number*."""
        return [
            (now + after, self._frozen(WELCOME, f"{number}-{step}", name=name))
            for step, (name, after) in enumerate(self._welcome, start=1)
        ]

    def problems(self) -> Sequence[Problem]:
        """Give what is wrong with the templates of any of them, each once."""
        names = [(purpose, purpose) for purpose in (CONFIRM, ALREADY, DATA)]
        found: dict[Problem, None] = {}
        for purpose, name in (*names, *((WELCOME, name) for name, _ in self._welcome)):
            try:
                self._frozen(purpose, "1", name=name)
            except ContentError as error:
                found |= dict.fromkeys(error.problems)
        return tuple(found)

    def _frozen(self, purpose: str, number: str, *, name: str) -> Frozen:
        # Ten thousand people may sign up in an hour, and all of them are asked the same.
        known = (purpose, name)
        if known not in self._sheets:
            self._sheets[known] = _sheet(name, purpose, self._newsletter, self._templates)
        return self._sheets[known].frozen(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """A notice in every language, and the SHA-256 of it."""

    purpose: str
    messages: Mapping[str, Message]
    seal: str

    def frozen(self, number: str) -> Frozen:
        # Many people share it, each asked at another time: the ledger counts attempts instead of days.
        return Frozen(
            slug=notice_name(self.purpose, number, self.seal),
            channel=EMAIL,
            hash=f"sha256:{self.seal}",
            messages=self.messages,
            policy=Policy.RESEND,
            reaches=_REACHES[self.purpose],
        )


def _sheet(name: str, purpose: str, newsletter: Newsletter, templates: Mapping[str, str]) -> _Sheet:
    from vesicle.render.notice import notice  # noqa: PLC0415 - a daemon renders seldom, and what renders takes memory

    # The first is for readers of every other language.
    languages = sorted(newsletter.languages, key=lambda lang: lang != newsletter.fallback)
    messages = {
        lang: notice(name, purpose=purpose, lang=lang, newsletter=newsletter, templates=templates)
        for lang in languages
    }
    told = [asdict(message) for message in messages.values()]
    document = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _Sheet(purpose=purpose, messages=messages, seal=sha256(document.encode()).hexdigest())
