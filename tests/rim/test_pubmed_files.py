import gzip
import io
import subprocess
import sys
import zlib
from collections import Counter
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure
from vesicle.model.paper import Correction, Paper
from vesicle.text.pubmed import Deleted, papers, read_file

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "pubmed"
real = pytest.mark.skipif(not DATA.exists(), reason="the real PubMed files are not on this machine")

XML = (
    b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID></MedlineCitation></PubmedArticle>"
    b"<DeleteCitation><PMID>2</PMID></DeleteCitation></PubmedArticleSet>"
)


def read(data: bytes) -> list[Paper | Deleted]:
    return list(read_file(io.BytesIO(data)))


def read_real(name: str) -> tuple[list[Paper], list[str]]:
    with (DATA / name).open("rb") as file:
        found = list(read_file(file))
    return (
        [one for one in found if isinstance(one, Paper)],
        [one.pmid for one in found if isinstance(one, Deleted)],
    )


def test_content_is_told_by_its_first_bytes() -> None:
    plain = read(XML)
    assert [type(one) for one in plain] == [Paper, Deleted]
    assert read(gzip.compress(XML)) == plain


def test_gzip_members_that_follow_one_another_are_one_file() -> None:
    assert read(gzip.compress(XML[:50]) + gzip.compress(XML[50:]) + b"\0" * 512) == read(XML)


def test_a_gzip_that_is_cut_off_may_come_whole_later() -> None:
    whole = gzip.compress(XML)
    for end in range(2, len(whole)):
        with pytest.raises(TemporaryFailure, match="cut off"):
            read(whole[:end])


def test_a_damaged_gzip_may_come_whole_later() -> None:
    whole = bytearray(gzip.compress(XML))
    whole[-6] ^= 0xFF
    with pytest.raises(TemporaryFailure, match="damaged"):
        read(bytes(whole))
    with pytest.raises(TemporaryFailure, match="damaged"):
        read(gzip.compress(XML) + b"and more")


def test_an_empty_file_is_refused() -> None:
    for data in (b"", b"\n", gzip.compress(b"")):
        with pytest.raises(TemporaryFailure):
            read(data)


# Each prints the name of what was raised and the peak memory in KiB. Linux counts in KiB.
MEASURE = """
import io, re, sys, zlib
from pathlib import Path
from vesicle.text.pubmed import read_file, stream
from vesicle.model.errors import OutsideError
{setup}
try:
    count = sum(1 for _ in {records})
    outcome = str(count)
except OutsideError as error:
    outcome = type(error).__name__
# Not ru_maxrss, which a process takes over from the one that started it.
print(outcome, re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])
"""
HEAD = "head = b'<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID>'\n"
ONE_RECORD_OF_200_MB = """
def chunks():
    yield head + b'<Article><ArticleTitle>'
    for _ in range(3200):
        yield b'a' * 65536
    yield b'</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>'
"""
MANY_RECORDS_OF_200_MB = """
def chunks():
    yield b'<PubmedArticleSet>'
    record = head.removeprefix(b'<PubmedArticleSet>') + b'</MedlineCitation><PubmedData><ReferenceList>'
    record += b'<Reference><Citation>' + b'c' * 100_000 + b'</Citation></Reference>'
    record += b'</ReferenceList></PubmedData></PubmedArticle>'
    for _ in range(2000):
        yield record
    yield b'</PubmedArticleSet>'
"""
GZIP_BOMB = """
deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
parts = [deflate.compress(head), *(deflate.compress(b'a' * 1_000_000) for _ in range(500)), deflate.flush()]
bomb = b''.join(parts)
"""
GZIP_OF_SPACES = GZIP_BOMB.replace("head", "b'<PubmedArticleSet>'").replace("b'a'", "b' '")


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak on Linux alone")
@pytest.mark.parametrize(
    ("setup", "records", "outcome"),
    [
        (HEAD + ONE_RECORD_OF_200_MB, "stream(chunks())", "PermanentFailure"),
        (HEAD + MANY_RECORDS_OF_200_MB, "stream(chunks())", "2000"),
        (HEAD + GZIP_BOMB, "read_file(io.BytesIO(bomb))", "PermanentFailure"),
        (GZIP_OF_SPACES, "read_file(io.BytesIO(bomb))", "TemporaryFailure"),
    ],
    ids=["one record", "many records", "gzip bomb", "gzip of spaces"],
)
def test_memory_stays_flat_whatever_a_file_swells_to(setup: str, records: str, outcome: str) -> None:
    code = MEASURE.format(setup=setup, records=records)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    found, peak = done.stdout.split()
    assert found == outcome
    assert int(peak) < 120 * 1024


