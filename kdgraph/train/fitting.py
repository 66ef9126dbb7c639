"""Whether the views of a recipe can be made of these images, tried on two of them."""

from __future__ import annotations

from dataclasses import replace

import torch

from kdgraph.data.images import Split
from kdgraph.experiment import Experiment
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.source import Span
from kdgraph.train.evaluate import needed
from kdgraph.views.program import run


def refuse_unsuitable(experiment: Experiment, split: Split) -> None:
    """Make every view of two images, drawn and as they are measured.

    Raises:
        RecipeError: an augmentation refuses such images, with the place of its view.
    """
    steps = experiment.analysis.views.steps
    numbers = torch.arange(min(2, len(split.train)))
    pixels = next(iter(split.train.read([numbers]))).pixels
    for step in steps:
        for train in (False, True):
            try:
                run(
                    needed(steps, step.name), pixels, numbers,
                    seed=0, stage=0, epoch=0, train=train,
                )  # fmt: skip
            except RecipeError as refused:
                at = _written(experiment, step.name)
                told = [replace(one, span=one.span or at) for one in refused.diagnostics]
                raise RecipeError(*told) from refused


def _written(experiment: Experiment, step: str) -> Span | None:
    """Where the view is written that a step makes, or a part of it; a setting's is not found."""
    views = experiment.recipe.views
    name = step.partition(".")[0]
    return views[name].tree.span if name in views else None
