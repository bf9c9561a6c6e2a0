"""Keeps a site's appointments until it is told to stop: one shift for each reading of its settings."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from functools import partial
from threading import Event, Thread, current_thread, main_thread
from typing import TYPE_CHECKING

import click

from vesicle.model.errors import DiskFailure, OutsideError, VesicleError
from vesicle.model.slot import SlotState
from vesicle.model.word import Cause

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.app.running import Running
    from vesicle.cli._watched import Watched
    from vesicle.pipeline.send import Report
    from vesicle.ports import Slots
    from vesicle.queue.clock import Jumps
    from vesicle.queue.stopping import Asked

_log = logging.getLogger("vesicle")

_JUMP_SECONDS = 60
"""By how much the clock has to be changed for that to be told."""

Row = tuple[str, str, str]


def keep_running(asked: "Asked", *, seconds: int) -> None:
    """Do what is due every *seconds*, until *asked* to stop. Raises DiskFailure where the disk fails."""
    from vesicle.app.running import slots, verified
    from vesicle.cli._opening import open_site
    from vesicle.cli._watched import watched

    first = verified(open_site(is_service=True))
    app: App | None = first
    every = timedelta(seconds=seconds)
    number = 0
    with watched(first, every=every, slots=partial(_counted, slots(first))) as seen:
        while app is not None:
            number += 1
            app = _Shift(app, asked, seen, number=number, seconds=seconds).work()


def _counted(found: "Slots") -> dict[str, int]:
    return {state.value: number for state, number in found.count().items() if state is not SlotState.OPEN}


class _Shift:
    """The work of one process with one reading of the settings."""

    def __init__(self, app: "App", asked: "Asked", seen: "Watched", *, number: int, seconds: int) -> None:
        self._app = app
        self._asked = asked
        self._seen = seen
        self._number = number
        self._seconds = seconds
        self._over = Event()
        self._next: App | None = None
        self._fault: DiskFailure | None = None
        self._error = ""
        self._failed: dict[str, str] = {}

    def work(self) -> "App | None":
        """Work until asked to stop, then give None, or to read the settings again, then give the new site."""
        from vesicle.queue.lock import standing_by

        self._seen.vigil.ready()
        with standing_by(self._app.database_path, waits=self._waits, tell=_say_standing_by) as is_ours:
            if is_ours:
                self._run()
        # Each reading of the settings has a database of its own.
        self._app.database.close()
        if self._fault is not None:
            raise self._fault
        # Nothing of this shift stays behind with what others still hold of it.
        found, self._next, self._app.chores = self._next, None, None
        return found

    def _waits(self, seconds: float) -> bool:
        self._seen.vigil.working()
        return self._asked.stop.wait(seconds)

    def _is_over(self) -> bool:
        """Tell whether to finish what is in hand; asked all the time, and so a sign of life."""
        if current_thread() is main_thread():
            self._seen.vigil.working()
        return self._over.is_set()

    def _run(self) -> None:
        from vesicle.app.chores import Chores
        from vesicle.app.running import Running
        from vesicle.queue.clock import Jumps, elapsed, tick_until

        app = self._app
        app.chores = Chores(app.root, app.environ, stopping=self._over.is_set)
        counts = self._seen.counts.add
        with app.dispatching(stopping=self._is_over, watch=counts) as dispatch, self._listening():
            running = Running(app, dispatch)
            jumps = Jumps(app.clock, elapsed)

            def work() -> "Sequence[Report]":
                self._look_at_clock(jumps, running)
                return running.issues.tick(app.clock())

            issues = self._lane("issues", work)

            def tick() -> None:
                issues()
                error, self._error = self._error, ""
                self._seen.vigil.ticked(running.lanes(), error=error, generation=self._number)

            with self._beside(running):
                click.echo(f"Looking every {self._seconds} seconds. Stop with Ctrl-C.")
                tick_until(self._over, tick, seconds=self._seconds)

    @contextmanager
    def _beside(self, running: "Running") -> Iterator[None]:
        """Let the other lanes work in threads of their own inside the `with`."""
        from vesicle.cli._returning import taking_returns
        from vesicle.queue.clock import ticking

        app = self._app
        lanes: dict[str, tuple[int, Callable[[], Sequence[Report]]]] = {
            "library": (self._seconds, lambda: running.library.tick(app.clock()))
        }
        if running.has_posts:
            lanes["posts"] = self._seconds, lambda: running.posts.tick(app.clock())
        if app.settings.content.git:
            lanes["content"] = app.settings.content.every_minutes * 60, lambda: self._pull(running)
        with ExitStack() as threads:
            threads.enter_context(taking_returns(app, self._over))
            for name, (seconds, work) in lanes.items():
                threads.enter_context(ticking(Event(), self._lane(name, work), seconds=seconds))
            yield

    def _lane(self, name: str, work: "Callable[[], Sequence[Report]]") -> Callable[[], None]:
        """Give *work* as something that raises nothing, and tells what came of it when that is news."""
        from vesicle.cli._reports import as_rows

        before: set[Row] = set()

        def tick() -> None:
            if self._over.is_set():
                return
            try:
                reports = work()
            except DiskFailure as error:
                self._fault = error
                self._over.set()
                return
            except Exception as error:  # the outermost loop: it records the fault, and goes on
                self._record(name, error)
                return
            self._failed.pop(name, None)
            # Each notice that goes out is news, though the line be the same.
            rows = as_rows(reports)
            _say(row for row in rows if row not in before)
            before.clear()
            before.update(as_rows([one for one in reports if not one.notices]))

        return tick

    def _record(self, lane: str, error: Exception) -> None:
        """Write down what a tick ended with, once while it stays the same."""
        self._error = type(error).__name__
        if self._failed.get(lane) == str(error):
            return
        self._failed[lane] = str(error)
        if isinstance(error, OutsideError):
            _log.error("run.failed lane=%s error=%s", lane, error)
        else:
            _log.exception("run.failed lane=%s", lane)

    def _look_at_clock(self, jumps: "Jumps", running: "Running") -> None:
        from vesicle.pipeline.words import clock_jumped

        by = jumps.by()
        if abs(by.total_seconds()) > _JUMP_SECONDS:
            now = self._app.clock()
            _log.warning("run.clock-jumped seconds=%d", by.total_seconds())
            running.words.note([clock_jumped(by, now)], now=now)

    def _pull(self, running: "Running") -> "Sequence[Report]":
        """Bring the files up to date; read the settings again where they or templates came."""
        from vesicle.pipeline.words import content_stuck
        from vesicle.store.content.git import pull
        from vesicle.store.content.settled import stamp

        root = self._app.root
        before = stamp(root / "templates"), (root / "config.yaml").read_bytes()
        try:
            pull(root, stopping=self._over.is_set)
        except OutsideError as error:
            _log.warning("content.stuck error=%s", error)
            running.words.note([content_stuck(str(error))], now=self._app.clock())
            return ()
        running.words.resolve(Cause.CONTENT, "content")
        if (stamp(root / "templates"), (root / "config.yaml").read_bytes()) != before:
            self._asked.ask_again()
        return ()

    def _stay(self) -> bool:
        """Say that the settings of before stay in force."""
        _log.error("run.settings-refused")
        click.echo("The settings of before stay in force.", err=True)
        self._seen.vigil.reloaded()
        return False

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Hear, inside the `with`, when the process is asked for something, and end the shift then."""
        thread = Thread(target=self._listen, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._asked.woken.set()
            thread.join()

    def _listen(self) -> None:
        while not self._over.is_set():
            self._asked.woken.wait()
            if not self._asked.stop.is_set():
                self._asked.woken.clear()
            if self._asked.stop.is_set():
                self._seen.vigil.stopping()
            if self._asked.stop.is_set() or (self._asked.again.is_set() and self._read_again()):
                self._over.set()

    def _read_again(self) -> bool:
        """Read the settings again; where they are broken, say so and go on with those of before."""
        from vesicle.app import App
        from vesicle.app.running import verified
        from vesicle.cli._opening import start_log
        from vesicle.cli._screen import complain

        self._asked.again.clear()
        self._seen.vigil.reloading()
        app = self._app
        try:
            self._next = verified(App(app.root, clock=app.clock, environ=app.environ))
        except VesicleError as error:
            complain(error)
            return self._stay()
        except Exception:  # the outermost loop of its thread: a plug-in may raise anything
            _log.exception("run.settings-failed")
            return self._stay()
        start_log(self._next, is_service=True)
        click.echo("The settings were read again.")
        return True


def _say_standing_by() -> None:
    click.echo("Another `vesicle run` or `send` works for this site: standing by.", err=True)


def _say(rows: "Iterable[Row]") -> None:
    """Print what is news; a terminal or file that takes no more is no reason to stop."""
    with suppress(OSError):
        for row in rows:
            click.echo("  ".join(words for words in row if words))
