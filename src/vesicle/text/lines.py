"""What counts as one line of text."""

import unicodedata

# Control characters, line and paragraph separators, halves of surrogate pairs. Joiners, marks of direction
# and no-break spaces are part of what people write.
_REFUSED = frozenset({"Cc", "Zl", "Zp", "Cs"})


def is_one_line(text: str) -> bool:
    """Tell whether *text* holds no line break and no control character."""
    return not any(unicodedata.category(character) in _REFUSED for character in text)
