"""A network cut after its deepest tap, so that a teacher computes no more than is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import torch
from torch import Tensor, nn

from kdgraph.lower.prune import pruned
from kdgraph.lower.stand_in import FAULTS, first_line, untouched
from kdgraph.lower.tap import Tap, resolve
from kdgraph.lower.tapped import Tapped


class Cut(nn.Module):
    """The part of a network that its taps need; gives their values, in order.

    Args:
        body: the traced part, or the whole network with hooks.
        how: "fx" if the rest was cut off, "hooks" if the forward is left early instead.
        reason: why it is hooks.
        kept: the share of the network's parameters that `body` holds.
    """

    def __init__(
        self, body: nn.Module, how: Literal["fx", "hooks"], *, reason: str = "", kept: float = 1.0
    ) -> None:
        super().__init__()
        self.body = body
        self.how = how
        self.reason = reason
        self.kept = kept
        self.training = body.training

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """The values at the taps for a batch."""
        values: tuple[Tensor, ...] = self.body(x)
        return values

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 - nn.Module's own signature
        """Change the mode; what was traced in eval mode stays in it."""
        if mode and self.how == "fx":
            msg = "a network cut in eval mode cannot train: put it into a `Frozen`"
            raise RuntimeError(msg)
        return super().train(mode)


def cut(network: nn.Module, taps: Sequence[str | Tap], sample: Tensor) -> Cut:
    """Keep what the taps need, by tracing in eval mode, else by hooks that leave the forward early.

    Parameters and modules are shared with `network`, which is not changed. What was traced is run
    on two rows of the sample and given up unless it equals the network.

    Args:
        network: the network, in the mode in which it will run.
        taps: paths such as "layer3", "fc.input".
        sample: a batch as the network will see it, on its device.

    Raises:
        RecipeError: if a path names no module, or a tap gives no tensor.
    """
    places = tuple(resolve(network, tap) for tap in taps)
    if any(module.training for module in network.modules()):
        hooked = Tapped(network, places, sample=sample)
        return Cut(hooked, "hooks", reason="the network runs in train mode")
    rows = sample[:2]
    with torch.no_grad():
        expected = Tapped(network, places)(rows)
        try:
            with untouched(network):
                body = pruned(network, places, rows)
            if _equal(body(rows), expected):
                return Cut(body, "fx", kept=_size(body) / max(_size(network), 1))
            reason = "the traced part gives other values than the network"
        except FAULTS as fault:
            reason = f"{type(fault).__name__}: {first_line(fault)}"
    return Cut(Tapped(network, places, sample=sample, leave=True), "hooks", reason=reason)


def _equal(found: Sequence[Tensor], expected: Sequence[Tensor]) -> bool:
    """Equal up to what a GPU's choice of kernel may change; on the meta device, of one shape."""
    return all(
        one.shape == other.shape
        and one.dtype == other.dtype
        and (one.is_meta or torch.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True))
        for one, other in zip(found, expected, strict=True)
    )


def _size(network: nn.Module) -> int:
    return sum(one.numel() for one in network.parameters())
