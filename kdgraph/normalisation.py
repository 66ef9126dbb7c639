"""What a network's pixels are normalised with: it goes with the weights that were so trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MEAN = "numbers from 0 to 1, one for each channel"
STD = "numbers above 0 and up to 1, one for each channel"


@dataclass(frozen=True)
class Normalisation:
    """Mean and deviation of pixels scaled to [0, 1], one number a channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse numbers that no pixels have.

        Raises:
            ValueError: with what is wrong, in words for a person.
        """
        if not is_mean(self.mean):
            msg = f"`mean` takes {MEAN}"
            raise ValueError(msg)
        if not is_std(self.std):
            msg = f"`std` takes {STD}"
            raise ValueError(msg)
        if len(self.mean) != len(self.std):
            msg = f"`mean` has {len(self.mean)} and `std` {len(self.std)} numbers"
            raise ValueError(msg)

    def __str__(self) -> str:
        """Short, and as exact as the arithmetic.

        >>> str(Normalisation((0.5, 1 / 3), (0.25, 0.25)))
        'mean 0.5 0.33333333, std 0.25 0.25'
        """
        parts = (("mean", self.mean), ("std", self.std))
        return ", ".join(f"{name} {' '.join(f'{one:.8g}' for one in of)}" for name, of in parts)

    @property
    def facts(self) -> dict[str, list[float]]:
        """Mean and std as JSON says them, to be kept beside weights."""
        return {"mean": list(self.mean), "std": list(self.std)}


def is_mean(numbers: Sequence[float]) -> bool:
    """Whether these can be means of pixels from 0 to 1: those of 0 to 255 and NaN are not."""
    return bool(numbers) and all(0 <= one <= 1 for one in numbers)


def is_std(numbers: Sequence[float]) -> bool:
    """Whether these can be deviations of pixels from 0 to 1."""
    return bool(numbers) and all(0 < one <= 1 for one in numbers)
