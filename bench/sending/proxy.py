"""A TCP relay on loopback that holds every byte back for a while, each way, in order and at full rate.

Opening a connection is not delayed. Usage: python proxy.py PORT TARGET_PORT SECONDS
"""

import asyncio
import contextlib
import sys

HOST = "127.0.0.1"
PIECE = 256 * 1024
# 64 MiB in flight at most, far above what a connection can have in 20 ms here.
PIECES = 256

Piece = tuple[float, bytes]


async def read(reader: asyncio.StreamReader, under_way: "asyncio.Queue[Piece]", delay: float) -> None:
    """Note when each piece is to arrive; an empty one is the end."""
    clock = asyncio.get_running_loop().time
    data = b"-"
    while data:
        try:
            data = await reader.read(PIECE)
        except OSError:
            data = b""
        await under_way.put((clock() + delay, data))


async def write(writer: asyncio.StreamWriter, under_way: "asyncio.Queue[Piece]") -> None:
    """Hand each piece on when it is due."""
    clock = asyncio.get_running_loop().time
    with contextlib.suppress(OSError):
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(due - clock())
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, target: int, delay: float
) -> None:
    """Relay one connection until both sides have ended."""
    far_reader, far_writer = await asyncio.open_connection(HOST, target, limit=PIECE)
    there: asyncio.Queue[Piece] = asyncio.Queue(PIECES)
    back: asyncio.Queue[Piece] = asyncio.Queue(PIECES)
    await asyncio.gather(
        read(reader, there, delay),
        write(far_writer, there),
        read(far_reader, back, delay),
        write(writer, back),
    )
    for one in (writer, far_writer):
        one.close()


async def main(port: int, target: int, delay: float) -> None:
    """Listen until the process is ended."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await relay(reader, writer, target=target, delay=delay)

    server = await asyncio.start_server(accept, HOST, port, limit=PIECE, backlog=256)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
