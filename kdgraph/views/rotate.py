"""Turn images by quarter turns, several turns of one image side by side."""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import UnsuitableView
from kdgraph.sorts import Image
from kdgraph.views.view import view

QUARTER = 90


@view
def rotate(image: Image[Tensor, "b c h w"], *angles: int) -> Image[Tensor, "n c h w"]:
    r"""Turn each row counter-clockwise by each of the angles.

    $$ v_{a i + j} = \operatorname{rot90}(u_i, \; angles_j / 90), \qquad a = |angles| $$

    The turns of one row stand next to each other, in the order of the angles.

    Args:
        image: uint8 (b, c, h, w), square.
        *angles: multiples of 90.

    Returns:
        uint8 (b·a, c, h, w).

    Raises:
        RecipeError: an angle is no multiple of 90, there is none, or the images are not square.

    Source:
        Xu, Liu, Li, Loy. Knowledge distillation meets self-supervision, 2020.
        arXiv:2006.07114.
    """
    crooked = [angle for angle in angles if angle % QUARTER]
    if crooked or not angles:
        reason = f"{crooked[0]}° is no quarter turn" if crooked else "no angle is given"
        advice = "write multiples of 90, as in `rotate(image, 90, 180, 270)`"
        raise RecipeError(UnsuitableView(view="rotate", reason=reason, advice=advice))
    height, width = image.shape[2:]
    if height != width:
        reason = f"images of {height} x {width} are not square"
        advice = "make them square first, as in `rotate(center_crop(image, 32), 90)`"
        raise RecipeError(UnsuitableView(view="rotate", reason=reason, advice=advice))
    turned = [torch.rot90(image, angle // QUARTER % 4, (2, 3)) for angle in angles]
    return torch.stack(turned, dim=1).flatten(0, 1)
