"""`vesicle inbox`."""

import click


@click.command(short_help="Show the papers that were found.")
@click.option(
    "--state", type=click.Choice(["new", "kept", "skipped", "all"]), default="new", show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="Print the candidates as JSON, without abstracts.")
def command(state: str, *, as_json: bool) -> None:
    """List the candidates in the inbox, newest first.

    \b
    Example:
      vesicle inbox --state all
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import print_json, print_table
    from vesicle.model.paper import CandidateState

    app = open_site()
    found = app.inbox.candidates(None if state == "all" else CandidateState(state))
    papers = [(one.paper, one) for one in found]
    if as_json:
        names = ("source", "id", "pmid", "doi", "title", "journal", "published", "url")
        print_json(
            [{**{name: getattr(paper, name) for name in names}, "state": one.state} for paper, one in papers]
        )
    elif papers:
        rows = [(paper.pmid or paper.id, paper.title, paper.journal, one.state) for paper, one in papers]
        print_table(("PMID", "title", "journal", "state"), rows)
    else:
        click.echo("The inbox is empty. Look for papers with: vesicle watch")
