"""A site of its own for each test, made by `vesicle init`, and a mail server on loopback."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from tests.e2e.chromium import launched

from vesicle.app import App
from vesicle.queue.clock import now
from vesicle.testing.mailserver import MailServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VESICLE = str(Path(sys.executable).with_name("vesicle"))
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = "2026-11-26-conditioned-media"
ISSUE = "2020-11-26-conditioned-media"
KEY = "k" * 64
PEOPLE = """email,language,name
ann@readers.example,en,Ann
boon@readers.example,th,บุญ
roya@readers.example,fa,رویا
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site in a folder, and the mail server that its newsletters go to."""

    root: Path
    server: MailServer

    def run(self, *words: str, env: dict[str, str] | None = None) -> Done:
        """Run a command of vesicle in the site, as a person would."""
        environ = self.environ | (env or {})
        done = subprocess.run(
            [VESICLE, *words], cwd=self.root, env=environ, capture_output=True, text=True, check=False
        )
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    def started(self, *words: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command that runs until it is stopped."""
        environ = self.environ | {"PYTHONUNBUFFERED": "1"} | (env or {})
        return subprocess.Popen(
            [VESICLE, *words],
            cwd=self.root,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def environ(self) -> dict[str, str]:
        """Give the environment of a command."""
        path, home = os.environ["PATH"], str(self.root)
        return {"PATH": path, "HOME": home, "VESICLE_KEY": KEY, "LANG": "C.UTF-8"}

    def ok(self, *words: str) -> str:
        """Run a command that has to succeed; give what it printed."""
        done = self.run(*words)
        assert done.code == 0, done.err + done.out
        return done.out

    def edit(self, path: str, old: str, new: str) -> None:
        """Change one place of a file."""
        text = (self.root / path).read_text()
        assert old in text
        (self.root / path).write_text(text.replace(old, new))

    @property
    def issue(self) -> Path:
        """Give the sample issue's file."""
        return self.root / "content" / "issues" / f"{ISSUE}.md"

    def mails(self) -> list[EmailMessage]:
        """Give the mails that arrived, by recipient."""
        folder = self.root.parent / "maildir" / "new"
        found = [message_from_bytes(path.read_bytes(), policy=default) for path in folder.iterdir()]
        return sorted(found, key=lambda mail: parseaddr(mail["To"])[1])


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the sample site once, by `vesicle init`; each test gets a copy."""
    folder = tmp_path_factory.mktemp("sample") / "site"
    subprocess.run([VESICLE, "init", str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def readers(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the database of a site with three readers once, by `vesicle subscribers import`, and its cards."""
    root = tmp_path_factory.mktemp("readers") / "site"
    shutil.copytree(sample, root)
    (root / "people.csv").write_text(PEOPLE)
    command = [VESICLE, "subscribers", "import", "people.csv"]
    environ = os.environ | {"VESICLE_KEY": KEY}
    subprocess.run(command, cwd=root, check=True, capture_output=True, env=environ)
    _draw(App(root, clock=now, environ=environ))
    return root / ".vesicle"


def _draw(app: App) -> None:
    """Draw the cards of the sample issue, so that not each test has to."""
    content = app.content.read()
    for message in app.prepare(content.issues[SAMPLE], content).posts:
        for picture in message.pictures:
            assert picture.card is not None
            app.posting.picture(picture.card)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Give a Chromium without a window, for live tests."""
    with launched() as found:
        yield found


def ago(**length: float) -> str:
    """Write the time that it was so long ago in the zone of the sample newsletter, as `due` is written."""
    then = now().astimezone(ZoneInfo("Asia/Bangkok")) - timedelta(**length)
    return f"{then:%Y-%m-%d %H:%M}"


@contextmanager
def opened(sample: Path, folder: Path) -> Iterator[Site]:
    """Copy the sample site into *folder*, with its issue due already and its mail server running.

    It has two channels of posts instead of twelve, which one test looks at.
    """
    with MailServer(folder / "maildir") as server:
        site = Site(root=folder / "site", server=server)
        shutil.copytree(sample, site.root)
        site.edit("config.yaml", "port: 1025", f"port: {server.port}")
        config = (site.root / "config.yaml").read_text()
        few = config.replace(": {by: export}", ": {by: export, enabled: false}")
        for name in ("bluesky", "mastodon"):
            few = few.replace(f"{name}: {{by: export, enabled: false}}", f"{name}: {{by: export}}")
        (site.root / "config.yaml").write_text(f"{few}\nsending:\n  undo_seconds: 0\n")
        site.edit(f"content/issues/{SAMPLE}.md", "due: 2026-11-26 09:00", f"due: {ago(hours=1)}")
        for ending in ("md", "th.md"):
            issues = site.root / "content" / "issues"
            (issues / f"{SAMPLE}.{ending}").rename(issues / f"{ISSUE}.{ending}")
        yield site


@pytest.fixture
def site(sample: Path, tmp_path: Path) -> Iterator[Site]:
    """Give a sample site of its own to each test."""
    with opened(sample, tmp_path) as made:
        yield made
