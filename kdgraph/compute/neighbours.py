"""The nearest other examples of each example, exactly."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.compute.compute import compute
from kdgraph.knobs import Count
from kdgraph.sorts import Embedding, Labels

AT_ONCE = 1 << 25
"""how many likenesses are held at the same time: a quarter of a gigabyte"""
WIDE = 32


@compute
def neighbours(v: Embedding[Tensor, "b d"], k: Count) -> Labels[Tensor, "b k"]:
    r"""The numbers of the k other examples that are nearest, the nearest first.

    $$ N_i = \text{the } k \text{ numbers } j \ne i \text{ of least } \lVert u_i - u_j \rVert,
       \qquad u = \frac{v}{\lVert v \rVert} $$

    All pairs are compared, in double precision where the device has it. Of examples that are
    equally near, as copies of one image are, the one with the lower number comes first.

    Args:
        v: one vector for each example; only its direction counts.
        k: how many neighbours.

    Shapes:
        (examples, d) → (examples, k).

    Units:
        none.

    Errors:
        k must be below the number of examples.

    Source:
        Xu, Fang, Zhang, Xie et al. Bag of Instances Aggregation Boosts Self-supervised
        Distillation, 2021. arXiv:2107.01691, section 3.2.
    """
    exact = torch.float32 if v.device.type == "mps" else torch.float64
    unit = F.normalize(v.to(exact), dim=-1)
    numbers = torch.arange(len(v), device=v.device)
    rows = max(1, AT_ONCE // len(v))
    found = []
    for these in numbers.split(rows):
        likeness = (unit[these] @ unit.T).float()
        place = _in_order(likeness) << WIDE | len(v) - 1 - numbers
        place[torch.arange(len(these), device=v.device), these] = torch.iinfo(torch.int64).min
        found.append(place.topk(k, dim=-1).values & (1 << WIDE) - 1)
    return len(v) - 1 - torch.cat(found)


def _in_order(likeness: Tensor) -> Tensor:
    """Whole numbers in the order of these, equal where they are: the bits of a float32.

    Rounding to single precision is what makes copies of one image equally near.
    """
    bits = (likeness + 0.0).view(torch.int32)
    return torch.where(bits < 0, bits ^ torch.iinfo(torch.int32).max, bits).long()
