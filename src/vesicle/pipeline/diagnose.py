"""What is wrong with a site's set-up, each with its mend."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vesicle.model.errors import OutsideError
from vesicle.model.paper import Harvest
from vesicle.model.problem import Place, Problem, Severity
from vesicle.ports import Inbox, Source

_WHERE = Place(file="config.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is looked at."""

    sources: Mapping[str, Source]
    inbox: Inbox
    has_rules: bool
    has_key: bool


def diagnose(site: Diagnosis, *, offline: bool) -> Iterator[Problem]:
    """Yield what a person should mend; with *offline* no source is asked."""
    if not site.sources:
        yield _problem("no-source", "no source is set, so nothing is watched", "add one below `sources`")
    if not site.has_rules:
        yield _problem(
            "no-rules", "no rules are set, so nothing is ranked", "describe the subject below `rules`"
        )
    if not site.has_key:
        yield _problem(
            "no-key", "VESICLE_KEY is not set, so nothing can be sent", "`openssl rand -hex 32` makes one"
        )
    for name, source in site.sources.items():
        yield from _account(name, site.inbox.last(name))
        if not offline:
            yield from _reach(name, source, site.inbox)


def _account(name: str, last: Harvest | None) -> Iterator[Problem]:
    if last is None:
        yield _problem("never-run", f"the source `{name}` has never been asked", "run `vesicle watch`")
    elif last.problem:
        yield _problem(
            "last-run", f"the last run of `{name}` was not complete: {last.problem}", "run it again"
        )
    for warning in last.warnings if last else ():
        yield _problem("warning", f"`{name}`: {warning}", "look at the query in config.yaml")


def _reach(name: str, source: Source, inbox: Inbox) -> Iterator[Problem]:
    try:
        next(iter(source.fetch(inbox.cursor(name))), None)
    except OutsideError as error:
        mend = "look at the address, the query and the network"
        yield _problem("unreachable", f"`{name}` does not answer as it should: {error}", mend, is_error=True)


def _problem(code: str, text: str, mend: str, *, is_error: bool = False) -> Problem:
    severity = Severity.ERROR if is_error else Severity.WARNING
    return Problem(code=f"doctor.{code}", text=text, where=_WHERE, mend=mend, severity=severity)
