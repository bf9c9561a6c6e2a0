"""Prepares posts for a person to publish: a folder each, with a page to copy from."""

import base64
import hashlib
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from babel import Locale, UnknownLocaleError

from vesicle.disk import sync_folder
from vesicle.model.call import Call
from vesicle.model.delivery import Delivery, Receipt
from vesicle.model.errors import OutcomeUnknown, TemporaryFailure
from vesicle.model.limits import Limits
from vesicle.model.message import Message, Picture
from vesicle.ports import Desk, Ledger
from vesicle.posting.attempt import Attempt, Closed, NotOurs, publish_each
from vesicle.posting.places import file_name, refuse_outside, write
from vesicle.text.fitting import measured

_PAGE = "index.html"

# What whoever takes requests should take of an address (RFC 9110 section 4.1); a longer one gets no text.
_LONGEST_ADDRESS = 8000

# Those whose name is not their word with a capital.
_NAMES = {"line": "LINE", "linkedin": "LinkedIn", "whatsapp": "WhatsApp", "youtube": "YouTube"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The folder of the site that the posts go to; raises UserError for one outside the site."""

    folder: str = "outbox"

    def __post_init__(self) -> None:
        refuse_outside(self.folder, who="export")


class Channel:
    """Writes each post to `<folder>/<channel>/<slug>.<language>/`, whole or not at all, for a person.

    There they find the text (`post.txt`, of a thread `1.txt`, `2.txt`, …), the card, its alternative text
    and `index.html`, a page to copy all that from. Since it is they who publish it, the post ends as
    unknown, until `vesicle post --confirm` says that it is out.

    The point of no return is the renaming of a finished folder. One that is there is never changed: another
    delivery's goes beside it, under a name with eight digits that are its own.
    """

    def __init__(self, options: Options, *, desk: Desk) -> None:
        self._desk = desk
        self._site = Path(desk.folder)
        self._folder = self._site / options.folder / file_name(desk.name)

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once.

        Raises TemporaryFailure when the folder cannot be written to; the post in hand is then deferred and
        the rest of *feed* untouched.
        """
        publish_each(feed, ledger, self._publish, clock=self._desk.clock, name=self._desk.name)

    def rehearse(self, message: Message) -> Iterator[Call]:
        """Yield what would be written, and where."""
        folder = (self._folder / _shared(message)).relative_to(self._site).as_posix()
        yield Call(method="WRITE", url=f"{folder}/", body="\n".join([*_files(message), _PAGE]))

    def _publish(self, attempt: Attempt) -> Receipt:
        try:
            folder = self._found(attempt) or self._written(attempt)
        except OSError as error:
            failure = TemporaryFailure(f"{self._folder} cannot be written to: {error.strerror}")
            raise Closed(failure) from error
        page = (folder / _PAGE).relative_to(self._site).as_posix()
        raise OutcomeUnknown(f"waits for a person: {page}, then `{_command(attempt.delivery)}`")

    def _found(self, attempt: Attempt) -> Path | None:
        """Give the folder of a delivery that was written before; what became of its files does not matter."""
        shared, own = self._folder / _shared(attempt.message), self._folder / _own(attempt.delivery)
        found = own if own.is_dir() else shared if _is_of(shared, attempt.delivery) else None
        if found:
            attempt.begin()
        return found

    def _written(self, attempt: Attempt) -> Path:
        """Write the folder under a name that nobody sees, and let it appear once the ledger says so."""
        draft = self._folder / f".{_digits(attempt.delivery)}.tmp"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        picture = self._drawn(attempt.message)
        page = _page(attempt.delivery, picture, desk=self._desk).encode()
        for name, content in {**_files(attempt.message, picture), _PAGE: page}.items():
            write(draft / name, content)
        sync_folder(draft)
        try:
            attempt.begin()
        except NotOurs:
            shutil.rmtree(draft)
            raise
        shared = self._folder / _shared(attempt.message)
        folder = self._folder / _own(attempt.delivery) if shared.exists() else shared
        draft.rename(folder)
        sync_folder(self._folder)
        return folder

    def _drawn(self, message: Message) -> bytes:
        shown = _picture(message)
        return self._desk.draw(shown.card) if shown and shown.card else b""


def _shared(message: Message) -> str:
    return f"{file_name(message.slug)}.{file_name(message.lang)}"


def _own(delivery: Delivery) -> str:
    return f"{_shared(delivery.message)}.{_digits(delivery)}"


def _digits(delivery: Delivery) -> str:
    return hashlib.sha256(delivery.key.encode()).hexdigest()[:8]


def _is_of(folder: Path, delivery: Delivery) -> bool:
    """Tell whether *folder* was written for *delivery*, by the mark in its page."""
    page = folder / _PAGE
    return page.is_file() and _mark(delivery).encode() in page.read_bytes()


def _command(delivery: Delivery) -> str:
    return f"vesicle post --confirm {shlex.quote(delivery.frozen)}"


def _picture(message: Message) -> Picture | None:
    return next((one for one in message.pictures if one.card), None)


def _card_name(picture: Picture) -> str:
    return f"card.{picture.card.name.rpartition('.')[2]}" if picture.card else ""


def _files(message: Message, picture: bytes = b"") -> Mapping[str, bytes]:
    """Give what lies beside the page."""
    names = [f"{number}.txt" for number in range(1, len(message.parts) + 1)] or ["post.txt"]
    files = {name: text.encode() for name, text in zip(names, message.texts, strict=True)}
    if shown := _picture(message):
        files |= {_card_name(shown): picture, "alt.txt": (shown.alt or "").encode()}
    return files


def _page(delivery: Delivery, picture: bytes, *, desk: Desk) -> str:
    """Give the page, which needs nothing but itself: a step for each thing that a person does."""
    message, channel = delivery.message, _NAMES.get(desk.name, desk.name.replace("_", " ").capitalize())
    steps = (
        _opening(channel, _compose(message, desk)),
        _texts(message, desk.limits),
        *_pictures(message, picture),
        _end(delivery),
    )
    title, subject = f"Publish on {escape(channel)}", escape(message.subject or message.slug)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
{_mark(delivery)}
<title>{title}: {subject}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="subject"{_voice(message)}>{subject}</p>
<ol>
{"".join(steps)}</ol>
<p class="hidden" role="status"></p>
</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _mark(delivery: Delivery) -> str:
    return f'<meta name="delivery" content="{_digits(delivery)}">'


def _compose(message: Message, desk: Desk) -> str:
    """Give the address at which a person writes the post, with as much filled in as addresses can hold."""
    form = desk.limits.compose
    # The link of a post stands below its words, where these have links of their own.
    link = message.links[-1].url if message.links else desk.site_url
    text = message.texts[0].replace(link, "").strip() if "{url}" in form else message.texts[0]
    filled, empty = (
        form.replace("{url}", quote(link, safe="")).replace("{text}", quote(one, safe=""))
        for one in (text, "")
    )
    return filled if len(filled) <= _LONGEST_ADDRESS else empty


def _opening(channel: str, address: str) -> str:
    if not address:
        return _step(f"Begin a new post on {escape(channel)}")
    link = f'href="{escape(address)}" target="_blank" rel="noopener noreferrer"'
    return _step("Begin a new post", f'<a class="first" {link}>Open {escape(channel)}</a>\n')


def _texts(message: Message, limits: Limits) -> str:
    number = len(message.parts)
    names = [f"part {one} of {number}" for one in range(1, number + 1)] or ["the text"]
    boxes = (
        _box(f"text-{place}", name, text, about=_voice(message), note=measured(text, limits.lengths))
        for place, (name, text) in enumerate(zip(names, message.texts, strict=True))
    )
    words = "Paste each part, as a reply to the one before" if number else "Paste the text"
    where = ", if it is not there yet" if "{text}" in limits.compose else ""
    return _step(words + where, "".join(boxes))


def _pictures(message: Message, drawn: bytes) -> Iterator[str]:
    shown = _picture(message)
    if shown is None or shown.card is None:
        return
    name, frame, alt = _card_name(shown), shown.card.frame, shown.alt or ""
    source = f"data:image/{frame.format};base64,{base64.b64encode(drawn).decode()}"
    size = f'width="{frame.width}" height="{frame.height}"'
    yield _step(
        "Add the picture",
        f'<img src="{source}" alt="{escape(alt)}"{_voice(message)} {size}>\n'
        f'<a class="second" href="{name}" download="{name}">Save the picture</a>\n',
    )
    if alt:
        words = "Describe it to those who do not see it"
        yield _step(words, _box("alt", "the alternative text", alt, about=_voice(message)))


def _end(delivery: Delivery) -> str:
    command = _box("command", "the command", _command(delivery), about=' class="command" dir="ltr"')
    publish = _step("Look at it once more, and publish it")
    return publish + _step("Confirm it, so that nobody publishes it again", command)


def _step(words: str, inside: str = "") -> str:
    return f'<li>\n<h2><label><input type="checkbox"> <span>{words}</span></label></h2>\n{inside}</li>\n'


def _box(place: str, name: str, text: str, *, about: str, note: str = "") -> str:
    # The line break after <pre> is none of its text (HTML, section 13.2.6.4.7), which may begin with one.
    return f"""<div class="box">
{f"<p>{name[0].upper()}{name[1:]} <span>{note}</span></p>" if note else ""}
<pre id="{place}"{about}>
{escape(text)}</pre>
<button type="button" data-copy="{place}" hidden>Copy {name}</button>
</div>
"""


def _voice(message: Message) -> str:
    try:
        direction = Locale.parse(message.lang, sep="-").text_direction
    except (UnknownLocaleError, ValueError):
        direction = "auto"
    return f' lang="{escape(message.lang)}" dir="{direction}"'


_STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1d2630; --soft: #4a5763; --paper: #f6f4f0; --card: #fff; --line: #857f75;
  --accent: #0b5c6b; --on-accent: #fff;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #ebe8e2; --soft: #b4bec7; --paper: #14191e; --card: #1c232a; --line: #84909b;
    --accent: #8ad6e4; --on-accent: #0b2126; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 38rem; padding: 0 1rem 3rem; background: var(--paper); color: var(--ink);
  font: 1.125rem/1.6 system-ui, "Noto Sans", "Noto Sans Thai", "Leelawadee UI", "Vazirmatn",
    "Noto Sans Arabic", Tahoma, sans-serif; overflow-wrap: break-word; }
