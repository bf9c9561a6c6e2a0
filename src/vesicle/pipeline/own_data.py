"""All that is kept of one person, as they can take it with them (GDPR, Articles 15 and 20). Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from vesicle.model.subscriber import Consent, Subscriber, SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """A person, their consents oldest first, and the words they agreed to by their SHA-256."""

    person: Subscriber
    consents: tuple[Consent, ...]
    wordings: Mapping[str, str]
    suppression: SuppressionReason | None

    def as_json(self) -> str:
        """Give all of it as JSON that people can read."""
        person = self.person
        found = {
            "id": person.id,
            "email": person.email,
            "status": person.status.value,
            "language": person.language,
            "name": person.name,
            "topics": list(person.topics),
            "frequency": person.frequency.value,
            "paused_until": person.paused_until.isoformat() if person.paused_until else None,
            "zone": person.zone,
            "attributes": dict(person.attributes),
            "since": person.since.isoformat() if person.since else None,
            "never_written_to_because": self.suppression.value if self.suppression else None,
            "consents": [self._entry(one) for one in self.consents],
        }
        return json.dumps(found, ensure_ascii=False, indent=2) + "\n"

    def _entry(self, consent: Consent) -> dict[str, str]:
        return {
            "event": consent.event.value,
            "at": consent.at.isoformat(),
            "source": consent.source,
            "language": consent.language,
            "version_of_words": consent.version,
            "words": self.wordings.get(consent.wording, ""),
            "sha256_of_words": consent.wording,
        }
