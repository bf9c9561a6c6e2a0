import re
from datetime import date

from vesicle.text.pubmed.tree import Element, child, text

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)", re.ASCII)


def printed(element: Element) -> str:
    """Give a date as it is printed: "2021 May-Jun", "2021 Winter", "2021 Jun 5"; numeric months get names."""
    if whole := text(child(element, "MedlineDate")):
        return whole
    month = _month_name(text(child(element, "Month"))) or text(child(element, "Season"))
    parts = (text(child(element, "Year")), month, text(child(element, "Day")).lstrip("0"))
    return " ".join(filter(None, parts))


def first_year(printed: str) -> int | None:
    """Give the first year in a printed date, or None."""
    found = _YEAR.search(printed)
    return int(found[0]) if found else None


def day(element: Element) -> date | None:
    """Give a date of Year, Month and Day; None where it has no year or is no date of the calendar."""
    parts = {str(part.tag): part.text or "" for part in element}
    try:
        return date(int(parts["Year"]), _month(parts.get("Month", "1")), int(parts.get("Day", "1")))
    except (KeyError, ValueError):
        return None


def _month(month: str) -> int:
    return _MONTHS.index(month) + 1 if month in _MONTHS else int(month)


def _month_name(month: str) -> str:
    if month.isascii() and month.isdigit() and 1 <= int(month[:4]) <= 12:
        return _MONTHS[int(month) - 1]
    return month
