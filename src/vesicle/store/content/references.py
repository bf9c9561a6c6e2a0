"""Do the files agree with each other: names used twice, names that lead nowhere. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from vesicle.model.content import Content
from vesicle.model.issue import Issue
from vesicle.model.item import Item, Kind
from vesicle.model.problem import Place, Problem, Severity
from vesicle.text.citations import paper_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that `config.yaml` gives: newsletters and channels."""

    newsletters: frozenset[str]
    channels: frozenset[str]


def duplicates(files: Iterable[tuple[str, str | None, Place]]) -> Iterator[Problem]:
    """Yield a problem for each file whose slug another file of the same language has."""
    places: dict[tuple[str, str | None], list[Place]] = defaultdict(list)
    for slug, lang, where in files:
        places[slug, lang].append(where)
    for (slug, _), found in places.items():
        for where in found[1:]:
            text = f"the slug `{slug}` is taken by {found[0].file}"
            yield Problem(
                code="file.duplicate-slug", text=text, where=where, mend="rename one of the two files"
            )


def references(content: Content, *, known: Known, broken: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem for each name that leads nowhere; items in *broken* exist but could not be read."""
    for item in content.items.values():
        yield from _of_item(item, content, known)
    slugs = frozenset(slug for slug, _ in content.items)
    for issue in content.issues.values():
        yield from _of_issue(issue, slugs=slugs, known=known, broken=broken)


def _of_item(item: Item, content: Content, known: Known) -> Iterator[Problem]:
    if item.image and item.image.src not in content.images:
        mend = _nearest(item.image.src, content.images, otherwise="put the file into content/images")
        yield _missing(f"there is no picture `{item.image.src}` in content/images", item.image.where, mend)
    if item.kind is Kind.FINDING and item.paper and paper_id(item.paper) not in content.papers:
        name = f"content/papers/{paper_id(item.paper)}.json"
        text = f"nothing is known of its paper: there is no {name}"
        mend = "its passages cannot be checked until the paper's file is there"
        yield _missing(text, item.place("paper"), mend, severity=Severity.WARNING)
    for channel in item.social:
        if channel not in known.channels:
            mend = _nearest(channel, known.channels, otherwise="add it to `channels` in config.yaml")
            yield _missing(f"there is no channel `{channel}`", item.place("social"), mend)


def _of_issue(
    issue: Issue, *, slugs: frozenset[str], known: Known, broken: frozenset[str]
) -> Iterator[Problem]:
    if issue.newsletter not in known.newsletters:
        mend = _nearest(issue.newsletter, known.newsletters, otherwise="add it to config.yaml")
        yield _missing(f"there is no newsletter `{issue.newsletter}`", issue.place("newsletter"), mend)
    for section in issue.sections:
        for slug in section.items:
            if slug in broken and slug not in slugs:
                yield _missing(
                    f"the item `{slug}` has problems of its own", section.where, "mend its file first"
                )
            elif slug not in slugs:
                mend = _nearest(slug, slugs, otherwise="write its file, or take it out of the issue")
                yield _missing(f"there is no item `{slug}`", section.where, mend)
    for wording in issue.translations.values():
        if len(wording.headings) != len(issue.sections):
            there, here = len(wording.headings), len(issue.sections)
            text = f"the translation `{wording.lang}` has {there} headings, not {here}"
            mend = "give one heading for each section, in the same order"
            yield _missing(text, issue.where, mend)


def _nearest(name: str, names: frozenset[str], *, otherwise: str) -> str:
    near = get_close_matches(name, sorted(names), n=1)
    return f"did you mean `{near[0]}`?" if near else otherwise


def _missing(text: str, where: Place, mend: str, *, severity: Severity = Severity.ERROR) -> Problem:
    return Problem(code="reference.missing", text=text, where=where, mend=mend, severity=severity)
