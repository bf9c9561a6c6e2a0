"""What it costs to draw a card: CPU milliseconds, medians of 21 different cards of each kind.

No two cards of a run have the same words, since Typst remembers what it has set before. Exits with 1 where a
card of one of the frames takes more than the goal.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from vesicle.model.limits import Frame
from vesicle.model.message import Card
from vesicle.render.typesetting import Typesetter
from vesicle.store import fonts, packaged

RESULTS = Path(__file__).parent / "results"
GOAL_MS = 50
RUNS = 21
FRAMES = {
    "1600 × 900": (1600, 900),
    "1080 × 1350": (1080, 1350),
    "1000 × 1500": (1000, 1500),
    "1200 × 630": (1200, 630),
}
LATIN: dict[str, str | list[str]] = {
    "dir": "ltr",
    "labels": ["Peer-reviewed", "animal study", "in animals", "24 rats"],
    "lang": "en",
    "site": "Nowhere Notes",
    "source": "Fern A et al., Journal of Made-Up Medicine, 2026",
    "template": "card/default.typ",
    "text": "In {n} rats, wounds closed after six days on moss and after seven days on straw.",
    "title": "Rats that slept on {n} pieces of moon moss healed their small wounds a day sooner",
}
THAI = LATIN | {
    "labels": ["ผ่านการประเมินโดยผู้ทรงคุณวุฒิ", "การศึกษาในสัตว์", "ศึกษาในสัตว์"],
    "lang": "th",
    "text": "ในหนู {n} ตัว แผลปิดภายในหกวันเมื่อนอนบนมอส และเจ็ดวันเมื่อนอนบนฟาง",
    "title": "หนู {n} ตัวที่นอนบนมอสจันทร์มีแผลเล็กหายเร็วขึ้นหนึ่งวันกว่าหนูที่นอนบนฟาง",
}
PERSIAN = LATIN | {
    "dir": "rtl",
    "labels": ["داوری‌شده توسط همتایان", "مطالعهٔ حیوانی", "در حیوانات"],
    "lang": "fa",
    "text": "در {n} موش، زخم‌ها روی خزه پس از شش روز و روی کاه پس از هفت روز بسته شدند.",
    "title": "زخم‌های کوچک {n} موشی که روی خزهٔ ماه خوابیدند یک روز زودتر بسته شد",
}
LONG = LATIN | {
    "title": f"{LATIN['title']}: a review of reviews of them all",
    "text": f"{LATIN['text']} " * 4,
}
LONG_THAI = THAI | {"text": f"{THAI['text']} " * 3}
SCRIPTS = {"Latin": LATIN, "Latin, long": LONG, "Thai": THAI, "Thai, long": LONG_THAI, "Persian": PERSIAN}

Words = Mapping[str, str | list[str]]


def cards(words: Words, frame: Frame) -> Iterable[Card]:
    """Yield cards that are alike, each with another number in its words; the first warms up."""
    source = packaged.templates(Path("nowhere"))["card/default.typ"]
    for number in range(101, 102 + RUNS):
        data = json.dumps(words, ensure_ascii=False).replace("{n}", str(number))
        yield Card(source=source, data=data, frame=frame)


def milliseconds(work: Callable[[], object]) -> float:
    """Give how long *work* takes."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def warm(typesetter: Typesetter, words: Words, frame: Frame) -> float:
    """Give the median of drawing cards that are alike."""
    times = [milliseconds(partial(typesetter.draw, card)) for card in cards(words, frame)]
    return statistics.median(times[1:])


def start() -> tuple[Typesetter, dict[str, float]]:
    """Make a typesetter, and give it with what happens once in a process."""
    found = {"find the characters of the fonts": milliseconds(fonts.glyphs)}
    begun = time.process_time()
    typesetter = Typesetter(fonts.paths())
    found["make a typesetter"] = (time.process_time() - begun) * 1000
    first = next(iter(cards(LATIN, Frame(width=1600, height=900))))
    found["first card"] = milliseconds(lambda: typesetter.draw(first))
    return typesetter, found


def main() -> int:
    """Measure, print tables, write JSON; give 1 where the goal is missed."""
    typesetter, once = start()
    print("| once in a process | ms |\n|---|---|")
    for name, found in once.items():
        print(f"| {name} | {found:.0f} |")
    rows = {
        f"{script}{ending}": {
            name: warm(typesetter, words, Frame(width=width, height=height, format=kind))
            for name, (width, height) in FRAMES.items()
        }
        for kind, ending in (("png", ""), ("jpeg", ", JPEG"))
        for script, words in SCRIPTS.items()
    }
    print(f"\n| one more card, ms | {' | '.join(FRAMES)} |\n|---|{'---|' * len(FRAMES)}")
    for name, row in rows.items():
        print(f"| {name} | {' | '.join(f'{found:.0f}' for found in row.values())} |")
    most = max(max(row.values()) for name, row in rows.items() if not name.endswith("JPEG"))
    is_met = most <= GOAL_MS
    verdict = "met" if is_met else "missed"
    print(f"\nThe goal of {GOAL_MS} ms for one more card is {verdict}: {most:.0f} ms at most.")
    print("It is about PNG. A JPEG is drawn as a PNG first; Instagram alone wants one, of 1080 × 1350.")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "cards.json").write_text(
        json.dumps({"once": once, "warm": rows, "met": is_met}, indent=1) + "\n"
    )
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
