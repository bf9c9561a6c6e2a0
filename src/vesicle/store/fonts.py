"""The fonts of cards: of packages and of Typst, never of the machine, so that cards look alike on each."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from vesicle.model.errors import UserError

# Noto, OFL-1.1, in one variable file for all weights: Latin with Greek and Cyrillic, Thai, Arabic.
PACKAGES = ("fontpkg_noto_sans", "fontpkg_noto_sans_thai", "fontpkg_noto_sans_arabic")

# Signs that Noto Sans lacks and DejaVu Sans Mono has, which is compiled into Typst and no file: arrows, signs
# of mathematics, brackets, geometric shapes. A test sees that Typst draws each of them.
_SIGNS = (
    (0x2190, 0x2211),  # ← to ∑
    (0x2213, 0x2213),  # ∓
    (0x2215, 0x2215),  # ∕
    (0x2217, 0x2219),  # ∗ ∘ ∙
    (0x221B, 0x2220),  # ∛ to ∠, with ∝ and ∞
    (0x2223, 0x2224),
    (0x2227, 0x222D),  # ∧ ∨ ∩ ∪ ∫
    (0x2234, 0x223D),  # ∴ to ∽, with ∼
    (0x2241, 0x2269),  # ≁ to ≩, with ≈ ≠ ≡ ≤ ≥
    (0x226D, 0x228B),  # to ⊋, with ⊂ ⊃
    (0x228D, 0x22A5),  # to ⊥, with ⊕ ⊗
    (0x22C2, 0x22C6),  # ⋂ to ⋆, with ⋅
    (0x25A0, 0x25FC),  # ■ to ◼
    (0x2605, 0x2606),  # ★ ☆
    (0x2640, 0x2640),  # ♀
    (0x2642, 0x2642),  # ♂
    (0x2713, 0x2718),  # ✓ to ✘
    (0x27E8, 0x27E9),  # ⟨ ⟩
)


def paths(packages: Sequence[str] = PACKAGES) -> tuple[str, ...]:
    """Give the folders of the fonts; raises UserError where one is not installed."""
    return tuple(str(_folder(package)) for package in packages)


@cache
def glyphs() -> frozenset[int]:
    """Give the code points that cards can show; what is not among them would be left out without a word."""
    # Takes 55 ms to import and 10 ms to read: most commands draw no card.
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    found = {sign for first, last in _SIGNS for sign in range(first, last + 1)}
    for package in PACKAGES:
        for file in _folder(package).glob("*.ttf"):
            if "Italic" not in file.name:  # has fewer, and none that the upright has not
                with TTFont(file, lazy=True) as font:
                    found.update(font.getBestCmap())
    return frozenset(found)


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        mend = f"install vesicle with its dependencies, of which `{package.replace('_', '-')}` is one"
        raise UserError(f"the font package {package} of the cards is not installed", mend=mend)
    return Path(spec.origin).parent / "files"
