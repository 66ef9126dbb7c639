"""A network as the step sees it: pixels in, float32 taps out, one forward."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from kdgraph.lower.operations import cast


class Reader(nn.Module):
    """Prepares a batch, runs a network in its precision, and casts what its taps give.

    Autocast covers the network and nothing else; the values leave in float32, or in
    float64 where they are.

    Args:
        network: gives a tuple of taps.
        prepare: makes the network's input of the batch, such as its own normalisation.
    """

    def __init__(self, network: nn.Module, prepare: nn.Module | None = None) -> None:
        super().__init__()
        self.network = network
        self.prepare = prepare
        self.precision: torch.dtype | None = None

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """The values at the taps."""
        if self.prepare is not None:
            x = self.prepare(x)
        with self._autocast(x):
            values = self.network(x)
        return tuple(cast(value) for value in values)

    def _autocast(self, x: Tensor) -> AbstractContextManager[object]:
        if self.precision is None:
            return nullcontext()
        return torch.autocast(x.device.type, dtype=self.precision)
