"""Which run is which: everything that decides what it comes to, and what it shares with others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch

from kdgraph.lower.assemble import digest_of
from kdgraph.passes import lean
from kdgraph.train import teacher
from kdgraph.train.cast import STUDENT, Cast
from kdgraph.train.ground import is_ground
from kdgraph.train.groundwork import digest
from kdgraph.train.identity import facts_of
from kdgraph.train.lesson import teachers_lesson

SHORT = 8


@dataclass(frozen=True)
class Identity:
    """What a recipe's runs are known by; the seed of a student comes beside it.

    Attributes:
        facts: everything that decides them, for a person to look up.
        shares: names of what its runs train once for all: teachers, and groundwork. Runs with
            such a name in common must not both begin without it.
    """

    facts: Mapping[str, object]
    shares: frozenset[str]

    @property
    def key(self) -> str:
        """A short name, another one for other facts."""
        return teacher.key(self.facts)[:SHORT]


def identity(made: Cast, values: Mapping[str, object], seed: int, device: torch.device) -> Identity:
    """What decides the runs of a recipe.

    Args:
        made: the recipe with its data and its networks.
        values: the `--set` pairs of the recipe.
        seed: of teachers and groundwork.
        device: where it is trained; another kind of device is another run, for its seconds.
    """
    experiment, learners = made.experiment, frozenset(made.learners)
    stages, shares = [], set()
    for stage, built in experiment.analysis.stages:
        training, graph = experiment.training(stage), lean(built.graph)
        named = digest_of(graph)
        stages.append({
            "name": stage.name,
            "graph": named,
            "training": asdict(training),
            "condensing": str(experiment.condensing(stage)),
            "trains": str(stage.trains),
            "mode": str(stage.mode),
            **facts_of(
                experiment, made.networks, made.normalisations, made.split, training, device, graph
            ),
        })  # fmt: skip
        if is_ground(experiment, stage, learners):
            shares.add(f"groundwork {named}")
    models: dict[str, object] = {}
    for name, network in made.networks.items():
        spec = experiment.setting.models[name]
        told = {"network": spec.name, "trained": name in learners}
        if spec.start is not None:
            told["start"] = spec.start.model_dump(mode="json")
        if spec.weights == "train":
            lesson = teachers_lesson(experiment, values, name, network, made.split)
            taught = lesson.facts(name, spec, seed, device)
            models[name] = told | {"taught": taught}
            if name != STUDENT:
                shares.add(f"weights {teacher.key(taught)}")
        else:
            models[name] = told | {"weights": digest(network.state_dict())}
    metrics = experiment.analysis.metrics
    facts = {
        "setting": experiment.setting.name,
        "device": device.type,
        "ground": seed,
        "stages": stages,
        "models": models,
        "metrics": "" if metrics is None else str(lean(metrics.graph, optimise=False)),
    }
    return Identity(facts, frozenset(shares))
