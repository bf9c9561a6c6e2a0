"""An issue as a folder of files to look at, nothing in it able to reach the world."""

from collections.abc import Mapping
from dataclasses import replace

from vesicle.model.limits import Outlet
from vesicle.model.message import Message, Personal
from vesicle.pipeline.prepare import Prepared
from vesicle.render.environment import environment, render
from vesicle.text.fitting import measured

PAGE = "index.html"


def preview(
    prepared: Prepared, templates: Mapping[str, str], outlets: Mapping[str, Outlet]
) -> dict[str, str]:
    """Give the files of a preview, path → text: each mail as HTML and text, each post, and a page of all.

    A reader's own links lead nowhere. Pictures come from the folder `images/` beside the page, and those of
    posts from `cards/`.
    """
    mails = tuple(_inert(mail, prepared) for mail in prepared.mails)
    shown = {f"mail.{mail.lang}.html": mail.html for mail in mails}
    texts = {f"mail.{mail.lang}.txt": mail.text for mail in mails}
    posts = {f"posts/{_name(post)}": post.text for post in prepared.posts}
    view = {
        "issue": prepared.issue,
        "newsletter": prepared.newsletter,
        "held": prepared.held,
        "problems": prepared.problems,
        "mails": mails,
        "posts": [(post, _lengths(post, outlets[post.channel])) for post in prepared.posts],
    }
    page = render(environment(templates), "web/preview.html.j2", view)
    return {PAGE: page, **shown, **texts, **posts}


def _lengths(post: Message, outlet: Outlet) -> list[tuple[str, str]]:
    """Give each text of a post with how long it is, of how much."""
    return [(text, measured(text, outlet.limits.lengths)) for text in post.texts]


def _name(post: Message) -> str:
    return f"{post.channel}/{post.slug}.{post.lang}.txt"


def _inert(mail: Message, prepared: Prepared) -> Message:
    html, text = mail.html.replace(f"{prepared.newsletter.site_url}/images/", "images/"), mail.text
    for link in Personal:
        off = f"#{link.name.removesuffix('_URL').lower()}-is-off-in-the-preview"
        html, text = html.replace(link, off), text.replace(link, off)
    return replace(mail, html=html, text=text)
