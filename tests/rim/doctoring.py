"""A healthy site with all that surrounds it on loopback, for `vesicle doctor`; tests make it ill."""

import os
import shutil
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.rim.certificates import made_certificate
from tests.rim.nameserver import NameServer

from vesicle.app import App
from vesicle.app.diagnosing import Diagnosing
from vesicle.mailbox.maildir import Mailbox, Options
from vesicle.model.checkup import Health, Line
from vesicle.model.paper import Harvest
from vesicle.pipeline.diagnose.rounds import diagnose
from vesicle.queue.clock import now
from vesicle.testing.smtpserver import Script, SmtpServer
from vesicle.testing.smtpserver.script import usual

ROOT = Path(__file__).resolve().parents[2]
EXPLAINER = ROOT / "content" / "explainers" / "how-to-read-evidence.md"
KEY = "k" * 64
FEED = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>A journal</title><entry><id>urn:1</id>"
    "<title>One</title><link href='https://journal.test/1'/><updated>2026-11-20T05:00:00Z</updated></entry></feed>"
)
_SECRET = Ed25519PrivateKey.generate()
DKIM_KEY = _SECRET.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
DKIM_SEED = b64encode(_SECRET.private_bytes_raw())
PUBLIC = b64encode(_SECRET.public_key().public_bytes_raw()).decode()
DKIM_NAME = "news1._domainkey.lab.test"
DKIM_RECORD = f"v=DKIM1; k=ed25519; p={PUBLIC}"


def healthy_config() -> dict[str, Any]:
    return {
        "site": {"name": "Lab", "url": "https://127.0.0.1"},
        "newsletters": {
            "news": {
                "name": "Lab News",
                "sender": "Lab News <news@lab.test>",
                "postal_address": "1 Sample Street",
                "about": "You asked for it.",
                "zone": "Asia/Bangkok",
                "cadence": "every thursday at 09:00",
            }
        },
        "sources": {"journal": {"by": "feed"}},
        "rules": {"groups": [{"name": "cells", "terms": ["stem cell*"]}]},
        "channels": {
            "email": {
                "host": "127.0.0.1",
                "username": "me",
                "password": "env:SMTP_PASSWORD",
                "bounce_domain": "b.lab.test",
                "dkim": {
                    "domain": "lab.test",
                    "selector": "news1",
                    "algorithm": "ed25519",
                    "key": "env:DKIM_KEY",
                },
            },
            "mastodon": {"by": "outbox"},
        },
        "webhooks": {"postmark": {"secret": "env:HOOK"}},
        "returns": {
            "mailboxes": {
                "bounces": {"by": "maildir", "path": "bounces"},
                "tests": {"by": "maildir", "path": "tests", "enabled": False},
            }
        },
        "doctor": {"test_address": "test@lab.test", "mailbox": "tests", "wait_seconds": 4},
    }


def healthy_zones() -> dict[str, list[str]]:
    return {
        "lab.test": ["MX 10 mx.lab.test", "TXT v=spf1 mx -all", "TXT other=thing"],
        "b.lab.test": ["MX 10 mx.lab.test", "TXT v=spf1 include:spf.provider.test ip4:192.0.2.0/24 ~all"],
        "spf.provider.test": ["TXT v=spf1 ip6:2001:db8::/32 a:out.provider.test -all"],
        "mx.lab.test": ["A 192.0.2.1", "AAAA 2001:db8::1"],
        "_dmarc.lab.test": ["TXT v=DMARC1; p=quarantine"],
        DKIM_NAME: [f"TXT {DKIM_RECORD}"],
    }


