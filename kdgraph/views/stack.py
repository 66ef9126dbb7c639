"""Several views as one of several rows an image."""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import UnsuitableView
from kdgraph.sorts import Image
from kdgraph.views.view import view


@view
def stack(*images: Image[Tensor, "b c h w"], each: tuple[int, ...]) -> Image[Tensor, "n c h w"]:
    r"""Put the rows that an image has in each view next to each other.

    $$ v_i = (u^1_i, u^2_i, \dots) $$

    Args:
        *images: uint8 (b·rows, c, h, w) each, of one size.
        each: how many rows an image has in each; filled in by whoever runs the views.

    Returns:
        uint8 (b·n, c, h, w), n the rows of all views together.

    Raises:
        RecipeError: the views are of different sizes.

    Source:
        this language; four transforms of an image, as in Xu, Liu, Li, Loy. Knowledge
        distillation meets self-supervision, 2020. arXiv:2006.07114.
    """
    sizes = {tuple(one.shape[1:]) for one in images}
    if len(sizes) > 1:
        told = " and ".join("x".join(map(str, one)) for one in sorted(sizes))
        advice = "bring them to one size first, as with `resize`"
        raise RecipeError(UnsuitableView(view="stack", reason=f"images are {told}", advice=advice))
    apart = [one.unflatten(0, (-1, n)) for one, n in zip(images, each, strict=True)]
    return torch.cat(apart, dim=1).flatten(0, 1)
