"""A network that is run with the average of its weights over time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from kdgraph.lower.frozen import Frozen, needs_gradient
from kdgraph.lower.mode import run_in
from kdgraph.lower.tapped import Tapped
from kdgraph.memory.ema import tensors_of


class Averaged(nn.Module):
    """Gives the values at a network's taps, with weights that memory holds in place of its own.

    The network itself is neither a submodule nor changed: its modules run in eval mode for the
    time of this forward, on the tensors that they are given. No gradient goes to these, but one
    goes through to an image that needs it.

    Args:
        network: whose weights are remembered.
        paths: of the taps.
    """

    def __init__(self, network: nn.Module, paths: Sequence[str]) -> None:
        super().__init__()
        self.frozen = Frozen(Tapped(network, paths))
        self.names = tuple(f"network.{name}" for name in tensors_of(network))

    def forward(self, x: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The values at the taps, in order."""
        with torch.set_grad_enabled(needs_gradient(x)):
            found: tuple[Tensor, ...] = run_in(
                self.frozen.flags, self._run, (x, weights), training=False
            )
        return found

    def _run(self, x: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
        named = dict(zip(self.names, weights, strict=True))
        found: tuple[Tensor, ...] = functional_call(self.frozen.module, named, (x,))
        return found
