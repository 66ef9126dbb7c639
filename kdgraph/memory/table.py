"""A running mean for each training example, with how often it was seen."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from kdgraph.memory.bank import same_shape
from kdgraph.memory.last import last_of_each
from kdgraph.memory.memory import Memory, Shape, memory
from kdgraph.sorts import Table, Values


class Means(Memory):
    """The means, and the counts they are means of."""

    rows: Tensor
    count: Tensor

    def __init__(self, examples: int, shape: Shape) -> None:
        super().__init__()
        self.register_buffer("rows", torch.zeros(examples, *shape))
        self.register_buffer("count", torch.zeros(examples))

    def forward(self) -> tuple[Tensor, Tensor]:
        """The means and the counts, as they were before the step."""
        return self.rows, self.count

    def write(self, values: Mapping[str, Tensor], finite: Tensor | None = None) -> None:
        """Take the batch's values into the means of its examples."""
        at, new = values["i"], values["v"].to(self.rows.dtype)
        old, count = self.rows[at], self.count[at]
        shown = count.reshape(-1, *(1,) * (new.ndim - 1))
        moved, more = old + (new - old) / (shown + 1), count + 1
        if finite is not None:
            moved, more = torch.where(finite, moved, old), torch.where(finite, more, count)
        last = last_of_each(at)
        self.rows[at], self.count[at] = moved[last], more[last]

    def start(self, value: Tensor) -> None:
        """Begin with these means, each as if it had been seen once."""
        self.rows.copy_(same_shape(value, self.rows))
        self.count.fill_(1.0)


@memory(indexed=True, fields="count")
def table(v: Values[Shape, "b ..."], examples: int) -> Table[nn.Module, "examples ..."]:
    r"""The mean, for each example, of all that was ever said of it; `.count` is how often.

    $$ n_i \leftarrow n_i + 1, \qquad M_i \leftarrow M_i + (v_i - M_i)/n_i $$

    The name is the whole table, without gradient, as it was before the step; an example that
    was never seen has 0, and `count` 0. `table(v)[i]` are the rows of this batch.

    Args:
        v: what is remembered, one row, or one number, for each image of the batch.
        examples: filled in: how many training examples there are.

    Shapes:
        (b, …) → (examples, …); `count` is (examples).

    Units:
        those of `v`.

    Errors:
        the number of training examples must be known.

    Source:
        as the online value of Li, Lin, Zhu et al. Knowledge Condensation Distillation, 2022.
        arXiv:2207.05409, eq. 12.
    """
    return Means(examples, v[1:])
