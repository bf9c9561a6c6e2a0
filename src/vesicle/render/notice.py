"""A notice to the message that is sent: a mail to one person outside an issue, without a word of theirs."""

import html
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from vesicle.model.errors import ContentError
from vesicle.model.issue import Newsletter
from vesicle.model.message import Message, Personal
from vesicle.model.notice import ALREADY, CONFIRM, DATA, WELCOME
from vesicle.model.problem import Place, Problem
from vesicle.render import locale, mail, marks, mjml
from vesicle.render.environment import environment, render, render_and_tell
from vesicle.render.words import words
from vesicle.text.doors import CONFIRM_FOR, DATA_FOR
from vesicle.text.html import links, pictures

# The links that the templates of a notice know; without the first, it would be of no use.
_LINKS = {
    CONFIRM: (Personal.CONFIRM_URL,),
    ALREADY: (Personal.CHOOSE_URL,),
    WELCOME: (Personal.UNSUBSCRIBE_URL, Personal.CHOOSE_URL),
    DATA: (Personal.DATA_URL,),
}
_HOURS = {CONFIRM: CONFIRM_FOR, DATA: DATA_FOR}
# What the template of the HTML part says for both parts, and for the mailbox.
_SAID = ("subject", "preheader", "button", "url")


def notice(
    name: str, *, purpose: str, lang: str, newsletter: Newsletter, templates: Mapping[str, str]
) -> Message:
    """Render the notice of the templates `notice/<name>`, in the name of *newsletter*.

    *purpose* is one of those in `model.notice`. Raises ContentError where a template is missing or broken,
    or leaves out the subject or the link that the notice is for.
    """
    jinja, view = (
        environment(templates),
        _view(purpose, lang=lang, newsletter=newsletter, templates=templates),
    )
    marked, told = render_and_tell(jinja, f"notice/{name}.mjml.j2", view)
    said = {key: _plain(told.get(key, "")) for key in _SAID}
    page = mjml.compile(marked)
    message = Message(
        channel="email",
        slug=f"notice-{name}",
        lang=lang,
        subject=said["subject"],
        preheader=said["preheader"],
        html=page,
        text=render(jinja, f"notice/{name}.txt.j2", {**view, **said}),
        links=links(page),
        pictures=pictures(page),
        sender=newsletter.sender,
        headers=tuple(_headers(name, purpose, lang=lang, newsletter=newsletter)),
    )
    if missing := tuple(_missing(message, name, purpose)):
        raise ContentError(missing)
    return message


def _view(
    purpose: str, *, lang: str, newsletter: Newsletter, templates: Mapping[str, str]
) -> dict[str, object]:
    hours = {"hours": round(_HOURS[purpose].total_seconds() / 3600)} if purpose in _HOURS else {}
    return {
        "newsletter": newsletter,
        "words": words(templates, lang),
        "lang": lang,
        "direction": locale.direction(lang),
        **hours,
        **{link.name.lower(): link.value for link in _LINKS[purpose]},
    }


def _plain(value: object) -> str:
    """Give what a template has set as a line of text, be it a string or a block of markup."""
    text = marks.read(str(value)).text
    return mail.line(html.unescape(text) if isinstance(value, Markup) else text)


def _headers(name: str, purpose: str, *, lang: str, newsletter: Newsletter) -> Iterator[mail.Header]:
    yield "Reply-To", mail.line(newsletter.reply_to)
    if purpose == WELCOME:
        yield from mail.leaving(newsletter)
    yield from mail.automatic(newsletter, lang=lang, slug=f"notice-{name}", stream="notice")


def _missing(message: Message, name: str, purpose: str) -> Iterator[Problem]:
    """Yield a problem for the subject, and for each link in each part, that the templates leave out."""
    places = {"mjml": {link.url for link in message.links}, "txt": message.text}
    file = f"{marks.FOLDER}notice/{name}"
    if not message.subject:
        mend = 'set it: `{% set subject = "…" %}`'
        yield _problem("subject", "this notice has no subject", f"{file}.mjml.j2", mend)
    link = _LINKS[purpose][0]
    for part in (part for part, found in places.items() if link not in found):
        text, mend = f"this notice has no link `{link.name.lower()}`", f"show `{{{{ {link.name.lower()} }}}}`"
        yield _problem("link", text, f"{file}.{part}.j2", mend)


def _problem(code: str, text: str, file: str, mend: str) -> Problem:
    return Problem(code=f"notice.{code}", text=text, where=Place(file=file), mend=mend)
