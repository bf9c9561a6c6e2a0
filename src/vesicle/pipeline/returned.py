"""What an event that came back means for the person it is about. Pure."""

from vesicle.model.event import Effect, Event, EventType

MOST_SOFT = 3
"""After so many issues in a row that bounced, nobody is written to any more."""


def effect(event: Event, in_a_row: int) -> Effect:
    """Decide: a complaint and a permanent bounce count at once, a passing bounce as the third in a row."""
    if event.type is EventType.COMPLAINED:
        return Effect.COMPLAINED
    if event.type is EventType.UNSUBSCRIBED:
        return Effect.LEFT
    if event.type is not EventType.BOUNCED:
        return Effect.NONE
    is_over = event.is_permanent or in_a_row >= MOST_SOFT
    return Effect.BOUNCED if is_over else Effect.NONE
