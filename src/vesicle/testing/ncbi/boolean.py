"""Queries of terms with AND, OR, NOT and parentheses, read from left to right without precedence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vesicle.testing.ncbi.shelf import Record

OPERATORS = ("AND", "OR", "NOT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term: how it reads in the translation, and which records it fits."""

    shown: str
    fits: Callable[[Record], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two queries joined by an operator."""

    left: "Query"
    operator: str
    right: "Query"

    @property
    def shown(self) -> str:
        """Give both with the operator between."""
        return f"{self.left.shown} {self.operator} {self.right.shown}"

    def fits(self, record: Record) -> bool:
        """Tell whether *record* is found by the two together."""
        if self.operator == "OR":
            return self.left.fits(record) or self.right.fits(record)
        return self.left.fits(record) and self.right.fits(record) == (self.operator == "AND")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A query in parentheses."""

    inner: "Query"

    @property
    def shown(self) -> str:
        """Give the query in its parentheses, one pair of them."""
        return self.inner.shown if isinstance(self.inner, Group) else f"({self.inner.shown})"

    def fits(self, record: Record) -> bool:
        """Tell whether *record* is found."""
        return self.inner.fits(record)


Query = Term | Pair | Group
Token = str | Query | None
"""An operator or parenthesis, a term, or None for a term that nobody knows."""


@dataclass(slots=True)
class Reading:
    """A query while it is read. Terms nobody knows fall away, as PubMed lets them."""

    tokens: Sequence[Token]
    at: int = field(default=0)

    def query(self) -> Query | None:
        """Read up to a closing parenthesis or the end; two terms side by side are joined by AND."""
        left = self._operand()
        while self.at < len(self.tokens) and self.tokens[self.at] != ")":
            operator = "AND"
            if (token := self.tokens[self.at]) in OPERATORS:
                operator, self.at = str(token), self.at + 1
            left = _joined(left, operator, self._operand())
        return left

    def _operand(self) -> Query | None:
        if self.at >= len(self.tokens):
            return None
        token = self.tokens[self.at]
        if isinstance(token, str) and token != "(":
            # An operator too many, or a parenthesis that closes nothing.
            self.at += token != ")"
            return None
        self.at += 1
        if not isinstance(token, str):
            return token
        inner = self.query()
        self.at += 1
        return Group(inner=inner) if inner else None


def read(tokens: Sequence[Token]) -> Query | None:
    """Give the query that *tokens* make; None where no known term is left."""
    reading = Reading(tokens)
    query = reading.query()
    while reading.at < len(tokens):
        reading.at += 1
        query = _joined(query, "AND", reading.query())
    return query


def _joined(left: Query | None, operator: str, right: Query | None) -> Query | None:
    if left is None:
        return None if operator == "NOT" else right
    return Pair(left=left, operator=operator, right=right) if right else left
