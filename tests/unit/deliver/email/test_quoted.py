"""Quoted-printable, example by example; the properties are in test_mould.py."""

import pytest

from vesicle.deliver.email.quoted import quoted


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("a=b", b"a=3Db"),
        ("end \nnext ", b"end=20\r\nnext=20"),
        ("tab\t", b"tab=09"),
        (".\n..\na.b", b"=2E\r\n=2E.\r\na.b"),
        ("a\r\nb\rc\nd", b"a\r\nb\r\nc\r\nd"),
        ("ไ", b"=E0=B9=84"),
        ("a\u2028b\x85c\x0bd", b"a=E2=80=A8b=C2=85c=0Bd"),
        ("x" * 75, b"x" * 75),
        ("x" * 76, b"x" * 75 + b"=\r\nx"),
        ("x" * 74 + "=", b"x" * 74 + b"=\r\n=3D"),
        ("x" * 70 + "ไ", b"x" * 70 + b"=\r\n=E0=B9=84"),
        ("x" * 75 + ".", b"x" * 75 + b"=\r\n=2E"),
    ],
)
def test_text_is_encoded_so(text: str, encoded: bytes) -> None:
    assert quoted(text, where="issue") == encoded
