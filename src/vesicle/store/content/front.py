"""A Markdown file in two parts: the fields on top and the text below."""

import re
from dataclasses import dataclass

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem
from vesicle.text.marked import Marked, parse

_FENCE = re.compile(r"^---[ \t]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The fields of a file, its text, and where the text begins."""

    fields: Marked
    body: str
    body_place: Place


def split(text: str, *, file: str) -> Front:
    """Take a file apart; raises UserError where the front matter is missing, open or unreadable."""
    lines = text.replace("\r\n", "\n").split("\n")
    first = Place(file=file, line=1)
    if not _FENCE.match(lines[0]):
        mend = "start the file with a line `---`, the fields, and another line `---`"
        raise UserError([_problem("no-front-matter", "there is no front matter", first, mend)])
    end = next((n for n, line in enumerate(lines[1:], start=1) if _FENCE.match(line)), None)
    if end is None:
        mend = "put a line `---` below the last field"
        raise UserError([_problem("open-front-matter", "the front matter has no end", first, mend)])
    fields = parse("\n".join(lines[1:end]), file=file, first_line=2)
    body = "\n".join(lines[end + 1 :])
    start = end + 2 + (len(body) - len(body.lstrip("\n")))
    return Front(fields=fields, body=body.strip(), body_place=Place(file=file, line=start))


def _problem(code: str, text: str, where: Place, mend: str) -> Problem:
    return Problem(code=f"file.{code}", text=text, where=where, mend=mend)
