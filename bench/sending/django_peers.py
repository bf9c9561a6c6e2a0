"""Peers that live in Django: django-post_office and django-newsletter, each with its own SQLite file."""

import sys
from collections.abc import Iterator
from email.utils import formataddr
from importlib import import_module
from importlib.resources import files
from itertools import islice
from types import ModuleType
from typing import Any

from sending.loopback import HOST
from sending.plain import leave_url, with_links
from sending.work import Job, Meter, Spent, deliveries, message
from vesicle.model.delivery import Delivery
from vesicle.model.message import Message
from vesicle.model.subscriber import Subscriber

QUEUED_AT_ONCE = 500
SLUG = "conditioned-media"
URLS = "sending_urls"

Foreign = Any
"""Something of a peer, which has no types."""


def post_office_defaults(job: Job) -> Spent:
    """Send what is queued by django-post_office as it comes: batches of 100, 5 threads, one process."""
    return _post_office(job, options={}, processes=1)


def post_office_tuned(job: Job) -> Spent:
    """Send by django-post_office with as many threads as there are connections, in batches of 1,000."""
    options = {"THREADS_PER_PROCESS": job.connections, "BATCH_SIZE": 1000, "BATCH_DELIVERY_TIMEOUT": 600}
    return _post_office(job, options=options, processes=1)


