"""The channel `bluesky`: posts and threads on a server of the AT Protocol."""

from vesicle.deliver.bluesky.channel import Channel
from vesicle.deliver.bluesky.options import Options

__all__ = ["Channel", "Options"]
