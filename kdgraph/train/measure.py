"""The recipe's metrics on the test set: of all images at once, outside the training step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
import torch.distributed as dist
from torch import Tensor, nn

from kdgraph.compiler import NOTHING
from kdgraph.data.batches import batches
from kdgraph.data.images import Examples, Split
from kdgraph.experiment import Experiment
from kdgraph.graph.graph import LossGraph
from kdgraph.lower.assemble import assemble
from kdgraph.lower.step import Step
from kdgraph.memory.memory import recall
from kdgraph.passes import lean
from kdgraph.passes.part_rows import MEAN, PLACES, part_rows
from kdgraph.passes.stabilise import stabilise
from kdgraph.train.distributed import ALONE, World
from kdgraph.train.evaluate import needed
from kdgraph.train.feed import near
from kdgraph.views.program import run


@dataclass
class Collected:
    """What the batches of one process gave, to be put together."""

    images: int = 0
    values: dict[str, list[Tensor]] = field(default_factory=dict)

    def add(self, found: Mapping[str, Tensor], kinds: Mapping[str, str], images: int) -> None:
        """A batch more; a mean is weighed by its images, a place counted from the first image."""
        for name, value in found.items():
            part = value.double() * images if kinds[name] == MEAN else value
            part = part + self.images if kinds[name] == PLACES else part
            self.values.setdefault(name, []).append(part)
        self.images += images

    def joined(self, kinds: Mapping[str, str]) -> dict[str, Tensor]:
        """Everything that was collected here: sums, and rows one after the other."""
        return {
            name: torch.stack(parts).sum(0) if kinds[name] == MEAN else torch.cat(parts)
            for name, parts in self.values.items()
        }


@dataclass(frozen=True)
class Metrics:
    """Measures every metric of a recipe, with the modules that a step trains.

    Args:
        each: what is computed batch by batch; None where no metric looks at an image.
        whole: the metrics, of what `each` gives for all images.
        kinds: how the batches of each value between the two are put together.
    """

    each: Step | None
    whole: Step
    kinds: Mapping[str, str]
    step: Step
    examples: Examples
    experiment: Experiment
    batch: int
    device: torch.device
    world: World = ALONE

    @torch.no_grad()
    def __call__(self) -> dict[str, float]:
        """Each metric by name, on every rank the same, whatever the size of a batch.

        The time is that of the last step that was trained.
        """
        programs = [one for one in (self.each, self.whole) if one is not None]
        for program in programs:
            program.parts.load_state_dict(self.step.parts.state_dict(), strict=False)
            recall(program.memory, self.step.memory)
            program.clock(**self.step.program.clock.told)
        with _resting(self.step, *self.step.models.values(), *programs):
            found = self._collect(self.each) if self.each is not None else {}
            outputs = self.whole({}, None, None, **found).outputs
        return {name: float(value) for name, value in outputs.items()}

    def _collect(self, program: Step) -> dict[str, Tensor]:
        ranks, collected = self.world, Collected()
        shares = batches(
            torch.arange(len(self.examples)),
            batch=self.batch * ranks.size, least=0, rank=ranks.rank, world=ranks.size,
        )  # fmt: skip
        for part in self.examples.read(one for one in shares if len(one)):
            pixels = part.pixels.to(self.device)
            numbers = part.examples.to(self.device)
            views = run(
                needed(self.experiment.analysis.views.steps, *program.inputs), pixels, numbers,
                seed=0, stage=0, epoch=0, train=False,
            )  # fmt: skip
            found = program(views, part.labels.to(self.device), numbers).outputs
            collected.add(found, self.kinds, len(numbers))
        return self._of_all(collected)

    def _of_all(self, collected: Collected) -> dict[str, Tensor]:
        """The values of all ranks, and means at last."""
        own = {name: one.cpu() for name, one in collected.joined(self.kinds).items()}
        everyones: list[tuple[int, dict[str, Tensor]]] = [(collected.images, own)]
        if self.world.size > 1:
            everyones = everyones * self.world.size
            dist.all_gather_object(everyones, (collected.images, own))
        images = sum(count for count, _ in everyones)
        made: dict[str, Tensor] = {}
        for name, kind in self.kinds.items():
            parts, before = [], 0
            for count, values in everyones:
                if name in values:
                    parts.append(values[name] + before if kind == PLACES else values[name])
                before += count
            made[name] = torch.stack(parts).sum(0) / images if kind == MEAN else torch.cat(parts)
        kept = torch.float32 if self.device.type == "mps" else None
        return {
            name: one.to(self.device, kept if one.is_floating_point() else None)
            for name, one in made.items()
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
    *,
    precision: torch.dtype | None = None,
) -> Metrics | None:
    """The recipe's metrics, ready to be measured; None where it has none.

    `precision` is what networks compute in, as in training.
    """
    built = experiment.analysis.metrics
    if built is None or not built.graph.outputs:
        return None
    sample = next(iter(split.test.read([torch.arange(min(2, len(split.test)))]))).pixels
    grads = [(one, one.requires_grad) for net in networks.values() for one in net.parameters()]

    def made(graph: LossGraph) -> Step:
        measured = replace(experiment.world, trains=NOTHING)
        return assemble(graph, measured, networks, sample=sample.to(device), prepare=prepare)

    parted = part_rows(lean(stabilise(built.graph), optimise=False))
    each = None if parted.each is None else made(parted.each)
    whole = made(parted.whole)
    if each is not None:
        each.autocast.precision = precision
    for parameter, wanted in grads:
        parameter.requires_grad_(wanted)
    examples = near(split.test, device)
    return Metrics(each, whole, parted.kinds, step, examples, experiment, batch, device, world)


@contextmanager
def _resting(*modules: nn.Module) -> Iterator[None]:
    """Evaluation mode inside, and each part's own mode again after."""
    modes = [(one, one.training) for module in modules for one in module.modules()]
    for module in modules:
        module.eval()
    try:
        yield
    finally:
        for one, training in modes:
            one.training = training
