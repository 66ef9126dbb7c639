"""A network that is run with the average of its weights over time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from kdgraph.lower.frozen import Frozen
from kdgraph.lower.mode import run_in
from kdgraph.lower.tapped import Tapped
from kdgraph.memory.ema import tensors_of


class Averaged(nn.Module):
    """Gives the values at a network's taps, with weights that memory holds in place of its own.

    The network itself is neither a submodule nor changed: its modules run in eval mode for the
    time of this forward, on the tensors that they are given. No gradient goes to these.

    Args:
        network: whose weights are remembered.
        paths: of the taps.
        through: let gradients pass through to the image.
    """

    def __init__(self, network: nn.Module, paths: Sequence[str], *, through: bool) -> None:
        super().__init__()
        self.frozen = Frozen(Tapped(network, paths), through=through)
        self.names = tuple(f"network.{name}" for name in tensors_of(network))

    def forward(self, x: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The values at the taps, in order."""
        with torch.set_grad_enabled(self.frozen.through and torch.is_grad_enabled()):
            found: tuple[Tensor, ...] = run_in(
                self.frozen.flags, self._run, (x, weights), training=False
            )
        return found

    def _run(self, x: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
        named = dict(zip(self.names, weights, strict=True))
        found: tuple[Tensor, ...] = functional_call(self.frozen.module, named, (x,))
        return found
