from datetime import datetime

import pytest

from vesicle.render import locale


@pytest.mark.parametrize(
    ("lang", "direction"), [("en", "ltr"), ("th", "ltr"), ("fa", "rtl"), ("ar-EG", "rtl")]
)
def test_direction(lang: str, direction: str) -> None:
    assert locale.direction(lang) == direction


def test_dates_are_in_the_words_and_digits_of_the_reader() -> None:
    day = datetime(2026, 11, 26, 9, 0)  # noqa: DTZ001  # wall-clock time
    assert locale.long_date(day, "en") == "Thursday, November 26, 2026"
    assert locale.long_date(day, "th") == "วันพฤหัสบดีที่ 26 พฤศจิกายน ค.ศ. 2026"
    assert locale.long_date(day, "fa") == "پنجشنبه ۲۶ نوامبر ۲۰۲۶"


def test_unknown_languages_are_read_as_english() -> None:
    assert locale.direction("not a language") == "ltr"
    assert locale.digits("7", "xx") == "7"


def test_names_of_languages() -> None:
    assert locale.language_name("en", reader="th") == "อังกฤษ"
    assert locale.language_name("pt-BR", reader="en") == "Portuguese"
    assert locale.language_name("xx", reader="en") == "xx"


def test_reading_time_goes_by_words_or_by_characters() -> None:
    assert locale.reading_time("word " * 476, "en") == 2
    assert locale.reading_time("ก" * 1726, "th") == 2
    assert locale.reading_time("字 " * 510, "zh-Hans") == 2


def test_minutes_are_at_least_one() -> None:
    assert [locale.whole_minutes(minutes) for minutes in (0, 0.4, 1.4, 1.5, 2.5)] == [1, 1, 1, 2, 3]
