"""A raw SMTP server on loopback that breaks whatever rule a test names, and counts what it accepts."""

from vesicle.testing.smtpserver.script import Act, Fault, Moment, Now, Script, Taken
from vesicle.testing.smtpserver.server import SmtpServer

__all__ = ["Act", "Fault", "Moment", "Now", "Script", "SmtpServer", "Taken"]
