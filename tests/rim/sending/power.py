"""Cuts the power: a send is traced, and what the disk would hold at any moment of it is put together again.

What was not synced may be there or not, in any order, in pieces of 512 bytes. A file's name is safe once the
file or its folder is synced, as on ext4 and XFS. Shared memory (`-shm`) never survives.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.rim.sending.crash import attached
from tests.rim.sending.scene import Scene

SECTOR = 512
_SYNCS = ("fsync", "fdatasync")
_SENDS = ("sendto", "sendmsg", "write", "writev")
CALLS = ("openat", "pwrite64", "ftruncate", "unlink", "rename", *_SYNCS, *_SENDS)
_LINE = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<call>\w+)\()(?P<rest>.*)")
_QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"(\d+)<([^>]*)>")
_RESULT = re.compile(r"\) = (-?\d+)(?:<([^>]*)>)?")
_SAFE = "is_safe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One system call, at its entry or its return: *file* is a path or a socket, *data* what was written."""

    name: str
    file: str
    is_done: bool
    data: bytes = b""
    at: int = 0
    result: int = 0


@dataclass(slots=True, kw_only=True)
class Change:
    """A write (*data* at *at*), or a new length (*at*) where *data* is None."""

    at: int
    data: bytes | None


@dataclass(slots=True, kw_only=True)
class File:
    """One file: what is safe, and what was written since the last sync."""

    safe: bytes | None
    changes: list[Change] = field(default_factory=list)
    exists: bool = True


def trace_send(scene: Scene, *, connections: int, ledger: str = "") -> list[Call]:
    """Send all of *scene*, which was not sent before, and give the calls in the order they happened."""
    trace = scene.folder / "trace"
    sender = scene.start(scene.order(connections=connections, ledger=ledger, waits=True))
    command = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-o", str(trace)]
    command += ["-e", f"trace={','.join(CALLS)}", "-p", str(sender.pid)]
    with attached(command):
        sender.go()
        code, _ = scene.ended(sender)
    scene.settle()
    assert code == 0
    return list(calls(trace.read_text().splitlines()))


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """Read strace's lines: a call that another one interrupted has its entry and its return apart."""
    begun: dict[str, str] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        if found["resumed"]:
            entry = begun.pop(found["thread"])
            yield from _read(found["resumed"], entry + found["rest"], parts=(_SAFE,))
        elif found["rest"].endswith("<unfinished ...>"):
            begun[found["thread"]] = found["rest"].removesuffix("<unfinished ...>")
            yield from _read(found["call"], begun[found["thread"]], parts=("",))
        else:
            yield from _read(found["call"], found["rest"], parts=("", _SAFE))


def _read(name: str, rest: str, *, parts: Sequence[str]) -> Iterator[Call]:
    strings = [bytes.fromhex(one.replace("\\x", "")) for one in _QUOTED.findall(rest)]
    result = _RESULT.search(rest)
    numbers = re.findall(r", (\d+)", rest.partition(") = ")[0])
    for part in parts:
        yield Call(
            name=name,
            file=_file(name, rest, strings, result),
            is_done=part == _SAFE,
            data=b"".join(strings),
            at=int(numbers[-1]) if numbers and name in ("pwrite64", "ftruncate") else 0,
            result=int(result[1]) if result else 0,
        )


def _file(name: str, rest: str, strings: Sequence[bytes], result: "re.Match[str] | None") -> str:
    if name in ("unlink", "rename"):
        return strings[0].decode()
    if name == "openat":
        return _plain(result[2]) if result and result[2] else ""
    found = _FILE.match(rest)
    return _plain(found[2]) if found else ""


