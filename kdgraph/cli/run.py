"""`kdgraph run`: train a recipe on a setting, and end with a table."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdgraph.cli.check import ON, PLUGIN, SET

if TYPE_CHECKING:
    from rich.console import Console

    from kdgraph.train.distributed import World
    from kdgraph.train.rundir import RunDir


def run(  # noqa: PLR0913, PLR0917 - one argument an option, a flag is a bool
    recipe: Annotated[str, typer.Argument(help="A recipe: a file, or the name of a shipped one.")],
    on: Annotated[str | None, ON] = None,
    set_: Annotated[list[str] | None, SET] = None,
    seed: Annotated[int, typer.Option(help="Decides every random draw.", min=0)] = 0,
    seeds: Annotated[int, typer.Option(help="Repeat with so many seeds.", min=1)] = 1,
    out: Annotated[Path | None, typer.Option(help="The run's folder; else runs/<recipe>.")] = None,
    resume: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--resume", help="Go on where a run stopped.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    devices: Annotated[
        int | None,
        typer.Option(
            help="How many of this machine's devices; else one. The loss is of all their rows.",
            min=1,
        ),
    ] = None,
    compile_: Annotated[
        bool | None,
        typer.Option("--compile/--no-compile", help="Compile the step; the default on a GPU."),
    ] = None,
    alone: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--alone/--no-alone", help="Train the student alone as well.")
    ] = True,
    save_every: Annotated[
        float, typer.Option(help="Seconds between two checkpoints within an epoch.", min=0)
    ] = 300.0,
    quiet: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--quiet", help="Say only the table.")
    ] = False,
    plugin: Annotated[list[Path] | None, PLUGIN] = None,
) -> None:
    """Train a recipe on a setting: the teacher first where it has no weights, then the student.

    Ends with a table of teacher, student alone and student distilled, and keeps everything
    in the run's folder: config, metrics, checkpoints, the student's weights, the loss graph.
    """
    from kdgraph.cli.plugins import load_plugins
    from kdgraph.experiment import examine, pairs_of
    from kdgraph.lang.diagnostics import RecipeError

    load_plugins(plugin or [])
    values = pairs_of(set_ or [])
    experiment = examine(recipe, on, values)
    if experiment.errors:
        raise RecipeError(*experiment.errors)

    from rich.console import Console

    from kdgraph.cli.run_drawing import draw
    from kdgraph.train import distributed, fidelity_table, table
    from kdgraph.train.method import Place
    from kdgraph.train.progress import Progress
    from kdgraph.train.request import Request
    from kdgraph.train.run import Run

    if devices is not None and devices > 1 and not distributed.launched():
        words = ["-m", "kdgraph", *sys.argv[1:]]
        raise typer.Exit(distributed.launch(devices, words, device))
    console = Console(markup=False, highlight=False)
    name = experiment.recipe.name
    with (
        distributed.join(device, devices) as (world, place),
        _telling(leads=world.leads),
        _folder(name, out, resume=resume, world=world) as folder,
    ):
        progress = Progress(console, _hint(folder), quiet=quiet)
        running = Run(
            request=Request(recipe, on, values, seed, seeds, alone),
            folder=folder,
            place=Place(
                device=place,
                world=world,
                compile=place.type == "cuda" if compile_ is None else compile_,
                resume=resume,
                save_every=save_every,
            ),
            say=lambda words: _say(console, words, speaks=world.leads and not quiet),
            listen=lambda _: (progress,) if world.leads else (),
        )
        try:
            result = running.run()
        finally:
            progress.close()
        if world.leads:
            draw(experiment, folder)
            console.print()
            title = f"{name} on {experiment.setting.name}"
            console.print(table.table(result.table, title=title))
            if fidelity_table.is_told(result.fidelity):
                console.print()
                console.print(fidelity_table.table(result.fidelity))
            console.print(f"kept in {folder.path}", soft_wrap=True, highlight=False)


@contextmanager
def _telling(*, leads: bool) -> Iterator[None]:
    """Rank 0 tells of a mistake while the others are still there; they leave without a word."""
    from kdgraph.cli.telling import tell
    from kdgraph.lang.diagnostics import RecipeError

    try:
        yield
    except RecipeError as error:
        if leads:
            tell(error)
        raise SystemExit(1) from None


@contextmanager
def _folder(name: str, out: Path | None, *, resume: bool, world: World) -> Iterator[RunDir]:
    """The run's folder; rank 0 decides and holds it, and says it to the others."""
    from kdgraph.train import rundir
    from kdgraph.train.distributed import shared
    from kdgraph.train.together import together

    take = rundir.again if resume else rundir.begin
    with ExitStack() as stack:
        taken = partial(stack.enter_context, take(name, out=out) if world.leads else nullcontext())
        made = together(world, taken)
        yield rundir.RunDir(Path(shared(str(made.path) if made else "")))


def _hint(folder: RunDir) -> str:
    """The command that goes on: this one, with the folder and `--resume`."""
    words = [word for word in sys.argv[1:] if word != "--resume"]
    if not any(word == "--out" or word.startswith("--out=") for word in words):
        words += ["--out", str(folder.path)]
    return shlex.join(["kdgraph", *words, "--resume"])


def _say(console: Console, words: str, *, speaks: bool) -> None:
    if speaks:
        console.print(words, highlight=False, soft_wrap=True)
