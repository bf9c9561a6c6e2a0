"""Takes a CSV file of people in, and tells how it goes."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress

    from vesicle.app import App
    from vesicle.model.enrolment import Enrolment, Refusal
    from vesicle.pipeline.enrol import Terms

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `vesicle subscribers import`, as click gives them."""

    dry_run: bool
    renamed: tuple[str, ...]
    attributes: str
    consent: str
    wording: Path | None
    report: Path | None
    as_json: bool


def enrol_file(file: Path, options: Options) -> int:
    """Add the people in *file*; give the exit code of the command."""
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import counted
    from vesicle.pipeline.enrol import enrol, import_name
    from vesicle.queue.lock import sole_importer
    from vesicle.store.refusals import RefusalFile

    app = open_site()
    terms = _terms(app, file, options)
    report = RefusalFile(_report(file, options))
    screen = _Screen(file.stat().st_size)
    with file.open("rb") as stream:
        name = import_name(stream, terms)
        opened = app.intake(name, is_rehearsed=options.dry_run)
        with sole_importer(app.database_path), opened as intake, screen.progress:
            account = enrol(stream, intake, terms, report=report, told=screen.told)
    _show_refusals(screen.refusals, file=str(file))
    if account.refused > SHOWN:
        more = counted(account.refused - SHOWN, "other line")
        click.echo(f"  and {more}: see {report.path}", err=True)
    _tell(account, report.path, options)
    return 1 if account.refused else 0


class _Screen:
    """What the person at the terminal sees while it runs, and the first refusals for afterwards."""

    def __init__(self, size: int) -> None:
        self.progress = _progress()
        self.refusals: list[Refusal] = []
        self._task = self.progress.add_task("people", total=size)

    def told(self, account: "Enrolment", refusals: "Sequence[Refusal]") -> None:
        """Move the bar on."""
        self.progress.update(self._task, completed=account.position, description=f"{account.total:,} people")
        self.refusals += refusals[: SHOWN - len(self.refusals)]


def _report(file: Path, options: Options) -> Path:
    from vesicle.model.errors import UserError

    report = options.report or file.with_name(f"{file.name}.refused.csv")
    if report.exists() and report.samefile(file):
        raise UserError("the report would be written over the people", mend="name another file: --report")
    return report


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def _terms(app: "App", file: Path, options: Options) -> "Terms":
    from vesicle.model.subscriber import Consent, ConsentEvent
    from vesicle.pipeline.enrol import Terms
    from vesicle.pipeline.rows import Naming
    from vesicle.queue.randomness import growing_id

    wording = options.wording
    consent = Consent(
        event=ConsentEvent.IMPORTED,
        at=app.clock(),
        source=options.consent or file.name,
        wording=hashlib.sha256(wording.read_bytes()).hexdigest() if wording else "",
        version=wording.name if wording else "",
    )
    attributes = (name.strip() for name in options.attributes.split(","))
    naming = Naming(renamed=_renamed(options.renamed), attributes=tuple(filter(None, attributes)))
    language = app.settings.site.language
    return Terms(file=str(file), language=language, consent=consent, new_id=growing_id, naming=naming)


def _renamed(pairs: Sequence[str]) -> dict[str, str]:
    from vesicle.model.errors import UserError

    renamed: dict[str, str] = {}
    for pair in pairs:
        column, equals, meant = pair.rpartition("=")
        if not equals or not column.strip():
            raise UserError(f"--map cannot be `{pair}`", mend="write it as --map 'E-mail=email'")
        renamed[column.strip()] = meant.strip()
    return renamed


def _show_refusals(refusals: "Sequence[Refusal]", *, file: str) -> None:
    from vesicle.cli._screen import show_problems
    from vesicle.model.problem import Place, Problem

    show_problems(
        [
            Problem(code="people.line", text=one.reason, where=Place(file=file, line=one.line), mend="")
            for one in refusals
        ]
    )


def _tell(account: "Enrolment", report: Path, options: Options) -> None:
    from vesicle.cli._screen import counted, print_json

    if options.as_json:
        counts = {"added": account.added, "known": account.known, "refused": account.refused}
        print_json(counts | {"report": str(report), "dry_run": options.dry_run})
        return
    would = "would be " if options.dry_run else ""
    click.echo(
        f"{counted(account.added, 'person', 'people')} {would}added, {account.known} known already, "
        f"{account.refused} refused."
    )
    if account.refused:
        click.echo(f"Each refused line stands in {report} with the reason.")
