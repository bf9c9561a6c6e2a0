"""The commands of `vesicle subscribers` as an operator meets them."""

import csv
import io
import json
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from tests.e2e.conftest import VESICLE, Site

pytestmark = pytest.mark.long

FILE = """E-mail,language,First,topics,Town
ann@x.example,en,Ann,sleep; moss,Oslo
bo@x.example,th,บุญ,,
nobody,,,,
"""
NAMING = ("--map", "E-mail=email", "--map", "First=name", "--attributes", "Town")


@pytest.fixture
def listed(site: Site) -> Site:
    """A site with two people, and a third line that was refused."""
    (site.root / "fair.csv").write_text(FILE)
    (site.root / "words-3.txt").write_text("Yes, send me the letter.")
    words = ("import", "fair.csv", *NAMING, "--consent", "stand at the fair", "--wording", "words-3.txt")
    done = site.run("subscribers", *words)
    assert (done.code, done.out.splitlines()[0]) == (1, "2 people added, 0 known already, 1 refused.")
    return site


def exported(site: Site) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(site.ok("subscribers", "export"))))


def test_an_import_is_tried_first_and_then_done_and_done_again(site: Site) -> None:
    (site.root / "fair.csv").write_text(FILE)
    tried = site.run("subscribers", "import", "fair.csv", *NAMING, "--dry-run")
    assert tried.code == 1
    assert "2 people would be added, 0 known already, 1 refused." in tried.out
    assert exported(site) == []
    done = site.run("subscribers", "import", "fair.csv", *NAMING)
    assert "2 people added" in done.out
    again = site.run("subscribers", "import", "fair.csv", *NAMING, "--json")
    assert again.code == 1
    told = json.loads(again.out)
    assert told == {"added": 0, "known": 2, "refused": 1, "report": "fair.csv.refused.csv", "dry_run": False}


def test_refused_lines_are_listed_with_the_reason_and_without_the_address(listed: Site) -> None:
    (listed.root / "bad.csv").write_text("email\n" + "someone at somewhere\n" * 25)
    done = listed.run("subscribers", "import", "bad.csv", "--report", "why.csv")
    assert done.code == 1
    assert done.err.count("people.line") == 20
    assert "and 5 other lines" in done.err
    rows = list(csv.DictReader(io.StringIO((listed.root / "why.csv").read_text())))
    assert [int(row["line"]) for row in rows] == list(range(2, 27))
    assert "someone" not in done.err + done.out + (listed.root / "why.csv").read_text()


def test_a_file_whose_columns_nobody_knows_is_refused_with_what_to_write(site: Site) -> None:
    (site.root / "fair.csv").write_text(FILE)
    done = site.run("subscribers", "import", "fair.csv")
    assert done.code == 2
    assert "--map 'E-mail=email'" in done.err
    assert "--attributes 'Town'" in done.err
    assert "Traceback" not in done.err
    wrong = site.run("subscribers", "import", "fair.csv", "--map", "E-mail")
    assert (wrong.code, "--map cannot be `E-mail`" in wrong.err) == (2, True)


def test_the_export_holds_everybody_with_all_that_is_kept(listed: Site) -> None:
    bo, ann = sorted(exported(listed), key=lambda row: row["email"], reverse=True)
    assert (ann["email"], ann["status"], ann["name"], ann["topics"]) == (
        "ann@x.example",
        "confirmed",
        "Ann",
        "sleep;moss",
    )
    assert json.loads(ann["attributes"]) == {"Town": "Oslo"}
    assert (bo["name"], bo["language"], bo["attributes"]) == ("บุญ", "th", "")
    listed.ok("subscribers", "export", "--to", "all.csv")
    assert (listed.root / "all.csv").stat().st_mode & 0o777 == 0o600
    assert (listed.root / "all.csv").read_text() == listed.ok("subscribers", "export")
    refused = listed.run("subscribers", "export", "--to", "no/such/folder.csv")
    assert (refused.code, "Traceback" in refused.err) == (3, False)


def test_show_tells_consent_with_the_wording_and_suppression(listed: Site) -> None:
    listed.ok("subscribers", "suppress", "Ann@x.example", "--because", "complained")
    found = json.loads(listed.ok("subscribers", "show", "ANN@X.example", "--json"))
    (consent,) = found["consents"]
    assert (consent["event"], consent["source"], consent["version"]) == (
        "imported",
        "stand at the fair",
        "words-3.txt",
    )
    assert consent["wording"] == sha256(b"Yes, send me the letter.").hexdigest()
    assert (found["person"]["email"], found["suppression"]) == ("ann@x.example", "complained")
    shown = listed.ok("subscribers", "show", "ann@x.example")
    assert all(word in shown for word in ("stand at the fair", "complained", "Oslo", "words-3.txt"))


def test_an_erased_person_is_gone_and_no_import_brings_them_back(listed: Site) -> None:
    listed.ok("subscribers", "erase", "ann@x.example", "--yes")
    assert [row["email"] for row in exported(listed)] == ["bo@x.example"]
    found = json.loads(listed.ok("subscribers", "show", "ann@x.example", "--json"))
    assert found == {"person": None, "consents": [], "suppression": "erased"}
    again = listed.run("subscribers", "import", "fair.csv", *NAMING)
    assert "0 people added, 1 known already, 2 refused." in again.out
    assert "suppressed" in (listed.root / "fair.csv.refused.csv").read_text()


@pytest.mark.parametrize(("typed", "code"), [("ann@x.example\n", 0), ("bo@x.example\n", 2), ("", 1)])
def test_erasing_wants_the_address_typed(listed: Site, typed: str, code: int) -> None:
    done = subprocess.run(
        [VESICLE, "subscribers", "erase", "ann@x.example"],
        cwd=listed.root,
        env=listed.environ,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert len(exported(listed)) == (1 if code == 0 else 2)


@pytest.mark.parametrize(
    "words", [("show", "x@x.example"), ("erase", "x@x.example"), ("suppress", "no address")]
)
def test_an_address_that_is_nobodys_or_none_is_a_mistake_and_is_not_repeated(
    listed: Site, words: tuple[str, str]
) -> None:
    done = listed.run("subscribers", *words)
    assert done.code == 2
    assert words[1] not in done.err
    assert "Traceback" not in done.err


def test_another_key_is_refused_by_every_command(listed: Site) -> None:
    for words in (("export",), ("show", "ann@x.example"), ("import", "fair.csv", *NAMING)):
        done = listed.run("subscribers", *words, env={"VESICLE_KEY": "j" * 64})
        assert done.code == 2
        assert "belongs to the key" in done.err
        assert not done.out


def test_without_the_key_nothing_is_opened(site: Site) -> None:
    (site.root / "people.csv").write_text("email\nann@x.example\n")
    done = site.run("subscribers", "import", "people.csv", env={"VESICLE_KEY": ""})
    assert (done.code, "VESICLE_KEY" in done.err) == (2, True)
    assert not (Path(site.root) / "people.csv.refused.csv").exists()


def test_a_report_is_never_written_over_the_people(site: Site) -> None:
    (site.root / "people.csv").write_text("email\nann@x.example\n")
    done = site.run("subscribers", "import", "people.csv", "--report", "people.csv")
    assert done.code == 2
    assert (site.root / "people.csv").read_text() == "email\nann@x.example\n"
