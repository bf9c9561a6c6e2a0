"""Plug-ins: sources, checks, channels and what else is named by a file of its own."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from vesicle.settings.kinds import When, Zone


def _campaign(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{0,60}", text):
        raise ValueError(f"cannot be `{text}` | write letters, digits, `-`, `_` and `.` alone")
    return text


Campaign = Annotated[str, AfterValidator(_campaign)]


class PluginSettings(BaseModel):
    """A plug-in of any kind; every other field is an option of its own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    by: str = Field(
        default="", description="The plug-in: a name, or `package.module:Class`; its own name if empty."
    )
    enabled: bool = Field(default=True, description="`false` switches it off.")

    def options(self) -> dict[str, Any]:
        """Give the fields that belong to the plug-in itself."""
        return dict(self.model_extra or {})


class SourceSettings(PluginSettings):
    """A source of new papers; every other field is an option of its own."""

    when: When = Field(
        default="every day at 06:00", description="When `vesicle run` asks it, in the words of `cadence`."
    )
    zone: Zone | None = Field(default=None, description="IANA time zone of `when`; that of the site if none.")


class ChannelSettings(PluginSettings):
    """A channel; every other field is an option of its own."""

    when: When = Field(
        default="",
        description="When `vesicle run` publishes the next waiting post on it, as a calendar or a list of "
        "them; without one, posts go out with their issue.",
    )
    zone: Zone | None = Field(default=None, description="IANA time zone of `when`; that of the site if none.")
    grace_minutes: int = Field(
        default=60, ge=0, le=10_080, description="Minutes for which a post still goes out after its time."
    )
    longest: int | None = Field(
        default=None,
        ge=20,
        le=100_000,
        description="Length that its posts may have where that is not the usual one of the channel, as of a "
        "Mastodon server that allows more; in the channel's own unit.",
    )
    card: bool = Field(default=True, description="Whether its posts have a card, where it takes pictures.")
    campaign: Campaign = Field(
        default="",
        description="Word that tells links to the site's own pages apart (`utm_campaign`); none where empty.",
    )
    evergreen_weeks: int = Field(
        default=0,
        ge=0,
        le=520,
        description="Where nothing waits, an explainer that went out with an issue is posted again, at most "
        "once in so many weeks; 0: never.",
    )
