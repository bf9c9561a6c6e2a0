"""Whether a text is as short as a channel wants it. Pure."""

from collections.abc import Iterator, Sequence

from vesicle.model.limits import Length
from vesicle.text.counting import count


def over(text: str, lengths: Sequence[Length]) -> Iterator[tuple[Length, int]]:
    """Yield each length that *text* is beyond, and what it comes to."""
    for length in lengths:
        found = count(text, length.unit)
        if found > length.most:
            yield length, found


def fits(text: str, lengths: Sequence[Length]) -> bool:
    """Tell whether *text* is within all of *lengths*."""
    return not any(over(text, lengths))


def measured(text: str, lengths: Sequence[Length]) -> str:
    """Say how long *text* is, of how much: `248 of 300 graphemes, 310 of 3,000 bytes`."""
    return ", ".join(f"{count(text, one.unit):,} of {one.most:,} {one.unit}" for one in lengths)
