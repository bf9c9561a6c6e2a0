"""The health file, and the command that reads it."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from vesicle.cli import main
from vesicle.model.pulse import Lane, Pulse
from vesicle.queue import health
from vesicle.queue.clock import now

MOMENTS = st.datetimes(timezones=st.just(UTC))
LANES = st.builds(
    Lane,
    last_look=st.none() | MOMENTS,
    open_slots=st.integers(min_value=0),
    next_slot=st.none() | MOMENTS,
)
PULSES = st.builds(
    Pulse,
    started=MOMENTS,
    every=st.integers(1, 86_400).map(lambda seconds: timedelta(seconds=seconds)),
    last_sign=MOMENTS,
    last_tick=st.none() | MOMENTS,
    last_good_tick=st.none() | MOMENTS,
    last_error=st.sampled_from(["", "TemporaryFailure"]),
    generation=st.integers(min_value=1),
    lanes=st.dictionaries(st.text(min_size=1), LANES, max_size=3),
)


def pulse(at: datetime, *, error: str = "") -> Pulse:
    lanes = {"conditioned-media": Lane(last_look=at, open_slots=1, next_slot=at)}
    return Pulse(started=at, every=timedelta(seconds=10), last_sign=at, last_error=error, lanes=lanes)


@given(PULSES)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, one: Pulse) -> None:
    path = tmp_path_factory.mktemp("site") / health.FILE
    health.write(path, one)
    assert health.read(path) == one


def test_the_file_is_for_its_owner_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / health.FILE
    before = os.umask(0)
    try:
        for _ in range(2):
            health.write(path, pulse(now()))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["health.json"]


def test_what_a_kill_left_behind_is_no_hindrance_and_a_link_is_not_followed(tmp_path: Path) -> None:
    path, victim = tmp_path / health.FILE, tmp_path / "victim"
    path.parent.mkdir()
    victim.write_text("mine")
    path.with_name(f".health.json.{os.getpid()}").symlink_to(victim)
    health.write(path, pulse(now()))
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"started": 3}', "\0" * 100, "null"])
def test_a_file_that_cannot_be_read_is_no_sign_of_life(tmp_path: Path, text: str) -> None:
    (tmp_path / "health.json").write_text(text)
    assert health.read(tmp_path / "health.json") is None


def test_where_the_folder_cannot_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / ".vesicle").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="File exists"):
        health.write(tmp_path / health.FILE, pulse(now()))


def asked(site: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["--site", str(site), "health", *options])


def test_the_command_says_that_it_is_alive(tmp_path: Path) -> None:
    health.write(tmp_path / health.FILE, pulse(now()))
    found = asked(tmp_path)
    assert (found.exit_code, found.output.startswith("Alive: ")) == (0, True)


def test_the_command_names_what_the_last_tick_ended_with(tmp_path: Path) -> None:
    health.write(tmp_path / health.FILE, pulse(now(), error="TemporaryFailure"))
    found = asked(tmp_path)
    assert found.exit_code == 0
    assert "TemporaryFailure" in found.output


@pytest.mark.parametrize("age", [timedelta(minutes=3), timedelta(hours=-2)])
def test_the_command_says_since_when_it_is_silent(tmp_path: Path, age: timedelta) -> None:
    health.write(tmp_path / health.FILE, pulse(now() - age))
    found = asked(tmp_path)
    assert (found.exit_code, found.output.startswith("Silent: ")) == (3, True)
    assert ("ahead" in found.output) is (age < timedelta())


def test_where_nothing_ever_ran_the_command_says_so(tmp_path: Path) -> None:
    found = asked(tmp_path)
    assert (found.exit_code, found.output.startswith("No `vesicle run`")) == (3, True)


def test_the_command_gives_json(tmp_path: Path) -> None:
    assert json.loads(asked(tmp_path, "--json").output) == {"alive": False}
    health.write(tmp_path / health.FILE, pulse(now()))
    found = json.loads(asked(tmp_path, "--json").output)
    assert found["alive"] is True
    assert found["lanes"]["conditioned-media"]["open_slots"] == 1
