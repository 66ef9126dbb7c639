"""Which stages the student has no part in, and which models they train.

The head of a teacher is trained in such a stage, and so is each assistant of a chain. What they
come to is the same whoever learns from them, so it is done once and kept.
"""

from __future__ import annotations

from kdgraph.compiler import stage_world
from kdgraph.experiment import Experiment
from kdgraph.graph.early import COMPUTED
from kdgraph.graph.graph import LossGraph
from kdgraph.graph.world import STUDENT
from kdgraph.lang.recipe import Stage
from kdgraph.passes import lean


def learners_of(experiment: Experiment) -> frozenset[str]:
    """The models that a run trains anew with each seed: the student, and who learns beside it."""
    found = frozenset({STUDENT})
    stages = [stage for stage, _ in experiment.analysis.stages]
    while True:
        more = {
            model
            for stage in stages
            if not is_ground(experiment, stage, found)
            for model in trained_in(experiment, stage)
        }
        if more <= found:
            return found
        found |= more


def assistants_of(experiment: Experiment, learners: frozenset[str]) -> frozenset[str]:
    """The models that only stages train which the learners have no part in."""
    stages = (stage for stage, _ in experiment.analysis.stages)
    trained = {model for stage in stages for model in trained_in(experiment, stage)}
    return frozenset(trained - learners)


def is_ground(experiment: Experiment, stage: Stage, learners: frozenset[str]) -> bool:
    """Whether nothing that the learners do can reach this stage, and it is not the last.

    A stage with memory or a table, with another mode for a model, or on condensed data is left
    alone: it changes more than the parts and the one model that it trains.
    """
    stages = experiment.analysis.stages
    graph = lean(experiment.analysis.built(stage.name).graph)
    plain = not (stage.mode or stage.compute or experiment.recipe.condense)
    ops = [graph.node(one).op for one in graph.dag]
    remembers = any(one.reads or one.writes or one.name == COMPUTED for one in ops)
    seen = looked_at(graph) | {name for name, _ in stage.trains}
    last = stages[-1][0] is stage
    alone = len(trained_in(experiment, stage)) <= 1
    return bool(stage.trains) and plain and alone and not (remembers or last or seen & learners)


def trained_in(experiment: Experiment, stage: Stage) -> tuple[str, ...]:
    """The models that a stage trains: the student first, if it is one of them."""
    world = stage_world(experiment.world, stage)
    models = (name for name in world.networks if world.trains_model(name))
    return tuple(sorted(models, key=lambda name: name != STUDENT))


def looked_at(graph: LossGraph) -> frozenset[str]:
    """The models that a lean graph runs, or applies a module of."""
    runs = (graph.node(one).op for one in graph.dag)
    return frozenset(str(op.knob("model")) for op in runs if op.name in {"run", "apply"})
