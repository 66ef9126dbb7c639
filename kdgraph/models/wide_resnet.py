"""Wide residual networks for CIFAR: wrn_16_1, wrn_16_2, wrn_40_1, wrn_40_2."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from kdgraph.models.aliases import Aliases
from kdgraph.models.convolution import convolution, start_convolutions


class Block(nn.Module):
    """Batch norm and ReLU before each of two 3×3 convolutions, and a way around them.

    Where the width changes, the way around is a 1×1 convolution of the *activated* input.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU()
        self.conv1 = convolution(inputs, outputs, 3, stride=stride)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu2 = nn.ReLU()
        self.conv2 = convolution(outputs, outputs, 3)
        self.convShortcut = (
            convolution(inputs, outputs, 1, stride=stride) if inputs != outputs else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """(b, inputs, h, w) to (b, outputs, h/stride, w/stride), of either sign."""
        active = self.relu1(self.bn1(x))
        h = self.conv2(self.relu2(self.bn2(self.conv1(active))))
        return h + (x if self.convShortcut is None else self.convShortcut(active))


class Stage(nn.Module):
    """Blocks of one width; the first carries the stride."""

    def __init__(self, inputs: int, outputs: int, repeats: int, stride: int) -> None:
        super().__init__()
        first = Block(inputs, outputs, stride)
        self.layer = nn.Sequential(first, *(Block(outputs, outputs, 1) for _ in range(repeats - 1)))

    def forward(self, x: Tensor) -> Tensor:
        """The blocks in order."""
        return self.layer(x)


class WideResNet(nn.Module):
    """A bare convolution, three stages of n blocks, batch norm, ReLU, pooling, classifier.

    The depth is 6n + 4, the stages are 16, 32 and 64 channels times `widen`. Stem and maps
    are sums without batch norm or ReLU and may be negative; `preact` is what the batch norm
    that reads a map makes of it, taken where it happens, so that its statistics move once.

    Args:
        classes: how many logits.
        channels: of the image.
        depth: 16 or 40 in the papers.
        widen: 1 or 2 in the papers.

    Source:
        Zagoruyko, Komodakis. Wide Residual Networks, 2016. arXiv:1605.07146, dropout 0;
        names and starting values as in RepDistiller (arXiv:1910.10699).
    """

    def __init__(self, classes: int, *, channels: int = 3, depth: int, widen: int) -> None:
        super().__init__()
        repeats = (depth - 4) // 6
        first, second, third = 16 * widen, 32 * widen, 64 * widen
        self.conv1 = convolution(channels, 16, 3)
        self.block1 = Stage(16, first, repeats, 1)
        self.block2 = Stage(first, second, repeats, 2)
        self.block3 = Stage(second, third, repeats, 2)
        self.bn1 = nn.BatchNorm2d(third)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(third, classes)
        self.aliases: Aliases = {
            "logits": "",
            "features": "fc.input",
            "stem": "conv1",
            "maps": ("block1", "block2", "block3"),
            "preact": ("block2.layer.0.bn1", "block3.layer.0.bn1", "bn1"),
        }
        self.another = partial(Stage, third, third, repeats, 1)
        start_convolutions(self)
        nn.init.zeros_(self.fc.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes)."""
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        x = self.relu(self.bn1(x))
        return self.fc(x.mean((2, 3)))
