"""What a site looks for, as configuration: the code knows no subject."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vesicle.model.item import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Terms that stand for one part of the subject, such as the cells, or what the cells shed.

    A term is a phrase: hyphens and blanks between words are the same, `exosom*` begins and `*MSC` ends a
    word, `tumor|tumour` is either, and `...` stands for up to three words. A word written with a capital
    is matched as written, any other in both cases. An abbreviation that a paper puts in brackets behind a
    term stands for the group in that paper. *title_points* are given once, *text_points* for each
    mention in the abstract up to *cap* points. A mention inside a phrase of *against* belongs to something
    else ("exosom* ... of|from ... tumor") and is not counted, but for phrases that hold words of a group
    listed earlier; *against_points* are given once.
    """

    name: str
    terms: tuple[str, ...]
    title_points: float = 0
    text_points: float = 0
    cap: float = 0
    against: tuple[str, ...] = ()
    against_points: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What it is worth that two groups are met in one place.

    *title_points* when both stand in the title, *sentence_points* when both stand in a sentence of the
    abstract, and *near_points* for each sentence in which at most *within* words part them, up to *cap*
    points.
    """

    first: str
    second: str
    title_points: float = 0
    sentence_points: float = 0
    near_points: float = 0
    within: int = 4
    cap: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalties:
    """Points, negative ones, for what is seldom worth an editor's time.

    *types* are publication types of PubMed. *praise_points* are for a title that holds a word of *praise*
    over a paper that tells no design of a study.
    """

    types: Mapping[str, float] = field(default_factory=dict)
    no_abstract: float = 0
    praise: tuple[str, ...] = ()
    praise_points: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How papers are ranked.

    *designs*, *journals* (names, case folded) and freshness count only for a paper in which every group
    that a pair of *together* names is met. A paper is fresh for *fresh_days* after its record was made. A
    score below *floor* is a near miss. Raises ValueError for a pair of groups that do not exist.
    """

    groups: tuple[Group, ...] = ()
    together: tuple[Together, ...] = ()
    penalties: Penalties = Penalties()
    designs: Mapping[Design, float] = field(default_factory=dict)
    journals: tuple[str, ...] = ()
    journal_points: float = 0
    fresh_days: int = 0
    fresh_points: float = 0
    floor: float = 0

    def __post_init__(self) -> None:
        known = [group.name for group in self.groups]
        for name in (name for pair in self.together for name in (pair.first, pair.second)):
            if name not in known:
                raise ValueError(f"names a group '{name}' | known: {', '.join(known) or 'none'}")
