"""How long what is in the database is kept."""

from datetime import timedelta

from pydantic import Field

from vesicle.model.retention import Retention
from vesicle.settings.strict import Strict


class RetentionSettings(Strict):
    """How long what is in the database is kept, 31 days at the least; 0 keeps it for ever."""

    receipts_days: int = Field(
        default=90, ge=0, description="When, and in which words, each mail of an issue was accepted."
    )
    deliveries_months: int = Field(
        default=36, ge=0, description="Who was owed an issue, and how it ended; corrections go by it."
    )
    notices_days: int = Field(default=90, ge=0, description="Which notices went to whom.")
    events_days: int = Field(default=400, ge=0, description="What came back: bounces, complaints.")
    harvests_days: int = Field(default=90, ge=0, description="Accounts of sources; the last stays.")
    departures_days: int = Field(default=730, ge=0, description="Why people left, without who.")

    def retention(self) -> Retention:
        """Give how long each kind is kept; a month has 31 days."""
        ages = {name.partition("_")[0]: number for name, number in self.model_dump().items()}
        ages["deliveries"] *= 31
        return Retention(
            **{kind: timedelta(days=max(one, 31)) if one else None for kind, one in ages.items()}
        )
