"""Work that a daemon has done in a process of its own, so that the memory it takes goes with it.

What reads XML, speaks HTTP and renders MJML is large, and meets what others have written: none of it can
make the daemon grow, hang or die. The program of such a process is this module.
"""

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vesicle.app import library
from vesicle.model.errors import TemporaryFailure, UserError, VesicleError
from vesicle.model.message import Card
from vesicle.model.paper import Harvest
from vesicle.ports import Clock, never
from vesicle.store.content.settled import Stamp, stamp

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.pipeline.prepare import Prepared

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
_LONGEST_SECONDS = {"watch": 3600.0, "follow_up": 3600.0, "prepare": 120.0, "draw": 60.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What a process is started for."""

    root: Path
    chore: str
    arguments: tuple[Any, ...]


class Chores:
    """Has work done for the site in *root*; *stopping* tells to give up what is being done.

    Each method raises what the work itself raises, and TemporaryFailure where its process ended otherwise,
    or took too long.
    """

    def __init__(
        self, root: Path, environ: Mapping[str, str], *, stopping: Callable[[], bool] = never
    ) -> None:
        self._root = root
        self._environ = environ
        self._stopping = stopping

    def watch(self, name: str) -> Harvest:
        """Do what `library.watch` does."""
        found: Harvest = self._done("watch", name)
        return found

    def follow_up(self) -> Harvest | None:
        """Do what `library.follow_up` does."""
        found: Harvest | None = self._done("follow_up")
        return found

    def prepare(self, slug: str, before: Stamp) -> "Prepared | None":
        """Render and judge an issue; None where its files are no longer as they were *before*."""
        found: Prepared | None = self._done("prepare", slug, before)
        return found

    def draw(self, card: Card) -> bytes:
        """Draw the picture of a card."""
        found: bytes = self._done("draw", card)
        return found

    def _done(self, chore: str, *arguments: object) -> Any:  # noqa: ANN401 - each chore has its own
        order = _Order(root=self._root, chore=chore, arguments=arguments)
        command = [sys.executable, "-m", "vesicle.app.chores"]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(self._environ),
            start_new_session=True,  # Ctrl-C is for the daemon, which then ends this
        ) as process:
            answer = self._answer(process, pickle.dumps(order), _LONGEST_SECONDS[chore])
        if process.returncode or not answer:
            _log.warning("chores.failed chore=%s code=%d", chore, process.returncode)
            raise TemporaryFailure(f"the process for `{chore}` ended by itself ({process.returncode})")
        value, error = pickle.loads(answer)
        if error is not None:
            kind, said = error
            raise kind(said)
        return value

    def _answer(self, process: "subprocess.Popen[bytes]", order: bytes, seconds: float) -> bytes:
        """Hand the order over and wait for the answer; end the process where it is not waited for."""
        told: bytes | None = order
        while seconds > 0 and not self._stopping():
            try:
                return process.communicate(told, timeout=_LOOK_SECONDS)[0]
            except subprocess.TimeoutExpired:
                told, seconds = None, seconds - _LOOK_SECONDS
        process.kill()
        raise TemporaryFailure("it took too long" if seconds <= 0 else "it was given up, to stop")


def _prepare(app: "App", slug: str, before: Stamp) -> "Prepared | None":
    content = app.content.read()
    issue = content.issues.get(slug)
    if issue is None or stamp(app.root / "content") != before:
        return None
    prepared = app.prepare(issue, content)
    return prepared if stamp(app.root / "content") == before else None


_CHORES: Mapping[str, Callable[..., object]] = {
    "watch": library.watch,
    "follow_up": library.follow_up,
    "prepare": _prepare,
    "draw": lambda app, card: app.posting.picture(card),
}


def work(order: bytes, *, clock: Clock, environ: Mapping[str, str]) -> bytes:
    """Do what *order* says; give the answer, or what was raised on purpose, as bytes."""
    from vesicle.app import App  # noqa: PLC0415 - the daemon's side of this module has one already

    asked: _Order = pickle.loads(order)
    try:
        app = App(asked.root, clock=clock, environ=environ)
        return pickle.dumps((_CHORES[asked.chore](app, *asked.arguments), None))
    except UserError as error:
        return pickle.dumps((None, (type(error), error.problems)))
    except VesicleError as error:
        return pickle.dumps((None, (type(error), str(error))))


def main() -> None:
    """Read an order from stdin, and write the answer to stdout."""
    from vesicle.queue.clock import now  # noqa: PLC0415 - as above

    answer = work(sys.stdin.buffer.read(), clock=now, environ=os.environ)
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
