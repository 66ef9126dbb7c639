"""The mode that a stage wants of a model, whatever flags the model's own modules carry.

The flags belong to whoever owns the model: another step may train what this one holds frozen.
So they are set for the time of a forward, and are as before after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, Self

from torch import nn

Mode = Literal["train", "eval"]


def run_in(
    modules: Sequence[nn.Module],
    forward: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    training: bool,
) -> Any:  # noqa: ANN401 - whatever the forward gives
    """What a forward gives with all these modules in one mode.

    In a compiled step the flags are guards, and setting them costs nothing where they are right.
    """
    wrong = [one for one in modules if one.training is not training]
    for one in wrong:
        one.training = training
    try:
        return forward(*inputs)
    finally:
        for one in wrong:
            one.training = not training


@contextmanager
def in_mode(network: nn.Module, *, training: bool) -> Iterator[None]:
    """All modules of a network in one mode inside, and each in its own again after."""
    wrong = [one for one in network.modules() if one.training is not training]
    for one in wrong:
        one.training = training
    try:
        yield
    finally:
        for one in wrong:
            one.training = not training


class Resting(nn.Module):
    """Runs a network that learns in eval mode: `mode: {student: eval}`.

    Batch norm uses the statistics it has and dropout drops nothing. `train()` does not get to the
    network, whose flags stay its owner's.

    Args:
        module: a network with its taps.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.flags = tuple(module.modules())
        self.training = False

    def forward(self, *inputs: Any) -> Any:  # noqa: ANN401 - whatever the module takes and gives
        """What the module gives."""
        return run_in(self.flags, self.module, inputs, training=False)

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002, FBT001, FBT002 - nn.Module's own
        """Stay in eval mode."""
        return self
