"""`vesicle doctor` against a loopback DNS, mail server and web server: each planted fault is named."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

import dkim
import pytest
from tests.rim.doctoring import DKIM_NAME, DKIM_RECORD, DKIM_SEED, Scene, ill
from tests.rim.mailing import Ears

from vesicle.model.checkup import Health, Line
from vesicle.model.paper import Harvest
from vesicle.pipeline.diagnose.rounds import exit_code
from vesicle.testing.smtpserver import Act, Moment


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    root = tmp_path / "site"
    root.mkdir()
    return Scene(root=root)


def test_a_healthy_site_has_no_warning_and_no_fault(scene: Scene) -> None:
    lines = scene.lines()
    assert [(line.code, line.text) for line in ill(lines)] == []
    assert exit_code(lines) == 0
    good = {line.code for line in lines if line.health is Health.GOOD}
    assert good >= {
        *("doctor.configuration", "doctor.key", "doctor.content", "doctor.database", "doctor.zones"),
        *("doctor.last-run", "doctor.source", "doctor.provider", "doctor.clock", "doctor.leaving"),
        *("doctor.mailbox", "doctor.channel", "doctor.smtp", "doctor.spf", "doctor.dkim", "doctor.dmarc"),
        *("doctor.sender-mx", "doctor.bounce-mx"),
    }
    assert [line.code for line in lines if line.health is Health.UNSEEN] == ["doctor.signed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A fault: how it is planted, the code that names it, and words that its mend must have."""

    plant: Callable[[Scene], object]
    code: str
    mend: str
    exit: int = 2


def zone(name: str, *records: str) -> Callable[[Scene], object]:
    return lambda scene: scene.zones.update({name: list(records)})


def email(**changes: object) -> Callable[[Scene], object]:
    return lambda scene: scene.email.update(changes)


def settings(**changes: object) -> Callable[[Scene], object]:
    return lambda scene: scene.config.update(changes)


def variable(name: str, value: str) -> Callable[[Scene], object]:
    return lambda scene: scene.environ.update({name: value})


def change(name: str, value: object) -> Callable[[Scene], object]:
    return lambda scene: setattr(scene, name, value)


def version(path: Path) -> None:
    with connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 5] = b"\xff" * 4096 * 3
    path.write_bytes(content)


def include(scene: Scene) -> None:
    for number in range(5):
        scene.zones[f"s{number}.test"] = [f"TXT v=spf1 a:x{number}.test mx:y{number}.test -all"]
    words = " ".join(f"include:s{number}.test" for number in range(5))
    scene.zones["b.lab.test"][1] = f"TXT v=spf1 {words} ~all"


def draft(scene: Scene) -> None:
    folder = scene.root / "content" / "findings"
    folder.mkdir(parents=True)
    (folder / "broken.md").write_text("---\ntitle: [\n---\n")


def signs_for_another(scene: Scene) -> None:
    scene.email["dkim"]["domain"] = "other.test"
    scene.zones["news1._domainkey.other.test"] = [f"TXT {DKIM_RECORD}"]


def is_another(scene: Scene) -> None:
    signs_for_another(scene)
    scene.email["bounce_domain"] = "b.other.test"
    scene.zones["b.other.test"] = [MX, SPF]


