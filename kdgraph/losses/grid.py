"""A map cut into cells: their rows and columns, and where the cells go."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Count
from kdgraph.primitive import primitive
from kdgraph.sorts import Map


@primitive(shape="cells")
def cells(
    map: Map[Tensor, "b c h w"],  # noqa: A002 - the word
    n: Count,
    m: Count,
) -> Map[Tensor, "b c h w"]:
    r"""A map cut into n × m cells, each a row of its own.

    $$ (b, c, h, w) \to (b \cdot n \cdot m,\; c,\; \lfloor h/n \rfloor,\; \lfloor w/m \rfloor) $$

    The cells of one image follow one another, from left to right, then downwards.

    Args:
        map: feature maps.
        n: cells from top to bottom.
        m: cells from left to right.

    Shapes:
        (b, c, h, w) → (b·n·m, c, ⌊h/n⌋, ⌊w/m⌋); rows and columns of the map beyond n·⌊h/n⌋
        and m·⌊w/m⌋ are left out.

    Units:
        those of the map.

    Errors:
        there are no more cells than rows and columns of the map.

    Source:
        Liu, Huang, Lin et al. Exploring Inter-Channel Correlation for Diversity-Preserved
        Knowledge Distillation, 2021. arXiv:2202.03680, section 3.3.
    """
    parts = _cut(map, n, m)
    return parts.permute(0, 2, 4, 1, 3, 5).flatten(0, 2)


@primitive(shape="patches")
def patches(
    map: Map[Tensor, "b c h w"],  # noqa: A002 - the word
    n: Count,
    m: Count,
) -> Map[Tensor, "b d h w"]:
    r"""A map cut into n × m patches that lie on one another, as channels.

    $$ (b, c, h, w) \to (b,\; n \cdot m \cdot c,\; \lfloor h/n \rfloor,\; \lfloor w/m \rfloor) $$

    The c channels of the first patch come first, then those of the patch to its right.

    Args:
        map: feature maps.
        n: patches from top to bottom.
        m: patches from left to right.

    Shapes:
        (b, c, h, w) → (b, n·m·c, ⌊h/n⌋, ⌊w/m⌋); rows and columns of the map beyond n·⌊h/n⌋
        and m·⌊w/m⌋ are left out.

    Units:
        those of the map.

    Errors:
        there are no more patches than rows and columns of the map.

    Source:
        Lin, Xie, Wang et al. Knowledge Distillation via the Target-aware Transformer, 2022.
        arXiv:2205.10793, section 3.2, with the order of the authors' code.
    """
    parts = _cut(map, n, m)
    return parts.permute(0, 2, 4, 1, 3, 5).flatten(1, 3)


@primitive(shape="avgpool")
def avgpool(map: Map[Tensor, "b c h w"], k: Count) -> Map[Tensor, "b c h w"]:  # noqa: A002 - the word
    r"""Each square of k × k places of a map averaged to one.

    $$ \frac{1}{k^2} \sum_{u, v < k} F_{b,c,\,ki+u,\,kj+v} $$

    Args:
        map: feature maps.
        k: rows and columns of a square.

    Shapes:
        (b, c, h, w) → (b, c, ⌊h/k⌋, ⌊w/k⌋); what is left of a square at the edge is left out.

    Units:
        those of the map.

    Errors:
        `k` is at most the height and the width of the map. `pool` takes the size of the
        result instead, and leaves nothing out.

    Source:
        LeCun, Bottou, Bengio, Haffner. Gradient-Based Learning Applied to Document
        Recognition, 1998.
    """
    return F.avg_pool2d(map, k)


def _cut(map_: Tensor, n: int, m: int) -> Tensor:
    """(b, c, n, ⌊h/n⌋, m, ⌊w/m⌋)."""
    *_, h, w = map_.shape
    high, wide = h // n, w // m
    inside = map_[..., : n * high, : m * wide]
    return inside.unflatten(3, (m, wide)).unflatten(2, (n, high))
