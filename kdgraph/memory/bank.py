"""A row for each training example, which follows what the network says of it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.knobs import Share
from kdgraph.memory.last import last_of_each
from kdgraph.memory.memory import Memory, Shape, memory
from kdgraph.sorts import Embedding, Table


class Bank(Memory):
    """The rows, and how slowly they follow."""

    rows: Tensor

    def __init__(self, examples: int, width: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        bound = (3 / width) ** 0.5
        self.register_buffer("rows", torch.empty(examples, width).uniform_(-bound, bound))

    def forward(self) -> Tensor:
        """The whole table, as it was before the step."""
        return self.rows

    def write(self, values: Mapping[str, Tensor], finite: Tensor | None = None) -> None:
        """Move the rows of the batch's examples."""
        new, at = values["v"].to(self.rows.dtype), values["i"]
        old = self.rows[at]
        moved = F.normalize(self.momentum * old + (1 - self.momentum) * new, dim=-1)
        if finite is not None:
            moved = torch.where(finite, moved, old)
        self.rows[at] = moved[last_of_each(at)]

    def start(self, value: Tensor) -> None:
        """Begin with these rows."""
        self.rows.copy_(same_shape(value, self.rows))


def same_shape(value: Tensor, wanted: Tensor) -> Tensor:
    """A start for a memory; `copy_` alone would broadcast one of another shape."""
    if value.shape != wanted.shape:
        msg = f"this memory starts with {tuple(wanted.shape)}, not with {tuple(value.shape)}"
        raise ValueError(msg)
    return value


@memory(indexed=True)
def bank(
    v: Embedding[Shape, "b d"], examples: int, *, momentum: Share = 0.5
) -> Table[nn.Module, "examples d"]:
    r"""A row for each example that follows its embedding from step to step.

    $$ M_i \leftarrow \operatorname{unit}(m\,M_i + (1 - m)\,v_i) $$

    The name is the whole table, without gradient, as it was before the step; the rows of the
    batch's examples move when the step is committed. Where an example is in a batch twice, its
    last row counts.

    Args:
        v: what is remembered, one row for each image of the batch.
        examples: filled in: how many training examples there are.
        momentum: $m$, the weight of the old row.

    Shapes:
        (b, d) → (examples, d).

    Units:
        none.

    Errors:
        the number of training examples must be known.

    Source:
        Wu, Xiong, Yu, Lin. Unsupervised Feature Learning via Non-Parametric Instance
        Discrimination, 2018. arXiv:1805.01978; rows start at U(±√(3/d)), not of length 1, as
        in the code of Tian, Krishnan, Isola, 2019. arXiv:1910.10699.
    """
    return Bank(examples, v[-1], momentum)
