"""Part what reads memory from what writes it: the forward reads, the commit writes."""

from __future__ import annotations

from dataclasses import replace

from kdgraph.graph.graph import LossGraph, Node, Op
from kdgraph.passes.rewrite import Inputs, rewritten
from kdgraph.registry import REGISTRY


def collect_writes(graph: LossGraph) -> LossGraph:
    """Split each node of memory into a `recall` and a `write`.

    What the loss sees is what memory held before the step; what the step writes is staged
    and applied by `step.commit()`. A `recall` has no inputs, but for words such as `once`,
    whose first value is that of the step itself.
    """

    def split(made: LossGraph, node: Node, inputs: Inputs) -> int | None:
        if not node.op.writes or node.op.name == "write":
            return None
        word = REGISTRY.get(node.op.name)
        fields = (
            tuple(slot for slot, _ in inputs) if word is not None and word.flag("record") else ()
        )
        knobs = (("word", node.op.name), *node.op.knobs, *([("fields", fields)] if fields else []))
        write = Op("write", knobs, writes=node.op.writes)
        made.add(replace(node, op=write, name="", sort="Tensor", axes=None), inputs)
        through = inputs if word is not None and word.flag("through") else ()
        return made.add(replace(node, op=Op("recall", knobs, reads=node.op.reads)), through)

    return rewritten(graph, split)
