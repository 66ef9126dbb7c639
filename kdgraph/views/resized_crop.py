"""A random part of each image, scaled to one size: what ImageNet networks are trained on."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Count, Positive, Share
from kdgraph.sorts import Image
from kdgraph.views.center_crop import center_crop
from kdgraph.views.draw import Draw
from kdgraph.views.view import view


@view(random=True)
def resized_crop(
    image: Image[Tensor, "b c h w"],
    draw: Draw | None,
    size: Count,
    *,
    area: Share = 0.08,
    aspect: Positive = 1.3333333333333333,
) -> Image[Tensor, "b c size size"]:
    r"""Cut a box of random area, aspect and place, and scale it to size x size.

    $$ a \sim U(area, 1), \quad \ln r \sim U(-\ln aspect, \ln aspect), \quad
       h_{box} = \sqrt{a h w / r}, \quad w_{box} = \sqrt{a h w \, r} $$

    Boxes longer than the image are cut to it; the place is uniform among those inside.
    Sampling is bilinear.

    Args:
        image: uint8 (b, c, h, w).
        draw: four numbers a row; without it the middle size x size is cut.
        size: height and width of the result.
        area: the smallest share of the image's area.
        aspect: the largest ratio of the sides, either way.

    Returns:
        uint8 (b, c, size, size).

    Source:
        Szegedy and others. Going deeper with convolutions, 2014. arXiv:1409.4842, section 6.
    """
    if draw is None:
        return center_crop(image, size)
    _, channels, height, width = image.shape
    share, shape, *place = draw.uniform(4).unbind(1)
    part = area + (1 - area) * share
    ratio = torch.exp(math.log(aspect) * (2 * shape - 1))
    tall = (part * (width / height) / ratio).sqrt().clamp(max=1)
    wide = (part * (height / width) * ratio).sqrt().clamp(max=1)
    # in grid_sample's coordinates, where the image reaches from -1 to 1
    down, right = (1 - tall) * (2 * place[0] - 1), (1 - wide) * (2 * place[1] - 1)
    zero = torch.zeros_like(tall)
    boxes = torch.stack((wide, zero, right, zero, tall, down), dim=1).view(-1, 2, 3)
    grid = F.affine_grid(boxes, [len(image), channels, size, size], align_corners=False)
    light = F.grid_sample(image.float(), grid, padding_mode="border", align_corners=False)
    return light.round().clamp(0, 255).to(torch.uint8)
