"""A view under a second name."""

from __future__ import annotations

from torch import Tensor

from kdgraph.sorts import Image
from kdgraph.views.view import view


@view
def same(image: Image[Tensor, "b c h w"]) -> Image[Tensor, "b c h w"]:
    r"""Give the images as they are: a view that is another one, or the batch itself.

    $$ v = u $$

    Args:
        image: uint8 (b, c, h, w).

    Source:
        this language; what `x: image` comes to.
    """
    return image
