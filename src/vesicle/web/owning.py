"""The pages on which people see what is kept of them, and have it deleted."""

from dataclasses import replace

from starlette.responses import Response

from vesicle.pipeline.sign_up import Form, Verdict
from vesicle.text.doors import DATA_FOR, Door
from vesicle.web.house import House, hours
from vesicle.web.signing import TRAP, read_form
from vesicle.web.visit import Visit

FILE = "my-data.json"


def ask_for_data(house: House, visit: Visit) -> Response:
    """Show the form that asks for the link, or take it; the answer is the same for every address."""
    lang = house.language(visit)
    if not visit.is_post:
        return _ask_page(house, lang, Form(stamp=house.reception.stamp("data")), Verdict())
    form = read_form(visit)
    verdict = house.reception.ask_for_data(form, shown=lang, host=visit.host)
    if verdict.stops:
        return _ask_page(house, lang, replace(form, stamp=verdict.stamp), verdict)
    return house.note("mailbox data", lang, hours=hours(DATA_FOR))


def own_data(house: House, visit: Visit) -> Response:
    """Show the two buttons, hand out the data, or erase them."""
    reception = house.reception
    wished = reception.wishes(Door.DATA, visit.token)
    lang = house.language(visit, wished.language if wished else "")
    if reception.visitor(Door.DATA, visit.token) is None:
        return house.note("void data", lang, status=404, hours=hours(DATA_FOR))
    if not visit.is_post:
        return _buttons(house, lang)
    if visit.one("do") == "erase":
        return _erase(house, visit, lang)
    return _download(house, visit, lang)


def _ask_page(house: House, lang: str, form: Form, verdict: Verdict) -> Response:
    values = {"form": form, "verdict": verdict, "trap": TRAP, "hours": hours(DATA_FOR)}
    return house.page("data", lang, values)


def _buttons(house: House, lang: str, **errors: str) -> Response:
    return house.page("own-data", lang, {"errors": errors})


def _erase(house: House, visit: Visit, lang: str) -> Response:
    if not visit.one("sure"):
        return _buttons(house, lang, sure="page error box")
    house.reception.erase(visit.token)
    return house.note("erased", lang)


def _download(house: House, visit: Visit, lang: str) -> Response:
    found = house.reception.own_data(visit.token)
    if found is None:
        return house.note("erased", lang)
    headers = {"Content-Disposition": f'attachment; filename="{FILE}"'}
    return Response(found.as_json(), media_type="application/json", headers=headers)
