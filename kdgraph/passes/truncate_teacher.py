"""Let a model that is not trained compute no more than is looked at."""

from __future__ import annotations

from dataclasses import replace

from kdgraph.graph.graph import LossGraph, Node, Op
from kdgraph.passes.rewrite import Inputs, rewritten


def truncate_teacher(graph: LossGraph) -> LossGraph:
    """Mark the runs of frozen models as cut after their deepest tap.

    A model that is trained, or that runs in train mode, is never cut: its forward stays
    whole, so that dropout and batch norm do what they always do.

    >>> from kdgraph.graph.example import example
    >>> from kdgraph.passes.join_forwards import join_forwards
    >>> graph = join_forwards(example("mse(student.logits, teacher.logits)"))
    >>> print(truncate_teacher(graph))
    %0 = input(name=x) : Image[…]
    %1 = run(%0, model=student, taps=[logits]) : Tensor[…]
    %2 = take(%1, place=0, tap=logits) : Logits[b, ?]
    %3 = run(%0, model=teacher, taps=[logits], frozen=True, cut=True) : Tensor[…]
    %4 = take(%3, place=0, tap=logits) : Logits[b, ?]
    %5 = mse(%2, %4, reduce=elements) : Scalar
    %6 = const(value=1) : Scalar
    term mse(student.logits, teacher.logits) = %6 · %5
    """

    def cut(made: LossGraph, node: Node, inputs: Inputs) -> int | None:
        if node.op.name != "run" or not node.op.knob("frozen") or node.op.knob("cut"):
            return None
        if node.op.knob("follows") or node.op.knob("mean"):
            return None
        op = Op("run", (*node.op.knobs, ("cut", True)))
        return made.add(replace(node, op=op), inputs)

    return rewritten(graph, cut)
