"""The mailbox `imap`: a folder on a mail server somewhere else."""

from vesicle.mailbox.imap.mailbox import Mailbox
from vesicle.mailbox.imap.options import Options

__all__ = ["Mailbox", "Options"]
