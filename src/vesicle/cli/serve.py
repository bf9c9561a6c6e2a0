"""`vesicle serve`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.pipeline.reception import Reception
    from vesicle.web.house import House, Site


@click.command(short_help="Serve the public pages: sign up, confirm, choose, leave.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, help="Port to listen at; 0 takes any that is free.")
def command(host: str, port: int) -> None:
    """Serve the pages on which people sign up, confirm, choose what they get, and leave.

    Runs until it is stopped with Ctrl-C or SIGTERM. A proxy such as Caddy or nginx stands before it and
    brings HTTPS (docs/proxy.md).

    \b
    Example:
      vesicle serve --port 8000
    """
    import logging

    from vesicle.cli._opening import open_site
    from vesicle.queue.stopping import stop_when_asked
    from vesicle.web.application import application
    from vesicle.web.serving import serve

    app = open_site(is_service=True)
    pages = application(_house(app))
    # Forms that cannot be read are no news: anybody can send them.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    with stop_when_asked():
        serve(pages, host=host, port=port, proxies=app.settings.pages.proxies)


def _house(app: "App") -> "House":
    from time import monotonic

    from vesicle.web.house import House
    from vesicle.web.limits import Limits

    return House(
        site=_site(app),
        reception=_reception(app),
        templates=app.templates,
        limits=Limits(app.settings.pages.posts_per_minute, seconds=monotonic),
        reports=app.returning.webhooks(),
        gallery=app.posting,
    )


def _site(app: "App") -> "Site":
    from email.utils import parseaddr

    from vesicle.web.house import Site

    first, pages = app.settings.letterhead(), app.settings.pages
    return Site(
        name=app.settings.site.name,
        url=app.settings.site.url,
        postal_address=first.postal_address,
        contact=parseaddr(pages.contact)[1] if pages.contact else first.reply_to,
        topics=pages.topics,
    )


def _reception(app: "App") -> "Reception":
    from disposable_email_domains import blocklist

    from vesicle.pipeline.reception import Reception
    from vesicle.pipeline.sign_up import Offer
    from vesicle.web.wording import wordings

    site, pages = app.settings.site, app.settings.pages
    offer = Offer(
        languages=pages.languages,
        topics=tuple(pages.topics),
        wordings=wordings(app.templates, pages.languages, site=site.name),
        version=pages.wording,
    )
    return Reception(
        readers=app.readers,
        subscribers=app.subscribers,
        key=app.key,
        clock=app.clock,
        offer=offer,
        is_throwaway=blocklist.__contains__,
        welcome=app.notices.welcome,
    )
