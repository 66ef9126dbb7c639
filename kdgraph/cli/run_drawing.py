"""The pictures of a finished run, into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kdgraph.experiment import Experiment
    from kdgraph.train.rundir import RunDir


def draw(experiment: Experiment, folder: RunDir) -> None:
    """Keep the loss graph as a picture, and how the training set was condensed."""
    from kdgraph.cli.condense_drawing import draw_condensing
    from kdgraph.viz.render import render
    from kdgraph.viz.stages_of import pictured

    render(pictured(experiment.analysis), folder.graph)
    draw_condensing(folder, experiment.recipe.name)
