"""`vesicle post`, as a person uses it."""

import json

import pytest
from tests.e2e.conftest import ISSUE, Site
from tests.rim.daemon.daemon import READY, Daemon
from tests.rim.social.botapi import CHAT, TOKEN, BotApi

from vesicle.testing.apiserver import ApiServer, Fault, Kind

ITEM = "what-a-secretome-is"


def test_a_dry_run_shows_texts_lengths_cards_and_what_would_be_asked_and_asks_nothing(site: Site) -> None:
    shown = site.ok("post", ITEM, "--dry-run")
    assert "152 of 300 graphemes, 154 of 3,000 bytes" in shown
    assert "of 500 characters, each URL as 23" in shown
    assert "    A secretome is the whole set of molecules" in shown
    (card,) = {line.split()[1].rstrip(",") for line in shown.splitlines() if line.startswith("  card ")}
    assert (site.root / card).read_bytes().startswith(b"\x89PNG")
    assert "  alt   What a secretome is. " in shown
    assert f"outbox/bluesky/{ITEM}.en" in shown
    assert not (site.root / "outbox").exists()
    assert site.ok("posts") == "No post waits.\n"


def test_cards_alone_are_drawn_and_named_with_their_channels(site: Site) -> None:
    site.edit("config.yaml", "instagram: {by: export, enabled: false}", "instagram: {by: export}")
    lines = site.ok("post", ITEM, "--card-only").splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == [
        "1600 × 900  bluesky, mastodon",
        "1080 × 1350  instagram",
    ]
    assert all((site.root / line.split("  ")[0]).is_file() for line in lines)


def test_other_programs_read_what_would_go_out(site: Site) -> None:
    first, second = json.loads(site.ok("post", ITEM, "--json"))
    assert (first["channel"], second["channel"]) == ("bluesky", "mastodon")
    assert first["lengths"][0][0] == {"unit": "graphemes", "count": 152, "most": 300}
    assert first["links"][0]["url"] == "https://pmc.ncbi.nlm.nih.gov/articles/PMC7666064/"
    assert first["pictures"][0]["alt"].startswith("What a secretome is")


def test_an_item_goes_out_once_and_again_when_that_is_said(site: Site) -> None:
    asked = ("post", ITEM, "--channel", "bluesky")
    assert "Nothing was published. To publish: the same command with --expect 1" in site.ok(*asked)
    wrong = site.run(*asked, "--expect", "2")
    assert (wrong.code, "it is 1 post, not 2" in wrong.err) == (2, True)
    assert "1 unknown; see `vesicle posts`" in site.ok(*asked, "--expect", "1")
    (waiting,) = json.loads(site.ok("posts", "--json"))
    assert waiting["post"].startswith("by-hand-")
    assert f"outbox/bluesky/{ITEM}.en/index.html" in waiting["text"]
    held = site.run(*asked, "--expect", "1", "--again")
    assert (held.code, "nobody knows whether by-hand-" in held.out) == (1, True)
    site.ok("post", "--confirm", waiting["post"])
    held = site.run(*asked, "--expect", "1")
    assert (held.code, "`--again` posts it once more" in held.out) == (1, True)
    assert "1 unknown" in site.ok(*asked, "--expect", "1", "--again")


@pytest.mark.long
def test_the_post_of_an_issue_that_waits_goes_out_instead_of_a_second_one(site: Site) -> None:
    site.edit("config.yaml", "bluesky: {by: export}", "bluesky: {by: export, when: every day at 10:00}")
    site.ok("approve", ISSUE, "--by", "An editor")
    site.ok("run", "--once")
    site.ok("post", ITEM, "--channel", "bluesky", "--expect", "1")
    found = json.loads(site.ok("posts", "--channel", "bluesky", "--json"))
    assert [one["goes_out"] for one in found if f"/{ITEM}/" in one["post"]] == ["unknown"]
    assert [one["post"] for one in found if one["goes_out"] == "unknown"] == [f"{ISSUE}/{ITEM}/bluesky"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("post",), "name an ITEM, or a post with --confirm"),
        (("post", "no-such-item"), "there is no item called 'no-such-item' in en"),
        (("post", ITEM, "--lang", "fa"), f"there is no item called '{ITEM}' in fa"),
        (("post", ITEM, "--channel", "pigeon"), "no channel of posts called 'pigeon' in config.yaml"),
        (("post", "--confirm", "nothing"), "nothing called 'nothing' was frozen"),
    ],
)
def test_a_wrong_word_is_told_with_its_mend(site: Site, words: tuple[str, ...], said: str) -> None:
    done = site.run(*words)
    assert done.code == 2
    assert said in done.err


def test_a_translation_is_posted_in_its_own_language(site: Site) -> None:
    assert "ซีครีโทม" in site.ok("post", ITEM, "--lang", "th", "--dry-run")


