"""The first value a training step has, kept from then on."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from kdgraph.knobs import Share
from kdgraph.memory.bank import same_shape
from kdgraph.memory.memory import Memory, Shape, memory, put
from kdgraph.sorts import Values


class Once(Memory):
    """A value, and whether there was one yet."""

    value: Tensor
    known: Tensor

    def __init__(self, shape: Shape, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("value", torch.zeros(shape))
        self.register_buffer("known", torch.zeros((), dtype=torch.bool))

    def forward(self, v: Tensor) -> Tensor:
        """What is kept; in the first training step that step's own value."""
        return torch.where(self.known, self.value, v.detach())

    def write(self, values: Mapping[str, Tensor], finite: Tensor | None = None) -> None:
        """Keep the first value; with a momentum below 1, follow those after it."""
        new = values["v"].to(self.value.dtype)
        moved = self.momentum * self.value + (1 - self.momentum) * new
        put(self.value, torch.where(self.known, moved, new), finite)
        put(self.known, torch.ones_like(self.known), finite)

    def start(self, value: Tensor) -> None:
        """Begin with this value, as if a step had had it."""
        self.value.copy_(same_shape(value, self.value))
        self.known.fill_(value=True)


@memory(through=True, sort="same")
def once(v: Values[Shape, "..."], *, momentum: Share = 1.0) -> Values[nn.Module, "..."]:
    r"""The value of the first training step, detached, ever after.

    $$ o \leftarrow v_0, \qquad o \leftarrow m\,o + (1 - m)\,v $$

    The first step sees its own value. At $m = 1$ it never changes again, as with the
    normaliser of contrastive distillation; below, it is a moving average.

    Args:
        v: a number, or a value whose shape does not depend on the batch.
        momentum: $m$, the weight of what is kept.

    Shapes:
        any without rows → the same.

    Units:
        those of `v`.

    Errors:
        a value with one row for each image is refused: take its mean first.

    Source:
        the constant Z of Wu, Xiong, Yu, Lin, 2018. arXiv:1805.01978, section 3.2.
    """
    return Once(v, momentum)
