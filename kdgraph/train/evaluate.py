"""How often a network is right on a test set: counted on the device, fetched once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from kdgraph.data.batches import batches
from kdgraph.data.images import Examples
from kdgraph.lower.frozen import Frozen
from kdgraph.train.distributed import ALONE, World
from kdgraph.views.program import run
from kdgraph.viewstep import ViewStep, share_of

Look = Callable[[Tensor, Tensor], Mapping[str, Tensor]]
"""pixels and example numbers → views, in their deterministic form"""


@torch.no_grad()
def accuracy(
    network: nn.Module,
    examples: Examples,
    look: Look,
    *,
    batch: int,
    device: torch.device,
    autocast: torch.dtype | None = None,
    view: str = "x",
    world: World = ALONE,
) -> float:
    """The share of the examples that the network puts into their class.

    The network is in evaluation mode meanwhile and left in the mode it had.

    Args:
        network: gives logits (b, classes).
        examples: the test set.
        look: makes the views of a batch.
        batch: examples of one step, on each rank.
        device: where the network is.
        autocast: what the network computes in, as in training.
        view: what the network sees.
        world: each rank looks at its share; all give the same answer.
    """
    world.follow(network)
    numbers = torch.arange(len(examples))
    shares = batches(numbers, batch=batch * world.size, least=0, rank=world.rank, world=world.size)
    right = torch.zeros((), dtype=torch.int64, device=device)
    with resting(network), casting(device, autocast):
        for part in examples.read(one for one in shares if len(one)):
            pixels = part.pixels.to(device, non_blocking=True)
            labels = part.labels.to(device, non_blocking=True)
            logits = network(look(pixels, part.examples.to(device, non_blocking=True))[view])
            right += (logits.argmax(dim=-1) == labels).sum()
    return world.total(right).item() / max(1, len(examples))


def measured(
    step: nn.Module,
    world: World,
    first: Callable[[], Mapping[str, float]],
    also: Callable[[], Mapping[str, float]],
) -> Mapping[str, float]:
    """What is measured after an epoch; of a teacher in train mode, with rank 0's buffers."""
    for one in step.modules():
        if isinstance(one, Frozen) and one.mode == "train":
            world.follow(one.module)
    return {**first(), **also()}


def looker(steps: Sequence[ViewStep], views: Iterable[str], stage: int = 0) -> Look:
    """What makes these views in their deterministic form."""
    seen = needed(steps, *views)

    def look(pixels: Tensor, examples: Tensor) -> Mapping[str, Tensor]:
        return run(seen, pixels, examples, seed=0, stage=stage, epoch=0, train=False)

    return look


def needed(steps: Sequence[ViewStep], *views: str) -> list[ViewStep]:
    """The steps that these views are made by, in their order."""
    wanted, kept = set(views), []
    for step in reversed(steps):
        if step.name in wanted or share_of(step.name) in wanted:
            wanted.update(step.inputs)
            kept.append(step)
    return kept[::-1]


@contextmanager
def resting(network: nn.Module) -> Iterator[None]:
    """Evaluation mode inside, and each part's own mode again after."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def casting(device: torch.device, dtype: torch.dtype | None) -> torch.autocast:
    """Networks compute in this type inside; `None` is the type they have."""
    return torch.autocast(device.type, dtype=dtype, enabled=dtype is not None)