BOUNCES, MX = "b.lab.test", "MX 10 mx.lab.test"
SPF = "TXT v=spf1 ip4:192.0.2.1 -all"
PLANTED = {
    "no source": Planted(plant=settings(sources={}), code="doctor.no-source", mend="add one", exit=0),
    "no rules": Planted(plant=settings(rules={}), code="doctor.no-rules", mend="below `rules`", exit=0),
    "no channel for mail": Planted(
        plant=settings(channels={}), code="doctor.no-email", mend="below `channels: email`"
    ),
    "a variable is not set": Planted(
        plant=lambda scene: scene.environ.pop("SMTP_PASSWORD"),
        code="config.no-variable",
        mend="export SMTP_PASSWORD=",
    ),
    "a webhook without its secret": Planted(
        plant=lambda scene: scene.environ.pop("HOOK"), code="config.no-variable", mend="export HOOK="
    ),
    "nobody reads bounces": Planted(
        plant=lambda scene: scene.config["returns"]["mailboxes"].pop("bounces"),
        code="doctor.bounces-unread",
        mend="`returns: mailboxes`",
        exit=0,
    ),
    "all mail is redirected": Planted(
        plant=email(redirect_all="me@lab.test"),
        code="doctor.redirected",
        mend="take `redirect_all` out",
        exit=0,
    ),
    "plain text to another machine": Planted(
        plant=email(host="smtp.provider.test", security="none"), code="email.options", mend="starttls or tls"
    ),
    "no key": Planted(
        plant=lambda scene: scene.environ.pop("VESICLE_KEY"),
        code="doctor.key-missing",
        mend="openssl rand -hex 32",
    ),
    "a short key": Planted(
        plant=variable("VESICLE_KEY", "k"), code="doctor.key-short", mend="openssl rand -hex 32"
    ),
    "the key of another database": Planted(
        plant=variable("VESICLE_KEY", "x" * 64), code="database.key", mend="set VESICLE_KEY to the key"
    ),
    "a broken file": Planted(plant=draft, code="doctor.content-problems", mend="`vesicle check`", exit=0),
    "a damaged database": Planted(
        plant=change("spoil", damage), code="doctor.database-damaged", mend="restore it from a backup"
    ),
    "no database at all": Planted(
        plant=change("spoil", lambda path: path.write_text("x" * 9000)),
        code="database.open",
        mend="restore it from a backup",
    ),
    "a newer database": Planted(
        plant=change("spoil", version), code="doctor.database-newer", mend="install the Vesicle that wrote it"
    ),
    "a database that others read": Planted(
        plant=change("spoil", lambda path: path.chmod(0o644)), code="doctor.database-open", mend="chmod 600"
    ),
    "a database on a network": Planted(
        plant=change("mounts", "server:/x / nfs4 rw 0 0\n"),
        code="doctor.database-remote",
        mend="a local disk",
    ),
    "old zones": Planted(
        plant=change("rules", "2023c"), code="doctor.tzdata-old", mend="pip install --upgrade tzdata", exit=0
    ),
    "a wrong clock": Planted(
        plant=change("clock_ahead", timedelta(minutes=5)), code="doctor.clock-off", mend="set-ntp true"
    ),
    "a run that broke off": Planted(
        plant=change("harvest", Harvest(source="journal", found=1, new=0, problem="cut off")),
        code="doctor.last-run",
        mend="run `vesicle watch` again",
        exit=0,
    ),
    "words nobody knows in a query": Planted(
        plant=change("harvest", Harvest(source="journal", found=0, new=0, warnings=("phrase not found: x",))),
        code="doctor.query",
        mend="look at the query",
        exit=0,
    ),
    "a source that does not answer": Planted(
        plant=change("feed_status", 503), code="doctor.unreachable", mend="the query and the network", exit=3
    ),
    "a page that is not there": Planted(
        plant=change("page_status", 404), code="doctor.leaving-missing", mend="docs/proxy.md"
    ),
    "a page that fails": Planted(
        plant=change("page_status", 502), code="doctor.leaving-away", mend="start `vesicle serve`", exit=3
    ),
    "a page that leads elsewhere": Planted(
        plant=change("page_status", 301), code="doctor.leaving-refused", mend="without a redirect"
    ),
    "no Maildir": Planted(
        plant=lambda scene: scene.config["returns"]["mailboxes"]["bounces"].update(path="nowhere"),
        code="doctor.mailbox-away",
        mend="docs/mailboxes.md",
        exit=3,
    ),
    "a name that is none": Planted(
        plant=email(host="smtp..lab.test"), code="doctor.smtp-name", mend="as your provider does"
    ),
    "no mail server": Planted(
        plant=change("is_serving_mail", False), code="doctor.smtp-away", mend="no firewall", exit=3
    ),
    "no encryption": Planted(
        plant=change("has_tls", False), code="doctor.smtp-encryption", mend="`security: tls` with port 465"
    ),
    "a certificate that has ended": Planted(
        plant=change("certificate_days", -1), code="doctor.smtp-certificate", mend="certificate renewed"
    ),
    "a certificate of another": Planted(
        plant=change("certificate_for", "127.0.0.9"), code="doctor.smtp-certificate", mend="as `host`"
    ),
    "a certificate that ends soon": Planted(
        plant=change("certificate_days", 9), code="doctor.smtp-certificate-ends", mend="renewed", exit=0
    ),
    "a wrong password": Planted(
        plant=change("password", "another"), code="doctor.smtp-login", mend="`username` and `password`"
    ),
    "no SPF": Planted(plant=zone(BOUNCES, MX), code="doctor.spf-missing", mend='b.lab.test: "v=spf1'),
    "two of SPF": Planted(
        plant=zone(BOUNCES, MX, SPF, "TXT v=spf1 mx -all"), code="doctor.spf-several", mend="into one record"
    ),
    "SPF for everybody": Planted(
        plant=zone(BOUNCES, MX, "TXT v=spf1 +all"), code="doctor.spf-everybody", mend="`~all` or `-all`"
    ),
    "SPF of unknown words": Planted(
        plant=zone(BOUNCES, MX, "TXT v=spf1 ipv4:192.0.2.1 -all"),
        code="doctor.spf-unreadable",
        mend="ip4:192",
    ),
    "SPF that includes nothing": Planted(
        plant=zone(BOUNCES, MX, "TXT v=spf1 include:gone.test -all"),
        code="doctor.spf-include",
        mend="`include` out",
    ),
    "SPF of too many questions": Planted(plant=include, code="doctor.spf-lookups", mend="by ip4, ip6"),
    "DNS that fails": Planted(
        plant=zone("_dmarc.lab.test", "FAIL"),
        code="doctor.dns-away",
        mend="a DNS server that answers",
        exit=3,
    ),
    "no key of DKIM": Planted(plant=zone(DKIM_NAME), code="doctor.dkim-missing", mend=DKIM_RECORD),
    "two keys of DKIM": Planted(
        plant=zone(DKIM_NAME, f"TXT {DKIM_RECORD}", "TXT v=DKIM1; p=AAAA"),
        code="doctor.dkim-several",
        mend=DKIM_RECORD,
    ),
    "a revoked key": Planted(
        plant=zone(DKIM_NAME, "TXT v=DKIM1; k=ed25519; p="),
        code="doctor.dkim-revoked",
        mend="another selector",
    ),
    "another key": Planted(
        plant=zone(DKIM_NAME, "TXT v=DKIM1; k=ed25519; p=AAAA"),
        code="doctor.dkim-other-key",
        mend=DKIM_RECORD,
    ),
    "a record that is no key": Planted(
        plant=zone(DKIM_NAME, "TXT hello"), code="doctor.dkim-unreadable", mend=DKIM_RECORD
    ),
    "a key on trial": Planted(
        plant=zone(DKIM_NAME, f"TXT {DKIM_RECORD}; t=y"),
        code="doctor.dkim-testing",
        mend="take t=y out",
        exit=0,
    ),
    "a private key that is none": Planted(
        plant=variable("DKIM_KEY", "nonsense"), code="email.dkim", mend="openssl genrsa"
    ),
    "no DMARC": Planted(
        plant=lambda scene: scene.zones.pop("_dmarc.lab.test"),
        code="doctor.dmarc-missing",
        mend='_dmarc.lab.test: "v=DMARC1',
    ),
    "two of DMARC": Planted(
        plant=zone("_dmarc.lab.test", "TXT v=DMARC1; p=none", "TXT v=DMARC1; p=reject"),
        code="doctor.dmarc-several",
        mend="leave one",
    ),
    "DMARC nobody can read": Planted(
        plant=zone("_dmarc.lab.test", "TXT v=DMARC1; p=perhaps"),
        code="doctor.dmarc-unreadable",
        mend="v=DMARC1",
    ),
    "DMARC that asks for nothing": Planted(
        plant=zone("_dmarc.lab.test", "TXT v=DMARC1; p=none"),
        code="doctor.dmarc-none",
        mend="p=quarantine",
        exit=0,
    ),
    "a signature of another domain": Planted(
        plant=signs_for_another, code="doctor.dmarc-signature", mend="domain: lab.test", exit=0
    ),
    "nothing that may speak for the sender": Planted(
        plant=is_another, code="doctor.dmarc-not-aligned", mend="domain: lab.test"
    ),
    "no MX for bounces": Planted(
        plant=zone(BOUNCES, SPF), code="doctor.bounce-no-mx", mend="publish an MX record of b.lab.test"
    ),
    "bounces that are refused": Planted(
        plant=zone(BOUNCES, SPF, "MX 0 ."),
        code="doctor.bounce-null-mx",
        mend="publish an MX record of b.lab.test",
    ),
    "bounces that go nowhere": Planted(
        plant=zone(BOUNCES, SPF, "MX 5 gone.test"), code="doctor.bounce-mx-nowhere", mend="A or AAAA"
    ),
    "a sender without mail": Planted(
        plant=zone("lab.test", SPF), code="doctor.sender-no-mx", mend="publish an MX record of lab.test"
    ),
    "a sender who takes no mail": Planted(
        plant=zone("lab.test", SPF, "MX 0 ."),
        code="doctor.sender-null-mx",
        mend="publish an MX record of lab.test",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_named_with_its_mend_and_nothing_else_is(scene: Scene, name: str) -> None:
    planted = PLANTED[name]
    planted.plant(scene)
    lines = scene.lines()
    assert [line.code for line in ill(lines)] == [planted.code]
    assert planted.mend in ill(lines)[0].mend
    assert ill(lines)[0].why
    assert exit_code(lines) == planted.exit


TOGETHER = (
    *(
        "no source",
        "nobody reads bounces",
        "a short key",
        "a broken file",
        "old zones",
        "a webhook without its secret",
    ),
    *("a database that others read", "a database on a network", "a wrong password"),
    *("SPF for everybody", "a revoked key", "two of DMARC", "a sender who takes no mail"),
)


def test_faults_that_come_together_are_all_named_at_once(scene: Scene) -> None:
    for name in TOGETHER:
        PLANTED[name].plant(scene)
    lines = scene.lines()
    assert sorted(line.code for line in ill(lines)) == sorted(PLANTED[name].code for name in TOGETHER)
    for name in TOGETHER:
        assert any(PLANTED[name].mend in line.mend for line in ill(lines))
    assert exit_code(lines) == 2


def test_at_least_twenty_five_faults_are_planted() -> None:
    assert len({one.code for one in PLANTED.values()}) >= 25


# A mail that is really sent


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


# Channels that tell of themselves


def test_a_channel_tells_that_its_token_ends_soon(scene: Scene) -> None:
    scene.config["channels"]["birds"] = {"by": "tests.rim.birds:Channel", "days": 5}
    (line,) = ill(scene.lines())
    assert line.code == "birds.token-ends"
    assert "make a new one" in line.mend


def test_a_channel_that_is_away_hides_nothing_else(scene: Scene) -> None:
    scene.config["channels"]["birds"] = {"by": "tests.rim.birds:Channel", "days": 0}
    PLANTED["old zones"].plant(scene)
    lines = scene.lines()
    assert [line.code for line in ill(lines)] == ["doctor.tzdata-old", "doctor.failed"]
    assert exit_code(lines) == 3


def test_another_clock_can_be_named(scene: Scene) -> None:
    scene.config["sources"] = {}
    scene.names_clock = True
    PLANTED["a wrong clock"].plant(scene)
    assert [line.code for line in ill(scene.lines())] == ["doctor.no-source", "doctor.clock-off"]


def test_nothing_is_made_where_there_is_no_database_yet(scene: Scene) -> None:
    scene.spoil = Path.unlink
    lines = scene.lines()
    assert ill(lines) == []
    assert not list((scene.root / ".vesicle").glob("*.db"))
    assert {line.code for line in lines if line.health is Health.UNSEEN} == {
        *("doctor.database", "doctor.never-run", "doctor.signed")
    }
