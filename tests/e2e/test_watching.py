"""Watching, ranking, keeping and following up by their commands, against a PubMed on loopback."""

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import ISSUE, PEOPLE, Site

from vesicle.queue.clock import now
from vesicle.testing.ncbi import WEB_PAGE, Ncbi, Script, Twist, demo_records
from vesicle.testing.ncbi.script import rate_exceeded

pytestmark = pytest.mark.long

RAT, CELL, REVIEW, TRIAL, TUMOUR = (str(900_000_000 + number) for number in range(1, 6))
ABSTRACT = "Bone height differed by 0.3 mm between the groups"
KEY = "k3y0f4nc814cc0un7w17h36s1gns00000000"


def today_records() -> tuple[bytes, ...]:
    """Give the made-up papers as if PubMed had taken up the first of them today."""
    return demo_records(created=now().date())


@pytest.fixture
def ncbi() -> Iterator[Ncbi]:
    with Ncbi(today_records()) as running:
        yield running


@pytest.fixture
def watching(site: Site, ncbi: Ncbi) -> Site:
    enable(site, ncbi.url)
    return site


def enable(site: Site, url: str, *, sources: int = 1, key: str = "") -> None:
    """Switch the first *sources* of the sample's PubMed sources on, to be asked at *url* with *key*."""
    path = site.root / "config.yaml"
    off, on = "    enabled: false\n", f"    base: {url}/entrez/eutils\n"
    config = path.read_text()
    assert config.count(off) >= sources
    signed = f"{on}    api_key: {key}\n" if key else on
    path.write_text(f"{config.replace(off, signed, sources)}\ncrossref:\n  base: {url}\n")


def watch(site: Site, *words: str) -> dict[str, dict[str, Any]]:
    """Watch, which has to succeed; give the account of each source by its name."""
    return accounts(site.ok("watch", "--json", *words))


def accounts(out: str) -> dict[str, dict[str, Any]]:
    return {one["source"]: one for one in json.loads(out)}


def inbox(site: Site, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.ok("inbox", "--json", *words))
    return found


def finding(site: Site) -> Path:
    """Give the one finding that was kept."""
    (path,) = (site.root / "content" / "findings").glob("made-up-*.md")
    return path


# Looking for papers


def test_watching_finds_the_papers_once(watching: Site, ncbi: Ncbi) -> None:
    first = watch(watching)["pubmed"]
    again = watch(watching)["pubmed"]
    counts = ("found", "fetched", "new", "changed", "missing", "problem")
    assert [first[name] for name in counts] == [5, 5, 5, 0, [], ""]
    assert [again[name] for name in counts] == [5, 5, 0, 0, [], ""]
    assert {one["pmid"] for one in inbox(watching, "--state", "all")} == {RAT, CELL, REVIEW, TRIAL, TUMOUR}
    assert [target for target in ncbi.requests if "/entrez/eutils/" in target]
    assert ncbi.unsigned == []


def test_the_inbox_lists_the_best_first_with_reasons_and_without_abstracts(watching: Site) -> None:
    watch(watching)
    listed = inbox(watching)
    scores = [one["judgement"]["score"] for one in listed]
    assert scores == sorted(scores, reverse=True)
    assert TUMOUR not in {one["pmid"] for one in listed}
    assert inbox(watching, "--at-least", "-100")[-1]["pmid"] == TUMOUR
    for one in listed:
        reasons = one["judgement"]["reasons"]
        assert sum(reason["points"] for reason in reasons) == one["judgement"]["score"]
        assert all(reason["words"] for reason in reasons)
    assert not {"abstract", "other_abstracts"} & {key for one in listed for key in one}
    assert ABSTRACT not in json.dumps(listed)
    table = watching.ok("inbox")
    assert ABSTRACT not in table
    assert [line.split()[1] for line in table.splitlines() if line.split()[1:2] and "90000" in line] == [
        one["pmid"] for one in listed
    ]


def test_one_paper_is_shown_whole_for_the_editor(watching: Site) -> None:
    watch(watching)
    shown = watching.ok("inbox", TRIAL)
    assert ABSTRACT in shown
    assert "randomised trial, people" in shown
    assert "+3  design: randomised trial" in shown
    assert watching.run("inbox", "123").code == 2


def test_words_that_pubmed_does_not_know_are_told(watching: Site) -> None:
    watching.edit("config.yaml", "'OR secretome*[tiab]'", "'OR secretome*[tiab] OR frobnicatome[tiab]'")
    done = watching.run("watch")
    assert done.code == 0
    assert "pubmed: phrase not found: frobnicatome" in done.err


def only_broad(twist: Twist) -> Script:
    """Give the script that twists what the wider source asks for, and nothing else."""
    return lambda _, target: twist if "paracrine" in target else None


