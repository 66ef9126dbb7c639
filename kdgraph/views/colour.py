"""Colour as numbers: how bright, how far from grey, which hue; on images from 0 to 1.

Every function works on (b, c, h, w) with one factor a row; of one channel there is no colour.
"""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import UnsuitableView

RGB = 3
LUMA = (0.2989, 0.587, 0.114)
"""how bright red, green and blue look; ITU-R BT.601"""


def luma(light: Tensor) -> Tensor:
    """How bright each pixel looks, (b, 1, h, w)."""
    if light.shape[1] != RGB:
        return light
    red, green, blue = light.split(1, dim=1)
    return LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue


def blended(light: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    """Between another image (0) and this one (1), or beyond it."""
    return (factor * light + (1 - factor) * other).clamp(0, 1)


def turned(light: Tensor, hue: Tensor) -> Tensor:
    """The hue moved by a share of the colour circle."""
    if light.shape[1] != RGB:
        return light
    value = light.amax(dim=1, keepdim=True)
    chroma = value - light.amin(dim=1, keepdim=True)
    spread = torch.where(chroma == 0, 1.0, chroma)
    red, green, blue = light.split(1, dim=1)
    sector = torch.where(
        value == red,
        (green - blue) / spread,
        torch.where(value == green, 2 + (blue - red) / spread, 4 + (red - green) / spread),
    )
    angle = (sector / 6 + hue) % 1 * 6
    # each channel is `value` less the part of the chroma that its place on the circle takes
    place = (torch.tensor([5.0, 3.0, 1.0], device=light.device).view(-1, 1, 1) + angle) % 6
    return value - chroma * torch.minimum(place, 4 - place).clamp(0, 1)


def refuse_channels(image: Tensor, view: str, *, grey: bool = True) -> None:
    """Refuse images that are neither grey nor of three channels.

    Raises:
        RecipeError: with the channels they have.
    """
    known = (1, RGB) if grey else (RGB,)
    if image.shape[1] not in known:
        reason = f"images of {image.shape[1]} channels have no colours that it knows"
        advice = "it works on images of three channels" + (" or one" if grey else "")
        raise RecipeError(UnsuitableView(view=view, reason=reason, advice=advice))


def stored(light: Tensor) -> Tensor:
    """Numbers from 0 to 1 as pixels."""
    return (light * 255).round().clamp(0, 255).to(torch.uint8)
