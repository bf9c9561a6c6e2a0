"""The link to leave: by one click in the mailbox (RFC 8058), or by the button of its page."""

from starlette.responses import PlainTextResponse, Response

from vesicle.pipeline.reception import PAUSES, REASONS
from vesicle.text.doors import Door
from vesicle.web.house import House
from vesicle.web.visit import Visit

_ONE_CLICK = "One-Click"


def leave(house: House, visit: Visit) -> Response:
    """Show the page, or let whoever holds the link go; the answer is 200 whatever the link is."""
    reception = house.reception
    if visit.is_post and visit.one("List-Unsubscribe") == _ONE_CLICK:
        reception.leave(visit.token, source="one click", shown="")
        # A program reads this, which knows no language.
        return PlainTextResponse("Done.\n")
    wished = reception.wishes(Door.LEAVE, visit.token)
    lang = house.language(visit, wished.language if wished else "")
    if not visit.is_post:
        return house.page("leave", lang, {"reasons": REASONS, "pauses": PAUSES})
    if visit.one("pause"):
        return _pause(house, visit, lang)
    reason = visit.one("reason")
    is_ours = reception.leave(visit.token, source="page leave", shown=lang, reason=reason)
    return house.note("left" if is_ours else "left unknown", lang)


def _pause(house: House, visit: Visit, lang: str) -> Response:
    days = visit.one("pause")
    number = int(days) if days in {str(one) for one in PAUSES} else 0
    paused = house.reception.pause(visit.token, number, shown=lang)
    if paused is None:
        return house.note("left unknown", lang)
    return house.note("paused", lang, date=paused.paused_until)
