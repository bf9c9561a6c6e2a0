"""The database: whole, of our version, private, with room to grow."""

from collections.abc import Iterator

from vesicle.model.checkup import Line, fault, good, unseen, warning
from vesicle.store.inspection import NEWEST, Seen

_WHAT = "database"
_MEGABYTE = 1_000_000
LEAST_FREE = 50 * _MEGABYTE
LITTLE_FREE = 500 * _MEGABYTE


def look(seen: Seen | None) -> Iterator[Line]:
    """Yield how the database stands by what was *seen* of it."""
    if seen is None:
        yield unseen("doctor.database", _WHAT, "there is none yet: the first command that needs it makes it")
        return
    text = f"whole, version {seen.version}, {_size(seen.size)}, {_size(seen.free)} free beside it"
    yield from [*_state(seen), *_place(seen), *_room(seen)] or [good("doctor.database", _WHAT, text)]


def _state(seen: Seen) -> Iterator[Line]:
    if seen.damage:
        yield fault(
            "doctor.database-damaged",
            _WHAT,
            f"it is damaged: {seen.damage}",
            why="who got what, and who has left, can no longer be trusted",
            mend="stop `vesicle run` and `vesicle serve`, and restore it from a backup",
        )
    if seen.version > NEWEST:
        yield fault(
            "doctor.database-newer",
            _WHAT,
            f"it has version {seen.version}, and this Vesicle knows versions up to {NEWEST}",
            why="a later version may keep things that this one would lose: nothing is sent",
            mend="install the Vesicle that wrote it, or a later one",
        )
    elif seen.version < NEWEST:
        yield warning(
            "doctor.database-older",
            _WHAT,
            f"it has version {seen.version}, and this Vesicle writes {NEWEST}",
            why="the next command that needs it carries it up, and an older Vesicle cannot read it then",
            mend="keep a copy of it first",
        )


def _place(seen: Seen) -> Iterator[Line]:
    if seen.open_to:
        yield fault(
            "doctor.database-open",
            _WHAT,
            f"others than its owner can read {', '.join(seen.open_to)}",
            why="the addresses of all readers stand in it",
            mend=f"`chmod 600 {' '.join(seen.open_to)}`",
        )
    if seen.remote:
        yield fault(
            "doctor.database-remote",
            _WHAT,
            f"it lies on a network file system ({seen.remote})",
            why="SQLite's locks do not hold there: two senders could send the same mails",
            mend="name a file on a local disk below `database`",
        )


def _room(seen: Seen) -> Iterator[Line]:
    text = f"only {_size(seen.free)} are free beside it"
    why, mend = (
        "a full disk stops sending, and what comes back",
        "make room, or move the site to a larger disk",
    )
    if seen.free < LEAST_FREE:
        yield fault("doctor.database-full", _WHAT, text, why=why, mend=mend)
    elif seen.free < LITTLE_FREE:
        yield warning("doctor.database-room", _WHAT, text, why=why, mend=mend)


def _size(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB" if size < 1_000 * _MEGABYTE else f"{size / 1_000_000_000:,.1f} GB"
