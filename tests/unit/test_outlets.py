"""What channels take: the dated facts, and what a site changes of them."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from vesicle.model.checkup import Health
from vesicle.model.errors import UserError
from vesicle.model.limits import Frame, Length, Outlet, Unit
from vesicle.pipeline.diagnose.outlets import look
from vesicle.settings.outlets import FACTS, facts, outlet
from vesicle.settings.plugins import ChannelSettings

FILE = Path(__file__).resolve().parents[2] / "templates" / FACTS

CHANNELS = ("bluesky", "mastodon", "x", "threads", "linkedin", "facebook")
MORE = ("instagram", "pinterest", "telegram", "line", "whatsapp", "youtube")


@pytest.fixture
def templates() -> Mapping[str, str]:
    return {FACTS: FILE.read_text(encoding="utf-8")}


def made(templates: Mapping[str, str], name: str, **settings: object) -> Outlet:
    return outlet(name, ChannelSettings.model_validate(settings), facts(templates))


def test_each_of_the_twelve_channels_has_its_facts_with_their_day(templates: Mapping[str, str]) -> None:
    known = facts(templates)
    assert set(known) == {*CHANNELS, *MORE, "default"}
    assert all(limits.checked >= date(2026, 11, 22) and limits.lengths for limits in known.values())
    assert all(limits.price for name, limits in known.items() if name != "default")


def test_limits_are_those_that_were_read(templates: Mapping[str, str]) -> None:
    bluesky = made(templates, "bluesky").limits
    assert bluesky.lengths == (
        Length(most=300, unit=Unit.GRAPHEMES),
        Length(most=3000, unit=Unit.BYTES),
    )
    assert bluesky.frame == Frame(width=1600, height=900)
    assert made(templates, "instagram").limits.frame == Frame(width=1080, height=1350, format="jpeg")


@pytest.mark.parametrize(
    ("name", "settings", "kind"),
    [
        ("mastodon", {}, "mastodon"),
        ("mastodon_th", {"by": "mastodon"}, "mastodon"),
        ("x", {"by": "export"}, "x"),
        ("carrier-pigeon", {"by": "export"}, "default"),
    ],
)
def test_a_channel_takes_what_its_name_or_its_plugin_says(
    templates: Mapping[str, str], name: str, settings: Mapping[str, object], kind: str
) -> None:
    assert made(templates, name, **settings).kind == kind


def test_a_site_can_change_the_length_and_leave_out_the_card(templates: Mapping[str, str]) -> None:
    changed = made(templates, "mastodon", longest="5000", card=False).limits
    assert (changed.lengths[0].most, changed.lengths[0].unit, changed.frame) == (5000, Unit.MASTODON, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = ", "Invalid value"),
        ("[x]\nlengths = []", "x.checked"),
        ('[x]\nchecked = 2026-11-22\nlengths = [{ most = 9, unit = "miles" }]', "x.lengths.0.unit"),
        ("[x]\nchecked = 2026-11-22\nlengths = []", "no table [default]"),
    ],
)
def test_facts_that_cannot_be_read_are_told_with_their_file(text: str, said: str) -> None:
    with pytest.raises(UserError, match="limits of channels cannot be read") as caught:
        facts({FACTS: text})
    (problem,) = caught.value.problems
    assert said in problem.text
    assert problem.where.file == "templates/social/channels.toml"


def test_the_doctor_says_when_the_facts_were_read_and_warns_when_that_is_long_ago(
    templates: Mapping[str, str],
) -> None:
    x = made(templates, "x")
    (line,) = look([x], today=x.limits.checked + timedelta(days=365))
    assert line.health is Health.GOOD
    assert "2026-11-22" in line.text
    assert "$0.200" in line.text
    (line,) = look([x], today=x.limits.checked + timedelta(days=366))
    assert line.health is Health.WARNING
