"""Mails that come back, made up for the tests."""

from vesicle.deliver.email import verp
from vesicle.testing.desk import KEY

TOKEN = verp.make(KEY, verp.BOUNCE, slug="2026-11-26-media", person_id="0f" * 16)
LEAVE = verp.make(KEY, verp.LEAVE, slug="2026-11-26-media", person_id="0f" * 16)
OUR_ID = "2026-11-26-media.0123456789abcdef@news.example.org"
READER = "reader@example.com"

OURS = f"""\
Return-Path: <b+{TOKEN}@bounce.example.org>
From: Vesicle <news@example.org>
To: {READER}
Subject: Vesicles this week
Message-ID: <{OUR_ID}>
List-Unsubscribe: <https://news.example.org/u/x>, <mailto:leave+{LEAVE}@bounce.example.org>
"""


def status(*groups: str, envelope: str = "", kind: str = "message/delivery-status") -> str:
    about = f"Original-Envelope-Id: {envelope}\n" if envelope else ""
    return (
        f"Content-Type: {kind}\n\nReporting-MTA: dns; mx.example.com\n{about}\n" + "\n\n".join(groups) + "\n"
    )


def group(
    action: str = "failed",
    code: str = "5.1.1",
    *,
    recipient: str = f"rfc822; {READER}",
    more: str = "Diagnostic-Code: smtp; 550 5.1.1 <reader@example.com>: User unknown",
) -> str:
    return f"Final-Recipient: {recipient}\nAction: {action}\nStatus: {code}" + (f"\n{more}" if more else "")


def report(
    *parts: str,
    to: str = f"b+{TOKEN}@bounce.example.org",
    header: str = "",
    kind: str = "delivery-status",
    ours: str = OURS,
) -> bytes:
    """A report: its prose, *parts* for machines, and the header of the mail that it is about."""
    told = "".join(f"--=_x\n{part}\n" for part in parts)
    returned = f"--=_x\nContent-Type: text/rfc822-headers\n\n{ours}\n" if ours else ""
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com (Mail Delivery System)\nTo: {to}\n"
        f"Subject: Undelivered Mail Returned to Sender\nDate: Thu, 26 Nov 2026 10:00:00 +0200\n"
        f"Message-ID: <20261126.1@mx.example.com>\nAuto-Submitted: auto-replied\n{header}"
        f'MIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind};\n\tboundary="=_x"\n\n'
        f"--=_x\nContent-Type: text/plain\n\nI could not deliver it.\n\n{told}{returned}--=_x--\n"
    ).encode()


def complaint(kind: str = "abuse", *, envelope: str = "", ours: str = OURS) -> bytes:
    part = (
        f"Content-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: Loop/1.0\nVersion: 1\n"
        f"{envelope}Original-Rcpt-To: <{READER}>\n"
    )
    return report(part, to="complaints@example.org", kind="feedback-report", ours=ours)


def plain(
    to: str,
    *,
    sender: str = f"Reader <{READER}>",
    subject: str = "unsubscribe",
    header: str = "",
    body: str = "please",
) -> bytes:
    return (
        f"From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: <1@example.com>\n"
        f"Date: Thu, 26 Nov 2026 10:00:00 +0000\n{header}\n{body}\n"
    ).encode()


PROSE = f"""\
Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{READER}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{OURS}
"""
"""A bounce of a server that writes no reports (qmail)."""
