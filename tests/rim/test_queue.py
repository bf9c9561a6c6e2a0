import itertools
import threading
from pathlib import Path

import pytest

from vesicle.model.errors import TemporaryFailure
from vesicle.queue.clock import now, tick_until
from vesicle.queue.lock import sole_importer, sole_sender
from vesicle.queue.randomness import growing_id


def test_the_first_tick_comes_at_once_and_the_next_after_the_interval() -> None:
    stop, ticks = threading.Event(), []

    def tick() -> None:
        ticks.append(now())
        if len(ticks) == 3:
            stop.set()

    start = now()
    tick_until(stop, tick, seconds=1)
    assert (ticks[0] - start).total_seconds() < 0.9
    assert [0.9 < (later - earlier).total_seconds() < 5 for earlier, later in itertools.pairwise(ticks)] == [
        True,
        True,
    ]


def test_nothing_ticks_after_the_stop() -> None:
    stop, ticks = threading.Event(), []
    stop.set()
    tick_until(stop, lambda: ticks.append(now()), seconds=1)
    assert len(ticks) <= 1


def test_one_sender_at_a_time_for_a_database(tmp_path: Path) -> None:
    database = tmp_path / "new" / "vesicle.db"
    with sole_sender(database):
        with pytest.raises(TemporaryFailure, match="another vesicle"), sole_sender(database):
            raise AssertionError("a second sender came in")
        with sole_sender(tmp_path / "other.db"):
            pass
    with sole_sender(database):
        pass


def test_one_import_at_a_time_into_a_database_also_while_it_sends(tmp_path: Path) -> None:
    database = tmp_path / "vesicle.db"
    with (
        sole_sender(database),
        sole_importer(database),
        pytest.raises(TemporaryFailure, match="another import"),
        sole_importer(database),
    ):
        raise AssertionError("a second import came in")
    with sole_importer(database):
        pass


def test_ids_of_one_kind_grow_from_one_millisecond_to_the_next_and_cannot_be_guessed() -> None:
    ids = [growing_id() for _ in range(2000)]
    assert all(len(one) == 32 and bytes.fromhex(one) for one in ids)
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)
    assert len({one[12:] for one in ids}) == len(ids)
