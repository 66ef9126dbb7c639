"""The batches of an epoch: which examples, in which order, where this rank's rows lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from kdgraph.data.batches import batches, steps
from kdgraph.data.images import Batch, Examples, Images
from kdgraph.data.stream import Stream
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.batch import BatchOfOne, NoBatches, UnevenBatch
from kdgraph.lang.protocol import Training
from kdgraph.lower.frozen import awake
from kdgraph.train.distributed import World

ROOM = 0.5
"""share of a GPU's free memory that a data set may take"""


@dataclass(frozen=True)
class Feed:
    """How the examples of a training set become batches.

    Args:
        examples: the training set.
        training: batch size and what happens to a short last batch.
        world: every rank takes equally many rows of a batch.
        device: where the batches go.
        least: fewest rows of a batch: 2 where batch norm trains.
    """

    examples: Examples
    training: Training
    world: World
    device: torch.device
    least: int

    def __post_init__(self) -> None:
        """Refuse a batch that the ranks cannot share out."""
        if self.training.batch % self.world.size:
            raise RecipeError(UnevenBatch(batch=self.training.batch, world=self.world.size))

    def left_out(self, n: int) -> int:
        """How many of n examples sit out so that all ranks have equally many rows."""
        return (n % self.training.batch) % self.world.size

    def count(self, n: int) -> int:
        """How many batches n examples make, at least one."""
        even = n - self.left_out(n)
        training, fewest = self.training, self.least * self.world.size
        if training.batch < fewest:
            raise RecipeError(BatchOfOne(batch=training.batch, fewest=fewest))
        found = steps(
            even,
            batch=training.batch,
            drop_last=training.drop_last,
            least=self.least,
            world=self.world.size,
        )
        if not found:
            raise RecipeError(NoBatches(examples=n, batch=training.batch))
        return found

    def images(self, numbers: Tensor) -> Tensor:
        """The images of these examples, wherever in the epoch they come: `image[j]`."""
        if isinstance(self.examples, Stream):  # decoded here and now
            return self.examples.pixels(numbers.tolist()).to(self.device, non_blocking=True)
        there = numbers if isinstance(self.examples, Images) else numbers.cpu()
        return next(iter(self.examples.read([there]))).pixels.to(self.device, non_blocking=True)

    def read(self, numbers: Tensor, *, skip: int = 0) -> Iterator[Batch]:
        """This rank's rows of the batches of an epoch, from the one after `skip` on."""
        n = len(numbers)
        even = numbers[: n - self.left_out(n)]
        rest = even[skip * self.training.batch :]
        shares = batches(
            rest,
            batch=self.training.batch,
            drop_last=self.training.drop_last,
            least=self.least,
            rank=self.world.rank,
            world=self.world.size,
        )
        for batch in self.examples.read(shares):
            yield Batch(
                batch.pixels.to(self.device, non_blocking=True),
                batch.labels.to(self.device, non_blocking=True),
                batch.examples.to(self.device, non_blocking=True),
            )


def fewest_rows(step: nn.Module) -> int:
    """How many rows a batch needs: two where batch norm trains, which one row would stop."""
    return 2 if any(isinstance(one, _BatchNorm) for one in awake(step)) else 1


def near(examples: Examples, device: torch.device) -> Examples:
    """Keep the pixels on the device for the whole run, if they leave room there."""
    if not isinstance(examples, Images) or device.type == "cpu":
        return examples
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        if examples.pixels.nbytes > ROOM * free:
            return examples
    return examples.to(device)


def pieces(batch: Batch, count: int, *, least: int) -> list[Batch]:
    """A batch in `count` parts, fewer where a part would have less than `least` rows."""
    parts = min(count, max(1, len(batch.labels) // least))
    if parts == 1:
        return [batch]
    columns = (batch.pixels, batch.labels, batch.examples)
    split = [column.tensor_split(parts) for column in columns]
    return [Batch(*row) for row in zip(*split, strict=True)]
