"""SPF records (RFC 7208): which servers may send for a domain, and what makes such a record void."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_LOOKUPS = 10
"""How many terms may ask DNS, those of included records among them (RFC 7208, section 4.6.4)."""

_ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_NAMED = frozenset({"include", "exists", "redirect"})
_TERM = re.compile(
    r"([+\-~?]?)([A-Za-z][A-Za-z0-9_.\-]*)(?:([:=])([^\s]*?))?((?:/[0-9]{1,3}){0,1}(?://[0-9]{1,3})?)"
)
_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word of a record; *value* is the domain or network behind its colon or equals sign."""

    name: str
    value: str = ""
    qualifier: str = "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spf:
    """A record: what could be read of it, and the words that nobody can read, which make it void."""

    terms: tuple[Term, ...]
    wrong: tuple[str, ...]

    @property
    def asking(self) -> tuple[Term, ...]:
        """Give the terms that cost a question to DNS."""
        # Beside `all`, a redirect counts for nothing (RFC 7208, section 6.1).
        names = _ASKING - {"redirect"} if self._has_all else _ASKING
        return tuple(term for term in self.terms if term.name in names)

    @property
    def lets_everybody(self) -> bool:
        """Tell whether any server at all may send for the domain."""
        return any(term.name == "all" and term.qualifier == "+" for term in self.terms)

    @property
    def leads_to(self) -> tuple[str, ...]:
        """Give the domains whose own records count as part of this one."""
        names = {"include"} if self._has_all else {"include", "redirect"}
        # What holds a macro is known only for a mail that is being received.
        return tuple(term.value for term in self.terms if term.name in names and "%" not in term.value)

    @property
    def _has_all(self) -> bool:
        return any(term.name == "all" for term in self.terms)


def records(texts: Iterable[str]) -> tuple[str, ...]:
    """Give those of the TXT records of a domain that are SPF (RFC 7208, section 4.5)."""
    return tuple(one for one in texts if one.lower() == "v=spf1" or one.lower().startswith("v=spf1 "))


def parse(record: str) -> Spf:
    """Read a record that is SPF; nothing in it raises."""
    terms: list[Term] = []
    wrong: list[str] = []
    for word in record.split()[1:]:
        term = _term(word)
        if term is None:
            wrong.append(word)
        else:
            terms.append(term)
    return Spf(terms=tuple(_reached(terms)), wrong=tuple(wrong))


def _reached(terms: Iterable[Term]) -> Iterator[Term]:
    """Leave out what stands behind `all`, which is never reached (RFC 7208, section 5.1)."""
    is_decided = False
    for term in terms:
        if not is_decided:
            yield term
        is_decided = is_decided or term.name == "all"


def _term(word: str) -> Term | None:
    found = _TERM.fullmatch(word)
    if found is None:
        return None
    qualifier, name, sign, value, length = (part or "" for part in found.groups())
    name = name.lower()
    if sign == "=":
        # A modifier nobody knows is passed over (RFC 7208, section 6); redirect wants its domain.
        is_right = not qualifier and (name != "redirect" or bool(value))
    else:
        is_right = _is_right(name, value, length, has_value=bool(sign))
    return Term(name=name, value=value, qualifier=qualifier or "+") if is_right else None


def _is_right(name: str, value: str, length: str, *, has_value: bool) -> bool:
    if name not in _MECHANISMS or (has_value and not value) or (name in _NAMED and not value):
        return False
    if name in ("ip4", "ip6"):
        return _is_network(value + length, version=int(name[2]))
    return not (name == "all" and (value or length)) and not (name not in ("a", "mx") and length)


def _is_network(text: str, *, version: int) -> bool:
    try:
        return ipaddress.ip_network(text, strict=False).version == version
    except ValueError:
        return False
