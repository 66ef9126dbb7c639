"""Images without their colours."""

from __future__ import annotations

from torch import Tensor

from kdgraph.knobs import Share
from kdgraph.sorts import Image
from kdgraph.views.colour import luma, refuse_channels, stored
from kdgraph.views.draw import Draw
from kdgraph.views.view import view


@view(random=True)
def grey(
    image: Image[Tensor, "b c h w"], draw: Draw | None, *, p: Share = 1.0
) -> Image[Tensor, "b c h w"]:
    r"""Take the colours out of each row, or of a share of them; the channels stay.

    $$ v = 0.2989\,r + 0.587\,g + 0.114\,b \text{ in every channel, with probability } p $$

    Images of one channel stay as they are.

    Args:
        image: uint8 (b, c, h, w), of three channels or one.
        draw: one coin a row; without it all rows are grey where `p` is 1, else none.
        p: probability, from 0 to 1.

    Raises:
        RecipeError: another number of channels.

    Source:
        `torchvision.transforms.RandomGrayscale`. As a transform for contrastive learning: Chen,
        Kornblith, Norouzi, Hinton, 2020. arXiv:2002.05709, appendix A.
    """
    refuse_channels(image, "grey")
    if image.shape[1] == 1 or (draw is None and p < 1):
        return image
    plain = stored(luma(image.float() / 255)).expand_as(image)
    if draw is None or p == 1:
        return plain.contiguous()
    return plain.where((draw.uniform(1) < p).view(-1, 1, 1, 1), image)
