"""A model whose weights are for other classes: whether its head may start anew, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from kdgraph.compiler import stage_world
from kdgraph.experiment import Experiment
from kdgraph.lang.errors.weights import NewHead, WeightsOfOtherClasses
from kdgraph.models.weights import Head
from kdgraph.passes import lean

LOGITS = "logits"


@dataclass
class Heads:
    """The heads that started anew, as warnings, in the order in which models were built."""

    experiment: Experiment
    told: list[NewHead] = field(default_factory=list)

    def teaching(self, experiment: Experiment) -> Iterator[WeightsOfOtherClasses]:
        """Those that a loss looks at after all, where only the real networks could tell."""
        for one in self.told:
            if not (is_trained(experiment, one.model) or is_idle(experiment, one.model, one.layer)):
                yield WeightsOfOtherClasses(
                    path=one.path,
                    name=f"{one.layer}.weight",
                    found=one.found,
                    classes=one.classes,
                    span=one.span,
                )

    def of(self, model: str) -> Callable[[Head], bool]:
        """What says of this model's head whether it may stay as it was built."""

        def anew(head: Head) -> bool:
            if not (
                is_trained(self.experiment, model) or is_idle(self.experiment, model, head.layer)
            ):
                return False
            setting = self.experiment.setting
            self.told.append(
                NewHead(
                    model=model,
                    layer=head.layer,
                    path=setting.models[model].weights,
                    found=head.found,
                    classes=head.classes,
                    span=setting.spans.get(model),
                )
            )
            return True

        return anew


def is_trained(experiment: Experiment, model: str) -> bool:
    """Whether some stage trains a model."""
    worlds = (stage_world(experiment.world, stage) for stage, _ in experiment.analysis.stages)
    return any(world.trains_model(model) for world in worlds)


def is_idle(experiment: Experiment, model: str, layer: str) -> bool:
    """Whether no loss and no metric looks at what a model's head gives."""
    analysis = experiment.analysis
    graphs = [lean(built.graph) for _, built in analysis.stages]
    if analysis.metrics is not None:
        graphs.append(lean(analysis.metrics.graph, optimise=False))
    seen: list[str] = []
    for graph in graphs:
        for number in graph.dag:
            op = graph.node(number).op
            if op.name in {"run", "apply"} and op.knob("model") == model:
                taps = op.knob("taps") if op.name == "run" else (op.knob("path"),)
                assert isinstance(taps, tuple)
                seen += map(str, taps)
    return not any(one == LOGITS or _holds(one, layer) for one in seen)


def _holds(tap: str, layer: str) -> bool:
    """Whether a layer is in what a tap gives: its own output, or that of a module around it.

    >>> _holds("head", "head.fc"), _holds("head.fc.input", "head.fc"), _holds("maps[0]", "fc")
    (True, False, False)
    """
    return f"{layer}.".startswith(f"{tap}.")
