from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from socket import socketpair
from threading import Event, get_ident
from time import monotonic

import pytest

from vesicle.deliver.email.strands import READ, Loop, Task, elsewhere, kept, strand

SECONDS = 20.0


def finished(loop: Loop, *tasks: Task) -> None:
    """Wait until all *tasks* are done."""
    until = monotonic() + SECONDS
    while not all(task.is_done for task in tasks):
        loop.ended.clear()
        assert monotonic() < until
        if not all(task.is_done for task in tasks):
            loop.ended.wait(0.1)
    loop.close()


def test_strands_take_turns_in_one_thread_that_is_not_ours() -> None:
    loop, said, first = Loop(), list[str](), Future[int]()

    def one() -> None:
        said.append("one waits")
        said.append(f"one got {kept(first)}")

    def two() -> None:
        said.append("two goes on meanwhile")
        first.set_result(7)

    threads = set[int]()

    def noted(work: Callable[[], None]) -> None:
        threads.add(get_ident())
        work()

    finished(loop, *(loop.spawn(partial(noted, work)) for work in (one, two)))
    assert said == ["one waits", "two goes on meanwhile", "one got 7"]
    assert len(threads) == 1
    assert get_ident() not in threads


def test_an_answer_from_another_thread_wakes_the_strand() -> None:
    loop, pledge, waits, got = Loop(), Future[str](), Event(), list[str]()

    def work() -> None:
        waits.set()
        got.append(kept(pledge))

    task = loop.spawn(work)
    assert waits.wait(SECONDS)
    pledge.set_result("the answer")
    finished(loop, task)
    assert got == ["the answer"]


def test_what_came_instead_of_an_answer_is_raised_and_told_of_the_strand() -> None:
    loop, pledge = Loop(), Future[str]()
    task = loop.spawn(lambda: kept(pledge))
    pledge.set_exception(ValueError("the disk is full"))
    finished(loop, task)
    assert isinstance(task.error, ValueError)


def test_one_strand_that_fails_leaves_the_others() -> None:
    loop, done = Loop(), list[int]()
    tasks = [loop.spawn(lambda: done.append(1 // 0)), loop.spawn(lambda: done.append(1))]
    finished(loop, *tasks)
    assert isinstance(tasks[0].error, ZeroDivisionError)
    assert (tasks[1].error, done) == (None, [1])


def test_a_strand_waits_for_a_socket_and_no_longer_than_it_says() -> None:
    loop, seen = Loop(), list[bytes]()
    ours, theirs = socketpair()
    silent, _other = socketpair()

    def reads() -> None:
        running = strand()
        assert running
        running.ready(theirs, READ, monotonic() + SECONDS)
        seen.append(theirs.recv(10))

    def times_out() -> None:
        running, start = strand(), monotonic()
        assert running
        running.ready(silent, READ, start + 0.1)
        seen.append(b"timed out" if monotonic() - start < SECONDS / 2 else b"too late")
        ours.send(b"now")

    finished(loop, loop.spawn(reads), loop.spawn(times_out))
    assert seen == [b"timed out", b"now"]
    for one in (ours, theirs, silent, _other):
        one.close()


def test_what_waits_by_itself_runs_elsewhere_while_others_go_on() -> None:
    loop, gate, said = Loop(), Event(), list[str]()

    def blocks() -> None:
        assert elsewhere(lambda: gate.wait(SECONDS))
        said.append("came back")

    def opens() -> None:
        said.append("goes on")
        gate.set()

    finished(loop, loop.spawn(blocks), loop.spawn(opens))
    assert said == ["goes on", "came back"]


def test_what_fails_elsewhere_fails_here() -> None:
    def fail() -> None:
        raise TimeoutError("nobody there")

    loop = Loop()
    task = loop.spawn(lambda: elsewhere(fail))
    finished(loop, task)
    assert isinstance(task.error, TimeoutError)


def test_outside_of_a_loop_everything_just_waits() -> None:
    pledge = Future[int]()
    pledge.set_result(3)
    assert (kept(pledge), elsewhere(lambda: 4), strand()) == (3, 4, None)


@pytest.mark.parametrize("count", [1, 200])
def test_a_strand_may_be_called_before_it_parks_and_more_than_once(count: int) -> None:
    loop, turns = Loop(), list[int]()

    def work() -> None:
        running = strand()
        assert running
        for turn in range(count):
            running.unpark()
            running.unpark()
            running.park(monotonic() + SECONDS)
            turns.append(turn)

    finished(loop, loop.spawn(work))
    assert turns == list(range(count))
