"""Keeps the pictures that were drawn, each under the name of what it was drawn from."""

import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from vesicle.disk import sync_folder
from vesicle.model.errors import DiskFailure
from vesicle.model.message import Card

_UNFINISHED = ".card."


class Cards:
    """The pictures in *folder*: whatever is lost there is drawn again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, card: Card) -> Path:
        """Give where the picture of *card* is kept, or would be."""
        return self._folder / card.name

    def picture(self, card: Card, draw: Callable[[Card], bytes]) -> bytes:
        """Give the picture of *card*, which *draw* makes where there is none yet.

        Raises DiskFailure where it cannot be kept, and whatever *draw* raises.
        """
        path = self.path(card)
        try:
            kept = path.read_bytes()
            os.utime(path)  # when it was last used
            return kept
        except FileNotFoundError:
            return self._keep(path, draw(card))
        except OSError as error:
            raise DiskFailure(f"{path} cannot be read: {error.strerror}") from error

    def tidy(self, before: datetime, keep: Collection[str] = ()) -> int:
        """Remove the pictures last used *before*, but not the names to *keep*; tell how many they were."""
        count = 0
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if path.name not in keep and _used(path) < before:
                path.unlink(missing_ok=True)
                count += not path.name.startswith(_UNFINISHED)
        return count

    def _keep(self, path: Path, picture: bytes) -> bytes:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(path, picture)
        except OSError as error:
            raise DiskFailure(f"{path} cannot be written: {error.strerror}") from error
        return picture


def _write(path: Path, picture: bytes) -> None:
    """Write the whole of *picture* or nothing; two that write it at once write the same."""
    with NamedTemporaryFile(dir=path.parent, prefix=_UNFINISHED, delete=False) as draft:
        draft.write(picture)
        draft.flush()
        os.fsync(draft.fileno())
    os.chmod(draft.name, 0o644)
    os.replace(draft.name, path)
    sync_folder(path.parent)


def _used(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # removed by another process meanwhile
        return datetime.max.replace(tzinfo=UTC)
