import hashlib

import pytest
import typst

from vesicle.model.errors import UserError
from vesicle.store import fonts
from vesicle.text.glyphs import missing

# Each sign on a page of its own, by the font of Typst's own alone; the first is one that it lacks.
SIGNS = b"""#set page(width: 30pt, height: 30pt, margin: 2pt)
#set text(font: "DejaVu Sans Mono", fallback: false, size: 20pt)
#for sign in sys.inputs.signs.clusters() { page(sign) }
"""
LACKING = "\U0001f9ec"


@pytest.mark.parametrize(
    "text",
    [
        "H₂O₂ 10⁶ 10⁻³ → ≥ ≤ − × ± µ μ α β γ κ Δ ° ′ ″ • … ∼ ≈ ∞ √ ‰ ½ ≠ ∝ ∑ ∫ ∂ ∈ ↑ ↓ ↔ ⇒ ⇌ ⟨x⟩ ♀ ♂ ✓",
        "“Quotes” ‘single’ «angled» – — ‑ · † ‡ § ® ™ © № ℃ Å ñ ç ß ø ł ž Đ ơ ự Ж я",
        "๐๑๒๓๔๕๖๗๘๙ ฿ ฯ ๆ ๏ ก็ นํ้า",
        "۰۱۲۳۴۵۶۷۸۹ ٪ ٫ ٬ ، ؛ ؟ « » گ چ پ ژ ۀ ة ئ ً ّ زخم\u200cهای",
    ],
)
def test_cards_can_show_the_signs_of_science(text: str) -> None:
    assert missing(text, fonts.glyphs()) == ()


def test_emoji_and_chinese_are_not_covered() -> None:
    assert missing("a 🧬 of 細胞 ❤️", fonts.glyphs()) == ("🧬", "細", "胞", "❤")


def test_every_sign_that_is_said_to_be_in_the_font_of_typst_is_drawn_by_it() -> None:
    signs = [chr(sign) for first, last in fonts._SIGNS for sign in range(first, last + 1)]
    known = typst.Fonts(include_system_fonts=False, font_paths=[])
    compiler = typst.Compiler(root=typst.__file__, font_paths=known, ignore_system_fonts=True)
    pages = compiler.compile(SIGNS, format="png", ppi=72, sys_inputs={"signs": "".join([LACKING, *signs])})
    assert isinstance(pages, list)
    assert len(pages) == len(signs) + 1
    drawn = [hashlib.sha256(page).digest() for page in pages]
    assert [sign for sign, page in zip(signs, drawn[1:], strict=True) if page == drawn[0]] == []


def test_a_font_that_is_not_installed_is_named() -> None:
    with pytest.raises(UserError, match="fontpkg-noto-sans-nowhere"):
        fonts.paths(["fontpkg_noto_sans_nowhere"])
