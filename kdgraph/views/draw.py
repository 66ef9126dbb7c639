r"""Random numbers that are a function of where they are asked for, not of when.

Number k of a row is a hash of (seed, stage, epoch, site, example, row, k): the generator
SplitMix64, started anew for each row. So the order of a batch, its size and the ranks it is
spread over change nobody's draw, and a run taken up again draws what it would have drawn.
The arithmetic is on 64-bit whole numbers, which is exact on every device.

Source:
    Steele, Lea, Flood. Fast splittable pseudorandom number generators, 2014.
    doi:10.1145/2660193.2660195.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b

import torch
from torch import Tensor

GOLDEN = 0x9E3779B97F4A7C15
SILVER = 0xD1342543DE82EF95  # odd, and no small multiple of GOLDEN
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@dataclass(frozen=True, eq=False)
class Draw:
    """The randomness of one place in a recipe, for one batch.

    Args:
        seed: of the run.
        stage: number or name of the stage.
        epoch: of the stage.
        site: number of the place, from `kdgraph.views.site.site`.
        examples: the examples' numbers in the data set, int64 (b,), on the images' device.
        rows: rows of each image, one after the other.
    """

    seed: int
    stage: int | str
    epoch: int
    site: int
    examples: Tensor
    rows: int = 1

    def of(self, examples: Tensor) -> Draw:
        """The randomness of other examples at the same place."""
        return replace(self, examples=examples)

    def apart(self) -> Draw:
        """A second stream of numbers at the same place."""
        return replace(self, site=~self.site)

    def uniform(self, n: int) -> Tensor:
        """Numbers in [0, 1), float32 (b·rows, n): multiples of 2⁻²⁴."""
        return (self.bits(n) >> 40 & 0xFFFFFF).to(torch.float32) * 2.0**-24

    def integers(self, high: int, n: int) -> Tensor:
        """Whole numbers from 0 to high - 1, int64 (b·rows, n); `high` is at most 2³¹."""
        return (self.bits(n) >> 32 & 0xFFFFFFFF) * high >> 32

    def bits(self, n: int) -> Tensor:
        """64 random bits each, int64 (b·rows, n)."""
        device = self.examples.device
        state = self.examples * _signed(GOLDEN) + self._key()
        if self.rows > 1:
            each = torch.arange(self.rows, device=device) * _signed(SILVER)
            state = (state[:, None] + each).flatten()
        steps = torch.arange(1, n + 1, device=device) * _signed(GOLDEN)
        return mixed(mixed(state)[:, None] + steps)

    def _key(self) -> int:
        place = repr((self.seed, self.stage, self.epoch, self.site))
        return int.from_bytes(
            blake2b(place.encode(), digest_size=8).digest(), "little", signed=True
        )


def mixed(z: Tensor) -> Tensor:
    """SplitMix64's finaliser on int64: every bit of the input moves every bit of the output."""
    z = (z ^ _shifted(z, 30)) * _signed(FIRST)
    z = (z ^ _shifted(z, 27)) * _signed(SECOND)
    return z ^ _shifted(z, 31)


def _shifted(z: Tensor, by: int) -> Tensor:
    """Shift right with zeros; `>>` on int64 alone would repeat the sign."""
    return z >> by & (1 << 64 - by) - 1


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word
