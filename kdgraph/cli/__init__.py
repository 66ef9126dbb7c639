"""The command line: one command a file; nothing heavy is imported until a command needs it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.system import NoCurrentFolder, refusal

if TYPE_CHECKING:
    import typer

HELP = """Knowledge distillation as equations: write the loss, run it.

\b
kdgraph run icd                 train it on the default setting, in about a minute
kdgraph check my.kd             every mistake at once, before any data is read
kdgraph viz my.kd -o my.svg     the loss as a picture"""


STOPPED = 130
"""the exit code after Ctrl-C"""


def app() -> typer.Typer:
    """The application with its commands."""
    import typer

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

    def top(
        version: bool = typer.Option(False, "--version", help="Say which version this is."),  # noqa: FBT001 - Typer's form
    ) -> None:
        """Say the version, or nothing."""
        if version:
            from kdgraph import __version__

            typer.echo(f"kdgraph {__version__}")
            raise typer.Exit

    made.callback(invoke_without_command=True)(top)
    return made


def main() -> None:
    """Run the command line; a user's mistake is a message and exit code 1, never a traceback."""
    try:
        with _ending_at_once():
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


@contextmanager
def _ending_at_once() -> Iterator[None]:
    """Let Ctrl-C end the process where it stands, until a stage of training takes it as a wish.

    There is nothing to lose before. As an exception, it leaves the libraries that are being
    imported at that moment half imported, and those end in a traceback or an abort.
    """
    before = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread()
    if not ours or before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
