"""The networks of an experiment, built, with the weights that lie in files."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace

from torch import nn

from kdgraph.compiler import analyse, stage_world
from kdgraph.data.images import Split
from kdgraph.data.load import load
from kdgraph.experiment import Experiment
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.normalisation import wrong_channels
from kdgraph.lang.setting import ModelSpec, Setting
from kdgraph.lower.live import live_network
from kdgraph.lower.parts import seeded
from kdgraph.models.build import build
from kdgraph.models.weights import load_weights
from kdgraph.normalisation import Normalisation
from kdgraph.passes import lean
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
    """

    experiment: Experiment
    split: Split
    networks: Mapping[str, nn.Module]
    normalisations: Mapping[str, Normalisation]

    @property
    def teachers(self) -> list[str]:
        """The models that no stage trains."""
        return [name for name in self.networks if name not in self.learners]

    @property
    def learners(self) -> list[str]:
        """The models that some stage trains: the student, and the assistants of a chain."""
        stages = self.experiment.analysis.stages
        worlds = [stage_world(self.experiment.world, stage) for stage, _ in stages]
        return [
            name
            for name in self.networks
            if name == STUDENT or any(world.trains_model(name) for world in worlds)
        ]

    @property
    def followers(self) -> list[str]:
        """The teachers whose buffers some stage moves: `mode: {teacher: train}`."""
        stages = self.experiment.analysis.stages
        worlds = [stage_world(self.experiment.world, stage) for stage, _ in stages]
        return [name for name in self.teachers if any(world.follows(name) for world in worlds)]

    def anew(self, seed: int) -> dict[str, nn.Module]:
        """The teachers, which every seed shares, and learners as this seed draws them.

        A teacher that runs in train mode is a copy, so that every seed has it as it was taught.
        """
        setting = self.experiment.setting
        fresh = {
            name: build_model(name, setting.models[name], setting, self.split, seed).network
            for name in self.learners
        }
        copies = {name: deepcopy(self.networks[name]) for name in self.followers}
        return {**self.networks, **copies, **fresh}


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
    setting, wanted = experiment.setting, {*_looked_at(experiment), STUDENT}
    members: dict[str, Member] = {}
    mistakes: list[Diagnostic] = []
    for name, spec in setting.models.items():
        if name not in wanted:
            continue
        try:
            members[name] = build_model(name, spec, setting, split, seed)
        except RecipeError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise RecipeError(*mistakes)
    networks = {name: member.network for name, member in members.items()}
    told = on_networks(experiment, networks, split)
    if told.errors:
        raise RecipeError(*told.errors)
    scales = {name: member.normalisation for name, member in members.items()}
    return Cast(told, split, networks, scales)


@dataclass(frozen=True)
class Member:
    """A network, and what its pixels are normalised with."""

    network: nn.Module
    normalisation: Normalisation


def build_model(name: str, spec: ModelSpec, setting: Setting, split: Split, seed: int) -> Member:
    """One network: its weights from a file, else drawn from the seed and its name alone.

    It is normalised with what the setting says, else with what its weights were trained
    with, else with the statistics of the run's data.
    """
    classes, channels = len(split.train.names), split.train.channels
    span = setting.spans.get(name)
    made: nn.Module = seeded(
        seed, f"model {name}", lambda: build(spec.name, classes, channels=channels, span=span)
    )
    scale = spec.normalisation
    if spec.weights not in WITHOUT_FILE:
        scale = load_weights(made, spec.weights, told=scale, span=span)
    wrong = tuple(wrong_channels(name, scale, channels, span))
    if wrong:
        raise RecipeError(*wrong)
    return Member(made, scale or split.normalisation)


def on_networks(
    experiment: Experiment, networks: Mapping[str, nn.Module], split: Split
) -> Experiment:
    """The experiment examined again, against real networks and real data.

    A model that only a pruned term looks at is not among the networks; its name stays known.
    """
    image = (split.train.channels, *split.train.size)
    titles = {name: spec.name for name, spec in experiment.setting.models.items()}
    live = {
        name: live_network(name, network, image, titles.get(name, ""))
        for name, network in networks.items()
    }
    world = replace(
        experiment.world,
        networks={**experiment.world.networks, **live},
        classes=len(split.train.names),
        counted=True,
        examples=len(split.train),
        tests=len(split.test),
        image=image,
    )
    analysis = analyse(experiment.recipe, world, experiment.setting.augment)
    return replace(experiment, world=analysis.world, analysis=analysis)


def normalised(normalisations: Mapping[str, Normalisation]) -> dict[str, nn.Module]:
    """What makes each model's input of stored pixels, the last thing before the network."""
    return {name: Normalize(one.mean, one.std) for name, one in normalisations.items()}


def _looked_at(experiment: Experiment) -> set[str]:
    """The models that some stage's loss, or a metric, looks at."""
    analysis = experiment.analysis
    graphs = [lean(built.graph) for _, built in analysis.stages]
    if analysis.metrics is not None:
        graphs.append(lean(analysis.metrics.graph, optimise=False))
    return {
        str(graph.node(number).op.knob("model"))
        for graph in graphs
        for number in graph.dag
        if graph.node(number).op.name in {"run", "apply"}
    }
