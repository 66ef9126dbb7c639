"""Whether what a stage keeps is finite: flags on the device, and names once a run has failed.

A loss can stay finite while what training leaves behind does not: batch norm divides by a
variance that overflows, and the last update of an epoch has no loss after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from kdgraph.lower.step import Step
from kdgraph.train.snapshot import Snapshot


@dataclass
class Watch:
    """Looks at all tensors that a stage changes; nothing here waits once training has begun.

    A tensor that is not finite when training begins is not watched: the mask of a causal
    attention is −∞ by design, and the range that an observer has seen begins at ±∞.

    Args:
        step: in the modes that it is trained in.
        snapshot: what a checkpoint holds.
    """

    step: Step
    snapshot: Snapshot
    statistics: list[Tensor] = field(init=False)
    infinite: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        """Find what is not finite by design, and the buffers that a forward changes by itself."""
        self.infinite = frozenset(self._not_finite())
        place = self.snapshot.trained[0].parameter.device
        zero = torch.zeros((), device=place)  # where there are none, and where the first one is
        self.statistics = [zero, *(one for name, one in self._buffers() if self._counts(name))]

    def largest_statistic(self) -> Tensor:
        """The largest absolute value among the buffers that a forward changes."""
        return _largest(self.statistics)

    def is_whole(self) -> Tensor:
        """Whether weights, buffers, memory and the optimiser's state are all finite."""
        live = self.snapshot.live().items()
        return _largest([one for name, one in live if self._counts(name)]).isfinite()

    def culprit(self) -> str:
        """The first of them that is not finite; empty if all are, as on another rank."""
        return next(filter(self._counts, self._not_finite()), "")

    def _counts(self, name: str) -> bool:
        return name not in self.infinite

    def _not_finite(self) -> Iterator[str]:
        named = {**dict(self._buffers()), **self.snapshot.live()}
        return (name for name, one in named.items() if not one.isfinite().all())

    def _buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Those of modules in train mode, by the names that people call them."""
        for model, network in self.step.models.items():
            for path, module in network.named_modules():
                for name, one in module.named_buffers(recurse=False):
                    if module.training and one.is_floating_point():
                        inside = f"{path}.{name}".removeprefix("network.")
                        yield f"{model}.{inside}", one


def _largest(tensors: list[Tensor]) -> Tensor:
    """The largest absolute value; not a number where one of them is not."""
    with torch.no_grad():
        return get_total_norm([one for one in tensors if one.is_floating_point()], math.inf)
