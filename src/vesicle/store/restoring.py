"""Puts a copy of a database into its place, with what the database before it knew."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Select, func, select, update

from vesicle.disk import sync_folder
from vesicle.model.backup import Backup, Held, Restoration, Restored
from vesicle.model.delivery import OPEN, Gate, State
from vesicle.model.errors import DiskFailure, TemporaryFailure, UserError
from vesicle.store import generation
from vesicle.store.carrying import attach, carry_deliveries, carry_departures, erased_since
from vesicle.store.database import Database, open_database
from vesicle.store.gates import hold_all
from vesicle.store.hand import close_done, settle_others
from vesicle.store.key import bind_key
from vesicle.store.provenance import begin_line, doubt_in_hand, line, note_restored
from vesicle.store.snapshot import beside, discard, fold, look_through
from vesicle.store.subscribers.sql import SqlSubscribers
from vesicle.store.tables import deliveries, frozen
from vesicle.store.tables import generation as counted

NOBODY = 0
"""No lease has this token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Present:
    """A database that can be read: how many commits it has seen, of which line, and whether that is all."""

    file: Path
    number: int
    line: str
    is_newest: bool


def restore(
    file: Path, path: Path, *, key: bytes, now: datetime, step: Callable[[str], None] = lambda _: None
) -> Restored:
    """Put the copy *file* in the place of the database at *path*, which is put aside; both stay whole.

    Everything is prepared beside, and one rename changes one for the other: whenever it ends, by whatever,
    the one or the other is in its place. The caller sees to it that nobody sends. What is not done is held.
    *step* hears of each step before it is taken. Raises UserError where *file* is not whole, not of Vesicle,
    or of another key, TemporaryFailure where somebody has the database open or the disk refuses.
    """
    rough = path.with_name(f"{path.name}.restoring")
    try:
        with _ready(file, rough, step) as backup:
            _check_key(rough, key)
            present = _look_at(path, key)
            step("merge")
            done = _prepare(rough, present, path, key=key, now=now)
            step("aside")
            aside = _put_aside(path, now)
            step("replace")
            os.replace(rough, path)
            sync_folder(path.parent)
            step("count")
            generation.write_number(generation.beside(path), done.number)
    except OSError as error:
        raise TemporaryFailure(f"{path} cannot be restored: {error}") from error
    return Restored(
        backup=backup,
        restoration=done.restoration,
        aside=str(aside) if aside else None,
        carried=done.carried,
        barred=done.barred,
        held=done.held,
    )


@contextmanager
def _ready(file: Path, rough: Path, step: Callable[[str], None]) -> Iterator[Backup]:
    """Copy *file* to *rough* and look through it; *rough* is gone in the end, unless it was renamed."""
    if not file.is_file():
        raise UserError(f"there is no {file}", mend="name a file of `vesicle backup`")
    rough.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        discard(rough)  # of one that was killed
        step("copy")
        # A copy that was made by hand may have its log beside it.
        for source, target in zip(beside(file), beside(rough), strict=True):
            if source.exists() and not source.name.endswith("-shm"):
                _copy(source, target)
        step("look")
        found = look_through(rough)
        yield Backup(file=str(file), size=found.size, version=found.version, made=found.made, rows=found.rows)
    finally:
        discard(rough)


