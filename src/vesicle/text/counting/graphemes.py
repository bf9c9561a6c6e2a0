"""What a reader sees as one character, and which of them are pictures."""

import regex

# Which emoji there are is a question of structure (UTS #51 section 1.4.9), not of a list that ages. © and ®
# are emoji only where U+FE0F follows (twemoji, which twitter-text's configuration v3 goes by).
EMOJI = regex.compile(
    r"""
      [\#*0-9]\uFE0F?\u20E3                                             # 1️⃣
    | \p{RI}\p{RI}                                                      # 🇹🇭
    | \U0001F3F4[\U000E0061-\U000E007A\U000E0030-\U000E0039]++\U000E007F  # England, Scotland, Wales
    | (?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|(?![\xA9\xAE](?!\uFE0F))\p{Extended_Pictographic}\uFE0F?)
      (?:\u200D(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|\p{Extended_Pictographic}\uFE0F?))*+
    """,
    regex.VERBOSE,
)
_PICTURE = regex.compile(r"[\p{Extended_Pictographic}\p{RI}\p{Emoji_Modifier}\u20E3]")


def graphemes(text: str) -> list[str]:
    """Split *text* into extended grapheme clusters (UAX #29)."""
    return regex.findall(r"\X", text)


def with_emoji_as_bytes(text: str) -> int:
    """Count graphemes, and of those that hold an emoji each byte of UTF-8.

    Meta's page says "emojis count as their number of UTF-8 bytes" and links a splitter of graphemes (read
    2026-11-22): what is an emoji by any reading counts here, © and ↔ too, so that the count is never short.
    """
    return sum(len(one.encode()) if _PICTURE.search(one) else 1 for one in graphemes(text))
