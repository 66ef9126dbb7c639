"""ImageNet's ResNet-50 with a stem for small images."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from kdgraph.models.aliases import Aliases
from kdgraph.models.convolution import convolution, start_convolutions


class Bottleneck(nn.Module):
    """1×1 to narrow, 3×3 with the stride, 1×1 to four times the width; added before a ReLU."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1 = convolution(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = convolution(width, width, 3, stride=stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = convolution(width, outputs, 1)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu3 = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            project = convolution(inputs, outputs, 1, stride=stride)
            self.shortcut = nn.Sequential(project, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(b, inputs, h, w) to (b, 4·width, h/stride, w/stride), not negative."""
        h = self.relu1(self.bn1(self.conv1(x)))
        h = self.relu2(self.bn2(self.conv2(h)))
        h = self.bn3(self.conv3(h))
        return self.relu3(h + self.shortcut(x))


class ResNet50(nn.Module):
    """A 3×3 stem without pooling, four stages of bottlenecks, pooling, a classifier.

    Stages are 256, 512, 1024 and 2048 channels, 3, 4, 6 and 3 blocks; the last three start
    with stride 2. Maps are taken after a stage's last ReLU, `preact` is the sum before it.

    Args:
        classes: how many logits.
        channels: of the image.

    Source:
        He, Zhang, Ren, Sun. Deep Residual Learning for Image Recognition, 2015.
        arXiv:1512.03385, table 1; stem, names and starting values as in RepDistiller
        (arXiv:1910.10699).
    """

    def __init__(self, classes: int, *, channels: int = 3) -> None:
        super().__init__()
        self.conv1 = convolution(channels, 64, 3)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.layer1 = _stage(64, 64, 3, stride=1)
        self.layer2 = _stage(256, 128, 4, stride=2)
        self.layer3 = _stage(512, 256, 6, stride=2)
        self.layer4 = _stage(1024, 512, 3, stride=2)
        self.linear = nn.Linear(2048, classes)
        self.aliases: Aliases = {
            "logits": "",
            "features": "linear.input",
            "stem": "relu",
            "maps": ("layer1", "layer2", "layer3", "layer4"),
            "preact": (
                "layer1.2.relu3.input",
                "layer2.3.relu3.input",
                "layer3.5.relu3.input",
                "layer4.2.relu3.input",
            ),
        }
        self.another = partial(_stage, 2048, 512, 3, stride=1)
        start_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes)."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.linear(x.mean((2, 3)))


def _stage(inputs: int, width: int, blocks: int, *, stride: int) -> nn.Sequential:
    first = Bottleneck(inputs, width, stride)
    return nn.Sequential(first, *(Bottleneck(4 * width, width, 1) for _ in range(blocks - 1)))
