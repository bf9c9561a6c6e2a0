from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from vesicle.model.errors import ContentError
from vesicle.model.item import Item, Kind, PaperReference, Snippet
from vesicle.model.limits import Frame, Length, Limits, Outlet, Unit
from vesicle.model.message import Link, Message
from vesicle.model.problem import Place
from vesicle.render.social import Press, post

WHERE = Place(file="content/findings/moss.md")
SITE = "https://notes.example.org"
LABEL = "Evidence: peer-reviewed · animal study · in animals · 24 rats"


def limits(*, most: int = 300, threads: bool = False, short: bool = False, alt: int | None = None) -> Limits:
    return Limits(
        lengths=(Length(most=most, unit=Unit.GRAPHEMES),),
        checked=date(2026, 11, 22),
        has_threads=threads,
        shows_short_links=short,
        most_alt=alt,
        frame=Frame(width=1600, height=900),
    )


def posted(
    item: Item, templates: Mapping[str, str], channel: str = "bluesky", made: Outlet | None = None
) -> Message:
    press = Press(templates=templates, papers={}, site_name="Notes", site_url=SITE)
    return post(item, made or Outlet(name=channel, kind=channel, limits=limits()), press)


def test_post_is_summary_label_link_and_tag(finding: Item, templates: Mapping[str, str]) -> None:
    message = posted(finding, templates)
    assert message.text == (
        f"Rats on moss slept longer.\n\n{LABEL}\n\nhttps://doi.org/10.5555/moss.1\n\n#MoonMoss"
    )
    assert (message.channel, message.slug, message.lang) == ("bluesky", "moss", "en")
    assert message.subject == "Moss and sleep"
    assert message.html == ""
    assert message.links == (
        Link(url="https://doi.org/10.5555/moss.1", text="https://doi.org/10.5555/moss.1"),
    )


@pytest.mark.parametrize("channel", ["bluesky", "linkedin", "line", "x"])
def test_own_wording_wins_but_label_and_link_stay(
    channel: str, finding: Item, templates: Mapping[str, str]
) -> None:
    text = posted(replace(finding, social={channel: "My own words."}), templates, channel).text
    assert text.startswith("My own words.\n\n" + LABEL)
    assert "https://doi.org/10.5555/moss.1" in text
    assert "slept longer" not in text


def test_own_wording_of_another_channel_is_not_taken(finding: Item, templates: Mapping[str, str]) -> None:
    assert "Mine" not in posted(replace(finding, social={"x": "Mine"}), templates).text


def test_a_link_in_own_wording_is_not_repeated(finding: Item, templates: Mapping[str, str]) -> None:
    own = "See https://doi.org/10.5555/moss.1."
    message = posted(replace(finding, social={"bluesky": own}), templates)
    assert message.text.count("https://") == 1
    assert [link.url for link in message.links] == ["https://doi.org/10.5555/moss.1"]


def test_a_channel_without_a_template_gets_the_default(finding: Item, templates: Mapping[str, str]) -> None:
    message = posted(finding, templates, "carrier-pigeon")
    assert message.text.endswith("https://doi.org/10.5555/moss.1")
    assert message.channel == "carrier-pigeon"


def test_brackets_of_a_doi_belong_to_its_link(finding: Item, templates: Mapping[str, str]) -> None:
    item = replace(finding, paper=PaperReference(doi="10.1016/S0140-6736(20)30183-5"))
    assert posted(item, templates).links[0].url == "https://doi.org/10.1016/S0140-6736(20)30183-5"
    own = replace(finding, social={"bluesky": "Moss (https://a.example/b)!"})
    assert posted(own, templates).links[0].url == "https://a.example/b"


def test_a_paper_without_address_leads_to_the_site(finding: Item, templates: Mapping[str, str]) -> None:
    item = replace(finding, paper=PaperReference(title="T", journal="J", year=2026))
    assert [link.url for link in posted(item, templates).links] == [SITE]


def test_an_explainer_is_quoted_with_its_source(finding: Item, templates: Mapping[str, str]) -> None:
    snippets = (Snippet(text="Moss is a plant.", source="PMID 123", where=WHERE),)
    item = replace(finding, kind=Kind.EXPLAINER, paper=None, evidence=None, snippets=snippets)
    text = posted(item, templates).text
    assert text == "Moss is a plant.\n\nhttps://pubmed.ncbi.nlm.nih.gov/123/\n\n#MoonMoss"


def test_a_finding_without_evidence_says_so(finding: Item, templates: Mapping[str, str]) -> None:
    assert "type of evidence not stated" in posted(replace(finding, evidence=None), templates).text


def test_words_are_those_of_the_item(finding: Item, templates: Mapping[str, str]) -> None:
    assert "หลักฐาน: ผ่านการประเมิน" in posted(replace(finding, lang="th"), templates).text


