"""The names that a domain can end with."""

from functools import cache
from importlib.resources import files


@cache
def tlds() -> frozenset[str]:
    """Give every top-level domain in lower case, also those that are not written in ASCII."""
    lines = files("vesicle.text.counting").joinpath("tlds.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
