"""`vesicle doctor`."""

import click


@click.command(short_help="Say what is wrong with the site's set-up and how to mend it.")
@click.option("--offline", is_flag=True, help="Do not ask any source whether it answers.")
@click.pass_context
def command(ctx: click.Context, *, offline: bool) -> None:
    """Look at configuration, database and sources, and name what is wrong.

    \b
    Example:
      vesicle doctor
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import counted, show_problems
    from vesicle.pipeline.diagnose import diagnose

    app = open_site()
    app.outside.is_patient = False  # whoever asks for the doctor waits for an answer
    problems = list(diagnose(app.diagnosis(), offline=offline))
    show_problems(problems)
    errors = sum(one.is_error for one in problems)
    click.echo("All is well." if not problems else counted(len(problems), "problem"))
    ctx.exit(2 if errors else 0)
