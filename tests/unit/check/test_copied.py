from dataclasses import replace

from vesicle.check.copied import Check, Options
from vesicle.model.item import Item
from vesicle.model.paper import FiledPaper
from vesicle.model.problem import Problem
from vesicle.ports import Case
from vesicle.text.fingerprint import fingerprint

TWELVE = "an initial pool of 75 articles 16 studies published up to 2024"


def problems(item: Item, paper: FiledPaper, options: Options | None = None) -> list[Problem]:
    return list(Check(options or Options()).check(Case(items=(item,), papers={"1": paper})))


def test_own_words_pass(finding: Item, paper: FiledPaper) -> None:
    assert problems(finding, paper) == []


def test_twelve_words_in_a_row_are_copied_and_eleven_are_not(finding: Item, paper: FiledPaper) -> None:
    eleven = TWELVE.removesuffix(" 2024")
    assert problems(replace(finding, body=f"They read {eleven} of late."), paper) == []
    (problem,) = problems(replace(finding, body=f"They read {TWELVE}, of late."), paper)
    assert problem.is_error
    assert TWELVE in problem.text
    assert problem.where.line == 30


def test_a_long_stretch_is_told_once_and_whole(finding: Item, paper: FiledPaper) -> None:
    body = f"It says: From {TWELVE} were selected by two readers."
    (problem,) = problems(replace(finding, body=body), paper)
    assert "copies 18 words" in problem.text


def test_title_summary_and_claims_are_read_too(finding: Item, paper: FiledPaper) -> None:
    claim = replace(finding.claims[0], text=TWELVE)
    found = problems(replace(finding, title=TWELVE, summary=TWELVE, claims=(claim,)), paper)
    assert [problem.text.split()[1] for problem in found] == ["title", "summary", "claim"]


def test_a_short_quotation_is_fine_and_a_long_one_is_not(finding: Item, paper: FiledPaper) -> None:
    assert problems(replace(finding, body="In short, “no study was blinded”, and it shows."), paper) == []
    assert problems(replace(finding, body=f"It says “{TWELVE}”."), paper) != []


def test_a_passage_is_a_quote_and_may_be_copied(finding: Item, paper: FiledPaper) -> None:
    claim = replace(finding.claims[0], passage=TWELVE)
    assert problems(replace(finding, claims=(claim,)), paper) == []


def test_the_papers_title_may_be_named(finding: Item, paper: FiledPaper) -> None:
    title = "A long title of a paper that tells in one breath all that its authors did and found"
    filed = FiledPaper(paper=replace(paper.paper, title=title), fingerprint=fingerprint(title))
    assert problems(replace(finding, body=f"The paper is called “{title}”."), filed) == []


def test_a_site_may_allow_longer_stretches(finding: Item, paper: FiledPaper) -> None:
    assert problems(replace(finding, body=TWELVE), paper, Options(words=13)) == []
