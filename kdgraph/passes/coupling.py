"""Whether rows of the batch meet in an operation, or could lie on different machines.

`each` row comes from its own row; a `mean` or a `sum` over rows is one of such values; a `count`
asks how many rows there are and not what is in them; all else `couples` rows. What is not known
to be otherwise couples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from kdgraph.graph.graph import Axes, Node
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY

Way = Literal["each", "mean", "sum", "count", "couples"]
COUNTS = frozenset({"origin", "part", "row_count"})
EACH = frozenset({"run", "take", "apply", "each_row"})
SIGNS = frozenset({"add", "sub", "mul", "div", "pow", "neg", "lt", "le", "gt", "ge", "eq", "ne"})
OF_MATRICES = 2
WHOLE: dict[str, Way] = {"mean": "mean", "sum": "sum"}
REDUCED: dict[object, Way] = {"rows": "mean", "elements": "mean", "sum": "sum", "none": "each"}


def has_rows(axes: Axes | None) -> bool:
    """Whether the first axis of a value is rows, one or more an image."""
    return axes is not None and len(axes) > 0 and bool(axes[0].rows)


def way(node: Node, inside: Sequence[Axes | None]) -> Way:
    """How an operation treats the rows of its inputs, which have these axes."""
    name = node.op.name
    if name in COUNTS:
        return "count"
    if name in EACH:
        return "each"
    if node.op.random or any(axes is None for axes in inside):
        return "couples"
    known = [axes for axes in inside if axes is not None]
    found = _reduction(node) or _sign(name, known) or _word(node, known)
    return found if found != "each" or has_rows(node.axes) else "couples"


def _reduction(node: Node) -> Way | None:
    """The way of what may take rows together: means, sums, losses."""
    word, op = REGISTRY.get(node.op.name), node.op
    if word is None or not is_row_by_row(word):
        return None
    if op.name in WHOLE and op.knob("over") is None:
        return WHOLE[op.name]
    if word.parameter("reduce") is not None:
        return REDUCED.get(op.knob("reduce"), "couples")
    return None


def _sign(name: str, inside: Sequence[Axes]) -> Way | None:
    """The way of arithmetic, of matrices and of columns."""
    match name:
        case "matmul":
            return _product(*inside)
        case "transpose":
            return "each" if len(inside[0]) > OF_MATRICES else "couples"
        case "columns" | "column" | "slice_columns":
            return "each" if all(len(axes) >= OF_MATRICES for axes in inside) else "couples"
        case "rows":
            return "couples" if has_rows(inside[0]) else "each"
    return "each" if name in SIGNS else None


def _product(left: Axes, right: Axes) -> Way:
    """A matrix that has no rows of the batch acts on each row; so do stacks of matrices."""
    if len(left) == len(right) > OF_MATRICES and has_rows(left) and has_rows(right):
        return "each"
    matrix = not any(axis.rows for axis in right)
    return "each" if matrix and has_rows(left) and len(left) >= OF_MATRICES else "couples"


def _word(node: Node, inside: Sequence[Axes]) -> Way:
    """The way of a word of the vocabulary, by what it declares and the axis it works along."""
    word = REGISTRY.get(node.op.name)
    if word is None or not is_row_by_row(word):
        return "couples"
    over = node.op.knob("over")
    if isinstance(over, (int, float)):
        most = max((len(axes) for axes in inside), default=0)
        same = most > 0 and all(len(axes) == most for axes in inside)
        return "each" if same and int(over) % most else "couples"
    return "each"


def is_row_by_row(word: Signature) -> bool:
    """Whether a word gives each row from its own row alone, or takes care of rows elsewhere.

    The laws try it for the words of kdgraph; one of a plugin has to declare `couples=False`.
    """
    if word.flag("pools"):
        return True
    declared = dict(word.flags).get("couples")
    own = word.origin.startswith("kdgraph.")
    return not declared and not word.flag("ordered") and (own or declared is False)
