"""`kdgraph compare`: several recipes on one setting, in one table and one picture."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from kdgraph.cli.check import ON, PLUGIN, SET

RECIPES = typer.Argument(help="Recipes: files, or names of shipped ones.", metavar="RECIPE...")


def compare(  # noqa: PLR0913, PLR0917 - one argument an option, a flag is a bool
    recipes: Annotated[list[str] | None, RECIPES] = None,
    on: Annotated[str | None, ON] = None,
    set_: Annotated[list[str] | None, SET] = None,
    seed: Annotated[int, typer.Option(help="The first seed; also of the teacher.", min=0)] = 0,
    seeds: Annotated[int, typer.Option(help="Train with so many seeds.", min=1)] = 1,
    jobs: Annotated[
        int | None,
        typer.Option(help="Runs at a time; else one a GPU, or one for two cores.", min=1),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where runs are kept; else runs/compare-<setting>.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    compile_: Annotated[
        bool | None,
        typer.Option("--compile/--no-compile", help="Compile the step; the default on a GPU."),
    ] = None,
    alone: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--alone/--no-alone", help="Train the student alone as well.")
    ] = True,
    shipped: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--all", help="All recipes that travel with kdgraph as well.")
    ] = False,
    quiet: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--quiet", help="Say only the table.")
    ] = False,
    plugin: Annotated[list[Path] | None, PLUGIN] = None,
) -> None:
    """Compare recipes: the same data, networks, training and seeds, one table and one picture.

    Runs that are finished are used again, those that were stopped go on, and one that fails
    leaves the others alone. A value of `--set` goes to the recipes that know its name.
    """
    from kdgraph import files
    from kdgraph.cli.plugins import load_plugins
    from kdgraph.compare.entrants import entrants
    from kdgraph.experiment import pairs_of

    named = [*(recipes or []), *(path.stem for path in files.recipes() if shipped)]
    if not named:
        why = "name the recipes to compare, or say `--all`"
        raise typer.BadParameter(why, param_hint="RECIPE...")
    load_plugins(plugin or [])
    taking_part = entrants(named, on, pairs_of(set_ or []), alone=alone)

    from rich.console import Console

    from kdgraph.compare.board import Board
    from kdgraph.compare.comparison import Comparison, Wanted
    from kdgraph.compare.report import table
    from kdgraph.train.device import choose, side
    from kdgraph.train.interrupt import Interrupted

    console = Console(markup=False, highlight=False)
    command = shlex.join(["kdgraph", *sys.argv[1:]])
    boards: list[Board] = []

    def watch(total: int) -> Board:
        boards.append(Board(console, total, quiet=quiet))
        return boards[-1]

    def say(words: str) -> None:
        if not quiet:
            console.print(words, soft_wrap=True)

    setting = taking_part[0].experiment.setting.name
    folder = out or Path("runs") / f"compare-{setting}"
    wanted = Wanted(
        taking_part,
        range(seed, seed + seeds),
        folder,
        side(device),
        choose(device),
        command,
        jobs,
        compile_,
        tuple(str(one.resolve()) for one in plugin or []),
    )
    try:
        report = Comparison(wanted, say).run(watch)
    except Interrupted:
        console.print(f"stopped; go on with\n  {command}", soft_wrap=True)
        raise
    finally:
        for board in boards:
            board.close()
    console.print()
    console.print(table(report))
    for title, why in report.failures.items():
        typer.echo(f"{title}: {why}", err=True)
    console.print(f"kept in {folder}: compare.md, compare.json, compare.svg", soft_wrap=True)
    if report.failures:
        raise typer.Exit(1)
