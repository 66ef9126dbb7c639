"""Images of which some have become others, while the data set itself stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from kdgraph.data.images import Batch, Examples, Images

CHUNK = 256
"""examples that are read, mixed and kept at once"""


@dataclass(eq=False)
class Pool:
    """A data set with its own pixels for some examples, laid over those of the data set.

    Only what was changed is kept, on the device of the data set's pixels: nothing on disk is
    written, and nobody else who reads the data set sees a difference. Works for images in
    memory and for a stream alike.

    Args:
        base: the data set.
        slots: for each example the row of `pixels` that is its own, or −1, int64 (n,).
        pixels: uint8 (m, c, h, w).
    """

    base: Examples
    slots: Tensor = field(init=False)
    pixels: Tensor = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the data set's own pixels."""
        place = self.base.pixels.device if isinstance(self.base, Images) else torch.device("cpu")
        self.slots = torch.full((len(self.base),), -1, dtype=torch.int64, device=place)
        shape = (0, self.base.channels, *self.base.size)
        self.pixels = torch.empty(shape, dtype=torch.uint8, device=place)

    def __len__(self) -> int:
        """How many examples."""
        return len(self.base)

    @property
    def labels(self) -> Tensor:
        """The class of every example: that of the data set, whatever its pixels have become."""
        return self.base.labels

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every class."""
        return self.base.names

    @property
    def channels(self) -> int:
        """3 for colour, 1 for grey."""
        return self.base.channels

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.base.size

    def read(self, batches: Iterable[Tensor]) -> Iterator[Batch]:
        """One batch for each tensor of example numbers, in their order."""
        for batch in self.base.read(batches):
            yield self._laid_over(batch) if len(self.pixels) else batch

    def now(self, examples: Tensor) -> Iterator[Tensor]:
        """The pixels of these examples as they are now, some at a time."""
        for batch in self.read(examples.split(CHUNK)):
            yield batch.pixels

    def change(self, examples: Tensor, pixels: Tensor) -> None:
        """Give each of these examples, all different, its own pixels."""
        examples = examples.to(self.slots.device)
        new = examples[self.slots[examples] < 0]
        start = len(self.pixels)
        self.slots[new] = torch.arange(start, start + len(new), device=self.slots.device)
        self.pixels = torch.cat([self.pixels, self.pixels.new_empty(len(new), *pixels.shape[1:])])
        self.pixels[self.slots[examples]] = pixels.to(self.pixels.device)

    def state(self) -> dict[str, Tensor]:
        """What was changed."""
        return {"slots": self.slots, "pixels": self.pixels}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` gave."""
        self.slots = state["slots"].to(self.slots.device)
        self.pixels = state["pixels"].to(self.pixels.device)

    def _laid_over(self, batch: Batch) -> Batch:
        slots = self.slots[batch.examples.to(self.slots.device)]
        own = self.pixels[slots.clamp(min=0)].to(batch.pixels.device)
        changed = (slots >= 0).to(batch.pixels.device)[:, None, None, None]
        return replace(batch, pixels=torch.where(changed, own, batch.pixels))
