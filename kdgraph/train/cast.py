"""The networks of an experiment, built, with the weights that lie in files."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from kdgraph.compiler import analyse, images_seen, stage_world
from kdgraph.data.images import Split
from kdgraph.data.load import load
from kdgraph.data.statistics import statistics
from kdgraph.experiment import Experiment
from kdgraph.graph.world import World
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.normalisation import wrong_channels
from kdgraph.lower.live import live_network
from kdgraph.lower.parts import seeded
from kdgraph.models.build import build
from kdgraph.models.weights import load_weights
from kdgraph.normalisation import Normalisation
from kdgraph.passes import lean
from kdgraph.train.evaluate import looker
from kdgraph.train.ground import assistants_of, learners_of
from kdgraph.train.heads import Heads
from kdgraph.views.normalize import Normalize

STUDENT = "student"
WITHOUT_FILE = ("random", "train")


@dataclass(frozen=True)
class Cast:
    """An experiment with its data and its networks; nothing is trained yet.

    Attributes:
        experiment: examined against the real networks and data.
        split: the data.
        networks: by the recipe's names, in the order of the setting; those alone that some
            loss looks at, and the student.
        normalisations: what the pixels of each are normalised with.
        told: what is no mistake and yet has to be known: heads that start anew.
        seed: of teachers and assistants.
    """

    experiment: Experiment
    split: Split
    networks: Mapping[str, nn.Module]
    normalisations: Mapping[str, Normalisation]
    told: tuple[Diagnostic, ...] = ()
    seed: int = 0

    @property
    def teachers(self) -> list[str]:
        """The models that no stage trains."""
        trained = {*self.learners, *self.assistants}
        return [name for name in self.networks if name not in trained]

    @cached_property
    def learners(self) -> list[str]:
        """The models that each seed trains anew: the student, and who learns beside it."""
        found = learners_of(self.experiment)
        return [name for name in self.networks if name in found]

    @cached_property
    def assistants(self) -> list[str]:
        """The models that are trained once for all students, as those of a chain."""
        found = assistants_of(self.experiment, frozenset(self.learners))
        return [name for name in self.networks if name in found]

    @property
    def followers(self) -> list[str]:
        """The teachers whose buffers some stage moves: `mode: {teacher: train}`."""
        stages = self.experiment.analysis.stages
        worlds = [stage_world(self.experiment.world, stage) for stage, _ in stages]
        return [name for name in self.teachers if any(world.follows(name) for world in worlds)]

    def anew(self, seed: int) -> dict[str, nn.Module]:
        """The teachers, which every seed shares, and learners as this seed draws them.

        A teacher that runs in train mode is a copy, so that every seed has it as it was taught;
        assistants begin as the first seed draws them.
        """
        drawn = dict.fromkeys(self.assistants, self.seed) | dict.fromkeys(self.learners, seed)
        fresh = {
            name: build_model(name, self.experiment, self.split, own, self.normalisations[name])
            for name, own in drawn.items()
        }
        copies = {name: deepcopy(self.networks[name]) for name in self.followers}
        return {**self.networks, **copies, **{name: one.network for name, one in fresh.items()}}


def cast(experiment: Experiment, seed: int, split: Split | None = None) -> Cast:
    """Load the data, build the networks, and see whether the recipe fits both.

    Args:
        experiment: what is to be trained.
        seed: of the networks.
        split: the data, where they are loaded already.

    Raises:
        RecipeError: with every mistake of data, of weights, or of the recipe with them.
    """
    split = split or load(experiment.data)
    wanted = {*_looked_at(experiment), STUDENT}
    starts = [experiment.setting.models[name].start for name in wanted]
    wanted |= {one.source for one in starts if one is not None}
    experiment = on_data(experiment, split)
    members: dict[str, Member] = {}
    mistakes: list[Diagnostic] = []
    heads = Heads(experiment)
    for name in experiment.setting.models:
        if name not in wanted:
            continue
        try:
            members[name] = build_model(name, experiment, split, seed, heads=heads)
        except RecipeError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise RecipeError(*mistakes)
    networks = {name: member.network for name, member in members.items()}
    told = on_networks(experiment, networks, split)
    mistakes = [*told.errors, *heads.teaching(told)]
    if mistakes:
        raise RecipeError(*mistakes)
    seen = {*_looked_at(told), STUDENT}
    networks = {name: network for name, network in networks.items() if name in seen}
    scales = {name: members[name].normalisation for name in networks}
    return Cast(told, split, networks, scales, tuple(heads.told), seed)


@dataclass(frozen=True)
class Member:
    """A network, and what its pixels are normalised with."""

    network: nn.Module
    normalisation: Normalisation


def build_model(
    name: str,
    experiment: Experiment,
    split: Split,
    seed: int,
    known: Normalisation | None = None,
    heads: Heads | None = None,
) -> Member:
    """One network: its weights from a file, else drawn from the seed and its name alone.

    It is normalised with what is `known`, what the setting says, else with what its weights
    were trained with, else with the statistics of what it sees of the run's data.
    """
    setting, spec = experiment.setting, experiment.setting.models[name]
    image = experiment.analysis.home_image(name)
    classes, channels = len(split.train.names), image[0] if image else split.train.channels
    span = setting.spans.get(name)
    made: nn.Module = seeded(
        seed, f"model {name}", lambda: build(spec.name, classes, channels=channels, span=span)
    )
    scale, anew = spec.normalisation, (heads or Heads(experiment)).of(name)
    if spec.weights not in WITHOUT_FILE:
        scale = load_weights(made, spec.weights, told=scale, anew=anew, span=span)
    wrong = tuple(wrong_channels(name, scale, channels, span))
    if wrong:
        raise RecipeError(*wrong)
    return Member(made, known or scale or normalisation_of(experiment, name, split))


def normalisation_of(experiment: Experiment, model: str, split: Split) -> Normalisation:
    """The statistics of what a model sees of the training data.

    Where that has the channels of the images, they are the images' own.
    """
    analysis = experiment.analysis
    view = analysis.homes[model]
    image = analysis.home_image(model)
    if image is None or image[0] == split.train.channels:
        return split.normalisation
    look = looker(analysis.views.steps, [view])

    def shown(pixels: Tensor) -> Tensor:
        return look(pixels, torch.arange(len(pixels), device=pixels.device))[view]

    return Normalisation(*statistics(split.train, shown))


def on_data(experiment: Experiment, split: Split) -> Experiment:
    """The experiment examined again where the data are not as the setting says."""
    world = _with_data(experiment, split)
    if world == experiment.world:
        return experiment
    analysis = analyse(experiment.recipe, world, experiment.setting.augment)
    return replace(experiment, world=analysis.world, analysis=analysis)


def _with_data(experiment: Experiment, split: Split) -> World:
    return replace(
        experiment.world,
        classes=len(split.train.names),
        counted=True,
        examples=len(split.train),
        tests=len(split.test),
        image=(split.train.channels, *split.train.size),
    )


def on_networks(
    experiment: Experiment, networks: Mapping[str, nn.Module], split: Split
) -> Experiment:
    """The experiment examined again, against real networks and real data.

    A model that only a pruned term looks at is not among the networks; its name stays known.
    """
    world = _with_data(experiment, split)
    titles = {name: spec.name for name, spec in experiment.setting.models.items()}
    seen = images_seen(experiment.recipe, world, experiment.setting.augment)
    live = {
        name: live_network(name, network, seen.get(name) or world.image or (), titles.get(name, ""))
        for name, network in networks.items()
    }
    world = replace(world, networks={**world.networks, **live})
    analysis = analyse(experiment.recipe, world, experiment.setting.augment)
    return replace(experiment, world=analysis.world, analysis=analysis)


def normalised(normalisations: Mapping[str, Normalisation]) -> dict[str, nn.Module]:
    """What makes each model's input of stored pixels, the last thing before the network."""
    return {name: Normalize(one.mean, one.std) for name, one in normalisations.items()}


def _looked_at(experiment: Experiment) -> set[str]:
    """The models that some stage's loss, or a metric, looks at.

    Those too of which only the real network can say how many maps or blocks it has.
    """
    analysis = experiment.analysis
    every = [built for _, built in analysis.stages]
    graphs = [lean(built.graph) for built in every]
    if analysis.metrics is not None:
        every.append(analysis.metrics)
        graphs.append(lean(analysis.metrics.graph, optimise=False))
    found = {
        str(graph.node(number).op.knob("model"))
        for graph in graphs
        for number in graph.dag
        if graph.node(number).op.name in {"run", "apply"}
    }
    asked = {name.partition(".")[0] for built in every for name in built.used if "." in name}
    return found | (asked & set(experiment.setting.models))
