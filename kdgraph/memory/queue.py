"""The newest rows, first in, first out."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.knobs import Count
from kdgraph.memory.bank import same_shape
from kdgraph.memory.memory import Memory, Shape, memory
from kdgraph.sorts import Embedding, Table


class Queue(Memory):
    """The rows, and the place of the oldest one."""

    rows: Tensor
    oldest: Tensor

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.register_buffer("rows", F.normalize(torch.randn(size, width), dim=-1))
        self.register_buffer("oldest", torch.zeros((), dtype=torch.int64))

    def forward(self) -> Tensor:
        """All rows, as they were before the step."""
        return self.rows

    def write(self, values: Mapping[str, Tensor], finite: Tensor | None = None) -> None:
        """Put the batch in the place of the oldest rows."""
        size, new = len(self.rows), values["v"].to(self.rows.dtype)
        count = len(new)
        new = new[-size:]
        first = self.oldest + (count - len(new))
        at = (first + torch.arange(len(new), device=new.device)) % size
        after = (self.oldest + count) % size
        if finite is not None:
            new = torch.where(finite, new, self.rows[at])
            after = torch.where(finite, after, self.oldest)
        self.rows[at] = new
        self.oldest.copy_(after)

    def start(self, value: Tensor) -> None:
        """Begin with these rows, the oldest first."""
        self.rows.copy_(same_shape(value, self.rows))
        self.oldest.zero_()


@memory
def queue(v: Embedding[Shape, "b d"], size: Count) -> Table[nn.Module, "size d"]:
    r"""The rows of the last batches, the oldest leaving as new ones come.

    $$ Q \leftarrow (Q, v)_{\text{the newest } n} $$

    The name is all $n$ rows, without gradient, as they were before the step; the batch's rows
    come in when the step is committed. A batch need not divide the size.

    Args:
        v: what is remembered, one row for each row of the batch.
        size: $n$, how many rows are kept.

    Shapes:
        (b, d) → (size, d).

    Units:
        none.

    Errors:
        none.

    Source:
        He, Fan, Wu, Xie, Girshick. Momentum Contrast, 2019. arXiv:1911.05722, section 3.2; it
        starts with random rows of length 1.
    """
    return Queue(size, v[-1])
