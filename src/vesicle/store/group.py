"""One thread that writes what many hand it, as much in one commit as has gathered meanwhile."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Lock, Thread
from time import sleep
from typing import Any, Generic, TypeVar

from vesicle.model.errors import DiskFailure, TemporaryFailure
from vesicle.store.database import Database
from vesicle.store.generation import Generation

Asked = TypeVar("Asked")
Told = TypeVar("Told")

# Where several wait for each commit, more of them gather in this time than it costs any of them: a commit
# takes 50 microseconds of CPU and a wait for the disk, whatever is in it.
GATHERING_SECONDS = 0.001


class Promise:
    """A `ports.Pledge`: a lock that is let go when the answer is there, which costs a tenth of a future."""

    __slots__ = ("_answer", "_call", "_error", "_is_done", "_lock")

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()
        self._answer = False
        self._error: Exception | None = None
        self._is_done = False
        self._call: Callable[[Promise], None] | None = None

    def done(self) -> bool:
        """Tell whether the answer is there."""
        return self._is_done

    def add_done_callback(self, call: "Callable[[Promise], None]", /) -> None:
        """Let *call* be called when the answer is there; of two threads at once both may call it."""
        self._call = call
        if self._is_done:
            call(self)

    def result(self) -> bool:
        """Wait for the answer; raise the error where there is one instead."""
        with self._lock:  # held until then
            pass
        if self._error is not None:
            raise self._error
        return self._answer

    def keep(self, answer: bool) -> None:
        """Give the answer."""
        self._answer = answer
        self._finish()

    def breach(self, error: Exception) -> None:
        """Say that there will be no answer."""
        self._error = error
        self._finish()

    def _finish(self) -> None:
        self._is_done = True
        self._lock.release()
        if self._call is not None:
            self._call(self)


@dataclass(slots=True)
class _Move(Generic[Asked, Told]):
    """What is to be written: something that is waited for, something that is not, or nothing at all."""

    asked: Asked | None = None
    told: Told | None = None
    done: Promise | None = None


class GroupCommit(Generic[Asked, Told]):
    """Writes what many threads ask and tell, each commit durable before anybody who waits for it goes on.

    A commit costs a wait for the disk, whatever is in it: connections that are ready at the same time share
    one. *write* is given the driver's connection, the number of the commit, what was told and what was asked,
    each in the order it came; it commits them and answers each that was asked. *counting* gives the number
    and hears of each commit before anybody else.

    When a commit fails, those who wait hear of it as TemporaryFailure; what was told is an outcome that
    happened, so it stays and is written with the next. Where the disk itself fails, nothing is tried again:
    what the system has then kept is not known until the file is opened anew.
    """

    def __init__(
        self,
        database: Database,
        write: Callable[[Any, int, Sequence[Told], Sequence[Asked]], Sequence[bool]],
        *,
        counting: Generation,
    ) -> None:
        self._database = database
        self._write = write
        self._generation = counting
        self._waiting: deque[_Move[Asked, Told]] = deque()
        self._condition = Condition()
        self._thread: Thread | None = None
        self._is_closing = False
        self._was_refused = False
        self._broken: DiskFailure | None = None

    def ask(self, asked: Asked) -> Promise:
        """Write *asked*; the promise is kept once that is durable."""
        done = Promise()
        self._add(_Move(asked=asked, done=done))
        return done

    def tell(self, told: Told) -> None:
        """Write *told* as soon as the disk lets us."""
        self._add(_Move(told=told))

    def flush(self) -> None:
        """Return when all that was handed over before is durable; TemporaryFailure where it cannot be."""
        done = Promise()
        self._add(_Move(done=done))
        done.result()

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

    def _add(self, move: _Move[Asked, Told]) -> None:
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

    def _gathered(self) -> list[_Move[Asked, Told]]:
        """Wait for moves, or for the end, and give all; after a refusal, for one that is waited for."""
        with self._condition:
            self._condition.wait_for(lambda: self._is_closing or self._is_ready())
            moves = [] if self._is_closing else list(self._waiting)
            self._waiting.clear()
            return moves

    def _is_ready(self) -> bool:
        return any(move.done for move in self._waiting) if self._was_refused else bool(self._waiting)

    def _commit(self, moves: Sequence[_Move[Asked, Told]]) -> Sequence[bool]:
        if self._broken:
            raise self._broken
        told = [move.told for move in moves if move.told is not None]
        asked = [move.asked for move in moves if move.asked is not None]
        with self._database.driving() as connection:
            answers = self._write(connection, self._generation.following, told, asked)
        self._generation.advance()
        return answers

    def _accept(self, moves: Sequence[_Move[Asked, Told]], answers: Sequence[bool]) -> None:
        self._was_refused = False
        answered = iter(answers)
        for move in moves:
            if move.done is not None:
                move.done.keep(next(answered) if move.asked is not None else True)

    def _refuse(self, moves: Sequence[_Move[Asked, Told]], error: Exception) -> None:
        if isinstance(error, DiskFailure):
            self._broken = error
        elif "disk I/O error" in str(error):
            self._broken = DiskFailure(f"{error}: look at the disk, then start again")
        kind = DiskFailure if self._broken else TemporaryFailure
        with self._condition:
            self._waiting.extendleft(reversed([move for move in moves if move.told is not None]))
            self._was_refused = True
        for move in moves:
            if move.done is not None:
                move.done.breach(kind(str(self._broken or error)))
