"""Pictures for those who show a page or a post elsewhere."""

import re

from starlette.exceptions import HTTPException
from starlette.responses import Response

from vesicle.model.limits import Frame
from vesicle.model.message import Card
from vesicle.render.card import page_card
from vesicle.web.house import House
from vesicle.web.visit import Visit

FRAME = Frame(width=1200, height=630)
"""The size of an Open Graph picture."""

_CARD = re.compile(r"[0-9a-f]{24}\.(png|jpg)")
_PAGE = re.compile(r"page\.([A-Za-z0-9-]{2,20})\.png")


def picture(house: House, visit: Visit) -> Response:
    """Give the card of a post that was drawn, or that of the pages in a language."""
    page = _PAGE.fullmatch(visit.token)
    if page and page[1] in house.languages:
        return _png(house.gallery.picture(_card_of_pages(house, page[1])))
    found = house.gallery.drawn(visit.token) if _CARD.fullmatch(visit.token) else None
    if found is None:
        raise HTTPException(404)
    return _png(found) if visit.token.endswith("png") else _shown(found, "image/jpeg")


def _card_of_pages(house: House, lang: str) -> Card:
    words = house.words(lang)
    return page_card(
        words["page sign up title"].format(site=house.site.name),
        words["page sign up text"],
        lang=lang,
        frame=FRAME,
        site=house.site.name,
        templates=house.templates,
    )


def _png(content: bytes) -> Response:
    return _shown(content, "image/png")


def _shown(content: bytes, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Cache-Control": "public, max-age=86400"})
