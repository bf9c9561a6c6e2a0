"""`vesicle skip`."""

import click


@click.command(short_help="Put a paper of the inbox aside, with the reason.")
@click.argument("paper")
@click.option("--because", required=True, help="Why it is not for this site, in a few words.")
def command(paper: str, because: str) -> None:
    """Skip PAPER (a PMID or DOI). The reason helps to rank better later.

    \b
    Example:
      vesicle skip 33416154 --because "exosomes of tumour cells"
    """
    from vesicle.cli._opening import open_site
    from vesicle.pipeline.decide import skip

    app = open_site()
    candidate = skip(paper, app.inbox, because=because, now=app.clock())
    click.echo(f"Skipped: {candidate.paper.title}")