def test_a_source_that_answers_a_web_page_is_named_and_the_other_still_runs(site: Site) -> None:
    with Ncbi(today_records(), script=only_broad(WEB_PAGE)) as ncbi:
        enable(site, ncbi.url, sources=2)
        done = site.run("watch", "--json")
    assert done.code == 3
    found = accounts(done.out)
    assert "web page" in found["pubmed_broad"]["problem"]
    assert (found["pubmed"]["new"], found["pubmed"]["problem"]) == (5, "")
    assert "Traceback" not in done.err
    told = site.run("doctor", "--offline").out
    assert "the last run of `pubmed_broad` was not complete" in told
    assert "the last run of `pubmed` " not in told


def too_many(asked: list[int]) -> Script:
    """Give the script of an NCBI that echoes the key: 429 at first, then the same under status 200."""

    def script(number: int, _: str) -> Twist:
        asked.append(number)
        return Twist(reply=rate_exceeded(KEY, status=429 if number == 1 else 200))

    return script


def test_the_api_key_is_told_to_ncbi_alone(site: Site) -> None:
    asked: list[int] = []
    with Ncbi(today_records(), script=too_many(asked)) as ncbi:
        enable(site, ncbi.url, key="env:NCBI_API_KEY")
        env = {"NCBI_API_KEY": KEY}
        ran = [site.run(*words, env=env) for words in (("watch",), ("watch", "--json"), ("doctor",))]
        targets = [target for target in ncbi.requests if "/entrez/eutils/" in target]
    assert [done.code for done in ran] == [3, 3, 3]
    assert len(asked) >= 4
    assert targets
    assert all(f"api_key={KEY}" in target for target in targets)
    assert "asked more often than it allows" in ran[1].out
    for done in ran:
        assert KEY not in done.out + done.err
    files = [path for path in site.root.rglob("*") if path.is_file()]
    assert [path for path in files if path.suffix == ".db"]
    assert [path.name for path in files if KEY.encode() in path.read_bytes()] == []


# Keeping and skipping


def test_keeping_writes_a_draft_and_the_paper_without_its_abstract(watching: Site) -> None:
    watch(watching)
    said = watching.ok("keep", TRIAL)
    assert f"content/findings/{finding(watching).name}" in said
    paper = (watching.root / "content" / "papers" / f"{TRIAL}.json").read_text()
    assert json.loads(paper)["paper"]["pmid"] == TRIAL
    assert "abstract" not in json.loads(paper)["paper"]
    for path in (watching.root / "content").rglob("*"):
        assert not path.is_file() or ABSTRACT.encode() not in path.read_bytes()
    problems = json.loads(watching.run("check", "--json").out)
    assert {one["file"] for one in problems} == {f"content/findings/{finding(watching).name}"}
    asked_for = {one["text"].split("`")[1] for one in problems if "`" in one["text"]}
    assert asked_for == {"title", "summary", "claims", "caveat", "topics", "author"}
    assert [one["code"] for one in problems if "`" not in one["text"]] == ["file.no-text"]


def test_keeping_again_leaves_the_draft_that_a_person_edited(watching: Site) -> None:
    watch(watching)
    watching.ok("keep", TRIAL)
    edited = finding(watching).read_text().replace("title:\n", "title: My own title\n")
    finding(watching).write_text(edited)
    assert "Left as it was" in watching.ok("keep", "10.99999/demo.4")
    assert finding(watching).read_text() == edited
    assert [one["pmid"] for one in inbox(watching, "--state", "kept")] == [TRIAL]
    assert TRIAL not in {one["pmid"] for one in inbox(watching)}


def test_a_paper_that_nobody_found_is_neither_kept_nor_skipped(watching: Site) -> None:
    watch(watching)
    before = sorted((watching.root / "content").rglob("*"))
    for words in (("keep", "123"), ("skip", "123", "--because", "off the subject")):
        done = watching.run(*words)
        assert done.code == 2
        assert "nothing called '123' is in the inbox" in done.err
    assert sorted((watching.root / "content").rglob("*")) == before


def test_a_skipped_paper_is_hidden_and_its_reason_kept(watching: Site) -> None:
    watch(watching)
    watching.ok("skip", CELL, "--because", "cells in a dish alone")
    watch(watching)
    assert CELL not in {one["pmid"] for one in inbox(watching)}
    (skipped,) = inbox(watching, "--state", "skipped")
    assert (skipped["pmid"], skipped["because"]) == (CELL, "cells in a dish alone")


# Following up


def publish(site: Site) -> None:
    """Make the kept draft a ready finding, as a person would, and put it into the sample issue."""
    path = finding(site)
    fields = {
        "title:\n": "title: A gel with conditioned medium made no clear difference to bone in 60 adults\n",
        "status: draft": "status: ready",
        "summary:\n": "summary: In 60 adults, bone height did not clearly differ.\n",
        "claims:\n": "claims:\n  - text: Bone height did not clearly differ.\n"
        "    passage: No clear difference in bone height was found.\n",
        "caveat:\n": "caveat: The trial was too small to tell about rare harms.\n",
        "topics: []": "topics: [bone]",
        "author: ": "author: The Vesicle editors ",
    }
    for old, new in fields.items():
        site.edit(str(path.relative_to(site.root)), old, new)
    path.write_text(path.read_text() + "The trial compared a gel with and without conditioned medium.\n")
    site.edit(f"content/issues/{ISSUE}.md", "      - vesicle-cargo-and-obesity\n", f"      - {path.stem}\n")


