"""A PDS in memory, which keeps what it is given and looks at every request as the lexicons have it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.rim.social.lexicon import LEXICONS, Lexicons, is_of_format

from vesicle.testing.apiserver import Answer, ApiServer, Asked, Fault
from vesicle.testing.clock import FixedClock

DID = "did:plc:z72i7hdynmk6r22z27h6tvur"
HANDLE = "birds.test"
PASSWORD = "abcd-efgh-ijkl-mnop"
POST = "app.bsky.feed.post"
ACCESS_FOR = timedelta(hours=2)
REFRESH_FOR = timedelta(days=90)

PUT, UPLOAD, GET = "repo.putRecord", "repo.uploadBlob", "repo.getRecord"
CREATE, REFRESH = "server.createSession", "server.refreshSession"

Json = dict[str, Any]


def cid(content: bytes, *, codec: int = 0x71) -> str:
    """Give a link of *content*: version 1, SHA-256; of data (0x71) or of anything (0x55)."""
    digest = bytes([1, codec, 0x12, 0x20]) + hashlib.sha256(content).digest()
    return "b" + base64.b32encode(digest).decode().lower().rstrip("=")


def refused(name: str, message: str = "", *, status: int = 400) -> Answer:
    """Give the answer of a server that refuses."""
    return Answer(status=status, data={"error": name, "message": message})


@dataclass
class Pds:
    """One account at one server, its clock, and what it has. *problems* are what no request may have.

    *after* holds faults back: each comes into force when so many records were put. *answers* are given
    instead of one's own, once each, by the last part of the method.
    """

    clock: FixedClock
    password: str = PASSWORD
    did: str = DID
    handle: str = HANDLE
    scope: str = "com.atproto.appPass"
    most_bytes: int = 1_000_000
    records: dict[str, Json] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, list[bytes]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    after: dict[int, Fault] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    refreshes: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    server: ApiServer = field(init=False)
    _made: int = 0
    _puts: int = 0

    def __post_init__(self) -> None:
        self.server = ApiServer(self.answer)
        self._lexicons = Lexicons.read(LEXICONS, is_strict=True) if LEXICONS.is_dir() else None

    def answer(self, asked: Asked) -> Answer:
        """Answer as the reference does (packages/pds of bluesky-social/atproto)."""
        name = asked.path.removeprefix("/xrpc/com.atproto.")
        if name in self.answers:
            return self.answers.pop(name)
        self._look_at(asked)
        methods = {
            CREATE: self._create,
            REFRESH: self._refresh,
            UPLOAD: self._upload,
            PUT: self._put,
            GET: self._get,
            "identity.resolveHandle": self._resolve,
        }
        answer = methods[name](asked) if name in methods else refused("MethodNotImplemented", status=501)
        if self._lexicons and answer.status == 200 and "identity" not in name:
            wrong = self._lexicons.of_output(f"com.atproto.{name}", answer.data)
            self.problems += [f"answer of {name}: {one}" for one in wrong]
        return answer

    def texts(self) -> list[str]:
        """Give the texts of all records, oldest first."""
        return [self.records[rkey]["text"] for rkey in sorted(self.records)]

    def expire(self) -> None:
        """Let the server take no access token that it gave before."""
        self.refused |= {f"access {number}" for number in range(self._made + 1)}

    def revoke(self) -> None:
        """Let the server take no refresh token that it gave before."""
        self.refreshes.clear()

    def tokens(self, *, access_for: timedelta = ACCESS_FOR) -> Json:
        """Give a new session."""
        self._made += 1
        refresh = self._token("refresh", self.clock() + REFRESH_FOR)
        self.refreshes.add(refresh)
        return {
            "did": self.did,
            "handle": self.handle,
            "accessJwt": self._token("access", self.clock() + access_for),
            "refreshJwt": refresh,
            "active": True,
        }

    def _token(self, kind: str, ends: datetime) -> str:
        claims = {"jti": f"{kind} {self._made}", "scope": self.scope, "exp": int(ends.timestamp())}
        parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
        return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "signed"])

    def _create(self, asked: Asked) -> Answer:
        is_right = (asked.json["identifier"], asked.json["password"]) == (self.handle, self.password)
        if not is_right:
            return refused("AuthenticationRequired", "Invalid identifier or password", status=401)
        return Answer(data=self.tokens())

    def _refresh(self, asked: Asked) -> Answer:
        if _bearer(asked) not in self.refreshes:
            return refused("ExpiredToken", "Token has been revoked")
        return Answer(data=self.tokens())

    def _upload(self, asked: Asked) -> Answer:
        if answer := self._refusal(asked):
            return answer
        link = cid(asked.body, codec=0x55)
        self.blobs[link], self.kinds[link] = asked.body, asked.headers["content-type"]
        return Answer(data={"blob": self._blob(link)})

    def _blob(self, link: str) -> Json:
        size, kind = len(self.blobs[link]), self.kinds[link]
        return {"$type": "blob", "ref": {"$link": link}, "mimeType": kind, "size": size}

    def _put(self, asked: Asked) -> Answer:
        if answer := self._refusal(asked):
            return answer
        body = asked.json
        rkey, record = body["rkey"], body["record"]
        self.bodies.setdefault(rkey, []).append(asked.body)
        for image in record.get("embed", {}).get("images", ()):
            link = image["image"]["ref"]["$link"]
            if link not in self.blobs:
                return refused("BlobNotFound", f"Could not find blob: {link}")
            if image["image"] != self._blob(link) or image["image"]["size"] > self.most_bytes:
                return refused("BlobTooLarge", "This file is too large")
        self.problems += self._wrong_with(rkey, record)
        self.records[rkey] = record
        self._puts += 1
        if self._puts in self.after:
            self.server.faults.append(self.after.pop(self._puts))
        return Answer(data=self.place(rkey))

    def _get(self, asked: Asked) -> Answer:
        if asked.query["rkey"] not in self.records:
            return refused("RecordNotFound", "Could not locate record")
        return Answer(data={**self.place(asked.query["rkey"]), "value": self.records[asked.query["rkey"]]})

    def _resolve(self, asked: Asked) -> Answer:
        if asked.query["handle"] != self.handle:
            return refused("InvalidRequest", "Unable to resolve handle")
        return Answer(data={"did": self.did})

    def place(self, rkey: str) -> Json:
        """Give where a record is."""
        record = json.dumps(self.records[rkey]).encode()
        return {"uri": f"at://{self.did}/{POST}/{rkey}", "cid": cid(record)}

    def _refusal(self, asked: Asked) -> Answer | None:
        claims = _claims(_bearer(asked))
        if not claims:
            return refused("AuthMissing", status=401)
        if claims["exp"] <= self.clock().timestamp() or claims["jti"] in self.refused:
            return refused("ExpiredToken", "Token has expired")
        return None

    def _look_at(self, asked: Asked) -> None:
        """Note what is wrong with a request by its lexicon."""
        name = asked.path.removeprefix("/xrpc/")
        if self._lexicons and asked.method == "POST":
            kind = asked.headers.get("content-type", "").partition(";")[0]
            self.problems += self._lexicons.of_input(name, kind, asked.body)

    def _wrong_with(self, rkey: str, record: Json) -> list[str]:
        """Give what the reference lets through, and nobody should put."""
        wrong = self._lexicons.of_record(record) if self._lexicons else []
        wrong += [] if is_of_format(rkey, "tid") else [f"{rkey} is no tid"]
        wrong += [] if record["createdAt"].endswith("Z") else [f"{record['createdAt']} is not UTC"]
        wrong += [f"{one} is out of the text" for one in record.get("facets", ()) if not _is_in(one, record)]
        known = [self.place(one) for one in self.records if one != rkey]
        wrong += [f"{one} is not there" for one in record.get("reply", {}).values() if one not in known]
        return wrong


def _is_in(facet: Json, record: Json) -> bool:
    start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
    written = record["text"].encode()
    try:
        return bool(0 <= start < end <= len(written) and written[start:end].decode())
    except UnicodeDecodeError:
        return False


def _bearer(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer ")


def _claims(token: str) -> Mapping[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    claims: Json = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return claims
