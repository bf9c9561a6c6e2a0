"""Kinds of values that several settings have."""

import re
from typing import Annotated

from pydantic import AfterValidator

from vesicle.schedule.calendar import calendar, is_zone


def _zone(text: str) -> str:
    if not is_zone(text):
        raise ValueError(f"cannot be `{text}` | write an IANA zone such as Asia/Bangkok")
    return text


def _cadence(text: str) -> str:
    calendar(text)
    return text


def _when(words: str | tuple[str, ...]) -> str:
    joined = words if isinstance(words, str) else "; ".join(words)
    if joined:
        calendar(joined)
    return joined


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise ValueError(f"cannot be `{text}` | write a language tag such as en, th or fa")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Cadence = Annotated[str, AfterValidator(_cadence)]
When = Annotated[str | tuple[str, ...], AfterValidator(_when)]
Language = Annotated[str, AfterValidator(_language)]