def test_a_retraction_is_told_once_and_holds_what_rests_on_it(watching: Site, ncbi: Ncbi) -> None:
    watch(watching)
    watching.ok("keep", TRIAL)
    publish(watching)
    (watching.root / "people.csv").write_text(PEOPLE)
    watching.ok("subscribers", "import", "people.csv")
    watching.ok("check")
    watching.ok("approve", ISSUE, "--by", "An editor")

    ncbi.retract(TRIAL)
    first, second = (watching.run("watch", "--follow-up") for _ in range(2))
    assert (first.code, second.code) == (0, 0)
    assert first.err.count(f"retracted  PMID {TRIAL}") == 1
    assert "retracted  PMID" not in second.err

    done = watching.run("check", "--json")
    assert done.code == 1
    errors = [one for one in json.loads(done.out) if one["severity"] == "error"]
    assert {(one["code"], one["file"]) for one in errors} == {
        ("standing.retracted", f"content/findings/{finding(watching).name}")
    }
    assert watching.run("run", "--once").code == 1
    assert watching.mails() == []
    assert watching.run("approve", ISSUE).code == 1
    assert ncbi.unsigned == []


def test_a_retracted_paper_is_not_kept(watching: Site, ncbi: Ncbi) -> None:
    ncbi.retract(TRIAL)
    watch(watching)
    done = watching.run("keep", TRIAL)
    assert done.code == 2
    assert "retracted" in done.err
    assert not list((watching.root / "content" / "findings").glob("*made-up*"))
    assert not (watching.root / "content" / "papers" / f"{TRIAL}.json").exists()
    assert [one["pmid"] for one in inbox(watching, "--state", "kept")] == []


# Update files


def update_file(*more: bytes) -> bytes:
    return b"<PubmedArticleSet>" + b"\n".join((*today_records(), *more)) + b"</PubmedArticleSet>"


def test_an_update_file_is_counted_exactly_and_read_twice_changes_nothing(site: Site) -> None:
    (site.root / "update.xml.gz").write_bytes(gzip.compress(update_file()))
    (site.root / "update.xml").write_bytes(update_file())
    ran = [watch(site, "--from", name) for name in ("update.xml.gz", "update.xml.gz", "update.xml")]
    counts = [one for account in ran for one in account.values()]
    assert [(one["found"], one["fetched"], one["new"], one["changed"]) for one in counts] == [
        (5, 5, 5, 0),
        (5, 5, 0, 0),
        (5, 5, 0, 0),
    ]


def test_a_paper_that_an_update_file_deletes_can_no_longer_be_kept(site: Site) -> None:
    gone = f'<DeleteCitation><PMID Version="1">{RAT}</PMID></DeleteCitation>'.encode()
    (site.root / "update.xml.gz").write_bytes(gzip.compress(update_file(gone)))
    (account,) = watch(site, "--from", "update.xml.gz").values()
    assert (account["new"], account["deleted"]) == (5, [RAT])
    assert site.run("keep", RAT).code == 2
    assert site.run("keep", TRIAL).code == 0


@pytest.mark.parametrize("damage", [lambda whole: whole[: len(whole) // 2], lambda whole: whole[:-4]])
def test_an_update_file_that_is_cut_off_is_told_and_a_whole_one_makes_up_for_it(
    site: Site, damage: Callable[[bytes], bytes]
) -> None:
    whole = gzip.compress(update_file())
    path = site.root / "update.xml.gz"
    path.write_bytes(damage(whole))
    done = site.run("watch", "--from", path.name, "--json")
    assert done.code == 3
    (account,) = accounts(done.out).values()
    assert "cut off" in account["problem"]
    assert "Traceback" not in done.out + done.err
    path.write_bytes(whole)
    assert [(one["fetched"], one["problem"]) for one in watch(site, "--from", path.name).values()] == [
        (5, "")
    ]
    assert len(inbox(site, "--state", "all")) == 5


# What is wrong with the set-up


def test_the_doctor_names_a_source_that_is_out_of_reach_unless_told_to_stay_offline(site: Site) -> None:
    with socket.socket() as closed:
        # Bound, so that it is nobody else's, and not listening.
        closed.bind(("127.0.0.1", 0))
        enable(site, f"http://127.0.0.1:{closed.getsockname()[1]}")
        offline, online = site.run("doctor", "--offline"), site.run("doctor")
    assert offline.code == 0
    assert "does not answer" not in offline.out
    assert online.code == 3
    assert "`pubmed` does not answer as it should" in online.out
    assert "Traceback" not in online.err


def test_the_doctor_is_content_once_everything_was_asked(watching: Site) -> None:
    watch(watching)
    assert "All is well" in watching.ok("doctor")
