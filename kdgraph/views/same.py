"""The images as they are."""

from __future__ import annotations

from torch import Tensor

from kdgraph.sorts import Image
from kdgraph.views.view import view


@view
def same(image: Image[Tensor, "b c h w"]) -> Image[Tensor, "b c h w"]:
    r"""Leave the images as they are.

    $$ v = u $$

    Args:
        image: uint8 (b, c, h, w).

    Source:
        this language; what `x: image` means.
    """
    return image
