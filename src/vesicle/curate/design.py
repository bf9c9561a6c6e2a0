"""The design of a study: from its publication types, else from the words of its title and abstract."""

import re
from collections.abc import Iterator

from vesicle.model.item import Design, Subject
from vesicle.model.paper import Paper
from vesicle.text.fingerprint import sentences

# Strongest first: a meta-analysis of randomised trials is the former (NLM publication types).
_TYPES = (
    (Design.GUIDELINE, ("Practice Guideline", "Guideline", "Consensus Development Conference")),
    (Design.SYSTEMATIC_REVIEW, ("Meta-Analysis", "Systematic Review", "Network Meta-Analysis")),
    (
        Design.RANDOMISED_TRIAL,
        ("Randomized Controlled Trial", "Pragmatic Clinical Trial", "Equivalence Trial"),
    ),
    (Design.CONTROLLED_TRIAL, ("Controlled Clinical Trial",)),
    (Design.OBSERVATIONAL, ("Observational Study", "Twin Study")),
    (Design.CASE_REPORT, ("Case Reports",)),
    (Design.REVIEW, ("Review", "Scoping Review")),
    (Design.OPINION, ("Editorial", "Comment", "News", "Biography", "Interview", "Personal Narrative")),
)
_TRIALS = re.compile(r"Clinical Trial(?:, Phase [IV]+)?|Adaptive Clinical Trial")

_GUIDELINE_TITLE = (
    r"\bpractice guidelines?\b|\bguidelines? (?:for|on) (?:the )?(?:\w+ ){0,2}"
    r"(?:management|diagnosis|treatment|use|prevention|care)\b"
    r"|\b(?:consensus|position) (?:statement|paper|report)\b|\bexpert consensus\b"
)
_SYSTEMATIC = r"\bsystematic (?:literature )?(?:review|search)|\bmeta-?\s?analys[ie]s\b|\bprisma\b"
_DATABASES = r"\b(?:pubmed|medline|embase|cochrane|scopus|web of science)\b"
_SYSTEMATIC_OWN = (
    r"\b(?:this|our|present|a|we\b[^.]{0,40})\s+(?:\w+\s+){0,3}"
    r"(?:systematic (?:literature )?review|meta-?\s?analysis)\b"
    r"|\bsystematically (?:searched|reviewed)\b|\bprisma\b"
    rf"|{_DATABASES}[^.]*\bsearched\b|\bsearched\b[^.]*{_DATABASES}"
)
_REVIEW_TITLE = (
    r"\b(?:a|narrative|scoping|literature|mini|brief|comprehensive|critical|concise)[\s-]review\b"
    r"|\ban? (?:overview|update)\b|\b(?:recent|current) (?:advances|status|knowledge|trends)\b"
    r"|\badvances (?:in|and)\b|\bstate of the art\b|\bfuture directions\b|\bbench to bedside\b"
    r"|\b(?:future|clinical|therapeutic|current) (?:perspectives|prospects)\b"
)
_REVIEW_OWN = (
    r"\b(?:this|our|the present|present|current) (?:\w+ ){0,2}(?:mini-?)?(?:review|chapter|overview)\b"
    r"|\bwe (?:\w+ )?(?:review|summari[sz]e|overview|discuss|outline)d?\b"
    r"|\b(?:is|are) (?:herein |here )?(?:reviewed|summari[sz]ed)\b"
    r"|\b(?:review|article) (?:summari[sz]es|discusses)\b"
)
_PERSON = r"(?:patients|participants|subjects|volunteers|women|men|adults|children|infants|individuals)"
_DRAWN = (
    r"(?:random(?:ly|i[sz]ed) (?:\w+ )?(?:assigned|allocated|divided|grouped|to|into)|were randomi[sz]ed)"
)
_RANDOMISED = (
    rf"\brandomi[sz]ed\b[^.;]{{0,60}}\btrial\b(?!s)|\b{_PERSON}\b[^.;]{{0,60}}\b{_DRAWN}\b"
    rf"|\b{_DRAWN}\b[^.;]{{0,40}}\b{_PERSON}\b"
)
_CONTROLLED = (
    r"\b(?:placebo|sham)[- ]controlled\b|\bnon-?randomi[sz]ed\b[^.;]{0,40}\b(?:trial|study)\b|\bsplit-face\b"
    r"|\bcontrolled (?:clinical )?trial\b"
)
# Looking again at the people of a trial is not a trial.
_SECOND_LOOK = r"\bretrospective(?:ly)?\b|\bpost[- ]hoc\b|\bpooled (?:analysis|data)\b|\bsecondary analysis\b"
_OBSERVATIONAL = (
    r"\b(?:cohort|case-control|cross-sectional|observational|longitudinal|population-based|registry-based)"
    r" (?:\w+ )?(?:study|analysis|survey|design)\b|\bprospective (?:\w+ )?study\b"
)
_SERIES = (
    r"\bcase series\b|\bsingle-arm\b|\bopen-label (?:\w+ )?(?:study|trial)\b"
    r"|\bphase (?:i|1|1/2|i/ii)a? (?:\w+ )?trial\b"
)
_REPORT = r"\bcase report\b|\ba case of\b|\bwe (?:report|present|describe) (?:a|the) (?:\w+ )?case\b"
_LOOKS_AHEAD = re.compile(
    r"\b(?:needed|warranted|required|future|further|lacking|should|scarce|necessary)\b", re.IGNORECASE
)


