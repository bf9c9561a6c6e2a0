"""One sender, import, backup and post by hand at a time for each database: a second stands aside."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from vesicle.model.errors import Busy

_LOOK_SECONDS = 1.0


@contextmanager
def sole_sender(database: Path) -> Iterator[None]:
    """Hold the lock of *database* while the block runs; raises Busy when another process has it.

    The operating system frees the lock when its holder dies, so none is ever left behind.
    """
    with _alone(database.with_suffix(".lock"), f"another vesicle is sending from {database}"):
        yield


@contextmanager
def standing_by(
    database: Path, *, waits: Callable[[float], bool], tell: Callable[[], None]
) -> Iterator[bool]:
    """Hold the lock of `sole_sender`, once no other process has it; False where told to stop before that.

    *waits* waits for some seconds and tells whether to stop; *tell* is called where there is cause to wait.
    """
    with ExitStack() as held:
        try:
            held.enter_context(sole_sender(database))
        except Busy:
            tell()
            yield _is_ours_at_last(held, database, waits)
        else:
            yield True


def _is_ours_at_last(held: ExitStack, database: Path, waits: Callable[[float], bool]) -> bool:
    while not waits(_LOOK_SECONDS):
        with suppress(Busy):
            held.enter_context(sole_sender(database))
            return True
    return False


@contextmanager
def sole_importer(database: Path) -> Iterator[None]:
    """Hold the lock of imports into *database* in the same way: two would write one report."""
    with _alone(database.with_suffix(".import.lock"), f"another import into {database} is running"):
        yield


@contextmanager
def sole_publisher(database: Path) -> Iterator[None]:
    """Hold the lock of posts by hand in the same way: two would both find that an item was never posted."""
    with _alone(database.with_suffix(".post.lock"), f"another `vesicle post` at {database} is running"):
        yield


@contextmanager
def sole_backup(database: Path) -> Iterator[None]:
    """Hold the lock of backups of *database* in the same way: two would write one file."""
    with _alone(database.with_suffix(".backup.lock"), f"another backup of {database} is running"):
        yield


@contextmanager
def _alone(path: Path, refusal: str) -> Iterator[None]:
    import fcntl  # noqa: PLC0415 - there is none on Windows, where `new`, `check` and `preview` still work

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(refusal) from error
        yield
