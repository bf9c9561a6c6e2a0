"""Draws cards with Typst, which is given nothing but the fonts, the template and what the card shows."""

import re
from collections.abc import Sequence
from io import BytesIO
from json import loads
from threading import Lock

import typst
from PIL import Image

from vesicle.model.errors import ContentError
from vesicle.model.message import Card
from vesicle.model.problem import Place, Problem
from vesicle.render.marks import FOLDER

QUALITY = 90
"""Of a JPEG, in which letters on a plain ground show no halo."""

# What Typst reads must stand below a folder. Below a file nothing can stand.
_NOWHERE = typst.__file__
_PLACE = re.compile(r"__typst_py_bytes__\.typ:(\d+):(\d+)")
_PACKAGE = re.compile(r'@preview\b|"@[\w-]+/')
_PANIC = "panicked with: "
_UNKNOWN_FONT = "unknown font family"
_CORRECT = "correct this line, or remove the file to use the packaged template"


class Typesetter:
    """Draws one card after the other, of several threads in turn.

    *fonts* are the folders of the only fonts that there are, beside those which are compiled into Typst.
    """

    def __init__(self, fonts: Sequence[str]) -> None:
        found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=list(fonts))
        self._compiler = typst.Compiler(
            root=_NOWHERE,
            font_paths=found,
            ignore_system_fonts=True,
            package_path=_NOWHERE,
            package_cache_path=_NOWHERE,
        )
        self._turn = Lock()  # a compiler that is asked twice at once raises

    def draw(self, card: Card) -> bytes:
        """Give the picture of *card*, the same bytes each time.

        Raises ContentError naming the template where it cannot be drawn, or is not one picture of the size
        of its frame, and where the words do not fit into it.
        """
        file = FOLDER + str(loads(card.data).get("template", ""))
        _refuse_packages(card.source, file)
        picture = self._compiled(card, file)
        if size := _unlike(picture, card):
            text = f"this template makes a picture of {size}, not of {card.frame.width} × {card.frame.height}"
            raise _refused(
                text, Place(file=file), mend="set the page to the width and height of `sys.inputs`"
            )
        return _jpeg(picture) if card.frame.format == "jpeg" else picture

    def _compiled(self, card: Card, file: str) -> bytes:
        frame = card.frame
        shown = {"data": card.data, "width": str(frame.width), "height": str(frame.height)}
        try:
            with self._turn:
                # 72 pixels an inch make a pixel of a point.
                made, warnings = self._compiler.compile_with_warnings(
                    card.source.encode(), format="png", ppi=72, sys_inputs=shown
                )
        except typst.TypstError as error:
            raise _told(error, file) from error
        for warning in warnings:
            if warning.message.startswith(_UNKNOWN_FONT):
                raise _refused(warning.message, _place(warning.diagnostic, file), mend="name a font of cards")
        if not isinstance(made, bytes):
            pages = len(made or ())
            raise _refused(f"this template makes {pages} pages", Place(file=file), mend="make one page of it")
        return made


def _refuse_packages(source: str, file: str) -> None:
    if found := _PACKAGE.search(source):
        line = source.count("\n", 0, found.start()) + 1
        text = "this template uses a package, which would have to be fetched from the network"
        raise _refused(text, Place(file=file, line=line), mend="write what it needs into the template itself")


def _told(error: typst.TypstError, file: str) -> ContentError:
    """Tell what Typst said: what a template panics with is meant for whoever wrote the words."""
    where = _place(error.diagnostic, file)
    if error.message.startswith(_PANIC):
        text = error.message.removeprefix(_PANIC)
        return _refused(text, where, mend="write a shorter title or summary", code="card.words")
    hints = "".join(f"; {hint}" for hint in error.hints)
    return _refused(f"this template cannot be drawn: {error.message}{hints}", where, mend=_CORRECT)


def _place(diagnostic: str, file: str) -> Place:
    found = _PLACE.search(diagnostic)
    return Place(file=file, line=int(found[1]), column=int(found[2])) if found else Place(file=file)


def _refused(text: str, where: Place, *, mend: str, code: str = "template.broken") -> ContentError:
    return ContentError([Problem(code=code, text=text, where=where, mend=mend)])


def _unlike(picture: bytes, card: Card) -> str:
    """Give the size of *picture* where it is not that of the card's frame: a PNG starts with it."""
    width, height = (int.from_bytes(picture[start : start + 4]) for start in (16, 20))
    is_right = (width, height) == (card.frame.width, card.frame.height)
    return "" if is_right else f"{width} × {height} pixels"


def _jpeg(picture: bytes) -> bytes:
    """Give *picture* as a JPEG on white, in sRGB as it is, without metadata."""
    drawn = Image.open(BytesIO(picture))
    flat = drawn.convert("RGB")
    # A card with a ground of its own has nothing to see through, and laying it on white takes a while.
    if drawn.mode == "RGBA" and drawn.getchannel("A").getextrema() != (255, 255):
        flat = Image.new("RGB", drawn.size, "white")
        flat.paste(drawn, mask=drawn)
    kept = BytesIO()
    # Without subsampling: halving the colours blurs coloured letters.
    flat.save(kept, "JPEG", quality=QUALITY, subsampling=0)
    return kept.getvalue()
