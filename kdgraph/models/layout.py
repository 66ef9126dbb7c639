"""What a network's taps measure, worked out without building it."""

from __future__ import annotations

from dataclasses import dataclass

TALL = 64  # pixels; VGG pools such images once more
Shape = tuple[int, ...]
Sizes = dict[str, Shape | tuple[Shape, ...]]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Widths and strides of a network's stem and stages.

    Attributes:
        stem: width and stride of the tap f0.
        stages: width and stride of each of f1…fL, the stride seen from the one before.
        features: length of the pooled vector that the classifier sees.
        pools: sizes are halved by max pooling, which rounds down; convolutions round up.
        pools_tall: images `TALL` pixels high are pooled once more, before the last stage.
    """

    stem: tuple[int, int]
    stages: tuple[tuple[int, int], ...]
    features: int
    pools: bool = False
    pools_tall: bool = False

    def maps(self, height: int, width: int) -> tuple[Shape, ...]:
        """Channels, height and width of f0…fL for an image of this size."""
        shapes: list[Shape] = []
        at = (height, width)
        for index, (channels, stride) in enumerate((self.stem, *self.stages)):
            last = index == len(self.stages)
            step = 2 if self.pools_tall and last and height == TALL else stride
            at = (self._shrink(at[0], step), self._shrink(at[1], step))
            shapes.append((channels, *at))
        return tuple(shapes)

    def _shrink(self, size: int, stride: int) -> int:
        return size // stride if self.pools else -(-size // stride)
