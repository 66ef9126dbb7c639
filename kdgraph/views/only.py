"""One row of each image, where a view has several."""

from __future__ import annotations

from torch import Tensor

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import UnsuitableView
from kdgraph.sorts import Image
from kdgraph.views.view import view


@view
def only(image: Image[Tensor, "b c h w"], j: int, *, rows: int) -> Image[Tensor, "images c h w"]:
    r"""Keep row j of each image.

    $$ v_i = u_{r i + j}, \qquad r \text{ rows an image} $$

    Args:
        image: uint8 (n·rows, c, h, w).
        j: which row, counted from 0.
        rows: how many rows each image has; filled in by whoever runs the views.

    Returns:
        uint8 (n, c, h, w).

    Raises:
        RecipeError: the images have no row j.

    Source:
        this language; the upright image among its rotations.
    """
    if not 0 <= j < rows:
        reason = f"there is no row {j} where each image has {rows}"
        advice = f"write a row from 0 to {rows - 1}"
        raise RecipeError(UnsuitableView(view="only", reason=reason, advice=advice))
    return image[j::rows]
