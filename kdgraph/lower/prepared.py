"""A network with what makes its input of the stored pixels: for evaluation."""

from __future__ import annotations

from torch import Tensor, nn


class Prepared(nn.Module):
    """Normalises a batch as this network expects it, then runs the network."""

    def __init__(self, prepare: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.prepare = prepare
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """The logits of stored pixels."""
        logits: Tensor = self.network(self.prepare(x))
        return logits
