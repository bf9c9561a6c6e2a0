"""What can be wrong with a site: how each fault is planted, and what has to be said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

from tests.rim.doctoring import DKIM_NAME, DKIM_RECORD, Scene
from tests.rim.mailing import Ears

from vesicle.model.paper import Harvest
from vesicle.testing.smtpserver import Act, Moment


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
    "a login that fails for now": Planted(
        plant=change("script", Ears(Moment.AUTH, Act(reply="454 4.7.0 Later"))),
        code="doctor.smtp-away",
        mend="see that it runs",
        exit=3,
    ),
    "a server that greets with a refusal": Planted(
        plant=change("script", Ears(Moment.GREETING, Act(reply="554 5.7.1 Not you"))),
        code="doctor.smtp-refused",
        mend="ask whoever runs it",
    ),
    "TLS where none is spoken": Planted(
        plant=email(security="tls"), code="doctor.smtp-encryption", mend="`security: starttls` with port 587"
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