def post_office_processes(job: Job) -> Spent:
    """Send by django-post_office in two processes, each with half of the connections as threads."""
    options = {
        "THREADS_PER_PROCESS": max(1, job.connections // 2),
        "BATCH_SIZE": 1000,
        "BATCH_DELIVERY_TIMEOUT": 600,
    }
    return _post_office(job, options=options, processes=2)


def _post_office(job: Job, *, options: dict[str, Any], processes: int) -> Spent:
    _set_up(job, apps=["post_office"], POST_OFFICE=options)
    models, mail = import_module("post_office.models"), import_module("post_office.mail")
    issue = message(small=job.small)
    template = models.EmailTemplate.objects.create(
        name=SLUG,
        subject=issue.subject,
        content=as_template(issue.text, "url"),
        html_content=as_template(issue.html, "url"),
    )
    sender = formataddr((issue.sender.name, issue.sender.address)) if issue.sender else ""
    with Meter() as queueing:
        for some in batched_deliveries(job):
            mail.send_many([_queued(one, template, sender) for one in some])
    lock = f"{job.folder}/lock"
    call_command = import_module("django.core.management").call_command
    with Meter() as meter:
        call_command("send_queued_mail", processes=processes, lockfile=lock)
    sent = models.Email.objects.filter(status=models.STATUS.sent).count()
    return meter.spent(sent, note=f"queueing before took {queueing.cpu / job.count * 1000:.2f} ms CPU a mail")


def _queued(delivery: Delivery, template: Foreign, sender: str) -> dict[str, Any]:
    """Give the mail of one reader as `send_many` wants it, to be rendered on delivery."""
    url, to = leave_url(delivery), reader(delivery)
    headers = {name: with_links(value, url) for name, value in delivery.message.headers}
    return {
        "recipients": [formataddr((to.name, to.email))],
        "sender": sender,
        "template": template,
        "context": {"url": url},
        "headers": headers,
        "render_on_delivery": True,
    }


def newsletter_defaults(job: Job) -> Spent:
    """Submit the issue as one article in the templates that come with django-newsletter.

    Their link to leave is the same for all, so that nothing but To differs from reader to reader.
    """
    return _newsletter(job, own={})


def newsletter_linked(job: Job) -> Spent:
    """Submit the issue as one article in the same templates, their link to leave made the reader's own."""
    shipped = files("newsletter") / "templates" / "newsletter" / "message"
    common = "{% url 'newsletter_unsubscribe_request' newsletter.slug %}"
    own = {}
    for name in ("message.txt", "message.html"):
        text = (shipped / name).read_text(encoding="utf-8")
        if common not in text:
            raise SystemExit(f"django-newsletter's {name} has no link to leave any more")
        own[name] = text.replace(common, "{{ subscription.unsubscribe_activate_url }}")
    return _newsletter(job, own=own)


def newsletter_own(job: Job) -> Spent:
    """Submit the issue as templates of its own, finished but for the reader's address to leave.

    The whole issue is then the text of the template: no article is left to be put in.
    """
    issue = message(small=job.small)
    leave = "site_url }}{{ subscription.unsubscribe_activate_url"
    own = {
        "message_subject.txt": issue.subject,
        "message.txt": as_template(issue.text, leave),
        "message.html": as_template(issue.html, leave),
    }
    return _newsletter(job, own=own)


def _newsletter(job: Job, *, own: dict[str, str]) -> Spent:
    """Send one after the other, each on a connection of its own, which is all that django-newsletter does."""
    apps = ["django.contrib.sites", "django.contrib.auth", "sorl.thumbnail", "newsletter"]
    more = {"NEWSLETTER_THUMBNAIL": "sorl-thumbnail", "NEWSLETTER_USE_HTTPS": True, "ROOT_URLCONF": URLS}
    of_series = {f"newsletter/message/{SLUG}/{name}": text for name, text in own.items()}
    _set_up(job, apps=apps, own=of_series, SITE_ID=1, **more)
    _serve_addresses()
    models = import_module("newsletter.models")
    issue = message(small=job.small)
    series = models.Newsletter.objects.create(title="Conditioned Media", slug=SLUG, **_sender(issue))
    series.site.set([1])
    for some in batched_deliveries(job):
        models.Subscription.objects.bulk_create([_subscription(models, series, one) for one in some])
    written = models.Message.objects.create(title=issue.subject, slug=SLUG, newsletter=series)
    written.articles.create(title=issue.subject, text=issue.html)
    submission = models.Submission.from_message(written)
    submission.publish_date, submission.prepared = submission.publish_date.replace(year=2020), True
    submission.save()
    with Meter() as meter:
        import_module("django.core.management").call_command("submit_newsletter")
    submission.refresh_from_db()
    return meter.spent(job.count if submission.sent else 0)


def _sender(issue: Message) -> dict[str, Any]:
    if issue.sender is None:
        raise ValueError("a newsletter has a sender")
    return {"email": issue.sender.address, "sender": issue.sender.name, "send_html": True}


def _subscription(models: Foreign, series: Foreign, delivery: Delivery) -> Foreign:
    to = reader(delivery)
    return models.Subscription(
        newsletter=series, name_field=to.name, email_field=to.email, subscribed=True, activation_code=to.id
    )


def _serve_addresses() -> None:
    """Make the module of addresses that Django wants by name."""
    urls, module = import_module("django.urls"), ModuleType(URLS)
    vars(module)["urlpatterns"] = [urls.path("newsletter/", urls.include("newsletter.urls"))]
    sys.modules[URLS] = module


def _set_up(job: Job, *, apps: list[str], own: dict[str, str] | None = None, **more: Foreign) -> None:
    """Configure Django for one peer, and make its tables."""
    settings = import_module("django.conf").settings
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", *apps],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{job.folder}/django.db"}},
        EMAIL_HOST=HOST,
        EMAIL_PORT=job.port,
        USE_TZ=True,
        SECRET_KEY="for measuring alone",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        TEMPLATES=[_templates(own or {})],
        LOGGING_CONFIG=None,
        **more,
    )
    import_module("django").setup()
    import_module("django.core.management").call_command("migrate", verbosity=0)


def _templates(own: dict[str, str]) -> dict[str, Any]:
    """Give Django's templates: *own* by name, else those of the apps, each parsed once (Django's default)."""
    loaders = [
        ("django.template.loaders.locmem.Loader", own),
        "django.template.loaders.app_directories.Loader",
    ]
    cached = [("django.template.loaders.cached.Loader", loaders)]
    return {"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": cached}}


def as_template(text: str, value: str) -> str:
    """Turn a part of our mail into a Django template that puts *value* where the reader's links stand."""
    if any(mark in text for mark in ("{{", "{%", "{#")):
        raise SystemExit("the issue holds what Django would read as a template")
    return with_links(text, f"{{{{ {value} }}}}")


def reader(delivery: Delivery) -> Subscriber:
    """Give whom *delivery* is for."""
    if delivery.to is None:
        raise ValueError("a newsletter has a reader")
    return delivery.to


def batched_deliveries(job: Job) -> Iterator[tuple[Delivery, ...]]:
    """Yield what is owed in pieces."""
    owed = deliveries(job)
    return iter(lambda: tuple(islice(owed, QUEUED_AT_ONCE)), ())
