import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from vesicle.model.errors import TemporaryFailure
from vesicle.model.paper import Paper
from vesicle.text.pubmed.parse import Deleted, stream

_CHUNK = 256 * 1024
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS | 16


def read_file(file: BinaryIO) -> Iterator[Paper | Deleted]:
    """Yield the records of an update file, `.xml` or `.xml.gz` (told by its first bytes), in its order.

    Raises as `stream` does, and TemporaryFailure where the gzip is cut off or damaged.
    """
    first = file.read(_CHUNK)
    chunks = chain((first,), iter(lambda: file.read(_CHUNK), b""))
    return stream(_unzipped(chunks) if first.startswith(_GZIP) else chunks)


def _unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of one gzip member after another, never more than a chunk at a time."""
    member = zlib.decompressobj(_GZIP_WINDOW)
    for chunk in chunks:
        waiting = chunk
        while waiting:
            if member.eof:
                member = zlib.decompressobj(_GZIP_WINDOW)
            yield _inflated(member, waiting)
            waiting = member.unused_data.lstrip(b"\0") if member.eof else member.unconsumed_tail
    if not member.eof:
        raise TemporaryFailure("the gzip file is cut off; fetch it again")


def _inflated(member: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return member.decompress(data, _CHUNK)
    except zlib.error as error:
        raise TemporaryFailure(f"the gzip file is damaged ({error}); fetch it again") from error
