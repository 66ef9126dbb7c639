"""Which views each model sees, and on which of them it is built, taught and measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kdgraph.graph.graph import LossGraph
from kdgraph.graph.world import View, World
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.memory import NothingToMeasure, OtherChannels
from kdgraph.lang.source import Span

X = "x"
Seen = dict[str, dict[str, Span | None]]
"""by model: the views it sees, and where the recipe first says so"""


def seen(graphs: Iterable[LossGraph]) -> Seen:
    """The views that each model sees in any of these graphs."""
    found: Seen = {}
    for graph in graphs:
        for number in graph.find("tap"):
            node = graph.node(number)
            view = graph.node(graph.sources(number)[0]).op
            if view.name == "input":
                mine = found.setdefault(str(node.op.knob("model")), {})
                mine.setdefault(str(view.knob("name")), node.here)
    return found


def home(views: Mapping[str, View], names: Iterable[str]) -> str:
    """The view that a model which sees these is built for, taught on and measured with.

    It is `x`, unless the model never sees `x` nor a view that is like it where nothing is
    drawn: then it is the first view of one row an image that the model does see.
    """
    names = set(names)
    ready = [
        view for name, view in views.items() if name in names and view.rows == 1 and not view.at
    ]
    if X in names or not ready:
        return X
    base = views.get(X)
    alike = base is not None and any(
        (one.form, one.sizes) == (base.form, base.sizes) for one in ready
    )
    return X if alike else ready[0].name


def homes(world: World, graphs: Iterable[LossGraph]) -> dict[str, str]:
    """The home of every model."""
    found = seen(graphs)
    return {name: home(world.views, found.get(name, ())) for name in world.networks}


def sight_mistakes(world: World, graphs: Iterable[LossGraph]) -> Iterator[Diagnostic]:
    """Models that are shown images of different channels, or none they can be measured on."""
    for model, views in seen(graphs).items():
        channels = {name: _channels(world, name) for name in views}
        known = {name: count for name, count in channels.items() if count is not None}
        first = next(iter(known), "")
        other = next((name for name, count in known.items() if count != known[first]), "")
        base = home(world.views, views)
        if other:
            yield OtherChannels(
                span=views[other], model=model, view=other, channels=known[other],
                other=first, others=known[first], seen_at=views[first],
            )  # fmt: skip
        elif known and _channels(world, base) not in {None, known[first]}:
            yield NothingToMeasure(
                span=views[first], model=model, view=first, channels=known[first]
            )


def _channels(world: World, view: str) -> int | None:
    sizes = world.views[view].sizes if view in world.views else None
    return sizes[0] if sizes else None
