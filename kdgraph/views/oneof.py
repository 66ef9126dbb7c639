"""One of the rows of each image, drawn."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from kdgraph.sorts import Image
from kdgraph.views.draw import Draw
from kdgraph.views.view import view


@view(random=True)
def oneof(
    image: Image[Tensor, "b c h w"], draw: Draw | None, *, rows: int
) -> Image[Tensor, "images c h w"]:
    r"""Keep one row of each image, each as likely as the others.

    $$ v_i = u_{r i + j_i}, \qquad j_i \sim U\{0, \dots, r - 1\} $$

    Args:
        image: uint8 (n·rows, c, h, w).
        draw: one number an image; without it the first row is kept.
        rows: $r$, how many rows each image has; filled in by whoever runs the views.

    Returns:
        uint8 (n, c, h, w).

    Source:
        this language; one transform of several for each image.
    """
    if draw is None:
        return image[::rows]
    first = torch.arange(0, len(image), rows, device=image.device)
    return image[first + replace(draw, rows=1).integers(rows, 1).squeeze(1)]
