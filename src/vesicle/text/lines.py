"""What counts as one line of text."""

import unicodedata

# Control characters, line and paragraph separators, halves of surrogate pairs. Joiners, marks of direction
# and no-break spaces are part of what people write.
_REFUSED = frozenset({"Cc", "Zl", "Zp", "Cs"})


def is_one_line(text: str) -> bool:
    """Tell whether *text* holds no line break and no control character."""
    return not any(unicodedata.category(character) in _REFUSED for character in text)


def one_line(text: str) -> str:
    """Put *text* on one line, whatever it holds, without control characters."""
    return " ".join(_spaced(text).split())


def without_controls(text: str) -> str:
    """Give *text* with its lines and their indents, and without any other control character."""
    return "\n".join(_spaced(line).rstrip() for line in text.splitlines())


def _spaced(text: str) -> str:
    return "".join(" " if unicodedata.category(one) in _REFUSED else one for one in text)
