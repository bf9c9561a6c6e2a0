"""How a paper belongs together with others. They are linked, never merged."""

import unicodedata
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from vesicle.curate.evidence import is_preprint
from vesicle.curate.standing import standing
from vesicle.model.paper import Link, Paper, Relation, Standing
from vesicle.text.identity import paper_identity, title_key

_ALIKE = 0.95
_DAYS = 548  # 18 months: measured on an update file of 20,788 records, later twins are other works
_NOTICES = {"RetractionOf", "ErratumFor", "ExpressionOfConcernFor"}
_NOTICED = {"RetractionIn", "ErratumIn", "ExpressionOfConcernIn"}
_REPUBLISHED = {
    "RetractedandRepublishedIn",
    "RetractedandRepublishedFrom",
    "CorrectedandRepublishedIn",
    "CorrectedandRepublishedFrom",
}
_COMMENTS = {"CommentOn", "CommentIn"}
_UPDATES = {"UpdateOf", "UpdateIn"}
# A letter or an editorial that answers a paper often carries its title (31 of 166 groups measured).
_ANSWERS = {"Letter", "Editorial", "Comment", "News"}


def links(paper: Paper, others: Iterable[Paper]) -> tuple[Link, ...]:
    """Give the links of *paper* to *others*, at most one to each; one of the same identity is passed over."""
    own = paper_identity(paper)
    found = ((relation(paper, other), paper_identity(other)) for other in others)
    unique = dict.fromkeys((kind, to) for kind, to in found if kind and to != own)
    return tuple(Link(relation=kind, to=to) for kind, to in unique if kind)


def relation(paper: Paper, other: Paper) -> Relation | None:
    """Tell what *paper* is to *other*: by the links of their records, else by title, author and date."""
    return _by_record(paper, other) or _by_title(paper, other)


def _by_record(paper: Paper, other: Paper) -> Relation | None:
    here, there = set(_kinds(paper, other)), set(_kinds(other, paper))
    if here & _NOTICES or there & _NOTICED:
        return Relation.NOTICE_ABOUT
    if here & _NOTICED or there & _NOTICES:
        return Relation.NOTICED_BY
    if (here | there) & _REPUBLISHED:
        return Relation.SAME_WORK
    if (here | there) & _UPDATES and (found := _versions(paper, other)):
        return found
    return Relation.ABOUT if (here | there) & _COMMENTS else None


def _kinds(paper: Paper, other: Paper) -> Iterator[str]:
    return (one.kind for one in paper.corrections if one.pmid and one.pmid == other.pmid)


def _versions(paper: Paper, other: Paper) -> Relation | None:
    """Tell preprint from article. `UpdateOf` also joins versions of a Cochrane review, which are neither."""
    match is_preprint(paper), is_preprint(other):
        case True, False:
            return Relation.PREPRINT_OF
        case False, True:
            return Relation.ARTICLE_OF
    return None


def _by_title(paper: Paper, other: Paper) -> Relation | None:
    if not _is_same_title(paper.title, other.title):
        return None
    if not (_is_article(paper) and _is_article(other)):
        return Relation.ABOUT
    if not (_first_author(paper) & _first_author(other) and _is_close_in_time(paper, other)):
        return None
    if _is_translation(paper, other):
        return Relation.TRANSLATION
    return _versions(paper, other) or Relation.SAME_WORK


def _is_article(paper: Paper) -> bool:
    return standing(paper) is not Standing.NOTICE and not _ANSWERS.intersection(paper.types)


def _is_translation(paper: Paper, other: Paper) -> bool:
    pairs = (
        (paper.pmid, other.pmid),
        (paper.doi.lower(), other.doi.lower()),
        (paper.language, other.language),
    )
    is_one_journal = _journal(paper) == _journal(other) != ""
    return is_one_journal and all(one and two and one != two for one, two in pairs)


def _journal(paper: Paper) -> str:
    """Give the name of the journal without its edition or place: "Anales de pediatria (English ed.)"."""
    return paper.journal.partition("(")[0].strip().casefold()


def _is_same_title(one: str, other: str) -> bool:
    first, second = _sorted_words(one), _sorted_words(other)
    if not first or not second:
        return False
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return first == second or (matcher.real_quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE)


def _sorted_words(title: str) -> str:
    """Give the words of a title in order of the alphabet, empty for one too short to know a paper by."""
    return " ".join(sorted(title_key(title).split()))


def _first_author(paper: Paper) -> frozenset[str]:
    """Give the names of the first author, initials aside: sources write them in either order."""
    name = unicodedata.normalize("NFKD", paper.authors[0]) if paper.authors else ""
    plain = "".join(letter for letter in name if not unicodedata.combining(letter))
    words = plain.replace(",", " ").replace(".", " ").split()
    return frozenset(word.casefold() for word in words if len(word) > 1 and not _is_initials(word, words))


def _is_initials(word: str, words: list[str]) -> bool:
    return word.isupper() and len(word) <= 3 and any(not other.isupper() for other in words)


def _is_close_in_time(paper: Paper, other: Paper) -> bool:
    if paper.seen and other.seen:
        return abs((paper.seen - other.seen).days) < _DAYS
    return not (paper.year and other.year) or abs(paper.year - other.year) <= 1
