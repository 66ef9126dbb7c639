"""Where the stages of a network in one row end, found by its strides."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Stages:
    """Positions in a row of layers: the stem, then the last layer at each later size."""

    stem: str
    maps: tuple[str, ...]


def stages(row: nn.Sequential) -> Stages:
    """Split a row of layers where a layer strides; each part's last layer is its map.

    The stem is the first layer, or all of the first part where that layer is a bare
    convolution, as in VGG. What only prepares the classifier is no stage: a last pool, or a
    last 1×1 convolution of a network of blocks.

    >>> layers = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3), nn.ReLU()
    >>> stages(nn.Sequential(*layers))
    Stages(stem='1', maps=('4',))
    """
    layers = list(row.named_children())
    if type(layers[-1][1]) is type(layers[0][1]) or isinstance(layers[-1][1], nn.MaxPool2d):
        layers.pop()
    starts = [index for index, (_, layer) in enumerate(layers) if index and _strides(layer)]
    ends = [layers[index - 1][0] for index in (*starts, len(layers))]
    first = layers[0][0]
    stem = ends[0] if isinstance(layers[0][1], nn.Conv2d) else first
    return Stages(stem=stem, maps=tuple(end for end in ends if end != stem))


def _strides(layer: nn.Module) -> bool:
    return any(
        max(_pair(part.stride)) > 1
        for part in layer.modules()
        if isinstance(part, nn.Conv2d | nn.MaxPool2d)
    )


def _pair(stride: int | tuple[int, ...]) -> tuple[int, ...]:
    return (stride,) if isinstance(stride, int) else stride
