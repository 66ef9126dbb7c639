"""The recipe's metrics on the test set: averaged over examples, outside the training step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from kdgraph.compiler import NOTHING
from kdgraph.data.batches import batches
from kdgraph.data.images import Examples, Split
from kdgraph.experiment import Experiment
from kdgraph.lower.assemble import assemble
from kdgraph.lower.step import Step
from kdgraph.passes import lean
from kdgraph.train.distributed import ALONE, World
from kdgraph.train.feed import near
from kdgraph.views.program import run


@dataclass(frozen=True)
class Metrics:
    """Measures every metric of a recipe, with the modules that a step trains.

    A metric is a number for a batch; its mean over the test set weighs each batch by its
    examples.
    """

    program: Step
    step: Step
    examples: Examples
    experiment: Experiment
    batch: int
    device: torch.device
    world: World = ALONE

    @torch.no_grad()
    def __call__(self) -> dict[str, float]:
        """Each metric by name, on every rank the same."""
        self.program.parts.load_state_dict(self.step.parts.state_dict(), strict=False)
        modes = [(module, module.training) for module in self.step.modules()]
        self.program.eval()
        for network in self.step.models.values():
            network.eval()
        numbers = torch.arange(len(self.examples))
        ranks = self.world
        shares = batches(
            numbers, batch=self.batch * ranks.size, least=0, rank=ranks.rank, world=ranks.size
        )
        sums = {name: torch.zeros((), device=self.device) for name in self.program.graph.outputs}
        for part in self.examples.read(one for one in shares if len(one)):
            pixels = part.pixels.to(self.device)
            rows = part.examples.to(self.device)
            views = run(
                self.experiment.analysis.views.steps, pixels, rows,
                seed=0, stage=0, epoch=0, train=False,
            )  # fmt: skip
            labels = part.labels.to(self.device)
            found: Mapping[str, Tensor] = self.program(views, labels, rows).outputs
            for name, value in found.items():
                sums[name] += value * len(rows)
        for module, training in modes:
            module.training = training
        return {
            name: ranks.total(value).item() / max(1, len(self.examples))
            for name, value in sums.items()
        }


def metrics_of(
    experiment: Experiment,
    step: Step,
    networks: Mapping[str, nn.Module],
    prepare: Mapping[str, nn.Module],
    split: Split,
    batch: int,
    device: torch.device,
    world: World = ALONE,
) -> Metrics | None:
    """The recipe's metrics, ready to be measured; None where it has none."""
    built = experiment.analysis.metrics
    if built is None or not built.graph.outputs:
        return None
    sample = next(iter(split.test.read([torch.arange(min(2, len(split.test)))]))).pixels
    grads = [(one, one.requires_grad) for net in networks.values() for one in net.parameters()]
    program = assemble(
        lean(built.graph, optimise=False),
        replace(experiment.world, trains=NOTHING),
        networks,
        sample=sample.to(device),
        prepare=prepare,
    )
    for parameter, wanted in grads:
        parameter.requires_grad_(wanted)
    return Metrics(program, step, near(split.test, device), experiment, batch, device, world)
