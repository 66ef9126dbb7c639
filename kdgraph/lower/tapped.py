"""A network that hands out the values at its taps, and otherwise runs as it always does."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kdgraph.lower.catch import Catch, Hooks
from kdgraph.lower.probe import overwritten
from kdgraph.lower.tap import Tap, resolve


class Tapped(nn.Module):
    """Runs `network` unchanged and returns the values at its taps, in order.

    Nothing is traced: dropout, drop-path and train or eval mode live on, and the network's
    parameters keep their names under `network`. The hooks are there while it runs and at no other
    time; several of these may share a network.

    A value that a later in-place operation writes over is copied at the tap. Which ones those are
    is found by running a stand-in for the sample; without a sample every tap is copied.

    Args:
        network: any module of one tensor.
        taps: paths such as "", "layer3.1.bn2", "fc.input".
        sample: a batch as the network will see it; only its shape and dtype are used.
        leave: end the forward when the last tap has its value. For networks without gradient.
    """

    def __init__(
        self,
        network: nn.Module,
        taps: Sequence[str | Tap],
        *,
        sample: Tensor | None = None,
        leave: bool = False,
    ) -> None:
        super().__init__()
        self.network = network
        self.taps = tuple(resolve(network, tap) for tap in taps)
        clone: Sequence[bool] = (True,) * len(self.taps)
        if sample is not None:
            clone = overwritten(network, self.taps, sample)
        self.catch = Catch(network, self.taps, clone=clone, leave=leave)
        self.hooks = Hooks(network, self.catch)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """The values at the taps for a batch."""
        if torch.compiler.is_compiling():
            self.hooks.stand()
            return self.catch.run(self.network, x)
        with self.hooks:
            return self.catch.run(self.network, x)
