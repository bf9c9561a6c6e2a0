"""`content/papers`: what is known of a paper, as JSON, without its abstract."""

import json
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vesicle.model.errors import UserError
from vesicle.model.paper import FiledPaper, Fingerprint, Paper
from vesicle.model.problem import Place, Problem
from vesicle.text.complaints import dotted

_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _PaperShape(_Strict):
    """The record; no field for an abstract, so none can slip in."""

    source: str
    id: str
    title: str
    url: str
    pmid: str = ""
    doi: str = ""
    authors: tuple[str, ...] = ()
    journal: str = ""
    published: str = ""
    year: int | None = None
    seen: date | None = None


class _FingerprintShape(_Strict):
    sentences: frozenset[_Hash]
    shingles: frozenset[_Hash]
    numbers: tuple[str, ...]


class _FileShape(_Strict):
    paper: _PaperShape
    fingerprint: _FingerprintShape


def read(text: str, *, file: str) -> FiledPaper:
    """Read a paper's file; raises UserError with its problems."""
    where = Place(file=file)
    try:
        shape = _FileShape.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        at = Place(file=file, line=error.lineno, column=error.colno)
        raise UserError([_problem(f"cannot be read as JSON: {error.msg}", at)]) from error
    except ValidationError as error:
        raise UserError(
            _problem(f"`{dotted(one['loc'])}`: {one['msg']}", where) for one in error.errors()
        ) from error
    return FiledPaper(
        paper=Paper(**shape.paper.model_dump()),
        fingerprint=Fingerprint(**shape.fingerprint.model_dump()),
    )


def write(paper: FiledPaper) -> str:
    """Give the text of a paper's file, the same for the same paper; its abstract has no field to go to."""
    shape = _FileShape(
        paper=_PaperShape(**{name: getattr(paper.paper, name) for name in _PaperShape.model_fields}),
        fingerprint=_FingerprintShape(
            **{name: getattr(paper.fingerprint, name) for name in _FingerprintShape.model_fields}
        ),
    )
    document = shape.model_dump(mode="json")
    for name in ("sentences", "shingles"):
        document["fingerprint"][name].sort()
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _problem(text: str, where: Place) -> Problem:
    mend = "these files are written by a program: restore it from git"
    return Problem(code="paper.unreadable", text=text, where=where, mend=mend)
