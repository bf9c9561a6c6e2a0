"""A made-up issue about made-up science, in English with parts of it in Thai and Persian."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from vesicle.model.content import Content
from vesicle.model.issue import ApprovalRule, Issue, IssueStatus, Mailbox, Newsletter, Section, Wording
from vesicle.model.item import Design, Evidence, Image, Item, Kind, PaperReference, Snippet, Status, Subject
from vesicle.model.paper import FiledPaper, Fingerprint, Paper
from vesicle.model.problem import Place
from vesicle.store import packaged
from vesicle.store.content.reader import Reader
from vesicle.store.content.references import Known

HERE = Path(__file__).resolve().parent
WHERE = Place(file="content/made-up.md", line=1)

MOSS = Item(
    slug="moss-and-sleep",
    lang="en",
    kind=Kind.FINDING,
    title="Rats that slept on moon moss healed their small wounds a day sooner",
    summary="In 24 rats, wounds closed after six days on moss and after seven days on straw.",
    body=(
        "Researchers made the same small wound in 24 rats. Half of the animals slept on *moon moss*, half on "
        "straw, and nobody who measured the wounds knew which was which.\n\n"
        "- On moss, wounds were closed after **6 days** on average.\n"
        "- On straw, it took **7 days**.\n\n"
        "The group describes how it grew the moss in [its open protocol](https://doi.org/10.5555/moss.protocol?a=1&b=2)."
    ),
    status=Status.READY,
    updated=date(2026, 11, 20),
    where=WHERE,
    author="Dr Ada Fern, wound nurse",
    topics=("moon-moss", "wound-healing", "sleep"),
    paper=PaperReference(doi="10.5555/moss.2026.17"),
    caveat="Rats heal in another way than people do, and nobody knows which part of the moss helped.",
    evidence=Evidence(design=Design.ANIMAL_STUDY, subjects=(Subject.ANIMALS,), size="24 rats"),
    image=Image(
        src="moss.png",
        alt="Two bars: wounds closed after 6 days on moss and 7 days on straw",
        credit="Ada Fern",
        licence="CC BY 4.0",
        where=WHERE,
    ),
    social={"mastodon": "Moss or straw? 24 rats slept on it, and their wounds took 6 or 7 days to close."},
)
DUST = Item(
    slug="dust-signals",
    lang="en",
    kind=Kind.FINDING,
    title="Cells that were shown star dust sent out fewer alarm signals",
    summary="Skin cells from 9 donors gave off about a third fewer alarm signals when star dust was near.",
    body=(
        "Cells talk to each other by giving off small molecules. In dishes with a pinch of star dust, the "
        "amount of the alarm molecule *ruba-3* fell from 30 to 20 units.\n\n"
        "The study has not been reviewed by other researchers yet, so its numbers may still change."
    ),
    status=Status.READY,
    updated=date(2026, 11, 21),
    where=WHERE,
    topics=("star-dust",),
    paper=PaperReference(title="Dust and alarm", journal="Preprints of Nowhere", year=2026),
    caveat="Nobody has looked at living skin.",
    evidence=Evidence(
        design=Design.LABORATORY_STUDY, subjects=(Subject.CELLS,), peer_reviewed=False, size="9 donors"
    ),
)
SECRETOME = Item(
    slug="what-is-a-whisper",
    lang="en",
    kind=Kind.EXPLAINER,
    title="What a cell’s whisper is",
    summary="A whisper is all that a cell sends to its neighbours in one hour.",
    body=(
        "### How it is measured\n\nA cell is left alone in clean water for one hour. What is then found in "
        "the water is its whisper.\n\n> It is less a speech than a murmur.\n\n"
        "| Kind | Share |\n|---|---|\n| Salts | 70 % |\n| Proteins | 30 % |"
    ),
    status=Status.READY,
    updated=date(2026, 11, 22),
    where=WHERE,
    author="Sam Reed, editor",
    topics=("whisper",),
    snippets=(
        Snippet(
            text="A whisper is what a cell sends out in an hour: mostly salts, and some proteins.",
            source="https://doi.org/10.5555/whisper",
            where=WHERE,
        ),
    ),
)
MOSS_TH = replace(
    MOSS,
    lang="th",
    title="หนูที่นอนบนมอสจันทร์มีแผลเล็กหายเร็วขึ้นหนึ่งวัน",
    summary="ในหนู 24 ตัว แผลปิดภายในหกวันเมื่อนอนบนมอส และเจ็ดวันเมื่อนอนบนฟาง",
    body=(
        "นักวิจัยทำแผลเล็กแบบเดียวกันในหนู 24 ตัว ครึ่งหนึ่งนอนบนมอสจันทร์ อีกครึ่งหนึ่งนอนบนฟาง "
        "และผู้วัดขนาดแผลไม่รู้ว่าตัวใดนอนบนอะไร\n\n"
        "- บนมอส แผลปิดหลัง **6 วัน** โดยเฉลี่ย\n- บนฟาง ใช้เวลา **7 วัน**\n\n"
        "คณะวิจัยอธิบายวิธีปลูกมอสไว้ใน[วิธีทดลองแบบเปิด](https://doi.org/10.5555/moss.protocol?a=1&b=2)"
    ),
    author="พญ. เอดา เฟิร์น พยาบาลแผล",
    caveat="แผลของหนูหายต่างจากแผลของคน และยังไม่รู้ว่าส่วนใดของมอสที่ช่วย",
    evidence=Evidence(design=Design.ANIMAL_STUDY, subjects=(Subject.ANIMALS,), size="หนู 24 ตัว"),
    image=Image(
        src="moss.png",
        alt="แท่งสองแท่ง: แผลปิดหลัง 6 วันบนมอส และ 7 วันบนฟาง",
        credit="Ada Fern",
        licence="CC BY 4.0",
        where=WHERE,
    ),
)
MOSS_FA = replace(
    MOSS,
    lang="fa",
    title="زخم‌های کوچک موش‌هایی که روی خزهٔ ماه خوابیدند یک روز زودتر بسته شد",
    summary="در ۲۴ موش، زخم‌ها روی خزه پس از شش روز و روی کاه پس از هفت روز بسته شدند.",
    body=(
        "پژوهشگران در ۲۴ موش زخمی کوچک و یکسان ایجاد کردند. "
        "نیمی از آن‌ها روی خزهٔ ماه خوابیدند و نیمی روی کاه.\n\n"
        "- روی خزه، زخم‌ها به‌طور میانگین پس از **۶ روز** بسته شدند.\n- روی کاه، **۷ روز** طول کشید.\n\n"
        "گروه روش کشت خزه را در [دستورالعمل باز خود]"
        "(https://doi.org/10.5555/moss.protocol?a=1&b=2) شرح می‌دهد."
    ),
    author="دکتر آدا فرن",
    caveat="زخم موش‌ها به‌گونه‌ای دیگر از زخم انسان خوب می‌شود.",
    evidence=Evidence(design=Design.ANIMAL_STUDY, subjects=(Subject.ANIMALS,), size="۲۴ موش"),
    image=Image(
        src="moss.png",
        alt="دو ستون: بسته‌شدن زخم پس از ۶ روز روی خزه و ۷ روز روی کاه",
        credit="Ada Fern",
        licence="CC BY 4.0",
        where=WHERE,
    ),
)
MOSS_PAPER = Paper(
    source="made-up",
    id="10.5555/moss.2026.17",
    title="Sleeping on moss",
    url="https://doi.org/10.5555/moss.2026.17",
    doi="10.5555/moss.2026.17",
    authors=("Fern A", "Reed S"),
    journal="Journal of Made-Up Medicine",
    published="2026 Oct",
    year=2026,
)


@pytest.fixture(scope="session")
def templates() -> Mapping[str, str]:
    return packaged.templates(Path("nowhere"))


@pytest.fixture(scope="session")
def papers() -> Mapping[str, FiledPaper]:
    empty = Fingerprint(sentences=frozenset(), shingles=frozenset(), numbers=())
    return {"10.5555_moss.2026.17": FiledPaper(paper=MOSS_PAPER, fingerprint=empty)}


@pytest.fixture(scope="session")
def content(papers: Mapping[str, FiledPaper]) -> Content:
    items = {(item.slug, item.lang): item for item in (MOSS, DUST, SECRETOME, MOSS_TH, MOSS_FA)}
    return Content(items=items, papers=papers, images=frozenset({"moss.png"}))


@pytest.fixture(scope="session")
def sample() -> Content:
    """Give the content of the sample site."""
    known = Known(newsletters=frozenset(), channels=frozenset())
    return Reader(HERE.parents[1], language="en", known=known).read()


@pytest.fixture(scope="session")
def newsletter() -> Newsletter:
    return Newsletter(
        slug="nowhere-notes",
        name="Nowhere Notes",
        sender=Mailbox(name="Nowhere Notes", address="notes@mail.example.org"),
        reply_to="editor@example.org",
        postal_address="Institute of Nowhere, 1 Blank Street, 00000 Nowhere",
        about="Nowhere Notes tells what is new about moss and dust. It takes no money from makers of moss.",
        zone="Asia/Bangkok",
        cadence="every thursday at 09:00",
        languages=("en", "th", "fa"),
        fallback="en",
        max_items=6,
        approval=ApprovalRule.PERSON,
        site_url="https://notes.example.org",
    )


@pytest.fixture(scope="session")
def issue() -> Issue:
    return Issue(
        slug="2026-11-26-moss",
        newsletter="nowhere-notes",
        number=7,
        due=datetime(2026, 11, 26, 9, 0),  # noqa: DTZ001  # wall-clock time of the newsletter's zone
        subject="Moss that helps rats sleep, and dust that quiets cells",
        preheader="Two early results from the laboratory, and what a cell’s whisper is",
        intro="Good morning. Two studies this week, **both early**: one in rats, one in cells.",
        lang="en",
        status=IssueStatus.READY,
        sections=(
            Section(heading="Findings", items=(MOSS.slug, DUST.slug), where=WHERE),
            Section(heading="Explained", items=(SECRETOME.slug,), where=WHERE),
        ),
        where=WHERE,
        translations={
            "th": Wording(
                lang="th",
                subject="มอสที่ช่วยให้หนูหลับ และฝุ่นที่ทำให้เซลล์สงบ",
                preheader="ผลเบื้องต้นสองเรื่องจากห้องทดลอง และเสียงกระซิบของเซลล์คืออะไร",
                intro="สวัสดีตอนเช้า สัปดาห์นี้มีงานวิจัยสองเรื่อง **ทั้งสองยังเป็นขั้นต้น** เรื่องหนึ่งในหนู อีกเรื่องหนึ่งในเซลล์",
                headings=("ผลการวิจัย", "คำอธิบาย"),
            ),
            "fa": Wording(
                lang="fa",
                subject="خزه‌ای که به خواب موش‌ها کمک می‌کند، و غباری که سلول‌ها را آرام می‌کند",
                preheader="دو یافتهٔ نخستین از آزمایشگاه، و زمزمهٔ سلول چیست",
                intro="صبح بخیر. این هفته دو پژوهش داریم که **هر دو در آغاز راه‌اند**: "
                "یکی در موش و دیگری در سلول.",
                headings=("یافته‌ها", "توضیح"),
            ),
        },
    )


@pytest.fixture(scope="session")
def golden() -> Callable[[str, str], str]:
    """Give the reviewed text of a golden file; with VESICLE_UPDATE_GOLDEN=1, write the new one first."""

    def expected(name: str, actual: str) -> str:
        path = HERE / name
        if os.environ.get("VESICLE_UPDATE_GOLDEN") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
        return path.read_text(encoding="utf-8")

    return expected


@pytest.fixture(params=[MOSS, DUST, SECRETOME], ids=lambda item: item.slug)
def item(request: pytest.FixtureRequest) -> Item:
    made: Item = request.param
    return made
