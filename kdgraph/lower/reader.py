"""A network as the step sees it: pixels in, taps in the loss's precision out, one forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor, nn

from kdgraph.lower.suited import Autocast, cast, computes_in, raised


class Reader(nn.Module):
    """Prepares a batch, runs a network in its precision, and casts what its taps give.

    Autocast covers the network and nothing else. The batch goes in as the network's parameters
    are, so that a teacher may be in bfloat16; the values leave as the loss computes, or in
    float64 where they are.

    Args:
        network: gives a tuple of taps.
        dtype: what the loss computes in.
        autocast: of the networks.
        sample: a batch as the network will see it; one without parameters is given its precision.
        prepare: makes the network's input of the batch, such as its own normalisation.
    """

    def __init__(
        self,
        network: nn.Module,
        dtype: torch.dtype,
        autocast: Autocast,
        sample: Tensor,
        prepare: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.dtype = dtype
        self.autocast = autocast
        self.prepare = prepare
        self.given = sample.dtype if sample.is_floating_point() else None
        self.takes = computes_in(network) or self.given

    def forward(self, x: Tensor, *weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The values at the taps."""
        if self.prepare is not None:
            x = self.prepare(x)
        with self.autocast.entered(x.device):
            values = self.network(cast(x, self.takes), *weights)
        return tuple(raised(value, self.dtype) for value in values)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:  # noqa: FBT001, FBT002 - nn.Module's own signature
        """Know the network's precision after it changed."""
        super()._apply(fn, recurse)
        self.takes = computes_in(self.network) or self.given
        return self
