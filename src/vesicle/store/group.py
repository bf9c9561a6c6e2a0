"""One thread that writes what many hand it, as much in one commit as has gathered meanwhile."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import sleep
from typing import Any

from vesicle.model.errors import DiskFailure, TemporaryFailure
from vesicle.store.database import Database
from vesicle.store.generation import Generation

# Where several wait for each commit, more of them gather in this time than it costs any of them: a commit
# takes 50 microseconds of CPU, whatever is in it.
GATHERING_SECONDS = 0.001

Statement = tuple[str, Sequence[object]]


@dataclass(slots=True)
class Move:
    """Statements that belong together; *done*, where somebody waits, tells if the first changed a row."""

    statements: Sequence[Statement]
    done: "Future[bool] | None" = field(default=None)


class GroupCommit:
    """Writes moves in the order they come, each commit durable before anybody who waits for it goes on.

    A commit costs a wait for the disk, whatever is in it: connections that are ready at the same time share
    one. *counting* has a statement in each and is told of each before anybody else hears of it.

    When a commit fails, those who wait hear of it as TemporaryFailure; a move that nobody waits for is an
    outcome that happened, so it stays and is written with the next. Where the disk itself fails, nothing
    is tried again: what the system has then kept is not known until the file is opened anew.
    """

    def __init__(self, database: Database, *, counting: Generation) -> None:
        self._database = database
        self._generation = counting
        self._waiting: deque[Move] = deque()
        self._condition = Condition()
        self._thread: Thread | None = None
        self._is_closing = False
        self._was_refused = False
        self._broken: DiskFailure | None = None

    def ask(self, *statements: Statement) -> "Future[bool]":
        """Write *statements*; the future tells whether the first changed a row, once that is durable."""
        done: Future[bool] = Future()
        self._add(Move(statements, done))
        return done

    def tell(self, *statements: Statement) -> None:
        """Write *statements* as soon as the disk lets us."""
        self._add(Move(statements))

    def flush(self) -> None:
        """Return when all that was handed over before is durable; TemporaryFailure where it cannot be."""
        self.ask().result()

    def close(self) -> None:
        """Write what is there and stop; TemporaryFailure when that cannot be."""
        try:
            if self._thread is not None:
                self.flush()
        finally:
            with self._condition:
                self._is_closing = True
                self._condition.notify()
            if self._thread is not None:
                self._thread.join()

    def _add(self, move: Move) -> None:
        with self._condition:
            self._waiting.append(move)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="vesicle-ledger", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        while moves := self._gathered():
            try:
                self._accept(moves, self._commit(moves))
            except Exception as error:  # the outermost loop: whoever waits hears of it, and it goes on
                self._refuse(moves, error)
            if sum(1 for move in moves if move.done) > 1:
                sleep(GATHERING_SECONDS)

    def _gathered(self) -> list[Move]:
        """Wait for moves, or for the end, and give all; after a refusal, for one that is waited for."""
        with self._condition:
            self._condition.wait_for(lambda: self._is_closing or self._is_ready())
            moves = [] if self._is_closing else list(self._waiting)
            self._waiting.clear()
            return moves

    def _is_ready(self) -> bool:
        return any(move.done for move in self._waiting) if self._was_refused else bool(self._waiting)

    def _commit(self, moves: Sequence[Move]) -> list[int]:
        if self._broken:
            raise self._broken
        with self._database.driving() as cursor:
            self._generation.count(cursor)
            changed = [_run_all(cursor, move.statements) for move in moves]
        self._generation.advance()
        return changed

    def _accept(self, moves: Sequence[Move], changed: Sequence[int]) -> None:
        self._was_refused = False
        for move, rows in zip(moves, changed, strict=True):
            if move.done is not None:
                move.done.set_result(rows > 0)

    def _refuse(self, moves: Sequence[Move], error: Exception) -> None:
        if "disk I/O error" in str(error):
            self._broken = DiskFailure(f"{error}: look at the disk, then start again")
        kind = DiskFailure if self._broken else TemporaryFailure
        with self._condition:
            self._waiting.extendleft(reversed([move for move in moves if move.done is None]))
            self._was_refused = True
        for move in moves:
            if move.done is not None:
                move.done.set_exception(kind(str(self._broken or error)))


def _run_all(cursor: Any, statements: Sequence[Statement]) -> int:  # noqa: ANN401 - the driver's own type
    changed = [cursor.execute(*statement).rowcount for statement in statements]
    return changed[0] if changed else 0
