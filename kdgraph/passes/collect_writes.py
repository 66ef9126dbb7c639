"""Part what reads memory from what writes it: the forward reads, the commit writes."""

from __future__ import annotations

from dataclasses import replace

from kdgraph.graph.graph import LossGraph, Node, Op
from kdgraph.passes.rewrite import Inputs, rewritten


def collect_writes(graph: LossGraph) -> LossGraph:
    """Split each node of memory into a `recall`, which has no inputs, and a `write`.

    What the loss sees is what memory held before the step; what the step writes is staged
    and applied by `step.commit()`.
    """

    def split(made: LossGraph, node: Node, inputs: Inputs) -> int | None:
        if not node.op.writes or node.op.name == "write":
            return None
        knobs = (("word", node.op.name), *node.op.knobs)
        write = Op("write", knobs, writes=node.op.writes)
        made.add(replace(node, op=write, name="", sort="Tensor", axes=None), inputs)
        return made.add(replace(node, op=Op("recall", knobs, reads=node.op.reads)), ())

    return rewritten(graph, split)
