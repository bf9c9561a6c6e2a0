"""The account's session: kept from one run to the next, since a password opens but 300 a day."""

import binascii
import hmac
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from vesicle.deliver.bluesky.answers import EXPIRED, INVALID, error, is_locked, said
from vesicle.deliver.bluesky.options import Options
from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.ports import Desk
from vesicle.posting.api import Api, Reply
from vesicle.text.atproto import is_did

CREATE = "/xrpc/com.atproto.server.createSession"
REFRESH = "/xrpc/com.atproto.server.refreshSession"

_EARLY = timedelta(seconds=60)
# A server takes 30 logins in five minutes and 300 a day of an account (PDS 0.4.217, read 2026-11-22).
_PAUSE = timedelta(minutes=15)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,8000}")


class LockedOut(PermanentFailure):
    """The account cannot be used: nothing can be posted until a person has seen to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a server gave for the password of *handle*: *did* is the account, *name* its handle by now."""

    server: str
    handle: str
    did: str
    name: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)

    @property
    def address(self) -> str:
        """Give what names the account in an address of bsky.app."""
        return self.did if self.name in ("", "handle.invalid") else self.name

    @property
    def is_full(self) -> bool:
        """Tell whether they were given for the account's own password, with which all can be done."""
        return _claims(self.access).get("scope") == "com.atproto.access"

    def ends(self) -> datetime | None:
        """Tell when the password is needed again, None where that cannot be read."""
        return _end(self.refresh)


