"""One sender for each database: a second one stands aside."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vesicle.model.errors import TemporaryFailure


@contextmanager
def sole_sender(database: Path) -> Iterator[None]:
    """Hold the lock of *database* while the block runs; raises TemporaryFailure when another process has it.

    The operating system frees the lock when its holder dies, so none is ever left behind.
    """
    import fcntl  # noqa: PLC0415 - there is none on Windows, where `new`, `check` and `preview` still work

    path = database.with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TemporaryFailure(f"another vesicle is sending from {database}") from error
        yield
