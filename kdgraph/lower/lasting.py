"""What a step needs to know beyond one batch: the data set, the stage, how memory begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from kdgraph.graph.graph import LossGraph


@dataclass(frozen=True, eq=False)
class Lasting:
    """Facts that memory and draws are made with.

    Attributes:
        examples: how many training examples there are; None for as many as labels.
        labels: of all training examples, int64, for draws of other classes.
        stage: number or name of the stage, which its draws are a function of.
        first: the graph of the first step, where it is another.
        starts: memory whose start is given to the step instead of being drawn, by the name
            that it is given under.
        tables: what earlier stages have computed, by their names.
    """

    examples: int | None = None
    labels: Tensor | None = None
    stage: int | str = 1
    first: LossGraph | None = None
    starts: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Tensor] = field(default_factory=dict)

    def count(self, known: int | None) -> int | None:
        """How many examples there are, as far as anything says so."""
        if self.examples is not None:
            return self.examples
        return known if self.labels is None else len(self.labels)

    @property
    def groups(self) -> int | None:
        """How many classes the labels are of, counted by the highest one."""
        return None if self.labels is None else int(self.labels.max()) + 1
