"""Stages that no learner takes part in: done once, and kept like a teacher's weights.

The head of a teacher is such a stage. Whatever student comes after, with whatever seed, meets
the same head; so it is trained with the first seed of a run, by one process, and found again
under a hash of everything that determines it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor, nn

from kdgraph.data.images import Split
from kdgraph.experiment import Experiment
from kdgraph.graph.graph import LossGraph
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.protocol import Training
from kdgraph.lang.recipe import Stage
from kdgraph.lower.step import Step
from kdgraph.normalisation import Normalisation
from kdgraph.passes import lean
from kdgraph.train import teacher
from kdgraph.train.distributed import World
from kdgraph.train.evaluate import needed
from kdgraph.train.events import Listener
from kdgraph.train.identity import facts_of
from kdgraph.train.stage import StageResult
from kdgraph.train.together import led


@dataclass(frozen=True)
class Groundwork:
    """Does such stages, or gets from the cache what they gave.

    Attributes:
        seed: of all of them: the first of the run.
        learners: the models that some stage trains.
        world: the processes; the first one trains, all have the result.
        say: told what is done, for a person.
        listen: who is told how the training of a stage goes, by the stage's name.
    """

    seed: int
    learners: frozenset[str]
    world: World
    say: Callable[[str], None]
    listen: Callable[[str], tuple[Listener, ...]]
    warn: Callable[[Diagnostic], None]
    waiting: Callable[[], None]

    def holds(self, experiment: Experiment, stage: Stage) -> bool:
        """Whether this stage is such a one."""
        return is_ground(experiment, stage, self.learners)

    def lay(
        self,
        stage: Stage,
        step: Step,
        facts: Mapping[str, object],
        train: Callable[[Path], StageResult],
    ) -> None:
        """Give the parts of a step what the stage makes of them."""

        def taught(parts: nn.Module, out: Path) -> StageResult:
            del parts  # they are the step's
            self.say(f"{stage.name}: trained once for all students, kept for the next time")
            return train(out)

        def keep() -> teacher.Kept:
            return teacher.trained(
                step.parts, facts, taught,
                about={"stage": stage.name}, warn=self.warn, waiting=self.waiting,
            )  # fmt: skip

        if not led(self.world, step.parts, keep).fresh:
            self.say(f"{stage.name}: from the cache")


def is_ground(experiment: Experiment, stage: Stage, learners: frozenset[str]) -> bool:
    """Whether nothing that the learners do can reach this stage, and it is not the last.

    A stage with memory, with another mode for a model, or on condensed data is left alone:
    it changes more than the parts it trains.
    """
    stages = experiment.analysis.stages
    graph = lean(experiment.analysis.built(stage.name).graph)
    plain = not (stage.mode or stage.compute or experiment.recipe.condense)
    remembers = any(graph.node(one).op.reads or graph.node(one).op.writes for one in graph.dag)
    seen = looked_at(graph) | {name for name, _ in stage.trains}
    last = stages[-1][0] is stage
    return bool(stage.trains) and plain and not (remembers or last or seen & learners)


def looked_at(graph: LossGraph) -> frozenset[str]:
    """The models that a lean graph runs, or applies a module of."""
    runs = (graph.node(one).op for one in graph.dag)
    return frozenset(str(op.knob("model")) for op in runs if op.name in {"run", "apply"})


def ground_facts(
    experiment: Experiment,
    step: Step,
    networks: Mapping[str, nn.Module],
    normalisations: Mapping[str, Normalisation],
    split: Split,
    training: Training,
    *,
    number: int,
    seed: int,
) -> dict[str, object]:
    """Everything that determines what a stage gives."""
    models = {name: networks[name] for name in sorted(looked_at(step.graph))}
    device = next(step.parameters()).device
    steps = experiment.analysis.views.steps
    views = {name: needed(steps, name) for name in step.inputs}
    return {
        **facts_of(experiment, models, normalisations, split, training, device),
        "set of views": {name: [asdict(one) for one in made] for name, made in views.items()},
        "graph": step.digest,
        "start": digest(step.parts.state_dict()),
        "weights": {name: digest(one.state_dict()) for name, one in models.items()},
        "training": asdict(training),
        "stage": number,
        "seed": seed,
    }


def digest(tensors: Mapping[str, Tensor]) -> str:
    """A hash of names, types and numbers."""
    summed = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        one = tensor.detach().cpu().contiguous()
        summed.update(repr((name, one.dtype, tuple(one.shape))).encode())
        summed.update(one.numpy().tobytes())
    return summed.hexdigest()[:16]
