"""An IMAP server on loopback, a subset of RFC 3501 that is true to it, which breaks what a test names."""

from vesicle.testing.imapserver.script import Act, Now, Script
from vesicle.testing.imapserver.server import ImapServer

__all__ = ["Act", "ImapServer", "Now", "Script"]
