"""VGG networks with batch norm for CIFAR: vgg8, vgg11, vgg13, vgg16, vgg19."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch.fx
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.models.aliases import Aliases
from kdgraph.models.convolution import start_convolutions
from kdgraph.models.layout import TALL

WIDTHS = (64, 128, 256, 512, 512)


class VGG(nn.Module):
    """Five blocks of 3×3 convolutions with bias, batch norm and ReLU; pools between them.

    The pools stand outside the blocks, so that stem and maps are the blocks' outputs before
    pooling. Images 64 pixels high are pooled four times, all others three times: at 32×32
    the last two blocks both see 4×4. `preact` is what a block's last ReLU is given.

    Args:
        classes: how many logits.
        channels: of the image.
        repeats: convolutions in each of the five blocks.

    Source:
        Simonyan, Zisserman. Very Deep Convolutional Networks, 2014. arXiv:1409.1556; names
        and starting values as in RepDistiller (arXiv:1910.10699).
    """

    def __init__(self, classes: int, *, channels: int = 3, repeats: tuple[int, ...]) -> None:
        super().__init__()
        inputs = (channels, *WIDTHS)
        self.block0 = _block(inputs[0], WIDTHS[0], repeats[0])
        self.block1 = _block(inputs[1], WIDTHS[1], repeats[1])
        self.block2 = _block(inputs[2], WIDTHS[2], repeats[2])
        self.block3 = _block(inputs[3], WIDTHS[3], repeats[3])
        self.block4 = _block(inputs[4], WIDTHS[4], repeats[4])
        self.classifier = nn.Linear(WIDTHS[-1], classes)
        self.aliases: Aliases = {
            "logits": "",
            "features": "classifier.input",
            "stem": "block0",
            "maps": tuple(f"block{block}" for block in range(1, 5)),
            "preact": tuple(
                f"block{block}.{3 * repeats[block] - 1}.input" for block in range(1, 5)
            ),
        }
        self.another = partial(_block, WIDTHS[-1], WIDTHS[-1], repeats[-1])
        start_convolutions(self)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes)."""
        height = x.shape[2]
        x = F.max_pool2d(self.block0(x), 2)
        x = F.max_pool2d(self.block1(x), 2)
        x = F.max_pool2d(self.block2(x), 2)
        x = self.block4(pool_tall(self.block3(x), height))
        return self.classifier(x.mean((2, 3)))


def pool_tall(x: Tensor, height: int) -> Tensor:
    """The fourth pool, for images 64 pixels high; wrapped, since tracing meets no sizes."""
    return F.max_pool2d(x, 2) if height == TALL else x


torch.fx.wrap("pool_tall")


def _block(inputs: int, outputs: int, repeats: int) -> nn.Sequential:
    def layers() -> Iterator[nn.Module]:
        for index in range(repeats):
            yield nn.Conv2d(outputs if index else inputs, outputs, 3, padding=1)
            yield nn.BatchNorm2d(outputs)
            yield nn.ReLU()

    return nn.Sequential(*layers())
