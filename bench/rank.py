"""How well the rules rank: average precision on hand-labelled records, and how many pass the floor."""

import csv
import json
import time
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from vesicle.curate.judge import judge
from vesicle.curate.learned import average_precision
from vesicle.curate.rules import Rules
from vesicle.model.paper import Paper, Passage
from vesicle.text.pubmed import Deleted, read_file

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "pubmed"
CONFIG = ROOT / "config.yaml"
RESULTS = Path(__file__).parent / "results"


def records(name: str) -> dict[str, Paper]:
    """Read an update file, the highest version of each PMID."""
    with (DATA / name).open("rb") as file:
        found = [one for one in read_file(file) if not isinstance(one, Deleted)]
    return {one.pmid: one for one in sorted(found, key=lambda one: one.version)}


def labels() -> dict[str, int]:
    """Read the labels: 3 core, 2 related, 1 mention, 0 hard negative."""
    with (DATA / "labels.tsv").open(encoding="utf-8") as file:
        return {row["pmid"]: int(row["label"]) for row in csv.DictReader(file, delimiter="\t")}


def later() -> dict[str, Paper]:
    """Read abstracts of 2025 and 2026 on vesicles and nerves, which carry no labels."""
    with (DATA / "ev_neuro_2025_2026.csv").open(encoding="utf-8") as file:
        return {row["pmid"]: _from_row(row) for row in csv.DictReader(file)}


def _from_row(row: Mapping[str, str]) -> Paper:
    abstract = (Passage(text=row["abstract"]),) if row["abstract"] else ()
    return Paper(
        source="csv", id=row["pmid"], pmid=row["pmid"], title=row["title"], url=row["url"], abstract=abstract
    )


def precision(scores: Mapping[str, float], label: Mapping[str, int]) -> dict[str, float]:
    """Give the average precision over all records, and over those with an odd or an even PMID alone."""
    halves = {
        "all": scores,
        "odd PMIDs": {pmid: one for pmid, one in scores.items() if int(pmid) % 2},
        "even PMIDs": {pmid: one for pmid, one in scores.items() if int(pmid) % 2 == 0},
    }
    return {
        name: average_precision([(score, label.get(pmid, 0) >= 2) for pmid, score in part.items()])
        for name, part in halves.items()
    }


def main() -> None:
    """Measure, print a table, write JSON."""
    rules = TypeAdapter(Rules).validate_python(yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["rules"])
    papers, label = records("pubmed21n1298_half.xml.gz"), labels()
    start = time.process_time()
    scores = {pmid: judge(paper, rules).score for pmid, paper in papers.items()}
    rate = len(papers) / (time.process_time() - start)
    found: dict[str, object] = {f"average precision, {k}": v for k, v in precision(scores, label).items()}
    core = [scores[pmid] for pmid, one in label.items() if one == 3 and pmid in scores]
    hard = {pmid: scores[pmid] for pmid, one in label.items() if one == 0 and pmid in scores}
    found["lowest core score"] = min(core)
    found |= {f"score of hard negative {pmid}": score for pmid, score in hard.items()}
    found["hard negatives below every core paper"] = all(one < min(core) for one in hard.values())
    named = records("msc_all_with_refs.xml.gz")
    floor = rules.floor
    found[f"of {len(papers)} records at or above the floor"] = sum(one >= floor for one in scores.values())
    found[f"of {len(named)} records that name such cells"] = sum(
        judge(one, rules).score >= floor for one in named.values()
    )
    newer = later()
    found[f"of {len(newer)} later ones on vesicles and nerves"] = sum(
        judge(one, rules).score >= floor for one in newer.values()
    )
    unseen = records("pubmed20n0014_sample.xml.gz")
    found[f"of {len(unseen)} records of the 1970s that nobody looked at"] = sum(
        judge(one, rules).score >= floor for one in unseen.values()
    )
    found["papers judged per CPU second"] = round(rate)
    print("| what | value |\n|---|---|")
    for name, value in found.items():
        print(f"| {name} | {value} |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "rank.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
