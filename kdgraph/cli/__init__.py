"""The command line: one command a file; nothing heavy is imported until a command needs it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import typer

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.system import NoCurrentFolder, refusal

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
        _see_folder()
        app()()
    except RecipeError as error:
        _fail(error)
    except OSError as error:
        told = refusal(error)
        if told is None:
            raise
        _fail(RecipeError(told))
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def _see_folder() -> None:
    """Refuse to work in a folder that is gone: torch ends the process there, without a word."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise RecipeError(NoCurrentFolder()) from None


def _fail(error: RecipeError) -> NoReturn:
    """Say what stopped the command."""
    from kdgraph.cli.telling import tell

    with suppress(OSError):
        tell(error)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:  # what it can't take would come up again when Python ends
        with suppress(OSError), Path(os.devnull).open("w", encoding="utf-8") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
    sys.exit(1)
