"""How much of an issue may come back before it is held."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Beyond these shares of the mails that were accepted, an issue that is still going out is held.

    *complaints* and *bounces* (permanent ones) are shares from 0 to 1; of each there have to be at least so
    many, so that one reader of a short list stops nothing.
    """

    complaints: float = 0.001
    bounces: float = 0.02
    least_complaints: int = 3
    least_bounces: int = 10

    def beyond(self, *, accepted: int, complaints: int, bounces: int) -> str:
        """Say which rate is too high, with its numbers; empty where none is."""
        told = f"of {accepted} accepted"
        if complaints >= self.least_complaints and complaints >= self.complaints * accepted:
            return f"{complaints} complained {told}; the limit is {self.complaints:.2%}"
        if bounces >= self.least_bounces and bounces >= self.bounces * accepted:
            return f"{bounces} bounced for good {told}; the limit is {self.bounces:.2%}"
        return ""
