"""What is known of one address, and the whole list as rows."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from vesicle.deliver.email.address import Route, route
from vesicle.model.errors import UserError
from vesicle.model.subscriber import Consent, Subscriber, SuppressionReason
from vesicle.ports import Subscribers

COLUMNS = (
    "id",
    "email",
    "status",
    "language",
    "name",
    "topics",
    "zone",
    "since",
    "attributes",
    "frequency",
    "paused_until",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that is kept of one address."""

    person: Subscriber | None
    consents: tuple[Consent, ...]
    suppression: SuppressionReason | None


def dossier(subscribers: Subscribers, email: str) -> Dossier:
    """Give all that is kept of *email*; raises UserError where that is nothing."""
    person, suppression = subscribers.find(email), subscribers.suppression(email)
    if person is None and suppression is None:
        raise _nobody()
    log = subscribers.consents(person.id) if person else ()
    return Dossier(person=person, consents=tuple(log), suppression=suppression)


def erase(subscribers: Subscribers, email: str, *, now: datetime) -> None:
    """Forget whoever has *email*, all but the suppression; raises UserError where nobody has it."""
    person = subscribers.find(email)
    if person is None:
        raise _nobody()
    subscribers.erase(person.id, now=now)


def suppress(subscribers: Subscribers, email: str, reason: SuppressionReason, *, now: datetime) -> None:
    """Never write to *email* again; raises UserError where it is no address."""
    where = route(email.strip())
    if not isinstance(where, Route):
        raise UserError(where, mend="write it as in a mail: name@example.org")
    subscribers.suppress(email, reason, now=now)


def rows(people: Iterable[Subscriber]) -> Iterator[tuple[str, ...]]:
    """Yield a row of COLUMNS for each of *people*; topics stand between `;`, attributes are JSON."""
    for one in people:
        yield (
            one.id,
            one.email,
            one.status.value,
            one.language,
            one.name,
            ";".join(one.topics),
            one.zone,
            one.since.isoformat() if one.since else "",
            json.dumps(dict(one.attributes), ensure_ascii=False) if one.attributes else "",
            one.frequency.value,
            one.paused_until.isoformat() if one.paused_until else "",
        )


def _nobody() -> UserError:
    # Without the address: errors end up in logs.
    return UserError("nobody on the list has this address", mend="look at the spelling")
