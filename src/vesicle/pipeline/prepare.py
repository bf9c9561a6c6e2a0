"""From an issue to its messages, the problems in them, and a hash of what a person would approve."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from vesicle.model.content import Content
from vesicle.model.errors import ContentError
from vesicle.model.issue import ApprovalRule, Issue, IssueStatus, Newsletter
from vesicle.model.item import Item
from vesicle.model.limits import Outlet
from vesicle.model.message import Message
from vesicle.model.paper import FiledPaper, Standing
from vesicle.model.problem import Problem
from vesicle.ports import Case, Check
from vesicle.text.citations import paper_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An issue with everything that would go out: a mail per language, a post per item and channel.

    *titles* are those of its items, *pmids* those of the papers they rest on, *untraced* the slugs of items
    whose papers have none.
    """

    issue: Issue
    newsletter: Newsletter
    mails: tuple[Message, ...]
    posts: tuple[Message, ...]
    problems: tuple[Problem, ...]
    pmids: tuple[str, ...] = ()
    untraced: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Give the problems that keep the issue from being approved or sent."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def hash(self) -> str:
        """Give the hash of what would go out and when: the same files give the same hash on every machine."""
        what = {
            "newsletter": self.newsletter.slug,
            "due": self.issue.due.isoformat(),
            "messages": [asdict(message) for message in (*self.mails, *self.posts)],
        }
        document = json.dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return f"sha256:{sha256(document.encode()).hexdigest()}"

    @property
    def held(self) -> str:
        """Say why the issue may not go out yet; empty when it may."""
        if self.issue.status is IssueStatus.CANCELLED:
            return "cancelled"
        if self.errors:
            return f"{len(self.errors)} problems: see `vesicle check`"
        if self.newsletter.approval is ApprovalRule.AUTOMATIC:
            return ""
        if self.issue.approval is None or self.issue.status is not IssueStatus.READY:
            return f"not approved: `vesicle approve {self.issue.slug}`"
        if self.issue.approval.hash != self.hash:
            return f"changed since it was approved: look again, then `vesicle approve {self.issue.slug}`"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kitchen:
    """What preparing needs besides the issue: content, templates, checks, channels, standings of papers.

    *site* is the name of the site, and *glyphs* gives the characters that cards can show.
    """

    content: Content
    templates: Mapping[str, str]
    checks: Sequence[Check]
    outlets: Sequence[Outlet]
    standings: Mapping[str, Standing] = field(default_factory=dict)
    site: str = ""
    glyphs: Callable[[], Collection[int]] = frozenset


def prepare(issue: Issue, newsletter: Newsletter, kitchen: Kitchen) -> Prepared:
    """Render *issue* and judge it; a template that cannot be rendered is a problem like any other.

    What is wrong in the files of the issue and its items, translations included, is wrong with the issue.
    """
    from vesicle.render.newsletter import newsletter as render_newsletter  # noqa: PLC0415 - a daemon renders seldom, and what renders takes memory

    found = list(_of_files(issue, kitchen.content))
    mails: tuple[Message, ...] = ()
    posts: tuple[Message, ...] = ()
    items = tuple(_items(issue, newsletter, kitchen.content))
    try:
        mails = tuple(
            render_newsletter(issue, newsletter, kitchen.content, lang=lang, templates=kitchen.templates)
            for lang in newsletter.languages
        )
        posts = tuple(_posts(items, newsletter, kitchen))
    except ContentError as error:
        # A file that cannot be read cannot be rendered either: the file is told, not both.
        found += [] if any(one.is_error for one in found) else error.problems
    case = Case(
        issue=issue,
        newsletter=newsletter,
        items=(*items, *_translations(items, newsletter, kitchen.content)),
        papers=papers_of(items, kitchen.content.papers),
        messages=(*mails, *posts),
        standings=kitchen.standings,
        outlets={outlet.name: outlet for outlet in kitchen.outlets},
        glyphs=kitchen.glyphs() if posts else frozenset(),
    )
    found += (problem for check in kitchen.checks for problem in check.check(case))
    return Prepared(
        issue=issue,
        newsletter=newsletter,
        mails=mails,
        posts=posts,
        problems=tuple(dict.fromkeys(found)),
        pmids=tuple(item.paper.pmid for item in items if item.paper and item.paper.pmid),
        untraced=tuple(item.slug for item in items if item.paper and not item.paper.pmid),
        titles=tuple(item.title for item in items),
    )


def papers_of(items: Iterable[Item], papers: Mapping[str, FiledPaper]) -> dict[str, FiledPaper]:
    """Give the known papers that *items* rest on, by paper id."""
    ids = (paper_id(item.paper) for item in items if item.paper)
    return {name: papers[name] for name in ids if name in papers}


def _of_files(issue: Issue, content: Content) -> Iterator[Problem]:
    names = {issue.slug, *issue.slugs}
    for problem in content.problems:
        folder, _, file = problem.where.file.rpartition("/")
        if folder.startswith("content/") and file.partition(".")[0] in names:
            yield problem


def _items(issue: Issue, newsletter: Newsletter, content: Content) -> Iterator[Item]:
    found = (content.item(slug, newsletter.fallback, newsletter.fallback) for slug in issue.slugs)
    return (item for item in found if item)


def _translations(items: Iterable[Item], newsletter: Newsletter, content: Content) -> Iterator[Item]:
    for item in items:
        for lang in newsletter.languages:
            if lang != item.lang and (other := content.items.get((item.slug, lang))):
                yield other


def _posts(items: Iterable[Item], newsletter: Newsletter, kitchen: Kitchen) -> Iterator[Message]:
    from vesicle.render.social import Press  # noqa: PLC0415 - as above
    from vesicle.render.social import post as render_post  # noqa: PLC0415 - as above

    press = Press(
        templates=kitchen.templates,
        papers=kitchen.content.papers,
        site_name=kitchen.site,
        site_url=newsletter.site_url,
    )
    for item in items:
        for outlet in kitchen.outlets:
            yield render_post(item, outlet, press)
