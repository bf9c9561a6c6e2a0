"""How an address is shown where it would take too much room."""

import regex

from vesicle.text.counting.graphemes import graphemes

_UNSAID = regex.compile(r"^https?://(?:[^/?#]*@)?(?:www\.)?", regex.IGNORECASE)
# A letter outside ASCII is several escapes, and half of them is none.
_LAST_ESCAPES = regex.compile(r"(?:%[0-9A-Fa-f]{2})*(?:%[0-9A-Fa-f]{0,2})$")


def shown(url: str, *, most: int = 32) -> str:
    """Give *url* in at most *most* graphemes: host and start of the path, then `…` where something is cut.

    Scheme, `www.` and a slash at the very end go unsaid. It is for reading: the link itself stays whole.
    """
    said = _UNSAID.sub("", url)
    letters = graphemes(said.removesuffix("/"))
    if len(letters) <= most:
        return "".join(letters)
    return _LAST_ESCAPES.sub("", "".join(letters[: most - 1])) + "…"
