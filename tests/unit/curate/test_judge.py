import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from vesicle.curate.judge import judge
from vesicle.curate.learned import average_precision
from vesicle.curate.rules import Rules
from vesicle.model.paper import Paper, Standing

CORE = (
    "Umbilical mesenchymal stem cell-derived exosomes and wounds in rats",
    "Exosomes of mesenchymal stromal cells were given to 24 rats.",
)


def rules_of(paper: Paper, rules: Rules) -> dict[str, float]:
    return {reason.rule: reason.points for reason in judge(paper, rules).reasons}


def test_the_score_is_the_sum_of_its_reasons(make: Any, rules: Rules) -> None:
    judged = judge(make(*CORE), rules)
    assert judged.score == sum(reason.points for reason in judged.reasons) > rules.floor


def test_every_reason_about_words_quotes_the_paper(make: Any, rules: Rules) -> None:
    paper = make(*CORE)
    reasons = [one for one in judge(paper, rules).reasons if one.rule != "design"]
    assert all(one.words for one in reasons)
    assert all(word in paper.text for one in reasons for word in one.words)


def test_both_groups_side_by_side_count_more_than_apart(make: Any, rules: Rules) -> None:
    near = judge(make("Wounds", "Exosomes of mesenchymal stem cells were kept."), rules)
    far = judge(make("Wounds", "Exosomes were kept. There were mesenchymal stem cells too."), rules)
    assert near.score > far.score


def test_a_mention_more_than_the_cap_earns_nothing(make: Any, rules: Rules) -> None:
    some = judge(make("Wounds", "Exosomes. " * 4), rules)
    many = judge(make("Wounds", "Exosomes. " * 40), rules)
    assert some.score == many.score


def test_medium_of_a_tumor_is_not_the_subject(make: Any, rules: Rules) -> None:
    paper = make(
        "Wounds", "Conditioned medium (CM) from breast tumor cells draws MSCs. CM was kept with MSCs."
    )
    found = rules_of(paper, rules)
    assert found["secretome of something else"] < 0
    assert not any("side by side" in rule or "one sentence" in rule for rule in found)


def test_exosomes_of_the_cells_against_a_tumor_are_the_subject(make: Any, rules: Rules) -> None:
    paper = make("Exosomes from umbilical mesenchymal stem cells curb lung cancer", "Cancer was curbed.")
    assert judge(paper, rules).score >= rules.floor


def test_an_abbreviation_that_the_paper_defines_stands_for_the_term(make: Any, rules: Rules) -> None:
    text = "We grew muscle-derived stem cells (MDSCs). Exosomes of MDSCs were kept."
    assert "mesenchymal cells and secretome side by side" in rules_of(make("Wounds", text), rules)
    undefined = "We grew cells. Exosomes of MDSCs were kept."
    assert "mesenchymal cells and secretome side by side" not in rules_of(make("Wounds", undefined), rules)


def test_a_keyword_alone_earns_nothing(make: Any, rules: Rules) -> None:
    plain = make("Moss", "Moss grows.")
    assert judge(replace(plain, keywords=("exosomes", "MSC")), rules) == judge(plain, rules)


def test_design_journal_and_freshness_count_on_the_subject_alone(make: Any, rules: Rules) -> None:
    wide = replace(rules, journals=("journal of moss",))
    on = rules_of(make(*CORE), wide)
    off = rules_of(make("Moss in 24 rats", "Rats were given moss."), wide)
    assert {"design", "journal"} <= on.keys()
    assert not {"design", "journal"} & off.keys()


@pytest.mark.parametrize(
    ("now", "is_fresh"),
    [(date(2026, 11, 5), True), (date(2026, 12, 5), False), (date(2026, 10, 5), False), (None, False)],
)
def test_freshness_is_counted_from_the_given_day(
    make: Any, rules: Rules, now: date | None, is_fresh: bool
) -> None:
    judged = judge(make(*CORE), rules, now=now)
    assert ("fresh" in {reason.rule for reason in judged.reasons}) is is_fresh


@pytest.mark.parametrize("kind", ["Letter", "Comment", "Editorial", "Published Erratum"])
def test_letters_and_notices_lose_points(make: Any, rules: Rules, kind: str) -> None:
    assert judge(make(*CORE, types=(kind,)), rules).score < judge(make(*CORE), rules).score


def test_no_abstract_loses_points(make: Any, rules: Rules) -> None:
    assert rules_of(make(CORE[0]), rules)["no abstract"] < 0


def test_praise_in_a_title_counts_against_a_paper_without_design(make: Any, rules: Rules) -> None:
    rule = "praise in the title and no design"
    assert rule in rules_of(make("Moss, a promising hope", "Moss grows."), rules)
    assert rule not in rules_of(make("Moss, a promising hope", "We gave moss to 24 rats."), rules)


def test_standing_and_preprint_are_told(make: Any, rules: Rules) -> None:
    judged = judge(make(*CORE, types=("Preprint", "Retracted Publication")), rules)
    assert judged.standing is Standing.RETRACTED
    assert judged.is_preprint


def test_rules_of_another_subject_need_no_code(make: Any) -> None:
    rules = TypeAdapter(Rules).validate_python(
        {"groups": [{"name": "moss", "terms": ["moss*"], "title_points": "3"}]}
    )
    assert judge(make("Mosses of Siam", "They grow."), rules).score == 3


def test_a_pair_of_groups_that_do_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"names a group 'fern' \| known: moss"):
        TypeAdapter(Rules).validate_python(
            {
                "groups": [{"name": "moss", "terms": ["moss"]}],
                "together": [{"first": "moss", "second": "fern"}],
            }
        )


def test_real_papers_on_the_subject_stand_above_all_others(
    named: dict[str, Paper], labels: dict[str, int], rules: Rules
) -> None:
    scored = [(judge(one, rules).score, labels.get(pmid, 0) >= 2) for pmid, one in named.items()]
    assert average_precision(scored) >= 0.97
    core = min(judge(one, rules).score for pmid, one in named.items() if labels.get(pmid) == 3)
    hard = [judge(one, rules).score for pmid, one in named.items() if labels.get(pmid) == 0]
    assert hard
    assert max(hard) < core


def test_no_rule_names_a_paper() -> None:
    text = (Path(__file__).resolve().parents[3] / "config.yaml").read_text(encoding="utf-8")
    assert not re.search(r"\d{7,8}", text)


def test_exosomes_of_a_tumour_are_below_the_floor(make: Any, rules: Rules) -> None:
    """A made-up twin of PMID 33416154, whose own record `bench/rank.py` fetches and judges."""
    title = "Exosomes of breast cancer cells carry microRNA to macrophages"
    text = "Exosomes from cancer cells were taken up. Tumour-derived exosomes changed the macrophages."
    assert judge(make(title, text), rules).score < rules.floor - 3
