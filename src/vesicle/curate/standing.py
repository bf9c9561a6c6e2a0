"""What has become of a paper, read off its record; and what Crossref says, as a second opinion."""

import re
from collections.abc import Iterable, Iterator

from vesicle.model.paper import Paper, Standing

# Publication types (NLM, https://www.nlm.nih.gov/mesh/pubtypes.html) and RefTypes (pubmed_250101.dtd).
# `ErratumIn` and `CorrectedandRepublishedIn` are corrections; `CommentIn` and `UpdateIn` are neither.
_TYPES = {
    "Retracted Publication": Standing.RETRACTED,
    "Retraction of Publication": Standing.NOTICE,
    "Expression of Concern": Standing.NOTICE,
    "Published Erratum": Standing.NOTICE,
    "Corrected and Republished Article": Standing.CORRECTED,
}
_KINDS = {
    "RetractionIn": Standing.RETRACTED,
    "RetractedandRepublishedIn": Standing.RETRACTED,
    "retracted": Standing.RETRACTED,
    "ExpressionOfConcernIn": Standing.CONCERN,
    "RetractionOf": Standing.NOTICE,
    "ExpressionOfConcernFor": Standing.NOTICE,
    "ErratumFor": Standing.NOTICE,
    "ErratumIn": Standing.CORRECTED,
    "CorrectedandRepublishedIn": Standing.CORRECTED,
    "CorrectedandRepublishedFrom": Standing.CORRECTED,
    "RetractedandRepublishedFrom": Standing.CORRECTED,
}
# Crossref's update types (https://www.crossref.org/documentation/crossmark/, and its `updated-by`).
_UPDATES = {
    "retraction": Standing.RETRACTED,
    "partial_retraction": Standing.RETRACTED,
    "withdrawal": Standing.WITHDRAWN,
    "removal": Standing.WITHDRAWN,
    "expression_of_concern": Standing.CONCERN,
    "correction": Standing.CORRECTED,
    "corrigendum": Standing.CORRECTED,
    "erratum": Standing.CORRECTED,
    "addendum": Standing.CORRECTED,
    "clarification": Standing.CORRECTED,
}
_NOTICE_TITLE = re.compile(
    r"""\W*(?:
      retraction(?:\s*[:.]|\s+(?:of|note|notice)\b)
      | (?:editorial\s+)?expression\s+of\s+concern\b
      | (?:(?:author|publisher)(?:['’]s)?\s+)?(?:correction\s*(?::|\.?$|to\b)|(?:corrigendum|erratum)\b)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# Publishers write the mark in capitals, in brackets or before a colon; "Retracted articles in nursing" is
# a title of its own.
_MARKED_TITLE = re.compile(
    r"[\W_]*(?:(RETRACTED|WITHDRAWN)\b|(Retracted|Withdrawn)(?:\s+(?:[Aa]rticle|[Pp]aper))?\s*[:\]])"
)
_OPENING = re.compile(
    r"[\W_]*th(?:is|e)\s+(?:\w+\s+)?(?:article|paper|publication|study|review|chapter|manuscript|preprint)\s+"
    r"(?:has\s+been|was|is)\s+(retracted|withdrawn)\b",
    re.IGNORECASE,
)
_GRAVEST_FIRST = tuple(Standing)


def standing(paper: Paper) -> Standing:
    """Tell what the record of *paper* says has become of it.

    A notice about another paper is told as such even where it carries the other's title (PMID 34093767).
    """
    told = gravest(*_told(paper))
    return told if told is Standing.RETRACTED else gravest(told, *_written(paper, told))


def crossref(updates: Iterable[str]) -> Standing:
    """Tell the gravest of the types in a Crossref record's `updated-by`; unknown types say nothing."""
    keys = (re.sub(r"[\s-]+", "_", update.strip().lower()) for update in updates)
    return gravest(*(_UPDATES.get(key, Standing.SOUND) for key in keys))


def gravest(*standings: Standing) -> Standing:
    """Give the gravest of *standings*, `SOUND` where there is none."""
    return min(standings, key=_GRAVEST_FIRST.index, default=Standing.SOUND)


def _told(paper: Paper) -> Iterator[Standing]:
    yield from (_TYPES[kind] for kind in paper.types if kind in _TYPES)
    yield from (_KINDS[one.kind] for one in paper.corrections if one.kind in _KINDS)
    if _NOTICE_TITLE.match(paper.title):
        yield Standing.NOTICE


def _written(paper: Paper, told: Standing) -> Iterator[Standing]:
    """Read title and abstract, unless the record is a notice, which repeats the words of its paper's fate."""
    if told is Standing.NOTICE:
        return
    if marked := _MARKED_TITLE.match(paper.title):
        yield _fate(marked[1] or marked[2])
    if paper.abstract and (opening := _OPENING.match(paper.abstract[0].text)):
        yield _fate(opening[1])


def _fate(word: str) -> Standing:
    return Standing.RETRACTED if word.lower() == "retracted" else Standing.WITHDRAWN
