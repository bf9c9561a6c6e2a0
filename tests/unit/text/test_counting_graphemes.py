"""Graphemes as Unicode's own tests have them."""

from pathlib import Path

import pytest
import regex

from vesicle.text.counting import graphemes

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "social" / "unicode"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="Unicode's tests are not on this machine")

# What may differ between versions of Unicode: how letters of India join, and whether two dingbats do.
_MAY_DIFFER = regex.compile(r"[\p{Devanagari}\p{InCB=Linker}\p{InCB=Consonant}\u2701]")


@needs_data
@pytest.mark.parametrize(
    ("version", "cases", "most_wrong"), [("16.0.0", 1093, 5), ("17.0.0", 766, 4), ("18.0.0-draft", 853, 0)]
)
def test_graphemes_are_those_of_unicode(version: str, cases: int, most_wrong: int) -> None:
    lines = (DATA / f"GraphemeBreakTest-{version}.txt").read_text("utf-8").splitlines()
    expected = [_clusters(line) for line in lines if not line.startswith("#")]
    wrong = ["".join(one) for one in expected if graphemes("".join(one)) != one]
    assert len(expected) == cases
    assert len(wrong) <= most_wrong
    assert [text for text in wrong if not _MAY_DIFFER.search(text)] == []


def _clusters(line: str) -> list[str]:
    clusters = line.partition("#")[0].strip().strip("÷").split("÷")
    return ["".join(chr(int(code, 16)) for code in one.replace("×", " ").split()) for one in clusters]


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("กำแพง", ["กำ", "แ", "พ", "ง"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("می\u200cکند", ["م", "ی\u200c", "ک", "ن", "د"]),
        ("が", ["が"]),
        ("e\u0301µ", ["e\u0301", "µ"]),
        ("🇹🇭🇮🇷", ["🇹🇭", "🇮🇷"]),
        ("👩🏽‍🔬1️⃣", ["👩🏽‍🔬", "1️⃣"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
    ],
)
def test_a_reader_sees_one_character(text: str, clusters: list[str]) -> None:
    assert graphemes(text) == clusters
