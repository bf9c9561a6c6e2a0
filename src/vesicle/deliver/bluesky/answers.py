"""What a server of the AT Protocol says when it refuses, in words for people. Pure."""

import re
from collections.abc import Iterable, Mapping

from vesicle.posting.api import Reply

_LONGEST = 300

EXPIRED = "ExpiredToken"
NO_BLOB = "BlobNotFound"
INVALID = frozenset({"InvalidToken", "BadJwt", "BadJwtSignature"})
"""The token is none that the server knows: the password makes a new one."""

_LOCKED = frozenset({EXPIRED, "AccountDeactivated", "AccountSuspended", "AccountTakedown"}) | INVALID


def error(reply: Reply) -> str:
    """Give the name of the error, as `InvalidRequest`; empty where the answer has none."""
    name = reply.data.get("error") if isinstance(reply.data, Mapping) else None
    return name if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", name) else ""


def is_locked(reply: Reply) -> bool:
    """Tell whether it is the account that was refused, and not what it asked for."""
    return reply.status in (401, 403) or error(reply) in _LOCKED


def said(reply: Reply, *, hide: Iterable[str]) -> str:
    """Give the error's name and message in one line, without any of the secrets in *hide*."""
    message = reply.data.get("message") if isinstance(reply.data, Mapping) else None
    parts = [error(reply) or f"status {reply.status}", message if isinstance(message, str) else ""]
    text = " ".join(": ".join(part for part in parts if part).split())
    for secret in hide:
        text = text.replace(secret, "…") if secret else text
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
