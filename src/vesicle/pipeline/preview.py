"""An issue as a folder of files to look at, nothing in it able to reach the world."""

from collections.abc import Mapping
from dataclasses import replace

from vesicle.model.message import Message, Personal
from vesicle.pipeline.prepare import Prepared
from vesicle.render.environment import environment, render

PAGE = "index.html"


def preview(prepared: Prepared, templates: Mapping[str, str]) -> dict[str, str]:
    """Give the files of a preview, path → text: each mail as HTML and text, each post, and a page of all.

    A reader's own links lead nowhere, and pictures come from the folder `images/` beside the page.
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
        "posts": prepared.posts,
    }
    page = render(environment(templates), "web/preview.html.j2", view)
    return {PAGE: page, **shown, **texts, **posts}


def _name(post: Message) -> str:
    return f"{post.channel}/{post.slug}.{post.lang}.txt"


def _inert(mail: Message, prepared: Prepared) -> Message:
    html, text = mail.html.replace(f"{prepared.newsletter.site_url}/images/", "images/"), mail.text
    for link in Personal:
        off = f"#{link.name.removesuffix('_URL').lower()}-is-off-in-the-preview"
        html, text = html.replace(link, off), text.replace(link, off)
    return replace(mail, html=html, text=text)
