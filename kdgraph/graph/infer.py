"""Sort and axes of a node, from its op and its inputs; what does not fit is handed back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kdgraph.graph.axes import (
    Binding,
    Clash,
    Mistake,
    RankMistake,
    agree,
    broadcast,
    letters_of,
    product,
)
from kdgraph.graph.constant import COMPARES
from kdgraph.graph.graph import Axes, Axis, Node, Op
from kdgraph.graph.shapes import RULES
from kdgraph.primitive import Parameter, Signature
from kdgraph.sorts import accepts

KEEPS = {"Logits", "Distribution", "Embedding", "Map", "Tokens", "Scalar"}
SCALED = {"mul", "div"}
SHIFTED = {"add", "sub"}
WHOLE = "whole numbers"
COUNTED = frozenset({"Labels", "Mask"})
"""sorts of whole numbers and truth values, which stay what they are in another order"""
SIGNS = SCALED | SHIFTED | {"pow", "neg", "matmul", "transpose"}
"""what arithmetic makes numbers of; comparisons make masks"""
Inputs = Sequence[tuple[str, Node]]


@dataclass(frozen=True)
class SortMistake:
    """A slot is given a value of a sort that it must not take."""

    slot: str
    wanted: str
    found: str


@dataclass(frozen=True)
class OverMistake:
    """A knob names an axis that the value does not have."""

    slot: str
    over: int
    rank: int


@dataclass(frozen=True)
class AloneMistake:
    """A word that compares the entries of an axis is given an axis of one."""

    slot: str
    axis: int


@dataclass(frozen=True)
class Inferred:
    """What an op makes of its inputs."""

    sort: str = "Tensor"
    axes: Axes | None = None
    mistakes: tuple[Mistake | SortMistake | OverMistake | AloneMistake, ...] = ()


def infer_arithmetic(op: str, inputs: Inputs) -> Inferred:
    """Sort and axes of arithmetic on two values, or of a sign before one."""
    axes, mistakes = broadcast([(slot, node.axes) for slot, node in inputs])
    return Inferred(_arithmetic_sort(op, [node for _, node in inputs], axes), axes, tuple(mistakes))


def _arithmetic_sort(op: str, nodes: list[Node], axes: Axes | None) -> str:
    sorts = {node.sort for node in nodes}
    if sorts == {"Scalar"}:
        return "Scalar"
    if op in SHIFTED | {"mul"} and are_labels(nodes):
        return "Labels"
    if op == "neg":
        return nodes[0].sort if nodes[0].sort in KEEPS - {"Distribution"} | {"Labels"} else "Tensor"
    large = [node for node in nodes if node.axes != ()]
    if op in SCALED | SHIFTED and len(large) == 1 and large[0].sort in KEEPS:
        over = op == "div" and nodes[0] is not large[0]
        if large[0].sort == "Distribution":
            return "Scaled" if op in SCALED and not over else "Tensor"
        if not over:
            return large[0].sort
    if op in SCALED and nodes[0].sort == "Logits" and nodes[1].axes != axes:
        return "Logits"
    if op in SHIFTED and len(sorts) == 1 and sorts <= KEEPS - {"Distribution"}:
        return sorts.pop()
    if op in COMPARES and axes != ():
        return "Mask"
    if op == "mul" and sorts == {"Mask"}:
        return "Mask"
    return "Scalar" if axes == () else "Tensor"


def are_labels(nodes: Sequence[Node]) -> bool:
    """Whether all values are labels, but for whole numbers that labels stay labels with."""
    return any(node.sort == "Labels" for node in nodes) and all(map(_is_whole, nodes))


def _is_whole(node: Node) -> bool:
    value = node.op.knob("value") if node.op.name == "const" else None
    return node.sort == "Labels" or (isinstance(value, (int, float)) and value == int(value))


def infer_product(inputs: Inputs) -> Inferred:
    """Sort and axes of a matrix product."""
    (_, left), (_, right) = inputs
    axes, mistakes = product(left.axes, right.axes)
    return Inferred("Tensor", axes, tuple(mistakes))


def infer_transpose(value: Node) -> Inferred:
    """Sort and axes of a value whose last two axes change places."""
    axes = value.axes
    if axes is None:
        return Inferred()
    if len(axes) < 2:  # noqa: PLR2004 - a transpose needs two axes
        return Inferred(mistakes=(RankMistake("value", "n d", axes),))
    return Inferred(moved(value), (*axes[:-2], axes[-1], axes[-2]))


def moved(value: Node) -> str:
    """The sort of some of a value's numbers, or of all in another order."""
    return value.sort if value.sort in COUNTED else "Tensor"


def infer_columns(value: Node, which: Node) -> Inferred:
    """Sort and axes of `v[:, J]`: the columns of (b, n) that J of shape (b, k) names."""
    for slot, node in (("value", value), ("which", which)):
        if node.axes is not None and len(node.axes) != 2:  # noqa: PLR2004 - rows and columns
            return Inferred(mistakes=(RankMistake(slot, "b k", node.axes),))
    if value.axes and which.axes and not agree(value.axes[0], which.axes[0]):
        return Inferred(mistakes=(Clash("which", "value", "b", which.axes[0], value.axes[0]),))
    return Inferred(moved(value), which.axes)


