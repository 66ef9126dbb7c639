"""What doesn't fit is known before anything is trained: every stage is put together once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from kdgraph.data.images import Split
from kdgraph.experiment import Experiment
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import NothingTrained
from kdgraph.lang.protocol import Training
from kdgraph.lower.step import Step
from kdgraph.normalisation import Normalisation
from kdgraph.train import optimise
from kdgraph.train.cast import normalised
from kdgraph.train.condense import refuse_large
from kdgraph.train.distributed import ALONE
from kdgraph.train.feed import Feed, fewest_rows
from kdgraph.train.fitting import refuse_unsuitable
from kdgraph.train.method import Place, compile_stage, trained_by


def rehearse(
    experiment: Experiment,
    networks: Mapping[str, nn.Module],
    normalisations: Mapping[str, Normalisation],
    split: Split,
    place: Place,
) -> frozenset[str]:
    """Put every stage together and train none: what doesn't fit is known before a teacher learns.

    Returns:
        the keys of `train.groups` that mean something in some stage.

    Raises:
        RecipeError: a view can't be made of the images, a stage trains nothing, a batch can't be
            shared out, a part has no such name.
    """
    refuse_unsuitable(experiment, split)
    prepare = normalised(normalisations)
    stages: list[tuple[Training, Step]] = []
    for stage, _ in experiment.analysis.stages:
        training = experiment.training(stage)
        here = place if stage.compute is None else replace(place, world=ALONE)
        step = compile_stage(experiment, stage, networks, prepare, split, training, 0, here)
        if stage.compute is not None:
            continue
        if not step.trained():
            raise RecipeError(NothingTrained(stage=stage.name))
        feed = Feed(split.train, training, place.world, place.device, fewest_rows(step.train()))
        feed.count(len(split.train))
        how = experiment.condensing(stage)
        if how is not None:
            refuse_large(how, split.train, training.epochs)
            feed.count(how.lengths(len(split.train), training.epochs)[-1])
        stages.append((training, step))
    everything = [one for _, step in stages for one in trained_by(step)]
    for training, _ in stages:
        optimise.refuse_unknown(training, everything)
    return frozenset(key for one in everything for key in optimise.keys(one))