class Session:
    """Asks the account's server, with tokens that are made new when they end."""

    def __init__(self, options: Options, *, desk: Desk, api: Api) -> None:
        self._options = options
        self._desk = desk
        self._api = api
        self._known: Tokens | None = None
        # The server's own word counts for tokens of this run: our clock may be wrong.
        self._is_new = False
        self._secrets = {options.password}

    @property
    def who(self) -> str:
        """Name the server for people."""
        return self._options.server.partition("://")[2].rstrip("/")

    def tokens(self) -> Tokens:
        """Give tokens that are good for at least a minute.

        Raises LockedOut where the login is refused, TemporaryFailure where the server is away.
        """
        known = self._known = self._known or self.kept()
        if known is None:
            return self._entered()
        ends = _end(known.access)
        if self._is_new or ends is None or ends - self._desk.clock() > _EARLY:
            return known
        return self._refreshed(known)

    def enter(self, *, keeping: Tokens | None = None) -> Tokens:
        """Open a session by the password, whatever there was before; raises like `tokens`.

        Where it is refused, *keeping* stays kept: tokens that may be good still.
        """
        if self._options.missing:
            raise LockedOut(f"channel {self._desk.name} has no {self._options.missing} in config.yaml")
        asked = {"identifier": self._options.handle, "password": self._options.password}
        reply = self._api.call("POST", CREATE, json=asked)
        if reply.is_success:
            return self._accepted(reply, before=None)
        raise self._locked(f"{self.who} refused the login of {self._options.handle}", reply, keeping=keeping)

    def kept(self) -> Tokens | None:
        """Give what an earlier run kept, unless it is of another account or server."""
        kept = _object(_read(self._desk.vault.read()).get("tokens"))
        names = {one.name for one in fields(Tokens)}
        if set(kept) != names or not all(isinstance(value, str) for value in kept.values()):
            return None
        tokens = Tokens(**kept)
        self._secrets |= {tokens.access, tokens.refresh}
        is_ours = (tokens.server, tokens.handle) == (self._options.server, self._options.handle)
        return tokens if is_ours and tokens.access else None

    def call(self, path: str, *, is_final: bool = False, kind: str = "", **content: Any) -> Reply:  # noqa: ANN401 - as `Api.call`
        """Ask as the account, once more where only the tokens were refused; a refusal is a `Reply`.

        *kind* is the content type of what is not JSON. Raises like `tokens`, and like `Api.call`.
        """
        tokens = self.tokens()
        reply = self._asked(tokens, path, is_final=is_final, kind=kind, **content)
        if error(reply) == EXPIRED or error(reply) in INVALID:
            tokens = self._refreshed(tokens) if error(reply) == EXPIRED else self._entered()
            reply = self._asked(tokens, path, is_final=is_final, kind=kind, **content)
        if is_locked(reply):
            is_useless = error(reply) == EXPIRED or error(reply) in INVALID
            raise self._locked(
                f"{self.who} refused {self._options.handle}", reply, keeping=None if is_useless else tokens
            )
        return reply

    def said(self, reply: Reply) -> str:
        """Give what was answered in words for people, without any secret."""
        return said(reply, hide=self._secrets)

    def _asked(self, tokens: Tokens, path: str, *, is_final: bool, kind: str, **content: Any) -> Reply:  # noqa: ANN401 - as `Api.call`
        headers = _bearing(tokens.access) | ({"Content-Type": kind} if kind else {})
        return self._api.call("POST", path, is_final=is_final, headers=headers, **content)

    def _refreshed(self, known: Tokens) -> Tokens:
        """Make *known* new; where that is refused, open a session by the password."""
        ends = known.ends()
        if not known.refresh or (ends is not None and ends <= self._desk.clock()):
            return self._entered()
        reply = self._api.call("POST", REFRESH, headers=_bearing(known.refresh))
        return self._accepted(reply, before=known) if reply.is_success else self._entered()

    def _entered(self) -> Tokens:
        """Do what `enter` does, unless the same login was refused just now."""
        self._known = None
        refused = _object(_read(self._desk.vault.read()).get("refused"))
        if refused.get("mark") == self._mark() and self._is_lately(refused.get("at")):
            raise LockedOut(str(refused.get("why")))
        return self.enter()

    def _is_lately(self, at: object) -> bool:
        seconds = self._desk.clock().timestamp() - at if isinstance(at, int | float) else -1
        return 0 <= seconds < _PAUSE.total_seconds()

    def _locked(self, text: str, reply: Reply, *, keeping: Tokens | None) -> LockedOut:
        """Give the failure, and remember it, so that the same is not asked again and again."""
        why = f"{text}: {self.said(reply)}"
        refused = {"mark": self._mark(), "at": self._desk.clock().timestamp(), "why": why}
        self._known = keeping
        self._desk.vault.keep(
            json.dumps({"tokens": asdict(keeping) if keeping else None, "refused": refused})
        )
        return LockedOut(why)

    def _accepted(self, reply: Reply, *, before: Tokens | None) -> Tokens:
        """Keep what *reply* brought. An empty refresh token is none: the one from before stays."""
        data = _object(reply.data)
        did, access, refresh = (str(data.get(name) or "") for name in ("did", "accessJwt", "refreshJwt"))
        refresh = refresh or (before.refresh if before else "")
        # What goes into a header may have nothing else in it.
        if not (is_did(did) and _TOKEN.fullmatch(access) and _TOKEN.fullmatch(refresh or "-")):
            raise TemporaryFailure(f"{self.who} answered a login with something that is no session")
        self._known = Tokens(
            server=self._options.server,
            handle=self._options.handle,
            did=did,
            name=str(data.get("handle") or ""),
            access=access,
            refresh=refresh,
        )
        self._secrets |= {access, refresh}
        self._is_new = True
        self._desk.vault.keep(json.dumps({"tokens": asdict(self._known)}))
        return self._known

    def _mark(self) -> str:
        """Give what tells this login from others, and does not tell the password."""
        text = "\n".join((self._options.server, self._options.handle, self._options.password))
        return hmac.new(self._desk.key, f"bluesky login\n{text}".encode(), "sha256").hexdigest()[:32]


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _read(text: str) -> Mapping[str, Any]:
    try:
        return _object(json.loads(text or "{}"))
    except ValueError:
        return {}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _end(token: str) -> datetime | None:
    """Read when *token* ends (RFC 7519 §4.1.4); None where it does not say."""
    seconds = _claims(token).get("exp")
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None


def _claims(token: str) -> Mapping[str, Any]:
    """Read what *token* says of itself (RFC 7519), unverified; nothing where it is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        return _read(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode())
    except (binascii.Error, UnicodeDecodeError):
        return {}
