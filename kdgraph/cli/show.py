"""`kdgraph show`: a recipe as a graph, a plan, Python, an equation, or what can be tapped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kdgraph.cli.check import ON, PLUGIN, SET
from kdgraph.cli.viz import RECIPE, STAGE

if TYPE_CHECKING:
    from kdgraph.experiment import Experiment

Form = Literal["graph", "plan", "python", "latex", "taps"]


def show(
    recipe: Annotated[str, RECIPE],
    as_: Annotated[Form, typer.Option("--as", help="What to show.")] = "plan",
    on: Annotated[str | None, ON] = None,
    set_: Annotated[list[str] | None, SET] = None,
    stage: Annotated[str | None, STAGE] = None,
    real: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--real", help="Build the networks, so that a plan tells their sizes.")
    ] = False,
    plugin: Annotated[list[Path] | None, PLUGIN] = None,
) -> None:
    """Show what a recipe means and what became of it.

    `graph`: its nodes as they were built, and after the passes. `plan`: what the compiler
    decided and why. `python`: the PyTorch that runs. `latex`: the equation. `taps`: every
    place inside the setting's models that a recipe can look at.
    """
    from kdgraph.cli.asking import examined_well

    experiment = examined_well(recipe, on, set_, stage, plugin)
    typer.echo(_text(experiment, as_, stage, real=real), nl=False)


def _text(experiment: Experiment, form: Form, stage: str | None, *, real: bool) -> str:
    """Each form is a module of its own; those of real networks load torch."""
    match form:
        case "graph":
            from kdgraph.cli.width import width
            from kdgraph.show import graph_text

            return graph_text.text(experiment.analysis, stage, width())
        case "latex":
            from kdgraph.show import latex

            return latex.text(experiment.recipe, stage)
        case "plan":
            from kdgraph.show import plan

            step = None
            if real:
                from kdgraph.show.real import step_of

                step = step_of(experiment, stage)
            return plan.text(experiment.analysis, stage, step=step)
        case "python":
            from kdgraph.show import python
            from kdgraph.show.real import step_of

            return python.text(step_of(experiment, stage), experiment.recipe.source)
        case "taps":
            from kdgraph.show import taps
            from kdgraph.show.real import looked_at

            return "\n".join(taps.text(network) for network in looked_at(experiment))
