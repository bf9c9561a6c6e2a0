"""What a language brings along: its direction, dates, digits, names of languages and reading speed."""

import math
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

# Words a minute: silent reading of English non-fiction, Brysbaert 2019, doi:10.1016/j.jml.2019.104047.
WORDS_A_MINUTE = 238
# Characters a minute, for scripts without spaces between words: Chinese, Japanese and (for the others) the
# mean of seventeen languages of Trauzettel-Klosinski and Dietz 2012, doi:10.1167/iovs.11-8284.
CHARACTERS_A_MINUTE = {"zh": 255, "ja": 357, "th": 863, "lo": 863, "km": 863, "my": 863}

# Where the ten digits of a numbering system of CLDR start, for those that a language has as its default.
_ZEROS = {"arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "deva": 0x966, "mymr": 0x1040}


def direction(lang: str) -> str:
    """Give `rtl` or `ltr`."""
    return str(_locale(lang).text_direction)


def long_date(day: date, lang: str) -> str:
    """Give *day* in words, with its weekday and the digits of *lang*."""
    return digits(format_date(day, "full", locale=_locale(lang)), lang)


def digits(text: str, lang: str) -> str:
    """Write the digits of *text* as *lang* writes them."""
    zero = _ZEROS.get(str(_locale(lang).default_numbering_system), ord("0"))
    return text.translate({ord("0") + digit: chr(zero + digit) for digit in range(10)})


def language_name(lang: str, *, reader: str) -> str:
    """Give the name of *lang* in the language of the *reader*; the code itself where babel has none."""
    return str(_locale(reader).languages.get(lang.partition("-")[0], lang))


def reading_time(text: str, lang: str) -> float:
    """Estimate how long reading *text* takes, in minutes."""
    if speed := CHARACTERS_A_MINUTE.get(lang.partition("-")[0]):
        return sum(not character.isspace() for character in text) / speed
    return len(text.split()) / WORDS_A_MINUTE


def whole_minutes(minutes: float) -> int:
    """Round *minutes* to whole ones, at least one."""
    return max(1, math.floor(minutes + 0.5))


def _locale(lang: str) -> Locale:
    try:
        return Locale.parse(lang, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
