"""`vesicle serve` as an operator starts it and a proxy talks to it."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import httpx
import pytest
from tests.e2e.conftest import KEY, Site

from vesicle.text import doors
from vesicle.text.doors import Door, Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The pages of a site, and the lines that the server wrote so far."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str]

    def stop(self) -> int:
        """Ask the server to stop, as systemd does; give how it ended."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stderr
        self.lines.extend(self.process.stderr)
        return self.process.wait()


@contextmanager
def serving(site: Site, **env: str) -> Iterator[Served]:
    process = site.started("serve", "--port", "0", env=env)
    lines: list[str] = []
    assert process.stderr
    try:
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"http://[\d.:]+", line):
                yield Served(url=found[0], process=process, lines=lines)
                return
        raise AssertionError("".join(lines))
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def settled(site: Site, readers: Path) -> Site:
    """Give a site with three readers."""
    copytree(readers, site.root / ".vesicle", dirs_exist_ok=True)
    return site


def person_id(site: Site) -> str:
    """Give the id of a reader, from the list that an operator can export."""
    site.ok("subscribers", "export", "--to", "all.csv")
    header, *rows = (site.root / "all.csv").read_text().splitlines()
    ann = next(row for row in rows if "ann@readers.example" in row)
    return ann.split(",")[header.split(",").index("id")]


@pytest.mark.long
def test_one_click_ends_in_the_list_of_the_site_and_sigterm_ends_the_server(settled: Site) -> None:
    leave = doors.url("", KEY.encode(), Door.LEAVE, Visitor(person_id=person_id(settled), about="letters"))
    with serving(settled) as pages:
        assert httpx.get(f"{pages.url}/health").text == "Well.\n"
        for _ in range(2):
            answer = httpx.post(pages.url + leave, data={"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, answer.text) == (200, "Done.\n")
        assert pages.stop() == 0
    assert "unsubscribed" in settled.ok("subscribers", "show", "ann@readers.example")
    said = "".join(pages.lines)
    assert "web.answered path=/u status=200" in said
    assert leave.rpartition("/")[2] not in said
    assert "ann@readers.example" not in said


@pytest.mark.parametrize(("proxies", "status"), [("[127.0.0.1]", 200), ("[]", 429)])
def test_the_address_of_a_visitor_is_believed_from_a_proxy_that_is_named(
    settled: Site, proxies: str, status: int
) -> None:
    settled.edit("config.yaml", "pages:\n", f"pages:\n  posts_per_minute: 1\n  proxies: {proxies}\n")
    with serving(settled) as pages:
        found = [
            httpx.post(f"{pages.url}/data", headers={"x-forwarded-for": f"192.0.{net}.1"}).status_code
            for net in (1, 2)
        ]
    assert found == [200, status]


def test_without_a_key_nothing_is_served(settled: Site) -> None:
    done = settled.run("serve", env={"VESICLE_KEY": ""})
    assert (done.code, "VESICLE_KEY" in done.err) == (2, True)
