r"""What each example has been worth so far: a running mean of its values, and their number.

$$ V \leftarrow V\,\frac{F-1}{F} + \frac{v}{F}, \qquad F \leftarrow F + 1 \text{ before it} $$
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(eq=False)
class Worth:
    """V and F of every example, by its number in the data set.

    A value that is not finite is not counted, and neither is one of a step that was not carried
    out. A value of zero is one like any other. What an example was worth when it was last seen
    stays as it is while it is left out.

    Args:
        examples: how many there are.
        device: where values are noted, without waiting for them.
    """

    examples: int
    device: torch.device
    mean: Tensor = field(init=False)
    count: Tensor = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing seen."""
        place = torch.device("cpu") if self.device.type == "mps" else self.device  # no float64
        self.mean = torch.zeros(self.examples, dtype=torch.float64, device=place)
        self.count = torch.zeros(self.examples, dtype=torch.int64, device=place)

    @torch.no_grad()
    def note(self, examples: Tensor, values: Tensor, finite: Tensor) -> None:
        """Add a value for each of these examples, all different.

        Args:
            examples: their numbers, int64 (b,).
            values: (b,).
            finite: whether the step was carried out, a flag on the device.
        """
        place = self.mean.device
        examples, values = examples.to(place), values.detach().to(place, torch.float64)
        counted = values.isfinite() & finite.to(place)
        before, count = self.mean[examples], self.count[examples] + counted
        change = torch.where(counted, (values - before) / count.clamp(min=1), 0.0)
        self.mean[examples] = before + change
        self.count[examples] = count

    def scores(self, *, cost: float, unit: float) -> Tensor:
        r"""What the examples are ranked by, float64 (n,) on the CPU: $V \cdot (F/u)^\alpha$.

        One that was never seen comes before all others: nothing says that it is known.

        Args:
            cost: the power $\alpha$; above 0, of two examples of one value the one that was
                seen more often comes first.
            unit: $u$, of frequencies; it moves no rank.
        """
        mean, count = self.mean.cpu(), self.count.cpu()
        scores = mean * (count.double() / unit).pow(cost)
        return torch.where(count > 0, scores, torch.inf)

    def state(self) -> dict[str, Tensor]:
        """Means and numbers."""
        return {"mean": self.mean, "count": self.count}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` gave."""
        self.mean.copy_(state["mean"])
        self.count.copy_(state["count"])


def ranked(scores: Tensor) -> Tensor:
    """The examples from the highest score to the lowest; of equal ones the lower number first.

    >>> ranked(torch.tensor([1.0, 3.0, 1.0, 2.0])).tolist()
    [1, 3, 0, 2]
    """
    return scores.sort(descending=True, stable=True).indices