def infer_word(made: Signature, op: Op, inputs: Inputs, data: Mapping[str, int | None]) -> Inferred:
    """Sort and axes of a word of the vocabulary, by its signature.

    Args:
        made: the signature.
        op: the word with its knobs.
        inputs: the slots with what is known about the values in them.
        data: sizes of the data that axes may be called by, such as `examples`.
    """
    found = _of_word(made, op, inputs, data)
    return found if found.mistakes else replace(found, mistakes=tuple(_alone(made, op, inputs)))


def _of_word(made: Signature, op: Op, inputs: Inputs, data: Mapping[str, int | None]) -> Inferred:
    if made.flag("record"):
        return Inferred()
    sizes = dict(data) | {
        one.name: _size(op.knob(one.name))
        for one in made.parameters
        if not one.is_edge and one.type.whole
    }
    rule = made.flag("shape")
    binding = Binding(sizes)
    mistakes = _bound(made, inputs, binding, patterns=rule not in {"broadcast", "concat"})
    mistakes += _beyond(op, inputs)
    if rule == "concat" and not mistakes:
        mistakes += joined(op, inputs)
    if mistakes:
        return Inferred(made.sort, None, tuple(mistakes))
    if rule == "broadcast":
        axes, clashes = broadcast([(slot, node.axes) for slot, node in inputs])
        nodes = [node for _, node in inputs]
        chosen = nodes[-2:]  # what the mask of `where` is doesn't matter
        sort = "Labels" if are_labels(chosen) else _arithmetic_sort("min", nodes, axes)
        return Inferred(sort, axes, tuple(clashes))
    shapes = [node.axes for _, node in inputs]
    if rule in RULES:
        axes = None if None in shapes[:1] and rule != "reduce" else RULES[str(rule)](op, shapes)
        return Inferred(_own_sort(made, inputs, axes), axes)
    axes = binding.result(made.axes)
    return Inferred(_own_sort(made, inputs, axes), axes)


def _bound(
    made: Signature, inputs: Inputs, binding: Binding, *, patterns: bool
) -> list[Mistake | SortMistake | OverMistake | AloneMistake]:
    """Bind every slot's axes; gives back what its sort or its axes refuse."""
    mistakes: list[Mistake | SortMistake | OverMistake | AloneMistake] = []
    for slot, node in inputs:
        parameter = made.parameter(slot.rstrip("0123456789")) or made.parameter(slot)
        if parameter is None:
            continue
        if not accepts(parameter.sort, node.sort):
            mistakes.append(SortMistake(slot, parameter.sort, node.sort))
        elif patterns and not _is_one_label(parameter, node):
            binding.bind(slot, parameter.axes, node.axes)
    return mistakes + binding.mistakes


def joined(op: Op, inputs: Inputs) -> Iterator[Mistake]:
    """Parts of `concat` that don't agree with the first in every axis but the joined one."""
    over = op.knob("over")
    known = [(slot, node.axes or (Axis(1),)) for slot, node in inputs if node.axes is not None]
    if not known or not isinstance(over, (int, float)):
        return
    first, like = known[0]
    for slot, axes in known[1:]:
        if len(axes) != len(like):
            yield RankMistake(slot, f"={first} {len(like)}", axes)
            continue
        pairs = zip(letters_of(axes), axes, like, strict=True)
        for place, (letter, one, other) in enumerate(pairs):
            if place != int(over) % len(axes) and not agree(one, other):
                yield Clash(slot, first, letter, one, other)
                break


def _beyond(op: Op, inputs: Inputs) -> Iterator[OverMistake | RankMistake]:
    """The knobs `over` and `keep`, where they name axes that an input does not have."""
    over, keep = op.knob("over"), op.knob("keep")
    rank = len(inputs[0][1].axes or ()) if inputs else 0
    if op.name == "flatten" and isinstance(keep, int) and keep > rank > 0:
        yield OverMistake("keep", keep, rank)
    if not isinstance(over, (int, float)):
        return
    for slot, node in inputs:
        if node.axes == () and op.name != "concat":  # a number is a part of length one
            yield RankMistake(slot, "... d", ())
        elif node.axes and not -len(node.axes) <= over < len(node.axes):
            yield OverMistake("over", int(over), len(node.axes))


def _alone(made: Signature, op: Op, inputs: Inputs) -> Iterator[AloneMistake]:
    """An axis of one entry where the word says that it compares several."""
    over = op.knob("over")
    place = int(over) if isinstance(over, (int, float)) else -1
    for slot, node in inputs:
        if slot == made.flag("several") and node.axes and node.axes[place].size == 1:
            yield AloneMistake(slot, place % len(node.axes))


def _is_one_label(slot: Parameter, node: Node) -> bool:
    """Whether one number stands for the labels of all rows: `cross_entropy(z, 0)`."""
    return slot.sort == "Labels" and node.axes == ()


def _own_sort(made: Signature, inputs: Inputs, axes: Axes | None) -> str:
    """The sort of a result: as declared, that of its inputs, or one number."""
    if axes == ():
        return "Scalar"
    if made.flag("sort") == "same":
        sorts = {node.sort for _, node in inputs if node.axes != ()}
        return sorts.pop() if len(sorts) == 1 else "Tensor"
    if made.flag("shape") == "flatten":
        return moved(inputs[0][1])
    return "Tensor" if made.sort == "Scalar" else made.sort


def _size(value: object) -> int | None:
    return int(value) if isinstance(value, (int, float)) and value >= 0 else None