def design(paper: Paper, subjects: tuple[Subject, ...]) -> Design | None:
    """Tell the design of *paper*, None where nothing tells it; *subjects* are who or what was studied."""
    return _by_type(paper) or _by_title(paper.title, subjects) or _by_text(paper, subjects)


def is_uncontrolled(paper: Paper) -> bool:
    """Tell whether a trial says neither in its type nor in its text that it had a group to compare with."""
    text = _told(paper)
    return not (_has(_RANDOMISED, text) or _has(_CONTROLLED, text) or _has(r"\bcontrol group\b", text))


def _by_type(paper: Paper) -> Design | None:
    for found, names in _TYPES:
        if found is Design.OBSERVATIONAL and any(map(_TRIALS.fullmatch, paper.types)):
            return _trial(paper)
        if any(name in paper.types for name in names):
            # PubMed types a systematic review as "Review" until it is indexed.
            is_systematic = found is Design.REVIEW and _is_systematic(paper)
            return Design.SYSTEMATIC_REVIEW if is_systematic else found
    return Design.OPINION if "Letter" in paper.types and not paper.abstract else None


def _trial(paper: Paper) -> Design:
    if _has(_RANDOMISED, _told(paper)):
        return Design.RANDOMISED_TRIAL
    return Design.CASE_SERIES if is_uncontrolled(paper) else Design.CONTROLLED_TRIAL


def _by_title(title: str, subjects: tuple[Subject, ...]) -> Design | None:
    cues = (
        (_SYSTEMATIC, Design.SYSTEMATIC_REVIEW),
        (_GUIDELINE_TITLE, Design.GUIDELINE),
        (r"\brandomi[sz]ed\b[^.]*\b(?:trial|study)\b", Design.RANDOMISED_TRIAL),
        (_REPORT, Design.CASE_REPORT),
        (r"\bcase series\b", Design.CASE_SERIES),
        (_REVIEW_TITLE, Design.REVIEW),
    )
    found = next((found for cue, found in cues if _has(cue, title)), None)
    # Whoever counts people in a paper on a guideline asks how it is kept.
    return None if found is Design.GUIDELINE and Subject.PEOPLE in subjects else found


def _by_text(paper: Paper, subjects: tuple[Subject, ...]) -> Design | None:
    text = _told(paper)
    if _has(_SYSTEMATIC_OWN, text):
        return Design.SYSTEMATIC_REVIEW
    if _has(_REVIEW_OWN, text):
        return Design.REVIEW
    if Subject.PEOPLE in subjects and (found := _in_people(text)):
        return found
    if Subject.ANIMALS in subjects:
        return Design.ANIMAL_STUDY
    return Design.LABORATORY_STUDY if Subject.CELLS in subjects else None


def _in_people(text: str) -> Design | None:
    cues = (
        (_SECOND_LOOK, Design.OBSERVATIONAL),
        (_RANDOMISED, Design.RANDOMISED_TRIAL),
        (_CONTROLLED, Design.CONTROLLED_TRIAL),
        (_OBSERVATIONAL, Design.OBSERVATIONAL),
        (_SERIES, Design.CASE_SERIES),
        (_REPORT, Design.CASE_REPORT),
    )
    return next((found for cue, found in cues if _has(cue, text)), None)


def _is_systematic(paper: Paper) -> bool:
    return _has(_SYSTEMATIC, paper.title) or _has(_SYSTEMATIC_OWN, _told(paper))


def _told(paper: Paper) -> str:
    """Give title and abstract without the sentences that wish for other studies."""
    return "\n".join((paper.title, *_sentences(paper)))


def _sentences(paper: Paper) -> Iterator[str]:
    for part in paper.abstract:
        yield from (one for one in sentences(part.text) if not _LOOKS_AHEAD.search(one))


def _has(cue: str, text: str) -> bool:
    return bool(re.search(cue, text, re.IGNORECASE))
