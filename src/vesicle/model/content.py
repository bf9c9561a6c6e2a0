"""Everything that was read from the content folder, with what is wrong in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vesicle.model.issue import Issue
from vesicle.model.item import Item
from vesicle.model.paper import FiledPaper
from vesicle.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The readable files of a site; a broken file is not among them but has its problems named.

    *items* maps (slug, language) to an item, *papers* the id of a paper (see `text.citations.paper_id`)
    to its file, *images* is the set of file names in `content/images`.
    """

    items: Mapping[tuple[str, str], Item] = field(default_factory=dict)
    issues: Mapping[str, Issue] = field(default_factory=dict)
    papers: Mapping[str, FiledPaper] = field(default_factory=dict)
    images: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()

    def item(self, slug: str, lang: str, fallback: str) -> Item | None:
        """Give an item in *lang*, else in *fallback*, else in any language, else None."""
        found = self.items.get((slug, lang)) or self.items.get((slug, fallback))
        return found or next((item for (name, _), item in self.items.items() if name == slug), None)

    def originals(self, fallback: str) -> tuple[Item, ...]:
        """Give each item once, in *fallback* where it has that language."""
        slugs = dict.fromkeys(slug for slug, _ in self.items)
        return tuple(item for slug in slugs if (item := self.item(slug, fallback, fallback)))
