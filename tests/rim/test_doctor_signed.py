"""A mail that `vesicle doctor --send-test` really sends, and what is seen of it as it arrives."""

from collections.abc import Callable

import dkim
import pytest
from tests.rim.doctoring import DKIM_RECORD, DKIM_SEED, Scene
from tests.rim.mailing import Ears

from vesicle.model.checkup import Health, Line
from vesicle.testing.smtpserver import Act, Moment


def bare(mail: bytes) -> bytes:
    return mail[mail.index(b"To: ") :]


def signed_again(domain: str, *, leaves_out: bytes = b"") -> Callable[[bytes], bytes]:
    """Sign as a mail server would, for *domain* and without the header *leaves_out*."""

    def sign(mail: bytes) -> bytes:
        names = [
            line.partition(b":")[0].lower() for line in bare(mail).partition(b"\r\n\r\n")[0].split(b"\r\n")
        ]
        made = dkim.sign(
            bare(mail),
            b"news1",
            domain.encode(),
            DKIM_SEED,
            signature_algorithm=b"ed25519-sha256",
            include_headers=[name for name in names if name != leaves_out],
        )
        return bytes(made) + bare(mail)

    return sign


def signed_lines(scene: Scene) -> list[Line]:
    scene.sends = True
    return [line for line in scene.lines() if line.what == "signed mail"]


def test_a_mail_that_was_sent_is_found_signed_with_the_way_to_leave(scene: Scene) -> None:
    (line,) = signed_lines(scene)
    assert (line.code, line.health) == ("doctor.signed", Health.GOOD)
    assert "for lab.test by news1" in line.text
    kept = scene.root / "tests" / ".understood" / "cur"
    assert len(list(kept.iterdir())) == 1


@pytest.mark.parametrize(
    ("tamper", "code", "mend"),
    [
        (bare, "doctor.signed-not", "`channels: email: dkim`"),
        (
            lambda mail: mail.replace(b"Nothing", b"Nobody"),
            "doctor.signed-invalid",
            "news1._domainkey.lab.test",
        ),
        (signed_again("other.test"), "doctor.signed-other", "signed for lab.test"),
        (
            signed_again("lab.test", leaves_out=b"list-unsubscribe-post"),
            "doctor.signed-leaving",
            "sign both headers",
        ),
    ],
)
def test_what_is_wrong_with_the_signature_of_a_mail_that_arrived_is_named(
    scene: Scene, tamper: Callable[[bytes], bytes], code: str, mend: str
) -> None:
    scene.tamper = tamper
    scene.zones["news1._domainkey.other.test"] = [f"TXT {DKIM_RECORD}"]
    (line,) = signed_lines(scene)
    assert (line.code, line.health) == (code, Health.FAULT)
    assert mend in line.mend


def test_the_signature_of_a_mail_server_is_as_good_as_ours(scene: Scene) -> None:
    del scene.email["dkim"]
    scene.tamper = signed_again("lab.test")
    (line,) = signed_lines(scene)
    assert (line.code, line.health) == ("doctor.signed", Health.GOOD)


def test_a_mail_that_does_not_arrive_is_missed_after_a_while(scene: Scene) -> None:
    scene.loses_mail = True
    (line,) = signed_lines(scene)
    assert (line.code, line.is_outside) == ("doctor.signed-lost", True)
    assert "folder for spam" in line.mend


def test_a_mail_that_the_server_refuses_is_told(scene: Scene) -> None:
    scene.script = Ears(Moment.MAIL, Act(reply="550 5.7.1 Not your sender"))
    (line,) = signed_lines(scene)
    assert line.code == "doctor.signed-unsent"
    assert "Not your sender" in line.text


def test_a_test_mailbox_that_is_none_is_a_fault(scene: Scene) -> None:
    scene.config["doctor"]["mailbox"] = "nowhere"
    (line,) = signed_lines(scene)
    assert line.code == "doctor.no-mailbox"
    assert "known: bounces, tests" in line.mend


def test_without_a_test_mailbox_it_says_that_no_signed_mail_was_looked_at(scene: Scene) -> None:
    scene.config["doctor"] = {}
    (line,) = signed_lines(scene)
    assert line.health is Health.UNSEEN
    assert "no signed mail was looked at" in line.text
    assert "`doctor: test_address`" in line.mend