def _copy(source: Path, target: Path) -> None:
    opened = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with source.open("rb") as reading, os.fdopen(opened, "wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)


def _check_key(rough: Path, key: bytes) -> None:
    with closing(open_database(str(rough))) as database:
        bind_key(database, key)


def _look_at(path: Path, key: bytes) -> _Present | None:
    """Read what the present database knows; None where there is none, it is broken, or of another key.

    TemporaryFailure where somebody has it open.
    """
    if not path.exists():
        return None
    try:
        fold(path)
        with closing(open_database(str(path))) as database:
            found = _known(database, path, key)
        fold(path)
    except (UserError, DiskFailure):
        return None
    return found


def _known(database: Database, path: Path, key: bytes) -> _Present:
    database.check()
    bind_key(database, key)
    seen = generation.read_number(generation.beside(path))
    with database.reading() as connection:
        number = generation.count(connection)
        is_newest = seen <= number if seen is not None else not number
        return _Present(file=path, number=number, line=line(connection), is_newest=is_newest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    restoration: Restoration
    number: int
    carried: int
    barred: int
    held: tuple[Held, ...]


def _prepare(rough: Path, present: _Present | None, path: Path, *, key: bytes, now: datetime) -> _Prepared:
    """Let the copy learn, hold what is not done in it, and make it one durable file."""
    seen = generation.read_number(generation.beside(path)) or 0
    with closing(open_database(str(rough))) as database:
        with database.writing() as connection:
            done, erased = _merge(connection, present, seen=seen, now=now)
        people = SqlSubscribers(database, key=key)
        for person_id in erased:
            people.erase(person_id, now=now)
    fold(rough)
    with rough.open("rb+") as opened:
        os.fsync(opened.fileno())
    return done


def _merge(
    connection: Connection, present: _Present | None, *, seen: int, now: datetime
) -> tuple[_Prepared, list[str]]:
    number, ours = generation.count(connection), line(connection)
    carried, barred, erased = 0, 0, list[str]()
    if present is not None:
        attach(connection, present.file)
        carried = carry_deliveries(connection, is_same_line=_is_same(present, ours))
        barred = carry_departures(connection)
        erased = erased_since(connection)
    is_complete = _knows_all(present, number=number, ours=ours)
    if not is_complete:
        doubt_in_hand(connection, now=now)
    settle_others(connection, NOBODY, now=now)
    close_done(connection)
    hold_all(connection)
    begin_line(connection, anew=True)
    # Nothing that was counted elsewhere is ahead of it.
    number = max(number, seen, present.number if present else 0) + 1
    connection.execute(update(counted).values(number=number))
    put_back = note_restored(connection, at=now, is_complete=is_complete)
    held = tuple(_held(connection))
    done = _Prepared(restoration=put_back, number=number, carried=carried, barred=barred, held=held)
    return done, erased


def _knows_all(present: _Present | None, *, number: int, ours: str) -> bool:
    """Tell whether the present database knows all that went out since a copy with *number* of line *ours*."""
    if present is None or not present.is_newest or present.number < number:
        return False
    return _is_same(present, ours)


def _is_same(present: _Present, ours: str) -> bool:
    """Tell whether it is of line *ours*: of those that never sent anything there is one."""
    return present.line == ours and (bool(ours) or not present.number)


def _held(connection: Connection) -> Iterator[Held]:
    """Give the issues that wait for a person, or of which somebody is unknown."""
    rows = (
        select(frozen.c.slug, _count(OPEN), _count((State.UNKNOWN,)))
        .join(deliveries, deliveries.c.frozen_id == frozen.c.id)
        .where((frozen.c.gate == Gate.RESTORED) | frozen.c.id.in_(_in_doubt()))
        .group_by(frozen.c.id)
        .order_by(frozen.c.id)
    )
    for slug, owed, unknown in connection.execute(rows):
        yield Held(slug=slug, owed=owed, unknown=unknown)


def _in_doubt() -> Select[int]:
    return select(deliveries.c.frozen_id).where(deliveries.c.lease >= 0, deliveries.c.state == State.UNKNOWN)


def _count(states: tuple[State, ...]) -> ColumnElement[int]:
    return func.count().filter(deliveries.c.state.in_(states))


def _put_aside(path: Path, now: datetime) -> Path | None:
    """Give the present database a second name, by the time; its own stays until the copy takes it over."""
    if not path.exists():
        return None
    for left in path.parent.glob(f"{path.name}.*Z"):
        if left.samefile(path):  # the second name of one that was killed
            left.unlink()
    aside = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%SZ}")
    with suppress(UserError):  # one that is damaged keeps its log
        fold(path)
    for part, name in zip(beside(path), beside(aside), strict=True):
        if part.exists():
            _second_name(part, name)
            if part != path:
                # Else SQLite would take it for the log of the copy.
                part.unlink()
    sync_folder(path.parent)
    return aside


def _second_name(part: Path, name: Path) -> None:
    try:
        os.link(part, name)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        shutil.copy2(part, name)
