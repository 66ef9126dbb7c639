"""Other images of the training set, by their numbers: `image[j]` in `views:`."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from kdgraph.sorts import Image, Labels
from kdgraph.views.view import view


@view
def images(
    image: Image[Tensor, "b c h w"],
    index: Labels[Tensor, "b"],
    *,
    others: Callable[[Tensor], Tensor] | None,
) -> Image[Tensor, "b c h w"]:
    r"""The images with these numbers, in place of those of the batch.

    $$ v_b = u_{j_b} $$

    `image[j]` is the short way to write it. In evaluation, where no image has others, it is
    the image itself.

    Args:
        image: uint8 (b, c, h, w).
        index: the number of another training example for each image, known before the step:
            made of `i`, tables that a stage has computed, and draws.
        others: reads images by their numbers; filled in by whoever runs the views.

    Source:
        this language; the other images of a bag, as in Xu, Fang, Zhang, Xie et al. Bag of
        Instances Aggregation Boosts Self-supervised Distillation, 2021. arXiv:2107.01691.
    """
    return image if others is None else others(index)
