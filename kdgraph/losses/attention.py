"""Maps put together anew from their own places, by how alike these are to others."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from kdgraph.knobs import Count
from kdgraph.primitive import primitive
from kdgraph.sorts import Map


@primitive(shape="attend")
def attend(
    q: Map[Tensor, "b c p q"],
    k: Map[Tensor, "b c h w"],
    v: Map[Tensor, "b d h w"],
    *,
    heads: Count = 1,
    over: Literal["keys", "queries"] = "keys",
) -> Map[Tensor, "b d p q"]:
    r"""Each place of `q` as a mix of the places of `v`, by how well it goes with those of `k`.

    $$ O_i = \sum_j A_{ij} v_j, \qquad A_{ij} = \sigma_j(q_i \cdot k_j) $$

    i is a place of `q` and of the result, j one of `k` and `v`. There is no division by
    $\sqrt{c}$: divide `q` where a method wants it.

    Args:
        q: queries, a map.
        k: keys, a map of the same channels; its height and width may be others.
        v: values, a map of the size of `k`.
        heads: the channels parted into so many groups, each with weights of its own.
        over: what the weights A sum to one over. With `keys` each place of the result is a
            mean of values; with `queries` each value is handed out among the places.

    Shapes:
        (b, c, p, q), (b, c, h, w) and (b, d, h, w) → (b, d, p, q).

    Units:
        those of `v`.

    Errors:
        `heads` divides the channels of `q` and of `v`.

    Source:
        Lin, Xie, Wang et al. Knowledge Distillation via the Target-aware Transformer, 2022.
        arXiv:2205.10793, equations 3 to 5.
    """
    rows, others, values = (_places(one, heads) for one in (q, k, v))
    weights = torch.softmax(rows @ others.mT, dim=-1 if over == "keys" else -2)
    mixed = (weights @ values).mT.flatten(1, 2)
    return mixed.unflatten(2, q.shape[2:])


def _places(map_: Tensor, heads: int) -> Tensor:
    """The places of a map as rows: (b, heads, h·w, c/heads)."""
    return map_.flatten(2).unflatten(1, (heads, -1)).mT
