"""The link of a confirmation mail."""

from starlette.responses import Response

from vesicle.pipeline.reception import Pressed
from vesicle.text.doors import CONFIRM_FOR, Door
from vesicle.web.house import House, hours
from vesicle.web.visit import Visit


def confirm(house: House, visit: Visit) -> Response:
    """Show the button, or be told that it was pressed."""
    reception = house.reception
    wished = reception.wishes(Door.CONFIRM, visit.token)
    lang = house.language(visit, wished.language if wished else "")
    if not visit.is_post:
        is_good = reception.visitor(Door.CONFIRM, visit.token) is not None
        return _button(house, lang) if is_good else _void(house, lang)
    pressed = reception.confirm(visit.token, stamp=visit.one("stamp"), agent=visit.agent, shown=lang)
    if pressed is Pressed.AGAIN:
        return _button(house, lang, is_again=True)
    return _void(house, lang) if pressed is Pressed.VOID else house.note(pressed.value, lang)


def _button(house: House, lang: str, *, is_again: bool = False) -> Response:
    values = {
        "stamp": house.reception.confirm_stamp(is_again=is_again),
        "is_again": is_again,
        "wording": house.reception.wording(lang),
    }
    return house.page("confirm", lang, values)


def _void(house: House, lang: str) -> Response:
    return house.note("void", lang, status=404, hours=hours(CONFIRM_FOR))
