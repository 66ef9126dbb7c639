"""A fault inside a program, told in the recipe's words."""

from __future__ import annotations

import re

from torch import fx

from kdgraph.lower.gather import lost_contact

STATEMENT = re.compile(r"\s*(\w+) = ")


def point_out(fault: BaseException, program: fx.GraphModule) -> None:
    """Add a note to a fault: which line of the recipe the program was at.

    The exception stays what it is. Nothing is run again: its traceback holds the line of the
    generated code, and each of those is a node. No line is at fault where another process ended.
    """
    if lost_contact(fault):
        return
    line = _line(fault, program)
    statement = STATEMENT.match(line)
    name = statement[1] if statement else ""
    for node in program.graph.nodes:
        if node.name == name and "recipe" in node.meta:
            fault.add_note(f"in the recipe: {node.meta['recipe']}")


def _line(fault: BaseException, program: fx.GraphModule) -> str:
    """The line of the generated code that was running."""
    code = program.forward.__func__.__code__
    at = fault.__traceback__
    while at is not None and at.tb_frame.f_code is not code:
        at = at.tb_next
    return program.code.splitlines()[at.tb_lineno - 1] if at is not None else ""
