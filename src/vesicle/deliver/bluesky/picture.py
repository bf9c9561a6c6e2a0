"""A picture as small as the server takes it: made smaller in bytes only where it has to be."""

import io

from vesicle.model.errors import PermanentFailure
from vesicle.model.message import Card

QUALITIES = (90, 80, 70)


def fitted(drawn: bytes, card: Card, *, most: int | None) -> tuple[bytes, str]:
    """Give *drawn*, the picture of *card*, within *most* bytes, and its content type.

    What is too large becomes a JPEG, as good as fits: the size in pixels stays, since text is on it. Raises
    PermanentFailure where it does not fit even so.
    """
    if most is None or len(drawn) <= most:
        return drawn, f"image/{card.frame.format}"
    for quality in QUALITIES:
        smaller = _as_jpeg(drawn, quality)
        if len(smaller) <= most:
            return smaller, "image/jpeg"
    text = f"the picture has {len(drawn):,} bytes, and may have {most:,}; as a JPEG it has too many as well"
    raise PermanentFailure(text)


def _as_jpeg(drawn: bytes, quality: int) -> bytes:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - a card has about 100 kB: hardly ever needed

    written = io.BytesIO()
    try:
        # Without subsampling: the edges of coloured letters stay sharp.
        Image.open(io.BytesIO(drawn)).convert("RGB").save(
            written, "JPEG", quality=quality, subsampling=0, optimize=True
        )
    except (UnidentifiedImageError, OSError) as error:
        raise PermanentFailure("the picture is none that could be made smaller") from error
    return written.getvalue()
