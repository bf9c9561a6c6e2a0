"""The channel `email`: newsletters by SMTP."""

from vesicle.deliver.email.channel import Channel
from vesicle.deliver.email.options import Options

__all__ = ["Channel", "Options"]
