"""A gettext catalogue (a `.po` file, as translators and their programs know it) as words by their key."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from gettext import c2py
from typing import TYPE_CHECKING

from vesicle.model.errors import ContentError
from vesicle.model.problem import Place, Problem

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

# babel takes a line without its quotation marks, and loses its first and last letter.
_LINE = re.compile(
    r"\s*(?:#.*|(?:(?P<what>msgctxt|msgid|msgid_plural|msgstr|msgstr\[)(?:(?<=\[)[0-9]\])? +)?"
    r'"(?:[^"\\]|\\.)*")?\s*'
)
# What stands above each; babel takes a `msgstr` for a translation of any msgid near it.
_ABOVE = {"msgid_plural": ("msgid",), "msgstr": ("msgid",), "msgstr[": ("msgid_plural", "msgstr[")}
# The rules of all languages of CLDR look at the last two digits at most, and at millions.
_COUNTS = (*range(201), 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """A word in each of its forms, the singular first; *which* is the place of the form for a count."""

    texts: tuple[str, ...]
    which: Callable[[int], int]

    def of(self, count: int) -> str:
        """Give the form that is said of *count* things."""
        return self.texts[self.which(count)] if len(self.texts) > 1 else self.texts[0]


# A preview asks for the same words for each post.
@lru_cache(maxsize=64)
def read(text: str, file: str) -> Mapping[str, Forms]:
    """Give the words of a catalogue by their `msgid`, without those that are fuzzy or not translated.

    Raises ContentError with *file* and line where it cannot be read.
    """
    catalog, messages = _parsed(text, file)
    which = _rule(catalog, text, file)
    found = ((message, _several(message.string)) for message in messages if message.id and not message.fuzzy)
    return {
        _several(message.id)[0]: Forms(texts=texts, which=which) for message, texts in found if all(texts)
    }


def _parsed(text: str, file: str) -> tuple["Catalog", tuple["Message", ...]]:
    # It takes as long to import as all the rest of babel that is used here.
    from babel.messages.pofile import PoFileError, read_po  # noqa: PLC0415

    number = 1

    def lines() -> Iterator[str]:
        nonlocal number
        above = ""
        for number, line in enumerate(text.split("\n"), start=1):
            above = _kind(line, above, Place(file=file, line=number))
            # What a program has kept of older words means nothing here.
            yield "" if line.lstrip().startswith("#~") else line

    try:
        catalog = read_po(lines(), abort_invalid=True)
        return catalog, tuple(catalog)
    except PoFileError as error:
        raise _broken(Place(file=file, line=error.lineno + 1), str(error).rpartition(" on ")[0]) from error
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError) as error:
        raise _broken(Place(file=file, line=number), "what stands here or above is not complete") from error


def _kind(line: str, above: str, where: Place) -> str:
    """Give what *line* begins, or what it goes on with; *above* is the same of the line above."""
    found = _LINE.fullmatch(line)
    what = (found["what"] or above) if found else ""
    if not found or (found["what"] and above not in _ABOVE.get(what, (above,))):
        raise _broken(where, "this line is none of a catalogue, or not here")
    return what


def _rule(catalog: "Catalog", text: str, file: str) -> Callable[[int], int]:
    """Give the rule of the header's Plural-Forms, tried before anybody counts by it."""
    try:
        which = c2py(catalog.plural_expr)
        if all(0 <= which(count) < catalog.num_plurals for count in _COUNTS):
            return which
    except (ValueError, ArithmeticError):
        pass
    line = text.partition("Plural-Forms")[0].count("\n") + 1
    raise _broken(
        Place(file=file, line=line), f"Plural-Forms has no form for some number: {catalog.plural_expr}"
    )


def _several(text: object) -> tuple[str, ...]:
    return tuple(map(str, text)) if isinstance(text, list | tuple) else (str(text),)


def _broken(where: Place, why: str) -> ContentError:
    problem = Problem(
        code="words.unreadable",
        text=f"these words cannot be read: {why}",
        where=where,
        mend='write `msgid "key"` and below it `msgstr "word"`, each text in quotation marks',
    )
    return ContentError([problem])
