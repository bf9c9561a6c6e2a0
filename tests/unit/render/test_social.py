from collections.abc import Mapping
from dataclasses import replace

import pytest

from vesicle.model.errors import ContentError
from vesicle.model.item import Image, Item, Kind, PaperReference, Snippet
from vesicle.model.message import Link, Message, Picture
from vesicle.model.problem import Place
from vesicle.render.social import post

WHERE = Place(file="content/findings/moss.md")
SITE = "https://notes.example.org"
LABEL = "Evidence: peer-reviewed · animal study · in animals · 24 rats"


def posted(item: Item, templates: Mapping[str, str], channel: str = "bluesky") -> Message:
    return post(item, channel=channel, papers={}, templates=templates, site_url=SITE)


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


def test_picture_comes_with_its_alt_text(finding: Item, templates: Mapping[str, str]) -> None:
    image = Image(src="moss.png", alt="Two bars", credit="A", licence="CC0", where=WHERE)
    assert posted(replace(finding, image=image), templates).pictures == (
        Picture(src=f"{SITE}/images/moss.png", alt="Two bars"),
    )


def test_text_is_not_escaped(finding: Item, templates: Mapping[str, str]) -> None:
    assert "p < 0.05 & more" in posted(replace(finding, summary="p < 0.05 & more"), templates).text


def test_a_broken_template_is_named(finding: Item, templates: Mapping[str, str]) -> None:
    with pytest.raises(ContentError, match=r"templates/social/x\.txt\.j2:2"):
        posted(finding, {**templates, "social/x.txt.j2": "a\n{{ nobody }}"}, "x")
