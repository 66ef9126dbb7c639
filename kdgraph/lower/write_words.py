"""Words of the vocabulary in a program: signs, functions with their knobs, trainable parts."""

from __future__ import annotations

import torch
from torch import fx

from kdgraph.graph.axes import by_rows
from kdgraph.graph.constant import COMPARES, constant, is_whole
from kdgraph.graph.early import INDEXING
from kdgraph.graph.graph import SHARE, Op
from kdgraph.lower import operations
from kdgraph.lower.draft import Draft
from kdgraph.lower.parts import build_part, path_of, place
from kdgraph.modules.bn import Pooled
from kdgraph.modules.branches import Branch
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY

PLAIN = {
    "transpose": operations.transpose,
    "columns": operations.columns,
    "rows": operations.rows,
}
COUNTS = frozenset({"add", "sub", "neg", "pow", "matmul"})
"""signs that PyTorch refuses, or reads as a logical one, between truth values"""
COMPUTES = frozenset({"primitive", "module"})
MOVES = frozenset({"broadcast", "concat", "flatten"})
"""shape rules of words that hand numbers on as they are"""
KNOBBED = {
    "column": operations.column,
    "size": operations.size,
    "slice_columns": operations.slice_columns,
    "slice_rows": operations.slice_rows,
    "each_row": operations.each_row,
}


def word(draft: Draft, number: int) -> fx.Node:
    """A sign, or a word of the vocabulary: a module, or a function with its knobs."""
    op = draft.graph.node(number).op
    if op.name in operations.SIGNS:
        return _sign(draft, number, op)
    if op.name in PLAIN:
        return draft.call(PLAIN[op.name], *draft.inside(number))
    if op.name in KNOBBED:
        knobs = (value for _, value in op.knobs)
        return draft.call(KNOBBED[op.name], draft.inside(number)[0], *knobs)
    made = REGISTRY.get(op.name)
    if made is None:
        msg = f"no way to lower {op}"
        raise ValueError(msg)
    if made.kind == "module":
        inside = _fractions(draft, number, made, draft.inside(number))
        return draft.code.call_module(part(draft, number), tuple(inside))
    return _function(draft, number, op, made)


def _sign(draft: Draft, number: int, op: Op) -> fx.Node:
    """Arithmetic; steep powers and logarithms weighed by a share have a slope of their own at 0."""
    inside = _numbers(draft, number)
    function = operations.SIGNS[op.name]
    if op.name == "pow" and isinstance(inside[0], fx.Node):
        steep = not isinstance(inside[1], (int, float)) or 0 < inside[1] < 1
        function = operations.power if steep else function
    if op.knob(SHARE) and all(isinstance(one, fx.Node) for one in inside):
        function = operations.weighed
    return draft.call(function, *inside)


def part(draft: Draft, number: int) -> str:
    """The path of a module or a learned scalar, which is made the first time."""
    node, wiring = draft.graph.node(number), draft.wiring
    name = f"parts.{node.op.knob('name')}"
    if name not in draft.placed:
        draft.placed.add(name)
        sources = draft.graph.sources(number)
        taken = draft.graph.node(sources[0]).axes if sources else None
        rest = wiring.rests.get(str(node.op.knob("name")))
        made = build_part(node, taken, wiring.seed, wiring.dtype, rest)
        if isinstance(made, Pooled) and wiring.ranks is not None:
            made.pool, made.total = wiring.ranks.pool, wiring.ranks.total
            made.group = wiring.ranks.group
        if isinstance(made, Branch):
            made.autocast = wiring.autocast.entered
        place(draft.root, name, made)
    return path_of(name)


