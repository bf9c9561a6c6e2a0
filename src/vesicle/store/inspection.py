"""Looks at the database's file and at what it lies on, and changes neither."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vesicle.store.database import looking_into
from vesicle.store.migrations import MIGRATIONS

NEWEST = len(MIGRATIONS)
"""The version of the database that this program writes."""

MOUNTS = Path("/proc/self/mounts")
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs"}
)
_REMOTE_HELPERS = ("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.davfs", "fuse.gcsfuse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of a database: its version, what SQLite says is damaged, sizes in bytes.

    *open_to* are the files that others than their owner can read; *remote* is the kind of network file system
    it lies on, empty for none and where that cannot be told.
    """

    version: int
    damage: str
    size: int
    free: int
    open_to: tuple[str, ...]
    remote: str


def inspected(path: Path, *, mounts: Path = MOUNTS) -> Seen | None:
    """Look at the database at *path*; None where there is none. Raises UserError where it cannot be read."""
    if not path.exists():
        return None
    version, damage = _read(path)
    return Seen(
        version=version,
        damage=damage,
        size=path.stat().st_size,
        free=shutil.disk_usage(path.parent).free,
        open_to=tuple(str(one) for one in _files(path) if one.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)),
        remote=_remote(path.resolve(), mounts),
    )


def remote_kind(mounts: str, path: str) -> str:
    """Give the kind of network file system that *path* lies on, by a text like `/proc/mounts`, or nothing."""
    kinds = {
        _unescaped(words[1]): words[2] for words in map(str.split, mounts.splitlines()) if len(words) > 2
    }
    place = PurePosixPath(path)
    kind = next((kinds[str(one)] for one in (place, *place.parents) if str(one) in kinds), "")
    return kind if kind in _REMOTE or kind.startswith(_REMOTE_HELPERS) else ""


def _read(path: Path) -> tuple[int, str]:
    with looking_into(path) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        said = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    return int(version), "" if said == ["ok"] else "; ".join(map(str, said))


def _files(path: Path) -> Iterator[Path]:
    yield from (one for one in (path, path.with_name(f"{path.name}-wal")) if one.exists())


def _remote(path: Path, mounts: Path) -> str:
    try:
        text = mounts.read_text(errors="replace")
    except OSError:
        return ""
    return remote_kind(text, os.fspath(path))


def _unescaped(text: str) -> str:
    return text.replace(r"\040", " ").replace(r"\011", "\t")
