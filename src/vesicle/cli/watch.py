"""`vesicle watch`."""

import click


@click.command(short_help="Look for new papers and put them into the inbox.")
@click.option("--json", "as_json", is_flag=True, help="Print the account of each source as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Ask every source in config.yaml for new papers and put them into the inbox.

    \b
    Example:
      vesicle watch && vesicle inbox
    """
    from dataclasses import asdict

    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import print_json, print_table
    from vesicle.pipeline.collect import collect

    app = open_site()
    harvests = tuple(collect(app.sources, app.inbox, now=app.clock()))
    if as_json:
        print_json([asdict(harvest) for harvest in harvests])
    else:
        rows = [(one.source, str(one.found), str(one.new), one.problem or "complete") for one in harvests]
        print_table(("source", "found", "new", "outcome"), rows)
    if any(one.problem for one in harvests):
        ctx.exit(3)
