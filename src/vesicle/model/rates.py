"""How much of an issue may come back before it is held."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Beyond these shares an issue that is still going out is held.

    *complaints* is the share (0 to 1) of the mails that were accepted, *bounces* (permanent ones) of those
    that were accepted or refused. Of each there have to be at least so many, so that one reader of a short
    list stops nothing.
    """

    complaints: float = 0.001
    bounces: float = 0.02
    least_complaints: int = 3
    least_bounces: int = 10

    def beyond(self, *, accepted: int, refused: int, complaints: int, bounces: int) -> str:
        """Say which rate is too high, with its numbers; empty where none is."""
        if complaints >= self.least_complaints and complaints >= self.complaints * accepted:
            return f"{complaints} complained of {accepted} accepted; the limit is {self.complaints:.2%}"
        tried = accepted + refused
        if bounces >= self.least_bounces and bounces >= self.bounces * tried:
            return f"{bounces} of {tried} bounced for good; the limit is {self.bounces:.2%}"
        return ""
