"""The command line: one command a file; nothing heavy is imported until a command needs it."""

from __future__ import annotations

import sys

import typer

from kdgraph.lang.diagnostics import RecipeError

HELP = """Knowledge distillation as equations: write the loss, run it.

\b
kdgraph run icd                 train it on the default setting, in about a minute
kdgraph check my.kd             every mistake at once, before any data is read
kdgraph viz my.kd -o my.svg     the loss as a picture"""


STOPPED = 130
"""the exit code after Ctrl-C"""


def app() -> typer.Typer:
    """The application with its commands."""
    from kdgraph.cli.check import check
    from kdgraph.cli.compare import compare
    from kdgraph.cli.explain import explain
    from kdgraph.cli.list import list_
    from kdgraph.cli.probe import probe
    from kdgraph.cli.run import run
    from kdgraph.cli.show import show
    from kdgraph.cli.viz import viz
    from kdgraph.cli.words import Command, Group

    made = typer.Typer(
        name="kdgraph",
        cls=Group,
        context_settings={"help_option_names": ["--help", "-h"]},
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    made.command("run", cls=Command)(run)
    made.command("compare", cls=Command)(compare)
    made.command("probe", cls=Command)(probe)
    made.command("check", cls=Command)(check)
    made.command("viz", cls=Command)(viz)
    made.command("show", cls=Command)(show)
    made.command("list", cls=Command)(list_)
    made.command("explain", cls=Command)(explain)
    made.callback(invoke_without_command=True)(_top)
    return made


def _top(
    version: bool = typer.Option(False, "--version", help="Say which version this is."),  # noqa: FBT001 - Typer's form
) -> None:
    """Say the version, or nothing."""
    if version:
        from kdgraph import __version__

        typer.echo(f"kdgraph {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; a user's mistake is a message and exit code 1, never a traceback."""
    try:
        app()()
    except RecipeError as error:
        from kdgraph.cli.telling import tell

        tell(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(STOPPED)
