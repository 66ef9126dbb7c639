"""The middle of images."""

from __future__ import annotations

from torch import Tensor

from kdgraph.knobs import Count
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import UnsuitableView
from kdgraph.sorts import Image
from kdgraph.views.view import view


@view
def center_crop(image: Image[Tensor, "b c h w"], size: Count) -> Image[Tensor, "b c size size"]:
    r"""Cut the middle size x size.

    $$ v_{xy} = u_{x + \lfloor (h - size)/2 \rfloor,\; y + \lfloor (w - size)/2 \rfloor} $$

    Args:
        image: uint8 (b, c, h, w), at least size x size.
        size: height and width of the result.

    Returns:
        uint8 (b, c, size, size).

    Raises:
        RecipeError: the images are smaller.

    Source:
        `torchvision.transforms.CenterCrop`.
    """
    height, width = image.shape[2:]
    if size > min(height, width):
        reason = f"{size} x {size} is not inside {height} x {width}"
        advice = f"write a size up to {min(height, width)}, or `resize` the images first"
        raise RecipeError(UnsuitableView(view="center_crop", reason=reason, advice=advice))
    top, left = (height - size) // 2, (width - size) // 2
    return image[:, :, top : top + size, left : left + size]
