"""How many one-click POSTs (RFC 8058) a second `vesicle serve` takes in, and how long the slowest wait.

A fresh site has SIZE confirmed subscribers in SQLite. Clients, each with a connection that it keeps, leave
for one reader after another over HTTP on loopback, every reader once; each answer means that the person and
the line of the consent log are on the disk. The server is a process of its own, as the operator starts it;
the clients are threads of this one, and take their share of the same cores. Each number of clients goes on
for 20 seconds, or until a third of the readers has left.

Usage: python bench/web.py [SIZE ...]
"""

import csv
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vesicle.text import doors
from vesicle.text.doors import Door, Visitor

RESULTS = Path(__file__).parent / "results"
VESICLE = str(Path(sys.executable).with_name("vesicle"))
KEY = "k" * 64
SIZES = (1_000_000,)
CLIENTS = (1, 8, 32)
SECONDS = 20
BODY = "List-Unsubscribe=One-Click"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


def make_site(folder: Path, size: int) -> list[str]:
    """Make a site with *size* subscribers, and give the paths by which some of them leave, in no order."""
    environ = os.environ | {"VESICLE_KEY": KEY}
    subprocess.run([VESICLE, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
    with (folder / "people.csv").open("w") as out:
        out.write("email,language\n")
        out.writelines(f"person.{number}@readers{number % 50}.example,en\n" for number in range(size))
    for words in (("import", "people.csv"), ("export", "--to", "all.csv")):
        command = [VESICLE, "subscribers", *words]
        subprocess.run(command, cwd=folder, check=True, env=environ, stdout=subprocess.DEVNULL)
    return list(_paths(folder / "all.csv", size))


def _paths(file: Path, size: int) -> Iterator[str]:
    """Yield links of readers, spread over the whole list: a stride that has no factor in common with it."""
    with file.open(newline="") as lines:
        ids = [row["id"] for row in csv.DictReader(lines)]
    for number in range(size):
        person = ids[number * 7_919 % size]
        yield doors.url("", KEY.encode(), Door.LEAVE, Visitor(person_id=person, about="letters"))


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Run `vesicle serve` on a free port; give the port."""
    environ = os.environ | {"VESICLE_KEY": KEY, "PYTHONUNBUFFERED": "1"}
    command = [VESICLE, "serve", "--port", "0"]
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stderr=log, stdout=log)
        try:
            yield _port(folder / "serve.log", process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _port(log: Path, process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.1)
    raise SystemExit(log.read_text())


def leave(port: int, paths: Iterator[str], until: float, times: list[float]) -> None:
    """Leave by one path after another over one connection until the moment *until*; note the seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while (start := time.perf_counter()) < until and (path := next(paths, "")):
        connection.request("POST", path, BODY, HEADERS)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {said!r}")
        times.append(time.perf_counter() - start)
    connection.close()


def measure(port: int, paths: Iterator[str], clients: int) -> dict[str, Any]:
    """Let *clients* leave at once; give rates and waits in milliseconds."""
    lists: list[list[float]] = [[] for _ in range(clients)]
    shared = _Shared(paths)
    start = time.perf_counter()
    until = start + SECONDS
    threads = [threading.Thread(target=leave, args=(port, shared, until, one)) for one in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    times = sorted(one for times in lists for one in times)
    return {
        "clients": clients,
        "posts": len(times),
        "seconds": round(seconds, 2),
        "posts_per_second": round(len(times) / seconds),
        "median_ms": round(statistics.median(times) * 1000, 1),
        "p99_ms": round(times[len(times) * 99 // 100] * 1000, 1),
        "slowest_ms": round(times[-1] * 1000, 1),
    }


class _Shared(Iterator[str]):
    """Gives each of *paths* to one thread."""

    def __init__(self, paths: Iterator[str]) -> None:
        self._paths = paths
        self._turn = threading.Lock()

    def __next__(self) -> str:
        with self._turn:
            return next(self._paths)


def measure_size(size: int) -> list[dict[str, Any]]:
    """Measure a site of *size*, and see that everybody who left has left."""
    with TemporaryDirectory() as name:
        folder = Path(name, "site")
        paths = iter(make_site(folder, size))
        with serving(folder) as port:
            share = size // len(CLIENTS)
            found = [measure(port, islice(paths, share), clients) for clients in CLIENTS]
        command = [VESICLE, "subscribers", "export", "--to", "after.csv"]
        environ = os.environ | {"VESICLE_KEY": KEY}
        subprocess.run(command, cwd=folder, check=True, env=environ, stdout=subprocess.DEVNULL)
        with (folder / "after.csv").open(newline="") as lines:
            left = sum(row["status"] == "unsubscribed" for row in csv.DictReader(lines))
    posts = sum(one["posts"] for one in found)
    if left != posts:
        raise SystemExit(f"{posts} were answered, and {left} have left")
    return [{"subscribers": size, **one} for one in found]


def table(found: Sequence[dict[str, Any]]) -> str:
    """Give the results as a Markdown table."""
    names = ("subscribers", "clients", "posts", "posts_per_second", "median_ms", "p99_ms", "slowest_ms")
    heading = "| subscribers | clients | POSTs | POSTs/s | median ms | p99 ms | slowest ms |"
    rows = ["| " + " | ".join(f"{one[name]:,}" for name in names) + " |" for one in found]
    return "\n".join([heading, "|" + "---|" * len(names), *rows])


def main(sizes: Sequence[int]) -> None:
    """Measure each size, print a table, write JSON."""
    found = [one for size in sizes for one in measure_size(size)]
    print(table(found))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "web.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
