"""The weight of a term: as the recipe writes it, and its value where that stays."""

from __future__ import annotations

from kdgraph.graph.constant import constant
from kdgraph.graph.graph import LossGraph, Term
from kdgraph.show.number_text import number_text


def weight_text(graph: LossGraph, term: Term) -> str:
    """A weight such as `1`, `β·α = 0.5` or `ramp(0, 1), changes while training`."""
    factor = bare(term.factor)
    value = constant(graph, term.weight)
    if value is None:
        return f"{factor}, changes while training"
    number = number_text(value)
    return number if factor in {"", number} else f"{factor} = {number}"


def bare(factor: str) -> str:
    """A weight without brackets around the whole of it.

    >>> bare("(a + b)"), bare("(a + b)·(c + d)")
    ('a + b', '(a + b)·(c + d)')
    """
    inside, depth = factor[1:-1], 0
    whole = factor.startswith("(") and factor.endswith(")")
    for letter in inside:
        depth += (letter == "(") - (letter == ")")
        whole = whole and depth >= 0
    return inside if whole else factor
