"""How the account stands, for `vesicle doctor`."""

from collections.abc import Iterator, Mapping

from vesicle.deliver.bluesky.options import Options
from vesicle.deliver.bluesky.session import LockedOut, Session, Tokens
from vesicle.model.checkup import Line, away, fault, good, warning
from vesicle.model.errors import OutsideError
from vesicle.posting.api import Api

_RESOLVE = "/xrpc/com.atproto.identity.resolveHandle"
_WHY = "no post goes out then"


def standing(options: Options, *, session: Session, api: Api, name: str) -> Iterator[Line]:
    """Yield whether the password opens a session, and whether the handle is that of the account."""
    what = f"channel {name}"
    if options.missing:
        mend = f"write `handle` and `password: env:NAME` below `channels: {name}`"
        yield fault("bluesky.options", what, f"it has no {options.missing}", why=_WHY, mend=mend)
        return
    try:
        # The password itself, not the session that is kept: that works for weeks with a wrong one.
        tokens = session.enter(keeping=session.kept())
    except LockedOut as failure:
        mend = "make an app password under Settings, Privacy and security, and set it in the environment"
        yield fault("bluesky.login", what, str(failure), why=_WHY, mend=mend)
        return
    except OutsideError as failure:
        yield away("bluesky.server", what, str(failure), why=_WHY, mend="ask again later")
        return
    yield good("bluesky.session", what, _session(tokens))
    if tokens.is_full:
        yield warning(
            "bluesky.password",
            what,
            "the password is that of the account itself",
            why="whoever reads the environment could do anything with the account",
            mend="make an app password under Settings, Privacy and security",
        )
    yield from _handle(options, tokens, api, what)


def _session(tokens: Tokens) -> str:
    ends = tokens.ends()
    until = f"; the session lasts until {ends:%Y-%m-%d}, and the password makes a new one" if ends else ""
    return f"{tokens.address} is signed in ({tokens.did}){until}"


def _handle(options: Options, tokens: Tokens, api: Api, what: str) -> Iterator[Line]:
    """Yield whether the handle leads others to the account that is posted as."""
    if options.handle.startswith("did:"):
        return
    try:
        reply = api.call("GET", _RESOLVE, params={"handle": options.handle})
    except OutsideError as failure:
        yield away("bluesky.server", what, str(failure), why=_WHY, mend="ask again later")
        return
    found = reply.data.get("did") if isinstance(reply.data, Mapping) else None
    if reply.is_success and found == tokens.did:
        yield good("bluesky.handle", what, f"{options.handle} leads to {tokens.did}")
        return
    yield warning(
        "bluesky.handle",
        what,
        f"{options.handle} does not lead to the account {tokens.did}",
        why="links to the profile lead nowhere",
        mend="correct the DNS record or the file of the handle (atproto.com/specs/handle)",
    )
