"""Who or what was studied, how many, by what design: the evidence label of a paper, for a person to check."""

import re
from collections.abc import Iterator

from vesicle.curate.design import design
from vesicle.model.item import Design, Evidence, Subject
from vesicle.model.paper import Paper
from vesicle.text.fingerprint import sentences

_PREPRINT_SERVERS = re.compile(
    r"(?:biorxiv|medrxiv|research square|res sq|ssrn|arxiv|chemrxiv|authorea|preprints(?:\.org)?)\b",
    re.IGNORECASE,
)
_PEOPLE = (
    r"(?:patients?|participants|volunteers|women|men|adults|children|infants|neonates|individuals|people)"
)
_ANIMALS = (
    r"(?:mice|rats|rabbits|hamsters|guinea pigs|pigs|minipigs|piglets|swine|sheep|lambs|goats|dogs|cats"
    r"|horses|ponies|monkeys|macaques|zebrafish|animals|rodents)"
)
_NUMBER_WORD = (
    r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:-(?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen"
)
# A number after these is a name: "type 2 diabetic rats".
_NAMED = "".join(rf"(?<!\b{word} )" for word in ("type", "group", "grade", "stage", "class", "day", "phase"))
_COUNT = rf"{_NAMED}(?<![\w.,/-])(?P<count>\d{{1,3}}(?:[, ]\d{{3}})+|\d{{1,6}}|{_NUMBER_WORD})"
_UNIT = rf"(?P<unit>{_PEOPLE}|{_ANIMALS}|donors|subjects|cases)"
_HEADS = re.compile(rf"{_COUNT}\s+(?:[a-z][\w-]*\s+){{0,3}}?{_UNIT}\b", re.IGNORECASE)
_STUDIES = re.compile(
    rf"{_COUNT}\s+(?:[a-z][\w-]*\s+){{0,3}}?(?P<unit>studies|trials|articles|papers|publications|RCTs)\b",
    re.IGNORECASE,
)
_EQUALS = re.compile(
    r"(?:\b(?P<unit>[a-z]+)\s*)?[(\[][^()\[\]]{0,20}?\bn\s*=\s*(?P<count>\d+)"
    r"(?P<each>\s*(?:per|in each|each|/)\s*\w+)?",
    re.IGNORECASE,
)
# How many people have the illness is not how many were studied.
_BACKGROUND = re.compile(
    r"\b(?:worldwide|annual(?:ly)?|each year|every year|per year|million|billion|globally|prevalence of)\b",
    re.IGNORECASE,
)
_PEOPLE_STUDIED = re.compile(
    rf"(?:\b(?:{_NUMBER_WORD}|\d+|enrolled|recruited|included|randomi[sz]ed|treated|among)\s"
    rf"(?:[\w-]+\s){{0,4}}{_PEOPLE}\b"
    rf"|\b{_PEOPLE}\s(?:[\w-]+\s){{0,5}}(?:were|received|underwent|completed|reported)\b)",
    re.IGNORECASE,
)
_ANIMALS_STUDIED = re.compile(
    rf"\b(?:{_ANIMALS}|in vivo (?:study|studies|experiments?|models?|assays?|imaging)|in vitro and in vivo"
    r"|in vivo and in vitro"
    r"|(?:animal|mouse|murine|rat|rodent|rabbit|porcine|ovine|canine|primate|preclinical)\s"
    r"(?:[\w-]+\s){0,3}(?:models?|stud(?:y|ies)))\b",
    re.IGNORECASE,
)
_CELLS_STUDIED = re.compile(
    r"\b(?:in vitro|ex vivo|cell lines?|cell cultures?|co-?cultured?|cultured|transfect\w+|organoids?"
    r"|western blot\w*|flow cytometry|proteomics?|proteomic analysis|RNA-?seq(?:uencing)?"
    r"|nanoparticle tracking|cells? (?:were|was)|q?RT-?q?PCR"
    r"|(?:migration|proliferation|luciferase|CCK-?8|transwell) assays?)\b",
    re.IGNORECASE,
)
_ONE_PATIENT = re.compile(
    r"\b(?:patients?|m[ae]n|wom[ae]n|boy|girl|child|infant|[\w-]*year-old)\b", re.IGNORECASE
)
_CLINICAL = frozenset(
    {
        Design.RANDOMISED_TRIAL,
        Design.CONTROLLED_TRIAL,
        Design.OBSERVATIONAL,
        Design.CASE_SERIES,
        Design.CASE_REPORT,
    }
)


def evidence(paper: Paper) -> Evidence | None:
    """Label *paper*: design, subjects, size, peer review; None where nothing tells the design."""
    subjects = _subjects(paper)
    found = design(paper, subjects)
    if found is None:
        return None
    if found in _CLINICAL:
        subjects = _of_a_clinic(paper, subjects)
    size = _size(paper, found)
    return Evidence(design=found, subjects=subjects, peer_reviewed=not is_preprint(paper), size=size)


def is_preprint(paper: Paper) -> bool:
    """Tell whether *paper* is a preprint: by its type, its journal or the source it came from."""
    return "preprint" in map(str.lower, paper.types) or any(
        _PREPRINT_SERVERS.match(name.strip()) for name in (paper.journal, paper.source)
    )


def _subjects(paper: Paper) -> tuple[Subject, ...]:
    """Tell by MeSH's check tags, where they are, whether people or animals were studied; by the text else.

    "Humans" also stands for work on human cells, so a paper that counts no people and speaks of cells is
    one in cells.
    """
    text = "\n".join(_primary(paper))
    people, animals = bool(_PEOPLE_STUDIED.search(text)), bool(_ANIMALS_STUDIED.search(text))
    cells = bool(_CELLS_STUDIED.search(text))
    if "Humans" in paper.mesh or "Animals" in paper.mesh:
        people = "Humans" in paper.mesh and (people or not cells)
        animals = "Animals" in paper.mesh
    told = ((people, Subject.PEOPLE), (animals, Subject.ANIMALS), (cells, Subject.CELLS))
    return tuple(subject for is_told, subject in told if is_told)


def _of_a_clinic(paper: Paper, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """Tell whom a clinic saw: people, unless a veterinarian's record speaks of animals alone."""
    if Subject.PEOPLE in subjects or _ONE_PATIENT.search(paper.text) or Subject.ANIMALS not in subjects:
        return (Subject.PEOPLE,)
    return (Subject.ANIMALS,)


def _size(paper: Paper, found: Design) -> str:
    """Give the first number of subjects, or of studies of a systematic review, with its unit as written."""
    pattern = _STUDIES if found is Design.SYSTEMATIC_REVIEW else _HEADS
    for sentence in _primary(paper):
        if counted := pattern.search(sentence):
            return f"{counted['count'].lower()} {counted['unit']}"
    return "" if found in (Design.SYSTEMATIC_REVIEW, Design.REVIEW) else _equals(paper)


def _equals(paper: Paper) -> str:
    for sentence in _primary(paper):
        for equal in _EQUALS.finditer(sentence):
            if equal["each"]:
                return f"n = {equal['count']}{equal['each']}"
            unit = equal["unit"] or ""
            if re.fullmatch(_UNIT, unit, re.IGNORECASE):
                return f"{equal['count']} {unit.lower()}"
    return ""


def _primary(paper: Paper) -> Iterator[str]:
    """Give title and sentences, without those on how common an illness is."""
    yield paper.title
    for part in paper.abstract:
        yield from (one for one in sentences(part.text) if not _BACKGROUND.search(one))
