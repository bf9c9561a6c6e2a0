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

    def complaints_at(self, complaints: int) -> int:
        """Give the most accepted mails of which so many complaints are too many; 0 where they are too few."""
        return int(complaints / self.complaints) if complaints >= self.least_complaints else 0

    def bounces_at(self, bounces: int) -> int:
        """Give the same for mails that bounced for good, and those that were tried."""
        return int(bounces / self.bounces) if bounces >= self.least_bounces else 0

    def complaints_beyond(self, complaints: int, *, accepted: int) -> str:
        """Say that too many complained of *accepted* mails, with the numbers; empty where it is not so."""
        if not 0 < accepted <= self.complaints_at(complaints):
            return ""
        return f"{complaints} complained of {accepted} accepted; the limit is {self.complaints:.2%}"

    def bounces_beyond(self, bounces: int, *, tried: int) -> str:
        """Say the same of mails that bounced for good, of those that were tried."""
        if not 0 < tried <= self.bounces_at(bounces):
            return ""
        return f"{bounces} of {tried} bounced for good; the limit is {self.bounces:.2%}"
