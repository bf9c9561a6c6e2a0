"""The form to sign up, here and on other sites."""

from dataclasses import replace

from starlette.responses import PlainTextResponse, Response

from vesicle.model.subscriber import Frequency
from vesicle.pipeline.sign_up import Form, Verdict
from vesicle.text.doors import CONFIRM_FOR
from vesicle.web.house import House, hours
from vesicle.web.visit import Visit

TRAP = "comment"
"""The field that people do not see."""


def sign_up(house: House, visit: Visit) -> Response:
    """Show the form, or take it; the answer to a form that can be used is always the same page."""
    lang = house.language(visit)
    if not visit.is_post:
        form = Form(language=lang, stamp=house.reception.stamp("sign up"))
        return _form_page(house, lang, form, Verdict())
    form = read_form(visit)
    verdict = house.reception.sign_up(form, shown=lang, host=visit.host)
    if verdict.stops:
        return _form_page(house, lang, replace(form, stamp=verdict.stamp), verdict)
    return house.note("mailbox", lang, hours=hours(CONFIRM_FOR))


def embed(house: House, visit: Visit) -> Response:
    """Give the form as HTML to copy into another site; it has no stamp, and is shown here once more."""
    lang = house.language(visit)
    text = house.text("web/embed.html.j2", lang, _values(house, lang, Form(language=lang), Verdict()))
    return PlainTextResponse(text, headers={"Content-Language": lang})


def read_form(visit: Visit) -> Form:
    """Give the fields of a form to sign up or to ask for one's data."""
    return Form(
        email=visit.one("email"),
        topics=visit.all("topics"),
        language=visit.one("language"),
        frequency=visit.one("frequency") or Frequency.EVERY,
        trap=visit.one(TRAP),
        stamp=visit.one("stamp"),
        accepted=visit.one("accepted"),
    )


def _form_page(house: House, lang: str, form: Form, verdict: Verdict) -> Response:
    return house.page("sign-up", lang, _values(house, lang, form, verdict))


def _values(house: House, lang: str, form: Form, verdict: Verdict) -> dict[str, object]:
    return {
        "form": form,
        "verdict": verdict,
        "trap": TRAP,
        "wording": house.reception.wording(lang),
        "frequencies": frequencies(),
    }


def frequencies() -> list[tuple[str, str]]:
    """Give what may be chosen, each with the key of its word."""
    return [(one.value, f"page {one.value}") for one in Frequency]