def test_the_card_comes_with_an_alt_text_that_says_what_is_on_it(
    finding: Item, templates: Mapping[str, str]
) -> None:
    (picture,) = posted(finding, templates).pictures
    assert picture.card is not None
    assert picture.src == picture.card.name
    assert "Moss and sleep" in str(picture.alt)
    assert "Moss and sleep" in picture.card.words
    brief = Outlet(name="b", limits=limits(alt=20))
    assert posted(finding, templates, made=brief).pictures[0].alt == "Moss and sleep"


def test_a_channel_that_wants_no_picture_gets_none(finding: Item, templates: Mapping[str, str]) -> None:
    made = Outlet(name="birds", limits=replace(limits(), frame=None))
    assert posted(finding, templates, made=made).pictures == ()


def test_a_link_is_shown_short_and_leads_to_the_whole_address(
    finding: Item, templates: Mapping[str, str]
) -> None:
    own = "See https://doi.org/10.5555/a-very-long-suffix-of-moss and https://a.example/b."
    item = replace(finding, social={"bluesky": own}, paper=PaperReference(doi="10.5555/moss.1"))
    message = posted(item, templates, made=Outlet(name="bluesky", kind="bluesky", limits=limits(short=True)))
    assert "https://" not in message.text
    assert {link.text: link.url for link in message.links} == {
        "doi.org/10.5555/a-very-long-suf…": "https://doi.org/10.5555/a-very-long-suffix-of-moss",
        "a.example/b": "https://a.example/b",
        "doi.org/10.5555/moss.1": "https://doi.org/10.5555/moss.1",
    }
    assert all(link.text in message.text for link in message.links)


def test_two_links_that_would_look_alike_are_shown_whole(finding: Item, templates: Mapping[str, str]) -> None:
    urls = [f"https://a.example/a-path-that-goes-on-and-on/{name}" for name in ("one", "two")]
    item = replace(finding, social={"bluesky": " ".join(urls)})
    message = posted(item, templates, made=Outlet(name="bluesky", limits=limits(short=True)))
    assert all(url in message.text for url in urls)


def test_links_to_the_site_are_marked_and_links_to_papers_never(
    finding: Item, templates: Mapping[str, str]
) -> None:
    made = Outlet(name="birds", limits=limits(), campaign="autumn")
    nowhere = replace(finding, paper=PaperReference(title="T", journal="J", year=2026))
    (link,) = posted(nowhere, templates, made=made).links
    assert link.url == f"{SITE}?utm_source=birds&utm_medium=social&utm_campaign=autumn"
    (link,) = posted(finding, templates, made=made).links
    assert link.url == "https://doi.org/10.5555/moss.1"


def test_a_long_text_becomes_a_thread_where_there_are_threads_and_stays_whole_elsewhere(
    finding: Item, templates: Mapping[str, str]
) -> None:
    item = replace(finding, summary=" ".join(f"Sentence {number} is about moss." for number in range(20)))
    message = posted(item, templates, made=Outlet(name="birds", limits=limits(threads=True)))
    assert len(message.parts) >= 2
    assert message.parts[0].startswith(LABEL)
    assert message.text.count(LABEL) == 1
    assert all(part.endswith(f"{n}/{len(message.parts)}") for n, part in enumerate(message.parts, start=1))
    assert all(f"Sentence {number} is" in message.text for number in range(20))
    alone = posted(item, templates, made=Outlet(name="birds", limits=limits()))
    assert alone.texts == (alone.text,)
    assert len(alone.text) > 300


def test_an_author_can_break_a_thread_and_elsewhere_the_line_is_left_out(
    finding: Item, templates: Mapping[str, str]
) -> None:
    item = replace(finding, social={"birds": "First.\n\n---\n\nSecond."})
    message = posted(item, templates, made=Outlet(name="birds", limits=limits(threads=True)))
    first, second = message.parts
    assert first == f"{LABEL}\nFirst.\n1/2"
    assert second.startswith("Second.")
    alone = posted(item, templates, made=Outlet(name="birds", limits=limits()))
    assert alone.text.startswith("First.\n\nSecond.")


def test_a_second_account_has_the_words_of_its_kind(finding: Item, templates: Mapping[str, str]) -> None:
    item = replace(finding, social={"mastodon": "Of the kind."})
    made = Outlet(name="mastodon_th", kind="mastodon", limits=limits())
    assert posted(item, templates, made=made).text.startswith("Of the kind.")
    item = replace(finding, social={"mastodon": "Of the kind.", "mastodon_th": "Of its own."})
    assert posted(item, templates, made=made).text.startswith("Of its own.")


def test_text_is_not_escaped(finding: Item, templates: Mapping[str, str]) -> None:
    assert "p < 0.05 & more" in posted(replace(finding, summary="p < 0.05 & more"), templates).text


def test_a_broken_template_is_named(finding: Item, templates: Mapping[str, str]) -> None:
    with pytest.raises(ContentError, match=r"templates/social/x\.txt\.j2:2"):
        posted(finding, {**templates, "social/x.txt.j2": "a\n{{ nobody }}"}, "x")
