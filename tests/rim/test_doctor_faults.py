"""`vesicle doctor` against a loopback DNS, mail server and web server: each planted fault is named."""

import re
from pathlib import Path

import pytest
from tests.rim.doctoring import ROOT, Scene, ill
from tests.rim.planted import PLANTED

from vesicle.model.checkup import Health
from vesicle.pipeline.diagnose.rounds import exit_code


def test_a_healthy_site_has_no_warning_and_no_fault(scene: Scene) -> None:
    lines = scene.lines()
    assert [(line.code, line.text) for line in ill(lines)] == []
    assert exit_code(lines) == 0
    good = {line.code for line in lines if line.health is Health.GOOD}
    assert good >= {
        *("doctor.configuration", "doctor.key", "doctor.content", "doctor.database", "doctor.zones"),
        *("doctor.last-run", "doctor.source", "doctor.provider", "doctor.clock", "doctor.leaving"),
        *("doctor.mailbox", "doctor.channel", "doctor.smtp", "doctor.spf", "doctor.dkim", "doctor.dmarc"),
        *("doctor.sender-mx", "doctor.bounce-mx"),
    }
    assert [line.code for line in lines if line.health is Health.UNSEEN] == ["doctor.signed"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_named_with_its_mend_and_nothing_else_is(scene: Scene, name: str) -> None:
    planted = PLANTED[name]
    planted.plant(scene)
    lines = scene.lines()
    assert [line.code for line in ill(lines)] == [planted.code]
    assert planted.mend in ill(lines)[0].mend
    assert ill(lines)[0].why
    assert exit_code(lines) == planted.exit


TOGETHER = (
    *(
        "no source",
        "nobody reads bounces",
        "a short key",
        "a broken file",
        "old zones",
        "a webhook without its secret",
    ),
    *("a database that others read", "a database on a network", "a wrong password"),
    *("SPF for everybody", "a revoked key", "two of DMARC", "a sender who takes no mail"),
)


def test_faults_that_come_together_are_all_named_at_once(scene: Scene) -> None:
    for name in TOGETHER:
        PLANTED[name].plant(scene)
    lines = scene.lines()
    assert sorted(line.code for line in ill(lines)) == sorted(PLANTED[name].code for name in TOGETHER)
    for name in TOGETHER:
        assert any(PLANTED[name].mend in line.mend for line in ill(lines))
    assert exit_code(lines) == 2


def test_the_page_on_the_doctor_explains_every_code_of_a_fault() -> None:
    page = (ROOT / "docs" / "doctor.md").read_text()
    made = [
        code.removeprefix("doctor.")
        for path in (ROOT / "src" / "vesicle" / "pipeline" / "diagnose").glob("*.py")
        for code in re.findall(r'(?:fault|warning|away)\(\s*"(doctor\.[a-z-]+)"', path.read_text())
    ]
    named = {one.code.removeprefix("doctor.") for one in PLANTED.values() if one.code.startswith("doctor.")}
    assert len(made) > 20
    assert [code for code in sorted({*made, *named}) if code != "failed" and f"`{code}`" not in page] == []


def test_at_least_twenty_five_faults_are_planted() -> None:
    assert len({one.code for one in PLANTED.values()}) >= 25


# Channels that tell of themselves


def test_a_channel_tells_that_its_token_ends_soon(scene: Scene) -> None:
    scene.config["channels"]["birds"] = {"by": "tests.rim.birds:Channel", "days": 5}
    (line,) = ill(scene.lines())
    assert line.code == "birds.token-ends"
    assert "make a new one" in line.mend


def test_a_channel_that_is_away_hides_nothing_else(scene: Scene) -> None:
    scene.config["channels"]["birds"] = {"by": "tests.rim.birds:Channel", "days": 0}
    PLANTED["old zones"].plant(scene)
    lines = scene.lines()
    assert [line.code for line in ill(lines)] == ["doctor.tzdata-old", "doctor.failed"]
    assert exit_code(lines) == 3


def test_another_clock_can_be_named(scene: Scene) -> None:
    scene.config["sources"] = {}
    scene.names_clock = True
    PLANTED["a wrong clock"].plant(scene)
    assert [line.code for line in ill(scene.lines())] == ["doctor.no-source", "doctor.clock-off"]


def test_nothing_is_made_where_there_is_no_database_yet(scene: Scene) -> None:
    scene.spoil = Path.unlink
    lines = scene.lines()
    assert ill(lines) == []
    assert not list((scene.root / ".vesicle").glob("*.db"))
    assert {line.code for line in lines if line.health is Health.UNSEEN} == {
        *("doctor.database", "doctor.never-run", "doctor.signed")
    }
