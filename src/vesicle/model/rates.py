"""How much of an issue may come back before it is held."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Beyond *share* (above 0, at most 1) too much came back; but not before there is *least* of it.

    So one reader of a short list stops nothing.
    """

    share: float
    least: int

    def reached_by(self, count: int) -> int:
        """Give the most mails of which *count* are too many; 0 where they are too few to tell."""
        return int(count / self.share) if count >= self.least else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """When an issue that is still going out is held.

    *complaints* are counted of the mails that were accepted, *bounces* (permanent ones) of those that were
    accepted or refused.
    """

    complaints: Rate = Rate(share=0.001, least=3)
    bounces: Rate = Rate(share=0.02, least=10)


_LIMIT = "the limit is"


def beyond(what: str, rate: Rate) -> str:
    """Say that *what* came back, as the reason for which an issue is held."""
    return f"{what}; {_LIMIT} {rate.share:.2%}"


def is_of_rates(why: str) -> bool:
    """Tell whether that is why an issue was held."""
    return _LIMIT in why
