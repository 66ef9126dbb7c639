"""How light a pixel is, and which colour it has: CIE L*a*b* under daylight."""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.sorts import Image
from kdgraph.views.colour import refuse_channels
from kdgraph.views.view import view

TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
"""linear sRGB to XYZ, IEC 61966-2-1"""
WHITE = (0.95047, 1.0, 1.08883)
"""XYZ of the light D65"""
BEND = 6 / 29
DARK = 0.04045
"""up to here sRGB is linear"""


@view
def luminance(image: Image[Tensor, "b c h w"]) -> Image[Tensor, "b 1 h w"]:
    r"""How light each pixel is: one channel.

    $$ L^* = 116 f(Y) - 16, \qquad v = \operatorname{round}(255\,L^* / 100) $$

    with $f(t) = t^{1/3}$ above $(6/29)^3$ and $t/(3 (6/29)^2) + 4/29$ below, and $Y$ of the pixel's
    sRGB values made linear.

    Args:
        image: uint8 (b, 3, h, w), sRGB.

    Returns:
        uint8 (b, 1, h, w): 0 is black, 255 white.

    Raises:
        RecipeError: the images have no three channels.

    Source:
        CIE 15, Colorimetry: L*a*b* of 1976, light D65. As one of two views of an image: Tian,
        Krishnan, Isola. Contrastive Multiview Coding, 2019. arXiv:1906.05849.
    """
    refuse_channels(image, "luminance", grey=False)
    return (lab(image.float() / 255)[:, :1] * 2.55).round().clamp(0, 255).to(torch.uint8)


@view
def chrominance(image: Image[Tensor, "b c h w"]) -> Image[Tensor, "b 2 h w"]:
    r"""Which colour each pixel has, however light it is: two channels.

    $$ a^* = 500\,(f(X) - f(Y)), \quad b^* = 200\,(f(Y) - f(Z)), \qquad
       v = \operatorname{round}(128 + (a^*, b^*)) $$

    with $f$ as in `luminance`; grey is 128.

    Args:
        image: uint8 (b, 3, h, w), sRGB.

    Returns:
        uint8 (b, 2, h, w): green to red, blue to yellow.

    Raises:
        RecipeError: the images have no three channels.

    Source:
        as `luminance`.
    """
    refuse_channels(image, "chrominance", grey=False)
    return (lab(image.float() / 255)[:, 1:] + 128).round().clamp(0, 255).to(torch.uint8)


def lab(light: Tensor) -> Tensor:
    """L* from 0 to 100, a* and b*, of sRGB from 0 to 1; (b, 3, h, w)."""
    linear = torch.where(light <= DARK, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    matrix = torch.tensor(TO_XYZ, dtype=light.dtype, device=light.device)
    white = torch.tensor(WHITE, dtype=light.dtype, device=light.device).view(-1, 1, 1)
    t = torch.einsum("xc,bchw->bxhw", matrix, linear) / white
    bent = torch.where(t > BEND**3, t.clamp(min=BEND**3) ** (1 / 3), t / (3 * BEND**2) + 4 / 29)
    x, y, z = bent.split(1, dim=1)
    return torch.cat((116 * y - 16, 500 * (x - y), 200 * (y - z)), dim=1)
