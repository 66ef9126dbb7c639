"""ShuffleNetV2 at full width, for CIFAR."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from kdgraph.models.aliases import Aliases
from kdgraph.models.convolution import convolution
from kdgraph.models.shufflenet_v1 import shuffle


class DownBlock(nn.Module):
    """Two branches, of stride 2 as a rule, set beside each other and shuffled."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        half = outputs // 2
        self.conv1 = convolution(inputs, inputs, 3, stride=stride, groups=inputs)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv2 = convolution(inputs, half, 1)
        self.bn2 = nn.BatchNorm2d(half)
        self.relu2 = nn.ReLU()
        self.conv3 = convolution(inputs, half, 1)
        self.bn3 = nn.BatchNorm2d(half)
        self.relu3 = nn.ReLU()
        self.conv4 = convolution(half, half, 3, stride=stride, groups=half)
        self.bn4 = nn.BatchNorm2d(half)
        self.conv5 = convolution(half, half, 1)
        self.bn5 = nn.BatchNorm2d(half)
        self.relu5 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(b, inputs, h, w) to (b, outputs, h/stride, w/stride), not negative."""
        left = self.relu2(self.bn2(self.conv2(self.bn1(self.conv1(x)))))
        right = self.relu3(self.bn3(self.conv3(x)))
        right = self.relu5(self.bn5(self.conv5(self.bn4(self.conv4(right)))))
        return shuffle(torch.cat([left, right], dim=1), 2)


class BasicBlock(nn.Module):
    """Half of the channels pass, the other half is filtered; then both are shuffled.

    The last ReLU stands over both halves. The first is not negative, so it passes as it
    is, and the ReLU's input is the tap `preact`: both halves in order, not yet shuffled.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        self.conv1 = convolution(half, half, 1)
        self.bn1 = nn.BatchNorm2d(half)
        self.relu1 = nn.ReLU()
        self.conv2 = convolution(half, half, 3, groups=half)
        self.bn2 = nn.BatchNorm2d(half)
        self.conv3 = convolution(half, half, 1)
        self.bn3 = nn.BatchNorm2d(half)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(b, width, h, w) to the same size, not negative if x is not."""
        left, right = x.chunk(2, dim=1)
        h = self.relu1(self.bn1(self.conv1(right)))
        h = self.bn3(self.conv3(self.bn2(self.conv2(h))))
        return shuffle(self.relu3(torch.cat([left, h], dim=1)), 2)


class ShuffleNetV2(nn.Module):
    """A 1×1 stem, stages of 4, 8 and 4 blocks, a 1×1 to 1024, pooling, a classifier.

    Stages are 116, 232 and 464 channels and start with a block of stride 2. `preact` has
    its channels in another order than `maps`: it is taken before the shuffle.

    Args:
        classes: how many logits.
        channels: of the image.

    Source:
        Ma, Zhang, Zheng, Sun. ShuffleNet V2, 2018. arXiv:1807.11164; stem, names and starting
        values (PyTorch's) as in RepDistiller (arXiv:1910.10699).
    """

    def __init__(self, classes: int, *, channels: int = 3) -> None:
        super().__init__()
        self.conv1 = convolution(channels, 24, 1)
        self.bn1 = nn.BatchNorm2d(24)
        self.relu1 = nn.ReLU()
        self.layer1 = _stage(24, 116, 4)
        self.layer2 = _stage(116, 232, 8)
        self.layer3 = _stage(232, 464, 4)
        self.conv2 = convolution(464, 1024, 1)
        self.bn2 = nn.BatchNorm2d(1024)
        self.relu2 = nn.ReLU()
        self.linear = nn.Linear(1024, classes)
        self.aliases: Aliases = {
            "logits": "",
            "features": "linear.input",
            "stem": "relu1",
            "maps": ("layer1", "layer2", "layer3"),
            "preact": ("layer1.3.relu3.input", "layer2.7.relu3.input", "layer3.3.relu3.input"),
        }
        self.another = partial(_stage, 464, 464, 4, stride=1)

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes)."""
        x = self.relu1(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        x = self.relu2(self.bn2(self.conv2(x)))
        return self.linear(x.mean((2, 3)))


def _stage(inputs: int, outputs: int, blocks: int, *, stride: int = 2) -> nn.Sequential:
    down = DownBlock(inputs, outputs, stride)
    return nn.Sequential(down, *(BasicBlock(outputs) for _ in range(blocks - 1)))
