"""Reading and writing the text files of a site with care."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

from vesicle.disk import sync_folder
from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem, Severity

MOST_BYTES = 1_000_000
"""A text file above this size is a mistake: a book of 400 pages has 700,000 characters."""


def read_text(path: Path, *, root: Path) -> str:
    """Read a UTF-8 file of the site in *root*; raises UserError where it is too large or not UTF-8.

    A link that leads out of the folder it stands in is refused, so that nothing else of the machine is
    published by mistake.
    """
    where = Place(file=shown(path, root))
    if not path.resolve().is_relative_to(path.parent.resolve()):
        raise _refused("outside", "leads out of the folder by a link", where, "put the file itself here")
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            text = f"has {size / 1e6:.0f} MB, more than {MOST_BYTES / 1e6:.0f} MB"
            raise _refused("too-large", text, where, "keep one text per file, and pictures in content/images")
        raw = path.read_bytes()
    except OSError as error:
        raise _refused("unreadable", f"cannot be read: {error.strerror}", where, "check the file") from error
    return _decoded(raw, where)


def _decoded(raw: bytes, where: Place) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        at = Place(file=where.file, line=line, column=error.start - raw.rfind(b"\n", 0, error.start))
        raise _refused("not-utf-8", "is not UTF-8 text", at, "save the file as UTF-8") from error
    if "\0" in text:
        at = Place(file=where.file, line=text.count("\n", 0, text.index("\0")) + 1)
        raise _refused("not-text", "holds a NUL character, so it is not text", at, "save it as plain text")
    return text


def shown(path: Path, root: Path) -> str:
    """Give *path* as people see it: from the site's folder, with forward slashes."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def replace_text(path: Path, text: str) -> None:
    """Replace a file at once: a reader sees the old one or the new one, never half of it."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        draft.write(text.encode())
        draft.flush()
        os.fsync(draft.fileno())
    if path.exists():
        os.chmod(draft.name, path.stat().st_mode & 0o777)
    else:
        os.chmod(draft.name, 0o644)
    os.replace(draft.name, path)
    sync_folder(path.parent)


def create_text(path: Path, text: str) -> bool:
    """Write a new file; False when it exists, which is then left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def entries(folder: Path, *, root: Path, ending: str) -> Iterator[Path | Problem]:
    """Yield the files of *folder* with that *ending*, in the order of their names, and what is odd there."""
    where = Place(file=shown(folder, root))
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    visible = [path for path in found if not path.name.startswith(".")]
    if folder.is_dir() and not visible:
        yield Problem(
            code="file.empty-folder",
            text="the folder is empty",
            where=where,
            mend=f"put a `{ending}` file in it, or remove it",
            severity=Severity.WARNING,
        )
    for path in visible:
        yield path if path.suffix == ending and not path.is_dir() else _odd(path, root=root, ending=ending)


def _odd(path: Path, *, root: Path, ending: str) -> Problem:
    text = "is a folder; folders in folders are not read" if path.is_dir() else f"does not end in `{ending}`"
    if path.is_dir() and not any(path.iterdir()):
        text = "is an empty folder; folders in folders are not read"
    mend = "move its files up" if path.is_dir() else "rename it, or move it elsewhere"
    return Problem(
        code="file.not-read",
        text=text,
        where=Place(file=shown(path, root)),
        mend=mend,
        severity=Severity.WARNING,
    )


def _refused(code: str, text: str, where: Place, mend: str) -> UserError:
    return UserError([Problem(code=f"file.{code}", text=text, where=where, mend=mend)])
