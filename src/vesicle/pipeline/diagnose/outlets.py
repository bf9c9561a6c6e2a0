"""Whether what is known of channels (limits, prices, versions) was read lately. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from vesicle.model.checkup import Line, good, warning
from vesicle.model.limits import Outlet

_FRESH = timedelta(days=365)
"""How long the facts of a channel count: LinkedIn's versions, the shortest of what is dated, last a year."""


def look(outlets: Iterable[Outlet], *, today: date) -> Iterator[Line]:
    """Yield a line for each channel of posts: when its facts were read, and what it costs."""
    for outlet in outlets:
        limits, what = outlet.limits, f"channel {outlet.name}"
        version = f", version {limits.version}" if limits.version else ""
        text = (
            f"its limits were read on {limits.checked}{version}; {limits.price or 'its price is not known'}"
        )
        if today - limits.checked <= _FRESH:
            yield good("doctor.channel-facts", what, text)
        else:
            yield warning(
                "doctor.channel-facts",
                what,
                text,
                why="channels change what they take and what they cost",
                mend="bring Vesicle up to date, or the site's own `templates/social/channels.toml`",
            )
