"""The mailbox `lmtp`: a listener that the mail server of this machine hands mails to."""

from vesicle.mailbox.lmtp.mailbox import Mailbox
from vesicle.mailbox.lmtp.options import Options

__all__ = ["Mailbox", "Options"]