:lang(th) { line-height: 1.75; }
:lang(fa) { line-height: 1.85; }
h1 { font-size: 1.6rem; line-height: 1.35; margin: 1.5rem 0 .25rem; }
.subject { margin: 0 0 1.5rem; color: var(--soft); }
ol { list-style: none; margin: 0; padding: 0; }
li { padding: .5rem 0 1.25rem; border-block-start: 1px solid var(--line); }
h2 { font-size: 1.125rem; line-height: 1.5; margin: 0 0 .25rem; }
label { display: flex; gap: .75rem; min-height: 44px; padding: .5rem 0; cursor: pointer; }
input { flex: none; width: 1.5rem; height: 1.5rem; margin: .1em 0 0; accent-color: var(--accent); }
:checked + span { color: var(--soft); text-decoration: line-through; }
.box { margin: 0 0 1rem; padding: .75rem 1rem 1rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); }
li > :last-child { margin-block-end: 0; }
.box p { margin: 0 0 .5rem; font-size: 1rem; font-weight: 600; }
.box span { color: var(--soft); font-weight: 400; margin-inline-start: .5rem; }
pre { margin: 0 0 1rem; font: inherit; line-height: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
.command { font: 1rem/1.6 ui-monospace, monospace; }
img { display: block; width: auto; max-width: 100%; height: auto; max-height: 28rem; margin: 0 0 1rem;
  border-radius: .5rem; }
.first, .second, button { display: block; width: 100%; min-height: 48px; padding: .6rem 1.5rem; font: inherit;
  font-weight: 600; line-height: 1.5; text-align: center; text-decoration: none; border-radius: .5rem;
  cursor: pointer; border: 2px solid var(--accent); background: transparent; color: var(--accent); }
.first { background: var(--accent); color: var(--on-accent); }
button[hidden] { display: none; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; border-radius: .25rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""

_SCRIPT = """
const status = document.querySelector("[role=status]");
const select = (node) => getSelection().selectAllChildren(node);
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy), label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    let told = "Copied";
    try { await navigator.clipboard.writeText(source.textContent); }
    catch { select(source); if (!document.execCommand("copy")) told = "Selected: now copy it yourself"; }
    button.textContent = status.textContent = told;
    setTimeout(() => { button.textContent = label; status.textContent = ""; }, 2500);
  });
}
for (const link of document.querySelectorAll("[download]")) link.href = document.querySelector("img").src;
"""


def _seal(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = f"default-src 'none'; img-src data:; style-src {_seal(_STYLE)}; script-src {_seal(_SCRIPT)}"
