"""A real PDS on loopback, in Node, for the live tests: VESICLE_PDS names the folder that has node_modules."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

START = Path(__file__).with_name("pds") / "start.cjs"
POST = "app.bsky.feed.post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account at *url*; *password* is an app password, *owner* a token with which all can be done."""

    url: str
    handle: str
    did: str
    password: str
    owner: str = field(repr=False)

    def ask(self, method: str, **params: Any) -> Any:
        """Ask the server what it tells to anybody."""
        answer = httpx.get(f"{self.url}/xrpc/{method}", params=params, trust_env=False)
        return answer.raise_for_status().json()

    def act(self, method: str, asked: dict[str, str] | None = None) -> None:
        """Do something with the account, as its owner."""
        body = {} if asked is None else {"json": asked}
        _post(self.url, method, headers={"Authorization": f"Bearer {self.owner}"}, **body)

    def blob(self, cid: str) -> bytes:
        """Give what was uploaded."""
        where = {"did": self.did, "cid": cid}
        answer = httpx.get(f"{self.url}/xrpc/com.atproto.sync.getBlob", params=where, trust_env=False)
        return answer.raise_for_status().content

    def records(self) -> list[Any]:
        """Give all posts that are there, oldest first: `uri`, `cid` and `value` of each."""
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.ask(
                "com.atproto.repo.listRecords", repo=self.did, collection=POST, limit=100, **cursor
            )
            found += page["records"]
            if not page.get("cursor") or not page["records"]:
                return sorted(found, key=lambda one: str(one["uri"]))
            cursor = {"cursor": page["cursor"]}

    def latest(self, count: int) -> list[Any]:
        """Give the *count* posts that have the highest keys, the highest first."""
        page = self.ask("com.atproto.repo.listRecords", repo=self.did, collection=POST, limit=count)
        found: list[Any] = page["records"]
        return found


def folder() -> Path:
    """Give where node_modules is; skips where it is not said."""
    found = os.environ.get("VESICLE_PDS", "")
    if not found or not (Path(found) / "node_modules" / "@atproto" / "dev-env").is_dir():
        pytest.skip("VESICLE_PDS does not name a folder with a PDS in node_modules")
    return Path(found)


@contextmanager
def running(data: Path) -> Iterator[str]:
    """Run a PDS that keeps its data below *data*; give its address."""
    plc, pds = _free_ports(2)
    data.mkdir(exist_ok=True)
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            ["node", str(START), str(folder()), str(plc), str(pds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | {"TMPDIR": str(data), "LOG_ENABLED": "false", "NODE_ENV": "production"},
            text=True,
        )
        assert process.stdout
        with process:
            try:
                said = process.stdout.readline()
                assert said.startswith("READY"), (data / "log").read_text()[-2000:]
                yield f"http://127.0.0.1:{pds}"
            finally:
                process.kill()


def account(url: str, handle: str) -> Account:
    """Make an account, and an app password of it."""
    asked = {"handle": handle, "email": f"{handle}@example.org", "password": "a password of its own"}
    made = _post(url, "com.atproto.server.createAccount", json=asked)
    bearing = {"Authorization": f"Bearer {made['accessJwt']}"}
    new = _post(url, "com.atproto.server.createAppPassword", json={"name": "vesicle"}, headers=bearing)
    return Account(url=url, handle=handle, did=made["did"], password=new["password"], owner=made["accessJwt"])


def _post(url: str, method: str, **more: Any) -> Any:
    answer = httpx.post(f"{url}/xrpc/{method}", trust_env=False, **more)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
