"""Lines of the log, for people and for programs."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.delivery import State
from vesicle.text.happening import Happening, parsed

AT = datetime(2026, 11, 26, 2, 0, 0, 123456, tzinfo=UTC)


def test_the_template_names_event_and_facts() -> None:
    assert parsed("readers.refused limit=%s asks=%d", ("network", 5)) == (
        "readers.refused",
        {"limit": "network", "asks": 5},
    )
    assert parsed("deliver.%s channel=%s", (State.SENT, "email")) == ("deliver.sent", {"channel": "email"})
    assert parsed("run.failed", ()) == ("run.failed", {})


def test_a_template_of_another_form_is_none_of_ours() -> None:
    assert parsed("Started server process [%d]", (1,)) is None
    assert parsed("run.failed error=%s", ()) is None
    assert parsed("run.failed because of %s", ("x",)) is None
    assert parsed("failed error=%s", ("x",)) is None


def test_a_line_of_text_can_be_taken_apart_again() -> None:
    facts = {"error": 'No "space" left = full', "asks": 5, "empty": "", "none": None}
    line = Happening(at=AT, level="warning", event="run.failed", facts=facts).as_text()
    assert line == 'run.failed error="No \\"space\\" left = full" asks=5 empty="" none=None'


def test_a_line_break_in_a_fact_makes_no_line_of_its_own() -> None:
    one = Happening(at=AT, level="info", event="a.b", facts={"error": "x\nrun.fine all=well"})
    assert len(one.as_text().splitlines()) == 1
    assert len(one.as_json().splitlines()) == 1


def test_a_trace_stands_below_its_line() -> None:
    one = Happening(at=AT, level="error", event="run.failed", trace="Traceback:\n  x")
    assert one.as_text() == "run.failed\n  Traceback:\n    x"
    assert json.loads(one.as_json())["trace"] == "Traceback:\n  x"


@given(st.dictionaries(st.text(max_size=9), st.one_of(st.none(), st.booleans(), st.integers(), st.text())))
def test_json_says_when_how_grave_and_what_whatever_the_facts_are_called(facts: dict[str, object]) -> None:
    found = json.loads(Happening(at=AT, level="info", event="a.b", facts=facts).as_json())
    assert found == {**facts, "at": "2026-11-26T02:00:00.123Z", "level": "info", "event": "a.b"}
