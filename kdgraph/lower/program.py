"""A lean graph to a `torch.fx.GraphModule` whose code speaks the recipe's names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, fx, nn

from kdgraph.graph.axes import by_rows
from kdgraph.graph.graph import LossGraph, Node, Op
from kdgraph.lower import operations
from kdgraph.lower.clock import Clock
from kdgraph.lower.frozen import everything
from kdgraph.lower.memories import Kept, build_memory
from kdgraph.lower.parts import build_part, path_of, place
from kdgraph.lower.ranks import Ranks
from kdgraph.lower.schedule import scheduled
from kdgraph.lower.spelling import spelled
from kdgraph.modules.bn import Pooled
from kdgraph.registry import REGISTRY

PLAIN = {
    "transpose": operations.transpose,
    "columns": operations.columns,
    "rows": operations.rows,
}
COUNTED = {
    "origin": operations.origin,
    "part": operations.part,
    "row_count": operations.row_count,
}
KNOBBED = {
    "column": operations.column,
    "size": operations.size,
    "slice_columns": operations.slice_columns,
    "slice_rows": operations.slice_rows,
    "each_row": operations.each_row,
}


@dataclass(frozen=True)
class Wiring:
    """What a graph is lowered with.

    Attributes:
        applied: modules of networks that are applied to values, by model and path.
        readers: the networks, by the model's name and whether its run is cut.
        slices: views that are one row of each image of another view: name → (view, row, rows).
        ranks: how ranks tell one another their values; None for one process.
        examples: how many training examples there are, if that is known.
    """

    readers: dict[str, nn.Module]
    applied: dict[tuple[str, str], nn.Module] = field(default_factory=dict)
    seed: int = 0
    dtype: torch.dtype = torch.float32
    ranks: Ranks | None = None
    examples: int | None = None


@dataclass
class Emitter:
    """Writes the nodes of a loss graph into an fx graph, one by one."""

    graph: LossGraph
    wiring: Wiring
    code: fx.Graph = field(default_factory=fx.Graph)
    root: nn.Module = field(default_factory=nn.Module)
    made: dict[int, object] = field(default_factory=dict)
    times: dict[str, fx.Node] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    records: dict[int, fx.Node] = field(default_factory=dict)

    def program(self) -> fx.GraphModule:
        """The whole step: networks, taps, terms, total."""
        self.root.add_module("clock", Clock(self.wiring.dtype))
        for name, reader in self.wiring.readers.items():
            self.root.add_module(spelled(name), reader)
        for number, name in self.graph.fed().items():
            self._placeholder(number, name)
        for number in scheduled(self.graph):
            if number not in self.made:
                self.made[number] = self._emit(number, self.graph.node(number))
        self.code.output(self._result())
        made = fx.GraphModule(self.root, self.code, class_name="Program")
        made.clock = self.root.clock
        return made

    def _placeholder(self, number: int, name: str) -> None:
        self.made[number] = self.code.placeholder(spelled(name))

    def _result(self) -> dict[str, object]:
        """What the program gives: the total, every term and weight, and other outputs."""
        terms = {term.name: self.made[term.value] for term in self.graph.terms}
        weights = {term.name: self.made[term.weight] for term in self.graph.terms}
        total: object = None
        for name, value in terms.items():
            weight = weights[name]
            product = (
                value
                if weight == 1.0 and isinstance(weight, float)
                else self._call(operations.SIGNS["mul"], weight, value)
            )
            total = (
                product if total is None else self._call(operations.SIGNS["add"], total, product)
            )
        if isinstance(total, fx.Node):
            _rename(total, "total")
        outputs = {name: self.made[number] for name, number in self.graph.outputs.items()}
        return {
            "total": total, "terms": terms, "weights": weights, "outputs": outputs,
            "writes": self._writes(),
        }  # fmt: skip

    def _writes(self) -> dict[str, dict[str, object]]:
        """What memory will be written with, by memory and slot."""
        found: dict[str, dict[str, object]] = {}
        for number in self.graph.find("write"):
            name = str(self.graph.node(number).op.knob("name"))
            found[name] = {
                slot: self._call(operations.detached, self.made[source])
                for slot, source in self.graph.inputs(number)
            }
        return found

    def _call(self, function: Callable[..., object], *args: object) -> fx.Node:
        return self.code.call_function(function, args)

    def _emit(self, number: int, node: Node) -> object:
        """One node; numbers stay Python numbers."""
        before = len(self.code.nodes)
        value = self._value(number, node)
        if isinstance(value, fx.Node):
            if node.name:
                _rename(value, node.name)
            for fresh in list(self.code.nodes)[before:]:
                _mark(fresh, node)
        return value

    def _value(self, number: int, node: Node) -> object:
        op, inside = node.op, [self.made[one] for one in self.graph.sources(number)]
        match op.name:
            case "const":
                return op.knob("value")
            case "clock":
                return self._time(str(op.knob("name")))
            case "run":
                return self._run(number, reader_name(op), str(op.knob("model")))
            case "take":
                return self._take(number, node)
            case "param":
                return self.code.call_module(self._part(number, node), ())
            case "origin" | "part" | "row_count":
                return self._counted(op, inside[0])
            case "gather_rows" | "pool_rows" | "total_rows" | "own_rows":
                return self._shared(number, op, inside)
            case "apply":
                return self._applied(node, inside[0])
            case "write":
                return None
            case "recall":
                return self._recalled(number, node, inside)
            case "field":
                record = self.records[self.graph.sources(number)[0]]
                return self.code.call_function(_item, (record, op.knob("at")))
        if op.name in operations.SIGNS:
            return self._call(operations.SIGNS[op.name], *self._matched(number, inside))
        if op.name in PLAIN:
            return self._call(PLAIN[op.name], *inside)
        if op.name in KNOBBED:
            knobs = tuple(value for _, value in op.knobs)
            return self._call(KNOBBED[op.name], inside[0], *knobs)
        return self._word(number, node, inside)

    def _time(self, name: str) -> fx.Node:
        if not self.times:
            clock = self.code.call_module("clock", ())
            for place_, word in enumerate(("epoch", "epochs", "step")):
                self.times[word] = self.code.call_function(_item, (clock, place_))
        return self.times[name]

    def _run(self, number: int, reader: str, model: str) -> fx.Node:
        views = [self.made[one] for one in self.graph.sources(number)]
        batch = views[0] if len(views) == 1 else self._call(operations.joined, *views)
        made = self.code.call_module(spelled(reader), (batch,))
        _rename(made, f"{model}_taps")
        return made

    def _take(self, number: int, node: Node) -> object:
        run = self.graph.sources(number)[0]
        op = self.graph.node(run).op
        taps = op.knob("taps")
        assert isinstance(taps, tuple)
        value: object = self.code.call_function(
            _item, (self.made[run], taps.index(node.op.knob("tap")))
        )
        views = self.graph.sources(run)
        if len(views) > 1:
            seen = tuple(self.made[one] for one in views)
            value = self._call(operations.block, value, seen, node.op.knob("place"))
        assert isinstance(value, fx.Node)
        _rename(value, f"{op.knob('model')}_{node.op.knob('tap')}")
        return value

    def _counted(self, op: Op, value: object) -> fx.Node:
        """How many rows there are, or numbers of them, on all ranks."""
        ranks = self.wiring.ranks
        several = (ranks.size,) if ranks is not None and op.knob("everyones") else ()
        rows = () if op.name == "row_count" else (op.knob("rows"),)
        return self._call(COUNTED[op.name], value, *rows, *several)

    def _shared(self, number: int, op: Op, inside: list[object]) -> object:
        """What ranks tell one another; with a single one there is nothing to tell."""
        ranks = self.wiring.ranks
        if ranks is None:
            return inside[0]
        if op.name == "own_rows":
            return self._call(operations.own_rows, inside[0], ranks.rank, ranks.size)
        alike = bool(op.knob("alike"))
        if op.name == "gather_rows":
            return self._call(ranks.gather, inside[0], alike)
        if op.name == "total_rows":
            return self._call(ranks.total, inside[0], alike)
        (slot, _) = self.graph.inputs(number)[1]
        function = operations.masked if slot == "mask" else operations.counted
        return self._call(ranks.pool, inside[0], self._call(function, *inside), alike)

    def _matched(self, number: int, inside: list[object]) -> list[object]:
        """Values that are one for each row, given the axes to meet those that are more."""
        sources = self.graph.sources(number)
        shapes = [self.graph.node(one).axes for one in sources]
        rank = max((len(axes) for axes in shapes if axes is not None), default=0)
        if any(axes is None for axes in shapes):
            return inside
        return [
            self._call(operations.per_row, value, rank)
            if axes and by_rows(axes, rank) and isinstance(value, fx.Node)
            else value
            for value, axes in zip(inside, shapes, strict=True)
        ]

    def _part(self, number: int, node: Node) -> str:
        name = f"parts.{node.op.knob('name')}"
        if name not in self.placed:
            self.placed.add(name)
            sources = self.graph.sources(number)
            taken = self.graph.node(sources[0]).axes if sources else None
            part = build_part(node, taken, self.wiring.seed, self.wiring.dtype)
            if isinstance(part, Pooled) and self.wiring.ranks is not None:
                part.pool, part.total = self.wiring.ranks.pool, self.wiring.ranks.total
            place(self.root, name, part)
        return path_of(name)

    def _recalled(self, number: int, node: Node, inside: list[object]) -> fx.Node:
        """What memory holds; of a memory of several values the first."""
        name = f"memory.{node.op.knob('name')}"
        if name not in self.placed:
            self.placed.add(name)
            write = next(
                one
                for one in self.graph.find("write")
                if self.graph.node(one).op.writes == node.op.reads
            )
            kept = Kept(self.wiring.examples, self.wiring.seed, self.wiring.dtype)
            place(self.root, name, build_memory(self.graph, write, kept))
        held = self.code.call_module(path_of(name), tuple(inside))
        word = REGISTRY.get(str(node.op.knob("word")))
        if word is None or not (word.flag("record") or word.flag("fields")):
            return held
        self.records[number] = held
        return self.code.call_function(_item, (held, 0)) if word.flag("fields") else held

    def _applied(self, node: Node, value: object) -> fx.Node:
        """A module of a network applied to a value; one that works in place gets a copy."""
        place_of = (str(node.op.knob("model")), str(node.op.knob("path")))
        module = self.wiring.applied[place_of]
        name = f"applied.{spelled('_'.join(place_of))}"
        if name not in self.placed:
            self.placed.add(name)
            place(self.root, name, module)
        if any(getattr(one, "inplace", False) for one in everything(module)):
            value = self._call(operations.copied, value)
        return self.code.call_module(name, (value,))

    def _word(self, number: int, node: Node, inside: list[object]) -> fx.Node:
        """A word of the vocabulary: a module, or a function with its knobs."""
        made = REGISTRY.get(node.op.name)
        if made is None:
            msg = f"no way to lower {node.op}"
            raise ValueError(msg)
        if made.kind == "module":
            return self.code.call_module(self._part(number, node), tuple(inside))
        if made.flag("shape") == "broadcast":
            inside = self._matched(number, inside)
        slots = [slot for slot, _ in self.graph.inputs(number)]
        args: list[object] = []
        kwargs: dict[str, object] = {}
        edges = [one for one in made.parameters if one.is_edge and not one.many]
        for slot, value in zip(slots, inside, strict=True):
            parameter = made.parameter(slot)
            plain = parameter is None or (
                len(args) < len(edges) and edges[len(args)].name == slot and parameter.is_required
            )
            if plain:
                args.append(value)
            else:
                kwargs[slot] = value
        for slot, value in node.op.knobs:
            parameter = made.parameter(slot)
            if parameter is not None and parameter.many and isinstance(value, tuple):
                args += value
            elif parameter is not None and value != parameter.default:
                kwargs[slot] = value
        return self.code.call_function(REGISTRY.code(node.op.name), tuple(args), kwargs)


def reader_name(op: Op) -> str:
    """What a run's network is called in the program; with gradient through it, another name."""
    return f"{op.knob('model')}{'_through' if op.knob('through') else ''}"


def _item(values: tuple[Tensor, ...], place_: int) -> Tensor:
    """One of several values."""
    return values[place_]


def _rename(node: fx.Node, name: str) -> None:
    """Call a node of the program by a name of the recipe."""
    node._rename(spelled(name))  # noqa: SLF001 - fx has no public way to rename a node


def _mark(fresh: fx.Node, node: Node) -> None:
    """Leave the recipe's line at a node of the program, for printed code and faults."""
    span = node.here
    if span is not None:
        where = f'  File "{span.source.path}", line {span.line}, in {node.name or "loss"}'
        fresh.meta["stack_trace"] = f"{where}\n    {span.text}"
        fresh.meta["recipe"] = f"{span.source.path}:{span.line} {span.text}"
