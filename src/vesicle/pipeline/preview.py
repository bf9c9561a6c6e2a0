"""An issue as a folder of files to look at, nothing in it able to reach the world."""

from collections.abc import Mapping

from vesicle.model.message import Message, Personal
from vesicle.pipeline.prepare import Prepared
from vesicle.render.environment import environment, render

PAGE = "index.html"


def preview(prepared: Prepared, templates: Mapping[str, str]) -> dict[str, str]:
    """Give the files of a preview, path → text: each mail as HTML and text, each post, and a page of all.

    The unsubscribe link leads nowhere, and pictures come from the folder `images/` beside the page.
    """
    mails = tuple(prepared.mails)
    shown = {f"mail.{mail.lang}.html": _inert(mail.html, prepared) for mail in mails}
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


def _inert(html: str, prepared: Prepared) -> str:
    html = html.replace(f"{prepared.newsletter.site_url}/images/", "images/")
    return html.replace(Personal.UNSUBSCRIBE_URL.value, "#unsubscribe-is-off-in-the-preview")
