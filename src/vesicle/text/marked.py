"""YAML with the place of every value, read so that a person's file means what it looks like.

Every plain value is text: `no`, `1e3`, `2026-11-26` and `00123` stay as written, and whoever knows the
field turns it into a number or a date. A field without a value counts as not written. Anchors, tags and
repeated fields are refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem

Path = tuple[str | int, ...]
DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A YAML document: its value, and where each part of it stands, by path from the top."""

    value: Mapping[str, object]
    places: Mapping[Path, Place]
    where: Place

    def place(self, path: Path) -> Place:
        """Give the place of *path*, or of the nearest part around it that is written."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, self.where)


def parse(text: str, *, file: str, first_line: int = 1) -> Marked:
    """Read a YAML mapping from *text*, whose first line is line *first_line* of *file*.

    Raises UserError with one Problem for YAML that cannot be read, or several for repeated fields.
    """
    reader = _Reader(file=file, first_line=first_line)
    try:
        node = _Composer(text).get_single_node()
        value = reader.value(node, ()) if node is not None else {}
    except yaml.YAMLError as error:
        raise UserError([reader.complaint(error)]) from error
    if not isinstance(value, dict):
        mend = "write `name: value` lines"
        raise UserError([_problem("not-fields", "this is not a list of fields", reader.top, mend)])
    if reader.problems:
        raise UserError(reader.problems)
    return Marked(value=value, places=reader.places, where=reader.top)


class _Composer(yaml.SafeLoader):
    """A composer that refuses aliases (they can grow without bound) and very deep nesting."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # untyped in types-PyYAML
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.MarkedYAMLError(problem="`*` stands for another place", problem_mark=mark)
        if self.depth >= DEEPEST:
            raise yaml.MarkedYAMLError(problem="lists within lists are too deep", problem_mark=mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Reader:
    """Turns nodes into values and keeps their places and the problems met on the way."""

    def __init__(self, *, file: str, first_line: int) -> None:
        self.file = file
        self.first_line = first_line
        self.top = Place(file=file, line=first_line)
        self.places: dict[Path, Place] = {}
        self.problems: list[Problem] = []

    def value(self, node: Node, path: Path) -> object:
        self.places[path] = self._place(node.start_mark)
        if isinstance(node, MappingNode):
            return dict(self._fields(node, path))
        if isinstance(node, SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return node.value

    def _fields(self, node: MappingNode, path: Path) -> Iterator[tuple[str, object]]:
        seen: set[str] = set()
        for key, child in node.value:
            place = self._place(key.start_mark)
            name = str(key.value)
            if name in seen:
                text, mend = f"`{name}` is written twice", "keep one of them"
                self.problems.append(_problem("repeated-key", text, place, mend))
            seen.add(name)
            if not _is_empty(child):
                yield name, self.value(child, (*path, name))
            self.places[(*path, name)] = place

    def _place(self, mark: yaml.Mark) -> Place:
        return Place(file=self.file, line=mark.line + self.first_line, column=mark.column + 1)

    def complaint(self, error: yaml.YAMLError) -> Problem:
        mark = getattr(error, "problem_mark", None)
        where = self._place(mark) if mark else self.top
        what = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
        if "\\t" in what:
            return _problem("tab", "a tab stands where spaces belong", where, "indent with spaces")
        if "mapping values are not allowed" in what:
            mend = 'put quotes round a value that holds a colon: `title: "One: two"`'
            return _problem("bad-yaml", "a second `: ` in this line", where, mend)
        mend = "check quotes, brackets and indentation here and in the line above"
        return _problem("bad-yaml", f"the fields cannot be read: {what}", where, mend)


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value.strip() == ""


def _problem(code: str, text: str, where: Place, mend: str) -> Problem:
    return Problem(code=f"fields.{code}", text=text, where=where, mend=mend)
