"""The site's secret key."""

from collections.abc import Callable, Iterator

from vesicle.model.checkup import Line, fault, good

VARIABLE = "VESICLE_KEY"
_SHORTEST = 32
_WHAT = "secret key"
_WHY = "by it links to leave are sealed, and addresses that left are known: nothing is sent without it"
_MEND = f"make one with `openssl rand -hex 32`, keep it safe, and set {VARIABLE} to it"


def is_long_enough(key: str) -> bool:
    """Tell whether *key* can be used."""
    return len(key) >= _SHORTEST


def look(key: str, see_bound: Callable[[bytes], None]) -> Iterator[Line]:
    """Yield how *key* stands; *see_bound* raises UserError where the database belongs to another."""
    if not key:
        yield fault("doctor.key-missing", _WHAT, f"{VARIABLE} is not set", why=_WHY, mend=_MEND)
    elif not is_long_enough(key):
        text = f"{VARIABLE} has {len(key)} characters, and {_SHORTEST} are the least"
        yield fault("doctor.key-short", _WHAT, text, why=_WHY, mend=_MEND)
    else:
        see_bound(key.encode())
        yield good("doctor.key", _WHAT, f"{VARIABLE} is set, and no other key's database is here")
