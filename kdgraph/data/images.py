"""A data set as training sees it: examples by number, pixels as uint8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from kdgraph.normalisation import Normalisation

AXES = 4  # images, channels, height, width


@dataclass(frozen=True, eq=False)
class Batch:
    """Some examples: uint8 pixels (b, c, h, w), int64 labels (b,) and their numbers (b,)."""

    pixels: Tensor
    labels: Tensor
    examples: Tensor


class Examples(Protocol):
    """What `Images` in memory and a `Stream` of files have in common."""

    @property
    def labels(self) -> Tensor:
        """The class of every example, int64 (n,)."""

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every class."""

    @property
    def channels(self) -> int:
        """3 for colour, 1 for grey."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""

    def __len__(self) -> int:
        """How many examples."""

    def read(self, batches: Iterable[Tensor]) -> Iterator[Batch]:
        """One batch for each tensor of example numbers, in their order."""


@dataclass(frozen=True, eq=False)
class Images:
    """Images that fit into memory, on any device.

    Args:
        pixels: uint8 (n, c, h, w).
        labels: int64 (n,).
        names: the name of every class.
    """

    pixels: Tensor
    labels: Tensor
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is not images and labels: our fault, not the data's."""
        if self.pixels.dtype != torch.uint8 or self.pixels.dim() != AXES:
            msg = f"pixels are uint8 (n, c, h, w), not {self.pixels.dtype} {self.pixels.shape}"
            raise ValueError(msg)
        if self.labels.dtype != torch.int64 or self.labels.shape != self.pixels.shape[:1]:
            msg = f"labels are int64 ({len(self.pixels)},), not {self.labels.shape}"
            raise ValueError(msg)

    def __len__(self) -> int:
        """How many examples."""
        return len(self.labels)

    @property
    def channels(self) -> int:
        """3 for colour, 1 for grey."""
        return self.pixels.shape[1]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.pixels.shape[2], self.pixels.shape[3]

    def take(self, rows: Tensor) -> Images:
        """Only these examples, numbered anew in this order."""
        return replace(self, pixels=self.pixels[rows], labels=self.labels[rows])

    def relabel(self, labels: Tensor) -> Images:
        """The same images under other labels."""
        return replace(self, labels=labels)

    def to(self, device: torch.device | str) -> Images:
        """The same images on another device."""
        return replace(self, pixels=self.pixels.to(device), labels=self.labels.to(device))

    def read(self, batches: Iterable[Tensor]) -> Iterator[Batch]:
        """One batch for each tensor of example numbers, on the device of the pixels."""
        for numbers in batches:
            examples = numbers.to(self.pixels.device, non_blocking=True)
            pixels = self.pixels.index_select(0, examples)
            yield Batch(pixels, self.labels[examples], examples)


@dataclass(frozen=True, eq=False)
class Split:
    """A training part, a test part, and the statistics of the training pixels.

    `mean` and `std` are of pixels scaled to [0, 1], one number a channel.
    """

    train: Examples
    test: Examples
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def normalisation(self) -> Normalisation:
        """What a model that has learnt nothing elsewhere normalises with."""
        return Normalisation(self.mean, self.std)
