"""Tokens that an API gave to a channel, in a file that nobody else of the machine may read."""

import os
from pathlib import Path

from vesicle.disk import sync_folder
from vesicle.model.errors import TemporaryFailure


class FileVault:
    """A `ports.Vault` in one file. It is beside the database and not in it, so that no copy has it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        """Give what was kept last, empty where nothing was or it cannot be read."""
        try:
            return self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def keep(self, text: str) -> None:
        """Keep *text* instead, whole or not at all; raises TemporaryFailure where the disk refuses."""
        draft = self._path.with_suffix(".tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(opened, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise TemporaryFailure(f"{self._path} cannot be written: {error.strerror}") from error
