"""Rules for the sample subject, and papers to judge by them."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from vesicle.curate.rules import Rules
from vesicle.model.paper import Paper, Passage
from vesicle.text.pubmed import Deleted, read_file

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[3] / "shared" / "data" / "pubmed"


@pytest.fixture(scope="session")
def rules() -> Rules:
    text = (HERE.parents[2] / "config.yaml").read_text(encoding="utf-8")
    return TypeAdapter(Rules).validate_python(yaml.safe_load(text)["rules"])


@pytest.fixture
def make() -> Any:
    def make(title: str = "Moss and sleep in old rats", *abstract: str, **changes: Any) -> Paper:
        fields: dict[str, Any] = {
            "source": "pubmed",
            "id": "1",
            "pmid": "1",
            "title": title,
            "url": "https://pubmed.ncbi.nlm.nih.gov/1/",
            "authors": ("Green A",),
            "journal": "Journal of Moss",
            "seen": date(2026, 11, 1),
            "language": "eng",
            "types": ("Journal Article",),
            "abstract": tuple(Passage(text=part) for part in abstract),
        }
        return Paper(**(fields | changes))

    return make


def records(name: str) -> dict[str, Paper]:
    path = DATA / name
    if not path.exists():
        pytest.skip("the real PubMed records are not beside the project")
    with path.open("rb") as file:
        return {one.pmid: one for one in read_file(file) if not isinstance(one, Deleted)}


@pytest.fixture(scope="session")
def odd() -> dict[str, Paper]:
    """Real records of odd shapes: notices, retracted papers, preprints, versions."""
    return records("odd_shapes_with_refs.xml.gz")


@pytest.fixture(scope="session")
def named() -> dict[str, Paper]:
    """Real records that name mesenchymal cells."""
    return records("msc_all_with_refs.xml.gz")


@pytest.fixture(scope="session")
def labels() -> dict[str, int]:
    """Labels of real records: 3 core, 2 related, 1 mention, 0 hard negative."""
    path = DATA / "labels.tsv"
    if not path.exists():
        pytest.skip("the labels are not beside the project")
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:])
    return {row[0]: int(row[1]) for row in rows}
