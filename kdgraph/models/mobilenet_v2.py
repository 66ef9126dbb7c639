"""MobileNetV2 at half width, with strides for small images."""

from __future__ import annotations

from torch import Tensor, nn

from kdgraph.models.aliases import Aliases
from kdgraph.models.convolution import convolution, start_convolutions

# expansion, channels, blocks, stride of the first block
GROUPS = (
    (1, 8, 1, 1),
    (6, 12, 2, 1),
    (6, 16, 3, 2),
    (6, 32, 4, 2),
    (6, 48, 3, 1),
    (6, 80, 3, 2),
    (6, 160, 1, 1),
)


class InvertedResidual(nn.Module):
    """Widen by a 1×1, filter each channel, narrow by a 1×1 without ReLU; add what fits."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.adds = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            convolution(inputs, wide, 1),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            convolution(wide, wide, 3, stride=stride, groups=wide),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            convolution(wide, outputs, 1),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(b, inputs, h, w) to (b, outputs, h/stride, w/stride), of either sign."""
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    """A stem of stride 2, seven groups of inverted residuals, a 1×1 to 1280, a classifier.

    Maps are the outputs of groups 1, 2, 4 and 6, which end without a ReLU: they may be
    negative, and `preact` is the same. ReLUs are plain, not ReLU6, and the first group has its
    expanding convolution although it does not expand.

    Args:
        classes: how many logits.
        channels: of the image.

    Source:
        Sandler, Howard, Zhu, Zhmoginov, Chen. MobileNetV2, 2018. arXiv:1801.04381; strides,
        names and starting values as in RepDistiller (arXiv:1910.10699).
    """

    def __init__(self, classes: int, *, channels: int = 3) -> None:
        super().__init__()
        widths = [16, *(group[1] for group in GROUPS)]
        self.conv1 = nn.Sequential(
            convolution(channels, 16, 3, stride=2), nn.BatchNorm2d(16), nn.ReLU()
        )
        self.blocks = nn.Sequential(
            *(_group(inputs, *group) for inputs, group in zip(widths, GROUPS, strict=False))
        )
        self.conv2 = nn.Sequential(
            convolution(widths[-1], 1280, 1), nn.BatchNorm2d(1280), nn.ReLU()
        )
        linear = nn.Linear(1280, classes)
        self.classifier = nn.Sequential(linear)
        maps = tuple(f"blocks.{group}" for group in (1, 2, 4, 6))
        self.aliases: Aliases = {
            "logits": "",
            "features": "classifier.0.input",
            "stem": "conv1",
            "maps": maps,
            "preact": maps,
        }
        self.another = _last_stage
        start_convolutions(self)
        nn.init.normal_(linear.weight, std=0.01)
        nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes)."""
        x = self.conv2(self.blocks(self.conv1(x)))
        return self.classifier(x.mean((2, 3)))


def _last_stage() -> nn.Sequential:
    """The last two groups once more, from their own width and without a stride."""
    (expansion, middle, blocks, _), last = GROUPS[-2:]
    first = _group(last[1], expansion, middle, blocks, 1)
    return nn.Sequential(first, _group(middle, *last))


def _group(inputs: int, expansion: int, outputs: int, blocks: int, stride: int) -> nn.Sequential:
    first = InvertedResidual(inputs, outputs, expansion, stride)
    rest = (InvertedResidual(outputs, outputs, expansion, 1) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)
