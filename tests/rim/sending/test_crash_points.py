"""A sample of the crash points that `bench/kills.py` looks at one by one: the matrix's rows 2, 10 and 11."""

from collections.abc import Iterator
from itertools import islice

import pytest
from tests.rim.sending.crash import KILL, Found, Point, explore, has_strace, table
from tests.rim.sending.scene import Scene

pytestmark = [pytest.mark.live, pytest.mark.skipif(not has_strace(), reason="strace is not installed")]

PEOPLE = 10
FROM_START, FROM_GATE = False, True


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Scene(tmp_path_factory.mktemp("crash"), people=PEOPLE) as one:
        yield one


@pytest.mark.long
@pytest.mark.parametrize("at_gate", [FROM_START, FROM_GATE])
@pytest.mark.parametrize("call", ["sendto", "recvfrom", "fsync", "pwrite64"])
def test_row_02_killed_at_a_system_call_nothing_is_lost_and_nothing_sent_twice(
    scene: Scene, call: str, at_gate: bool
) -> None:
    point = Point(call=call, fault=KILL, when=1, at_gate=at_gate)
    found = list(explore(scene, point, step=13))
    judge(found)
    assert {one.code for one in found} == {-9}


def test_row_02_killed_at_its_start_a_sender_leaves_nothing_to_be_done_by_hand(scene: Scene) -> None:
    judge(list(islice(explore(scene, Point(call="pwrite64", fault=KILL, when=1)), 16)))


@pytest.mark.long
@pytest.mark.parametrize("lasts", [False, True])
@pytest.mark.parametrize(("call", "fault"), [("pwrite64", "ENOSPC"), ("fsync", "ENOSPC")])
def test_row_10_no_dot_leaves_while_the_disk_is_full_and_the_send_goes_on_afterwards(
    scene: Scene, call: str, fault: str, lasts: bool
) -> None:
    point = Point(call=call, fault=f"error={fault}", when=1, at_gate=True, lasts=lasts)
    judge(list(explore(scene, point, step=13)))


@pytest.mark.long
@pytest.mark.parametrize("fault", ["EIO", "ENOSPC"])
def test_row_10_a_disk_that_fails_at_the_start_is_named(scene: Scene, fault: str) -> None:
    judge(list(islice(explore(scene, Point(call="pwrite64", fault=f"error={fault}", when=1)), 16)))


@pytest.mark.long
@pytest.mark.parametrize("lasts", [False, True])
@pytest.mark.parametrize("call", ["pwrite64", "fsync"])
def test_row_11_a_disk_that_fails_stops_the_sender_and_loses_nobody(
    scene: Scene, call: str, lasts: bool
) -> None:
    point = Point(call=call, fault="error=EIO", when=2, at_gate=True, lasts=lasts)
    found = list(explore(scene, point, step=13))
    judge(found)
    assert 0 not in {one.code for one in found}


def judge(found: list[Found]) -> None:
    assert found
    assert [one for one in found if one.violations] == [], table(found)
    assert all(one.summary.duplicates == one.summary.lost == 0 for one in found), table(found)
    assert [one.point for one in found if one.is_fault] == []