def test_what_a_channel_would_refuse_is_told_with_its_line_and_keeps_it_from_going_out(site: Site) -> None:
    file = f"content/explainers/{ITEM}.md"
    site.edit(file, "status: ready", "status: draft\nsocial:\n  mastodon: " + "x" * 600)
    line = (site.root / file).read_text().splitlines().index("social:") + 1
    done = site.run("post", ITEM, "--channel", "mastodon", "--expect", "1")
    assert done.code == 1
    assert f"{line}:1  error    the post for mastodon has" in done.err
    assert "characters, each URL as 23, more than 500" in done.err
    assert "the item is draft" in done.err
    assert "post.too-long" in site.run("check").err
    assert not (site.root / "outbox").exists()


def test_a_character_that_no_font_has_is_named_by_check(site: Site) -> None:
    site.edit(f"content/explainers/{ITEM}.md", "title: What", "title: 🧫 What")
    assert "no font of the cards has 🧫 (U+1F9EB)" in site.run("check").err
    done = site.run("post", ITEM, "--card-only")
    assert (done.code, "no font of the cards has 🧫 (U+1F9EB)" in done.err) == (1, True)


def test_a_channel_with_an_api_is_asked_once_whatever_is_typed_again(site: Site) -> None:
    api = BotApi()
    with ApiServer(api) as server:
        config = f"telegram: {{chat: '{CHAT}', token: env:BOT, base: '{server.url}'}}"
        site.edit("config.yaml", "telegram: {by: export, enabled: false}", config)
        asked = ("post", ITEM, "--channel", "telegram")
        secret = {"BOT": TOKEN}
        dry = site.run(*asked, "--dry-run", env=secret)
        assert f"POST {server.url}/bot<token>/sendPhoto" in dry.out
        assert server.asked == []
        for _ in range(2):
            done = site.run(*asked, "--expect", "1", env=secret)
            assert TOKEN not in done.out + done.err
        assert (done.code, len(api.posted), api.problems) == (1, 1, [])
        assert api.posted[0]["photo"].startswith(b"\x89PNG")
        (out,) = json.loads(site.ok("posts", "out", "--json"))
        assert out["where"].startswith("https://t.me/")


@pytest.mark.long
def test_a_lost_answer_is_named_and_nothing_goes_out_again_by_itself(site: Site) -> None:
    api = BotApi()
    with ApiServer(api) as server:
        config = f"telegram: {{chat: '{CHAT}', token: env:BOT, base: '{server.url}'}}"
        site.edit("config.yaml", "telegram: {by: export, enabled: false}", config)
        server.faults = [Fault(where="/sendPhoto", kind=Kind.LOST)]
        asked = ("post", ITEM, "--channel", "telegram", "--expect", "1")
        assert "1 unknown" in site.run(*asked, env={"BOT": TOKEN}).out
        assert "nobody knows whether" in site.run(*asked, env={"BOT": TOKEN}).out
        assert len(api.posted) == 1
        (post,) = json.loads(site.ok("posts", "--json"))
        site.ok("deliveries", post["post"], "--resume-unknown", "resend")
        assert "1 sent" in site.run(*asked, env={"BOT": TOKEN}).out
        assert len(api.posted) == 2  # a person said so


@pytest.mark.long
def test_a_channel_whose_token_is_not_known_says_so_and_the_post_stays_owed(site: Site) -> None:
    with ApiServer(BotApi()) as server:
        config = f"telegram: {{chat: '{CHAT}', token: env:BOT, base: '{server.url}'}}"
        site.edit("config.yaml", "telegram: {by: export, enabled: false}", config)
        asked = ("post", ITEM, "--channel", "telegram", "--expect", "1")
        done = site.run(*asked, env={"BOT": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDother"})
        assert (done.code, "give the token that @BotFather shows" in done.out) == (3, True)
        assert "1 sent" in site.run(*asked, env={"BOT": TOKEN}).out


def test_where_the_daemon_runs_it_publishes_what_a_person_asks_for(site: Site) -> None:
    api = BotApi()
    with ApiServer(api) as server:
        config = f"telegram: {{chat: '{CHAT}', token: env:BOT, base: '{server.url}'}}"
        site.edit("config.yaml", "telegram: {by: export, enabled: false}", config)
        with Daemon(site.root, environ={**site.environ, "BOT": TOKEN}) as daemon:
            daemon.until(READY)
            asked = ("post", ITEM, "--channel", "telegram", "--expect", "1")
            assert "`vesicle run` publishes it within a minute" in site.run(*asked, env={"BOT": TOKEN}).out
            daemon.until("1 sent")
            assert daemon.stop() == 0
    assert len(api.posted) == 1
