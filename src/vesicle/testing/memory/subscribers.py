"""The people on the list, in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vesicle.model.errors import UserError
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.store.identity import address_key, normalised


class MemorySubscribers:
    """A `ports.Subscribers` in memory, with *people* on it from the start."""

    def __init__(self, people: Iterable[Subscriber] = ()) -> None:
        self._people: dict[str, Subscriber] = {}
        self._addresses: set[str] = set()
        for person in people:
            self.add(person)

    def add(self, subscriber: Subscriber) -> bool:
        """Add a person; False when the address is there already in any case, which is then left as it is.

        Raises UserError when somebody else has their id.
        """
        if address_key(subscriber.email) in self._addresses:
            return False
        if subscriber.id in self._people:
            raise UserError(f"somebody else has the id {subscriber.id}", mend="draw a new one")
        self._people[subscriber.id] = replace(subscriber, email=normalised(subscriber.email))
        self._addresses.add(address_key(subscriber.email))
        return True

    def confirmed(self) -> Iterator[Subscriber]:
        """Yield those who may be written to, in the order of their ids."""
        for _, person in sorted(self._people.items()):
            if person.status is SubscriberStatus.CONFIRMED:
                yield person

    def set_status(self, subscriber: Subscriber) -> None:
        """Store the status that *subscriber* carries; UserError when nobody has their id."""
        self._people[subscriber.id] = replace(self.person(subscriber.id), status=subscriber.status)

    def person(self, person_id: str) -> Subscriber:
        """Give a person by id; UserError when nobody has it."""
        if person_id not in self._people:
            raise UserError(f"no subscriber has the id {person_id}", mend="add the person first")
        return self._people[person_id]