@real
def test_half_an_update_file_is_read_whole() -> None:
    pmids: Counter[str] = Counter()
    deleted = []
    with (DATA / "pubmed21n1298_half.xml.gz").open("rb") as file:
        for one in read_file(file):
            if isinstance(one, Deleted):
                deleted.append(one.pmid)
            else:
                pmids[one.pmid] += 1
    assert (pmids.total(), len(pmids), len(deleted)) == (10_387, 10_383, 10)
    assert deleted[0] == "31688362"
    assert pmids["30271887"] == 4


@real
@pytest.mark.parametrize("name", ["odd_shapes_with_refs", "msc_all_with_refs", "pubmed20n0014_sample"])
def test_texts_are_those_of_a_plain_walk_over_the_tree(name: str) -> None:
    found, _ = read_real(f"{name}.xml.gz")
    with gzip.open(DATA / f"{name}.xml.gz") as file:
        records = ElementTree.parse(file).getroot().findall("PubmedArticle")

    def spoken(elements: list[ElementTree.Element]) -> list[str]:
        said = (" ".join("".join(element.itertext()).split()) for element in elements)
        return [text for text in said if text]

    for record, paper in zip(records, found, strict=True):
        article = "MedlineCitation/Article"
        assert [paper.pmid] == spoken(record.findall("MedlineCitation/PMID"))
        titles = record.findall(f"{article}/ArticleTitle") + record.findall(f"{article}/VernacularTitle")
        assert " ".join(paper.title.split()) == spoken(titles)[0]
        parts = spoken(record.findall(f"{article}/Abstract/AbstractText"))
        assert [" ".join(part.text.split()) for part in paper.abstract] == parts
        assert list(paper.types) == spoken(record.findall(f"{article}/PublicationTypeList/PublicationType"))
        assert len(paper.authors) == len(record.findall(f"{article}/AuthorList/Author"))


@real
def test_odd_shapes_are_read_as_they_stand_in_the_xml() -> None:
    found, deleted = read_real("odd_shapes_with_refs.xml.gz")
    assert (len(found), len(deleted)) == (61, 10)
    by_pmid = {paper.pmid: paper for paper in found}
    nameless = by_pmid["34086243"]
    assert (nameless.title, nameless.doi) == ("Lipidschicht stabilisieren.", "10.1007/s15006-021-0063-9")
    retracted = by_pmid["15320745"]
    labels = [part.label for part in retracted.abstract]
    assert labels == ["", "REFERENCE", "", "BENTHAM SCIENCE DISCLAIMER"]
    assert (retracted.types, retracted.corrections) == (("Journal Article", "Review"), ())
    assert by_pmid["34092918"].pmcid == "PMC8162653"
    assert "reproduction number R 0 > 1 . The" in by_pmid["34092918"].abstract[0].text
    assert by_pmid["33821504"].title.startswith(
        "Cardiac T 2 ∗ measurement of hyperpolarized 13 C metabolites"
    )
    assert by_pmid["33821504"].title_html.startswith(
        "Cardiac T 2 ∗ measurement of hyperpolarized <sup>13</sup> C"
    )
    assert by_pmid["33932343"].authors[-1] == "Epi25 Collaborative"
    translated = by_pmid["34087923"]
    assert (translated.published, translated.year, translated.doi) == ("2020 Oct-Dec", 2020, "")
    assert translated.title.startswith("[Sexually transmitted infectious proctitis")
    assert by_pmid["34093767"].corrections == (
        Correction(kind="RetractionOf", pmid="27602157", source="Oncol Lett. 2016 Sep;12(3):2163-2168"),
    )
    assert by_pmid["34096508"].other_abstracts[0].label == "Publisher (ita)"


@real
def test_versions_of_one_pmid_come_each_with_its_own_doi() -> None:
    found, _ = read_real("odd_shapes_with_refs.xml.gz")
    versions = [(one.version, one.doi, one.pmcid) for one in found if one.pmid == "33728380"]
    assert versions == [
        (1, "10.12688/wellcomeopenres.15846.1", "PMC7938335"),
        (2, "10.12688/wellcomeopenres.15846.2", "PMC7938335"),
    ]


@real
def test_records_that_name_mscs_keep_their_own_ids_beside_those_of_their_references() -> None:
    found, _ = read_real("msc_all_with_refs.xml.gz")
    assert len(found) == len({paper.pmid for paper in found}) == 72
    (paper,) = (paper for paper in found if paper.pmid == "33453289")
    assert paper.title == "FcεR1-expressing nociceptors trigger allergic airway inflammation."
    assert paper.doi == "10.1016/j.jaci.2020.12.644"
    assert "<sup>Cre</sup>::FcεR1γ<sup>fl/fl</sup>)" in "".join(part.html for part in paper.abstract)


