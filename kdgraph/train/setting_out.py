"""Where learners begin that a setting starts between their own weights and another model's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn

from kdgraph.lower.prepared import Prepared
from kdgraph.normalisation import Normalisation
from kdgraph.train.blend import blend, settle
from kdgraph.train.cast import Cast
from kdgraph.train.evaluate import looker
from kdgraph.train.feed import near
from kdgraph.views.normalize import Normalize


def set_out(
    made: Cast,
    networks: Mapping[str, nn.Module],
    normalisations: Mapping[str, Normalisation],
    device: torch.device,
    say: Callable[[str], None],
) -> None:
    """Move each learner that says `start:` on its way, and estimate its batch norm anew.

    Args:
        made: data, setting and views of the run.
        networks: all of them, with the weights that they have before the first step.
        normalisations: of each model's pixels.
        device: where the pass over the training images is made.
        say: told of each learner that was moved.

    Raises:
        RecipeError: a learner and the model it starts from are two kinds of networks.
    """
    setting, analysis = made.experiment.setting, made.experiment.analysis
    for name in made.learners:
        start = setting.models[name].start
        if start is None or start.share == 0:
            continue
        span = setting.spans.get(name)
        blend(networks[name], networks[start.source], start.share, name, start.source, span)
        scale, home = normalisations[name], analysis.homes[name]
        settle(
            Prepared(Normalize(scale.mean, scale.std), networks[name]).to(device),
            near(made.split.train, device),
            looker(analysis.views.steps, [home]),
            home,
            batch=made.experiment.protocol().eval_batch,
            device=device,
        )
        say(f"{name}: {start.share:g} of the way from its start to {start.source}")
