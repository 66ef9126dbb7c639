"""Graph to graph: what the compiler works out between the recipe and the step.

A pass is a file and a function of one name. It takes a valid graph and gives back a valid
graph with the same loss and the same gradients.
"""

from __future__ import annotations

from kdgraph.passes.pipeline import PIPELINE, lean

__all__ = ["PIPELINE", "lean"]