VALUES = {
    "eutils/biopython_pubmed1.xml": ("12091962", "1990 Spring", date(1990, 4, 1), ""),
    "eutils/biopython_pubmed2.xml": ("11748933", "2001 Jun", date(2001, 12, 26), "10.1006/cryo.2001.2328"),
    "eutils/biopython_pubmed4.xml": ("27797938", "2017 Jun", date(2016, 11, 1), "10.1136/gutjnl-2016-312510"),
    "eutils/biopython_pubmed5.xml": ("28775130", "2018 Feb", date(2017, 8, 5), "10.1136/oemed-2017-104431"),
    "eutils/biopython_pubmed6.xml": ("30108519", "2018", date(2018, 8, 16), "10.3389/fphys.2018.01034"),
    "eutils/biopython_pubmed7.xml": ("29963580", "2018 Apr", date(2018, 7, 3), "10.1117/1.JMI.5.2.026002"),
    "eutils/ncbi_efetch.pubmedbook.xml": ("20301295", "1993", date(2010, 3, 20), ""),
    "eutils/ncbi_efetch.pubmedexample.xml": ("17284678", "2007 Mar", date(2007, 2, 8), "10.1101/gr.5823007"),
    "odd/jabref_MedlineImporterTestArticleNoISSN.xml": (
        "26886152",
        "2016 May",
        date(2016, 2, 18),
        "10.1080/1357650X.2015.1125914",
    ),
    "odd/jabref_MedlineImporterTestBookArticleSet.xml": ("21413195", "2012 Mar 27", date(2011, 3, 18), ""),
    "odd/jabref_MedlineImporterTestMathML.xml": (
        "32759406",
        "2020 Jul 24",
        date(2020, 8, 8),
        "10.1515/jib-2020-0021",
    ),
    "odd/jabref_MedlineImporterTestPubmedBook.xml": ("21413195", "2009 Feb", date(2011, 3, 18), ""),
    "odd/metapub_20301546.xml": ("20301546", "2006 Feb 2", date(2020, 9, 17), ""),
    "odd/metapub_34843274.xml": ("34843274", "2022 Sep", date(2021, 11, 29), "10.1037/amp0000904"),
    "odd/metapub_36156117.xml": ("36156117", "2023 Jan 13", date(2022, 9, 26), "10.1093/cid/ciac769"),
    "odd/metapub_38833988.xml": ("38833988", "2024 Aug", date(2024, 6, 4), "10.1016/j.bbamcr.2024.119767"),
}


@real
@pytest.mark.parametrize("name", VALUES)
def test_real_replies_are_read_as_they_stand_in_the_xml(name: str) -> None:
    paper = papers((DATA / name).read_bytes()).papers[0]
    assert (paper.pmid, paper.published, paper.seen, paper.doi) == VALUES[name]


@real
def test_a_real_book_is_read() -> None:
    (chapter,) = papers((DATA / "odd/metapub_20301546.xml").read_bytes()).papers
    assert chapter.is_book
    assert chapter.title == "Hereditary Motor and Sensory Neuropathy with Agenesis of the Corpus Callosum"
    assert (chapter.journal, chapter.types) == ("GeneReviews®", ("Review",))
    assert chapter.authors == ("Gauvreau C", "Brisson JD", "Dupré N")


@real
def test_real_answers_that_are_no_records_fail_with_a_named_error() -> None:
    files = [
        path for folder in ("eutils", "eutils/errors", "odd", "rss") for path in (DATA / folder).iterdir()
    ]
    others = [path for path in files if path.is_file() and str(path.relative_to(DATA)) not in VALUES]
    for path in others:
        with pytest.raises(OutsideError, match=r"[Pp]ub[Mm]ed"):
            papers(path.read_bytes())
    assert len(others) >= 30


@real
def test_a_real_web_page_and_a_real_search_are_never_an_empty_success() -> None:
    for name, root in {
        "biopython_pubmed3_error.html": "html",
        "biopython_esearch8.xml": "eSearchResult",
    }.items():
        with pytest.raises(PermanentFailure, match=f"holds {root}, not a PubmedArticleSet"):
            papers((DATA / "eutils" / name).read_bytes())


@real
def test_a_real_file_that_is_cut_off_gives_its_first_records_and_then_fails() -> None:
    data = (DATA / "msc_all_with_refs.xml.gz").read_bytes()
    found: list[Paper | Deleted] = []
    with pytest.raises(TemporaryFailure, match="cut off"):
        found.extend(read_file(io.BytesIO(data[: len(data) // 2])))
    assert 20 < len(found) < 72
    plain = zlib.decompress(data, 31)
    with pytest.raises(TemporaryFailure, match="cut off"):
        papers(plain[:-30])
