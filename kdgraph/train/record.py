"""What is logged of every step: kept on the device, fetched together, judged on the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from kdgraph.lower.step import Out
from kdgraph.train.distributed import World
from kdgraph.train.watch import Watch


@dataclass(frozen=True)
class Row:
    """One step in numbers."""

    total: float
    gradient: float
    terms: Mapping[str, float]
    weights: Mapping[str, float]
    statistic: float = 0.0
    """the largest absolute value among the buffers that the forward changed"""

    @property
    def is_finite(self) -> bool:
        """Whether loss, gradient and statistics are numbers that training can go on from."""
        return self.loss_is_finite and _finite(self.statistic)

    @property
    def loss_is_finite(self) -> bool:
        """Whether loss and gradient are."""
        return _finite(self.total) and _finite(self.gradient)

    @property
    def culprit(self) -> str:
        """The first term that is not finite; empty where only the gradient is not."""
        broken = [name for name, value in self.terms.items() if not _finite(value)]
        return broken[0] if broken else "" if _finite(self.total) else "total"


@dataclass
class Recorder:
    """Rows not fetched yet, as tensors of one shape for each set of terms.

    `finite` is the device's own flag: false from the first step on whose loss, gradient or
    statistics are not finite. Nothing waits for it; it masks updates where they are made.

    Attributes:
        watch: looks at what the steps have left, when they are fetched.
        whole: whether that was finite, on all ranks, when it was fetched last.
    """

    world: World
    finite: Tensor
    watch: Watch
    whole: bool = field(default=True, init=False)
    pending: list[Tensor] = field(default_factory=list)
    names: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)

    def note(self, outcome: Out, total: Tensor, gradient: Tensor, statistic: Tensor) -> None:
        """Keep a step's values, without waiting for them."""
        terms, weights = outcome.terms, outcome.weights
        values = [total, gradient, statistic, *terms.values(), *weights.values()]
        row = torch.stack([value.detach().to(self.finite.device, total.dtype) for value in values])
        self.pending.append(row)
        self.names.append((tuple(terms), tuple(weights)))

    def judge(self, *values: Tensor) -> Tensor:
        """Lower the flag if one of these values of a step is not finite; give it, on the device."""
        for value in values:
            self.finite = self.finite & value.detach().isfinite().to(self.finite.device)
        return self.finite

    def fetch(self, votes: Sequence[bool] = ()) -> tuple[list[Row], list[bool]]:
        """All kept rows in one transfer, means over ranks; and whether any rank votes yes."""
        ballot = torch.tensor([float(vote) for vote in votes])
        columns = [row.numel() for row in self.pending]
        place, kind = self.finite.device, self.pending[0].dtype if self.pending else torch.float32
        whole = self.watch.is_whole().to(place, kind).reshape(1)
        sheet = torch.cat([whole, *self.pending, ballot.to(place, kind)])
        numbers: list[float] = self.world.mean(sheet).tolist()
        self.whole = numbers.pop(0) == 1
        rows, start = [], 0
        for (terms, weights), width in zip(self.names, columns, strict=True):
            rows.append(_row(numbers[start : start + width], terms, weights))
            start += width
        self.pending, self.names = [], []
        return rows, [share > 0 for share in numbers[start:]]


def mean(rows: Sequence[Row]) -> Row:
    """The mean of rows: of each term over the steps that had it; weights as they were last."""
    names = dict.fromkeys(name for row in rows for name in row.terms)
    terms = {name: _mean([row.terms[name] for row in rows if name in row.terms]) for name in names}
    return Row(
        total=_mean([row.total for row in rows]),
        gradient=_mean([row.gradient for row in rows]),
        terms=terms,
        weights=rows[-1].weights,
    )


def _row(numbers: Sequence[float], terms: Sequence[str], weights: Sequence[str]) -> Row:
    total, gradient, statistic, *rest = numbers
    split = len(terms)
    return Row(
        total,
        gradient,
        dict(zip(terms, rest[:split], strict=True)),
        dict(zip(weights, rest[split:], strict=True)),
        statistic,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _finite(value: float) -> bool:
    return value - value == 0
