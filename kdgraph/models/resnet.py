"""Residual networks for CIFAR: resnet8 to resnet110, and resnet8x4, resnet32x4."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from kdgraph.models.aliases import Aliases
from kdgraph.models.convolution import convolution, start_convolutions


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a way around them, added before the last ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = convolution(inputs, outputs, 3, stride=stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = convolution(outputs, outputs, 3)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu2 = nn.ReLU()
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            shortcut = convolution(inputs, outputs, 1, stride=stride)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(b, inputs, h, w) to (b, outputs, h/stride, w/stride), not negative."""
        h = self.relu1(self.bn1(self.conv1(x)))
        h = self.bn2(self.conv2(h))
        return self.relu2(h + self.downsample(x))


class ResNet(nn.Module):
    """A stem, three stages of n basic blocks, global average pooling, a linear classifier.

    The depth is 6n + 2. Stages 2 and 3 start with stride 2. Maps are taken after a
    stage's last ReLU, `preact` is the sum before it.

    Args:
        classes: how many logits.
        channels: of the image.
        depth: 8, 14, 20, 32, 44, 56 or 110 in the papers.
        widths: of the stem and the stages: (16, 16, 32, 64), or (32, 64, 128, 256) for x4.

    Source:
        He, Zhang, Ren, Sun. Deep Residual Learning for Image Recognition, 2015.
        arXiv:1512.03385, section 4.2; names and starting values as in RepDistiller
        (arXiv:1910.10699), so that its checkpoints load.
    """

    def __init__(
        self, classes: int, *, channels: int = 3, depth: int, widths: tuple[int, int, int, int]
    ) -> None:
        super().__init__()
        repeats = (depth - 2) // 6
        stem, first, second, third = widths
        self.conv1 = convolution(channels, stem, 3)
        self.bn1 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU()
        self.layer1 = _stage(stem, first, repeats, stride=1)
        self.layer2 = _stage(first, second, repeats, stride=2)
        self.layer3 = _stage(second, third, repeats, stride=2)
        self.fc = nn.Linear(third, classes)
        self.aliases: Aliases = {
            "logits": "",
            "features": "fc.input",
            "stem": "relu",
            "maps": ("layer1", "layer2", "layer3"),
            "preact": tuple(f"layer{stage}.{repeats - 1}.relu2.input" for stage in (1, 2, 3)),
        }
        self.another = partial(_stage, third, third, repeats, stride=1)
        start_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes)."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def _stage(inputs: int, outputs: int, repeats: int, *, stride: int) -> nn.Sequential:
    first = BasicBlock(inputs, outputs, stride)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs, 1) for _ in range(repeats - 1)))
