"""A database as it is after years, and what it takes to tidy it or to copy it beside a send."""

from pathlib import Path
from threading import Event, Thread
from time import perf_counter

from sending.ours import DATABASE, opened
from sending.work import Job
from vesicle.pipeline.retention import tidy
from vesicle.queue.clock import now, wait
from vesicle.settings.retention import RetentionSettings
from vesicle.store.retention import SqlRetention
from vesicle.store.snapshot import back_up
from vesicle.testing.years import send_for_years

WEEKS = 200
REST_SECONDS = 0.02


def grow(job: Job) -> dict[str, float]:
    """Write down *job*'s count of deliveries of 200 weekly issues."""
    with opened(f"{job.folder}/{DATABASE}") as database:
        started = perf_counter()
        send_for_years(database, issues=WEEKS, people=job.count // WEEKS, until=now())
        return {"seconds": perf_counter() - started}


def tidied(job: Job) -> dict[str, float]:
    """Tidy, and tell how long the longest step kept others from writing."""
    moments: list[float] = []

    def rest() -> None:
        moments.append(perf_counter())
        wait(REST_SECONDS)
        moments.append(perf_counter())

    with opened(f"{job.folder}/{DATABASE}") as database:
        moments.append(perf_counter())
        keep = RetentionSettings().retention()
        done = tidy(SqlRetention(database), keep, now=now(), rest=rest)
    steps = [moments[turn + 1] - moments[turn] for turn in range(0, len(moments) - 1, 2)]
    return {
        "rows": float(sum(done.rows.values())),
        "seconds": moments[-1] - moments[0],
        "longest_ms": max(steps) * 1000,
    }


def copied(job: Job) -> dict[str, float]:
    """Copy the database while another connection commits without a pause; tell how long commits took."""
    over, waits = Event(), list[float]()
    path = f"{job.folder}/{DATABASE}"

    def write() -> None:
        with opened(path) as database:
            while not over.is_set():
                started = perf_counter()
                with database.writing() as connection:
                    connection.exec_driver_sql(
                        "INSERT INTO departures (at, reason) VALUES ('2026-11-26 09:00:00', 'other')"
                    )
                waits.append(perf_counter() - started)

    writer = Thread(target=write)
    writer.start()
    wait(2.0)
    alone = sorted(waits)
    waits.clear()
    with opened(path) as database:
        started = perf_counter()
        back_up(database, Path(job.folder, "copy.db"), now=now())
        seconds = perf_counter() - started
    over.set()
    writer.join()
    beside = sorted(waits)
    return {
        "seconds": seconds,
        "bytes": float(Path(job.folder, "copy.db").stat().st_size),
        "median_alone_ms": alone[len(alone) // 2] * 1000,
        "median_beside_ms": beside[len(beside) // 2] * 1000,
        "longest_alone_ms": alone[-1] * 1000,
        "longest_beside_ms": beside[-1] * 1000,
    }
