"""What a validator says of a file, in words for the person who wrote it."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from vesicle.model.problem import Problem
from vesicle.text.marked import Marked, Path

_WANTED = {
    "string_type": ("must be text", "write the text behind the colon"),
    "int_parsing": ("must be a whole number", "write digits alone"),
    "int_type": ("must be a whole number", "write digits alone"),
    "float_parsing": ("must be a number", "write digits, with a point for the decimals"),
    "bool_parsing": ("must be yes or no", "write `true` or `false`"),
    "list_type": ("must be a list", "write `[one, two]`, or one `- ` line for each"),
    "tuple_type": ("must be a list", "write `[one, two]`, or one `- ` line for each"),
    "dict_type": ("must hold fields of its own", "indent its `name: value` lines below it"),
    "mapping_type": ("must hold fields of its own", "indent its `name: value` lines below it"),
    "model_type": ("must hold fields of its own", "indent its `name: value` lines below it"),
    "dataclass_type": ("must hold fields of its own", "indent its `name: value` lines below it"),
    "date_from_datetime_parsing": ("is not a date", "write it as 2026-11-26"),
    "date_parsing": ("is not a date", "write it as 2026-11-26"),
    "datetime_parsing": ("is not a date with a time", "write it as 2026-11-26 09:00"),
    "datetime_from_date_parsing": ("is not a date with a time", "write it as 2026-11-26 09:00"),
    "too_short": ("is empty", "give at least one"),
    "string_too_short": ("is empty", "write the text behind the colon"),
}


def problems(
    errors: Iterable[Mapping[str, object]], marked: Marked, *, known: Iterable[str], within: Path = ()
) -> Iterator[Problem]:
    """Turn pydantic's errors about *marked* (or the part *within*) into problems with file and line.

    *known* are the names of all fields there are, to suggest the nearest for an unknown one.
    """
    names = tuple(known)
    for error in errors:
        loc = error["loc"]
        path = (*within, *(loc if isinstance(loc, tuple) else ()))
        code, text, mend = _words(error, path=path, known=names)
        yield Problem(code=f"fields.{code}", text=text, where=marked.place(path), mend=mend)


def _words(error: Mapping[str, object], *, path: Path, known: tuple[str, ...]) -> tuple[str, str, str]:
    name, kind = dotted(path), str(error["type"])
    context = error.get("ctx")
    context = context if isinstance(context, Mapping) else {}
    if kind == "missing":
        return "missing", f"`{name}` is missing or empty", f"write `{path[-1]}:` with a value"
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return unknown(str(path[-1]), known=known)
    if kind in ("enum", "literal_error"):
        expected = str(context.get("expected", "")).replace("'", "`")
        # Options of plug-ins come without what was written: it may be a secret.
        written = f"cannot be `{error['input']}`" if "input" in error else "is none of what it can be"
        return "not-allowed", f"`{name}` {written}", f"write {expected}"
    if kind == "value_error":
        text, _, mend = str(context.get("error", "")).partition(" | ")
        return "wrong-value", f"`{name}` {text}", mend
    text, mend = _WANTED.get(kind, (f"is not right: {error['msg']}", "see the documentation of this field"))
    return "wrong-value" if kind.startswith("date") else "wrong-type", f"`{name}` {text}", mend


def unknown(name: str, *, known: Iterable[str]) -> tuple[str, str, str]:
    """Give code, text and mend for a field called *name* that does not exist."""
    near = get_close_matches(name, tuple(known), n=1, cutoff=0.6)
    mend = f"did you mean `{near[0]}`?" if near else "remove it, or see the documentation for the fields"
    return "unknown-key", f"there is no field called `{name}`", mend


def dotted(path: Path) -> str:
    """Write a path as people do: `claims 2 passage`, counted from 1."""
    return " ".join(str(part + 1) if isinstance(part, int) else part for part in path)


def field_names(schema: dict[str, Any]) -> frozenset[str]:
    """Give the names of all fields in a JSON schema, at whatever depth."""
    names = set(schema.get("properties", {}))
    for part in schema.get("$defs", {}).values():
        names |= field_names(part)
    return frozenset(names)
