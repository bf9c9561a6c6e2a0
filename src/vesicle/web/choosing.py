"""The page on which readers change what they get."""

from dataclasses import replace

from starlette.responses import Response

from vesicle.model.reader import Wishes
from vesicle.model.subscriber import Frequency
from vesicle.pipeline.reception import PAUSES
from vesicle.text.doors import Door
from vesicle.web.house import House
from vesicle.web.signing import frequencies
from vesicle.web.visit import Visit


def choose(house: House, visit: Visit) -> Response:
    """Show what somebody gets, keep what they choose instead, or let them leave."""
    reception = house.reception
    wished = reception.wishes(Door.CHOOSE, visit.token)
    lang = house.language(visit, wished.language if wished else "")
    if reception.visitor(Door.CHOOSE, visit.token) is None:
        return house.note("link", lang, status=404)
    if wished is None:
        return house.note("gone", lang)
    if not visit.is_post:
        return _page(house, lang, wished)
    if visit.one("do") == "leave":
        reception.choose_to_leave(visit.token, shown=lang)
        return house.note("left", lang)
    return _save(house, visit, wished, lang)


def _save(house: House, visit: Visit, wished: Wishes, lang: str) -> Response:
    errors = _errors(house, visit, wished)
    if errors:
        return _page(house, lang, wished, errors=errors)
    chosen = _chosen(house, visit, wished)
    house.reception.choose(visit.token, chosen, shown=lang)
    return _page(house, house.language(visit, chosen.language), chosen, is_saved=True)


def _errors(house: House, visit: Visit, wished: Wishes) -> dict[str, str]:
    offered = {
        "language": {*house.languages, wished.language},
        "frequency": {one.value for one in Frequency},
        "pause": {"", "none", "keep", *map(str, PAUSES)},
        "topics": set(house.site.topics),
    }
    return {name: "page error choice" for name, known in offered.items() if not set(visit.all(name)) <= known}


def _chosen(house: House, visit: Visit, wished: Wishes) -> Wishes:
    """Give what was chosen; what the page does not offer, such as topics of an import, stays."""
    offered = house.reception.offer.topics
    others = tuple(topic for topic in wished.topics if topic not in offered)
    topics = tuple(topic for topic in offered if topic in visit.all("topics")) or offered
    pause = visit.one("pause")
    until = house.reception.until(int(pause)) if pause.isdecimal() else None
    return replace(
        wished,
        topics=(*topics, *others),
        language=visit.one("language") or wished.language,
        frequency=Frequency(visit.one("frequency") or wished.frequency),
        paused_until=wished.paused_until if pause == "keep" else until,
    )


def _page(
    house: House,
    lang: str,
    wished: Wishes,
    *,
    errors: dict[str, str] | None = None,
    is_saved: bool = False,
) -> Response:
    today = house.reception.until(0)
    is_paused = wished.paused_until is not None and wished.paused_until > today
    values = {
        "wished": wished,
        "is_paused": is_paused,
        "pauses": PAUSES,
        "frequencies": frequencies(),
        "mail_languages": house.mail_languages(wished.language),
        "errors": errors or {},
        "is_saved": is_saved,
    }
    return house.page("choose", lang, values)
