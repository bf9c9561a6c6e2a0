"""LinkedIn's "little text", in which a post is written."""

import regex

# learn.microsoft.com, "little Text Format" (li-lms-2026-05, read 2026-11-22): all of these are escaped with a
# backslash, used or not. An unescaped "(" cuts the post there, without an error (gitroomhq/postiz-app#442).
_RESERVED = regex.compile(r"[\\|{}@\[\]()<>#*_~]")
_HASHTAG = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}_&#＃/])[#＃](?P<word>(?=[\p{N}_]*[\p{L}])[\p{L}\p{M}\p{N}_]+)"
)


def escaped(text: str) -> str:
    r"""Write *text* so that LinkedIn shows it as it is, and its hashtags as hashtags.

    A hashtag, `#` and a word of letters, digits and `_` that are not digits alone, becomes the template
    `{hashtag|\#|word}` of the same page; any other `#` is text, as is what else the format reserves.
    """
    pieces, last = [], 0
    for tag in _HASHTAG.finditer(text):
        pieces += [_plain(text[last : tag.start()]), rf"{{hashtag|\#|{_plain(tag['word'])}}}"]
        last = tag.end()
    return "".join([*pieces, _plain(text[last:])])


def _plain(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)
