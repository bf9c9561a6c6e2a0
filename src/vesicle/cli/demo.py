"""`vesicle demo`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.model.issue import Issue
    from vesicle.pipeline.send import Report

MARK = ".made-by-vesicle-demo"
PEOPLE = (
    "email,language,name\n"
    "anong@readers.example,th,Anong\n"
    "maryam@readers.example,fa,Maryam\n"
    "noah@readers.example,en,Noah\n"
)


@click.command(short_help="Run the whole flow on this machine alone, from a feed to a mailbox.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="vesicle-demo")
def command(folder: Path) -> None:
    """Make a sample site in FOLDER and take it through the whole flow.

    It finds papers, composes an issue, checks, approves, and sends to three made-up subscribers of a
    mail server on this machine. Nothing else is contacted. Run it as often as you like: it starts afresh
    each time.

    \b
    Example:
      vesicle demo
    """
    from vesicle.cli._screen import print_table
    from vesicle.testing.mailserver import MailServer
    from vesicle.testing.ncbi import Ncbi

    _make(folder)
    mailbox = folder / "mailbox"
    with MailServer(mailbox) as server, Ncbi(_records(folder)) as ncbi:
        app = _open(folder, port=server.port, ncbi=ncbi.url)
        rows = _story(app, folder)
    mails = sorted((mailbox / "new").iterdir())
    rows.append(("mailbox", f"{len(mails)} mails arrived", str(mailbox / "new")))
    print_table(("stage", "what happened", "look here"), rows)
    click.echo()
    for mail in mails:
        click.echo(f"  {_describe(mail)}")
    click.echo(
        f"\nThe demo's clock stood at {app.clock():%A %d %B %Y, %H:%M} UTC, when the sample issue is due."
    )
    click.echo(f"Open {folder / 'preview' / 'index.html'} in a browser to see the mails and posts.")


def _make(folder: Path) -> None:
    """Make the sample site afresh; a folder that this command did not make is left alone."""
    import shutil

    from vesicle.model.errors import UserError
    from vesicle.store.packaged import make_site

    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise UserError(f"{folder} holds files of yours", mend="name another folder: vesicle demo FOLDER")
        shutil.rmtree(folder)
    make_site(folder)
    (folder / MARK).touch()


def _records(folder: Path) -> list[bytes]:
    """Give what the demo's PubMed holds: made-up papers, and of the sample's papers what is known of them."""
    from datetime import date

    from vesicle.store.content.papers import read
    from vesicle.testing.ncbi import demo_records, known_records

    files = sorted((folder / "content" / "papers").glob("*.json"))
    papers = [read(path.read_text(encoding="utf-8"), file=path.name).paper for path in files]
    return [*demo_records(created=date(2026, 11, 24)), *known_records(papers)]


def _open(folder: Path, *, port: int, ncbi: str) -> "App":
    """Point the site at the demo's mail server and PubMed, and set the clock to when the issue is due."""
    from vesicle.app import CONFIG, KEY_VARIABLE, App
    from vesicle.queue.clock import now
    from vesicle.queue.randomness import random_id
    from vesicle.schedule.calendar import moment
    from vesicle.testing.clock import FixedClock

    config = (folder / CONFIG).read_text()
    config = config.replace("port: 1025", f"port: {port}")
    config = config.replace("    enabled: false\n", f"    base: {ncbi}/entrez/eutils\n")
    (folder / CONFIG).write_text(f"{config}\ncrossref:\n  base: {ncbi}\n")
    app = App(folder, clock=now, environ={KEY_VARIABLE: random_id() + random_id()})
    issue = _sample(app)
    app.clock = FixedClock(moment(issue.due, app.newsletters[issue.newsletter].zone))
    return app


def _sample(app: "App") -> "Issue":
    return min(app.content.read().issues.values(), key=lambda issue: issue.due)


def _story(app: "App", folder: Path) -> list[tuple[str, str, str]]:
    """Take the site through the flow; give a row for each stage."""
    from vesicle.cli._screen import counted
    from vesicle.pipeline.collect import collect
    from vesicle.pipeline.draft import draft, next_due
    from vesicle.pipeline.inspect import inspect
    from vesicle.pipeline.review import approve

    _enrol(app)
    desk = app.collecting()
    harvests = list(collect(app.sources, desk))
    best = app.inbox.candidates()[0].paper
    sample = _sample(app)
    letter = app.newsletters[sample.newsletter]
    due = next_due(letter, now=app.clock())
    next_issue = draft(letter, app.content, app.content.read(), due=due)
    content = app.content.read()
    report = inspect(content, app.newsletters, app.kitchen(content))
    errors = sum(problem.is_error for problem in report.problems)
    prepared = app.prepare(content.issues[sample.slug], content)
    approval = approve(prepared, app.content, by="You, in this demonstration", now=app.clock())
    reports = _send(app)
    _preview(app, sample.slug, folder / "preview")
    mail, *posts = reports
    new = sum(one.new for one in harvests)
    at = str(folder)
    return [
        ("watch", f"{counted(new, 'new paper')} found", f"vesicle --site {at} inbox"),
        ("curate", f"ranked with reasons; best: PMID {best.pmid}", f"vesicle --site {at} inbox {best.pmid}"),
        (
            "compose",
            f"the next issue, with {counted(len(next_issue.items), 'item')}",
            str(folder / "content" / next_issue.path),
        ),
        (
            "check",
            f"{counted(report.items, 'item')}, {counted(report.issues, 'issue')}: {counted(errors, 'error')}",
            f"vesicle --site {at} check",
        ),
        ("approve", f"by {approval.by}", str(folder / sample.where.file)),
        (
            "render",
            f"{len(prepared.mails)} mails, {len(prepared.posts)} posts",
            str(folder / "preview" / "index.html"),
        ),
        ("deliver", f"mail: {_words(mail)}", str(folder / "mailbox" / "new")),
        (
            "deliver",
            f"posts: {sum(one.tally.total for one in posts if one.tally)}, to publish by hand",
            str(folder / "outbox"),
        ),
    ]


def _enrol(app: "App") -> None:
    import io

    from vesicle.model.subscriber import Consent, ConsentEvent
    from vesicle.pipeline.enrol import Straight, Terms, enrol
    from vesicle.queue.randomness import random_id

    consent = Consent(event=ConsentEvent.IMPORTED, at=app.clock(), source="made up for the demo")
    terms = Terms(file="people", language="en", consent=consent, new_id=random_id)
    enrol(io.BytesIO(PEOPLE.encode()), Straight(app.subscribers), terms)


def _send(app: "App") -> "list[Report]":
    from vesicle.pipeline.send import send_due
    from vesicle.schedule.due import due

    content = app.content.read()
    issues = [issue for issue, _ in due(content.issues.values(), app.newsletters, now=app.clock())]
    with app.sending() as dispatch:
        return send_due(issues, lambda issue: app.prepare(issue, content), dispatch)


def _words(report: "Report") -> str:
    from vesicle.cli._reports import as_rows

    return as_rows([report])[0][2]


def _preview(app: "App", slug: str, folder: Path) -> None:
    from vesicle.cli.preview import write

    content = app.content.read()
    write(app, app.prepare(content.issues[slug], content), folder)


def _describe(mail: Path) -> str:
    from email import message_from_bytes
    from email.policy import default

    message = message_from_bytes(mail.read_bytes(), policy=default)
    return f"To {message['To']}: {message['Subject']}"
