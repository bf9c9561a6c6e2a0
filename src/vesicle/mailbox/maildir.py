"""A Maildir on this machine, which a mail server puts mails into (cr.yp.to/proto/maildir.html)."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from stat import S_ISREG
from tempfile import NamedTemporaryFile
from urllib.parse import quote, unquote_to_bytes

from vesicle.disk import sync_folder
from vesicle.model.errors import TemporaryFailure
from vesicle.ports import Returned

MOST_BYTES = 10_000_000
"""How much of a mail is given out, as much as anybody reads of one; it is put aside as a whole."""

_UNREAD, _READ = "new", "cur"
_FOLDER_MARK = "maildirfolder"  # tells that a folder is one of a Maildir++ and no Maildir of its own
_TRIES = 3
_WITHOUT_WAITING = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*path* is the Maildir, from the site's folder: the one with `new`, `cur` and `tmp` in it.

    Mails are put aside into its folders `understood` and `unmatched` (Maildir++).
    """

    path: str

    def __post_init__(self) -> None:
        if not self.path or "\0" in self.path:
            raise ValueError(
                "has no path | write the folder that holds `new` and `cur`, as /var/mail/bounces"
            )


class Mailbox:
    """A Maildir that the mail server of this machine delivers to."""

    def __init__(self, options: Options, *, folder: Path) -> None:
        self._path = folder / options.path
        self._seen: dict[str, Path] = {}

    def new(self) -> Iterator[Returned]:
        """Yield the mails of `new` and `cur`, by the time of their files, oldest first.

        At most `MOST_BYTES` of each is given. Only plain files count, none whose name begins with a dot and
        none that a mail program marked as deleted. Raises TemporaryFailure where there is no Maildir, and
        at the end, where mails could not be read.
        """
        unread: list[OSError] = []
        for path in self._listed():
            try:
                content = _content(path)
            except FileNotFoundError:
                continue  # put aside by somebody else meanwhile
            except OSError as error:
                unread.append(error)
                continue
            mail_id = _id(path.name)
            self._seen[mail_id] = path
            yield Returned(id=mail_id, content=content)
        if unread:
            first = f"{unread[0].filename}: {unread[0].strerror}"
            raise TemporaryFailure(f"{len(unread)} mails of {self._path} cannot be read; the first: {first}")

    def put_aside(self, mail_id: str, *, is_understood: bool) -> None:
        """Move a mail into the folder `understood`, as read, or into `unmatched`, as not read yet.

        The move survives a power cut. Raises TemporaryFailure where the disk does not do it.
        """
        try:
            for _ in range(_TRIES):
                source = self._found(mail_id)
                if source is None:
                    break
                # Somebody else may move it, or a mail program may mark it as read, at any moment.
                with suppress(FileNotFoundError):
                    self._move(source, is_understood=is_understood)
                    break
            else:
                raise TemporaryFailure(
                    f"a mail of {self._path} cannot be moved: its folders change all the time"
                )
        except OSError as error:
            raise TemporaryFailure(f"{self._path} cannot be written to: {error.strerror}") from error
        self._seen.pop(mail_id, None)

    def keep(self, content: bytes) -> None:
        """Put a mail into `new`; it is on the disk before this returns. Raises OSError where it is not.

        Where only the last step failed, the mail may be there all the same.
        """
        with NamedTemporaryFile(dir=self._path / "tmp", delete=False) as draft:
            try:
                draft.write(content)
                draft.flush()
                os.fsync(draft.fileno())
                known = os.fstat(draft.fileno())
                # No two mails have the same inode at the same time.
                name = f"{known.st_mtime_ns // 10**9}.N{known.st_mtime_ns % 10**9}I{known.st_ino}.vesicle"
                os.rename(draft.name, self._path / _UNREAD / name)
            except BaseException:
                with suppress(OSError):
                    os.unlink(draft.name)
                raise
        sync_folder(self._path / _UNREAD)

    def make(self) -> None:
        """Make the Maildir where it is not there; raises OSError."""
        _make(self._path)

    def _listed(self) -> list[Path]:
        try:
            found = [*_plain_files(self._path / _UNREAD), *_plain_files(self._path / _READ)]
        except OSError as error:
            text = (
                f"there is no Maildir to read at {self._path}, with `new` and `cur` in it: {error.strerror}"
            )
            raise TemporaryFailure(text) from error
        return [path for _, path in sorted(found)]

    def _found(self, mail_id: str) -> Path | None:
        """Give where a mail is now; None where it was put aside, or never was."""
        name = os.fsdecode(unquote_to_bytes(mail_id))
        if not name or "/" in name or "\0" in name or name.startswith("."):
            return None
        for path in (self._seen.get(mail_id), self._path / _UNREAD / name):
            if path and path.exists():
                return path
        with suppress(FileNotFoundError), os.scandir(self._path / _READ) as entries:
            for entry in entries:
                if entry.name.partition(":")[0] == name and entry.is_file(follow_symlinks=False):
                    return Path(entry.path)
        return None

    def _move(self, source: Path, *, is_understood: bool) -> None:
        folder = self._folder("understood" if is_understood else "unmatched")
        kind, info = (_READ, ":2,S") if is_understood else (_UNREAD, "")
        name = source.name.partition(":")[0]
        # Nothing is ever replaced: another mail of the same name stays what it is.
        names = (f"{name}{'-' * (number > 0)}{number or ''}{info}" for number in count())
        target = next(folder / kind / one for one in names if not os.path.lexists(folder / kind / one))
        os.rename(source, target)
        # The new name first: after a power cut between the two the mail has two names, not none.
        sync_folder(target.parent)
        sync_folder(source.parent)

    def _folder(self, name: str) -> Path:
        """Give a folder of this Maildir, made where needed; one that is itself a folder has it beside it."""
        is_nested = (self._path / _FOLDER_MARK).exists()
        folder = self._path.with_name(f"{self._path.name}.{name}") if is_nested else self._path / f".{name}"
        if not (folder / _FOLDER_MARK).exists():
            _make(folder)
            (folder / _FOLDER_MARK).touch(mode=0o600)
            sync_folder(folder)
        return folder


def _id(name: str) -> str:
    """Give the part of a file's name that stays when a mail program marks it, in printable ASCII."""
    return quote(os.fsencode(name.partition(":")[0]), safe=",=+@")


def _plain_files(folder: Path) -> Iterator[tuple[tuple[int, str], Path]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or "T" in entry.name.partition(":2,")[2]:
                continue
            with suppress(FileNotFoundError):
                known = entry.stat(follow_symlinks=False)
                if S_ISREG(known.st_mode):
                    yield (known.st_mtime_ns, entry.name), Path(entry.path)


def _content(path: Path) -> bytes:
    # What was a plain file a moment ago may be a link or a pipe by now.
    opened = os.open(path, os.O_RDONLY | _WITHOUT_WAITING)
    with open(opened, "rb") as file:
        if not S_ISREG(os.fstat(opened).st_mode):
            raise FileNotFoundError(path)
        return file.read(MOST_BYTES)


def _make(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("tmp", _UNREAD, _READ):
        (path / name).mkdir(mode=0o700, exist_ok=True)
    sync_folder(path)
    sync_folder(path.parent)