@dataclass(slots=True, kw_only=True)
class Scene:
    """What can be made ill before `lines` looks; paths are below *root*."""

    root: Path
    config: dict[str, Any] = field(default_factory=healthy_config)
    zones: dict[str, list[str]] = field(default_factory=healthy_zones)
    environ: dict[str, str] = field(
        default_factory=lambda: {
            "VESICLE_KEY": KEY,
            "SMTP_PASSWORD": "secret-word",
            "DKIM_KEY": DKIM_KEY,
            "HOOK": "hook",
        }
    )
    password: str = "secret-word"
    has_tls: bool = True
    certificate_days: int = 90
    certificate_for: str = "127.0.0.1"
    is_serving_mail: bool = True
    page_status: int = 200
    feed_status: int = 200
    clock_ahead: timedelta = timedelta()
    mounts: str = "/dev/root / ext4 rw 0 0\n"
    rules: str = "2026a"
    harvest: Harvest = field(default_factory=lambda: Harvest(source="journal", found=1, new=1, fetched=1))
    spoil: Callable[[Path], None] = lambda path: None
    sends: bool = False
    tamper: Callable[[bytes], bytes] = bytes
    loses_mail: bool = False
    names_clock: bool = False
    script: Script = usual

    @property
    def email(self) -> dict[str, Any]:
        """Give the settings of the channel."""
        found: dict[str, Any] = self.config["channels"]["email"]
        return found

    def lines(self) -> list[Line]:
        """Look at the site as it is now."""
        with ExitStack() as stack:
            return self._looked(stack)

    def _looked(self, stack: ExitStack) -> list[Line]:
        pages = stack.enter_context(self._pages())
        names = stack.enter_context(NameServer(self.zones))
        context = self._certified("smtp", days=self.certificate_days, address=self.certificate_for)
        server = SmtpServer(
            tls=context if self.has_tls else None, login=("me", self.password), script=self.script
        )
        mails = stack.enter_context(server)
        if not self.is_serving_mail:
            mails.__exit__(None, None, None)
        self.config["site"]["url"] += f":{pages}"
        self.config["doctor"]["nameserver"] = f"{names.host}:{names.port}"
        if self.names_clock:
            self.config["doctor"]["clock"] = f"https://127.0.0.1:{pages}/"
        if "journal" in self.config["sources"]:
            self.config["sources"]["journal"]["feed"] = f"https://127.0.0.1:{pages}/feed"
        if "email" in self.config["channels"]:
            self.email.setdefault("port", mails.port)
        doctor = Diagnosing(
            self._app(),
            mounts=self._written("mounts", self.mounts),
            rules=lambda: self.rules,
            wait=lambda _: self._carry(mails),
        )
        return list(diagnose(doctor.areas(is_offline=False, sends=self.sends)))

    def _app(self) -> App:
        self._written("config.yaml", yaml.safe_dump(self.config))
        for name in ("new", "cur", "tmp"):
            (self.root / "bounces" / name).mkdir(parents=True, exist_ok=True)
        Mailbox(Options(path="tests"), folder=self.root).make()
        (self.root / "content" / "explainers").mkdir(parents=True, exist_ok=True)
        shutil.copy(EXPLAINER, self.root / "content" / "explainers")
        first = App(self.root, clock=now, environ=self.environ | {"VESICLE_KEY": KEY})
        first.inbox.finish(self.harvest, None, now=now())
        _ = first.bound_database
        first.database.close()
        self.spoil(first.database_path)
        return App(self.root, clock=now, environ=self.environ)

    def _written(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text)
        return path

    def _carry(self, mails: SmtpServer) -> None:
        """Put what was sent into the test mailbox, as the post does while one waits."""
        box = Mailbox(Options(path="tests"), folder=self.root)
        while mails.taken and not self.loses_mail:
            box.keep(self.tamper(mails.taken.pop(0).content))

    def _certified(self, name: str, *, days: int, address: str = "127.0.0.1") -> ssl.SSLContext:
        """Give the context of a server, whose certificate is trusted from now on."""
        folder = self.root / f"certificate-{name}"
        folder.mkdir(exist_ok=True)
        context = made_certificate(folder, days=days, address=address)
        with Path(os.environ["SSL_CERT_FILE"]).open("ab") as trusted:
            trusted.write((folder / "cert.pem").read_bytes())
        return context

    @contextmanager
    def _pages(self) -> Iterator[int]:
        """Serve the public pages and a feed by https; give the port."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.socket = self._certified("pages", days=90).wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scene = self

        class Handler(BaseHTTPRequestHandler):
            """Answers what the scene says."""

            def do_GET(self) -> None:
                is_feed = self.path == "/feed"
                self.send_response(scene.feed_status if is_feed else scene.page_status)
                self.send_header("Location", "https://127.0.0.1/elsewhere")
                self.end_headers()
                self.wfile.write(FEED.encode() if is_feed else b"<p>Leave?</p>")

            def date_time_string(self, timestamp: float | None = None) -> str:
                return format_datetime(now() + scene.clock_ahead, usegmt=True)

            def log_message(self, format: str, *args: object) -> None:
                return

        return Handler


def ill(lines: list[Line]) -> list[Line]:
    """Give the lines of warnings and faults."""
    return [line for line in lines if line.health in (Health.WARNING, Health.FAULT)]
