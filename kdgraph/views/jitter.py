"""Colours that are a little off, differently for each row."""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.knobs import Share
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import UnsuitableView
from kdgraph.sorts import Image
from kdgraph.views.colour import blended, luma, refuse_channels, stored, turned
from kdgraph.views.draw import Draw
from kdgraph.views.view import view

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)
MOST_HUE = 0.5


@view(random=True)
def jitter(
    image: Image[Tensor, "b c h w"],
    draw: Draw | None,
    *,
    brightness: Share = 0.0,
    contrast: Share = 0.0,
    saturation: Share = 0.0,
    hue: Share = 0.0,
    p: Share = 1.0,
) -> Image[Tensor, "b c h w"]:
    r"""Change brightness, contrast, saturation and hue at random, in a random order.

    $$ v = f\,u + (1 - f)\,o, \qquad f \sim U(1 - k, 1 + k) $$

    with $o$ black for the brightness, the mean grey of the row for the contrast, and the row in
    grey for the saturation; the hue moves by $U(-hue, hue)$ of the colour circle. Each result
    is cut to what a pixel can be; rounding comes last, once. Saturation and hue leave images
    of one channel alone.

    Args:
        image: uint8 (b, c, h, w), of three channels or one.
        draw: nine numbers a row; without it the images stay as they are.
        brightness: $k$ for the brightness, from 0 to 1.
        contrast: $k$ for the contrast.
        saturation: $k$ for the saturation.
        hue: the largest turn, up to 0.5: half of the circle.
        p: the probability that a row is changed at all.

    Raises:
        RecipeError: `hue` is above 0.5, or another number of channels.

    Source:
        `torchvision.transforms.ColorJitter`. As a transform for contrastive learning: Chen,
        Kornblith, Norouzi, Hinton, 2020. arXiv:2002.05709, appendix A.
    """
    refuse_channels(image, "jitter")
    if hue > MOST_HUE:
        advice = "write up to 0.5: half a turn either way reaches every hue"
        raise RecipeError(UnsuitableView(view="jitter", reason=f"`hue` is {hue}", advice=advice))
    if draw is None:
        return image
    order, factors, happens = drawn(draw, (brightness, contrast, saturation, hue), p)
    made = stored(jittered(image.float() / 255, order, factors, turns=hue > 0))
    return made.where(happens.view(-1, 1, 1, 1), image)


def drawn(
    draw: Draw, strengths: tuple[float, float, float, float], p: float
) -> tuple[Tensor, Tensor, Tensor]:
    """For each row the order of the four changes, their factors, and whether they happen."""
    numbers = draw.uniform(9)
    order = numbers[:, :4].argsort(dim=1, stable=True)
    reach = torch.tensor(strengths, device=numbers.device)
    around = torch.tensor([1.0, 1.0, 1.0, 0.0], device=numbers.device)
    factors = around + reach * (2 * numbers[:, 4:8] - 1)
    return order, factors, numbers[:, 8] < p


def jittered(light: Tensor, order: Tensor, factors: Tensor, *, turns: bool = True) -> Tensor:
    """Images from 0 to 1 after the four changes, each row in its own order."""
    for step in order.unbind(dim=1):
        factor = factors.gather(1, step[:, None]).view(-1, 1, 1, 1).to(light.dtype)
        now = step.view(-1, 1, 1, 1)
        plain = luma(light)
        mean = plain.mean(dim=(1, 2, 3), keepdim=True)
        other = torch.where(now == CONTRAST, mean, torch.where(now == SATURATION, plain, 0.0))
        changed = blended(light, other, factor)
        if light.shape[1] == 1:
            changed = torch.where(now == SATURATION, light, changed)
        round_ = turned(light, factor) if turns else light
        light = torch.where(now == HUE, round_, changed)
    return light
