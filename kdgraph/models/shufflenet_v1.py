"""ShuffleNet with three groups, for CIFAR."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.models.aliases import Aliases
from kdgraph.models.convolution import convolution

STEM = 24  # channels, too few to split into groups


def shuffle(x: Tensor, groups: int) -> Tensor:
    """Deal the channels out, one of each group in turn: (a1 a2 b1 b2) to (a1 b1 a2 b2)."""
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


class Bottleneck(nn.Module):
    """Grouped 1×1, shuffle, one 3×3 for each channel, grouped 1×1; added or set beside x.

    With stride 2 the branch makes `outputs − inputs` channels, and x, average pooled,
    follows behind them.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, groups: int = 3) -> None:
        super().__init__()
        branch = outputs - inputs if stride > 1 else outputs
        middle = branch // 4
        self.stride = stride
        self.groups = 1 if inputs == STEM else groups
        self.conv1 = convolution(inputs, middle, 1, groups=self.groups)
        self.bn1 = nn.BatchNorm2d(middle)
        self.relu1 = nn.ReLU()
        self.conv2 = convolution(middle, middle, 3, stride=stride, groups=middle)
        self.bn2 = nn.BatchNorm2d(middle)
        self.relu2 = nn.ReLU()
        self.conv3 = convolution(middle, branch, 1, groups=groups)
        self.bn3 = nn.BatchNorm2d(branch)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(b, inputs, h, w) to (b, outputs, h/stride, w/stride), not negative."""
        h = shuffle(self.relu1(self.bn1(self.conv1(x))), self.groups)
        h = self.relu2(self.bn2(self.conv2(h)))
        h = self.bn3(self.conv3(h))
        if self.stride > 1:
            return self.relu3(torch.cat([h, F.avg_pool2d(x, 3, stride=2, padding=1)], dim=1))
        return self.relu3(h + x)


class ShuffleNetV1(nn.Module):
    """A 1×1 stem, stages of 4, 8 and 4 bottlenecks, global average pooling, a classifier.

    Stages are 240, 480 and 960 channels and start with stride 2. Maps are taken after a
    stage's last ReLU, `preact` is the sum before it.

    Args:
        classes: how many logits.
        channels: of the image.

    Source:
        Zhang, Zhou, Lin, Sun. ShuffleNet, 2017. arXiv:1707.01083, groups 3; stem, names and
        starting values (PyTorch's) as in RepDistiller (arXiv:1910.10699).
    """

    def __init__(self, classes: int, *, channels: int = 3) -> None:
        super().__init__()
        self.conv1 = convolution(channels, STEM, 1)
        self.bn1 = nn.BatchNorm2d(STEM)
        self.relu = nn.ReLU()
        self.layer1 = _stage(STEM, 240, 4)
        self.layer2 = _stage(240, 480, 8)
        self.layer3 = _stage(480, 960, 4)
        self.linear = nn.Linear(960, classes)
        self.aliases: Aliases = {
            "logits": "",
            "features": "linear.input",
            "stem": "relu",
            "maps": ("layer1", "layer2", "layer3"),
            "preact": ("layer1.3.relu3.input", "layer2.7.relu3.input", "layer3.3.relu3.input"),
        }
        self.another = partial(_stage, 960, 960, 4, stride=1)

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes)."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def _stage(inputs: int, outputs: int, blocks: int, *, stride: int = 2) -> nn.Sequential:
    first = Bottleneck(inputs, outputs, stride)
    return nn.Sequential(first, *(Bottleneck(outputs, outputs, 1) for _ in range(blocks - 1)))