def _plain(text: str) -> str:
    """Undo strace's hexadecimal writing."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)


class Disk:
    """The files of one folder, as a disk would have them that keeps only what was synced."""

    def __init__(self, folder: Path, before: Path) -> None:
        self._folder = str(folder)
        self._files = {path.name: File(safe=path.read_bytes()) for path in before.iterdir()}

    def follow(self, call: Call) -> None:
        """Do what *call* does; a sync counts from its return, everything else from its entry."""
        name = self._name(call.file)
        if call.is_done and call.name in _SYNCS and call.result == 0:
            self._sync(name if name is not None else "", is_folder=call.file == self._folder)
        elif name is None or call.name in _SYNCS:
            return
        elif call.is_done == (call.name == "openat"):
            self._change(name, call)

    def cut(self, random: Random | None) -> dict[str, bytes]:
        """Give the files after a power cut: none of what was not synced, or any of it."""
        found: dict[str, bytes] = {}
        for name, file in self._files.items():
            content = file.safe
            if random is not None and file.exists and (content is not None or random.random() < 0.5):
                content = _some(content or b"", file.changes, random)
            if content is not None:
                found[name] = content
        return found

    def _name(self, file: str) -> str | None:
        folder, _, name = file.rpartition("/")
        return name if folder == self._folder and not name.endswith("-shm") else None

    def _change(self, name: str, call: Call) -> None:
        file = self._files.setdefault(name, File(safe=None))
        if call.name == "unlink":
            file.exists = False
        elif call.name == "openat":
            file.exists = True
        elif call.name == "pwrite64":
            file.changes.append(Change(at=call.at, data=call.data))
        elif call.name == "ftruncate":
            file.changes.append(Change(at=call.at, data=None))

    def _sync(self, name: str, *, is_folder: bool) -> None:
        if is_folder:
            for gone in [one for one, file in self._files.items() if not file.exists]:
                del self._files[gone]
        elif name in self._files:
            file = self._files[name]
            file.safe = _applied(file.safe or b"", file.changes)
            file.changes.clear()


def _some(content: bytes, changes: Sequence[Change], random: Random) -> bytes:
    """Apply some of *changes*, each sector by itself."""
    pieces = [piece for change in changes for piece in _torn(change)]
    share = random.choice((0.1, 0.5, 0.9))
    return _applied(content, [piece for piece in pieces if random.random() < share])


def _torn(change: Change) -> Iterator[Change]:
    if change.data is None:
        yield change
        return
    start, end = change.at, change.at + len(change.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield Change(at=start, data=change.data[start - change.at : stop - change.at])
        start = stop


def _applied(content: bytes, changes: Iterable[Change]) -> bytes:
    buffer = bytearray(content)
    for change in changes:
        end = change.at + len(change.data or b"")
        buffer.extend(bytes(max(0, end - len(buffer))))
        if change.data is None:
            del buffer[end:]
        else:
            buffer[change.at : end] = change.data
    return bytes(buffer)


class Wire:
    """What went over the connections: who has been handed a whole mail by now."""

    def __init__(self) -> None:
        self.handed_over: list[str] = []
        self._input: dict[str, bytearray] = {}
        self._recipient: dict[str, str] = {}
        self._in_body: set[str] = set()

    def follow(self, call: Call) -> None:
        """Read what a connection sends; a mail counts from the entry of the call that has its final dot."""
        if call.is_done or call.name not in _SENDS or not call.file.startswith("socket:"):
            return
        buffer = self._input.setdefault(call.file, bytearray())
        buffer += call.data
        while self._next(call.file, buffer):
            pass

    def _next(self, socket: str, buffer: bytearray) -> bool:
        is_body = socket in self._in_body
        end = b"\r\n.\r\n" if is_body else b"\r\n"
        found = buffer.find(end)
        if found < 0:
            return False
        line = bytes(buffer[:found])
        del buffer[: found + len(end)]
        if is_body:
            self._in_body.discard(socket)
            self.handed_over.append(self._recipient[socket])
        elif line[:4].upper() == b"RCPT":
            self._recipient[socket] = line.partition(b"<")[2].partition(b">")[0].decode()
        elif line[:4].upper() == b"DATA":
            self._in_body.add(socket)
            buffer[:0] = b"\r\n"
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One power cut: what the disk holds after it, and who had been handed a whole mail before."""

    moment: int
    files: dict[str, bytes]
    handed_over: Sequence[str]


def cuts(scene: Scene, traced: Sequence[Call], *, random: Random, between: int, times: int) -> Iterator[Cut]:
    """Yield power cuts around every sync and at *between* other moments.

    At each there is one that keeps nothing that was not synced, and *times* that keep some of it.
    """
    disk, wire = Disk(scene.database.parent, scene.pristine), Wire()
    chosen = {number for number, call in enumerate(traced) if call.name in _SYNCS}
    chosen |= set(random.sample(range(len(traced)), min(between, len(traced))))
    for number, call in enumerate(traced):
        disk.follow(call)
        wire.follow(call)
        if number in chosen:
            for luck in (None, *[random] * times):
                yield Cut(moment=number, files=disk.cut(luck), handed_over=tuple(wire.handed_over))


def put_down(cut: Cut, folder: Path) -> None:
    """Write the files of *cut* into the empty *folder*."""
    for name, content in cut.files.items():
        (folder / name).write_bytes(content)
