from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from vesicle.model.item import Image, Status
from vesicle.model.problem import Place, Problem, Severity
from vesicle.ports import Case, Part

_WHY = "Screen readers read it aloud, and many mail programs show it in the picture's place."


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The most characters of an alternative text: what a screen reader says in one breath."""

    most: int = 150


class Check:
    """Every picture says in words what it shows, and an item's picture also whose it is."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.ITEMS, Part.MESSAGES})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield errors for what is missing, a warning for an alternative text that is too long."""
        for item in case.items:
            if item.image and item.status is not Status.RETIRED:
                yield from self._image(item.image)
        yield from _pictures(case)

    def _image(self, image: Image) -> Iterator[Problem]:
        missing = (
            ("empty", image.alt, "says nothing in words", "alt: what the picture shows"),
            ("credit", image.credit, "does not say who made it", "credit: the name of its maker"),
            (
                "licence",
                image.licence,
                "does not say what it may be used for",
                "licence: for example CC BY 4.0",
            ),
        )
        for what, value, text, mend in missing:
            if not value.strip():
                yield Problem(
                    code=f"alt_text.{what}",
                    text=f"the picture {image.src} {text}",
                    where=image.where,
                    mend=f"write `{mend}`",
                    why=_WHY if what == "empty" else "",
                )
        if len(image.alt) > self._options.most:
            yield Problem(
                code="alt_text.long",
                text=f"the alt text of {image.src} has {len(image.alt)} characters",
                where=image.where,
                mend=f"say it in at most {self._options.most}, and the rest in the body",
                severity=Severity.WARNING,
            )


def _pictures(case: Case) -> Iterator[Problem]:
    for message in case.messages:
        for picture in message.pictures:
            if picture.alt is None:
                yield Problem(
                    code="alt_text.missing",
                    text=f"the picture {picture.src} of the message in {message.lang} has no alt text",
                    where=case.issue.where if case.issue else Place(file=message.slug),
                    mend='give it alt="…" in the template, or alt="" where it is only decoration',
                    why=_WHY,
                )
