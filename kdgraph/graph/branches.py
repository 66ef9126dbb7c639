"""A module of `modules:` that stands for one module at each map of a model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kdgraph.graph.values import Maker, Many, Unknown, Value
from kdgraph.lang.errors.arguments import MissingArgument
from kdgraph.lang.errors.names import UnknownModel
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.syntax import Call, Name
from kdgraph.lang.write import write
from kdgraph.registry import REGISTRY

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder


def branches(build: Builder, maker: Maker) -> Value:
    """A module of `modules:` that stands for one module at each map of a model.

    `branches(teacher, 40)` is such a word: its signature says `each="maps"`, its first
    argument names the model, and `place` tells the modules apart.
    """
    body = maker.entry.tree
    word = (
        REGISTRY.get(body.callee.id)
        if isinstance(body, Call) and isinstance(body.callee, Name)
        else None
    )
    if not isinstance(body, Call) or word is None or not word.flag("each"):
        return maker
    model = body.arguments[0].id if body.arguments and isinstance(body.arguments[0], Name) else ""
    network = build.world.networks.get(model)
    count = network.count(str(word.flag("each"))) if network else None
    if network is None and not body.arguments:
        usage = f"{word.name}(model, classes)"
        missing = MissingArgument(span=body.span, function=word.name, slot="model", usage=usage)
        build.note(missing)
    elif network is None:
        known = ", ".join(f"`{name}`" for name in build.world.networks)
        advice = suggest(model, build.world.networks) or f"the models are {known}"
        first = body.arguments[0]
        build.note(UnknownModel(span=first.span, name=write(first), advice=advice))
    if count is None:
        return Unknown()
    makers = tuple(replace(maker, place=place) for place in range(count))
    return Many(makers, "the branches")
