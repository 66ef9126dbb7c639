"""`kdgraph viz`: the loss as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdgraph.cli.check import ON, PLUGIN, SET

STAGE = typer.Option("--stage", help="The stage of a recipe that has several; else all.")
RECIPE = typer.Argument(help="A recipe: a file, or the name of a shipped one.")


def viz(
    recipe: Annotated[str, RECIPE],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file: .svg, .png, .html, .dot or .mmd."),
    ] = None,
    on: Annotated[str | None, ON] = None,
    set_: Annotated[list[str] | None, SET] = None,
    stage: Annotated[str | None, STAGE] = None,
    plugin: Annotated[list[Path] | None, PLUGIN] = None,
) -> None:
    """Draw the loss: terms, weights, taps, shapes, memory, and what gradient trains what.

    Without `-o` it is printed as a tree. An HTML page can be clicked through, with the
    recipe beside the drawing.
    """
    from kdgraph.viz.render import writer

    drawn = writer(output) if output is not None else None

    from kdgraph.cli.asking import examined_well
    from kdgraph.cli.width import width
    from kdgraph.viz.stages_of import pictured
    from kdgraph.viz.terminal import tree

    experiment = examined_well(recipe, on, set_, stage, plugin)
    picture = pictured(experiment.analysis, stage, subtitle=experiment.setting.name)
    if drawn is None or output is None:
        typer.echo(tree(picture, width(otherwise=100)), nl=False)
        return

    from kdgraph.cli.asking import write

    made = drawn(picture)
    write(output, made.encode() if isinstance(made, str) else made)
    typer.echo(f"{output}: {len(picture.boxes)} boxes, {len(picture.arrows)} arrows")
