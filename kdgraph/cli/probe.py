"""`kdgraph probe`: how far a student's features carry, on another setting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdgraph.cli.check import PLUGIN, SET

RUN = typer.Argument(help="The folder of a finished run, such as runs/icd.", metavar="RUN")


def probe(
    run: Annotated[Path, RUN],
    on: Annotated[str, typer.Option("--on", help="The setting whose data are classified.")],
    set_: Annotated[list[str] | None, SET] = None,
    seed: Annotated[int, typer.Option(help="Of the classifier's start and order.", min=0)] = 0,
    augment: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--augment", help="Augment as the setting says, in each epoch.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    quiet: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--quiet", help="Say only the table.")
    ] = False,
    plugin: Annotated[list[Path] | None, PLUGIN] = None,
) -> None:
    """Train a linear classifier on the frozen features of a run's student and its teachers.

    Of the setting its data count, not its networks. The protocol is that of linear transfer in
    the literature; `--set train.epochs=30` changes it. The result is kept in the run's folder.
    """
    from kdgraph.cli.plugins import load_plugins
    from kdgraph.experiment import examine, pairs_of
    from kdgraph.lang.diagnostics import RecipeError

    load_plugins(plugin or [])
    experiment = examine("ce", on, pairs_of(set_ or []))
    if experiment.errors:
        raise RecipeError(*experiment.errors)

    from rich.console import Console

    from kdgraph.probe.probing import Probing
    from kdgraph.train.device import choose
    from kdgraph.train.table import table

    console = Console(markup=False, highlight=False)

    def say(words: str) -> None:
        if not quiet:
            console.print(words, soft_wrap=True)

    rows = Probing(run, experiment, choose(device), seed, augment, say).run()
    console.print(table(rows, title=f"{run.name}, probed on {experiment.setting.name}"))
    console.print(f"kept in {run / f'probe-{experiment.setting.name}.json'}", soft_wrap=True)
