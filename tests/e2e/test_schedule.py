"""What is due when, and the posts that wait, as a person sees them."""

import json
from datetime import timedelta

import pytest
from icalendar import Calendar
from tests.e2e.conftest import ISSUE, SAMPLE, Site, ago

from vesicle.queue.clock import now


def with_slots(site: Site) -> None:
    site.edit("config.yaml", "bluesky: {by: export}", "bluesky: {by: export, when: every day at 10:00}")


def sent(site: Site) -> None:
    """Send the issue, whose posts for Bluesky then wait."""
    with_slots(site)
    site.ok("approve", ISSUE, "--by", "An editor")
    site.ok("run", "--once")


def test_the_slots_to_come_are_shown_with_what_they_would_do(site: Site) -> None:
    with_slots(site)
    site.edit(f"content/issues/{ISSUE}.md", f"due: {ago(hours=1)}"[:15], "due: 2020-11-26"[:15])
    found = json.loads(site.ok("schedule", "--days", "8", "--json"))
    jobs = {(one["job"], one["about"]) for one in found}
    assert {("issue", "conditioned-media"), ("post", "bluesky"), ("follow-up", "")} <= jobs
    (issue, *_) = [one for one in found if one["job"] == "issue"]
    assert issue["note"] == "there is no issue for it yet"
    assert issue["local"].endswith("T09:00:00+07:00")


def test_an_issue_says_why_it_would_not_go_out(site: Site) -> None:
    later = (now() + timedelta(days=2)).strftime("%Y-%m-%d")
    text = site.issue.read_text()
    due = next(line for line in text.splitlines() if line.startswith("due: "))
    site.issue.write_text(text.replace(due, f"due: {later} 09:00"))
    shown = site.ok("schedule", "--days", "5")
    assert f"send the issue {ISSUE}" in shown
    assert "not approved" in shown
    assert "Asia/Bangkok" in shown


@pytest.mark.long
def test_other_programs_read_it_as_a_calendar(site: Site) -> None:
    with_slots(site)
    site.ok("schedule", "--days", "3", "--ics", "public.ics")
    calendar = Calendar.from_ical((site.root / "public.ics").read_bytes())
    events = list(calendar.walk("VEVENT"))
    assert str(events[0]["uid"]).endswith("@conditioned-media.example")
    assert any("publish the next post" in str(one["summary"]) for one in events)
    assert site.ok("schedule", "--days", "3", "--ics", "-").count("BEGIN:VEVENT") == len(events)


def test_an_editor_without_a_key_or_a_database_sees_it_too_and_makes_none(site: Site) -> None:
    done = site.run("schedule", "--days", "9", env={"VESICLE_KEY": ""})
    assert (done.code, "send the issue" in done.out) == (0, True)
    assert not (site.root / ".vesicle").exists()


@pytest.mark.long
def test_posts_wait_for_their_slots_and_can_be_moved_pinned_and_held(site: Site) -> None:
    sent(site)
    assert not (site.root / "outbox" / "bluesky").exists()
    waiting = [one["post"] for one in json.loads(site.ok("posts", "--channel", "bluesky", "--json"))]
    assert len(waiting) == 5
    first, second, *_ = waiting
    site.ok("posts", "move", second, "--before", first)
    site.ok("posts", "pin", first, "--at", f"{now() + timedelta(days=3):%Y-%m-%d} 15:00")
    site.ok("hold", waiting[-1])
    found = {
        one["post"]: one["goes_out"] for one in json.loads(site.ok("posts", "--channel", "bluesky", "--json"))
    }
    assert next(iter(found)) == second
    assert found[first].endswith("15:00 Asia/Bangkok")
    assert found[waiting[-1]] == "held"
    site.ok("posts", "pin", first, "--none")
    assert "in its turn" in site.ok("posts", "--channel", "bluesky")


@pytest.mark.long
def test_a_wrong_word_about_posts_is_told_with_what_there_is(site: Site) -> None:
    sent(site)
    assert "no post called 'x/y/bluesky' waits" in site.run("posts", "move", "x/y/bluesky", "--last").err
    done = site.run("posts", "pin", f"{ISSUE}/what-a-secretome-is/bluesky", "--at", "2020-01-01 10:00")
    assert (done.code, "has passed" in done.err) == (2, True)
    assert "no channel of posts called 'y' in config.yaml" in site.run("posts", "--channel", "y").err


def test_a_site_where_nothing_waits_says_so(site: Site) -> None:
    assert site.ok("posts") == "No post waits.\n"
    assert site.ok("posts", "out") == "No post went out.\n"
    assert SAMPLE not in site.ok("schedule", "--days", "1")
