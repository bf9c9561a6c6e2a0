import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.model.item import PaperReference
from vesicle.text.citations import paper_id, paper_url, slugged, source_url


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Éxosomes & Wounds: a review!", "exosomes-wounds-a-review"),
        ("word " * 20, "word-word-word-word-word-word-word-word-word-word-word-word"),
        ("x" * 80, "x" * 60),
        ("การศึกษา", ""),
        ("", ""),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    assert slugged(text) == slug


@settings(deadline=None)
@given(st.text(), st.integers(1, 80))
def test_a_slug_is_short_and_plain(text: str, most: int) -> None:
    slug = slugged(text, most=most)
    assert len(slug) <= most
    assert slug == slug.strip("-")
    assert slug.replace("-", "").isalnum() or not slug


@pytest.mark.parametrize(
    ("paper", "name"),
    [
        (PaperReference(pmid="1", doi="10.1000/x"), "1"),
        (PaperReference(doi="10.1000/(SICI)X:Y"), "10.1000__sici_x_y"),
        (PaperReference(title="On wounds", year=2021), "on-wounds-2021"),
        (PaperReference(title="On wounds"), "on-wounds"),
    ],
)
def test_names_of_paper_files(paper: PaperReference, name: str) -> None:
    assert paper_id(paper) == name


def test_titles_in_other_scripts_do_not_share_a_file() -> None:
    one, two = (paper_id(PaperReference(title=title, year=2021)) for title in ("แผล", "หนู"))
    assert one != two
    assert one.isascii()


@pytest.mark.parametrize(
    ("paper", "url"),
    [
        (PaperReference(pmid="1", doi="10.1000/x"), "https://doi.org/10.1000/x"),
        (PaperReference(pmid="1"), "https://pubmed.ncbi.nlm.nih.gov/1/"),
        (PaperReference(title="T"), ""),
        (
            PaperReference(doi="10.1002/(SICI)1097(1998)17:15<1661::AID>3.0.CO;2-#"),
            "https://doi.org/10.1002/(SICI)1097(1998)17:15%3C1661::AID%3E3.0.CO;2-%23",
        ),
    ],
)
def test_links_to_papers(paper: PaperReference, url: str) -> None:
    assert paper_url(paper) == url


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("https://example.org/x", "https://example.org/x"),
        ("PMID 123", "https://pubmed.ncbi.nlm.nih.gov/123/"),
        ("pmid:123", "https://pubmed.ncbi.nlm.nih.gov/123/"),
        ("10.1000/x", "https://doi.org/10.1000/x"),
        ("doi:10.1000/x.", "https://doi.org/10.1000/x"),
        ("Smith 2019 (10.1000/x).", "https://doi.org/10.1000/x"),
        ("10.1016/S0140-6736(20)30183-5", "https://doi.org/10.1016/S0140-6736(20)30183-5"),
        ("http://dx.doi.org/10.1000/x", "https://doi.org/10.1000/x"),
        ("http://example.org", ""),
        ("Smith 2019", ""),
        ("", ""),
    ],
)
def test_sources_of_snippets(source: str, url: str) -> None:
    assert source_url(source) == url
