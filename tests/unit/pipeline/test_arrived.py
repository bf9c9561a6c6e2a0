"""Who got an issue, by the Message-IDs in a mail server's log."""

from vesicle.deliver.email.verp import message_seal
from vesicle.pipeline.arrived import seals

KEY = bytes(range(32))


def test_message_ids_are_found_in_a_log_whatever_their_case() -> None:
    ours = message_seal(KEY, "issue:" + "0" * 32)
    log = [
        f"Nov 26 postfix/cleanup[71]: 4ABC: message-id=<issue.{ours}@news.example.org>\n",
        f"Nov 26 postfix/cleanup[71]: 4ABD: message-id=<ISSUE.{ours.upper()}@NEWS.EXAMPLE.ORG>\n",
        "Nov 26 postfix/smtp[72]: 4ABC: to=<ann@example.org>, status=sent (250 ok)\n",
    ]
    assert seals(log) == {ours}


def test_nothing_is_found_in_a_log_of_other_mails() -> None:
    assert seals(["message-id=<20261126.4ABC@mail.example.org>", "", "<a@b>"]) == frozenset()
