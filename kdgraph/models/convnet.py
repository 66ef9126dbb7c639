"""Three convolutions for scikit-learn's 8×8 digits: convnet8 to convnet128."""

from __future__ import annotations

from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.models.aliases import Aliases
from kdgraph.models.convolution import convolution, start_convolutions


class ConvNet(nn.Module):
    """Three 3×3 convolutions with batch norm and ReLU, average pooling, a classifier.

    The channels double from one to the next, up to `width`; a max pool halves the image
    before the third. Maps are taken after each ReLU, `preact` before it, the stem is the
    first convolution alone.

    Args:
        classes: how many logits.
        channels: of the image.
        width: of the last convolution, a multiple of 4; also the length of the features.

    Source:
        kdgraph's own: small enough to train in seconds on a processor.
    """

    def __init__(self, classes: int, *, channels: int = 3, width: int) -> None:
        super().__init__()
        first, second = width // 4, width // 2
        self.conv1 = convolution(channels, first, 3)
        self.bn1 = nn.BatchNorm2d(first)
        self.relu1 = nn.ReLU()
        self.conv2 = convolution(first, second, 3)
        self.bn2 = nn.BatchNorm2d(second)
        self.relu2 = nn.ReLU()
        self.conv3 = convolution(second, width, 3)
        self.bn3 = nn.BatchNorm2d(width)
        self.relu3 = nn.ReLU()
        self.fc = nn.Linear(width, classes)
        self.aliases: Aliases = {
            "logits": "",
            "features": "fc.input",
            "stem": "conv1",
            "maps": ("relu1", "relu2", "relu3"),
            "preact": ("relu1.input", "relu2.input", "relu3.input"),
        }
        self.another = partial(_layer, width)
        start_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes)."""
        x = self.relu1(self.bn1(self.conv1(x)))
        x = self.relu2(self.bn2(self.conv2(x)))
        x = self.relu3(self.bn3(self.conv3(F.max_pool2d(x, 2))))
        return self.fc(x.mean((2, 3)))


def _layer(width: int) -> nn.Sequential:
    return nn.Sequential(convolution(width, width, 3), nn.BatchNorm2d(width), nn.ReLU())
