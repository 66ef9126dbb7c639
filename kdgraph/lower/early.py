"""Values that are known before a step's program runs: numbers of the batch, tables, draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from kdgraph.graph.graph import LossGraph
from kdgraph.lower import operations

Value = Tensor | float
INDEXING: dict[str, Callable[..., Value]] = {
    "rows": operations.rows,
    "columns": operations.columns,
    "column": operations.column,
    "slice_columns": operations.slice_columns,
    "slice_rows": operations.slice_rows,
}


@dataclass
class Early:
    """Computes nodes of a graph one by one, for a batch; each draw is made once.

    Attributes:
        known: what the step was given, by name, tables among it.
        draw: makes a draw of its node, given the values in its slots.
    """

    graph: LossGraph
    known: Mapping[str, Tensor | None]
    draw: Callable[[int, dict[str, Value]], Tensor]
    made: dict[int, Value] = field(default_factory=dict)

    def value(self, number: int) -> Value:
        """The value of a node."""
        if number not in self.made:
            self.made[number] = self._computed(number)
        return self.made[number]

    def tensor(self, number: int) -> Tensor:
        """The value of a node that is no plain number."""
        value = self.value(number)
        assert isinstance(value, Tensor)
        return value

    def _computed(self, number: int) -> Value:
        op = self.graph.node(number).op
        if op.name == "const":
            return _number(op.knob("value"))
        if not self.graph.sources(number) and op.knob("site") is None:
            name = str(op.knob("name"))
            value = self.known.get(name)
            if value is None:
                msg = f"this step needs {name!r} before it runs"
                raise TypeError(msg)
            return value
        inside = {slot: self.value(source) for slot, source in self.graph.inputs(number)}
        if op.knob("site") is not None:
            return self.draw(number, inside)
        if op.name in INDEXING:
            return INDEXING[op.name](*inside.values(), *(value for _, value in op.knobs))
        found: Value = operations.SIGNS[op.name](*inside.values())
        return found


def _number(value: object) -> float:
    """A number as an index takes it, whole where it is whole."""
    assert isinstance(value, (int, float))
    return int(value) if float(value).is_integer() else value
