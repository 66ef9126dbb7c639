"""Networks in a program: their runs, the taps of a run, and modules applied to values."""

from __future__ import annotations

from torch import fx

from kdgraph.graph.graph import Op
from kdgraph.lower import operations
from kdgraph.lower.draft import Draft, rename
from kdgraph.lower.frozen import everything
from kdgraph.lower.parts import place
from kdgraph.lower.spelling import spelled


def run(draft: Draft, number: int) -> fx.Node:
    """One forward of a network, on all its views in one batch; it gives a tuple of taps."""
    op, inside = draft.graph.node(number).op, draft.inside(number)
    views = inside[: _views(op, inside)]
    batch = views[0] if len(views) == 1 else draft.call(operations.joined, *views)
    weights = tuple(inside[len(views) :])
    made = draft.code.call_module(spelled(reader_name(op)), (batch, *weights))
    rename(made, f"{op.knob('mean') or op.knob('model')}_taps")
    return made


def take(draft: Draft, number: int) -> fx.Node:
    """One tap of a run, and of it the rows of one view."""
    at, (source,) = draft.graph.node(number).op, draft.graph.sources(number)
    op = draft.graph.node(source).op
    taps = op.knob("taps")
    assert isinstance(taps, tuple)
    value = draft.item(draft.made[source], taps.index(at.knob("tap")))
    inside = draft.inside(source)
    views = inside[: _views(op, inside)]
    if len(views) > 1:
        value = draft.call(operations.block, value, tuple(views), at.knob("place"))
    rename(value, f"{op.knob('mean') or op.knob('model')}_{at.knob('tap')}")
    return value


def _views(op: Op, inside: list[object]) -> int:
    """How many of a run's inputs are views; the last one may be the weights."""
    return len(inside) - bool(op.knob("mean"))


def apply(draft: Draft, number: int) -> fx.Node:
    """A module of a network applied to a value; one that works in place gets a copy."""
    op, (value,) = draft.graph.node(number).op, draft.inside(number)
    where = (str(op.knob("model")), str(op.knob("path")))
    module = draft.wiring.applied[where]
    name = f"applied.{spelled('_'.join(where))}"
    if name not in draft.placed:
        draft.placed.add(name)
        place(draft.root, name, module)
    if any(getattr(one, "inplace", False) for one in everything(module)):
        value = draft.call(operations.copied, value)
    return draft.code.call_module(name, (value,))


def reader_name(op: Op) -> str:
    """What a run's network is called in the program; with gradient through it, another name."""
    through = "_through" if op.knob("through") else ""
    mean = f"_{op.knob('mean')}" if op.knob("mean") else ""
    return f"{op.knob('model')}{mean}{through}"
