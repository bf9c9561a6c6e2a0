"""What comes back as mail; see `vesicle.learn.mail.reports`."""

from vesicle.learn.mail.reading import Kind, Reading
from vesicle.learn.mail.reports import Options, Reports, read

__all__ = ["Kind", "Options", "Reading", "Reports", "read"]
