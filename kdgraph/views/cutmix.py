"""A box of each image replaced by the same box of another image."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from kdgraph.knobs import Positive
from kdgraph.sorts import Image
from kdgraph.views.beta import beta
from kdgraph.views.draw import Draw
from kdgraph.views.paired import must_pair
from kdgraph.views.view import view

Box = tuple[int, int, int, int]
"""top, bottom, left, right"""


@view(random=True, mixes=True)
def cutmix(
    a: Image[Tensor, "b c h w"],
    b: Image[Tensor, "b c h w"],
    together: Draw | None,
    *,
    tell: Callable[[float], None],
    alpha: Positive = 2.0,
) -> Image[Tensor, "b c h w"]:
    r"""Put a box of `b` into `a`: one box for the whole batch.

    $$ \lambda \sim \mathrm{Beta}(\alpha, \alpha), \qquad
       r_h = \lfloor \lfloor h \sqrt{1 - \lambda} \rfloor / 2 \rfloor, \quad
       r_w = \lfloor \lfloor w \sqrt{1 - \lambda} \rfloor / 2 \rfloor $$

    The box reaches $r_h$ and $r_w$ to either side of a pixel that is as likely as any other, and
    is cut off at the border.
    `share(v)` is what of `a` is left exactly: one less the box's part of the image.

    Args:
        a: uint8 (b, c, h, w), what is kept outside of the box.
        b: uint8 (b, c, h, w), what is seen in the box.
        together: the randomness of the batch; without it the images are those of `a`.
        tell: is told the kept share; filled in by whoever runs the views.
        alpha: above 0; from 1 on large boxes and small ones become rarer.

    Raises:
        RecipeError: images of `a` and `b` differ in size or in number.

    Source:
        Yun, Han, Oh, Chun, Choe, Yoo. CutMix, 2019. arXiv:1905.04899, section 3.2; halves of
        sides are rounded as in the authors' code.
    """
    must_pair("cutmix", a, b)
    if together is None:
        tell(1.0)
        return a
    height, width = a.shape[2:]
    top, bottom, left, right = box(together, height, width, alpha)
    tell(1 - (bottom - top) * (right - left) / (height * width))
    mixed = a.clone()
    mixed[:, :, top:bottom, left:right] = b[:, :, top:bottom, left:right]
    return mixed


def box(draw: Draw, height: int, width: int, alpha: float) -> Box:
    """The box of a batch, cut off at the border of images of this size."""
    side = math.sqrt(1 - beta(draw, alpha))
    across = torch.tensor([height, width])
    middle = (draw.apart().uniform(2)[0] * across).long().tolist()
    ends: list[int] = []
    for whole, at in zip((height, width), middle, strict=True):
        reach = int(whole * side) // 2
        ends += max(at - reach, 0), min(at + reach, whole)
    return ends[0], ends[1], ends[2], ends[3]
