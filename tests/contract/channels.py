"""Every channel, opened beside what it delivers to, on loopback."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.rim.social.bluesky_pds import HANDLE, PASSWORD, Pds
from tests.rim.social.botapi import CHAT, BotApi
from tests.rim.social.botapi import TOKEN as BOT_TOKEN
from tests.rim.social.lineapi import TOKEN as LINE_TOKEN
from tests.rim.social.lineapi import LineApi
from tests.rim.social.mastodon_fake import TOKEN as MASTODON_TOKEN
from tests.rim.social.mastodon_fake import FakeMastodon

from vesicle.deliver import bluesky, email, export, line, mastodon, outbox, telegram
from vesicle.model.delivery import State
from vesicle.ports import Channel, Desk
from vesicle.testing.apiserver import ApiServer
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk
from vesicle.testing.mailserver import MailServer
from vesicle.testing.recording import RecordingChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A channel, how to count what has arrived, how a delivery ends, and whether it is to people."""

    channel: Channel
    arrived: Callable[[], int]
    ending: State = State.SENT
    is_to_people: bool = False


Opening = Callable[[FixedClock, Path], AbstractContextManager[Opened]]


def desk(clock: FixedClock, folder: Path) -> Desk:
    """Give what a channel is opened with."""
    return plain_desk(clock, name="c", folder=str(folder))


@contextmanager
def _email(clock: FixedClock, folder: Path) -> Iterator[Opened]:
    with MailServer(folder / "mail") as server:
        options = email.Options(
            host=server.host, port=server.port, security="none", ehlo="x.org", connections=1
        )
        channel = email.Channel(options, desk=desk(clock, folder))
        yield Opened(channel=channel, arrived=lambda: len(server.received), is_to_people=True)


@contextmanager
def _outbox(clock: FixedClock, folder: Path) -> Iterator[Opened]:
    channel = outbox.Channel(outbox.Options(), desk=desk(clock, folder))
    yield Opened(channel=channel, arrived=lambda: len(list(folder.rglob("*.txt"))))


@contextmanager
def _export(clock: FixedClock, folder: Path) -> Iterator[Opened]:
    # A person publishes what it prepares: nobody knows yet.
    channel = export.Channel(export.Options(), desk=desk(clock, folder))
    pages = (folder / "outbox" / "c").glob
    yield Opened(channel=channel, arrived=lambda: len(list(pages("[!.]*/index.html"))), ending=State.UNKNOWN)


@contextmanager
def _bluesky(clock: FixedClock, folder: Path) -> Iterator[Opened]:
    pds = Pds(clock)
    with pds.server:
        options = bluesky.Options(server=pds.server.url, handle=HANDLE, password=PASSWORD)
        channel = bluesky.Channel(options, desk=desk(clock, folder))
        yield Opened(channel=channel, arrived=lambda: len(pds.records))
    assert pds.problems == []


@contextmanager
def _mastodon(clock: FixedClock, folder: Path) -> Iterator[Opened]:
    with FakeMastodon(clock=clock).running() as server:
        options = mastodon.Options(server=server.api.url, token=MASTODON_TOKEN)
        channel = mastodon.Channel(options, desk=desk(clock, folder))
        yield Opened(channel=channel, arrived=lambda: len(server.statuses))


@contextmanager
def _telegram(clock: FixedClock, folder: Path) -> Iterator[Opened]:
    api = BotApi()
    with ApiServer(api) as server:
        options = telegram.Options(token=BOT_TOKEN, chat=CHAT, base=server.url)
        channel = telegram.Channel(options, desk=desk(clock, folder))
        yield Opened(channel=channel, arrived=lambda: len(api.posted))
    assert api.problems == []


@contextmanager
def _line(clock: FixedClock, folder: Path) -> Iterator[Opened]:
    api = LineApi(clock)
    with ApiServer(api) as server:
        options = line.Options(token=LINE_TOKEN, base=server.url)
        here = replace(desk(clock, folder), site_url=server.url)
        yield Opened(channel=line.Channel(options, desk=here), arrived=lambda: len(api.sent))
    assert api.problems == []


@contextmanager
def _recording(clock: FixedClock, folder: Path) -> Iterator[Opened]:
    recording = RecordingChannel(clock=clock)
    yield Opened(channel=recording, arrived=lambda: len(recording.delivered))


OPENINGS: Mapping[str, Opening] = {
    "bluesky": _bluesky,
    "email": _email,
    "export": _export,
    "line": _line,
    "mastodon": _mastodon,
    "outbox": _outbox,
    "recording": _recording,
    "telegram": _telegram,
}
