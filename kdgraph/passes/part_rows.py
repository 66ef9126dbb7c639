"""Part a graph of metrics: what each row says by itself, and what all rows say together.

A test set comes in batches, and the size of a batch must not change a metric. So what looks at
one row at a time is computed batch by batch, as far as it goes; what looks at several rows
(`ece`, a similarity matrix, the root of a mean) is computed once, of all rows together. A mean
over rows needs no rows kept: it is the mean of the batches' means, by their images.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kdgraph.graph.graph import LossGraph, Node, Op
from kdgraph.passes.rewrite import swept
from kdgraph.registry import REGISTRY

FIXED, ROWS, MEAN, PLACES, WHOLE = "fixed", "rows", "mean", "places", "whole"
SAME = frozenset({"input", "run", "take", "apply", "part", "each_row"})
SIGNS = frozenset(
    {"add", "sub", "mul", "div", "pow", "neg", "lt", "le", "gt", "ge", "eq", "ne"}
)  # fmt: skip
LEAVES = frozenset({"const", "clock", "param"})
FLAT = 2
"""axes of a matrix; a value of more has a matrix for each row"""


@dataclass(frozen=True)
class Parted:
    """Two graphs: the outputs of `each` are what `whole` is given, under the same names.

    Attributes:
        each: for a batch; None where no metric looks at an image.
        whole: the metrics, of the values of all rows.
        kinds: of each value between them: `rows` to put one after the other, a `mean` over the
            batch, or `places` of images in the batch.
    """

    each: LossGraph | None
    whole: LossGraph
    kinds: dict[str, str] = field(default_factory=dict)


def part_rows(graph: LossGraph) -> Parted:
    """Part a lean graph of metrics where rows begin to look at one another.

    >>> from kdgraph.graph.example import example
    >>> from kdgraph.passes.join_forwards import join_forwards
    >>> graph = join_forwards(example("mean(entropy(softmax(student.logits)))^2"))
    >>> graph.outputs, graph.terms = {"doubt": graph.terms[0].value}, ()
    >>> parted = part_rows(graph)
    >>> print(parted.each)
    %0 = input(name=x) : Image[…]
    %1 = run(%0, model=student, taps=[logits]) : Tensor[…]
    %2 = take(%1, place=0, tap=logits) : Logits[b, ?]
    %3 = softmax(%2, over=-1) : Distribution[b, ?]
    %4 = entropy(%3) : Tensor[b]
    %5 = mean(%4, over=none) : Scalar
    output of 5 = %5
    >>> print(parted.whole)
    %0 = given(name=of 5) : Scalar
    %1 = const(value=2) : Scalar
    %2 = pow(%0, %1) : Scalar
    output doubt = %2
    >>> parted.kinds
    {'of 5': 'mean'}
    """
    kinds: dict[int, str] = {}
    for number in graph.order():
        kinds[number] = _kind(graph, number, kinds)
    wanted = {source for n in graph.dag if kinds[n] == WHOLE for source in graph.sources(n)}
    wanted |= set(graph.outputs.values())
    between = {
        n: f"of {n}" for n in graph.order() if n in wanted and kinds[n] not in {FIXED, WHOLE}
    }
    each = graph.renumbered() if between else None
    if each is not None:
        place = {old: new for new, old in enumerate(graph.order())}
        each.terms, each.outputs = (), {name: place[n] for n, name in between.items()}
        each = _read_only(each)
    return Parted(each, _given(graph, between), {name: kinds[n] for n, name in between.items()})


def _given(graph: LossGraph, between: dict[int, str]) -> LossGraph:
    """The graph with these values handed in."""
    made, new = LossGraph(), dict[int, int]()
    for number in graph.order():
        node = graph.node(number)
        if number in between:
            new[number] = made.add(replace(node, op=Op("given", (("name", between[number]),))))
        else:
            inputs = tuple((slot, new[source]) for slot, source in graph.inputs(number))
            new[number] = made.add(node, inputs)
    made.outputs = {name: new[number] for name, number in graph.outputs.items()}
    return _read_only(made)


def _read_only(graph: LossGraph) -> LossGraph:
    """The graph without memory that it doesn't read: a metric writes none."""
    read = {name for one in graph.needed(graph.asked()) for name in graph.node(one).op.reads}
    idle = [one for one in graph.dag if set(graph.node(one).op.writes) - read]
    graph.dag.remove_nodes_from(idle)
    return swept(graph)


def _is_network(node: Node) -> bool:
    """Whether memory holds the weights of a network, the same for every row."""
    word = REGISTRY.get(str(node.op.knob("word")))
    return node.op.name == "recall" and word is not None and bool(word.flag("network"))


def _kind(graph: LossGraph, number: int, kinds: dict[int, str]) -> str:
    node, inputs = graph.node(number), [(one, kinds[one]) for one in graph.sources(number)]
    found = {kind for _, kind in inputs}
    if node.op.name == "origin":
        return PLACES
    if node.op.name in LEAVES or (inputs and found == {FIXED}) or _is_network(node):
        return FIXED
    if node.op.reads or node.op.random or not found <= {FIXED, ROWS}:
        return WHOLE
    if node.op.name in SAME:
        return ROWS
    values = [graph.node(one) for one, kind in inputs if kind == ROWS]
    fixed = [graph.node(one) for one, kind in inputs if kind == FIXED]
    if _is_mean(graph, number, values):
        return MEAN
    return ROWS if _keeps_rows(node, values, fixed) else WHOLE


def _is_mean(graph: LossGraph, number: int, values: list[Node]) -> bool:
    """Whether a number is a mean over the rows of values, so that means can be averaged."""
    op = graph.node(number).op
    if not values or not all(one.axes and one.axes[0].rows for one in values):
        return False
    if op.name == "mean":
        return op.knob("over") is None
    word = REGISTRY.get(op.name)
    if word is None or word.flag("shape") not in {"rows", "examples"}:
        return False
    masked = any(slot == "rows" for slot, _ in graph.inputs(number))
    return op.knob("reduce") in {"rows", "elements"} and not masked


def _keeps_rows(node: Node, values: list[Node], fixed: list[Node]) -> bool:
    """Whether each row of the result comes from its own row of the values alone."""
    axes = node.axes
    rows = axes[0].rows if axes else ""
    if not axes or not rows or any(not one.axes or one.axes[0].rows != rows for one in values):
        return False
    if any(one.axes is None or len(one.axes) >= len(axes) for one in fixed):
        return False
    ranks = [len(one.axes or ()) for one in values]
    match node.op.name:
        case "matmul":
            return len(values) == 1 if ranks == [FLAT] else all(rank > FLAT for rank in ranks)
        case "transpose":
            return ranks[0] > FLAT
        case "column" | "slice_columns":
            return ranks[0] > 1
        case "columns":
            return not fixed  # each row picks from its own scores
    return node.op.name in SIGNS or _word_keeps_rows(node.op, ranks[0])


def _word_keeps_rows(op: Op, rank: int) -> bool:
    word = REGISTRY.get(op.name)
    if word is None or word.flag("shape") == "concat":
        return False
    if word.kind == "module":  # in evaluation mode none of them looks at the batch
        return True
    over = op.knob("over")
    along_rows = isinstance(over, (int, float)) and int(over) % rank == 0
    return not (along_rows or word.flag("couples") or word.flag("ordered"))
