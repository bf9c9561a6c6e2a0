"""From a validated file to an item, an issue or a translation of one."""

from collections.abc import Mapping
from datetime import UTC

from vesicle.model.issue import Approval, Issue, Section, Wording
from vesicle.model.item import Claim, Evidence, Image, Item, Kind, PaperReference, Snippet
from vesicle.model.problem import Place
from vesicle.store.content.front import Front
from vesicle.store.content.shapes import (
    ApprovalShape,
    ExplainerShape,
    FindingShape,
    ImageShape,
    IssueShape,
    ItemShape,
    WordingShape,
)


def item(shape: ItemShape, front: Front, *, slug: str, lang: str) -> Item:
    """Make the item of a finding's or explainer's fields and text."""
    kind = Kind.FINDING if isinstance(shape, FindingShape) else Kind.EXPLAINER
    own = _finding(shape, front) if isinstance(shape, FindingShape) else {}
    if isinstance(shape, ExplainerShape):
        own = {"snippets": _snippets(shape, front)}
    return Item(
        slug=slug,
        lang=lang,
        kind=kind,
        title=shape.title,
        summary=shape.summary,
        body=front.body,
        status=shape.status,
        updated=shape.updated,
        where=front.fields.where,
        author=shape.author,
        topics=shape.topics,
        image=_image(shape.image, front),
        social=shape.social,
        places=places(front),
        **own,  # type: ignore[arg-type]  # the fields of one kind, typed where they are made
    )


def _finding(shape: FindingShape, front: Front) -> dict[str, object]:
    paper, evidence = shape.paper, shape.evidence
    return {
        "paper": PaperReference(**paper.model_dump()),
        "claims": tuple(
            Claim(text=claim.text, passage=claim.passage, where=front.fields.place(("claims", number)))
            for number, claim in enumerate(shape.claims)
        ),
        "caveat": shape.caveat,
        "evidence": evidence and Evidence(**evidence.model_dump()),
    }


def _snippets(shape: ExplainerShape, front: Front) -> tuple[Snippet, ...]:
    return tuple(
        Snippet(text=one.text, source=one.source, where=front.fields.place(("snippets", number)))
        for number, one in enumerate(shape.snippets)
    )


def _image(shape: ImageShape | None, front: Front) -> Image | None:
    return Image(**shape.model_dump(), where=front.fields.place(("image",))) if shape else None


def issue(
    shape: IssueShape, front: Front, *, slug: str, lang: str, translations: Mapping[str, Wording]
) -> Issue:
    """Make the issue of its file, with the wordings of its translation files."""
    return Issue(
        slug=slug,
        newsletter=shape.newsletter,
        number=shape.number,
        due=shape.due,
        subject=shape.subject,
        preheader=shape.preheader,
        intro=front.body,
        lang=lang,
        status=shape.status,
        sections=tuple(
            Section(
                heading=one.heading, items=one.items, where=front.fields.place(("sections", number, "items"))
            )
            for number, one in enumerate(shape.sections)
        ),
        where=front.fields.where,
        approval=_approval(shape.approved),
        translations=translations,
        places=places(front),
    )


def _approval(shape: ApprovalShape | None) -> Approval | None:
    return Approval(by=shape.by, at=shape.at.astimezone(UTC), hash=shape.hash) if shape else None


def wording(shape: WordingShape, front: Front, *, lang: str) -> Wording:
    """Make the words of an issue in another language."""
    return Wording(
        lang=lang,
        subject=shape.subject,
        preheader=shape.preheader,
        intro=front.body,
        headings=shape.headings,
    )


def places(front: Front) -> dict[str, Place]:
    """Give the place of each field by its name, and of the text as `body`."""
    fields = {str(path[0]): place for path, place in front.fields.places.items() if len(path) == 1}
    return {**fields, "body": front.body_place}