def _function(draft: Draft, number: int, op: Op, made: Signature) -> fx.Node:
    broadcasts = made.flag("shape") == "broadcast"
    inside = _matched(draft, number) if broadcasts else draft.inside(number)
    inside = _fractions(draft, number, made, inside)
    slots = [slot for slot, _ in draft.graph.inputs(number)]
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
    for slot, value in op.knobs:
        parameter = made.parameter(slot)
        if parameter is not None and parameter.many and isinstance(value, tuple):
            args += value
        elif parameter is not None and value != parameter.default:
            kwargs[slot] = value
    if draft.wiring.dtype == torch.float64:
        args = _exact(draft, op.name, args)
    made_of = draft.code.call_function(REGISTRY.code(op.name), tuple(args), kwargs)
    doubled = op.name == "onehot" and draft.wiring.dtype == torch.float64
    return draft.call(operations.doubled, made_of) if doubled else made_of


def _exact(draft: Draft, word: str, args: list[object]) -> list[object]:
    """What a step in double precision computes from labels, masks and numbers alone, in double.

    PyTorch gives such values its default precision, where 0.01 is right to 1e-9 only.
    """
    if word == "mean":
        return [draft.call(operations.doubled, args[0]), *args[1:]]
    if word == "where" and not any(isinstance(one, fx.Node) for one in args[1:]):
        return [args[0], *(draft.call(operations.number, one, args[0]) for one in args[1:])]
    return args


def _numbers(draft: Draft, number: int) -> list[object]:
    """What a sign stands between; truth values are counted, 0 and 1, where PyTorch has no sum."""
    op = draft.graph.node(number).op.name
    inside = draft.inside(number) if op == "matmul" else _matched(draft, number)
    if op not in COUNTS:
        return inside
    sources = draft.graph.sources(number)
    truths = [_is_truth(draft, one) for one in sources]
    kind = torch.int64
    if op == "matmul":  # takes two of one kind
        whole = any(truths) or any(_is_counted(draft, one) for one in sources)
        truths, kind = [whole] * len(sources), draft.wiring.dtype
    return [
        draft.call(operations.counts, value, kind) if truth else value
        for value, truth in zip(inside, truths, strict=True)
    ]


def _is_truth(draft: Draft, number: int) -> bool:
    """Whether a value is truth values."""
    node = draft.graph.node(number)
    return node.sort == "Mask" or node.op.name in COMPARES


def _is_counted(draft: Draft, number: int) -> bool:
    """Whether a tensor holds whole numbers, such as labels."""
    graph = draft.graph
    if graph.node(number).op.name in INDEXING:
        return _is_counted(draft, graph.sources(number)[0])
    return constant(graph, number) is None and is_whole(graph, number)


def _fractions(draft: Draft, number: int, made: Signature, inside: list[object]) -> list[object]:
    """What a word computes with: labels and truth values are fractions, unless it moves them."""
    keeps = made.flag("shape") in MOVES
    labels = keeps or made.flag("sort") == "same" or made.kind not in COMPUTES
    given: list[object] = []
    for (slot, source), value in zip(draft.graph.inputs(number), inside, strict=True):
        parameter = made.parameter(slot) or made.parameter(slot.rstrip("0123456789"))
        named = parameter is not None and parameter.sort in {"Labels", "Mask"}
        truth = not keeps and _is_truth(draft, source)
        whole = not labels and _is_counted(draft, source)
        if isinstance(value, fx.Node) and not named and (truth or whole):
            given.append(draft.call(operations.counts, value, draft.wiring.dtype))
        else:
            given.append(value)
    return given


def _matched(draft: Draft, number: int) -> list[object]:
    """Values that are one for each row, given the axes to meet those that are more."""
    inside = draft.inside(number)
    shapes = [draft.graph.node(one).axes for one in draft.graph.sources(number)]
    rank = max((len(axes) for axes in shapes if axes is not None), default=0)
    if any(axes is None for axes in shapes):
        return inside
    return [
        draft.call(operations.per_row, value, rank)
        if axes and by_rows(axes, rank) and isinstance(value, fx.Node)
        else value
        for value, axes in zip(inside, shapes, strict=True)
    ]
