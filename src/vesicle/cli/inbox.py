"""`vesicle inbox`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.model.paper import Candidate


@click.command(short_help="Show the papers that were found, best first, with reasons.")
@click.argument("paper", required=False)
@click.option(
    "--state", type=click.Choice(["new", "kept", "skipped", "all"]), default="new", show_default=True
)
@click.option("--at-least", type=float, help="Lowest score to show; the site's floor if not given.")
@click.option("--most", default=20, show_default=True, help="How many to show.")
@click.option("--json", "as_json", is_flag=True, help="Print the candidates as JSON, without abstracts.")
def command(paper: str | None, *, state: str, at_least: float | None, most: int, as_json: bool) -> None:
    """List the candidates, highest score first; or show PAPER (a PMID or DOI) whole, for the editor's eye.

    \b
    Example:
      vesicle inbox
      vesicle inbox 34095124
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import print_json
    from vesicle.model.errors import UserError
    from vesicle.model.paper import CandidateState

    app = open_site()
    if paper:
        found = app.inbox.find(paper)
        if found is None:
            raise UserError(f"nothing called '{paper}' is in the inbox", mend="list it with --state all")
        print_json(_data(found)) if as_json else _show(found)
        return
    floor = app.rules.floor if at_least is None else at_least
    candidates = app.inbox.candidates(None if state == "all" else CandidateState(state))
    chosen = [one for one in candidates if state != "new" or _score(one) >= floor]
    if ranker := app.ranker():
        chosen.sort(key=lambda one: ranker.score(one.paper), reverse=True)
        click.echo(ranker.because, err=True)
    print_json([_data(one) for one in chosen[:most]]) if as_json else _list(
        chosen, len(candidates), most=most
    )


def _score(candidate: "Candidate") -> float:
    return candidate.judgement.score if candidate.judgement else 0.0


def _list(chosen: "list[Candidate]", total: int, *, most: int) -> None:
    from vesicle.cli._screen import counted, print_table

    if not total:
        click.echo("The inbox is empty. Look for papers with: vesicle watch")
        return
    rows = [
        (f"{_score(one):g}", one.paper.pmid or one.paper.id, _title(one), _label(one))
        for one in chosen[:most]
    ]
    print_table(("score", "PMID", "title", "evidence"), rows)
    below = total - len(chosen)
    click.echo(
        f"\n{counted(len(chosen), 'candidate')}, {below} below the floor. One whole: vesicle inbox PMID"
    )


def _title(candidate: "Candidate") -> str:
    standing = candidate.judgement.standing if candidate.judgement else None
    mark = f"[{standing.value}] " if standing and not standing.may_be_promoted else ""
    return mark + candidate.paper.title


def _label(candidate: "Candidate") -> str:
    judged = candidate.judgement
    if judged is None or judged.evidence is None:
        return "preprint" if judged and judged.is_preprint else "not told"
    words = [judged.evidence.design.value, *(subject.value for subject in judged.evidence.subjects)]
    return ", ".join([*(["preprint"] if judged.is_preprint else []), *words])


def _show(candidate: "Candidate") -> None:
    """Show one candidate with its abstract: for the editor, on this machine."""
    paper, judged = candidate.paper, candidate.judgement
    click.echo(click.style(_title(candidate), bold=True))
    click.echo(", ".join((*paper.authors[:6], *(["et al."] if len(paper.authors) > 6 else []))))
    click.echo(f"{paper.journal}, {paper.published or paper.year}. {paper.url}")
    click.echo(f"{candidate.state.value}; {_label(candidate)}; score {_score(candidate):g}")
    for reason in judged.reasons if judged else ():
        click.echo(f"  {reason.points:+g}  {reason.rule}: {', '.join(reason.words)}")
    for link in candidate.links:
        click.echo(f"  {link.relation.value} {link.to}")
    for part in paper.abstract:
        click.echo(f"\n{part.label + ': ' if part.label else ''}{part.text}")
    click.echo("\nThe abstract may be under copyright: read it here, and write in your own words.")


def _data(candidate: "Candidate") -> dict[str, object]:
    from dataclasses import asdict

    paper, judged = candidate.paper, candidate.judgement
    names = ("source", "id", "pmid", "doi", "title", "authors", "journal", "published", "types", "url")
    return {
        **{name: getattr(paper, name) for name in names},
        "state": candidate.state,
        "because": candidate.because,
        "judgement": asdict(judged) if judged else None,
        "links": [asdict(link) for link in candidate.links],
    }
