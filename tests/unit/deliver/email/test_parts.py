"""Parts in base64, spliced: the standard library reads back exactly what was put in."""

import base64
from html import escape

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.deliver.email.test_mould import lines, texts

from vesicle.deliver.email.parts import Base64Part, Context, QuotedPart, part


def split(content: str) -> list[str]:
    """Every second text between bars is the name of a value."""
    return content.split("|")


def read(made: Base64Part, values: dict[str, str]) -> str:
    encoded = b"".join(made.fill(values))
    assert max(map(len, encoded.split(b"\r\n"))) <= 76
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    return base64.b64decode(encoded, validate=False).decode()


pieces = st.lists(texts.filter(lambda text: "|" not in text) | st.just(""), min_size=1, max_size=7)


@given(pieces=pieces, values=st.lists(texts | st.just(""), min_size=3, max_size=3))
def test_whatever_stands_between_values_of_whatever_length_comes_out_whole(
    pieces: list[str], values: list[str]
) -> None:
    names = [f"v{number}" for number in range(3)]
    content = [text for place, piece in enumerate(pieces) for text in (piece, names[place % 3])][:-1]
    by_name = dict(zip(names, values, strict=True))
    for context, written in ((Context.TEXT, str), (Context.HTML, escape)):
        made = Base64Part(content, context, where="one")
        expected = "".join(
            lines(written(by_name[text]) if place % 2 else text) for place, text in enumerate(content)
        )
        assert read(made, by_name) == expected


def test_the_shorter_way_is_chosen_by_the_language() -> None:
    thai, english = "เซลล์ต้นกำเนิด " * 100, "Vesicles carry cargo. " * 100
    assert isinstance(part(thai, Context.TEXT, split=split, where="one"), Base64Part)
    assert isinstance(part(english, Context.TEXT, split=split, where="one"), QuotedPart)
    assert isinstance(part("สวัสดี" + english, Context.TEXT, split=split, where="one"), QuotedPart)
