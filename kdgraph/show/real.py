"""The step a recipe becomes, over networks of the right shape that hold no numbers.

Networks are built on the meta device: their modules and sizes are real, nothing is computed
and no memory is taken, so that even a large teacher is looked at in a moment.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

import kdgraph.compiler
from kdgraph.compiler import images_seen
from kdgraph.experiment import Experiment
from kdgraph.graph.network import Network
from kdgraph.lower.live import live_network
from kdgraph.lower.step import Step
from kdgraph.models.build import build

BATCH = 4
USUAL_IMAGE, USUAL_CLASSES = (3, 224, 224), 1000


def networks(experiment: Experiment) -> dict[str, nn.Module]:
    """The models of the setting, by the recipe's names for them."""
    _, classes = _sizes(experiment)
    seen, spans = _seen(experiment), experiment.setting.spans
    with torch.device("meta"):
        return {
            name: build(spec.name, classes, channels=seen[name][0], span=spans.get(name))
            for name, spec in experiment.setting.models.items()
        }


def looked_at(experiment: Experiment) -> list[Network]:
    """What the real networks tell about themselves."""
    seen = _seen(experiment)
    return [
        live_network(name, network, seen[name], experiment.setting.models[name].name)
        for name, network in networks(experiment).items()
    ]


def step_of(experiment: Experiment, stage: str | None = None) -> Step:
    """A stage compiled for the setting's networks.

    Raises:
        RecipeError: the recipe does not fit these networks.
    """
    image, classes = _sizes(experiment)
    count = experiment.world.examples
    return kdgraph.compiler.compile(
        experiment.recipe,
        models=networks(experiment),
        sample=torch.empty((BATCH, *image), device="meta"),
        stage=stage,
        classes=classes,
        examples=count,
        labels=None if count is None else torch.arange(count) % classes,
    )


def _seen(experiment: Experiment) -> dict[str, tuple[int, ...]]:
    """Channels, height and width of the images that each model is built for."""
    image, _ = _sizes(experiment)
    world = replace(experiment.world, image=image)
    seen = images_seen(experiment.recipe, world, experiment.setting.augment)
    return {name: one or image for name, one in seen.items()}


def _sizes(experiment: Experiment) -> tuple[tuple[int, ...], int]:
    """The image and the classes of the data; the usual ones where only the data can tell."""
    world = experiment.world
    return world.image or USUAL_IMAGE, world.classes or USUAL_CLASSES
