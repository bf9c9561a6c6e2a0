"""Takes the pictures of the documentation: run `python docs/screenshots.py` in a checkout, with Chromium.

It makes the demo's site in a temporary folder, opens its mails, its preview and its public pages in headless
Chromium, and writes PNG files into `docs/images/`. No page can reach the network.
"""

import csv
import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from vesicle.queue.clock import now
from vesicle.text import doors
from vesicle.text.doors import Door, Visitor

HERE = Path(__file__).resolve().parent
IMAGES = HERE / "images"
VESICLE = str(Path(sys.executable).with_name("vesicle"))
Scheme = Literal["light", "dark"]
WIDTHS = (375, 700)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LANGUAGES = ("en", "th", "fa")
KEY = "k" * 64


def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Path(folder) / "demo"
        table = _run("demo", str(demo), at=folder).replace(f"{folder}/", "")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        _mails(browser, demo / "preview")
        _shot(browser, demo / "preview" / "index.html", IMAGES / "preview.png", width=1200)
        _terminal(browser, f"$ make demo\n{table}", IMAGES / "demo.png", folder=Path(folder))
        _terminal(browser, f"$ vesicle check\n{_complaints(demo)}", IMAGES / "check.png", folder=Path(folder))
        _overview(browser, Path(folder))
        _pages(browser, demo, folder=Path(folder))
        browser.close()


def _mails(browser: Browser, preview: Path) -> None:
    for lang, widths in (("en", WIDTHS), ("th", WIDTHS[:1])):
        for width in widths:
            for scheme in SCHEMES:
                name = f"mail-{lang}-{width}-{scheme}.png"
                _shot(browser, preview / f"mail.{lang}.html", IMAGES / name, width=width, scheme=scheme)


def _shot(browser: Browser, page: Path, to: Path, *, width: int, scheme: Scheme | None = None) -> None:
    """Take the whole page in a colour scheme, or its first screen where none is given."""
    whole = scheme is not None
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme or "light")
    tab.route(re.compile("^https?:"), lambda route: route.abort())
    tab.goto(page.as_uri())
    tab.screenshot(path=to, full_page=whole)
    tab.close()


def _pages(browser: Browser, demo: Path, *, folder: Path) -> None:
    """Put each public page as a phone shows it in three languages, and once in the dark, side by side."""
    person = Visitor(person_id=_reader(demo), about="1", made=now())
    paths = {"sign-up": "/"}
    for name, door in (("confirm", Door.CONFIRM), ("choose", Door.CHOOSE), ("leave", Door.LEAVE)):
        paths[name] = doors.url("", KEY.encode(), door, person)
    looks: list[tuple[str, Scheme]] = [*((lang, "light") for lang in LANGUAGES), ("en", "dark")]
    with _served(demo) as url:
        for name, path in paths.items():
            shots = [folder / f"{name}-{number}.png" for number in range(len(looks))]
            for shot, (lang, scheme) in zip(shots, looks, strict=True):
                tab = browser.new_page(viewport={"width": 375, "height": 667}, color_scheme=scheme)
                tab.goto(f"{url}{path}?lang={lang}")
                tab.screenshot(path=shot, full_page=True)
                tab.close()
            _row(browser, shots, IMAGES / f"pages-{name}.png", folder=folder)


def _row(browser: Browser, shots: list[Path], to: Path, *, folder: Path) -> None:
    page = folder / "row.html"
    page.write_text(
        "<style>body{margin:0;padding:20px;display:inline-flex;align-items:flex-start;gap:20px;"
        "background:#d9d4cb}img{border-radius:14px;box-shadow:0 2px 10px #0004}</style>"
        + "".join(f'<img src="{shot.as_uri()}" width="300">' for shot in shots)
    )
    tab = browser.new_page(viewport={"width": 1300, "height": 100})
    tab.goto(page.as_uri())
    tab.locator("body").screenshot(path=to)
    tab.close()


def _reader(demo: Path) -> str:
    """Give the demo's site a list with one reader under a key that is known here; give the reader's id."""
    shutil.rmtree(demo / ".vesicle")
    (demo / "one.csv").write_text("email,language,topics\nann@readers.example,en,skin\n")
    _run("subscribers", "import", "one.csv", at=demo)
    _run("subscribers", "export", "--to", "all.csv", at=demo)
    with (demo / "all.csv").open(newline="") as lines:
        return next(csv.DictReader(lines))["id"]


@contextmanager
def _served(demo: Path) -> Iterator[str]:
    """Run `vesicle serve` in the demo's site; give its address."""
    environ = os.environ | {"VESICLE_KEY": KEY}
    command = [VESICLE, "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=demo, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        lines = process.stderr or ()
        yield next(found[0] for line in lines if (found := re.search(r"http://[\d.:]+", line)))
    finally:
        process.terminate()
        process.communicate()


def _complaints(demo: Path) -> str:
    finding = demo / "content" / "findings" / "vesicle-toxicity-in-animals.md"
    text = finding.read_text()
    text = text.replace("topics: [extracellular-vesicles, toxicology, animal-studies]", "topic: toxicology")
    finding.write_text(text.replace("updated: 2026-11-22", "updated: 22.11.2026"))
    return _run("--site", str(demo), "check", at=demo, code=1)


def _run(*words: str, at: str | Path, code: int = 0) -> str:
    environ = os.environ | {"VESICLE_KEY": KEY}
    done = subprocess.run([VESICLE, *words], cwd=at, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != code:
        raise SystemExit(done.stdout + done.stderr)
    return done.stderr + done.stdout


def _terminal(browser: Browser, text: str, to: Path, *, folder: Path) -> None:
    page = folder / "terminal.html"
    page.write_text(
        "<meta charset=utf-8><style>body{margin:0;background:#14191e;color:#e8e6e1}"
        "pre{margin:0;padding:20px 24px;display:inline-block;font:15px/1.5 monospace}</style>"
        f"<pre>{html.escape(text)}</pre>"
    )
    tab = browser.new_page(viewport={"width": 1400, "height": 200})
    tab.goto(page.as_uri())
    tab.locator("pre").screenshot(path=to)
    tab.close()


def _overview(browser: Browser, folder: Path) -> None:
    """Put the mail's four looks side by side, as the first screen of each."""
    looks = [(width, IMAGES / f"mail-en-{width}-{scheme}.png") for width in WIDTHS for scheme in SCHEMES]
    figures = "".join(
        f'<div><img src="{path.as_uri()}" width="{width * 0.72:.0f}"></div>' for width, path in looks
    )
    page = folder / "overview.html"
    page.write_text(
        "<style>body{margin:0;padding:24px;display:flex;gap:20px;background:#d9d4cb}"
        f"div{{height:760px;overflow:hidden;border-radius:14px;box-shadow:0 2px 10px #0004}}</style>{figures}"
    )
    tab = browser.new_page(viewport={"width": 1640, "height": 808})
    tab.goto(page.as_uri())
    tab.screenshot(path=IMAGES / "overview.png")
    tab.close()


if __name__ == "__main__":
    main()
