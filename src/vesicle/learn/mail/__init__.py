"""What comes back as mail; see `vesicle.learn.mail.reports`."""

from vesicle.learn.mail.reading import Kind, Reading
from vesicle.learn.mail.reports import read

__all__ = ["Kind", "Reading", "read"]
