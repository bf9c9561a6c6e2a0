"""The names that a domain can end with."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import groupby


@cache
def tlds() -> frozenset[str]:
    """Give every top-level domain in lower case, also those that are not written in ASCII."""
    lines = files("vesicle.text.counting").joinpath("tlds.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


@cache
def any_tld() -> str:
    """Give a regular expression of them all, the longest first."""
    # Ten times as fast as a plain list of names, which is tried at every dot of a text.
    return _branches(sorted(tlds()))


def _branches(names: Iterable[str]) -> str:
    """Give what is common to *names* once, and then what differs; *names* are sorted."""
    groups = [
        (first, [name[1:] for name in group]) for first, group in groupby(names, key=lambda one: one[:1])
    ]
    branches = [first + _branches(rest) for first, rest in groups if first]
    is_name = "?" if groups[0][0] == "" else ""
    return f"(?:{'|'.join(branches)}){is_name}" if branches else ""
